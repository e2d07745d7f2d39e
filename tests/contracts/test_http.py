"""What the connectors' HTTP helper makes of answers, and of their absence."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from werkzeug import Response

from platforms.connectors.base import (
    AuthExpired,
    Gone,
    InvalidRequest,
    NotAllowed,
    OutcomeUnknown,
    RateLimited,
    Transient,
)
from platforms.connectors.http import HttpClient, redact

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def make_client(httpserver):
    clients = []

    def make(**options):
        client = HttpClient(
            service="The platform",
            base_url=httpserver.url_for("/"),
            secrets=["s3cret", "s3cret-longer"],
            clock=lambda: NOW,
            **options,
        )
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


@pytest.mark.parametrize(
    ("status", "reading", "writing"),
    [
        (400, InvalidRequest, InvalidRequest),
        (401, AuthExpired, AuthExpired),
        (403, NotAllowed, NotAllowed),
        (404, Gone, Gone),
        (408, Transient, Transient),
        (410, Gone, Gone),
        (422, InvalidRequest, InvalidRequest),
        (429, RateLimited, RateLimited),
        (500, Transient, Transient),
        (502, Transient, OutcomeUnknown),
        (503, Transient, Transient),
        (504, Transient, OutcomeUnknown),
    ],
)
def test_statuses_become_errors(httpserver, make_client, status, reading, writing):
    httpserver.expect_request("/thing").respond_with_data("s3cret", status=status)
    client = make_client()

    with pytest.raises(reading) as read:
        client.read("thing", what="look at the thing")
    with pytest.raises(writing) as written:
        client.write("POST", "thing", what="change the thing")

    assert type(read.value) is reading
    assert type(written.value) is writing
    assert "s3cret" not in f"{read.value}{written.value}"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("90", NOW + timedelta(seconds=90)),
        ("Fri, 20 Nov 2026 12:05:00 GMT", NOW + timedelta(minutes=5)),
        ("Fri, 20 Nov 2020 12:05:00 GMT", NOW),
        ("99999999999", NOW + timedelta(days=2)),
        ("soon", None),
        ("", None),
    ],
)
def test_pauses_are_read_in_both_forms_and_bounded(httpserver, make_client, value, expected):
    httpserver.expect_request("/thing").respond_with_data(
        status=429, headers={"Retry-After": value}
    )

    with pytest.raises(RateLimited) as caught:
        make_client().read("thing", what="look")

    assert caught.value.until == expected


def test_an_answer_that_comes_too_late_is_unknown_for_a_write(httpserver, make_client):
    def late(request):
        time.sleep(0.4)
        return Response("done")

    httpserver.expect_request("/thing").respond_with_handler(late)
    client = make_client(read_seconds=0.1)

    with pytest.raises(OutcomeUnknown):
        client.write("POST", "thing", what="change the thing")
    with pytest.raises(Transient):
        client.read("thing", what="look")


def test_an_answer_that_is_too_long_is_no_answer(httpserver, make_client):
    httpserver.expect_request("/thing").respond_with_data("x" * 2000)
    client = make_client(max_body_bytes=1000)

    with pytest.raises(Transient):
        client.read("thing", what="look")
    with pytest.raises(OutcomeUnknown):
        client.write("POST", "thing", what="change the thing")


def test_redirects_are_not_followed(httpserver, make_client):
    httpserver.expect_request("/moved").respond_with_data(
        status=302, headers={"Location": httpserver.url_for("/elsewhere")}
    )

    with pytest.raises(InvalidRequest):
        make_client().read("moved", what="look")

    # A late answer to an earlier test's call may stand in the log too.
    paths = [request.path for request, _ in httpserver.log if request.path != "/thing"]
    assert paths == ["/moved"]


def test_a_platforms_own_words_are_cleaned_of_secrets(httpserver, make_client):
    httpserver.expect_request("/thing").respond_with_data("token s3cret-longer", status=400)

    with pytest.raises(NotAllowed) as caught:
        make_client().read(
            "thing", what="look", explain=lambda answer: NotAllowed(answer.content.decode())
        )

    assert caught.value.message == str(caught.value) == "token [hidden]"


def test_redacting_takes_the_longest_first():
    assert redact("abc abcd", ["abc", "abcd", ""]) == "[hidden] [hidden]"
