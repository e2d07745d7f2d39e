"""Changes of a definition, each a new definition: rules, word lists, people and their examples."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

Definition = Mapping[str, Any]  # a pack's document, checked by the schema and the engine
RuleNode = dict[str, Any]
ListNode = dict[str, Any]

LISTS = {"words": "lists", "people": "people"}
MEMBERS = {"lists": "terms", "people": "names"}


def digest_of(part: object) -> str:
    """Return a fingerprint of a part of a definition, to tell whether somebody changed it."""
    canonical = json.dumps(part, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def rule_of(definition: Definition, key: str) -> RuleNode | None:
    """Return the rule with this key."""
    return next((rule for rule in definition.get("rules", ()) if rule.get("key") == key), None)


def with_rule(definition: Definition, rule: RuleNode, *, key: str = "") -> dict[str, Any]:
    """Return the definition with a rule in the place of the one with `key`, or at the end."""
    rules = list(definition.get("rules", ()))
    at = next((i for i, each in enumerate(rules) if key and each.get("key") == key), len(rules))
    rules[at : at + 1] = [rule]
    return {**definition, "rules": rules}


def without_rule(definition: Definition, key: str) -> dict[str, Any]:
    """Return the definition without a rule."""
    rules = [rule for rule in definition.get("rules", ()) if rule.get("key") != key]
    return {**definition, "rules": rules}


def with_list(definition: Definition, section: str, key: str, node: ListNode) -> dict[str, Any]:
    """Return the definition with a list of words ("lists") or names ("people") changed or added."""
    return {**definition, section: {**(definition.get(section) or {}), key: node}}


def without_list(definition: Definition, section: str, key: str) -> dict[str, Any]:
    """Return the definition without a list."""
    kept = {name: node for name, node in (definition.get(section) or {}).items() if name != key}
    changed = {**definition, section: kept}
    if not kept:
        del changed[section]
    return changed


def users_of(definition: Definition, section: str, key: str) -> list[RuleNode]:
    """Return the rules that use a list of words or names."""
    name = "words" if section == "lists" else "named_person"
    return [
        rule
        for rule in definition.get("rules", ())
        if any(
            kind == name and isinstance(spec, Mapping) and spec.get("list") == key
            for kind, spec in conditions(rule.get("when"))
        )
    ]


def conditions(node: Any) -> Iterator[tuple[str, Any]]:
    """Yield every condition inside a condition, as its name and what it is given."""
    if isinstance(node, Mapping):
        for name, spec in node.items():
            yield name, spec
            yield from conditions(spec)
    elif isinstance(node, list):
        for each in node:
            yield from conditions(each)


def new_key(title: str, taken: Any, fallback: str) -> str:
    """Return a key made of a title's words that is not taken yet."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    base = "-".join(re.findall(r"[a-z0-9]+", plain))[:50].strip("-") or fallback
    key, number = base, 2
    while key in taken:
        key, number = f"{base}-{number}", number + 1
    return key


# Terms of a list, as people type them


def term_text(term: Any) -> str:
    """Return a term's word or phrase."""
    return str(term.get("term", "")) if isinstance(term, Mapping) else str(term)


def with_terms(node: ListNode, section: str, lines: list[str]) -> tuple[ListNode, int]:
    """Return a list with more terms, each once, and how many were new."""
    name = MEMBERS[section]
    terms = list(node.get(name, ()))
    known = {term_text(term).casefold() for term in terms}
    added = 0
    for line in lines:
        text = " ".join(line.split())
        if text and text.casefold() not in known:
            known.add(text.casefold())
            terms.append(text)
            added += 1
    return {**node, name: terms}, added


def find_term(node: ListNode, section: str, text: str) -> int:
    """Return the place of a term in its list, or -1."""
    terms = node.get(MEMBERS[section], ())
    return next((i for i, term in enumerate(terms) if term_text(term) == text), -1)
