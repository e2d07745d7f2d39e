"""Every refusal is a problem document, and none of them is a page."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.enums import Permission
from accounts.models import ApiToken
from accounts.services import tokens
from api.parsers import MAX_BODY
from moderation.models import ContentItem

pytestmark = pytest.mark.django_db


def assert_problem(response, status, code):
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert (response.status_code, body["status"], body["code"]) == (status, status, code)
    assert body["type"] == f"urn:problem:{code}"
    assert body["title"]
    assert body["detail"]
    assert response["Cache-Control"] == "no-store"


def test_without_a_token_there_is_401_and_the_way_in():
    response = Client().get("/api/v1/cases/")

    assert_problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer a b", "Bearer mct_unknown", "Bearer \xe9", "Basic YTpi"]
)
def test_an_unusable_token_is_401(header):
    response = Client().get("/api/v1/cases/", headers={"Authorization": header})

    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"


def test_an_expired_and_a_revoked_token_are_401(tool_of, organisation, dev):
    expired = tool_of(organisation, expires_at=timezone.now() - timedelta(seconds=1))
    revoked = tool_of(organisation)
    tokens.revoke(
        token=revoked.token,
        by=dev.actor,
        now=timezone.now(),
        reason="Lost.",
    )

    assert_problem(expired.get("cases/"), 401, "authentication_failed")
    assert_problem(revoked.get("cases/"), 401, "authentication_failed")


def test_a_session_opens_no_door_here(ben):
    assert_problem(ben.client.get("/api/v1/cases/"), 401, "not_authenticated")
    assert_problem(ben.client.post("/api/v1/content/"), 401, "not_authenticated")


def test_a_missing_scope_is_403_and_named(tool_of, organisation, channel, comment):
    reader = tool_of(organisation, Permission.CASE_READ)

    response = reader.post("content/", comment())

    assert_problem(response, 403, "permission_denied")
    assert "content:submit" in response.json()["detail"]
    assert ContentItem.objects.count() == 0


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("post", "content/", "content:submit"),
        ("get", "content/{id}/", "content:read"),
        ("get", "cases/", "case:read"),
        ("get", "cases/{id}/", "case:read"),
        ("post", "cases/{id}/decision/", "case:decide"),
        ("get", "decisions/{id}/", "case:read"),
        ("post", "decisions/{id}/reversal/", "decision:reverse"),
        ("post", "reports/", "report:file"),
        ("get", "clauses/", "rules:read"),
        ("get", "rule-sets/", "rules:read"),
        ("get", "channels/", "channel:read"),
        ("get", "queues/", "case:read"),
    ],
)
def test_every_call_needs_its_scope_and_no_other_does(tool_of, organisation, method, path, scope):
    others = tool_of(organisation, *(set(Permission) - {Permission(scope)}))
    path = "/api/v1/" + path.format(id="019aa1f0-0000-7000-8000-000000000001")

    response = getattr(others.client, method)(path, content_type="application/json")

    assert_problem(response, 403, "permission_denied")


@pytest.mark.parametrize(
    "path",
    [
        "/api/", "/api/v2/cases/", "/api/v1/", "/api/v1/nowhere/", "/api/v1/cases/not-an-id/",
        "/api/v1/cases/019aa1f0-0000-7000-8000-000000000001/", "/api/v1/docs/nowhere",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_404_whatever_is_accepted(tool, path):
    assert_problem(tool.client.get(path), 404, "not_found")
    assert_problem(tool.client.get(path, headers={"Accept": "application/json"}), 404, "not_found")


def test_an_address_that_is_none_is_404_even_for_browsers_and_strangers():
    response = Client().get("/api/v1/nowhere/", headers={"Accept": "text/html"})

    assert_problem(response, 404, "not_found")


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_another_method_is_405(tool, method):
    response = getattr(tool.client, method)("/api/v1/cases/")

    assert_problem(response, 405, "method_not_allowed")
    assert "GET" in response["Allow"]


def test_a_method_that_the_address_lacks_is_405(tool):
    assert_problem(tool.client.get("/api/v1/content/"), 405, "method_not_allowed")


def test_html_is_406(tool):
    response = tool.client.get("/api/v1/cases/", headers={"Accept": "text/html"})

    assert_problem(response, 406, "not_acceptable")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"],
)
def test_another_kind_of_body_is_415(tool, content_type):
    response = tool.client.generic(
        "POST", "/api/v1/content/", b"text=hello", content_type=content_type
    )

    assert_problem(response, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"", b"[1,", b'{"a": NaN}', b'{"a": Infinity}', b"\xff\xfe{}", b'{"text": "\x00"}',
        b"[" * 100_000, b'{"likes": ' + b"9" * 5000 + b"}", b"nothing",
    ],
)  # fmt: skip
def test_malformed_json_is_400(tool, channel, body):
    response = tool.post("content/", body)

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


def test_malformed_json_is_400_with_its_place(tool):
    response = tool.post("content/", b'{"a": 1,\n "b" 2}')

    assert_problem(response, 400, "parse_error")
    assert "line 2, column 6" in response.json()["detail"]


def test_a_body_that_is_too_large_is_413(tool, comment):
    response = tool.post("content/", b" " * (MAX_BODY + 1))

    assert_problem(response, 413, "body_too_large")


def test_a_byte_order_mark_is_forgiven(tool, channel, queues, published):
    body = b'\xef\xbb\xbf{"channel":"careers","external_id":"1","text":"Hi","author":{"external_id":"2"}}'

    assert tool.post("content/", body).status_code == 201


def test_a_forgotten_last_slash_is_forgiven(tool, channel, queues, published, comment):
    assert tool.post("content", comment()).status_code == 201
    assert tool.get("cases").status_code == 200


def test_head_answers_without_a_body(tool):
    response = tool.client.head("/api/v1/cases/")

    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize(
    ("key", "is_good"), [("k" * 255, True), ("k" * 256, False), ("clé", False), ("a\tb", False)]
)
def test_a_key_is_short_and_plain(tool, filed, key, is_good):
    response = tool.post(
        f"cases/{filed['case']['id']}/decision/",
        {"outcome": "no_breach", "reason": "Fair."},
        key=key,
    )

    assert (response.status_code == 201) is is_good
    if not is_good:
        assert_problem(response, 400, "invalid")


def test_a_bug_is_500_without_its_inside(tool):
    """A token whose stored scope nobody knows cannot come about by the services."""
    ApiToken.objects.filter(pk=tool.token.pk).update(scopes=["no:such"])
    tool.client.raise_request_exception = False

    response = tool.get("cases/")

    assert_problem(response, 500, "internal_error")
    assert "no:such" not in response.content.decode()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "cases/", 403),
        ("post", "queues/", 405),
        ("put", "queues/", 405),
        ("get", "cases/?x=1", 403),
    ],
)
def test_a_refused_call_counts_and_says_what_is_left(tool_of, organisation, method, path, status):
    tool = tool_of(organisation, Permission.CHANNEL_READ)
    cache.clear()

    answers = [getattr(tool.client, method)(f"/api/v1/{path}") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [status, status]
    left = [int(answer["RateLimit-Remaining"]) for answer in answers]
    assert left[0] - left[1] == 1


@pytest.mark.parametrize(
    "path", ["cases/?stauts=waiting", "channels/?format=xml", "queues/?a%00b=1", "clauses/?page=2"]
)
def test_a_parameter_that_is_none_is_refused_by_name(tool, path):
    response = tool.client.get(f"/api/v1/{path}")

    assert_problem(response, 400, "invalid")
    assert [entry["message"] for entry in response.json()["errors"]] == [
        "There is no such parameter."
    ]


@pytest.mark.parametrize("path", ["/api/v1/cases/", "/api/v1/docs/", "/api/nowhere"])
def test_a_host_name_that_is_not_ours_is_a_problem_document(tool, path, settings):
    settings.ALLOWED_HOSTS = ["console.example"]

    assert_problem(tool.client.get(path, headers={"Host": "evil.example"}), 400, "bad_request")


def test_a_host_name_that_is_not_ours_is_a_page_for_people(settings):
    settings.ALLOWED_HOSTS = ["console.example"]

    response = Client().get("/sign-in/", headers={"Host": "evil.example"})

    assert response.status_code == 400
    assert response["Content-Type"].startswith("text/html")


@pytest.mark.parametrize("path", ["content/", "reports/"])
def test_a_key_that_is_too_long_is_refused_where_it_is_optional_too(tool, channel, comment, path):
    response = tool.post(path, comment(), key="k" * 256)

    assert_problem(response, 400, "invalid")
    assert response.json()["errors"][0]["field"] == "Idempotency-Key"
    assert ContentItem.objects.count() == 0


def test_too_many_calls_are_429_and_say_when_to_return(tool, settings):
    settings.REST_FRAMEWORK = {
        **settings.REST_FRAMEWORK,
        "DEFAULT_THROTTLE_RATES": {"token": "3/hour"},
    }
    cache.clear()

    answers = [tool.get("queues/") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert answers[0]["RateLimit-Limit"] == "3"
    assert 0 < int(answers[0]["RateLimit-Reset"]) <= 3600
    assert_problem(answers[3], 429, "throttled")
    assert 0 < int(answers[3]["Retry-After"]) <= 3600


def test_with_the_cache_away_calls_are_answered(tool, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }

    response = tool.get("queues/")

    assert response.status_code == 200
    assert "RateLimit-Limit" not in response
