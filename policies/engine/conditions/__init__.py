"""The register of conditions: the name used in definitions and the module that reads it."""

from __future__ import annotations

from policies.engine.conditions import (
    all_of,
    any_of,
    author,
    channel,
    kind,
    link,
    named_person,
    near,
    not_,
    pattern,
    personal_data,
    question,
    repetition,
    shouting,
    signal,
    unless,
    words,
)
from policies.engine.conditions.base import Maker

CONDITIONS: dict[str, Maker] = {
    "all": all_of.make,
    "any": any_of.make,
    "not": not_.make,
    "words": words.make,
    "pattern": pattern.make,
    "link": link.make,
    "personal_data": personal_data.make,
    "named_person": named_person.make,
    "near": near.make,
    "unless": unless.make,
    "repetition": repetition.make,
    "author": author.make,
    "signal": signal.make,
    "channel": channel.make,
    "kind": kind.make,
    "shouting": shouting.make,
    "question": question.make,
}
