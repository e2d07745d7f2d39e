"""Policy packs: read a file, check it, and bring its clauses in."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from django.db import transaction

from accounts.actors import Actor
from accounts.enums import Permission
from accounts.permissions import check_may
from audit import services as audit
from audit.enums import AuditEventType
from common.errors import DomainError
from policies.models import Clause, Pack, RuleSet

PACKS = Path(__file__).resolve().parent.parent / "packs"


class _Loader(yaml.SafeLoader):
    """The safe loader, but a day stays as it was written: definitions are stored as JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, matcher) for tag, matcher in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


class PackRefused(DomainError):
    """The file is not a policy pack; the message says where and why."""

    code = "pack_refused"


@cache
def schema() -> Mapping[str, Any]:
    """Return the JSON Schema of a pack."""
    loaded: Mapping[str, Any] = json.loads((PACKS / "schema.json").read_text(encoding="utf-8"))
    return loaded


def load(source: str | Path) -> dict[str, Any]:
    """Read a pack: the name of one that ships ("hmpps") or a path. Raises PackRefused."""
    path = source if isinstance(source, Path) else PACKS / f"{source}.yaml"
    try:
        document = _Loader(path.read_text(encoding="utf-8")).get_single_data()
    except OSError as error:
        message = f"{path.name} cannot be read: {error.strerror}."
        raise PackRefused(message) from error
    except yaml.YAMLError as error:
        message = f"{path.name} is not valid YAML: {error}"
        raise PackRefused(message) from error
    problems = [
        f"{'.'.join(map(str, problem.absolute_path)) or 'the file'}: {problem.message}"
        for problem in jsonschema.Draft202012Validator(schema()).iter_errors(document)
    ]
    if problems:
        raise PackRefused(f"{path.name} does not fit the schema. " + " ".join(problems[:10]))
    result: dict[str, Any] = document
    return result


@transaction.atomic
def import_pack(*, document: Mapping[str, Any], by: Actor, now: datetime) -> Pack:
    """Bring in a pack's clauses; the same version again changes nothing.

    A newer version of the same pack replaces which clauses are current; old clauses stay for the
    decisions that cite them.
    """
    check_may(by, Permission.RULES_EDIT)
    existing = Pack.objects.filter(
        organisation_id=by.organisation_id, key=document["key"], version=document["version"]
    ).first()
    if existing:
        return existing
    pack = Pack.objects.create(
        organisation_id=by.organisation_id,
        key=document["key"],
        title=document["title"],
        version=document["version"],
        source_title=document["source"]["title"],
        source_publisher=document["source"].get("publisher", ""),
        source_url=document["source"].get("url", ""),
    )
    Clause.objects.filter(
        organisation_id=by.organisation_id, pack__key=document["key"], is_current=True
    ).update(is_current=False, updated_at=now)
    Clause.objects.bulk_create(
        Clause(
            organisation_id=by.organisation_id,
            pack=pack,
            reference=clause["id"],
            title=clause["title"],
            text=clause["text"],
            is_zero_tolerance=clause.get("zero_tolerance", False),
        )
        for clause in document["clauses"]
    )
    RuleSet.objects.get_or_create(
        organisation_id=by.organisation_id,
        key=document["key"],
        defaults={"name": document["title"], "owner": by.user},
    )
    audit.record(
        AuditEventType.PACK_IMPORTED,
        actor=by,
        at=now,
        target=pack,
        key=pack.key,
        version=pack.version,
        clauses=len(document["clauses"]),
    )
    return pack
