"""Turn a rule set's definition into a compiled rule set, or say everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from policies.engine.conditions import CONDITIONS
from policies.engine.conditions.base import Condition, WordListSpec, Workshop
from policies.engine.evasion import NO_GATES, Evasion, Gates, Undo
from policies.engine.examples import ExampleFailure, read_examples, run_examples
from policies.engine.lexicon import Entry, Lexicon
from policies.engine.misspelling import Misspellings, Trick
from policies.engine.patterns import BadPattern, PatternBook
from policies.engine.period import Period, read_period
from policies.engine.problems import Problem, RuleSetProblems
from policies.engine.reading import Node
from policies.engine.rereading import Vocabulary, words_of_pattern
from policies.engine.rules import Rule, RuleIndex
from policies.engine.types import Direction, Outcome, Severity

SCHEMA = 1
"""The version of the definition format that this engine reads."""

MAX_RULES = 2_000
"""Most rules in one rule set."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A numbered sentence of the source document."""

    id: str
    title: str
    text: str
    zero_tolerance: bool
    is_public: bool


class CompiledRuleSet:
    """A rule set ready to judge. Immutable; build once per process and share between threads."""

    def __init__(
        self, *, key: str, title: str, version: str, clauses: tuple[Clause, ...],
        groups: Mapping[str, str], rules: tuple[Rule, ...], workshop: Workshop, period: Period,
    ) -> None:  # fmt: skip
        self.key = key
        self.title = title
        self.version = version
        self.clauses = clauses
        self.groups = groups
        self.period = period
        """The days on which it is meant to judge. Judging itself never looks at a clock."""
        self.rules = tuple(sorted(rules, key=lambda rule: rule.precedence))
        self.lexicon = Lexicon(workshop.lexicon.entries)
        gates = NO_GATES
        if workshop.lexicon.entries or workshop.disguisable:
            gates = Gates.open(workshop.gate)
        self.evasion = Evasion(self.lexicon, gates)
        self.evasion_signs = gates.every
        self.patterns = workshop.book or PatternBook([])
        self.pattern_events = {
            number: event
            for number, event in enumerate(workshop.pattern_events)
            if number not in gates.every
        }
        """The event of each pattern that a rule can ask for."""
        self.disguised_events = {
            number: workshop.pattern_events[number] for number in workshop.disguisable
        }
        """The event of each pattern that is also looked for in a text whose disguise is undone."""
        self.vocabulary = _vocabulary(self.lexicon, workshop)
        self.has_switches = any(e.keeps for owners in self.lexicon.entries for e in owners)
        """Whether some list has a kind of evasion turned off."""
        self.misspellings = _misspellings(self.lexicon, self.vocabulary)
        self.inbound = RuleIndex(self._rules(Direction.INBOUND))
        self.outbound = RuleIndex(self._rules(Direction.OUTBOUND))

    def _rules(self, direction: Direction) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if direction in rule.directions)

    def run_examples(self) -> list[ExampleFailure]:
        """Judge every rule's examples and return those that come out wrong."""
        return run_examples(self)


def _vocabulary(lexicon: Lexicon, workshop: Workshop) -> Vocabulary:
    """Return the words that the rule set uses, by which disguised phrases are read."""
    words = {word for spelling in lexicon.spellings for word in spelling.split()}
    for number in workshop.disguisable:
        words.update(words_of_pattern(workshop.compiled_patterns[number].source))
    return Vocabulary(words)


def _misspellings(lexicon: Lexicon, vocabulary: Vocabulary) -> Misspellings:
    """Misspell the terms that some list wants to find misspelt."""
    tricks = frozenset(map(str, Trick))
    wanted = (
        (number, spelling)
        for number, spelling in enumerate(lexicon.spellings)
        if any(not e.is_exception and not tricks <= e.keeps for e in lexicon.entries[number])
    )
    return Misspellings(wanted, vocabulary.words | frozenset(lexicon.spellings))


def compile_rule_set(definition: Mapping[str, object]) -> CompiledRuleSet:
    """Compile a definition; raise RuleSetProblems with everything that is wrong with it."""
    return _Compiler(definition).compile()


def read_condition(
    condition: object, definition: Mapping[str, object]
) -> tuple[Condition | None, tuple[Problem, ...]]:
    """Read one condition against a definition's lists, and what is wrong with the condition."""
    compiler = _Compiler(definition)
    compiler.lists(definition)
    compiler.reader.problems.clear()
    read = compiler.workshop.node(condition, "when")
    return read, tuple(compiler.reader.problems)


