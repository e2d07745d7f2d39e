"""What each outcome would really do, said before the click: per platform, in plain sentences."""

from collections.abc import Sequence
from dataclasses import dataclass

from moderation.enums import ActionKind
from moderation.models import ContentItem
from moderation.services import authors, enforcement
from platforms.enums import Platform, SourceState
from platforms.registry import is_connected
from policies.enums import Outcome

# HMPPS-13: who goes on seeing a comment that was hidden.
STILL_SEEN_BY = {
    Platform.SANDBOX: "Its author still sees it.",
    Platform.BLUESKY: (
        "Anyone can still see it behind “show more replies” and in other apps, its author as before."
    ),
    Platform.FACEBOOK: "Its author and their friends still see it.",
    Platform.INSTAGRAM: "Its author still sees it.",
    Platform.YOUTUBE: "It waits for review there; its author still sees it.",
    Platform.X: "Anyone can still see it under “hidden replies”.",
    Platform.THREADS: "Its author still sees it.",
    Platform.TIKTOK: "Its author still sees it.",
}
BLOCKED_MEANS = {
    Platform.SANDBOX: "They can no longer comment there.",
    Platform.BLUESKY: (
        "A block is public there. Their replies disappear from our threads for everybody; they can"
        " still post on their own account."
    ),
}
WARNED_HOW = {
    Platform.SANDBOX: "by private message",
    Platform.FACEBOOK: "by private message",
    Platform.INSTAGRAM: "by private message",
}
REPORTED_TO = {
    Platform.SANDBOX: "the sandbox’s moderators",
    Platform.BLUESKY: "Bluesky’s moderation service",
}
ORDINALS = ("first", "second", "third", "fourth", "fifth")

# In the order of the form: what happens most often first. Escalating is not a decision.
OFFERED: tuple[Outcome, ...] = (
    Outcome.NO_BREACH,
    Outcome.HIDE,
    Outcome.WARN,
    Outcome.DELETE,
    Outcome.BLOCK,
    Outcome.REPORT,
    Outcome.REPLY,
    Outcome.NO_REPLY,
)
KEYS: dict[str, str] = {
    Outcome.NO_BREACH.value: "1",
    Outcome.HIDE.value: "2",
    Outcome.WARN.value: "3",
    Outcome.DELETE.value: "4",
    Outcome.BLOCK.value: "5",
    Outcome.REPORT.value: "6",
    Outcome.REPLY.value: "7",
    Outcome.NO_REPLY.value: "8",
}


@dataclass(frozen=True, slots=True)
class Consequence:
    """What an outcome would do here, or why it cannot be chosen."""

    sentence: str
    why_not: str = ""


def of(
    outcome: Outcome,
    item: ContentItem,
    record: authors.Record,
    *,
    may_block_under: Sequence[str],
) -> Consequence:
    """Say what an outcome would do to this item and its author.

    `may_block_under` are the clauses under which no warning is needed first.
    """
    platform = Platform(item.channel.platform)
    if outcome == Outcome.NO_BREACH:
        return Consequence("It stays as it is. Nothing is sent.")
    if outcome == Outcome.NO_REPLY:
        return Consequence("Recorded as read. Nothing is sent.")
    if platform == Platform.GOOGLE_ALERTS:
        return Consequence(
            "", "This is an article on somebody else’s site: nothing can be done to it here."
        )
    if outcome == Outcome.BLOCK and not record.warnings_delivered and not may_block_under:
        # HMPPS-14: no block without a delivered warning.
        return Consequence("", not_warned(record))
    sentences = [
        _also_hides(platform, item)
        if kind == ActionKind.HIDE and possible and outcome != Outcome.HIDE
        else _can(kind, platform, item, record)
        if possible
        else _cannot(kind, platform)
        for kind, possible in enforcement.what_would_happen(outcome.value, item)
    ]
    if outcome == Outcome.BLOCK and not record.warnings_delivered:
        sentences.append(_only_under(may_block_under, record))
    return Consequence(" ".join(filter(None, sentences)))


def not_warned(record: authors.Record) -> str:
    """Say why a block would be refused."""
    if record.warnings_under_way:
        return "A warning is on its way but not delivered yet. A block needs a delivered warning first."
    if record.warnings_taken_back:
        return "No warning is in force: the last one was taken back. A block needs a delivered warning first."
    return "This author has not been warned yet. A block needs a delivered warning first."


