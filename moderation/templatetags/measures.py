"""What the pages of rules, which know nothing of decisions, show of how the rules do."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from moderation.services import quality
from policies.models import RuleSetVersion

register = template.Library()
# A decision more or less changes nothing that a page of rules must show at once.
KEPT_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Notice:
    """A rule set with rules whose precision fell."""

    name: str
    rules: str
    url: str


@register.simple_tag(takes_context=True)
def fallen_rules(context: dict[str, Any]) -> list[Notice]:
    """Return the organisation's rule sets whose owner should look at some of their rules."""
    actor = context["request"].actor
    key = f"fallen-rules:{actor.organisation_id}"
    found = cache.get(key)
    if found is None:
        found = quality.fallen(actor.organisation_id, now=timezone.now())
        cache.set(key, found, KEPT_SECONDS)
    if not found:
        return []
    names = dict(
        RuleSetVersion.objects.visible_to(actor)
        .filter(rule_set__in=found)
        .values_list("rule_set_id", "rule_set__name")
    )
    return [
        Notice(
            name=names[rule_set_id],
            rules="1 rule" if rules == 1 else f"{rules} rules",
            url=reverse("moderation:quality_detail", args=[rule_set_id]),
        )
        for rule_set_id, rules in found.items()
        if rule_set_id in names
    ]
