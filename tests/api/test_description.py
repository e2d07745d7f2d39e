"""The description is valid, is what is committed, and says what the API really does."""

import copy
import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS

from accounts.enums import Permission
from api.description import as_yaml, description
from api.v1.urls import addresses

COMMITTED = Path(__file__).parents[2] / "docs" / "reference" / "openapi.yaml"
METHODS = ("get", "post")
# In some answers of a status only: with a key, or when there were too many calls.
OPTIONAL_HEADERS = {"Retry-After", "Idempotency-Key"}


def operations():
    return [
        (path, method, operation)
        for path, item in description()["paths"].items()
        for method, operation in item.items()
        if method in METHODS
    ]


def names():
    return [operation["operationId"] for _, _, operation in operations()]


def conforms(value, schema, *, exactly=True):
    """Fail unless `value` fits `schema`, with every field described."""
    components = copy.deepcopy(description()["components"])
    if exactly:
        for component in components["schemas"].values():
            if "properties" in component:
                component["additionalProperties"] = False
    jsonschema.Draft202012Validator(
        {**schema, "components": components}, format_checker=jsonschema.FormatChecker(["uuid"])
    ).validate(value)


def test_the_committed_description_is_the_one_that_is_served():
    assert COMMITTED.read_text(encoding="utf-8") == as_yaml(), (
        "The API changed. Run: python manage.py describe_api > docs/reference/openapi.yaml"
    )


def test_the_description_is_valid_openapi():
    validator = pytest.importorskip("openapi_spec_validator")

    assert description()["openapi"].startswith("3.1")
    validator.validate(json.loads(json.dumps(description())))


def test_nothing_had_to_be_guessed():
    description.cache_clear()
    GENERATOR_STATS.reset()

    description()

    assert not GENERATOR_STATS


def test_every_address_is_described_with_its_scope():
    required = {
        ("/api/v1/" + str(address.pattern).replace("<uuid:pk>", "{id}"), method.lower()): scope
        for address in addresses
        for method, scope in address.callback.cls.required.items()
    }

    assert {(path, method) for path, method, _ in operations()} == set(required)
    for path, method, operation in operations():
        scope = required[path, method]
        assert operation["security"] == [{"bearerToken": [scope]}]
        assert f"`{scope}`" in operation["description"]


@pytest.mark.parametrize("name", names())
def test_every_operation_says_what_can_go_wrong(name):
    (operation,) = [op for _, _, op in operations() if op["operationId"] == name]

    assert operation["summary"]
    assert operation["tags"][0] in {tag["name"] for tag in description()["tags"]}
    assert {"401", "403", "405", "406", "429", "500"} <= operation["responses"].keys()


def test_every_example_fits_its_own_schema():
    count = 0
    for _, _, operation in operations():
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        bodies += [
            response for response in operation["responses"].values() if "content" in response
        ]
        for body in bodies:
            for media in body["content"].values():
                for example in media.get("examples", {}).values():
                    conforms(example["value"], media["schema"])
                    count += 1
    for response in description()["components"]["responses"].values():
        media = response["content"]["application/problem+json"]
        for example in media.get("examples", {}).values():
            conforms(example["value"], media["schema"])
            count += 1
    assert count >= 10


@pytest.fixture
def answers(tool, tool_of, organisation, channel, queues, published, comment):
    """What the API answers along the route, by operation and status."""
    auditor = tool_of(organisation, *Permission)
    filed = tool.post("content/", comment(post={"external_id": "p-1"}))
    case = filed.json()["case"]["id"]
    body = {"outcome": "hide", "clause": "EX-01", "reason": "An insult."}
    decided = tool.post(f"cases/{case}/decision/", body, key="k-1")
    decision = decided.json()["id"]
    report = {"content_id": filed.json()["id"], "reason": "About me.", "reporter": "E-1"}
    return [
        ("file_content", filed),
        ("file_content", tool.post("content/", comment())),
        ("file_content", tool.post("content/", {"comments": [comment()]})),
        ("file_content", tool.post("content/", {"comments": [comment(), 5]})),
        ("file_content", tool.post("content/", {})),
        ("file_content", tool.post("content/", b"{")),
        ("read_content", tool.get(f"content/{filed.json()['id']}/")),
        ("read_content", tool.get(f"content/{case}/")),
        ("list_cases", tool.get("cases/")),
        ("list_cases", tool.get("cases/", status="?")),
        ("read_case", auditor.get(f"cases/{case}/")),
        ("decide_case", decided),
        ("decide_case", tool.post(f"cases/{case}/decision/", body, key="k-1")),
        ("decide_case", tool.post(f"cases/{case}/decision/", body, key="k-2")),
        ("decide_case", tool.post(f"cases/{case}/decision/", body)),
        ("decide_case", tool.post(f"cases/{case}/decision/", {**body, "reason": "x"}, key="k-1")),
        ("read_decision", tool.get(f"decisions/{decision}/")),
        (
            "reverse_decision",
            tool.post(f"decisions/{decision}/reversal/", {"reason": "Mistaken."}, key="k-3"),
        ),
        ("report_content", tool.post("reports/", report)),
        ("report_content", tool.post("reports/", report)),
        ("read_case", tool.get(f"cases/{case}/")),
        ("list_clauses", tool.get("clauses/")),
        ("list_rule_sets", tool.get("rule-sets/")),
        ("list_channels", tool.get("channels/")),
        ("list_queues", tool.get("queues/")),
    ]


