"""What is sent fits the AT Protocol's own schemas, and the recordings do as well."""

from dataclasses import replace

import pytest

from platforms.connectors.base import (
    Command,
    Gone,
    InvalidRequest,
    NotAllowed,
    Transient,
    Unsupported,
)
from platforms.connectors.bluesky.ids import key_from_seed
from platforms.enums import Capability
from tests.contracts.bluesky import lexicons
from tests.contracts.bluesky.recorded import ANSWERS, ERRORS, answer_to

KEPT = {"access_jwt": "kept-access", "refresh_jwt": "kept-refresh"}
GET = "com.atproto.repo.getRecord"
PUT = "com.atproto.repo.putRecord"
POSTS = "app.bsky.feed.getPosts"
NOTHING_THERE = ERRORS["no_such_record"]
ACTS = [
    Capability.HIDE,
    Capability.UNHIDE,
    Capability.BLOCK,
    Capability.UNBLOCK,
    Capability.REPLY,
    Capability.REPORT,
]

needs_lexicons = pytest.mark.skipif(not lexicons.FOLDER.is_dir(), reason=lexicons.MISSING)


@pytest.fixture
def connector(recorded):
    made = recorded.connector(settings={"labeler_did": "did:plc:labeler"}, **KEPT)
    yield made
    made.close()


@pytest.fixture
def comment(recorded):
    """The recorded comment, as an answer to a read by its address."""
    views = answer_to(POSTS)["posts"]
    return next(view for view in views if view["author"]["did"] == recorded.commenter)


def a_command(recorded, comment, kind):
    reply = comment["record"]["reply"]
    return Command(
        kind=kind,
        idempotency_key=f"{kind}-1",
        target_external_id=comment["uri"],
        author_external_id=recorded.commenter,
        text="Bonjour 🙂 @sam.example.org, see https://www.gov.uk/contact.",
        address={
            "cid": comment["cid"],
            "root_uri": reply["root"]["uri"],
            "root_cid": reply["root"]["cid"],
        },
    )


def a_gate(comment, **changes):
    root = comment["record"]["reply"]["root"]["uri"]
    value = {
        "$type": "app.bsky.feed.threadgate",
        "post": root,
        "createdAt": "2026-11-01T00:00:00.000Z",
        **changes,
    }
    uri = root.replace("app.bsky.feed.post", "app.bsky.feed.threadgate")
    return {"uri": uri, "cid": comment["cid"], "value": value}


def prepare(recorded, comment, kind):
    """Have the server hold what an act expects to find."""
    if kind is Capability.UNHIDE:
        recorded.says(GET, 200, a_gate(comment, hiddenReplies=[comment["uri"]]))
    elif kind is Capability.UNBLOCK:
        block = {"subject": recorded.commenter, "$type": "app.bsky.graph.block"}
        recorded.says(GET, 200, {"uri": "at://x", "cid": "x", "value": block})
        recorded.says(GET, *NOTHING_THERE)
    else:
        for _ in range(2):
            recorded.says(GET, *NOTHING_THERE)


@needs_lexicons
@pytest.mark.parametrize("kind", ACTS)
def test_what_an_act_sends_fits_the_schemas(recorded, connector, comment, kind):
    prepare(recorded, comment, kind)

    receipt = connector.perform(a_command(recorded, comment, kind))

    assert not receipt.already_held
    writes = [asked for asked in recorded.asked if asked.body]
    assert len(writes) == 1
    for asked in recorded.asked:
        assert lexicons.request_problems(asked.nsid, asked.params, asked.body) == []


@needs_lexicons
def test_what_reading_sends_fits_the_schemas(recorded, connector):
    connector.fetch("")

    assert {asked.nsid for asked in recorded.asked} >= {POSTS, "app.bsky.feed.getAuthorFeed"}
    for asked in recorded.asked:
        assert lexicons.request_problems(asked.nsid, asked.params, asked.body) == []


@needs_lexicons
@pytest.mark.parametrize("entry", ANSWERS, ids=lambda entry: entry["nsid"].rsplit(".", 1)[1])
def test_the_recordings_fit_the_schemas(entry):
    assert lexicons.answer_problems(entry["nsid"], entry["answer"]) == []


@needs_lexicons
def test_the_check_itself_finds_mistakes():
    record = {"$type": "app.bsky.graph.block", "subject": "sam.test", "createdAt": "today"}
    body = {
        "repo": "did:plc:a",
        "collection": "app.bsky.graph.block",
        "rkey": "x",
        "record": record,
    }

    problems = lexicons.request_problems(PUT, [("limit", "3")], body)

    assert len(problems) == 4


