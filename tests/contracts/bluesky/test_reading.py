"""Reading stays within its bounds, and believes only what it has read by address."""

import copy
import json

import pytest

from platforms.connectors.bluesky.cursor import Cursor, Watched
from platforms.connectors.bluesky.reading import MOST_LOOKS, MOST_PAGES
from tests.contracts.bluesky.recorded import answer_to

KEPT = {"access_jwt": "kept-access", "refresh_jwt": "kept-refresh"}
LIST = "app.bsky.notification.listNotifications"
POSTS = "app.bsky.feed.getPosts"
THREAD = "app.bsky.feed.getPostThread"
FEED = "app.bsky.feed.getAuthorFeed"
NOBODY = {"posts": []}


@pytest.fixture
def connector(recorded):
    made = recorded.connector(**KEPT)
    yield made
    made.close()


@pytest.fixture
def no_own_posts(recorded):
    """The account has no posts of its own whose replies could be counted."""
    for _ in range(3):
        recorded.says(FEED, 200, {"feed": []})


def page(*uris, cursor=None, reason="reply", when="2026-11-21T08:00:00.000Z"):
    """Return a list of notifications."""
    notifications = [{"uri": uri, "reason": reason, "indexedAt": when} for uri in uris]
    return {"notifications": notifications, **({"cursor": cursor} if cursor else {})}


def post_uri(number):
    return f"at://did:plc:sam/app.bsky.feed.post/{number}"


def watching(*uris):
    watched = tuple(Watched(uri, "cid", "reply") for uri in uris)
    return str(Cursor(seen="2026-11-21T08:00:00.000Z", watched=watched))


def test_the_recorded_list_becomes_events(connector, recorded):
    found = connector.fetch("")

    notified = {entry["uri"] for entry in answer_to(LIST)["notifications"]}
    readable = {view["uri"] for view in answer_to(POSTS)["posts"]}
    assert {event.key.split("@")[0] for event in found.events} == notified & readable
    assert not found.more


def test_a_reply_that_the_list_lacks_shows_in_the_count_and_is_read(connector, recorded):
    recorded.says(LIST, 200, page())

    found = connector.fetch("")

    assert "getPostThread" in recorded.names()
    assert [event.key.split("@")[0] for event in found.events] == [recorded.comment]


def test_a_list_whose_cursor_stands_still_ends(connector, recorded):
    recorded.says(LIST, 200, page(cursor="here"))
    recorded.says(LIST, 200, page(cursor="here"))

    found = connector.fetch("")

    assert not found.more
    assert recorded.names().count("listNotifications") == 2


def test_a_list_without_end_is_left_after_some_pages_and_taken_up_there(connector, recorded):
    for number in range(MOST_PAGES):
        recorded.says(LIST, 200, page(cursor=f"position-{number}"))
    recorded.says(LIST, 200, page())

    found = connector.fetch("")
    rest = connector.fetch(found.cursor)

    assert found.more
    assert not rest.more
    asked = [asked for asked in recorded.asked if asked.nsid == LIST]
    assert len(asked) == MOST_PAGES + 1
    assert ("cursor", f"position-{MOST_PAGES - 1}") in asked[-1].params


def test_reading_stops_at_what_was_seen_with_an_overlap(connector, recorded):
    before = str(Cursor(seen="2026-11-21T08:00:00.000Z"))
    inside, outside = post_uri("inside"), post_uri("outside")
    listed = page(inside, when="2026-11-21T07:55:00.000Z", cursor="further")
    listed["notifications"] += page(outside, when="2026-11-21T07:45:00.000Z")["notifications"]
    recorded.says(LIST, 200, listed)

    found = connector.fetch(before)

    assert recorded.names().count("listNotifications") == 1
    read = [value for asked in recorded.asked if asked.nsid == POSTS for _, value in asked.params]
    assert inside in read
    assert outside not in read
    assert Cursor.parse(found.cursor).seen == "2026-11-21T08:00:00.000Z"