def warnings(record: authors.Record) -> tuple[str, str]:
    """Return how many warnings reached the author, and what became of them."""
    delivered = record.warnings_delivered + record.warnings_taken_back
    if not record.warnings_taken_back:
        return str(delivered), "delivered"
    if not record.warnings_delivered:
        return str(delivered), "delivered, taken back"
    return str(delivered), f"delivered, {record.warnings_taken_back} of them taken back"


def next_step(record: authors.Record) -> str:
    """Say where on the ladder the author stands, and what a further breach would lead to."""
    if record.blocks:
        return "Blocked. There is no further step on our channels."
    if record.warnings_delivered:
        times = "once" if record.warnings_delivered == 1 else f"{record.warnings_delivered} times"
        return f"Warned {times}. The next step for a further breach can be a block."
    if record.warnings_under_way:
        return "A warning is on its way. Once it is delivered, the next step can be a block."
    if record.warnings_taken_back:
        return (
            "No warning in force. The next step for a breach is a warning; a block comes after it."
        )
    return "No warning on record. The next step for a breach is a warning; a block comes after it."


def still_seen_by(platform: str) -> str:
    """Say who goes on seeing a hidden comment."""
    return STILL_SEEN_BY.get(Platform(platform), "Its author may still see it.")


def _can(kind: ActionKind, platform: Platform, item: ContentItem, record: authors.Record) -> str:
    if item.source_state == SourceState.DELETED and kind != ActionKind.BLOCK:
        return "The comment is already gone from the platform, so nothing is done about it."
    if kind == ActionKind.HIDE:
        if item.source_state == SourceState.HIDDEN:
            return f"It is hidden on {platform.label} already. {STILL_SEEN_BY[platform]}"
        return f"Hides it on {platform.label}. {STILL_SEEN_BY[platform]}"
    if kind == ActionKind.DELETE:
        return f"Deletes it on {platform.label} for everybody. This cannot be undone."
    if kind == ActionKind.WARN:
        which = _which_warning(record)
        how = WARNED_HOW.get(platform, "in a reply")
        return f"Sends the author {which} warning {how}, quoting the guideline; that cannot be taken back."
    if kind == ActionKind.BLOCK:
        names = [channel.name for channel in record.channels] or [item.channel.name]
        return f"Blocks the author on {_and(names)}. {BLOCKED_MEANS.get(platform, '')}".strip()
    if kind == ActionKind.REPORT:
        return f"Reports it to {REPORTED_TO.get(platform, platform.label)}; that cannot be taken back."
    return "Answers in public under it with your message; that cannot be taken back here."


def _which_warning(record: authors.Record) -> str:
    if record.warnings_taken_back:
        return "another"
    number = record.warnings_delivered + record.warnings_under_way
    return f"their {ORDINALS[number] if number < len(ORDINALS) else f'{number + 1}th'}"


def _also_hides(platform: Platform, item: ContentItem) -> str:
    """Say it shortly: who goes on seeing it stands one outcome above."""
    if item.source_state in {SourceState.DELETED, SourceState.HIDDEN}:
        return ""
    return f"Hides it on {platform.label}, as above."


def _cannot(kind: ActionKind, platform: Platform) -> str:
    if not is_connected(platform):
        return f"{platform.label} is not connected: this is recorded, and somebody has to {_verb(kind)} there by hand."
    return f"{platform.label} offers no way to {_verb(kind)} from here: somebody has to do it there by hand."


def _verb(kind: ActionKind) -> str:
    return {
        ActionKind.HIDE: "hide it",
        ActionKind.DELETE: "delete it",
        ActionKind.WARN: "warn the author",
        ActionKind.BLOCK: "block the author",
        ActionKind.REPORT: "report it",
        ActionKind.REPLY: "reply",
    }.get(kind, kind.label.lower())


def _and(words: Sequence[str]) -> str:
    return _listed(words, "and")


def _or(words: Sequence[str]) -> str:
    return _listed(words, "or")


def _listed(words: Sequence[str], conjunction: str) -> str:
    if len(words) == 1:
        return words[0]
    return f"{', '.join(words[:-1])} {conjunction} {words[-1]}"


def _only_under(references: Sequence[str], record: authors.Record) -> str:
    why = (
        "A warning is on its way but not delivered yet"
        if record.warnings_under_way
        else "No warning is in force"
        if record.warnings_taken_back
        else "No warning has been delivered yet"
    )
    needs = "needs" if len(references) == 1 else "need"
    return f"{why}, so this is possible only under {_or(references)}, which {needs} none."
