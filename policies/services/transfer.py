"""Rule sets as files: a version written out, and a file read in as a draft."""

from datetime import datetime

from django.db import transaction

from accounts.actors import Actor
from accounts.enums import Permission
from accounts.permissions import check_may
from policies.editor import files
from policies.models import RuleSet, RuleSetVersion
from policies.services import drafts, packs, rulesets
from policies.services.rulesets import RuleSetRefused


def export(version: RuleSetVersion) -> str:
    """Return a version as YAML in the format of the packs."""
    return files.write(version.definition)


@transaction.atomic
def import_draft(*, data: bytes, by: Actor, now: datetime) -> RuleSetVersion:
    """Begin a draft from a file; its rule set and clauses are brought in where they are new.

    Raises RuleSetRefused with the line and field of everything that is wrong.
    """
    check_may(by, Permission.RULES_EDIT)
    try:
        document = files.read(data, packs.schema())
    except files.FileRefused as refusal:
        raise RuleSetRefused("\n".join(refusal.errors)) from refusal
    try:
        rulesets.compile_draft(document)
    except RuleSetRefused as refusal:
        lines = [_with_line(line, data) for line in refusal.message.split("\n")]
        raise RuleSetRefused("\n".join(lines)) from refusal
    rule_set = RuleSet.objects.visible_to(by).filter(key=document["key"]).first()
    unknown = {rule["clause"] for rule in document["rules"]} - rulesets.known_clauses(
        by.organisation_id
    ).keys()
    if rule_set is None or unknown:
        packs.import_pack(document=document, by=by, now=now)
        rule_set = RuleSet.objects.visible_to(by).get(key=document["key"])
    return drafts.take_in(rule_set=rule_set, definition=document, by=by, now=now)


def _with_line(problem: str, data: bytes) -> str:
    """Put the line of the rule that a problem names in front of it."""
    key = problem.partition("Rule “")[2].partition("”")[0]
    line = files.line_of(data, key) if key else None
    return f"Line {line}: {problem}" if line else problem
