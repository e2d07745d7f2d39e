"""A rule in full sentences: what it flags, what follows, and what it will not catch."""

from collections.abc import Iterator, Mapping
from typing import Any

from policies.editor.definition import Definition, conditions
from policies.engine.conditions.kind import ItemKind
from policies.engine.reading import listed
from policies.engine.signals import in_words

OUTCOMES = {
    "no_breach": "no action", "hide": "hiding it", "delete": "deleting it",
    "warn": "hiding it and warning the author", "block": "hiding it and blocking the author",
    "report": "hiding it and reporting it to the platform", "escalate": "escalating it",
    "reply": "a reply", "no_reply": "no reply",
}  # fmt: skip
WHAT = {"inbound": "what others write", "outbound": "what the organisation writes"}


def opening(rule: Mapping[str, Any], sentence: str) -> str:
    """Return the rule as one English sentence. `sentence` is the condition in words."""
    directions = rule.get("directions") or ["inbound"]
    subject = " and ".join(WHAT.get(each, each) for each in directions)
    condition = sentence[:1].lower() + sentence[1:].removesuffix(".")
    return f"Flag {subject} when it {condition}."


def consequence(rule: Mapping[str, Any]) -> str:
    """Return what follows when the rule holds."""
    outcome = OUTCOMES.get(str(rule.get("recommend")), str(rule.get("recommend")))
    decides = (
        "A person decides."
        if rule.get("human_required", True)
        else "A person need not see it first, where automatic action is on."
    )
    route = f" It goes to {str(rule['route']).replace('-', ' ')}." if rule.get("route") else ""
    severity = rule.get("severity", "low")
    return (
        f"It counts as {severity} under {rule.get('clause', '?')} and the recommendation is"
        f" {outcome}. {decides}{route}"
    )


def not_caught(rule: Mapping[str, Any], definition: Definition) -> list[str]:
    """Return what the rule will not catch, one sentence for each reason."""
    when = rule.get("when")
    found = [*conditions(when)]
    return list(dict.fromkeys([
        *_words(found, definition), *_unless(when), *_places(found), *_facts(found),
        *_directions(rule), *_others(found),
    ]))  # fmt: skip


def _words(found: list[tuple[str, Any]], definition: Definition) -> Iterator[str]:
    word_specs = [spec for name, spec in found if name == "words" and isinstance(spec, Mapping)]
    if word_specs:
        yield "Words inside longer words: only whole words count, and other forms only where a term asks for them."
        yield "Misspellings that are no disguise, other words with the same meaning, and other languages."
    for spec in word_specs:
        node = (definition.get("lists") or {}).get(spec.get("list"), spec)
        exceptions = node.get("exceptions") if isinstance(node, Mapping) else None
        if exceptions:
            title = node.get("title", "the words typed in the rule")
            shown = listed([f"“{each}”" for each in exceptions[:4]])
            more = f" and {len(exceptions) - 4} more" if len(exceptions) > 4 else ""
            yield f"Words of “{title}” inside one of its exceptions: {shown}{more}."
        if spec.get("at_least", 1) != 1:
            yield f"Texts with fewer than {spec['at_least']} of the words."
        if spec.get("ignore_negated"):
            yield "Words that are denied, as in “not a …”."
    if any(name == "named_person" for name, _ in found):
        yield "People who are not on the list, nicknames, and names written another way."


def _unless(when: Any) -> Iterator[str]:
    if any(name == "not" for name, _ in conditions(when)):
        yield "Anything that meets one of its “unless” parts, even if the rest of the text is a breach."
    if any(name == "near" for name, _ in conditions(when)):
        yield "The same things further apart from one another than it says."


def _places(found: list[tuple[str, Any]]) -> Iterator[str]:
    for name, spec in found:
        if name == "channel" and isinstance(spec, Mapping):
            where = [*spec.get("channels", ()), *spec.get("platforms", ())]
            yield f"Anything outside {listed(where)}."
        if name == "kind" and isinstance(spec, Mapping):
            left = [str(kind) for kind in ItemKind if kind not in spec.get("any_of", ())]
            if left:
                yield f"Items that are a {listed(left)}."


def _facts(found: list[tuple[str, Any]]) -> Iterator[str]:
    names = []
    for name, spec in found:
        if name in ("signal", "author", "repetition") and isinstance(spec, Mapping):
            names.append(in_words(str(spec.get("name") or spec.get("signal"))))
    if names:
        yield (
            f"Items for which it is not known: {listed(list(dict.fromkeys(names)), 'or')}."
            " The rule then says “unknown”: no match and no pass."
        )


def _directions(rule: Mapping[str, Any]) -> Iterator[str]:
    directions = rule.get("directions") or ["inbound"]
    if "outbound" not in directions:
        yield "What the organisation itself writes."
    if "inbound" not in directions:
        yield "What others write to the organisation."


def _others(found: list[tuple[str, Any]]) -> Iterator[str]:
    names = {name for name, _ in found}
    if "link" in names:
        yield "Addresses in pictures, and links that it is told not to count."
    yield "Words in pictures, sound and video."
