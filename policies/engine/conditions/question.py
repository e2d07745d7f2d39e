"""question: the item asks something.

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


class Question(Condition):
    """Holds when the item asks something."""

    marks_text = True

    def __init__(self, workshop: Workshop) -> None:
        number = workshop.gate(QUESTION)
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
        return "is a question"

    def denial(self) -> str:
        return "is not a question"


def make(workshop: Workshop, spec: object, where: str, depth: int) -> Condition | None:
    """Read `question: {}`."""
    workshop.reader.mapping({} if spec is None else spec, where)
    return Question(workshop)
