"""The sandbox platform as programs meet it: honest acts, honest faults, and its own memory."""

from datetime import UTC, datetime

import httpx2
import pytest

from platforms.sandbox import seed
from platforms.sandbox.database import Database
from platforms.sandbox.server import running

SEED = {
    "channels": [
        {
            "channel": {"handle": "office", "name": "The Office"},
            "posts": [
                {
                    "id": "p1",
                    "text": "We are open.",
                    "minutes_ago": 60,
                    "comments": [
                        {
                            "id": "c1",
                            "author": {"id": "u1", "handle": "kim", "name": "Kim Bell"},
                            "text": "At what time?",
                            "minutes_ago": 30,
                            "likes": 2,
                        },
                        {
                            "id": "c2",
                            "author": {"id": "u2", "handle": "al", "name": "Al Ford"},
                            "text": "At nine.",
                            "minutes_ago": 20,
                            "parent": "c1",
                        },
                    ],
                }
            ],
        },
        {"handle": "other", "name": "Another office"},
    ]
}


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "sandbox.sqlite3")
    with database.writing() as db:
        seed.load(db, SEED, now=datetime.now(UTC))
    return database


@pytest.fixture
def visitor(database):
    with running(database) as address, httpx2.Client(base_url=address) as client:
        yield client


@pytest.fixture
def office(visitor):
    """Return a client that speaks with the channel's token."""
    token = seed.demonstration_token("office")
    with httpx2.Client(
        base_url=visitor.base_url, headers={"Authorization": f"Bearer {token}"}
    ) as client:
        yield client


def total(client, **where):
    return client.get("/api/effects", params=where).json()["total"]


def line_up(client, **fault):
    answer = client.put("/api/faults", json={"faults": [fault]})
    assert answer.status_code == 200


# Reading


def test_a_channel_is_read_in_the_order_of_change(office):
    page = office.get("/api/channels/office/comments").json()

    assert [c["id"] for c in page["comments"]] == ["c1", "c2"]
    assert page["comments"][0]["likes"] == 2
    assert page["comments"][0]["replies"] == 1
    assert page["comments"][1]["parent"] == "c1"
    assert page["comments"][0]["post"]["text"] == "We are open."
    assert page["last_seq"] == 2
    assert page["more"] is False


def test_every_change_comes_again_with_a_new_number(office, visitor):
    visitor.patch("/api/visitors/comments/c1", json={"text": "At what time, please?"})
    visitor.delete("/api/visitors/comments/c2")

    page = office.get("/api/channels/office/comments", params={"since_seq": 2}).json()

    edited, deleted = page["comments"]
    assert (edited["id"], edited["seq"], edited["version"]) == ("c1", 3, 2)
    assert (deleted["id"], deleted["seq"], deleted["state"]) == ("c2", 4, "deleted")
    assert deleted["text"] == ""


def test_the_platforms_own_moderation_is_seen(office, visitor):
    visitor.post("/api/platform/comments/c1/hold")

    (change,) = office.get("/api/channels/office/comments", params={"since_seq": 2}).json()[
        "comments"
    ]

    assert change["state"] == "held"


@pytest.mark.parametrize(
    ("headers", "path", "status"),
    [
        ({}, "/api/channels/office/comments", 401),
        ({"Authorization": "Bearer wrong"}, "/api/channels/office/comments", 401),
        ({"Authorization": "Bearer sandbox-token-other"}, "/api/channels/office/comments", 403),
        ({"Authorization": "Bearer sandbox-token-other"}, "/api/comments/c1", 404),
        ({"Authorization": "Bearer sandbox-token-office"}, "/api/comments/none", 404),
        ({"Authorization": "Bearer sandbox-token-office"}, "/api/nothing", 404),
        (
            {"Authorization": "Bearer sandbox-token-office"},
            "/api/channels/office/comments?since_seq=x",
            400,
        ),
    ],
)
def test_who_may_read_what(visitor, headers, path, status):
    assert visitor.get(path, headers=headers).status_code == status


# Acting


def test_hiding_twice_hides_once(office):
    first = office.post("/api/comments/c1/hide").json()
    second = office.post("/api/comments/c1/hide").json()

    assert (first["changed"], second["changed"]) == (True, False)
    assert total(office, act="hide", target="c1") == 1


@pytest.mark.parametrize(
    ("path", "listed", "act"),
    [
        ("replies", "replies", "reply"),
        ("warn", "warnings", "warn"),
        ("reports", "reports", "report"),
    ],
)
def test_sending_twice_sends_twice_and_both_are_found(office, path, listed, act):
    for _ in range(2):
        office.post(
            f"/api/comments/c1/{path}", json={"text": "Hello"}, headers={"Idempotency-Key": "k1"}
        )

    found = office.get(f"/api/channels/office/{listed}", params={"idempotency_key": "k1"}).json()

    assert len(found[listed]) == 2
    assert total(office, act=act, target="c1") == 2


