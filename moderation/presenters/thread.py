"""Comments in their thread, safe to show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from common import shown as text
from common.page import Tag
from common.shown import Segment
from common.when import uk_datetime
from moderation.models import ContentItem, Post
from platforms.enums import SourceState
from platforms.models import Channel

STATES = {
    SourceState.HIDDEN.value: Tag("Hidden", "orange"),
    SourceState.HELD.value: Tag("Held by the platform", "yellow"),
    SourceState.DELETED.value: Tag("Gone from the platform", "grey"),
}
LONGEST_POST = 600


@dataclass(frozen=True, slots=True)
class CommentView:
    """One comment (components/comment.html)."""

    id: str
    author: str
    author_url: str
    kind: str
    when: str
    when_iso: str
    state: Tag | None
    text: tuple[Segment, ...]
    rest: tuple[Segment, ...]
    rest_label: str
    is_subject: bool
    url: str
    platform: str
    badges: tuple[str, ...]
    removed: str
    label: str


@dataclass(frozen=True, slots=True)
class PostView:
    """The organisation's own post."""

    label: str
    text: str
    when: str
    when_iso: str
    url: str


def comment(
    item: ContentItem,
    *,
    now: datetime,
    marks: Sequence[text.Mark] = (),
    is_subject: bool = False,
    label: str = "",
    author_url: str = "",
    badge: str = "",
) -> CommentView:
    """Present one comment; `item` comes with its author and current revision."""
    words = item.current_revision.text if item.current_revision else ""
    shown = text.shown(words, marks)
    author = item.author
    badges = [badge] if badge else []
    if is_subject:
        if item.likes:
            badges.append(f"{item.likes:,} {'like' if item.likes == 1 else 'likes'}")
        if item.replies:
            badges.append(f"{item.replies:,} {'reply' if item.replies == 1 else 'replies'}")
    if item.current_revision is not None and item.current_revision.number > 1:
        badges.append("edited")
    return CommentView(
        id=str(item.pk),
        author=text.author_name(author.display_name, author.handle, author.external_id),
        author_url=author_url,
        kind=str(item.get_kind_display()),
        when=uk_datetime(item.published_at),
        when_iso=item.published_at.isoformat(),
        state=STATES.get(item.source_state),
        text=shown.text,
        rest=shown.rest,
        rest_label=shown.rest_label,
        is_subject=is_subject,
        # What is gone leads nowhere.
        url=text.web_address(item.url)
        if is_subject and item.source_state != SourceState.DELETED
        else "",
        platform=item.channel.get_platform_display() if is_subject else "",
        badges=tuple(badges),
        removed="" if words.strip() else "No words were captured.",
        label=label or str(item.get_kind_display()),
    )


def post(found: Post | None, *, channel: Channel) -> PostView | None:
    """Present the post under which a comment stands."""
    if found is None:
        return None
    words = text.one_line(found.text)
    return PostView(
        label=f"Our post on {channel.name} ({channel.get_platform_display()})",
        text=words if len(words) <= LONGEST_POST else f"{words[:LONGEST_POST]}…",
        when=uk_datetime(found.published_at) if found.published_at else "",
        when_iso=found.published_at.isoformat() if found.published_at else "",
        url=text.web_address(found.url),
    )