def test_a_gate_is_written_under_the_posts_own_key_and_on_condition(recorded, connector, comment):
    rule = {"$type": "app.bsky.feed.threadgate#followerRule"}
    gate = a_gate(comment, allow=[rule], hiddenReplies=["at://did:plc:x/app.bsky.feed.post/1"])
    recorded.says(GET, 200, gate)
    recorded.says(GET, 200, gate)

    connector.perform(a_command(recorded, comment, Capability.HIDE))

    body = recorded.asked[-1].body
    assert body["rkey"] == comment["record"]["reply"]["root"]["uri"][-13:]
    assert body["swapRecord"] == gate["cid"]
    assert body["record"] == {
        **gate["value"],
        "hiddenReplies": [*gate["value"]["hiddenReplies"], comment["uri"]],
    }


def test_a_gate_that_changed_meanwhile_is_read_again(recorded, connector, comment):
    other = "at://did:plc:x/app.bsky.feed.post/1"
    for hidden in ([], [], [other]):
        recorded.says(GET, 200, a_gate(comment, hiddenReplies=hidden))
    recorded.says_error(PUT, "swapped")

    connector.perform(a_command(recorded, comment, Capability.HIDE))

    assert recorded.asked[-1].body["record"]["hiddenReplies"] == [other, comment["uri"]]


def test_a_gate_that_keeps_changing_is_left_for_later(recorded, connector, comment):
    for _ in range(20):
        recorded.says(GET, 200, a_gate(comment, hiddenReplies=[]))
        recorded.says_error(PUT, "swapped")

    with pytest.raises(Transient, match="kept changing"):
        connector.perform(a_command(recorded, comment, Capability.HIDE))

    assert recorded.names().count("putRecord") == 5


def test_a_gate_of_another_post_is_not_touched(recorded, connector, comment):
    for _ in range(2):
        recorded.says(GET, 200, a_gate(comment, post="at://did:plc:x/app.bsky.feed.post/1"))

    with pytest.raises(InvalidRequest, match="belongs to another post"):
        connector.perform(a_command(recorded, comment, Capability.HIDE))

    assert "putRecord" not in recorded.names()


def test_a_reply_is_written_once_under_a_key_of_its_own(recorded, connector, comment):
    recorded.says(GET, *NOTHING_THERE)
    command = a_command(recorded, comment, Capability.REPLY)

    connector.perform(command)

    body = recorded.asked[-1].body
    assert body["swapRecord"] is None
    assert body["rkey"] == key_from_seed(f"reply {recorded.account} {command.idempotency_key}")
    assert body["record"]["reply"] == {
        "root": comment["record"]["reply"]["root"],
        "parent": {"uri": comment["uri"], "cid": comment["cid"]},
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x" * 301, "at most 300 characters"),
        ("\u0301" * 1600, "at most 3,000 bytes"),
        ("  ", "needs words"),
    ],
)
def test_a_reply_that_would_be_refused_is_not_sent(recorded, connector, comment, text, sentence):
    command = replace(a_command(recorded, comment, Capability.REPLY), text=text)

    with pytest.raises(InvalidRequest, match=sentence):
        connector.perform(command)

    assert recorded.asked == []


def test_a_report_too_long_is_not_sent(recorded, connector, comment):
    command = replace(a_command(recorded, comment, Capability.REPORT), text="x" * 2001)

    with pytest.raises(InvalidRequest, match=r"2,000 characters"):
        connector.perform(command)

    assert recorded.asked == []


def test_a_report_goes_to_the_chosen_moderation_service(recorded, connector, comment):
    connector.perform(a_command(recorded, comment, Capability.REPORT))

    assert recorded.asked[-1].headers["Atproto-Proxy"] == "did:plc:labeler#atproto_labeler"
    assert recorded.asked[-1].body["subject"]["cid"] == comment["cid"]


@pytest.mark.parametrize("kind", [Capability.WARN, Capability.DELETE])
def test_what_bluesky_cannot_do_is_said_without_a_call(recorded, connector, comment, kind):
    with pytest.raises(Unsupported):
        connector.perform(a_command(recorded, comment, kind))

    assert kind not in connector.capabilities
    assert recorded.asked == []


@pytest.mark.parametrize("kind", ACTS)
def test_a_command_about_nothing_is_refused_without_a_call(recorded, connector, kind):
    with pytest.raises(InvalidRequest):
        connector.perform(Command(kind=kind, idempotency_key="x", text="words"))

    assert recorded.asked == []


def test_a_channel_cannot_block_itself(recorded, connector, comment):
    command = a_command(recorded, comment, Capability.BLOCK)

    with pytest.raises(NotAllowed, match="itself"):
        connector.perform(replace(command, author_external_id=recorded.account))


def test_a_deleted_post_cannot_be_hidden(recorded, connector, comment):
    recorded.says(GET, *NOTHING_THERE)
    recorded.says(POSTS, 200, {"posts": []})
    recorded.says_error("app.bsky.feed.getPostThread", "no_such_post")

    with pytest.raises(Gone):
        connector.perform(a_command(recorded, comment, Capability.HIDE))
