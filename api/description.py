"""The OpenAPI description: what the code says, with every error and every header."""

from functools import cache
from typing import Any

import yaml
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import patched_settings
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

Schema = dict[str, Any]

ABOUT = """\
File comments, read what the published rules said, and record decisions.

**Access.** Send `Authorization: Bearer` and a token that an administrator issued. A token belongs
to one organisation and sees nothing of any other: what it may not see answers 404. Each call names
the scope it needs.

**Errors** are problem documents (RFC 9457) with a stable `code`, a sentence in `detail`, and, where
fields were refused, `errors` with one entry a field.

**Repeating a call.** Comments are known by channel and `external_id`, reports by item and
`reporter` (or, without a reporter, by the `Idempotency-Key`): sending one again adds nothing.
Decisions need an `Idempotency-Key`; the same key again answers with the decision that was made.
Every answer, errors included, repeats the key that was sent.

**Bodies** have 5 MiB at most. A larger one is answered 413, and the connection may be closed before
all of it was read: send it in parts.

**Rate.** `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds) come with every
answer to a known token; 429 also has `Retry-After`.

**Times** are ISO 8601 in UTC. **Texts** are positions in Unicode code points, so that
`text[start:end]` is what a rule recognised.
"""

TAGS = [
    ("Content", "Comments, replies, mentions, messages and articles."),
    ("Reports", "Somebody tells us about a comment."),
    ("Cases", "What waits for a moderator, and what became of it."),
    ("Decisions", "What was concluded, by whom, under which clause, and what was done."),
    ("Policies", "Clauses, and the published rules that recognise their breach."),
    ("Channels", "Official accounts, and the queues that their comments wait in."),
]

ERRORS = {
    400: "The request is malformed, or has fields or parameters that cannot be accepted.",
    401: "There is no token, or it is unknown, expired or revoked.",
    403: "The token lacks the scope, or may not do this to this object.",
    404: "There is nothing here that this token may see.",
    405: "This address does not take this method.",
    406: "Answers are JSON only.",
    409: "What stands does not allow this: the code says what, and nothing was changed.",
    413: "The body is too large.",
    415: "Bodies are JSON only.",
    422: "The request is incomplete for what it asks; the code says what is missing.",
    429: "Too many calls: wait as long as Retry-After says.",
    500: "Something went wrong on our side.",
}
PROBLEM: Schema = {"$ref": "#/components/schemas/Problem"}
PROBLEM_EXAMPLES: dict[int, Schema] = {
    400: {
        "type": "urn:problem:invalid",
        "title": "Bad Request",
        "status": 400,
        "code": "invalid",
        "detail": "The request has fields that cannot be accepted.",
        "errors": [{"field": "author.external_id", "message": "This field is needed."}],
    },
    404: {
        "type": "urn:problem:not_found",
        "title": "Not Found",
        "status": 404,
        "code": "not_found",
        "detail": "There is nothing at this address that this token may see.",
    },
    409: {
        "type": "urn:problem:case_already_decided",
        "title": "Conflict",
        "status": 409,
        "code": "case_already_decided",
        "detail": "Ada has just decided this case: hide. Nothing of yours was sent.",
        "decision_id": "019aa1f0-0000-7000-8000-000000000005",
    },
}
RATE_HEADERS: Schema = {
    "RateLimit-Limit": "Calls allowed in each window.",
    "RateLimit-Remaining": "Calls left in this window.",
    "RateLimit-Reset": "Seconds until the next window.",
}

REQUIRED_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255},
    OpenApiParameter.HEADER,
    required=True,
    description="Your name for this one request. The same key again is the same decision.",
)
OPTIONAL_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255},
    OpenApiParameter.HEADER,
    description="Repeated in the answer. This call is safe to repeat without it.",
)
ECHOED_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    response=[200, 201, 207],
    description="The key that was sent, where one was.",
)
MADE_HEADERS = [
    ECHOED_KEY,
    OpenApiParameter(
        "Location",
        {"type": "string", "format": "uri"},
        OpenApiParameter.HEADER,
        response=[200, 201],
        description="Where to read the decision.",
    ),
    OpenApiParameter(
        "Idempotency-Replayed",
        {"type": "string", "enum": ["true"]},
        OpenApiParameter.HEADER,
        response=[200],
        description="Says that the decision was made before, under the same key.",
    ),
]


class FieldProblemSerializer(serializers.Serializer[Any]):
    """One field that was refused."""

    field = serializers.CharField(
        help_text="Where: a path such as `author.external_id` or `comments[3].text`; empty for the whole."
    )
    message = serializers.CharField(help_text="Why, in plain English.")


