"""Clauses and published rule sets."""

from datetime import datetime
from typing import Any

import factory
from factory.django import DjangoModelFactory

from accounts.actors import Actor
from policies import models
from policies.services import drafts, packs, rulesets
from tests.factories.accounts import OrganisationFactory


class PackFactory(DjangoModelFactory[models.Pack]):
    class Meta:
        model = models.Pack

    organisation = factory.SubFactory(OrganisationFactory)
    key = factory.Sequence(lambda n: f"pack-{n}")
    title = "Example guidelines"
    version = "1"
    source_title = "Example guidelines"


class ClauseFactory(DjangoModelFactory[models.Clause]):
    class Meta:
        model = models.Clause

    pack = factory.SubFactory(PackFactory)
    organisation = factory.SelfAttribute("pack.organisation")
    reference = factory.Sequence(lambda n: f"EX-{n:02}")
    title = "Be civil"
    text = "Do not attack other people."


DEFINITION: dict[str, Any] = {
    "schema": 1,
    "key": "example",
    "title": "Example guidelines",
    "version": "1",
    "source": {"title": "Example guidelines"},
    "clauses": [
        {"id": "EX-01", "title": "Be civil", "text": "Do not attack other people."},
        {
            "id": "EX-02",
            "title": "No discrimination",
            "text": "Discrimination gets you blocked.",
            "zero_tolerance": True,
        },
        {"id": "EX-03", "title": "No threats", "text": "Do not threaten anybody."},
        {"id": "EX-04", "title": "Questions", "text": "We answer questions."},
        {"id": "EX-05", "title": "No repetition", "text": "Do not post the same again and again."},
    ],
    "groups": {
        "attack": {"title": "Personal attack", "clause": "EX-01"},
        "discrimination": {"title": "Discrimination", "clause": "EX-02"},
        "threat": {"title": "Threat", "clause": "EX-03"},
        "help": {"title": "Help", "clause": "EX-04"},
        "spam": {"title": "Spam", "clause": "EX-05"},
    },
    "lists": {
        "insults": {"title": "Insults", "terms": ["numpty", "plonker"]},
        "slurs": {"title": "Stand-ins for slurs", "terms": ["glorbish"]},
        "threats": {"title": "Threats", "terms": ["i will find you"]},
        "help-words": {"title": "Asking for help", "terms": ["how do i apply"]},
    },
    "rules": [
        {
            "key": "insult",
            "name": "Insult",
            "group": "attack",
            "clause": "EX-01",
            "because": "It insults somebody.",
            "severity": "medium",
            "recommend": "hide",
            "human_required": True,
            "when": {"words": {"list": "insults"}},
            "examples": {"match": ["What a numpty"], "no_match": ["What a day"]},
        },
        {
            "key": "slur",
            "name": "Discriminatory language",
            "group": "discrimination",
            "clause": "EX-02",
            "because": "It uses a slur.",
            "severity": "high",
            "recommend": "block",
            "human_required": True,
            "when": {"words": {"list": "slurs"}},
            "examples": {"match": ["Typical glorbish"], "no_match": ["Typical"]},
        },
        {
            "key": "threat",
            "name": "Threat",
            "group": "threat",
            "clause": "EX-03",
            "because": "It threatens somebody.",
            "severity": "critical",
            "recommend": "hide",
            "human_required": True,
            "route": "police",
            "when": {"words": {"list": "threats"}},
            "examples": {"match": ["I will find you"], "no_match": ["I found it"]},
        },
        {
            "key": "question",
            "name": "Asks for help",
            "group": "help",
            "clause": "EX-04",
            "because": "It asks for help.",
            "severity": "low",
            "recommend": "reply",
            "human_required": True,
            "route": "needs-reply",
            "when": {"words": {"list": "help-words"}},
            "examples": {"match": ["How do I apply?"], "no_match": ["I applied"]},
        },
        {
            "key": "repeated",
            "name": "Repeated by the author",
            "group": "spam",
            "clause": "EX-05",
            "because": "Its author keeps posting the same.",
            "severity": "low",
            "recommend": "hide",
            "human_required": True,
            "when": {"repetition": {"signal": "repeat.same_author", "at_least": 3}},
            "examples": {"match": [], "no_match": ["Once"]},
        },
    ],
}


def publish(
    *,
    drafter: Actor,
    approver: Actor,
    now: datetime,
    definition: dict[str, Any] | None = None,
) -> models.RuleSetVersion:
    """Import, draft, approve and publish a definition through the services."""
    document = definition or DEFINITION
    packs.import_pack(document=document, by=drafter, now=now)
    rule_set = models.RuleSet.objects.get(
        organisation_id=drafter.organisation_id, key=document["key"]
    )
    version = rulesets.draft(rule_set=rule_set, definition=document, by=drafter, now=now)
    approve(version=version, editor=drafter, approver=approver, now=now)
    return rulesets.publish(version=version, by=drafter, now=now)


def approve(
    *, version: models.RuleSetVersion, editor: Actor, approver: Actor, now: datetime
) -> models.RuleSetVersion:
    """Send a draft for approval and have it approved."""
    drafts.submit(
        version=version, revision=version.revision, summary="To try it.", by=editor, now=now
    )
    return rulesets.approve(version=version, by=approver, now=now)
