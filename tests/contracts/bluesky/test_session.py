"""Sessions are kept, renewed and replaced; and every error of Bluesky has its class."""

from datetime import UTC, datetime, timedelta

import pytest

from platforms.connectors.base import (
    Access,
    AuthExpired,
    Blocked,
    Command,
    Gone,
    InvalidRequest,
    NotAllowed,
    OutcomeUnknown,
    PermissionMissing,
    RateLimited,
    Transient,
    Unsupported,
)
from platforms.connectors.bluesky.client import BlueskyClient, Swapped
from platforms.enums import Capability
from tests.contracts.bluesky.recorded import answer_to

LIST = "app.bsky.notification.listNotifications"
LOG_IN = "com.atproto.server.createSession"
RENEW = "com.atproto.server.refreshSession"
EXPIRED = (400, {"error": "ExpiredToken", "message": "Token has expired"})
KEPT = {"access_jwt": "kept-access", "refresh_jwt": "kept-refresh"}


def session(**changes):
    return {**answer_to(LOG_IN), "accessJwt": "new-access", "refreshJwt": "new-refresh", **changes}


def sessions(recorded):
    return [name for name in recorded.names() if name.endswith("Session")]


def test_the_first_call_signs_in_with_the_app_password(recorded):
    recorded.says(LOG_IN, 200, session())
    connector = recorded.connector()

    connector.fetch("")

    assert recorded.asked[0].body == {
        "identifier": "org.test",
        "password": "example-app-password",
    }
    assert recorded.asked[1].token == "new-access"
    kept = connector.access.credentials
    assert (kept["access_jwt"], kept["refresh_jwt"]) == ("new-access", "new-refresh")
    assert kept["app_password"] == "example-app-password"


def test_a_kept_session_is_used_as_it_is(recorded):
    connector = recorded.connector(**KEPT)

    connector.fetch("")

    assert sessions(recorded) == []
    assert {asked.token for asked in recorded.asked} == {"kept-access"}


def test_an_expired_session_is_renewed_and_both_tokens_are_kept(recorded):
    recorded.says(LIST, *EXPIRED)
    recorded.says(RENEW, 200, session())
    connector = recorded.connector(**KEPT)

    connector.fetch("")

    assert sessions(recorded) == ["refreshSession"]
    assert [asked.token for asked in recorded.asked[:3]] == [
        "kept-access",
        "kept-refresh",
        "new-access",
    ]
    assert connector.access.credentials["access_jwt"] == "new-access"
    assert connector.access.credentials["refresh_jwt"] == "new-refresh"


def test_a_session_that_cannot_be_renewed_is_replaced(recorded):
    recorded.says(LIST, *EXPIRED)
    recorded.says(RENEW, *EXPIRED)
    recorded.says(LOG_IN, 200, session())
    connector = recorded.connector(**KEPT)

    connector.fetch("")

    assert sessions(recorded) == ["refreshSession", "createSession"]
    assert connector.access.credentials["access_jwt"] == "new-access"


def test_without_an_app_password_the_channel_needs_a_person(recorded):
    recorded.says(LIST, *EXPIRED)
    recorded.says(RENEW, *EXPIRED)

    with pytest.raises(AuthExpired):
        recorded.connector(**KEPT, app_password="").fetch("")


def test_a_revoked_app_password_needs_a_person(recorded):
    recorded.says_error(LOG_IN, "wrong_password")

    with pytest.raises(AuthExpired):
        recorded.connector().fetch("")


def test_a_session_that_stays_refused_is_not_renewed_for_ever(recorded):
    for _ in range(3):
        recorded.says(LIST, *EXPIRED)

    with pytest.raises(AuthExpired):
        recorded.connector(**KEPT).fetch("")

    assert sessions(recorded) == ["refreshSession"]


def test_another_accounts_credentials_are_refused(recorded):
    recorded.says(LOG_IN, 200, session(did="did:plc:somebodyelse"))

    with pytest.raises(AuthExpired, match="another Bluesky account"):
        recorded.connector().fetch("")


def test_a_suspended_account_is_said_to_be_so(recorded):
    recorded.says(LOG_IN, 200, session(active=False, status="suspended"))

    with pytest.raises(Blocked, match="suspended"):
        recorded.connector().fetch("")


