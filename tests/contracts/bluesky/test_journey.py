"""A reply on the real servers, from being read to being hidden, answered, reported and deleted."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from platforms.connectors.base import Gone, InvalidRequest, NotAllowed, OutcomeUnknown, Transient
from platforms.connectors.bluesky.connector import BlueskyConnector
from platforms.enums import Capability, ContentKind, SourceState
from tests.contracts.bluesky.network import wait_until
from tests.contracts.harness import Fault
from tests.contracts.suite import a_command, drain, items_of

pytestmark = [pytest.mark.bluesky, pytest.mark.slow]


def read(connector, harness, cursor=""):
    """Settle, read all, and return the items by id with the new cursor."""
    harness.settle()
    events, cursor = drain(connector, cursor)
    return items_of(connector, events), cursor


def only(harness, text):
    """Seed one comment, and return a connector with the item as read."""
    connector = harness.make_connector()
    uri = harness.seed_comment(text)
    items, _ = read(connector, harness)
    return connector, items[uri]


def test_a_reply_arrives_with_its_post_and_its_place(harness):
    uri = harness.seed_comment("When exactly?")
    first = harness.posts[uri]
    nested = harness.comes(harness.commenter.reply("Asking again", first, root=harness.root))

    items, _ = read(harness.make_connector(), harness)

    item = items[uri]
    assert item.kind == ContentKind.COMMENT
    assert item.author.external_id == harness.commenter.did
    assert item.author.handle == harness.commenter.handle
    assert item.post.external_id == harness.root.uri
    assert item.post.text == "Visits move to Mondays from next month."
    assert item.post.url.endswith(harness.root.rkey)
    assert item.address["root_uri"] == harness.root.uri
    assert item.address["root_cid"] == harness.root.cid
    assert item.address["cid"] == item.version == first.cid
    assert items[nested].kind == ContentKind.REPLY
    assert items[nested].parent_external_id == uri


def test_mentions_and_quotes_arrive(harness):
    handle = harness.organisation.handle
    mention = harness.comes(
        harness.commenter.post(
            f"@{handle} is this so?",
            facets=[
                {
                    "index": {"byteStart": 0, "byteEnd": len(handle) + 1},
                    "features": [
                        {
                            "$type": "app.bsky.richtext.facet#mention",
                            "did": harness.organisation.did,
                        }
                    ],
                }
            ],
        )
    )
    embed = {"$type": "app.bsky.embed.record", "record": harness.root.as_json()}
    quote = harness.comes(harness.commenter.post("Look at this", embed=embed))

    items, _ = read(harness.make_connector(), harness)

    assert {items[mention].kind, items[quote].kind} == {ContentKind.MENTION}
    assert items[mention].post is None
    assert items[quote].post.external_id == harness.root.uri


def test_a_hidden_reply_leaves_the_public_thread_and_comes_back(harness):
    connector, item = only(harness, "Rather rude")
    stranger = harness.network.account("eve")

    hidden = connector.perform(a_command(item, Capability.HIDE))

    assert connector.confirm(a_command(item, Capability.HIDE)).holds
    assert item.external_id not in stranger.thread_below(harness.root.uri)

    connector.perform(replace(a_command(item, Capability.UNHIDE), receipt=hidden.details))

    assert connector.confirm(a_command(item, Capability.UNHIDE)).holds
    wait_until(lambda: item.external_id in stranger.thread_below(harness.root.uri))


def test_hiding_keeps_the_rest_of_the_gate(harness):
    connector, item = only(harness, "One")
    other = harness.seed_comment("Two, hidden by somebody at the organisation")
    harness.settle()
    rule = {"$type": "app.bsky.feed.threadgate#followerRule"}
    gate = {
        "$type": "app.bsky.feed.threadgate",
        "post": harness.root.uri,
        "createdAt": "2026-11-01T00:00:00.000Z",
        "allow": [rule],
        "hiddenReplies": [other],
    }
    harness.organisation.do(
        "com.atproto.repo.putRecord",
        repo=harness.organisation.did,
        collection="app.bsky.feed.threadgate",
        rkey=harness.root.rkey,
        record=gate,
    )

    connector.perform(a_command(item, Capability.HIDE))

    (found,) = harness.organisation.records("app.bsky.feed.threadgate")
    assert found["value"] == {**gate, "hiddenReplies": [other, item.external_id]}


def test_a_full_gate_refuses_with_a_plain_sentence(harness):
    connector, item = only(harness, "The 301st")
    hidden = [f"{item.external_id[:-3]}{n:03d}".replace("0", "a") for n in range(300)]
    gate = {
        "$type": "app.bsky.feed.threadgate",
        "post": harness.root.uri,
        "createdAt": "2026-11-01T00:00:00.000Z",
        "hiddenReplies": hidden,
    }
    harness.organisation.do(
        "com.atproto.repo.putRecord",
        repo=harness.organisation.did,
        collection="app.bsky.feed.threadgate",
        rkey=harness.root.rkey,
        record=gate,
    )

    with pytest.raises(NotAllowed, match="already hides 300 replies"):
        connector.perform(a_command(item, Capability.HIDE))


def test_hiding_many_at_once_loses_none(harness):
    uris = [harness.seed_comment(f"Number {number}") for number in range(6)]
    items, _ = read(harness.make_connector(), harness)
    connectors = {uri: harness.make_connector() for uri in uris}

    def hide(uri):
        # The product tries again after a pause when a gate changes all the time.
        for _ in range(10):
            try:
                return connectors[uri].perform(a_command(items[uri], Capability.HIDE))
            except Transient:
                continue
        raise AssertionError("The gate was never free.")

    with ThreadPoolExecutor(len(uris)) as pool:
        list(pool.map(hide, uris))

    (gate,) = harness.organisation.records("app.bsky.feed.threadgate")
    assert sorted(gate["value"]["hiddenReplies"]) == sorted(uris)


def test_a_quote_is_hidden_by_detaching_it(harness):
    connector = harness.make_connector()
    embed = {"$type": "app.bsky.embed.record", "record": harness.root.as_json()}
    quote = harness.comes(harness.commenter.post("Look at this", embed=embed))
    items, _ = read(connector, harness)
    command = a_command(items[quote], Capability.HIDE)

    connector.perform(command)

    assert connector.confirm(command).holds
    view = harness.commenter.seen(quote)
    assert view["embed"]["record"]["$type"] == "app.bsky.embed.record#viewDetached"
    back = replace(command, kind=Capability.UNHIDE)
    assert not connector.confirm(back).holds
    connector.perform(back)
    assert connector.confirm(back).holds


def test_a_post_elsewhere_cannot_be_hidden(harness):
    connector = harness.make_connector()
    handle = harness.organisation.handle
    feature = {"$type": "app.bsky.richtext.facet#mention", "did": harness.organisation.did}
    facet = {"index": {"byteStart": 0, "byteEnd": len(handle) + 1}, "features": [feature]}
    mention = harness.comes(harness.commenter.post(f"@{handle} hello", facets=[facet]))
    items, _ = read(connector, harness)

    with pytest.raises(NotAllowed, match="only replies"):
        connector.perform(a_command(items[mention], Capability.HIDE))


def test_a_block_that_somebody_made_by_hand_is_found_and_lifted(harness):
    connector, item = only(harness, "Again and again")
    harness.organisation.do(
        "com.atproto.repo.createRecord",
        repo=harness.organisation.did,
        collection="app.bsky.graph.block",
        record={
            "$type": "app.bsky.graph.block",
            "subject": harness.commenter.did,
            "createdAt": "2026-11-01T00:00:00.000Z",
        },
    )
    wait_until(lambda: harness.organisation.seen(item.external_id) is None)

    assert connector.perform(a_command(item, Capability.BLOCK)).already_held
    assert harness.effects_count(Capability.BLOCK, harness.commenter.did) == 1
    assert not connector.perform(a_command(item, Capability.UNBLOCK)).already_held
    assert connector.confirm(a_command(item, Capability.UNBLOCK)).holds
    assert harness.effects_count(Capability.BLOCK, harness.commenter.did) == 0


def test_a_blocked_authors_reply_is_not_called_deleted(harness):
    connector, item = only(harness, "Soon blocked")
    _, cursor = read(connector, harness)
    connector.perform(a_command(item, Capability.BLOCK))
    assert connector.confirm(a_command(item, Capability.BLOCK)).holds

    after, _ = read(connector, harness, cursor)

    assert item.external_id not in after


def test_a_reply_whose_answer_was_lost_is_published_once(harness):
    connector, item = only(harness, "What does it cost?")
    link = "https://www.gov.uk/staying-in-touch"
    text = f"Nothing 🙂 @{harness.commenter.handle}, see {link}."
    command = replace(a_command(item, Capability.REPLY), text=text)
    harness.fail_next(Fault.LOST_ANSWER, Capability.REPLY)

    with pytest.raises(OutcomeUnknown):
        connector.perform(command)
    again = harness.make_connector().perform(command)

    assert again.already_held
    assert connector.confirm(command).holds
    assert harness.effects_count(Capability.REPLY, item.external_id) == 1
    record = harness.organisation.record(again.external_id)["value"]
    spoken = text.encode()
    parts = {
        spoken[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(): facet["features"]
        for facet in record["facets"]
    }
    assert parts[link][0]["uri"] == link
    assert parts[f"@{harness.commenter.handle}"][0]["did"] == harness.commenter.did


def test_the_same_mark_cannot_answer_two_posts(harness):
    connector, item = only(harness, "First question")
    other = harness.seed_comment("Second question")
    harness.settle()
    command = a_command(item, Capability.REPLY)
    connector.perform(command)

    with pytest.raises(InvalidRequest, match="mark was used"):
        connector.perform(replace(command, target_external_id=other))


def test_no_answer_to_what_is_gone(harness):
    connector, item = only(harness, "Never mind")
    harness.delete_comment(item.external_id)
    harness.settle()

    with pytest.raises(Gone):
        connector.perform(a_command(item, Capability.REPLY))


def test_a_report_reaches_the_moderators(harness):
    labeler = harness.network.state["ozone_did"]
    reason = "tools.ozone.report.defs#reasonHarassmentTargeted"
    connector = harness.make_connector(labeler_did=labeler, report_reason=reason)
    uri = harness.seed_comment("Something to report")
    items, _ = read(connector, harness)
    command = replace(a_command(items[uri], Capability.REPORT), text="Threatens a named person.")

    receipt = connector.perform(command)

    assert receipt.details["report_id"]
    (status,) = harness.network.reports_on(uri)
    assert status["reviewState"].endswith("#reviewOpen")
    (event,) = harness.network.report_events_on(uri)
    assert event["event"]["comment"] == "Threatens a named person."
    assert event["event"]["reportType"] == reason


def test_an_edit_and_its_taking_back_are_both_followed(harness):
    connector, item = only(harness, "First words")
    seen, cursor = drain(connector)
    keys = {event.key for event in seen}

    for text in ("Second words", "First words", "Second words"):
        harness.edit_comment(item.external_id, text)
        harness.settle()
        events, cursor = drain(connector, cursor)
        new = [event for event in events if event.key not in keys]
        assert [items_of(connector, [event])[item.external_id].text for event in new] == [text]
        keys |= {event.key for event in new}


def test_an_edit_is_followed_after_the_item_left_the_list(harness):
    connector, item = only(harness, "First words")
    _, cursor = drain(connector)
    connector.perform(a_command(item, Capability.HIDE))
    assert connector.confirm(a_command(item, Capability.HIDE)).holds
    hidden, cursor = read(connector, harness, cursor)

    harness.edit_comment(item.external_id, "Second words")
    edited, cursor = read(connector, harness, cursor)
    connector.perform(a_command(item, Capability.UNHIDE))
    assert connector.confirm(a_command(item, Capability.UNHIDE)).holds
    shown, _ = read(connector, harness, cursor)

    assert hidden[item.external_id].state == SourceState.HIDDEN
    assert hidden[item.external_id].text == "First words"
    assert edited[item.external_id].text == "Second words"
    assert edited[item.external_id].state == SourceState.HIDDEN
    assert shown[item.external_id].state == SourceState.LIVE


def test_what_was_deleted_and_written_again_is_live_again(harness):
    connector, item = only(harness, "Now you see me")
    _, cursor = drain(connector)
    post = harness.posts[item.external_id]
    record = harness.commenter.record(post.uri)["value"]

    harness.delete_comment(post.uri)
    gone, cursor = read(connector, harness, cursor)
    still, cursor = read(connector, harness, cursor)
    harness.commenter.do(
        "com.atproto.repo.putRecord",
        repo=harness.commenter.did,
        collection="app.bsky.feed.post",
        rkey=post.rkey,
        record=record,
    )
    harness.comes(post)
    back, _ = read(connector, harness, cursor)

    assert gone[post.uri].state == SourceState.DELETED
    assert post.uri not in still
    assert back[post.uri].state == SourceState.LIVE
    assert back[post.uri].version == post.cid


@pytest.mark.parametrize("nested", [False, True])
def test_a_reply_dated_in_the_past_is_not_missed(harness, nested):
    connector, item = only(harness, "On time")
    _, cursor = drain(connector)
    parent = harness.posts[item.external_id] if nested else harness.root
    late = harness.commenter.reply(
        "Slipped in", parent, root=harness.root, created_at="2024-01-01T00:00:00.000Z"
    )
    harness.comes(late)

    after, cursor = read(connector, harness, cursor)
    again, _ = read(connector, harness, cursor)

    assert after[late.uri].text == "Slipped in"
    assert late.uri not in again


def test_a_long_list_is_read_in_several_goes(harness):
    posts = [harness.commenter.reply(f"Number {number}", harness.root) for number in range(310)]
    wait_until(lambda: harness.organisation.seen(posts[-1].uri))
    connector = harness.make_connector()

    first = connector.fetch("")
    events, cursor = drain(connector, first.cursor)

    found = items_of(connector, [*first.events, *events])
    assert first.more
    assert len(first.events) == 300
    assert {post.uri for post in posts} <= set(found)
    harness.seed_comment("One more")
    assert "One more" in {item.text for item in read(connector, harness, cursor)[0].values()}


def test_the_session_is_kept_and_renewed(harness):
    connector: BlueskyConnector = harness.make_connector()
    connector.fetch("")
    kept = connector.access
    later = BlueskyConnector(kept)
    harness.door.calls.clear()

    later.fetch("")

    assert not [call for call in harness.door.calls if "Session" in call]
    stale = dict(kept.credentials) | {"access_jwt": kept.credentials["refresh_jwt"]}
    renewing = BlueskyConnector(replace(kept, credentials=stale))
    renewing.fetch("")
    assert [call for call in harness.door.calls if "Session" in call] == [
        "com.atproto.server.refreshSession"
    ]
    assert renewing.access.credentials["refresh_jwt"] != kept.credentials["refresh_jwt"]
    later.close()
    renewing.close()
