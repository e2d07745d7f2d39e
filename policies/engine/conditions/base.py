"""What every condition can do, and the workshop in which conditions are made from definitions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from policies.engine.forms import Form, forms_of
from policies.engine.lexicon import Entry, Found, LexiconBuilder
from policies.engine.patterns import MAX_PATTERNS, BadPattern, Pattern, PatternBook
from policies.engine.reading import Node, Reader, listed
from policies.engine.scan import Scan
from policies.engine.types import Severity

MAX_DEPTH = 12
"""Most conditions inside conditions; a sentence deeper than that is understood by nobody."""


class Condition(ABC):
    """One node of a rule's `when`. Answers are three-valued: None means unknown."""

    marks_text = False
    """Whether the condition can point at the words that made it hold."""

    parts: tuple[Condition, ...] = ()
    """The conditions inside this one."""

    reads_text = True
    """Whether the answer depends on the text; otherwise it rests on facts about it alone."""

    @abstractmethod
    def truth(self, scan: Scan) -> bool | None:
        """Tell whether the condition holds, or None where a needed fact is missing."""

    @abstractmethod
    def sentence(self) -> str:
        """Return the condition in plain English, completing "The item ..."."""

    def denial(self) -> str:
        """Return the opposite in plain English, completing "The item ..."."""
        return f"does not meet this: it {self.sentence()}"

    def triggers(self) -> frozenset[int] | None:
        """Return events without which the condition is certainly false; None if there are none."""
        return None

    def reads_place(self) -> bool:
        """Tell whether the answer depends on the kind of item or on where it appeared."""
        return any(part.reads_place() for part in self.parts)

    def thresholds(self) -> dict[str, set[float]]:
        """Return the signals the answer depends on, with the values at which it changes."""
        found: dict[str, set[float]] = {}
        for part in self.parts:
            for name, values in part.thresholds().items():
                found.setdefault(name, set()).update(values)
        return found

    def spans(self, scan: Scan) -> list[Found]:
        """Return the places in the folded text where the condition held."""
        return []

    def missing(self, scan: Scan) -> set[str]:
        """Return the names of the facts for want of which the answer is unknown."""
        return set()

    def states_facts(self) -> bool:
        """Tell whether the answer can rest on facts worth showing."""
        return any(part.states_facts() for part in self.parts)

    def facts(self, scan: Scan) -> dict[str, object]:
        """Return the signal values the answer rests on."""
        return {}


@dataclass(slots=True)
class WordListSpec:
    """A word list as read from the definition."""

    title: str
    event: int = -1