class ProblemSerializer(serializers.Serializer[Any]):
    """An error (RFC 9457)."""

    type = serializers.CharField(help_text="A URN made of the code.")
    title = serializers.CharField(help_text="The HTTP status in words.")
    status = serializers.IntegerField(help_text="The HTTP status.")
    code = serializers.CharField(help_text="Stable: programs decide by this.")
    detail = serializers.CharField(help_text="What happened, for people.")
    errors = FieldProblemSerializer(many=True, required=False)  # type: ignore[assignment]
    decision_id = serializers.UUIDField(
        required=False, help_text="With `case_already_decided`: the decision that stands."
    )


class ApiSchema(AutoSchema):
    """Describes one operation, with the scope it needs and the errors it can answer."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Schema | None:
        """Add the scope to what the operation says of itself."""
        operation: Schema | None = super().get_operation(*args, **kwargs)
        if operation is not None:
            needs = f"Needs the scope `{self._scope()}`."
            operation["description"] = "\n\n".join(
                filter(None, [operation.get("description"), needs])
            )
        return operation

    def get_auth(self) -> list[Schema]:
        """Name the scope beside the token, as OpenAPI 3.1 allows."""
        scope = self._scope()
        return [
            {name: [scope] if scope else scopes for name, scopes in requirement.items()}
            for requirement in super().get_auth()
        ]

    def _scope(self) -> str:
        required = getattr(self.view, "required", {}).get(self.method)
        return required.value if required else ""

    def _get_response_bodies(self, direction: Any = "response") -> Schema:
        bodies: Schema = super()._get_response_bodies(direction)
        self.resolve_serializer(ProblemSerializer(), "response")
        for status in self._possible_errors():
            bodies.setdefault(str(status), {"$ref": f"#/components/responses/Problem{status}"})
        for body in bodies.values():
            if "$ref" not in body:
                body.setdefault("headers", {}).update(_rate_headers())
        return dict(sorted(bodies.items()))

    def _possible_errors(self) -> list[int]:
        errors = {400, 401, 403, 405, 406, 429, 500}
        if "{" in self.path:
            errors.add(404)
        if self.method == "POST":
            errors |= {413, 415} | set(getattr(self.view, "refusals", ()))
        return sorted(errors)


def _problem_response(status: int) -> Schema:
    media: Schema = {"schema": PROBLEM}
    if status in PROBLEM_EXAMPLES:
        media["examples"] = {"Problem": {"value": PROBLEM_EXAMPLES[status]}}
    response: Schema = {
        "description": ERRORS[status],
        "content": {"application/problem+json": media},
    }
    # Nobody is counted before it is known who calls, and how to answer.
    response["headers"] = _rate_headers() if status not in {401, 406} else {}
    if status == 401:
        response["headers"]["WWW-Authenticate"] = {
            "description": "How to say who calls: a bearer token.",
            "schema": {"type": "string"},
        }
    if status == 429:
        response["headers"]["Retry-After"] = {
            "description": "Seconds to wait.",
            "schema": {"type": "integer"},
        }
    return response


def _rate_headers() -> Schema:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in RATE_HEADERS}


@cache
def description() -> Schema:
    """Return the description of version 1."""
    from api.v1.urls import resources  # the views import this module

    # Without the hook that gives every choice a name of its own: the choices stand where they are used.
    with patched_settings({"POSTPROCESSING_HOOKS": []}):
        schema: Schema = SchemaGenerator(patterns=resources).get_schema(request=None, public=True)
    schema["info"] |= {"description": ABOUT}
    schema["servers"] = [{"url": "/"}]
    schema["tags"] = [{"name": name, "description": about} for name, about in TAGS]
    for name, component in schema["components"]["schemas"].items():
        if name.endswith("Request") and "properties" in component:
            # A field that is not known is refused, so that a mistyped one is not lost.
            component["additionalProperties"] = False
    schema["components"]["schemas"]["ReportBodyRequest"]["oneOf"] = [
        {
            "required": ["content_id"],
            "not": {"anyOf": [{"required": ["channel"]}, {"required": ["external_id"]}]},
        },
        {"required": ["channel", "external_id"], "not": {"required": ["content_id"]}},
    ]
    schema["components"]["responses"] = {
        f"Problem{status}": _problem_response(status) for status in ERRORS
    }
    schema["components"]["headers"] = {
        name: {"description": about, "schema": {"type": "integer"}}
        for name, about in RATE_HEADERS.items()
    }
    return schema


@cache
def as_yaml() -> str:
    """Return the description as YAML, in the order in which it was made."""
    text: str = yaml.dump(
        description(), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )
    return text


class _Dumper(yaml.SafeDumper):
    """Writes longer texts as blocks and repeats what is the same instead of referring to it."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never refer."""
        return True


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    )


_Dumper.add_representer(str, _block)
