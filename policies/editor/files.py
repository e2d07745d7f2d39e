"""A definition as a file: written for people to read, read with the line of everything that is wrong."""

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import yaml

from policies.editor.parts import load_yaml

MAX_BYTES = 5_000_000
"""Most bytes of a file: several times the largest pack that ships."""

MAX_ERRORS = 20


class FileRefused(ValueError):
    """The file cannot be read as a rule set; `errors` says where and why, one sentence each."""

    def __init__(self, errors: list[str]) -> None:
        self.errors = errors
        super().__init__("\n".join(errors))


class _Dumper(yaml.SafeDumper):
    """Writes as packs are written: lists indented under their name, long text in quotation marks."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


def write(definition: Mapping[str, Any]) -> str:
    """Return a definition as YAML in the format of the packs. Reading it gives the same definition."""
    text: str = yaml.dump(
        dict(definition), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110
    )
    return text


def read(data: bytes, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the definition in a file; raise FileRefused with the line of every mistake."""
    if len(data) > MAX_BYTES:
        raise FileRefused([f"The file is larger than {MAX_BYTES // 1_000_000} MB."])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused([f"The file is not text in UTF-8 (byte {error.start + 1})."]) from error
    try:
        root = yaml.compose(text, yaml.SafeLoader)
        _check_nodes(root)
        document = load_yaml(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"Line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or str(error)
        raise FileRefused([f"{where}this is not valid YAML ({problem})."]) from error
    except RecursionError as error:
        raise FileRefused(["The file nests lists inside lists too deeply."]) from error
    if not isinstance(document, dict):
        raise FileRefused(
            ["Line 1: the file should hold named fields: schema, key, title, rules."]
        )
    errors = [
        f"Line {_line(root, list(problem.absolute_path))}: {_where(problem)}{_words(problem)}"
        for problem in _errors(document, relaxed(schema))
    ]
    if errors:
        raise FileRefused(errors[:MAX_ERRORS])
    return document


def line_of(data: bytes, key: str) -> int | None:
    """Return the line on which the rule with this key begins in a file."""
    root = yaml.compose(data.decode("utf-8-sig"), yaml.SafeLoader)
    rules = _entry(root, "rules")
    for node in rules.value if isinstance(rules, yaml.SequenceNode) else ():
        found = _entry(node, "key")
        if isinstance(found, yaml.ScalarNode) and found.value == key:
            return int(node.start_mark.line) + 1
    return None


def relaxed(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the packs' schema without what only a finished pack must have.

    A draft may still lack examples, and a body's own rule set cites clauses and sources as it likes;
    the engine checks the rest.
    """
    loose = copy.deepcopy(dict(schema))
    properties = loose["properties"]
    properties["version"] = {"type": "string", "minLength": 1}
    properties["source"] = {
        "type": "object",
        "required": ["title"],
        "additionalProperties": False,
        "properties": {name: {"type": "string"} for name in ("title", "publisher", "url", "date")},
    }
    properties["description"] = {"type": "string"}
    properties["clauses"]["items"]["required"] = ["id", "title"]
    loose["required"] = ["schema", "key", "title", "version", "rules"]
    rule = loose["$defs"]["rule"]
    rule["required"] = [
        name for name in rule["required"] if name not in ("examples", "human_required")
    ]
    rule["properties"]["note"] = {"type": "string"}
    examples = rule["properties"]["examples"]
    examples["required"] = []
    for name in ("match", "no_match"):
        examples["properties"][name].pop("minItems", None)
    loose["$defs"]["clause_id"] = {"type": "string", "minLength": 1, "maxLength": 40}
    # What a condition may hold is the engine's to say, in its own plain words.
    loose["$defs"]["condition"] = {"type": "object"}
    return loose


def _errors(document: Any, schema: Mapping[str, Any]) -> list[jsonschema.ValidationError]:
    found = jsonschema.Draft202012Validator(schema).iter_errors(document)
    return sorted(found, key=lambda problem: [str(step) for step in problem.absolute_path])


def _where(problem: jsonschema.ValidationError) -> str:
    path = [
        str(step + 1) if isinstance(step, int) else str(step) for step in problem.absolute_path
    ]
    return f"{' › '.join(path)}: " if path else ""


def _words(problem: jsonschema.ValidationError) -> str:
    value, wanted, schema = _parts(problem)
    if problem.validator == "required":
        missing = [name for name in wanted if name not in value]
        return f"needs {', '.join(f'“{name}”' for name in missing)}."
    if problem.validator == "additionalProperties":
        known = schema.get("properties", {})
        extra = [name for name in value if name not in known]
        return f"has no field {', '.join(f'“{name}”' for name in extra)}."
    if problem.validator == "enum":
        return f"“{value}” is not one of {', '.join(map(str, wanted))}."
    if problem.validator == "type":
        return f"should be {_TYPES.get(str(wanted), wanted)}."
    if problem.validator in ("minItems", "minProperties", "minLength"):
        return "is empty."
    if problem.validator == "pattern":
        return f"“{str(value)[:60]}” is not written as it should be: small letters, digits and hyphens."
    if problem.validator in ("oneOf", "anyOf"):
        return "should be a text, or fields with a text."
    return f"{problem.message[:200]}."


def _parts(problem: Any) -> tuple[Any, Any, Any]:
    """Return what is wrong, what was wanted, and the schema that says so."""
    return problem.instance, problem.validator_value, problem.schema


_TYPES = {
    "object": "named fields", "array": "a list", "string": "text; put it between quotation marks",
    "boolean": "true or false", "integer": "a whole number", "number": "a number",
}  # fmt: skip


def _line(root: yaml.Node | None, path: list[Any]) -> int:
    node, line = root, 1
    for step in path:
        if isinstance(node, yaml.MappingNode):
            node = _entry(node, str(step))
        elif (
            isinstance(node, yaml.SequenceNode)
            and isinstance(step, int)
            and step < len(node.value)
        ):
            node = node.value[step]
        else:
            break
        if node is None:
            break
        line = node.start_mark.line + 1
    return line


def _entry(node: yaml.Node | None, name: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for key, value in node.value if str(key.value) == name), None)


def _check_nodes(root: yaml.Node | None) -> None:
    """Refuse what would lose something: a name twice in one place, and references inside the file."""
    seen: set[int] = set()
    for node in _nodes(root):
        if id(node) in seen:
            raise FileRefused(
                [
                    f"Line {node.start_mark.line + 1}: write it out; references (“&” and “*”) are not read."
                ]
            )
        seen.add(id(node))
        if not isinstance(node, yaml.MappingNode):
            continue
        names: set[str] = set()
        for key, _value in node.value:
            name = str(key.value)
            if name in names:
                raise FileRefused(
                    [
                        f"Line {key.start_mark.line + 1}: “{name}” is there twice; only one would count."
                    ]
                )
            names.add(name)


def _nodes(node: yaml.Node | None) -> Iterator[yaml.Node]:
    if node is None:
        return
    yield node
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield from _nodes(key)
            yield from _nodes(value)
    elif isinstance(node, yaml.SequenceNode):
        for each in node.value:
            yield from _nodes(each)
