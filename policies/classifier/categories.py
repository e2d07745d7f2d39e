"""What the model scores: one number per category, each of them a signal that rules may ask for."""

from __future__ import annotations

from typing import Final

CATEGORIES: Final = ("abuse", "hate", "threat", "sexual", "self_harm", "spam")
"""In the order of the model's outputs, which is stored with it and checked when it is loaded."""
