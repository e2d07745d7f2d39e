"""Judge a subject by a compiled rule set: a pure function of the two."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from itertools import islice
from operator import attrgetter

from policies.engine.compile import CompiledRuleSet
from policies.engine.evasion import Undo, kinds_of, turned
from policies.engine.lexicon import Entry, Found, outside
from policies.engine.rereading import Rereading, reread
from policies.engine.rules import Rule, unknown_rule
from policies.engine.scan import Scan
from policies.engine.text import OffsetMap, fold
from policies.engine.types import Match, Severity, Span, Subject, Unknown, Verdict

MAX_SPANS = 100
"""Most spans kept as evidence of one rule: enough to see, bounded on hostile text."""

Disguised = tuple[tuple[int, int, int], frozenset[str]]
"""An occurrence, and the kinds of evasion by which it was written so."""

_REVERSED = frozenset([str(Undo.REVERSED)])
_CLEAN = Verdict(matches=(), unknown=(), severity=None, recommend=None, human_required=False)


def evaluate(subject: Subject, compiled: CompiledRuleSet) -> Verdict:
    """Return everything the rule set has to say about the subject."""
    return evaluate_many((subject,), compiled)[0]


def evaluate_many(subjects: Iterable[Subject], compiled: CompiledRuleSet) -> list[Verdict]:
    """Judge many subjects in turn, each on its own."""
    find = compiled.lexicon.find
    match = compiled.patterns.match
    misspelt = compiled.misspellings.scan
    inbound, outbound = compiled.inbound, compiled.outbound
    verdicts = []
    for subject in subjects:
        text = subject.text
        folded = fold(text)
        data = folded.encode()
        found = find(folded)
        held = match(data)
        odd = misspelt(folded, True)
        index = outbound if subject.direction == "outbound" else inbound
        due, unknown = index.by_facts(subject)
        if found or held or odd or due or index.always or not text.isascii():
            scan = read_for_signs(subject, folded, data, found, held, odd, compiled)
            numbers = index.candidates(scan.events, due)
            verdicts.append(_verdict(scan, index.rules, numbers, unknown))
        else:
            verdicts.append(_undecided(unknown) if unknown else _CLEAN)
    return verdicts


def reading(subject: Subject, compiled: CompiledRuleSet) -> Scan:
    """Return what one reading of a text finds, for whoever asks conditions one by one."""
    folded = fold(subject.text)
    data = folded.encode()
    found, held = compiled.lexicon.find(folded), compiled.patterns.match(data)
    odd = compiled.misspellings.scan(folded, True)
    return read_for_signs(subject, folded, data, found, held, odd, compiled)


def read_for_signs(
    subject: Subject,
    folded: str,
    data: bytes,
    found: list[tuple[int, int, int]],
    held: list[int] | None,
    odd: list[tuple[int, int, int]],
    compiled: CompiledRuleSet,
) -> Scan:
    """Look again where there are signs of evasion, and sort what was found."""
    events: set[int] = set()
    rereading = None
    disguised: list[Disguised] = []
    if held:
        event_of = compiled.pattern_events
        events.update([event_of[number] for number in held if number in event_of])
        if not compiled.evasion_signs.isdisjoint(held):
            hits = compiled.evasion.find(folded, held, found)
            rereading = _reread(folded, compiled, events)
            if rereading is not None:
                hits += [
                    (spelling, *rereading.place(start, end))
                    for spelling, start, end in compiled.lexicon.find(rereading.text)
                ]
                hits = list(dict.fromkeys(hits))
            plain = set(found)
            spellings = compiled.lexicon.spellings
            disguised = [
                (hit, kinds_of(folded[hit[1] : hit[2]], spellings[hit[0]]))
                for hit in hits
                if hit not in plain
            ]
    if odd:
        disguised += [
            ((number, start, end), frozenset([str(trick)]))
            for number, start, end, trick in compiled.misspellings.check(folded, odd)
        ]
    if not subject.text.isascii():
        disguised += [(hit, _REVERSED) for hit in _backwards(subject.text, compiled)]
    by_list: dict[int, list[Found]] = {}
    if found or disguised:
        by_list = _hits(compiled, subject.text, folded, found, disguised)
        events.update(by_list)
    return Scan(subject, folded, data, events, by_list, rereading)


def _reread(folded: str, compiled: CompiledRuleSet, events: set[int]) -> Rereading | None:
    """Look for patterns in the text as it reads undone, and note those that only hold there."""
    events_of = compiled.disguised_events
    rereading = reread(folded, compiled.vocabulary)
    if rereading is None:
        return None
    held = compiled.patterns.match(rereading.data) or ()
    events.update([events_of[number] for number in held if number in events_of])
    return rereading


def _backwards(text: str, compiled: CompiledRuleSet) -> list[tuple[int, int, int]]:
    """Return the terms that stand in a text written backwards or upside down."""
    other = turned(text)
    if other is None:
        return []
    folded = fold(other)
    found = compiled.lexicon.find(folded)
    if not found:
        return []
    there, here = OffsetMap(other, folded), OffsetMap(text, fold(text))
    hits = []
    for spelling, start, end in found:
        begin, finish = there.original(start, end)
        hits.append((spelling, *here.folded(len(text) - finish, len(text) - begin)))
    return hits


def _hits(
    compiled: CompiledRuleSet,
    text: str,
    folded: str,
    found: list[tuple[int, int, int]],
    disguised: list[Disguised],
) -> dict[int, list[Found]]:
    """Sort occurrences by word list and drop those inside an exception of their list."""
    hits: dict[int, list[Found]] = {}
    exceptions: dict[int, list[tuple[int, int]]] = {}
    entries = compiled.lexicon.entries
    plain = None if text.isascii() or not compiled.has_switches else _look_alikes(text, folded)
    for spelling, start, end in found:
        for entry in entries[spelling]:
            if entry.is_exception:
                exceptions.setdefault(entry.event, []).append((start, end))
            elif not entry.keeps or plain is None or plain(entry, start, end):
                hits.setdefault(entry.event, []).append(
                    Found(start, end, entry.label, entry.source)
                )
    for (spelling, start, end), kinds in disguised:
        for entry in entries[spelling]:
            if entry.is_exception:
                exceptions.setdefault(entry.event, []).append((start, end))
            elif kinds.isdisjoint(entry.keeps) and (
                not entry.keeps
                or plain is None
                or kinds is _REVERSED  # turned letters are look-alikes by nature
                or plain(entry, start, end)
            ):
                hits.setdefault(entry.event, []).append(
                    Found(start, end, entry.label, entry.source)
                )
    for event, stretches in exceptions.items():
        if event in hits:
            kept = outside(hits.pop(event), stretches)
            if kept:
                hits[event] = kept
    return hits


def _look_alikes(text: str, folded: str) -> Callable[[Entry, int, int], bool]:
    """Return a test whether an entry takes a find, which may be written in look-alike letters."""
    offsets = OffsetMap(text, folded)

    def is_taken(entry: Entry, start: int, end: int) -> bool:
        if Undo.LOOK_ALIKES not in entry.keeps:
            return True
        begin, finish = offsets.original(start, end)
        return text[begin:finish].lower() == folded[start:end]

    return is_taken


def _verdict(
    scan: Scan, rules: tuple[Rule, ...], numbers: list[int], unknown: tuple[Unknown, ...]
) -> Verdict:
    if not numbers:
        return _undecided(unknown) if unknown else _CLEAN
    matches = []
    undecided = []
    offsets = None
    for number in numbers:
        rule = rules[number]
        truth = rule.condition.truth(scan)
        if truth:
            if offsets is None:
                offsets = OffsetMap(scan.subject.text, scan.folded)
            matches.append(_match(rule, scan, offsets))
        elif truth is None:
            undecided.append(unknown_rule(rule, scan))
    if undecided:
        unknown = tuple(sorted((*undecided, *unknown), key=attrgetter("rule")))
    if not matches:
        return _undecided(unknown) if unknown else _CLEAN
    return Verdict(
        matches=tuple(matches),
        unknown=unknown,
        severity=max((match.severity for match in matches), key=_rank),
        recommend=matches[0].recommend,
        human_required=any(match.human_required for match in matches),
    )


def _undecided(unknown: tuple[Unknown, ...]) -> Verdict:
    return Verdict(
        matches=(), unknown=unknown, severity=None, recommend=None, human_required=False
    )


def _rank(severity: Severity) -> int:
    return severity.rank


def _match(rule: Rule, scan: Scan, offsets: OffsetMap) -> Match:
    return Match(
        rule=rule.key,
        clause=rule.clause,
        group=rule.group,
        name=rule.name,
        severity=rule.severity,
        recommend=rule.recommend,
        human_required=rule.human_required,
        route=rule.route,
        because=rule.because,
        spans=_spans(rule, scan, offsets),
        facts=rule.condition.facts(scan) if rule.states_facts else {},
    )


def _spans(rule: Rule, scan: Scan, offsets: OffsetMap) -> tuple[Span, ...]:
    """Return the evidence in the original text, in reading order, each place once."""
    if not rule.condition.marks_text:
        return ()
    found: Collection[Found] = rule.condition.spans(scan)
    if len(found) > 1:
        found = list(islice(dict.fromkeys(sorted(found)), MAX_SPANS))
    original = offsets.original
    return tuple(
        [Span(*original(start, end), label, source) for start, end, label, source in found]
    )