def test_a_lost_answer_to_a_sign_in_may_be_tried_again(recorded):
    recorded.says(LOG_IN, 200, b"<html>")

    with pytest.raises(Transient):
        recorded.connector().fetch("")


def test_an_account_on_an_unsafe_server_stays_at_the_entryway(recorded):
    connector = recorded.connector()

    connector.fetch("")

    # The recorded document names a plain http address, which tokens must not be sent to.
    assert "pds_url" not in connector.access.credentials


def test_the_accounts_own_server_is_kept(recorded):
    document = {
        "service": [
            {"id": "#other", "serviceEndpoint": "https://other.example"},
            {"id": "#atproto_pds", "serviceEndpoint": "https://pds.example/"},
        ]
    }
    recorded.says(LOG_IN, 200, session(didDoc=document))
    connector = recorded.connector()

    connector.fetch("")

    assert connector.access.credentials["pds_url"] == "https://pds.example"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wrong_password", AuthExpired),
        ("not_a_token", AuthExpired),
        ("no_token", AuthExpired),
        ("wrong_kind_of_token", AuthExpired),
        ("too_long", InvalidRequest),
        ("swapped", Swapped),
        ("no_such_post", Gone),
        ("no_such_record", Gone),
        ("no_such_call", Unsupported),
    ],
)
def test_each_recorded_error_has_its_class(recorded, name, expected):
    recorded.says_error(LIST, name)
    recorded.says_error(LIST, name)

    with pytest.raises(expected) as caught:
        recorded.connector(**KEPT).fetch("")

    assert "kept-access" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (401, "AuthFactorTokenRequired", PermissionMissing),
        (401, "AccountTakedown", PermissionMissing),
        (400, "BlockedActor", NotAllowed),
        (403, "Forbidden", NotAllowed),
        (429, "RateLimitExceeded", RateLimited),
        (500, "InternalServerError", Transient),
        (502, "UpstreamFailure", Transient),
        (418, "SomethingNew", InvalidRequest),
    ],
)
def test_each_documented_error_has_its_class(recorded, status, error, expected):
    recorded.says(LIST, status, {"error": error, "message": "words"})

    with pytest.raises(expected):
        recorded.connector(**KEPT).fetch("")


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"text"', b"<html>"])
def test_an_answer_without_sense_to_a_read_is_transient(recorded, body):
    recorded.says(LIST, 200, body)

    with pytest.raises(Transient):
        recorded.connector(**KEPT).fetch("")


def test_a_rate_limit_says_when_it_ends(httpserver, recorded):
    reset = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=4)
    httpserver.clear()
    httpserver.expect_request("/xrpc/" + LIST).respond_with_json(
        {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"},
        status=429,
        headers={"ratelimit-limit": "3000", "ratelimit-reset": str(int(reset.timestamp()))},
    )

    with pytest.raises(RateLimited) as caught:
        recorded.connector(**KEPT).fetch("")

    assert caught.value.until == reset


@pytest.mark.parametrize("value", ["", "soon", "99999999999999999999", "-5"])
def test_an_odd_rate_limit_header_is_survived(httpserver, recorded, value):
    httpserver.clear()
    httpserver.expect_request("/xrpc/" + LIST).respond_with_json(
        {"error": "RateLimitExceeded"}, status=429, headers={"ratelimit-reset": value}
    )

    with pytest.raises(RateLimited) as caught:
        recorded.connector(**KEPT).fetch("")

    assert caught.value.until is None


@pytest.mark.parametrize(("status", "body"), [(502, {"error": "UpstreamFailure"}), (200, b"<p>")])
def test_a_report_that_may_have_been_made_is_unknown(recorded, status, body):
    recorded.says("com.atproto.moderation.createReport", status, body)
    command = Command(
        kind=Capability.REPORT,
        idempotency_key="one",
        target_external_id=recorded.comment,
        address={"cid": "bafy"},
    )

    with pytest.raises(OutcomeUnknown):
        recorded.connector(**KEPT).perform(command)


def test_without_an_override_only_public_servers_are_called():
    access = Access(
        external_id="did:plc:abc", credentials={**KEPT, "pds_url": "https://127.0.0.1:1"}
    )
    client = BlueskyClient(access, keep=lambda _: None, clock=lambda: datetime.now(UTC))

    with pytest.raises(Transient, match="could not be reached"):
        client.query(LIST, {}, what="list notifications")
