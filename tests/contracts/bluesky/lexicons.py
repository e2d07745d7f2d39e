"""Check requests and answers against the AT Protocol's own schemas, as far as a client needs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[4] / "shared" / "specs" / "atproto-lexicons"
MISSING = f"The AT Protocol's lexicons are not there ({FOLDER.parent.name}/{FOLDER.name})."

FORMATS = {
    "at-uri": r"at://[A-Za-z0-9._:%-]+(/[A-Za-z0-9.-]+(/[A-Za-z0-9._:~-]+)?)?",
    "at-identifier": r"did:[a-z]+:[A-Za-z0-9._:%-]+|([a-z0-9-]+\.)+[a-z]+",
    "cid": r"b[a-z2-7]{58}",
    "datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
    "did": r"did:[a-z]+:[A-Za-z0-9._:%-]+",
    "handle": r"([a-z0-9-]+\.)+[a-z]+",
    "language": r"[a-z]{2,3}(-[A-Za-z0-9]+)*",
    "nsid": r"([a-z][a-z0-9-]*\.)+[A-Za-z]+",
    "record-key": r"[A-Za-z0-9._:~-]{1,512}",
    "tid": r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}",
    "uri": r"[a-z][a-z0-9+.-]*:\S+",
}
KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "boolean": bool,
    "array": list,
    "object": dict,
    "record": dict,
    "unknown": object,
    "blob": dict,
    "cid-link": dict,
}


@cache
def lexicon(nsid: str) -> dict[str, Any]:
    return json.loads((FOLDER / Path(*nsid.split("."))).with_suffix(".json").read_text())["defs"]


def request_problems(nsid: str, params: list[tuple[str, str]], body: Any) -> list[str]:
    """Return what is wrong with a request; nothing when it fits."""
    main = lexicon(nsid)["main"]
    problems = list(_params(main.get("parameters", {}), params))
    schema = main.get("input", {}).get("schema")
    if schema:
        problems += _value(schema, body, nsid, "body")
        problems += _unknown_fields(schema, body)
        problems += _record(body)
    elif body is not None:
        problems.append("a body where none is defined")
    return problems


def answer_problems(nsid: str, answer: Any) -> list[str]:
    """Return what is wrong with an answer; nothing when it fits."""
    return list(_value(lexicon(nsid)["main"]["output"]["schema"], answer, nsid, "answer"))


def _params(schema: dict, params: list[tuple[str, str]]) -> Iterator[str]:
    known = schema.get("properties", {})
    given: dict[str, list[str]] = {}
    for name, value in params:
        given.setdefault(name, []).append(value)
    yield from (f"no parameter {name}" for name in schema.get("required", []) if name not in given)
    for name, values in given.items():
        if name not in known:
            yield f"unknown parameter {name}"
            continue
        kind = known[name]
        if kind["type"] == "array":
            yield from _value(kind, values, "", name)
        elif len(values) > 1:
            yield f"{name} is given {len(values)} times"
        else:
            value: Any = int(values[0]) if kind["type"] == "integer" else values[0]
            yield from _value(kind, value, "", name)


def _unknown_fields(schema: dict, body: Any) -> Iterator[str]:
    yield from (f"unknown field {name}" for name in body or {} if name not in schema["properties"])


def _record(body: dict[str, Any]) -> Iterator[str]:
    """Check the record that a write carries, and the key it goes under."""
    record = body.get("record")
    if record is None:
        return
    main = lexicon(record["$type"])["main"]
    yield from _value(main["record"], record, record["$type"], "record")
    unknown = record.keys() - main["record"]["properties"].keys() - {"$type"}
    yield from (f"unknown field {name} in the record" for name in sorted(unknown))
    if body["collection"] != record["$type"]:
        yield "the record is of another collection"
    if main["key"] == "tid" and not re.fullmatch(FORMATS["tid"], body["rkey"]):
        yield f"the key {body['rkey']} is no TID"


def _value(schema: dict, value: Any, nsid: str, at: str) -> Iterator[str]:
    kind = schema["type"]
    if kind == "ref":
        yield from _referred(schema["ref"], value, nsid, at)
    elif kind == "union":
        yield from _union(schema, value, nsid, at)
    elif kind in KINDS:
        if not isinstance(value, KINDS[kind]) or (kind == "integer" and isinstance(value, bool)):
            yield f"{at} is no {kind}"
        else:
            yield from _content(schema, value, nsid, at)


def _content(schema: dict, value: Any, nsid: str, at: str) -> Iterator[str]:
    if isinstance(value, str):
        if "maxLength" in schema and len(value.encode()) > schema["maxLength"]:
            yield f"{at} is too long"
        pattern = FORMATS.get(schema.get("format", ""))
        if pattern and not re.fullmatch(pattern, value):
            yield f"{at} is no {schema['format']}: {value}"
    elif isinstance(value, list):
        if len(value) > schema.get("maxLength", len(value)):
            yield f"{at} has too many entries"
        for number, entry in enumerate(value):
            yield from _value(schema["items"], entry, nsid, f"{at}[{number}]")
    elif isinstance(value, dict) and "properties" in schema:
        yield from _fields(schema, value, nsid, at)
    elif isinstance(value, int) and not isinstance(value, bool):
        least, most = schema.get("minimum", value), schema.get("maximum", value)
        if not least <= value <= most:
            yield f"{at} is out of bounds"


def _fields(schema: dict, value: dict, nsid: str, at: str) -> Iterator[str]:
    missing = [name for name in schema.get("required", []) if name not in value]
    yield from (f"{at} has no {name}" for name in missing)
    for name, entry in value.items():
        if entry is None and name in schema.get("nullable", []):
            continue
        if name in schema["properties"]:
            yield from _value(schema["properties"][name], entry, nsid, f"{at}.{name}")


def _referred(ref: str, value: Any, nsid: str, at: str) -> Iterator[str]:
    home, _, name = ref.partition("#")
    home = home or nsid
    found = lexicon(home)[name or "main"]
    yield from _value(found.get("record", found), value, home, at)


def _union(schema: dict, value: Any, nsid: str, at: str) -> Iterator[str]:
    kind = value.get("$type", "") if isinstance(value, dict) else ""
    refs = {ref if not ref.startswith("#") else f"{nsid}{ref}" for ref in schema["refs"]}
    if kind in {ref.removesuffix("#main") for ref in refs}:
        yield from _referred(kind, value, nsid, at)
    elif not kind or schema.get("closed"):
        yield f"{at} is of no kind that is allowed: {kind or 'none'}"
