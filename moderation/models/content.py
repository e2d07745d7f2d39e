"""What people wrote, under what, and every text it ever had."""

from typing import Self

from django.db import models
from django.db.models import Q

from accounts.actors import Actor
from accounts.models import Organisation
from common.models import IdentifiedModel
from platforms.enums import ContentKind, Platform, SourceState
from platforms.models import Channel, InboundEvent

# The organisation of rows that come by the hundred thousand has neither foreign key nor index: the
# fence between organisations compares it with that of the row they belong to, and every query that
# has to be fast seeks by something else. Nor has a key that another index begins with one of its own.


class AuthorQuerySet(models.QuerySet["Author"]):
    """Authors."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the authors this actor's organisation has met."""
        return self.filter(organisation_id=actor.organisation_id)


class Author(IdentifiedModel):
    """A platform user who wrote something, as this organisation has met them."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    platform = models.CharField(max_length=20, choices=Platform.choices)
    external_id = models.CharField(max_length=300)
    handle = models.CharField(max_length=200, blank=True)
    display_name = models.CharField(max_length=200, blank=True)
    url = models.URLField(max_length=500, blank=True)
    first_seen_at = models.DateTimeField()

    objects = AuthorQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "platform", "external_id"], name="author_once"
            )
        ]

    def __str__(self) -> str:
        return self.display_name or self.handle or self.external_id


class PostQuerySet(models.QuerySet["Post"]):
    """Posts."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the posts of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)


class Post(IdentifiedModel):
    """The organisation's own post, under which people write."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="posts")
    external_id = models.CharField(max_length=400)
    text = models.TextField(blank=True)
    url = models.URLField(max_length=500, blank=True)
    published_at = models.DateTimeField(null=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_id"], name="post_once")
        ]

    def __str__(self) -> str:
        return self.text[:60] or self.external_id


class ContentItemQuerySet(models.QuerySet["ContentItem"]):
    """Content items."""

    def visible_to(self, actor: Actor) -> Self:
        """Keep the items of the actor's organisation."""
        return self.filter(organisation_id=actor.organisation_id)


class ContentItem(IdentifiedModel):
    """A comment, reply, mention, message or article. Its text is its current revision."""

    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    channel = models.ForeignKey(
        Channel, on_delete=models.PROTECT, related_name="content_items", db_index=False
    )
    external_id = models.CharField(max_length=400)
    kind = models.CharField(
        max_length=10, choices=ContentKind.choices, default=ContentKind.COMMENT
    )
    author = models.ForeignKey(
        Author, on_delete=models.PROTECT, related_name="content_items", db_index=False
    )
    post = models.ForeignKey(
        Post, null=True, on_delete=models.PROTECT, related_name="content_items", db_index=False
    )
    # The parent's platform id: the parent itself may arrive later, or never.
    parent_external_id = models.CharField(max_length=400, blank=True)
    url = models.URLField(max_length=500, blank=True)
    address = models.JSONField(default=dict, blank=True)
    source_state = models.CharField(
        max_length=8, choices=SourceState.choices, default=SourceState.LIVE
    )
    source_state_at = models.DateTimeField(null=True)
    likes = models.PositiveIntegerField(default=0)
    replies = models.PositiveIntegerField(default=0)
    published_at = models.DateTimeField()
    first_seen_at = models.DateTimeField()
    # Not one-to-one: writing a unique column locks the row's key, and an edit would wait for a decision
    # that refers to the item while that decision waits for the edit.
    current_revision = models.ForeignKey(
        "moderation.ContentRevision",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )

    objects = ContentItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_id"], name="content_item_once")
        ]
        indexes = [
            # The thread around an item.
            models.Index(fields=["post", "published_at", "id"], name="content_item_thread"),
            # The author's page.
            models.Index(fields=["author", "-published_at", "-id"], name="content_item_author"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.external_id}"


class ContentRevision(IdentifiedModel):
    """The exact text judged. An edit makes a new one; none ever changes."""

    organisation = models.ForeignKey(
        Organisation,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    content_item = models.ForeignKey(
        ContentItem, on_delete=models.PROTECT, related_name="revisions", db_index=False
    )
    number = models.PositiveIntegerField(default=1)
    text = models.TextField(blank=True)
    # SHA-256 of the text in UTF-8: what was captured, provably.
    digest = models.CharField(max_length=64)
    # Of the folded text, for finding repeats (HMPPS-11); empty for texts too short to mean anything.
    fingerprint = models.BigIntegerField(null=True)
    # What near-duplicates share, for finding campaigns (HMPPS-11); empty for texts of few words.
    similarity = models.BigIntegerField(null=True)
    version = models.CharField(max_length=400, blank=True)
    captured_at = models.DateTimeField()
    inbound_event = models.ForeignKey(
        InboundEvent, null=True, on_delete=models.PROTECT, related_name="revisions"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["content_item", "number"], name="content_revision_once"
            ),
            models.CheckConstraint(
                name="content_revision_number_from_one", condition=Q(number__gte=1)
            ),
        ]
        indexes = [
            # Repetition: who else wrote the same lately.
            models.Index(
                fields=["organisation", "fingerprint", "captured_at"],
                name="content_revision_repeats",
                condition=Q(fingerprint__isnull=False),
            ),
            # Campaigns: who else wrote nearly the same lately.
            models.Index(
                fields=["organisation", "similarity", "captured_at"],
                name="content_revision_similar",
                condition=Q(similarity__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Revision {self.number} of {self.content_item_id}"