@pytest.mark.django_db
def test_what_the_api_answers_is_what_is_described(answers):
    described = {operation["operationId"]: operation for _, _, operation in operations()}
    seen = set()
    for name, answer in answers:
        response = described[name]["responses"][str(answer.status_code)]
        if "$ref" in response:
            response = description()["components"]["responses"][response["$ref"].split("/")[-1]]
        schema = response["content"][answer["Content-Type"]]["schema"]
        conforms(answer.json(), schema)
        assert set(response["headers"]) - OPTIONAL_HEADERS <= set(answer.headers)
        seen.add(name)

    assert seen == set(described)


@pytest.mark.django_db
def test_every_header_that_is_ours_is_described(answers):
    described = {operation["operationId"]: operation for _, _, operation in operations()}
    for name, answer in answers:
        response = described[name]["responses"][str(answer.status_code)]
        ours = {"Location", "Idempotency-Replayed", "WWW-Authenticate"} & set(answer.headers)
        if "$ref" in response:
            response = description()["components"]["responses"][response["$ref"].split("/")[-1]]
        assert ours <= set(response["headers"]), name


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        ({"content_id": "019aa1f0-0000-7000-8000-000000000001"}, True),
        ({"channel": "careers", "external_id": "1"}, True),
        ({}, False),
        ({"channel": "careers"}, False),
        ({"content_id": "019aa1f0-0000-7000-8000-000000000001", "channel": "careers"}, False),
        (
            {
                "content_id": "019aa1f0-0000-7000-8000-000000000001",
                "channel": "careers",
                "external_id": "1",
            },
            False,
        ),
    ],
)
def test_a_report_names_its_comment_in_one_way(body, fits):
    schema = {"$ref": "#/components/schemas/ReportBodyRequest"}
    try:
        conforms({"reason": "It names somebody.", **body}, schema)
    except jsonschema.ValidationError:
        assert not fits
    else:
        assert fits


@pytest.mark.parametrize(
    ("url", "fits"),
    [("https://a.example/1", True), ("", True), ("javascript:alert(1)", False), ("/a", False)],
)
def test_an_address_is_http_or_https(comment, url, fits):
    schema = {"$ref": "#/components/schemas/CommentRequest"}
    try:
        conforms(comment(url=url), schema)
    except jsonschema.ValidationError:
        assert not fits
    else:
        assert fits


@pytest.mark.django_db
def test_a_token_and_a_person_read_the_description(tool_of, organisation, ada):
    tool = tool_of(organisation, Permission.STATUS_READ)

    for client in (tool.client, ada.client):
        as_json = client.get("/api/v1/openapi.json")
        text = client.get("/api/v1/openapi.yaml", headers={"Accept": "application/yaml"})

        assert as_json.json()["openapi"].startswith("3.1")
        assert text["Content-Type"] == "application/yaml"
        assert yaml.safe_load(text.content) == as_json.json()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["openapi.json", "openapi.yaml"])
def test_a_stranger_does_not(path):
    response = Client().get(f"/api/v1/{path}")

    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_the_page_is_for_people_signed_in_and_for_tokens(tool, ada):
    assert ada.client.get("/api/v1/docs/").status_code == 200
    assert tool.client.get("/api/v1/docs/").status_code == 200
    for stranger in (Client(), Client(headers={"Authorization": "Bearer mct_unknown"})):
        response = stranger.get("/api/v1/docs/")
        assert response.status_code == 302
        assert "next=/api/v1/docs/" in response["Location"]


@pytest.mark.django_db
def test_the_page_asks_nobody_else_for_anything(ada):
    page = ada.client.get("/api/v1/docs/").content.decode()

    assert "http://" not in page
    assert "https://" not in page
    assert "<style" not in page
    assert "<script>" not in page
