"""Run the model: one file, one core, no network. Without the file or the package there is none.

One text goes through the network at a time. The int8 network scales its numbers to the largest of
the batch, so that in a batch of many the company a text keeps would move its score; alone, the
same text and the same file always give the same score, and on one core it is hardly slower.
"""

from __future__ import annotations

import copy
import json
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from policies.classifier.categories import CATEGORIES
from policies.classifier.text import prepare
from policies.classifier.wordpiece import WordPieces
from policies.engine.signals import CLASSIFIER

logger = logging.getLogger(__name__)

DEFAULT_FILE: Final = Path(__file__).with_name("model.onnx")


@dataclass(frozen=True, slots=True)
class Score:
    """How likely one category is, calibrated, and what that is called: a signal for rules."""

    id: str
    """The signal's name, such as classifier.hate."""
    version: str
    """Of the model."""
    value: float
    band: str
    """low, medium (worth a look) or high (look first)."""


Scores = Mapping[str, Score]


class Classifier:
    """A loaded model. Safe to use from several threads."""

    def __init__(
        self, session: Any, vocabulary: Mapping[str, int], facts: Mapping[str, Any]
    ) -> None:
        # Any: the package is optional, so nothing here may import its types.
        self._session = session
        self._pieces = WordPieces(vocabulary)
        self.calibration: Mapping[str, Sequence[float]] = facts["calibration"]
        self.version: str = facts.get("version", "")
        self.thresholds: Mapping[str, Sequence[float]] = facts["thresholds"]

    def raw(self, texts: Sequence[str]) -> list[list[float]]:
        """Return the network's uncalibrated outputs, one row a text, in the order of CATEGORIES."""
        rows = []
        for text in texts:
            ids = self._pieces.encode(prepare(text))
            (outputs,) = self._session.run(
                ["outputs"], {"ids": _batch(ids), "present": _batch([1] * len(ids))}
            )
            rows.append([float(value) for value in outputs[0]])
        return rows

    def score(self, texts: Sequence[str]) -> list[Scores]:
        """Return the calibrated score of every category for each text."""
        return [
            {name: self._judged(name, value) for name, value in zip(CATEGORIES, row, strict=True)}
            for row in self.raw(texts)
        ]

    def band(self, category: str, value: float) -> str:
        """Return low, medium or high for a calibrated score."""
        review, priority = self.thresholds[category]
        return "high" if value >= priority else "medium" if value >= review else "low"

    def tuned(
        self,
        *,
        version: str,
        calibration: Mapping[str, Sequence[float]],
        thresholds: Mapping[str, Sequence[float]],
    ) -> Classifier:
        """Return the same network with other last numbers, under a version of its own."""
        other = copy.copy(self)
        other.version = version
        other.calibration = {**self.calibration, **calibration}
        other.thresholds = {**self.thresholds, **thresholds}
        return other

    def _judged(self, category: str, output: float) -> Score:
        value = calibrated(output, self.calibration[category])
        return Score(f"{CLASSIFIER}{category}", self.version, value, self.band(category, value))


def calibrated(output: float, calibration: Sequence[float]) -> float:
    """Return the score, from 0 to 1, of a network's output under a slope and a shift."""
    slope, shift = calibration
    return round(1 / (1 + math.exp(-max(-60.0, min(60.0, slope * output + shift)))), 4)


def _batch(numbers: list[int]) -> Any:
    import numpy

    return numpy.asarray([numbers], dtype=numpy.int64)


@lru_cache(maxsize=2)
def load(path: Path = DEFAULT_FILE) -> Classifier | None:
    """Return the model of a file, loaded once a process; None where it cannot be run.

    A missing file or package is a way to run the product, not an error: scores are then unknown.
    """
    if not path.is_file():
        return None
    try:
        return load_fresh(path)
    except ImportError:
        logger.info("classifier_not_installed")
    except Exception:
        # A damaged file must stop neither the pages nor the rules.
        logger.exception("classifier_unreadable")
    return None


def load_fresh(path: Path) -> Classifier:
    """Load a model; raises where `load` would answer None."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        path, sess_options=options, providers=["CPUExecutionProvider"]
    )
    stored = session.get_modelmeta().custom_metadata_map
    facts = json.loads(stored["facts"])
    if tuple(facts["categories"]) != CATEGORIES:
        message = f"The model scores {facts['categories']}, the product asks for {CATEGORIES}."
        raise ValueError(message)
    vocabulary = {word: number for number, word in enumerate(stored["vocabulary"].split("\n"))}
    return Classifier(session, vocabulary, facts)
