"""From recorded events to items."""

import copy
import json
from datetime import UTC

import pytest

from platforms.connectors.bluesky.normalise import normalise, quoted_uri
from platforms.enums import ContentKind, SourceState
from tests.contracts.bluesky.recorded import FIXTURES, load

EVENTS = sorted(path.stem for path in (FIXTURES / "events").glob("*.json"))


def item_in(name, change=None):
    event = copy.deepcopy(load(f"events/{name}"))
    if change:
        change(event)
    (item,) = normalise(json.dumps(event).encode())
    return item


@pytest.mark.parametrize(
    ("name", "kind", "state"),
    [
        ("reply", ContentKind.COMMENT, SourceState.LIVE),
        ("reply_nested", ContentKind.REPLY, SourceState.LIVE),
        ("reply_edited", ContentKind.COMMENT, SourceState.LIVE),
        ("reply_hidden", ContentKind.COMMENT, SourceState.HIDDEN),
        ("reply_gone", ContentKind.COMMENT, SourceState.DELETED),
        ("mention", ContentKind.MENTION, SourceState.LIVE),
        ("quote", ContentKind.MENTION, SourceState.LIVE),
    ],
)
def test_each_recorded_event_has_its_kind_and_its_state(name, kind, state):
    item = item_in(name)

    assert (item.kind, item.state) == (kind, state)


def test_every_recording_is_tested():
    assert len(EVENTS) == 7


def test_a_reply_names_its_author_its_post_and_what_an_act_needs():
    event = load("events/reply")

    item = item_in("reply")

    view, root = event["post"], event["context"]
    assert item.external_id == view["uri"]
    assert item.text == "Nobody ever answers the phone 📞"
    assert item.author.external_id == view["author"]["did"]
    assert item.author.handle == view["author"]["handle"]
    assert item.version == view["cid"]
    assert item.published_at.tzinfo == UTC
    assert item.post.external_id == root["uri"]
    assert item.post.text == root["record"]["text"]
    assert (
        item.url == f"https://bsky.app/profile/{item.author.external_id}/post/{view['uri'][-13:]}"
    )
    assert item.parent_external_id == ""
    assert item.address == {
        "cid": view["cid"],
        "root_uri": root["uri"],
        "root_cid": root["cid"],
        "parent_uri": root["uri"],
        "parent_cid": root["cid"],
    }


def test_an_edit_is_the_same_post_in_another_version():
    before, after = item_in("reply"), item_in("reply_edited")

    assert before.external_id == after.external_id
    assert before.version != after.version
    assert before.text != after.text


def test_a_deletion_makes_no_version_of_its_own():
    assert item_in("reply_gone").version == item_in("reply_edited").version


def test_a_quote_of_ours_can_be_found_again_for_detaching():
    item = item_in("quote")

    assert item.address["quoted_uri"] == item.post.external_id


def test_a_quote_with_pictures_is_a_quote():
    inner = {"uri": "at://did:plc:abc/app.bsky.feed.post/3kabcdefgh234", "cid": "x"}
    record = {"embed": {"$type": "app.bsky.embed.recordWithMedia", "record": {"record": inner}}}

    assert quoted_uri(record) == inner["uri"]


def test_a_reply_with_broken_references_is_still_read():
    def change(event):
        event["post"]["record"]["reply"] = {"root": "nonsense", "parent": None}

    item = item_in("reply", change)

    assert item.kind == ContentKind.COMMENT
    assert item.address == {"cid": item.version}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda event: event["post"].pop("uri"), "has no uri"),
        (lambda event: event["post"].pop("cid"), "has no cid"),
        (lambda event: event["post"]["author"].pop("did"), "has no did"),
        (lambda event: event["post"].update(uri="https://example.org"), "not a complete at://"),
        (lambda event: event.pop("post"), "names no post"),
    ],
)
def test_what_lacks_its_identity_is_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        item_in("reply", change)


def test_odd_values_do_no_harm():
    def change(event):
        event["post"].update(likeCount=-3, replyCount="many", indexedAt="yesterday")
        event["post"]["record"]["text"] = None

    item = item_in("reply", change)

    assert (item.likes, item.replies, item.published_at, item.text) == (0, 0, None, "")
