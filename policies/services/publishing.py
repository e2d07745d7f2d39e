"""From a pack's file to rules in force: the steps of packs and rule sets, all of them or none."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts.actors import Actor
from policies.models import RuleSet, RuleSetVersion
from policies.services import drafts, packs, rulesets


@transaction.atomic
def publish_pack(
    *,
    document: Mapping[str, Any],  # the pack, as YAML says it
    drafted_by: Actor,
    approved_by: Actor,
    now: datetime,
    review_on: date | None = None,
) -> tuple[RuleSetVersion, bool]:
    """Import a pack and put its rules in force, drafted by one person and approved by another.

    Return the version in force, and False when it is just this one already: nothing is added then.
    """
    packs.import_pack(document=document, by=drafted_by, now=now)
    rule_set = RuleSet.objects.get(organisation_id=drafted_by.organisation_id, key=document["key"])
    digest = rulesets.digest_of(document)
    standing = (
        RuleSetVersion.objects.visible_to(drafted_by)
        .published()
        .filter(rule_set=rule_set, digest=digest)
        .first()
    )
    if standing is not None:
        return standing, False
    version = rulesets.draft(rule_set=rule_set, definition=document, by=drafted_by, now=now)
    drafts.submit(
        version=version,
        revision=version.revision,
        summary=f"{document['title']} {document['version']}, as its file says.",
        by=drafted_by,
        now=now,
    )
    rulesets.approve(version=version, by=approved_by, now=now)
    version = rulesets.publish(version=version, by=drafted_by, now=now, review_on=review_on)
    return version, True
