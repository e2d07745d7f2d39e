"""Record what the real servers say, for the tests that run without them.

    python -m tests.contracts.bluesky.record_fixtures

Accounts are made for the purpose; tokens are replaced before anything is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import httpx2

from platforms.connectors.base import RawEvent
from platforms.enums import Capability
from tests.contracts.bluesky.harness import BlueskyHarness
from tests.contracts.bluesky.network import Network, timestamp
from tests.contracts.suite import a_command, drain, items_of

FIXTURES = Path(__file__).parent / "fixtures"
POST = "app.bsky.feed.post"


def main() -> None:
    """Play one story on the servers and write down what they answered."""
    network = Network.running()
    if network is None:
        raise SystemExit("Start the servers first: tests/contracts/bluesky/servers/start.sh")
    harness = BlueskyHarness(network)
    try:
        for name, event in _events(harness):
            _write(f"events/{name}", json.loads(event.payload))
        _write("errors", list(_errors(harness)))
        _write("answers", _answers(harness))
    finally:
        harness.close()
        network.close()


def _events(harness: BlueskyHarness) -> Iterator[tuple[str, RawEvent]]:
    connector = harness.make_connector()
    handle = harness.organisation.handle
    feature = {"$type": "app.bsky.richtext.facet#mention", "did": harness.organisation.did}
    facet = {"index": {"byteStart": 0, "byteEnd": len(handle) + 1}, "features": [feature]}
    embed = {"$type": "app.bsky.embed.record", "record": harness.root.as_json()}
    reply = harness.seed_comment("Nobody ever answers the phone 📞")
    first = harness.posts[reply]
    named = {
        reply: "reply",
        harness.comes(
            harness.commenter.reply("Asking again", first, root=harness.root)
        ): "reply_nested",
        harness.comes(harness.commenter.post(f"@{handle} is it so?", facets=[facet])): "mention",
        harness.comes(harness.commenter.post("Look at this", embed=embed)): "quote",
    }
    harness.settle()
    events, cursor = drain(connector)
    for event in events:
        (item,) = connector.normalise(event.payload)
        yield named[item.external_id], event
    item = items_of(connector, events)[reply]

    def changed(name: str) -> tuple[str, RawEvent]:
        nonlocal cursor
        harness.settle()
        before = {event.key for event in events}
        found, cursor = drain(connector, cursor)
        (event,) = [
            event
            for event in found
            if event.key not in before
            and reply.encode() in event.payload
            and connector.normalise(event.payload)[0].external_id == reply
        ]
        return name, event

    harness.edit_comment(reply, "Nobody answers, and now it is edited")
    yield changed("reply_edited")
    connector.perform(a_command(item, Capability.HIDE))
    connector.confirm(a_command(item, Capability.HIDE))
    yield changed("reply_hidden")
    harness.delete_comment(reply)
    yield changed("reply_gone")


def _errors(harness: BlueskyHarness) -> Iterator[dict]:
    account, pds = harness.organisation, harness.network.pds
    signed_in = {"Authorization": f"Bearer {account.token}"}
    session = httpx2.post(
        f"{pds}/xrpc/com.atproto.server.createSession",
        json={"identifier": account.handle, "password": account.app_password()},
    ).json()
    refresh = {"Authorization": f"Bearer {session['refreshJwt']}"}
    calls = {
        "wrong_password": (
            "com.atproto.server.createSession",
            {"identifier": account.handle, "password": "wrong"},
            {},
        ),
        "not_a_token": (
            "com.atproto.repo.putRecord",
            _record(account.did),
            {"Authorization": "Bearer x"},
        ),
        "no_token": ("com.atproto.repo.putRecord", _record(account.did), {}),
        "wrong_kind_of_token": ("com.atproto.repo.putRecord", _record(account.did), refresh),
        "too_long": ("com.atproto.repo.putRecord", _record(account.did, "x" * 301), signed_in),
        "swapped": (
            "com.atproto.repo.putRecord",
            {**_record(account.did), "rkey": harness.root.rkey, "swapRecord": None},
            signed_in,
        ),
        "another_repository": (
            "com.atproto.repo.deleteRecord",
            {"repo": harness.commenter.did, "collection": POST, "rkey": "3kabcdefgh234"},
            signed_in,
        ),
        "no_such_post": (
            f"app.bsky.feed.getPostThread?uri=at://{account.did}/{POST}/3kabcdefgh234",
            None,
            signed_in,
        ),
        "no_such_record": (
            f"com.atproto.repo.getRecord?repo={account.did}&collection={POST}&rkey=3kabcdefgh234",
            None,
            signed_in,
        ),
        "no_such_call": ("app.bsky.feed.getNothing", None, signed_in),
    }
    for name, (nsid, body, headers) in calls.items():
        response = httpx2.request(
            "GET" if body is None else "POST",
            f"{pds}/xrpc/{nsid}",
            headers=headers,
            **({} if body is None else {"json": body}),
        )
        yield {"name": name, "status": response.status_code, "body": response.json()}


def _record(did: str, text: str = "hello") -> dict:
    record = {"$type": POST, "text": text, "createdAt": timestamp()}
    return {"repo": did, "collection": POST, "rkey": "3kabcdefgh777", "record": record}


def _answers(harness: BlueskyHarness) -> list[dict]:
    """Have every act done once, and keep one answer of each call."""
    harness.door.exchanges.clear()
    connector = harness.make_connector()
    uri = harness.seed_comment("Is the office open on Friday?")
    harness.settle()
    events, _ = drain(connector)
    item = items_of(connector, events)[uri]
    text = f"Yes, @{harness.commenter.handle}: see https://www.gov.uk/contact."
    for kind in (Capability.REPLY, Capability.REPORT, Capability.HIDE, Capability.BLOCK):
        command = replace(a_command(item, kind), text=text)
        receipt = connector.perform(command)
        if kind is not Capability.REPORT:
            assert connector.confirm(replace(command, receipt=receipt.details)).holds
    connector.perform(a_command(item, Capability.UNBLOCK))
    kept = dict(connector.access.credentials) | {"access_jwt": "", "app_password": ""}
    renewing = type(connector)(replace(connector.access, credentials=kept))
    renewing.fetch("")
    renewing.close()
    found = {}
    for method, path, body, status, answer in harness.door.exchanges:
        url = urlsplit(path)
        nsid = url.path.rsplit("/", 1)[1]
        entry = {
            "method": method,
            "nsid": nsid,
            "params": [list(pair) for pair in parse_qsl(url.query)],
            "body": json.loads(body) if body else None,
            "status": status,
            "answer": json.loads(answer),
        }
        name = (nsid, status, (entry["body"] or {}).get("collection", ""))
        if status == 200:
            found.setdefault(name, entry)
    return [_without_tokens(entry) for entry in found.values()]


def _without_tokens(entry: dict) -> dict:
    for holder in (entry["answer"], entry["body"] or {}):
        for name in ("accessJwt", "refreshJwt", "password"):
            if name in holder:
                holder[name] = f"example-{name.lower()}"
    return entry


def _write(name: str, data: object) -> None:
    path = FIXTURES / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")
    print(f"{path.relative_to(FIXTURES.parent)}: {datetime.now(UTC):%Y-%m-%d}")  # noqa: T201


if __name__ == "__main__":
    main()