class _Compiler:
    """Reads one definition. Each method reads one part of it."""

    def __init__(self, definition: Mapping[str, object]) -> None:
        self.definition = definition
        self.workshop = Workshop(makers=CONDITIONS)
        self.reader = self.workshop.reader
        self.clauses: dict[str, Clause] = {}
        self.groups: dict[str, str] = {}

    def compile(self) -> CompiledRuleSet:
        reader = self.reader
        top = reader.mapping(
            self.definition,
            "The rule set",
            required=["schema", "key", "title", "version", "rules"],
            optional=[
                "in_force", "source", "clauses", "groups", "lists", "patterns", "people",
                "description",
            ],
        )  # fmt: skip
        if top.get("schema") is not None and top["schema"] != SCHEMA:
            reader.note("schema", f"should be {SCHEMA}, the only format this engine reads.")
        key = reader.slug(top.get("key"), "key")
        title = reader.text(top.get("title"), "title")
        version = reader.text(top.get("version"), "version")
        period = read_period(reader, top.get("in_force"), "in_force")
        self._source(top.get("source"))
        self._clauses(top.get("clauses"))
        self._groups(top.get("groups"))
        self.lists(top)
        rules = self._rules(top.get("rules"))
        self._build_book()
        if reader.problems:
            raise RuleSetProblems(tuple(dict.fromkeys(reader.problems)))
        return CompiledRuleSet(
            key=key, title=title, version=version, clauses=tuple(self.clauses.values()),
            groups=self.groups, rules=rules, workshop=self.workshop, period=period,
        )  # fmt: skip

    def _build_book(self) -> None:
        if self.workshop.lexicon.entries or self.workshop.disguisable:
            Gates.open(self.workshop.gate)
        try:
            self.workshop.book = PatternBook(self.workshop.compiled_patterns)
        except BadPattern as error:
            self.reader.note("patterns", str(error))

    def _source(self, value: object) -> None:
        if value is None:
            return
        source = self.reader.mapping(
            value, "source", required=["title"], optional=["publisher", "url", "date"]
        )
        for name in ("title", "publisher", "url"):
            self.reader.text(source.get(name), f"source, {name}")

    def _clauses(self, value: object) -> None:
        reader = self.reader
        for number, item in enumerate(reader.items(value, "clauses", filled=False), start=1):
            where = f"Clause {number}"
            node = reader.mapping(
                item, where, required=["id", "title"],
                optional=["text", "zero_tolerance", "public"],
            )  # fmt: skip
            clause = Clause(
                id=reader.text(node.get("id"), f"{where}, id"),
                title=reader.text(node.get("title"), f"{where}, title"),
                text=reader.text(node.get("text"), f"{where}, text"),
                zero_tolerance=reader.boolean(
                    node.get("zero_tolerance"), f"{where}, zero_tolerance"
                ),
                is_public=reader.boolean(node.get("public"), f"{where}, public", default=True),
            )
            if clause.id in self.clauses:
                reader.note(where, f"has the same id as another clause, “{clause.id}”.")
            self.clauses[clause.id] = clause

    def _groups(self, value: object) -> None:
        reader = self.reader
        for key, item in reader.named(value, "groups"):
            where = f"Group “{key}”"
            node = reader.mapping(item, where, required=["title"], optional=["clause"])
            self.groups[key] = reader.text(node.get("title"), f"{where}, title")
            self._clause(node.get("clause"), where)

    def _clause(self, value: object, where: str) -> str:
        clause = self.reader.text(value, f"{where}, clause")
        if clause and clause not in self.clauses:
            self.reader.note(where, f"cites the clause “{clause}”, which does not exist.")
        return clause

    def lists(self, top: Node) -> None:
        """Read what rules refer to by name: word lists, people and patterns."""
        reader, workshop = self.reader, self.workshop
        for key, item in reader.named(top.get("lists"), "lists"):
            where = f"Word list “{key}”"
            node = reader.mapping(
                item, where, required=["title", "terms"],
                optional=["exceptions", "note", "description", "evasion"],
            )  # fmt: skip
            title = reader.text(node.get("title"), f"{where}, title") or key
            spec = workshop.lists[key] = WordListSpec(title, workshop.event())
            keeps = self._keeps(node.get("evasion"), f"{where}, evasion")
            if node.get("terms") is not None:
                workshop.add_terms(
                    node["terms"], node.get("exceptions"),
                    title=title, event=spec.event, where=where, keeps=keeps,
                )  # fmt: skip
        for key, item in reader.named(top.get("people"), "people"):
            where = f"List of people “{key}”"
            node = reader.mapping(item, where, required=["title", "names"], optional=["note"])
            title = reader.text(node.get("title"), f"{where}, title") or key
            spec = workshop.people[key] = WordListSpec(title, workshop.event())
            if node.get("names") is None:
                continue
            for name in reader.texts(node["names"], f"{where}, names"):
                entry = Entry(spec.event, name, title, is_exception=False)
                workshop.lexicon.add(name, entry)
        for key, item in reader.named(top.get("patterns"), "patterns"):
            where = f"Pattern “{key}”"
            node = reader.mapping(item, where, required=["title", "pattern"], optional=["note"])
            title = reader.text(node.get("title"), f"{where}, title") or key
            source = reader.text(node.get("pattern"), f"{where}, pattern")
            number = workshop.add_pattern(source, where) if source else None
            workshop.patterns[key] = (title, -1 if number is None else number)

    def _keeps(self, value: object, where: str) -> frozenset[str]:
        """Read which kinds of evasion a word list does not want undone; it wants all by default."""
        if value is None:
            return frozenset()
        node = self.reader.mapping(value, where, optional=list(Undo))
        kinds = [str(kind) for kind in Undo if kind in node]
        wanted = {kind: self.reader.boolean(node[kind], f"{where}, {kind}") for kind in kinds}
        return frozenset(kind for kind, is_wanted in wanted.items() if not is_wanted)

    def _rules(self, value: object) -> tuple[Rule, ...]:
        reader = self.reader
        if value is None:
            return ()
        rules: list[Rule] = []
        seen: set[str] = set()
        items = reader.items(value, "rules")
        if len(items) > MAX_RULES:
            reader.note("rules", f"holds {len(items):,} rules; the most is {MAX_RULES:,}.")
        for number, item in enumerate(items, start=1):
            key = item.get("key") if isinstance(item, Mapping) else None
            where = f"Rule “{key}”" if isinstance(key, str) and key else f"Rule {number}"
            if key in seen:
                reader.note(where, "has the same key as another rule.")
            rule = self._rule(item, where)
            seen.add(key if isinstance(key, str) else "")
            if rule:
                rules.append(rule)
        return tuple(rules)

    def _rule(self, item: object, where: str) -> Rule | None:
        reader = self.reader
        node = reader.mapping(
            item, where,
            required=["key", "name", "group", "clause", "because", "severity", "recommend", "when"],
            optional=["human_required", "route", "directions", "examples", "note"],
        )  # fmt: skip
        group = reader.text(node.get("group"), f"{where}, group")
        if group and group not in self.groups:
            reader.note(where, f"belongs to the group “{group}”, which does not exist.")
        clause = self._clause(node.get("clause"), where)
        directions = tuple(
            reader.choice(d, f"{where}, directions", Direction, default=Direction.INBOUND)
            for d in reader.items(
                node.get("directions"), f"{where}, directions", filled="directions" in node
            )
        )
        condition = None
        if node.get("when") is not None:
            condition = self.workshop.node(node["when"], f"{where}, when")
        rule = {
            "key": reader.slug(node.get("key"), f"{where}, key"),
            "name": reader.text(node.get("name"), f"{where}, name"),
            "because": reader.text(node.get("because"), f"{where}, because"),
            "route": "" if node.get("route") == "" else reader.text(node.get("route"), f"{where}, route"),
        }  # fmt: skip
        severity = reader.choice(
            node.get("severity"), f"{where}, severity", Severity, default=Severity.LOW
        )
        recommend = reader.choice(
            node.get("recommend"), f"{where}, recommend", Outcome, default=Outcome.ESCALATE
        )
        human = reader.boolean(
            node.get("human_required"), f"{where}, human_required", default=True
        )
        examples = read_examples(reader, node.get("examples"), f"{where}, examples")
        if condition is None:
            return None
        return Rule(
            **rule, group=group, clause=clause, severity=severity, recommend=recommend,
            human_required=human, directions=directions or (Direction.INBOUND,),
            zero_tolerance=clause in self.clauses and self.clauses[clause].zero_tolerance,
            condition=condition, examples=examples, states_facts=condition.states_facts(),
        )  # fmt: skip


__all__ = ["Clause", "CompiledRuleSet", "Problem", "Rule", "RuleSetProblems", "compile_rule_set"]
