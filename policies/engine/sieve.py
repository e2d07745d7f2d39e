"""Which of many texts could be flagged at all: the cheap first look of a backtest.

Nothing but the text is asked for. A text that is let through may still turn out clean, once the
facts about it are known; one that is held back is certainly flagged by no rule, so the two looks
together say exactly what `evaluate` says.
"""

from __future__ import annotations

from collections.abc import Iterable

from policies.engine.compile import CompiledRuleSet
from policies.engine.evaluate import read_for_signs
from policies.engine.text import fold
from policies.engine.types import Subject


def rests_on_text(compiled: CompiledRuleSet) -> bool:
    """Tell whether every inbound rule needs something found in the text, so that a sieve can help."""
    return compiled.inbound.needs_text


def possible(texts: Iterable[str], compiled: CompiledRuleSet) -> list[int]:
    """Return the numbers of the texts that some inbound rule could flag, in order.

    Call for a rule set that `rests_on_text`.
    """
    find = compiled.lexicon.find
    match = compiled.patterns.match
    misspelt = compiled.misspellings.scan
    candidates = compiled.inbound.candidates
    let_through = []
    for number, text in enumerate(texts):
        folded = fold(text)
        found = find(folded)
        data = folded.encode()
        held = match(data)
        odd = misspelt(folded, True)
        if found or held or odd or not text.isascii():
            scan = read_for_signs(Subject(text), folded, data, found, held, odd, compiled)
            if candidates(scan.events, ()):
                let_through.append(number)
    return let_through
