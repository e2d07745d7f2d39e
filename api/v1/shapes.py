"""Shapes that several resources share: how each is described, and how each is made from a row."""

from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.reverse import reverse

from api.renderers import moment
from moderation.enums import CaseStatus
from moderation.models import Author, Evaluation, Flag, Post
from platforms.enums import Platform
from platforms.models import Channel
from policies.enums import Outcome, Severity
from policies.models import Clause


class ChannelLinkSerializer(serializers.Serializer[Any]):
    """The official account."""

    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    platform = serializers.ChoiceField(choices=Platform.choices)


class CaseLinkSerializer(serializers.Serializer[Any]):
    """A case, and where to read it."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    page = serializers.URLField(help_text="Where people read and decide it.")
    status = serializers.ChoiceField(choices=CaseStatus.choices)


class AuthorSerializer(serializers.Serializer[Any]):
    """Who wrote it on the platform."""

    id = serializers.UUIDField()
    external_id = serializers.CharField()
    handle = serializers.CharField()
    display_name = serializers.CharField()
    url = serializers.CharField()


class PostSerializer(serializers.Serializer[Any]):
    """The organisation's own post under which it stands."""

    id = serializers.UUIDField()
    external_id = serializers.CharField()
    text = serializers.CharField()
    url = serializers.CharField()


class ClauseLinkSerializer(serializers.Serializer[Any]):
    """A clause of the published guidelines."""

    reference = serializers.CharField()
    title = serializers.CharField()


class SpanSerializer(serializers.Serializer[Any]):
    """Where in the text: `text[start:end]`, in Unicode code points."""

    start = serializers.IntegerField()
    end = serializers.IntegerField()
    label = serializers.CharField(help_text="What was recognised.")  # type: ignore[assignment]
    source = serializers.CharField(  # type: ignore[assignment]
        help_text="The word list, pattern or detector."
    )
    text = serializers.CharField(help_text="The piece of text itself.")


class FlagSerializer(serializers.Serializer[Any]):
    """One rule that held, with its evidence."""

    rule = serializers.CharField()
    name = serializers.CharField()
    clause = ClauseLinkSerializer()
    severity = serializers.ChoiceField(choices=Severity.choices)
    recommend = serializers.ChoiceField(choices=Outcome.choices)
    because = serializers.CharField()
    spans = SpanSerializer(many=True)
    facts = serializers.DictField(
        child=serializers.JSONField(), help_text="Facts that the rule rested on beside the text."
    )


class UndecidedRuleSerializer(serializers.Serializer[Any]):
    """A rule that could not be decided, and the facts it lacked."""

    rule = serializers.CharField()
    missing = serializers.ListField(child=serializers.CharField())


class EvaluationSerializer(serializers.Serializer[Any]):
    """What one published version of the rules said about one text."""

    rule_set = serializers.CharField()
    version = serializers.IntegerField()
    flagged = serializers.BooleanField()
    severity = serializers.ChoiceField(choices=Severity.choices, allow_null=True)
    recommend = serializers.ChoiceField(choices=Outcome.choices, allow_null=True)
    human_required = serializers.BooleanField()
    evaluated_at = serializers.DateTimeField()
    flags = FlagSerializer(many=True)
    undecided = UndecidedRuleSerializer(many=True)


def unread(prefix: str = "") -> tuple[str, ...]:
    """Return the columns of a channel that no answer shows: secrets are not even decrypted."""
    return tuple(prefix + name for name in ("credentials", "settings", "cursor"))


def channel_link(channel: Channel) -> dict[str, Any]:
    """Name a channel."""
    return {
        "id": channel.pk,
        "slug": channel.slug,
        "name": channel.name,
        "platform": channel.platform,
    }


def case_link(case_id: UUID | None, status: str, request: Request) -> dict[str, Any] | None:
    """Name a case."""
    if case_id is None:
        return None
    return {
        "id": case_id,
        "url": reverse("api-v1:case", args=[case_id], request=request),
        "page": reverse("moderation:case_detail", args=[case_id], request=request),
        "status": status,
    }


def author_data(author: Author) -> dict[str, Any]:
    """Tell who wrote it."""
    return {
        "id": author.pk,
        "external_id": author.external_id,
        "handle": author.handle,
        "display_name": author.display_name,
        "url": author.url,
    }


def post_data(post: Post | None) -> dict[str, Any] | None:
    """Tell under which post it stands."""
    if post is None:
        return None
    return {"id": post.pk, "external_id": post.external_id, "text": post.text, "url": post.url}


def clause_link(clause: Clause) -> dict[str, Any]:
    """Name a clause."""
    return {"reference": clause.reference, "title": clause.title}


def flag_data(flag: Flag, text: str) -> dict[str, Any]:
    """Tell which rule held, and where in `text`."""
    return {
        "rule": flag.rule.key,
        "name": flag.rule.name,
        "clause": clause_link(flag.clause),
        "severity": flag.severity,
        "recommend": flag.recommend,
        "because": flag.because,
        "spans": [
            {
                "start": span["start"],
                "end": span["end"],
                "label": span["label"],
                "source": span.get("source", ""),
                "text": text[span["start"] : span["end"]],
            }
            for span in flag.spans
        ],
        "facts": flag.facts,
    }


def evaluation_data(evaluation: Evaluation, text: str) -> dict[str, Any]:
    """Tell what a version of the rules said about `text`."""
    return {
        "rule_set": evaluation.version.rule_set.key,
        "version": evaluation.version.number,
        "flagged": evaluation.is_flagged,
        "severity": evaluation.severity or None,
        "recommend": evaluation.recommend or None,
        "human_required": evaluation.human_required,
        "evaluated_at": moment(evaluation.evaluated_at),
        "flags": [flag_data(flag, text) for flag in evaluation.flags.all()],
        "undecided": evaluation.unknown,
    }
