"""question: the item asks something.

With `opening: true` only a sentence that begins as a question counts, so that a statement is not
excused by the question put after it ("They are all thieves, why are we paying?").

Simple on purpose: it has a question mark, or one of its sentences starts the way questions do
("how do I", "can anyone", "does the"). People often leave the mark out, so the opening counts.
"""

from __future__ import annotations

from policies.engine.conditions.base import Condition, Found, Scan, Workshop

QUESTION = (
    r"\?|(?:^|[.!?;:,]\s{1,3}|\b(?:hi|hello|please|so|and|but|ok|also)\b,?\s)"
    r"(?:(?:who|what|whats|when|where|wheres|which|why|how|hows)\b"
    r"(?:\s|'s\s|'re\s)(?:is|are|am|was|were|do|does|did|can|could|will|would|should|has|have|had|much|"
    r"many|long|often|old|far|about|time|happens|happened|the|to)\b"
    r"|(?:is|are|do|does|did|can|could|will|would|should|may|has|have)\s"
    r"(?:i|you|u|he|she|it|we|they|there|this|that|the|anyone|anybody|someone|somebody|my|your|any)\b"
    r"|(?:does|did|has|can|could|will)\s(?:any(?:one|body)|some(?:one|body))\b"
    r"|any(?:one|body)\s(?:know|heard|else)\b"
    r"|(?:i\swas\s|i\sam\s|i'm\s|im\s|just\s)?wondering\s(?:if|how|what|when|where|whether|why)\b"
    r"|(?:can|could|please)\s(?:you\s)?(?:tell|advise|help)\b)"
)

OPENING = (
    r"(?:^|[.!?…][\"')\]]*\s{1,3})[\"'(]?(?:(?:hi|hello|please|so|and|but|ok|also|sorry|just)\b,?\s){0,2}"
    r"(?:(?:who|what|whats|when|where|wheres|which|why|how|hows)\b"
    r"(?:(?:\s|'s\s|'re\s)(?:is|are|am|was|were|do|does|did|can|could|will|would|should|has|have|had|much|"
    r"many|long|often|old|far)\b|[^.!?]*\?)|"
    r"(?:is|are|was|were|do|does|did|can|could|will|would|should|may|has|have|had|isn't|aren't|don't|"
    r"doesn't|didn't|can't|couldn't|won't|wouldn't|shouldn't)\s[^.!?]*\?|"
    r"any(?:one|body)\s(?:know|heard|else)\b|"
    r"(?:i\swas\s|i\sam\s|i'm\s|im\s|just\s)?wondering\s(?:if|how|what|when|where|whether|why)\b)"
)


class Question(Condition):
    """Holds when the item asks something."""

    marks_text = True

    def __init__(self, workshop: Workshop, *, opening: bool) -> None:
        self.opening = opening
        number = workshop.gate(OPENING if opening else QUESTION)
        self.pattern = workshop.compiled_patterns[number]
        self.event = workshop.pattern_events[number]

    def truth(self, scan: Scan) -> bool | None:
        return self.event in scan.events

    def triggers(self) -> frozenset[int] | None:
        return frozenset([self.event])

    def spans(self, scan: Scan) -> list[Found]:
        if self.event not in scan.events:
            return []
        found = scan.remember(self.event, lambda: scan.spans_of(self.pattern))
        return [Found(start, end, "Question", "question") for start, end in found]

    def sentence(self) -> str:
        return "begins a sentence as a question" if self.opening else "is a question"

    def denial(self) -> str:
        return "does not begin a sentence as a question" if self.opening else "is not a question"


def make(workshop: Workshop, spec: object, where: str, depth: int) -> Condition | None:
    """Read `question: {}` or `question: {opening: true}`."""
    reader = workshop.reader
    node = reader.mapping({} if spec is None else spec, where, optional=["opening"])
    opening = reader.boolean(node.get("opening"), f"{where}, opening")
    return Question(workshop, opening=opening)