@pytest.mark.usefixtures("no_own_posts")
def test_odd_entries_of_a_list_are_passed_over(connector, recorded):
    odd = [
        None,
        7,
        {},
        {"uri": "nonsense", "reason": "reply"},
        {"uri": post_uri(1), "reason": "like"},
    ]
    recorded.says(LIST, 200, {"notifications": odd})

    assert connector.fetch("").events == ()


@pytest.mark.usefixtures("no_own_posts")
def test_what_is_listed_and_already_gone_makes_no_event(connector, recorded):
    recorded.says(LIST, 200, page(post_uri("fleeting")))
    recorded.says(POSTS, 200, NOBODY)

    assert connector.fetch("").events == ()


@pytest.mark.parametrize(
    ("status", "answer", "states"),
    [
        (400, {"error": "NotFound", "message": "Post not found"}, ["deleted"]),
        (200, {"thread": {"$type": "app.bsky.feed.defs#notFoundPost"}}, ["deleted"]),
        (200, {"thread": {"$type": "app.bsky.feed.defs#blockedPost", "blocked": True}}, []),
        (200, {"thread": {"$type": "app.bsky.feed.defs#somethingNew"}}, []),
    ],
)
@pytest.mark.usefixtures("no_own_posts")
def test_only_its_own_address_says_that_a_post_is_deleted(
    connector, recorded, status, answer, states
):
    recorded.says(LIST, 200, page())
    recorded.says(POSTS, 200, NOBODY)
    recorded.says(THREAD, status, answer)

    found = connector.fetch(watching(post_uri("watched")))

    items = [item for event in found.events for item in connector.normalise(event.payload)]
    assert [item.state for item in items] == states


@pytest.mark.usefixtures("no_own_posts")
def test_a_deletion_is_told_once(connector, recorded):
    cursor = watching(post_uri("watched"))
    for _ in range(2):
        recorded.says(LIST, 200, page())
        recorded.says(POSTS, 200, NOBODY)
    recorded.says_error(THREAD, "no_such_post")

    first = connector.fetch(cursor)
    second = connector.fetch(first.cursor)

    assert (len(first.events), len(second.events)) == (1, 0)
    assert recorded.names().count("getPostThread") == 1


@pytest.mark.usefixtures("no_own_posts")
def test_many_posts_behind_blocks_are_looked_at_a_few_at_a_time(connector, recorded):
    uris = [post_uri(number) for number in range(60)]
    recorded.says(LIST, 200, page())
    for _ in range(3):
        recorded.says(POSTS, 200, NOBODY)
    blocked = {"thread": {"$type": "app.bsky.feed.defs#blockedPost", "blocked": True}}
    for _ in range(MOST_LOOKS):
        recorded.says(THREAD, 200, blocked)

    found = connector.fetch(watching(*uris))

    assert recorded.names().count("getPostThread") == MOST_LOOKS
    kept = [watched.uri for watched in Cursor.parse(found.cursor).watched]
    assert kept == [*uris[MOST_LOOKS:], *uris[:MOST_LOOKS]]


def test_a_failure_halfway_loses_nothing(connector, recorded):
    recorded.says(POSTS, 500, {"error": "InternalServerError"})
    with pytest.raises(Exception, match="500"):
        connector.fetch("")

    assert connector.fetch("").events


def test_a_changed_version_in_the_overlap_has_a_key_of_its_own(connector, recorded):
    before = connector.fetch("")
    posts = copy.deepcopy(answer_to(POSTS))
    for view in posts["posts"]:
        view["cid"] = "bafyreianotherversion"
    recorded.says(POSTS, 200, posts)

    after = connector.fetch(before.cursor)

    old, new = ({event.key for event in found.events} for found in (before, after))
    assert new
    assert not old & new
    assert all(json.loads(event.payload)["post"]["cid"] in event.key for event in after.events)
