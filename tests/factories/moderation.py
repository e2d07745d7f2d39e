"""Content, cases and decisions, each minimal and valid."""

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from moderation import models
from moderation.enums import CaseStatus
from moderation.services.ingestion import digest_of
from policies.enums import Outcome, Severity
from tests.factories.accounts import OrganisationFactory, a_member
from tests.factories.platforms import ChannelFactory


class AuthorFactory(DjangoModelFactory[models.Author]):
    class Meta:
        model = models.Author

    organisation = factory.SubFactory(OrganisationFactory)
    platform = "sandbox"
    external_id = factory.Sequence(lambda n: f"author-{n}")
    display_name = factory.Sequence(lambda n: f"Author {n}")
    first_seen_at = factory.LazyFunction(timezone.now)


class PostFactory(DjangoModelFactory[models.Post]):
    class Meta:
        model = models.Post

    channel = factory.SubFactory(ChannelFactory)
    organisation = factory.SelfAttribute("channel.organisation")
    external_id = factory.Sequence(lambda n: f"post-{n}")
    text = "We are recruiting."


class ContentItemFactory(DjangoModelFactory[models.ContentItem]):
    class Meta:
        model = models.ContentItem
        skip_postgeneration_save = True

    channel = factory.SubFactory(ChannelFactory)
    organisation = factory.SelfAttribute("channel.organisation")
    external_id = factory.Sequence(lambda n: f"comment-{n}")
    author = factory.SubFactory(
        AuthorFactory, organisation=factory.SelfAttribute("..organisation")
    )
    published_at = factory.LazyFunction(timezone.now)
    first_seen_at = factory.LazyFunction(timezone.now)

    @factory.post_generation
    def text(item, create, extracted, **_kwargs):  # noqa: N805 - factory_boy passes the row made
        if create:
            text = extracted if extracted is not None else "What a numpty"
            item.current_revision = models.ContentRevision.objects.create(
                organisation=item.organisation,
                content_item=item,
                text=text,
                digest=digest_of(text),
                captured_at=item.first_seen_at,
            )
            item.save()


class QueueFactory(DjangoModelFactory[models.Queue]):
    class Meta:
        model = models.Queue

    organisation = factory.SubFactory(OrganisationFactory)
    key = factory.Sequence(lambda n: f"queue-{n}")
    name = factory.Sequence(lambda n: f"Queue {n}")


class CaseFactory(DjangoModelFactory[models.Case]):
    class Meta:
        model = models.Case

    content_item = factory.SubFactory(ContentItemFactory)
    organisation = factory.SelfAttribute("content_item.organisation")
    channel = factory.SelfAttribute("content_item.channel")
    author = factory.SelfAttribute("content_item.author")
    queue = factory.SubFactory(QueueFactory, organisation=factory.SelfAttribute("..organisation"))
    status = CaseStatus.WAITING
    severity = Severity.MEDIUM
    headline = "Insult"
    excerpt = "What a numpty"
    rank = 15
    due_at = factory.LazyFunction(timezone.now)
    opened_at = factory.LazyFunction(timezone.now)


class DecisionFactory(DjangoModelFactory[models.Decision]):
    class Meta:
        model = models.Decision

    case = factory.SubFactory(CaseFactory)
    organisation = factory.SelfAttribute("case.organisation")
    revision = factory.SelfAttribute("case.content_item.current_revision")
    outcome = Outcome.NO_BREACH
    reason = "Fair comment."
    made_by = factory.LazyAttribute(lambda decision: a_member(decision.organisation))
    made_at = factory.LazyFunction(timezone.now)
    submission_key = factory.Sequence(lambda n: f"submission-{n}")


class ScoreFactory(DjangoModelFactory[models.Score]):
    class Meta:
        model = models.Score

    organisation = factory.SelfAttribute("revision.organisation")
    model = "test-1"
    values = factory.LazyFunction(lambda: {"hate": {"value": 0.02, "band": "low"}})
    scored_at = factory.LazyFunction(timezone.now)


class ModelTuningFactory(DjangoModelFactory[models.ModelTuning]):
    class Meta:
        model = models.ModelTuning

    model = "test-1"
    calibration = factory.LazyFunction(lambda: {"hate": [1.0, 0.0]})
    thresholds = factory.LazyFunction(lambda: {"hate": [0.5, 0.8]})
    decisions = 200
    made_at = factory.LazyFunction(timezone.now)
