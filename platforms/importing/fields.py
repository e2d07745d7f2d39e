"""Which column is what: by name, generously, unless a person said otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from platforms.importing.errors import UnreadableFile


class Field(StrEnum):
    """What a row can tell about a comment. The values are the words of `--map`."""

    ID = "id"
    TEXT = "text"
    AUTHOR = "author"
    AUTHOR_ID = "author_id"
    AUTHOR_HANDLE = "author_handle"
    AUTHOR_URL = "author_url"
    DATE = "date"
    LIKES = "likes"
    REPLIES = "replies"
    PARENT_ID = "parent_id"
    POST_ID = "post_id"
    POST_TEXT = "post_text"
    POST_URL = "post_url"
    URL = "url"


# Names as people write them, without case, spaces and signs; the most telling first.
NAMES: Mapping[Field, tuple[str, ...]] = {
    Field.TEXT: (
        "commenttext", "commentbody", "commentcontent", "tweettext", "messagetext", "reviewtext",
        "textoriginal", "fulltext", "text", "content", "body", "message", "comment", "tweet",
        "review", "textdisplay",
    ),
    Field.ID: (
        "commentid", "tweetid", "messageid", "statusid", "reviewid", "replyid", "entryid",
        "itemid", "exampleid", "rewireid", "externalid", "idstr", "id", "uri",
    ),
    Field.AUTHOR_ID: (
        "authorid", "authorchannelidvalue", "authorchannelid", "userid", "useridstr", "fromid",
        "accountid", "authordid",
    ),
    Field.AUTHOR_HANDLE: (
        "authorhandle", "authorusername", "userusername", "userscreenname", "screenname",
        "handle", "username", "accountusername",
    ),
    Field.AUTHOR: (
        "authordisplayname", "authorname", "author", "userdisplayname", "username", "displayname",
        "fromname", "accountdisplayname", "accountname", "user", "from", "commenter", "name",
        "channelname", "channel",
    ),
    Field.AUTHOR_URL: ("authorurl", "authorchannelurl", "userurl", "profileurl"),
    Field.DATE: (
        "publishedat", "createdat", "postedat", "commentdate", "dateposted", "datepublished",
        "createdtime", "createdutc", "entryutc", "datetime", "timestamp", "date", "published",
        "created", "posted", "time",
    ),
    Field.LIKES: (
        "likes", "likecount", "likescount", "numlikes", "favouritecount", "favoritecount",
        "favourites", "favorites", "upvotes", "reactions",
    ),
    Field.REPLIES: ("replies", "replycount", "repliescount", "totalreplycount"),
    Field.PARENT_ID: (
        "parentid", "parentcommentid", "inreplytoid", "inreplytostatusid", "replytoid",
        "inreplyto",
    ),
    Field.POST_ID: (
        "postid", "videoid", "linkid", "articleid", "mediaid", "threadid", "submissionid",
        "conversationid",
    ),
    Field.POST_TEXT: (
        "posttext", "posttitle", "postmessage", "postcaption", "videotitle", "articletitle",
        "threadtitle", "title", "headline",
    ),
    Field.POST_URL: ("posturl", "videourl", "articleurl"),
    Field.URL: ("commenturl", "tweeturl", "permalinkurl", "permalink", "url", "link"),
}  # fmt: skip

# Wrappers that the platforms' own exports put around a comment.
WRAPPERS = ("snippet.", "toplevelcomment.", "data.", "attributes.", "record.", "comment.")


@dataclass(frozen=True, slots=True)
class Columns:
    """Where each field stands among the values of a record."""

    position: Mapping[Field, int]
    names: tuple[str, ...]

    def __contains__(self, field: Field) -> bool:
        return field in self.position

    def described(self) -> tuple[tuple[str, str], ...]:
        """Return (field, column name) pairs for a person to check."""
        return tuple((field.value, self.names[at]) for field, at in self.position.items())


@lru_cache(maxsize=4096)
def simplified(name: str) -> str:
    """Return a column name without case, spaces and signs: Comment ID, comment_id, commentId are one."""
    name = name.strip().strip("\ufeff").casefold()
    while name.startswith(WRAPPERS):
        name = name.partition(".")[2]
    return "".join(letter for letter in name if letter.isalnum())


def resolve(
    names: Sequence[str], chosen: Mapping[Field, str], *, is_complete: bool = True
) -> Columns:
    """Find each field's column. `is_complete` false: these names are of one row among differing ones.

    Raises UnreadableFile when a chosen column, or any for the text, is missing.
    """
    position: dict[Field, int] = {}
    for field, column in chosen.items():
        if column:
            at = _chosen(names, column)
            if at is None and is_complete:
                message = f"There is no column “{column}” for {field.value}. {_listed(names)}"
                raise UnreadableFile(message)
            if at is not None:
                position[field] = at
    used = set(position.values())
    by_name = {
        simple: at
        for at, simple in reversed([(at, simplified(name)) for at, name in enumerate(names)])
        if simple and at not in used
    }
    for field, synonyms in NAMES.items():
        if field in chosen:
            continue
        found = next((by_name.pop(name) for name in synonyms if name in by_name), None)
        if found is not None:
            position[field] = found
    if is_complete and Field.TEXT not in position:
        message = (
            f"No column is known to hold the text of the comments. Say which one does. {_listed(names)}"
            " If the first row is a comment already, say that the file has no header."
        )
        raise UnreadableFile(message)
    return Columns(position=position, names=tuple(names))


def recognised(names: Sequence[str]) -> int:
    """Count the names that mean something here: how a header is told from a comment."""
    every = {name for synonyms in NAMES.values() for name in synonyms}
    return sum(simplified(name) in every for name in names)


def _chosen(names: Sequence[str], column: str) -> int | None:
    for at, name in enumerate(names):
        if name.strip().strip("\ufeff") == column:
            return at
    wanted = simplified(column)
    for at, name in enumerate(names):
        if wanted and simplified(name) == wanted:
            return at
    if column.isdecimal() and int(column) < len(names):
        return int(column)
    return None


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(name.strip() or f"(no name, {at})" for at, name in enumerate(names[:30]))
    return f"The file has: {shown}{' …' if len(names) > 30 else ''}."
