"""The only writer of audit events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import structlog
from django.db import connection, models

from audit.enums import AuditEventType
from audit.models import AuditEvent
from common.bulk import insert_all


class Recorded(Protocol):
    """What an actor must say of itself to be recorded."""

    @property
    def kind(self) -> str:
        """Person, token or system."""

    @property
    def id(self) -> UUID | None:
        """The person's or token's id; None for the system."""

    @property
    def label(self) -> str:
        """The name that a reader of the record sees."""

    @property
    def organisation_id(self) -> UUID | None:
        """The organisation it acts for."""


COLUMNS = (
    "organisation_id", "type", "at", "actor_kind", "actor_id", "actor_label", "target_kind",
    "target_id", "case_id", "clause", "reason", "data", "request_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """A row that an event is about, where making an instance of it would be waste."""

    model: type[models.Model]
    pk: UUID


@dataclass(frozen=True, slots=True)
class Entry:
    """One event about to be recorded; see `record` for the fields."""

    type: AuditEventType
    target: models.Model | Target | None = None
    organisation_id: UUID | None = None
    case_id: UUID | None = None
    clause: str = ""
    reason: str = ""
    # JSON: strings, numbers, lists and mappings that explain the act.
    data: Mapping[str, Any] = field(default_factory=dict)


def record(
    type: AuditEventType,  # noqa: A002 - the word readers expect
    *,
    actor: Recorded,
    at: datetime,
    target: models.Model | None = None,
    case_id: UUID | None = None,
    clause: str = "",
    reason: str = "",
    **data: Any,  # JSON: whatever explains the act
) -> AuditEvent:
    """Record one act. Call inside the transaction of the act, so that both happen or neither."""
    entry = Entry(
        type=type, target=target, case_id=case_id, clause=clause, reason=reason, data=data
    )
    event = _build(entry, actor=actor, at=at)
    event.save(force_insert=True)
    return event


def record_many(entries: Iterable[Entry], *, actor: Recorded, at: datetime) -> None:
    """Record many acts of one actor at once, in their order."""
    request_id = _request_id()
    rows = [_row(entry, actor=actor, at=at, request_id=request_id) for entry in entries]
    insert_all(AuditEvent, COLUMNS, rows)


def insertion(
    type: AuditEventType,  # noqa: A002 - the word readers expect
    *,
    actor: Recorded,
    at: datetime,
    target: type[models.Model],
    cases: str,
) -> tuple[str, list[Any]]:
    """Return the INSERT, and its values, that records one act on each case of a query's `cases`.

    For a PostgreSQL statement that acts and records at once; `cases` names a part of it, written in
    the code, that yields the ids of what was acted on as `id`.
    """
    entry = Entry(type=type, organisation_id=actor.organisation_id)
    event = _build(entry, actor=actor, at=at)
    event.target_kind = target._meta.model_name or ""
    fields = [field for field in AuditEvent._meta.concrete_fields if field.attname != "id"]
    expressions, values = [], []
    for column in fields:
        if column.attname in ("target_id", "case_id"):
            expressions.append(f"{cases}.id")
            continue
        expressions.append("%s")
        values.append(column.get_db_prep_save(getattr(event, column.attname), connection))
    columns = ", ".join(str(column.column) for column in fields)
    # Names of our own model and of the code that calls: nothing that people write.
    insert = f"INSERT INTO {AuditEvent._meta.db_table} ({columns})"
    return f"{insert} SELECT {', '.join(expressions)} FROM {cases}", values  # noqa: S608


def _build(entry: Entry, *, actor: Recorded, at: datetime) -> AuditEvent:
    row = _row(entry, actor=actor, at=at, request_id=_request_id())
    return AuditEvent(**dict(zip(COLUMNS, row, strict=True)))


def _row(
    entry: Entry, *, actor: Recorded, at: datetime, request_id: str
) -> tuple[Any, ...]:  # the values of COLUMNS
    target = entry.target
    kind, target_id, organisation_id = "", None, None
    if isinstance(target, Target):
        kind, target_id = target.model._meta.model_name or "", target.pk
    elif target is not None:
        kind, target_id = target._meta.model_name or "", target.pk
        organisation_id = getattr(target, "organisation_id", None)
    return (
        entry.organisation_id or organisation_id or actor.organisation_id, entry.type, at,
        actor.kind, actor.id, actor.label, kind, target_id, entry.case_id, entry.clause,
        entry.reason, dict(entry.data), request_id,
    )  # fmt: skip


def _request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64]
