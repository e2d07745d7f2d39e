"""Views and the API find rows within the actor's organisation.

`.objects` is followed by `.visible_to(actor)`, or by `.of_organisation(id)` where actors are unknown.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WHERE = ("*/views.py", "*/views/*.py", "*/presenters.py", "*/presenters/*.py", "api/**/*.py")
# Reads that name their organisation in another way, each with the way.
ALLOWED = {
    ("audit/views.py", "get_user_model"): "people by their membership of the organisation",
    ("moderation/views/imports.py", "RejectedRow"): "rows of a run that was found in scope",
    ("policies/views/rulesets.py", "Rule"): "rules of a version that was found in scope",
}
SCOPES = {"visible_to", "of_organisation"}


def reads(path: Path) -> Iterator[tuple[str, int]]:
    """Yield the name before each `.objects` that is not scoped at once, and its line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager"}):
            continue
        follower = parents.get(node)
        if isinstance(follower, ast.Attribute) and follower.attr in SCOPES:
            continue
        owner = node.value.func if isinstance(node.value, ast.Call) else node.value
        yield getattr(owner, "id", getattr(owner, "attr", "?")), node.lineno


def files() -> list[Path]:
    """Return every module that answers requests."""
    found = {path for pattern in WHERE for path in ROOT.glob(pattern)}
    return sorted(path for path in found if not {".venv", "tests"} & set(path.parts))


def test_the_files_are_found():
    names = {str(path.relative_to(ROOT)) for path in files()}

    assert {"moderation/views/cases.py", "api/v1/decisions.py", "platforms/views.py"} <= names


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_rows_are_found_within_the_organisation(path):
    name = str(path.relative_to(ROOT))

    unscoped = [
        f"{name}:{line} {model}" for model, line in reads(path) if (name, model) not in ALLOWED
    ]

    assert not unscoped, "Follow .objects by .visible_to(actor), or give the reason in ALLOWED."


def test_no_reason_outlives_what_it_excuses():
    unscoped = {
        (str(path.relative_to(ROOT)), model) for path in files() for model, _ in reads(path)
    }

    assert unscoped == set(ALLOWED)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("Case.objects.visible_to(actor).get()", []),
        ("Case.objects.get(pk=1)", ["Case"]),
        ("models.Case.objects.filter()", ["Case"]),
        ("get_object_or_404(Case.objects, pk=1)", ["Case"]),
        ("get_user_model().objects.all()", ["get_user_model"]),
        ("Case._default_manager.all()", ["Case"]),
    ],
)
def test_the_test_itself_sees_what_is_not_scoped(tmp_path, code, found):
    path = tmp_path / "views.py"
    path.write_text(code)

    assert [model for model, _ in reads(path)] == found
