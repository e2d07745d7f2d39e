"""The facts about a subject that rules may ask for, by name.

Whoever evaluates a subject gathers them into `Subject.signals`. Rules may also ask for names that
are not listed here (a model's score, say); an absent fact makes a condition unknown.
"""

from __future__ import annotations

from typing import Final

AUTHOR_BREACHES: Final = "author.breaches"
"""How many earlier items by this author were decided to breach the rules, and still count."""

AUTHOR_WARNINGS: Final = "author.warnings"
"""How many warnings were delivered to this author and have not expired."""

AUTHOR_AGE_DAYS: Final = "author.age_days"
"""Whole days since the author's account was created, or since first seen where that is all."""

AUTHOR_IS_KNOWN: Final = "author.is_known"
"""1 if anything by this author was seen before this item, otherwise 0."""

REPEAT_SAME_AUTHOR: Final = "repeat.same_author"
"""How many items with this same text this author has sent recently, this one included."""

REPEAT_SAME_TEXT: Final = "repeat.same_text"
"""How many items with this same text were sent recently by anybody, this one included."""

REPEAT_DISTINCT_AUTHORS: Final = "repeat.distinct_authors"
"""How many different authors sent this same text recently, this one included."""

REPEAT_SIMILAR_TEXT: Final = "repeat.similar_text"
"""How many items with nearly this text were sent recently by anybody, this one included."""

REPEAT_SIMILAR_AUTHORS: Final = "repeat.similar_authors"
"""How many different authors sent nearly this text recently, this one included."""

CONTENT_LIKES: Final = "content.likes"
"""How many likes or similar reactions the item has."""

CONTENT_REPLIES: Final = "content.replies"
"""How many replies the item has."""

CLASSIFIER: Final = "classifier."
"""What the names of the model's scores begin with. They come after the rules have judged a text."""

CLASSIFIER_SIGNALS: Final = {
    f"{CLASSIFIER}abuse": "the model's score for personal abuse",
    f"{CLASSIFIER}hate": "the model's score for hate against a group",
    f"{CLASSIFIER}threat": "the model's score for a threat",
    f"{CLASSIFIER}sexual": "the model's score for sexual content",
    f"{CLASSIFIER}self_harm": "the model's score for detail or encouragement of self-harm",
    f"{CLASSIFIER}spam": "the model's score for spam",
}
"""The model's scores, from 0 to 1, as they read in a sentence."""

IN_WORDS: Final = {
    AUTHOR_BREACHES: "the number of the author's earlier breaches",
    AUTHOR_WARNINGS: "the number of the author's current warnings",
    AUTHOR_AGE_DAYS: "the age of the author's account in days",
    AUTHOR_IS_KNOWN: "whether the author was seen before",
    REPEAT_SAME_AUTHOR: "the number of times the author sent this same text",
    REPEAT_SAME_TEXT: "the number of times this same text was sent by anybody",
    REPEAT_DISTINCT_AUTHORS: "the number of authors who sent this same text",
    REPEAT_SIMILAR_TEXT: "the number of times nearly this text was sent by anybody",
    REPEAT_SIMILAR_AUTHORS: "the number of authors who sent nearly this text",
    CONTENT_LIKES: "the number of likes",
    CONTENT_REPLIES: "the number of replies",
    **CLASSIFIER_SIGNALS,
}
"""Each signal as it reads in a sentence."""

AUTHOR_SIGNALS: Final = (AUTHOR_BREACHES, AUTHOR_WARNINGS, AUTHOR_AGE_DAYS, AUTHOR_IS_KNOWN)
REPEAT_SIGNALS: Final = (
    REPEAT_SAME_AUTHOR, REPEAT_SAME_TEXT, REPEAT_DISTINCT_AUTHORS, REPEAT_SIMILAR_TEXT,
    REPEAT_SIMILAR_AUTHORS,
)  # fmt: skip


def in_words(name: str) -> str:
    """Return a signal's name as it reads in a sentence."""
    return IN_WORDS.get(name, f"the signal “{name}”")