def test_a_blocked_author_writes_no_more(office, visitor):
    office.post("/api/channels/office/blocks", json={"author": "u1"})

    answer = visitor.post(
        "/api/visitors/comments",
        json={"post": "p1", "author": {"id": "u1", "name": "Kim Bell"}, "text": "Again"},
    )

    assert answer.status_code == 403
    assert office.get("/api/channels/office/blocks/u1").json()["blocked"] is True
    office.delete("/api/channels/office/blocks/u1")
    assert office.get("/api/channels/office/blocks/u1").json()["blocked"] is False


def test_deleted_is_for_ever(office):
    office.delete("/api/comments/c1")

    assert office.post("/api/comments/c1/unhide").status_code == 410
    assert office.post("/api/comments/c1/replies", json={"text": "Hello"}).status_code == 410


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"not json", 400),
        (b"[]", 400),
        (b'{"text": ""}', 422),
        (b'{"text": 5}', 422),
        (b'{"text": "\\ud800"}', 422),
        (b'{"text": "' + b"x" * 11_000 + b'"}', 422),
        (b'{"text": "' + b"x" * 300_000 + b'"}', 413),
    ],
    ids=["empty", "no-json", "list", "no-text", "number", "surrogate", "long", "huge"],
)
def test_what_cannot_be_said_is_refused_and_not_done(office, body, status):
    answer = office.post("/api/comments/c1/replies", content=body)

    assert answer.status_code == status
    assert total(office) == 0


# Faults


@pytest.mark.parametrize(
    ("kind", "status"), [("error", 500), ("throttle", 429), ("refuse", 403), ("expire", 401)]
)
def test_a_fault_happens_its_number_of_times_and_does_nothing(office, kind, status):
    line_up(office, act="hide", kind=kind, times=2, seconds=7)

    statuses = [office.post("/api/comments/c1/hide").status_code for _ in range(3)]

    assert statuses == [status, status, 200]
    assert total(office, act="hide") == 1


def test_a_throttled_call_is_told_when_to_return(office):
    line_up(office, act="fetch", kind="throttle", seconds=7)

    answer = office.get("/api/channels/office/comments")

    assert answer.headers["Retry-After"] == "7"


def test_a_lost_answer_was_done(office):
    line_up(office, act="reply", kind="lose")

    with pytest.raises(httpx2.RemoteProtocolError):
        office.post("/api/comments/c1/replies", json={"text": "Hello"})

    assert total(office, act="reply") == 1


def test_a_platform_that_is_down_stays_down_until_cleared(office):
    line_up(office, act="any", kind="down", times=-1)

    for _ in range(3):
        with pytest.raises(httpx2.RemoteProtocolError):
            office.post("/api/comments/c1/hide")
    office.put("/api/faults", json={"faults": []})

    assert total(office) == 0
    assert office.post("/api/comments/c1/hide").status_code == 200


def test_a_slow_platform_does_it_late(office):
    line_up(office, act="hide", kind="slow", seconds=0.3)

    with pytest.raises(httpx2.ReadTimeout):
        office.post("/api/comments/c1/hide", timeout=0.1)

    assert office.post("/api/comments/c1/hide").status_code == 200
    assert total(office, act="hide") == 1


def test_a_fault_for_one_channel_leaves_the_others_alone(office):
    line_up(office, act="any", kind="error", channel="other")

    assert office.get("/api/channels/office/comments").status_code == 200


@pytest.mark.parametrize(
    "fault",
    [
        {"act": "dance", "kind": "error"},
        {"act": "hide", "kind": "odd"},
        {"act": "hide", "kind": "error", "times": 0},
        {"act": "hide", "kind": "slow", "seconds": -1},
        "hide",
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(office, fault):
    assert office.put("/api/faults", json={"faults": [fault]}).status_code == 422


# Seed


def test_seeding_twice_changes_nothing(database, office):
    office.post("/api/comments/c1/hide")
    before = office.get("/api/channels/office/comments").json()

    with database.writing() as db:
        new = seed.load(db, SEED, now=datetime.now(UTC))

    assert new == 0
    assert office.get("/api/channels/office/comments").json() == before


@pytest.mark.parametrize("wrap", [lambda channels: channels, lambda channels: channels[0]])
def test_seeds_come_in_several_shapes(tmp_path, wrap):
    fresh = Database(tmp_path / "shapes.sqlite3")

    with fresh.writing() as db:
        assert seed.load(db, wrap(SEED["channels"]), now=datetime.now(UTC)) >= 1
        assert db.execute("SELECT count(*) FROM comments").fetchone()[0] == 2
