"""docs/how-to/deploy.md, done to the letter: from an empty database to a first judged comment."""

import io
import re
import shlex
import textwrap
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.models import Organisation, User
from audit.models import AuditEvent
from moderation.models import Case, Decision
from moderation.views import furniture
from policies.models import Clause

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "deploy.md"
PASSWORD = "a long enough secret"
BLOCK = re.compile(r"^( *)```sh\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
RUN = "docker-compose exec web python manage.py "
KEEP = re.compile(
    r"docker-compose exec -T web sh -c 'cat > (\S+)' <<'END'\n(.*?)^END$", re.DOTALL | re.MULTILINE
)


def steps() -> list[str]:
    """Return every command of the walk, in order, with what is fed to it."""
    walk = GUIDE.read_text(encoding="utf-8").split("## From empty to a first judged comment")[1]
    found = []
    for _, block in BLOCK.findall(walk.split("\n## ")[0]):
        whole = textwrap.dedent(block).replace("\\\n", " ")
        files = KEEP.findall(whole)
        found += [f"keep {name}\n{text}" for name, text in files]
        found += [line for line in KEEP.sub("", whole).splitlines() if line.strip()]
    return found


def do(step: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Do one step, as somebody who types the password that is asked for."""
    if step.startswith("keep "):
        name, text = step.removeprefix("keep ").split("\n", 1)
        (folder / Path(name).name).write_text(text, encoding="utf-8")
        return ""
    assert step.startswith(RUN), step
    words = [
        str(folder / Path(word).name) if word.startswith("/tmp/") else word
        for word in shlex.split(step.removeprefix(RUN))
    ]
    out = io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    call_command(*words, stdout=out, stderr=out)
    return out.getvalue()


def test_whoever_follows_the_guide_judges_a_comment(tmp_path, monkeypatch):
    furniture.forget()
    said = [do(step, tmp_path, monkeypatch) for step in steps()]

    assert "1 added, 0 known, 0 rejected, 1 flagged" in said[-1]
    case = Case.objects.get()
    moderator = Client()
    fields = {"login": "mo@prisons.example", "password": PASSWORD}
    assert moderator.post("/sign-in/", fields).status_code == 302
    queue = reverse("moderation:queue_detail", args=[case.queue_id])
    assert case.headline in moderator.get(queue).content.decode()
    moderator.post(reverse("moderation:queue_claim", args=[case.queue_id]))
    case.refresh_from_db()
    assert case.claimed_by == User.objects.get(email="mo@prisons.example")
    clause = Clause.objects.get(reference=case.clause_reference)
    moderator.post(
        reverse("moderation:case_decide", args=[case.pk]),
        {
            "outcome": "hide",
            "clause": clause.pk,
            "reason": "It gives away a private number.",
            "submission_key": uuid4().hex,
            "revision": case.revision,
        },
    )
    assert Decision.objects.get().case_id == case.pk
    assert "by hand" in moderator.get(case_url(case)).content.decode()
    check_record()


def case_url(case: Case) -> str:
    return reverse("moderation:case_detail", args=[case.pk])


def check_record() -> None:
    """Every step stands under somebody's name, and no password anywhere."""
    record = AuditEvent.objects.of_organisation(Organisation.objects.get().pk)
    acts = {(event.type, event.actor_label) for event in record}
    assert acts >= {
        ("organisation.created", "Moderation console"),
        ("office_hours.set", "Alex Admin"),
        ("person.added", "Alex Admin"),
        ("membership.granted", "Alex Admin"),
        ("pack.imported", "Cleo Comms"),
        ("rule_set.drafted", "Cleo Comms"),
        ("rule_set.approved", "Sami Supervisor"),
        ("rule_set.published", "Cleo Comms"),
        ("channel.opened", "Alex Admin"),
        ("import.started", "Sami Supervisor"),
    }
    assert PASSWORD not in str(list(record.values()))
