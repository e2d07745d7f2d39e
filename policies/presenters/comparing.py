"""Two versions side by side in plain English."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from common.page import Choice
from policies.editor import comparing
from policies.editor.comparing import PartChange
from policies.enums import RuleSetStatus
from policies.models import RuleSetVersion


@dataclass(frozen=True, slots=True)
class Section:
    """What differs among the parts of one sort."""

    title: str
    parts: Sequence[PartChange]


@dataclass(frozen=True, slots=True)
class ComparePage:
    """The differences between two versions."""

    name: str
    before: str
    after: str
    back_url: str
    url: str
    choices: list[Choice]
    summary: str
    sections: list[Section]


def compare_page(
    *, version: RuleSetVersion, before: RuleSetVersion | None, others: Sequence[RuleSetVersion]
) -> ComparePage:
    """Return everything in which a version differs from another one."""
    found = comparing.compare(before.definition, version.definition) if before else None
    sections = (
        [
            Section(title, parts)
            for title, parts in (
                ("Rules", found.rules),
                ("Word lists", found.lists),
                ("Lists of people", found.people),
                ("Patterns", found.patterns),
                ("The rest", found.others),
            )
            if parts
        ]
        if found
        else []
    )
    return ComparePage(
        name=version.rule_set.name,
        before=f"Version {before.number}" if before else "",
        after=f"Version {version.number}",
        back_url=reverse("policies:ruleset_detail", args=[version.pk]),
        url=reverse("policies:version_compare", args=[version.pk]),
        choices=[
            Choice(
                str(each.pk),
                f"Version {each.number} ({RuleSetStatus(each.status).label.lower()})",
                before is not None and each.pk == before.pk,
            )
            for each in others
        ],
        summary=_summary(found),
        sections=sections,
    )


def _summary(found: comparing.Comparison | None) -> str:
    if found is None:
        return "There is no other version to compare it with."
    if found.is_empty:
        return "The two versions are the same."
    counts = {"added": 0, "changed": 0, "removed": 0}
    for part in found.rules:
        if part.key:
            counts[part.change] += 1
    told = [
        f"{count} {'rule' if count == 1 else 'rules'} {change}"
        for change, count in counts.items()
        if count
    ]
    words = sum(len(part.added) + len(part.removed) for part in (*found.lists, *found.people))
    if words:
        told.append(f"{words} {'word' if words == 1 else 'words'} added or removed in lists")
    return f"{', '.join(told)}." if told else "No rule differs; other parts do."
