"""The rule editor as its page shows it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from common.shown import Shown
from policies.editor import comparing, read_back
from policies.editor import definition as edit
from policies.editor.findings import Finding
from policies.editor.parts import Part
from policies.engine.problems import Problem
from policies.models import RuleSetVersion
from policies.presenters.parts import PartView, part_view
from policies.presenters.trials import StepRow, highlighted, step_rows
from policies.services import trials

EXPLAINED = 5
"""Failing examples that are explained condition by condition."""


@dataclass
class Typed:
    """What stands in the editor: the form, the condition, and what is to be said about them."""

    form: Any  # policies.forms.RuleForm
    part: Part
    seen: str
    problems: list[Problem] = field(default_factory=list)
    focus: tuple[int, ...] | None = None
    check: trials.RuleCheck | None = None
    rule: edit.RuleNode | None = None
    alert: str = ""
    other: edit.RuleNode | None = None
    """The rule as somebody else saved it meanwhile."""


@dataclass(frozen=True, slots=True)
class FailingExample:
    """One example that comes out other than written, and why."""

    text: Shown | str
    reason: str
    steps: list[StepRow]


@dataclass(frozen=True, slots=True)
class RulePage:
    """The editor of one rule."""

    title: str
    version: str
    back_url: str
    url: str
    form: Any
    part: PartView
    seen: str
    errors: list[tuple[str, str]]
    findings: list[Finding]
    accept: str
    sentence: str
    consequence: str
    not_caught: list[str]
    failing: list[FailingExample]
    all_right: str
    alert: str
    differences: Sequence[comparing.PartChange]
    remove_url: str
    try_url: str


def rule_page(version: RuleSetVersion, key: str, typed: Typed) -> RulePage:
    """Return the editor with everything that is known about the rule."""
    check, rule = typed.check, typed.rule
    definition = version.definition
    address = [version.pk, key] if key else [version.pk]
    known = check is not None and rule is not None and not check.problems
    findings = list(check.findings) if check else []
    return RulePage(
        title=f"Change “{_name(definition, key)}”" if key else "Add a rule",
        version=f"{version.rule_set.name}, version {version.number}",
        back_url=reverse("policies:ruleset_detail", args=[version.pk])
        + (f"#{key}" if key else ""),
        url=reverse("policies:rule_edit" if key else "policies:rule_new", args=address),
        form=typed.form,
        part=part_view(
            typed.part, definition=definition, problems=typed.problems, focus=typed.focus
        ),
        seen=typed.seen,
        errors=[(str(problem), _anchor(problem)) for problem in typed.problems],
        findings=findings,
        accept=digest(findings) if findings and not any(each.stops for each in findings) else "",
        sentence=read_back.opening(rule, check.sentence) if known and rule and check else "",
        consequence=read_back.consequence(rule) if known and rule else "",
        not_caught=read_back.not_caught(rule, definition) if known and rule else [],
        failing=_failing(rule, check, definition) if rule and check else [],
        all_right=_all_right(rule, check) if known and rule and check else "",
        alert=typed.alert,
        differences=_differences(definition, typed.other, rule),
        remove_url=reverse("policies:rule_remove", args=[version.pk, key]) if key else "",
        try_url=reverse("policies:version_try", args=[version.pk]),
    )


def placed(problems: Iterable[Problem]) -> list[Problem]:
    """Return the engine's problems by the numbers that the editor gives to conditions."""
    return [_placed(problem) for problem in dict.fromkeys(problems)]


def _placed(problem: Problem) -> Problem:
    head, found, tail = problem.where.partition(", when")
    if not found:
        return Problem(head, problem.message)
    steps = [{"first": "1", "second": "2"}.get(step, step) for step in re.split(r" › |, ", tail)]
    number = ".".join(step for step in steps if step.isdecimal())
    fields = [step for step in re.split(r", ", tail)[1:] if not step.startswith("item")]
    message = f"{fields[-1].replace('_', ' ')}: {problem.message}" if fields else problem.message
    return Problem(f"Condition {number}" if number else "The rule", message)


def digest(findings: Iterable[Finding]) -> str:
    """Name what somebody accepts, so that they do not accept something else."""
    return edit.digest_of([finding.message for finding in findings])[:16]


def _anchor(problem: Problem) -> str:
    number = problem.where.removeprefix("Condition ")
    if problem.where.startswith("Condition "):
        steps = [str(int(step) - 1) for step in number.split(".") if step.isdecimal()]
        return "-".join(["part-when", *steps])
    return "part-when"


def _name(definition: edit.Definition, key: str) -> str:
    rule = edit.rule_of(definition, key)
    return str(rule["name"]) if rule else key


def _all_right(rule: edit.RuleNode, check: trials.RuleCheck) -> str:
    examples = rule.get("examples") or {}
    count = sum(len(examples.get(side) or ()) for side in ("match", "no_match"))
    if check.failures:
        return ""
    if not count:
        return "This rule has no examples yet. Write some: they are its tests."
    return f"{count} {'example comes' if count == 1 else 'examples come'} out as written."


def _failing(
    rule: edit.RuleNode, check: trials.RuleCheck, definition: edit.Definition
) -> list[FailingExample]:
    shown = []
    for number, failure in enumerate(check.failures):
        trace = trials.why(rule, failure, definition) if number < EXPLAINED else None
        shown.append(
            FailingExample(
                text=highlighted(failure.text, trace.step) if trace else failure.text,
                reason=failure.reason[:1].upper() + failure.reason[1:],
                steps=step_rows(trace.step) if trace else [],
            )
        )
    return shown


def _differences(
    definition: edit.Definition, other: edit.RuleNode | None, rule: edit.RuleNode | None
) -> Sequence[comparing.PartChange]:
    if other is None or rule is None:
        return ()
    base = {**definition, "rules": [other]}
    return comparing.compare(base, {**definition, "rules": [rule]}).rules