@dataclass
class Workshop:
    """Everything shared while conditions are read: lists, patterns, and what went wrong."""

    reader: Reader = field(default_factory=Reader)
    lexicon: LexiconBuilder = field(default_factory=LexiconBuilder)
    lists: dict[str, WordListSpec] = field(default_factory=dict)
    people: dict[str, WordListSpec] = field(default_factory=dict)
    patterns: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Name to title and pattern number."""
    compiled_patterns: list[Pattern] = field(default_factory=list)
    pattern_events: list[int] = field(default_factory=list)
    book: PatternBook | None = None
    """Set once all patterns are known."""
    disguisable: set[int] = field(default_factory=set)
    """Numbers of the patterns that see through disguises: those that rules ask for by themselves."""
    _numbers: dict[str, int] = field(default_factory=dict)
    _events: int = 0
    _inline: dict[tuple[str, ...], int] = field(default_factory=dict)

    def event(self) -> int:
        """Return a new number for something that a reading of a text can find."""
        self._events += 1
        return self._events - 1

    def add_pattern(self, source: str, where: str) -> int | None:
        """Compile a pattern once and return its number, or None and a note if it is unusable."""
        known = self._numbers.get(source)
        if known is not None:
            return known
        if len(self.compiled_patterns) >= MAX_PATTERNS:
            self.reader.note(where, f"is one pattern too many; the most is {MAX_PATTERNS:,}.")
            return None
        try:
            pattern = Pattern(source)
        except BadPattern as error:
            self.reader.note(where, f"The pattern {error}")
            return None
        number = len(self.compiled_patterns)
        self._numbers[source] = number
        self.compiled_patterns.append(pattern)
        self.pattern_events.append(self.event())
        return number

    def gate(self, source: str) -> int:
        """Add one of the engine's own patterns and return its number."""
        number = self.add_pattern(source, "The engine")
        if number is None:  # pragma: no cover - the engine's own patterns compile
            raise AssertionError(source)
        return number

    def add_terms(
        self, terms: object, exceptions: object, *, title: str, event: int, where: str,
        keeps: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        """Read a list of terms and its exceptions into the lexicon."""
        for number, term in enumerate(self.reader.items(terms, f"{where}, terms"), start=1):
            here = f"{where}, term {number}"
            self._add_term(term, title=title, event=event, where=here, keeps=keeps)
        for text in self.reader.texts(exceptions, f"{where}, exceptions", filled=False):
            self.lexicon.add(text, Entry(event, text, title, is_exception=True))

    def _add_term(
        self, term: object, *, title: str, event: int, where: str, keeps: frozenset[str]
    ) -> None:
        reader = self.reader
        forms: tuple[Form, ...] = ()
        text: object = term
        if isinstance(term, Mapping):
            spec = reader.mapping(
                term,
                where,
                required=["term"],
                optional=[
                    "forms", "note", "ambiguous", "reclaimed", "severity", "senses", "language",
                ],
            )  # fmt: skip
            text = spec.get("term")
            _check_notes(reader, spec, where)
            forms = tuple(
                reader.choice(form, f"{where}, forms", Form, default=Form.PLURAL)
                for form in reader.items(spec.get("forms"), f"{where}, forms", filled=False)
            )
        written = reader.text(text, where)
        if not written:
            return
        if not any(char.isalnum() for char in written) and written.isascii():
            reader.note(where, f"“{written}” has no letter or digit; use a pattern instead.")
            return
        if len(written) == 1 and written.isascii():
            reader.note(where, f"“{written}” is a single character, which would match everywhere.")
            return
        if len(written) > 200:
            reader.note(where, "is longer than 200 characters.")
            return
        for spelling in forms_of(written, forms):
            entry = Entry(event, written, title, is_exception=False, keeps=keeps)
            self.lexicon.add(spelling, entry)

    def inline_list(self, terms: object, exceptions: object, where: str) -> int:
        """Return the event of a list written inside a condition; equal lists share one."""
        key = (repr(terms), repr(exceptions))
        if key not in self._inline:
            self._inline[key] = self.event()
            self.add_terms(
                terms,
                exceptions,
                title="Words in the rule",
                event=self._inline[key],
                where=where,
            )
        return self._inline[key]

    def node(self, value: object, where: str, depth: int = 0) -> Condition | None:
        """Make a condition from its definition, or note why it cannot be made."""
        reader = self.reader
        if depth > MAX_DEPTH:
            reader.note(where, f"is nested more than {MAX_DEPTH} conditions deep.")
            return None
        if not isinstance(value, Mapping):
            reader.note(where, "should be a condition such as “words: {list: …}”.")
            return None
        if len(value) != 1:
            reader.note(
                where,
                "should be exactly one condition; put several under “all” or “any”."
                if value
                else "is empty.",
            )
            return None
        ((name, spec),) = value.items()
        make = self.makers.get(name) if isinstance(name, str) else None
        if make is None:
            reader.mapping({name: spec}, where, optional=list(self.makers))
            return None
        return make(self, spec, f"{where} › {name}", depth + 1)

    makers: dict[str, Maker] = field(default_factory=dict)
    """The register of conditions."""


def _check_notes(reader: Reader, spec: Node, where: str) -> None:
    """Check what a term says for its readers; matching does not look at it."""
    for name in ("note", "language"):
        reader.text(spec.get(name), f"{where}, {name}")
    for name in ("ambiguous", "reclaimed"):
        reader.boolean(spec.get(name), f"{where}, {name}")
    reader.choice(spec.get("severity"), f"{where}, severity", Severity, default=Severity.LOW)
    if spec.get("senses") is not None:
        senses = reader.mapping(
            spec["senses"], f"{where}, senses", optional=["innocent", "abusive"]
        )
        for name in ("innocent", "abusive"):
            reader.text(senses.get(name), f"{where}, senses, {name}")


Maker = Callable[[Workshop, object, str, int], Condition | None]
"""Reads one condition's own part of the definition."""

__all__ = ["Condition", "Found", "Maker", "Node", "Scan", "WordListSpec", "Workshop", "listed"]
