"""Every error as a problem document (RFC 9457), from one function."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler

from common import views as pages
from common.errors import DomainError, NotPermitted
from moderation.services.decisions import CaseAlreadyDecided

PROBLEM_JSON = "application/problem+json"
# Refusals of what was sent, not of the state it met: sending the same again can never succeed.
INCOMPLETE = frozenset(
    {
        "clause_missing",
        "escalation_is_no_decision",
        "idempotency_key_reused",
        "message_missing",
        "reason_missing",
        "report_needs_reason",
    }
)


class IdempotencyKeyMissing(exceptions.APIException):
    """A decision without a key could be made twice by a lost answer."""

    status_code = HTTPStatus.BAD_REQUEST
    default_code = "idempotency_key_missing"
    default_detail = (
        "Send an Idempotency-Key header: any text of your choice, 1 to 255 characters, new for each"
        " decision. The same key again is the same decision, so that a lost answer can be asked for again."
    )


class IdempotencyKeyReused(exceptions.APIException):
    """One key names one request."""

    status_code = HTTPStatus.UNPROCESSABLE_ENTITY
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was used for a different request before. Use a new key for a new request."


def problem_response(error: Exception, context: dict[str, Any]) -> Response:
    """Turn an exception into a problem document. A bug is reported as Django reports it."""
    if isinstance(error, DomainError):
        return problem(
            _status_of(error), code=error.code, detail=error.message, extra=_extra(error)
        )
    response = exception_handler(error, context)
    if response is None:
        # Told to everyone who listens (the log, error reporting, tests), then answered as JSON.
        got_request_exception.send(sender=type(error), request=context["request"]._request)
        return problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            code="internal_error",
            detail="Something went wrong on our side. It has been noted. Try again later.",
        )
    status = HTTPStatus(response.status_code)
    if isinstance(error, exceptions.ValidationError):
        answer = problem(
            status,
            code="invalid",
            detail="The request has fields that cannot be accepted.",
            errors=_flatten(response.data),
        )
    else:
        code, detail = _named(error)
        answer = problem(status, code=code, detail=detail)
    for header in ("WWW-Authenticate", "Retry-After"):
        if response.has_header(header):
            answer[header] = response[header]
    return answer


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that not even its address could be read of: to tools as a problem document."""
    if not request.path.startswith("/api/"):
        return pages.bad_request(request, exception)
    detail = (
        "The request could not be understood: its host name or its headers are not acceptable."
    )
    answer = problem(HTTPStatus.BAD_REQUEST, code="bad_request", detail=detail)
    return JsonResponse(
        answer.data,
        status=answer.status_code,
        content_type=PROBLEM_JSON,
        headers={"Cache-Control": "no-store"},
    )


def problem(
    status: HTTPStatus,
    *,
    code: str,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    extra: dict[str, str] | None = None,
) -> Response:
    """Make a problem document: title, status, a stable code, a sentence, and per-field errors."""
    body: dict[str, Any] = {
        "type": f"urn:problem:{code}",
        "title": status.phrase,
        "status": status.value,
        "code": code,
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    if extra:
        body |= extra
    return Response(body, status=status.value, content_type=PROBLEM_JSON)


def _status_of(error: DomainError) -> HTTPStatus:
    if isinstance(error, NotPermitted):
        return HTTPStatus.FORBIDDEN
    if error.code in INCOMPLETE:
        return HTTPStatus.UNPROCESSABLE_ENTITY
    return HTTPStatus.CONFLICT


def _extra(error: DomainError) -> dict[str, str] | None:
    """Name what stands in the way, so that a caller can read it."""
    if isinstance(error, CaseAlreadyDecided):
        return {"decision_id": str(error.case.standing_decision_id)}
    return None


def _named(error: Exception) -> tuple[str, str]:
    if isinstance(error, Http404):
        return "not_found", "There is nothing at this address that this token may see."
    if isinstance(error, PermissionDenied):
        return "permission_denied", str(error) or "This token may not do this."
    if isinstance(error, exceptions.APIException):
        code = error.get_codes()
        detail = error.detail
        return (
            code if isinstance(code, str) else error.default_code,
            str(detail) if isinstance(detail, str) else str(error.default_detail),
        )
    return "refused", str(error)


def _flatten(data: Any, path: str = "") -> list[dict[str, str]]:  # whatever DRF nests
    if isinstance(data, dict):
        return [
            entry
            for key, value in data.items()
            for entry in _flatten(value, f"{path}.{key}" if path else _field(str(key)))
        ]
    if isinstance(data, list):
        entries = []
        for index, value in enumerate(data):
            nested = isinstance(value, dict | list)
            entries += _flatten(value, f"{path}[{index}]" if nested else path)
        return entries
    return [{"field": path, "message": str(data)}]


def _field(key: str) -> str:
    return "" if key == "non_field_errors" else key
