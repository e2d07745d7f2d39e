"""Calibrate, choose thresholds, and write one int8 file that holds all that running needs."""

from __future__ import annotations

import hashlib
import json
import logging
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from torch.nn import functional as nnf

from policies.classifier.categories import CATEGORIES
from policies.classifier.model import calibrated, load_fresh
from policies.classifier.wordpiece import WordPieces
from training.examples import Example
from training.network import Lower, Upper, Whole

logger = logging.getLogger("training")

REVIEW_FALSE_POSITIVES = 0.05
PRIORITY_FALSE_POSITIVES = 0.01
"""The two thresholds are the lowest scores that so few harmless development examples reach."""

LEAST_REVIEW = 0.35
LEAST_PRIORITY = 0.65
"""And they are never lower than these: the development examples are easier than real comments."""

MOST_BYTES = 25_000_000


def write(
    out: Path,
    *,
    lower: Lower,
    upper: Upper,
    tokenizer: Tokenizer,
    development: Sequence[Example],
    steps: int,
) -> None:
    """Export, quantise, calibrate the quantised model itself, and write the file."""
    whole = Whole(lower, upper).eval()
    with tempfile.TemporaryDirectory() as folder:
        plain, small = Path(folder) / "plain.onnx", Path(folder) / "small.onnx"
        _export(whole, plain)
        quantize_dynamic(
            plain, small, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        )  # fmt: skip
        network = onnx.load(small)
    facts: dict[str, object] = {
        "categories": list(CATEGORIES),
        "calibration": {name: [1.0, 0.0] for name in CATEGORIES},
        "thresholds": {name: [LEAST_REVIEW, LEAST_PRIORITY] for name in CATEGORIES},
        "steps": steps,
    }
    _save(network, out, tokenizer, facts)
    # What ships is what is calibrated: the int8 model, through the product's own code.
    raw = load_fresh(out).raw([example.text for example in development])
    calibration = _calibration(raw, development)
    facts["calibration"] = calibration
    scored = [_calibrated(calibration, row) for row in raw]
    facts["thresholds"], report = _thresholds(scored, development)
    facts["version"] = hashlib.sha256(
        network.SerializeToString() + json.dumps(facts, sort_keys=True).encode()
    ).hexdigest()[:12]
    _save(network, out, tokenizer, facts)
    size = out.stat().st_size
    logger.info("%s", "\n".join(report))
    logger.info("%s: %d bytes, version %s", out, size, facts["version"])
    if size > MOST_BYTES:
        raise SystemExit(f"The file has {size:,} bytes; the most is {MOST_BYTES:,}.")


def _calibrated(calibration: Mapping[str, Sequence[float]], row: Sequence[float]) -> list[float]:
    return [
        calibrated(value, calibration[name]) for name, value in zip(CATEGORIES, row, strict=True)
    ]


def _export(whole: Whole, path: Path) -> None:
    ids = torch.ones(2, 7, dtype=torch.long)
    present = torch.ones(2, 7, dtype=torch.long)
    torch.onnx.export(
        whole, (ids, present), str(path), dynamo=False, opset_version=17,
        input_names=["ids", "present"], output_names=["outputs"],
        dynamic_axes={"ids": {0: "texts", 1: "tokens"}, "present": {0: "texts", 1: "tokens"}},
    )  # fmt: skip


def _save(
    network: onnx.ModelProto, out: Path, tokenizer: Tokenizer, facts: dict[str, object]
) -> None:
    del network.metadata_props[:]
    onnx.helper.set_model_props(
        network, {"facts": json.dumps(facts, sort_keys=True), "vocabulary": _vocabulary(tokenizer)}
    )
    network.producer_name, network.producer_version = "moderation-console", ""
    onnx.save(network, out)


def _vocabulary(tokenizer: Tokenizer) -> str:
    """Return one word a line, in the order of their numbers."""
    vocabulary = tokenizer.get_vocab()
    return "\n".join(sorted(vocabulary, key=vocabulary.__getitem__))


def check_pieces(tokenizer: Tokenizer, examples: Sequence[Example]) -> None:
    """Refuse to export where the product's own tokeniser reads a text differently."""
    ours = WordPieces(tokenizer.get_vocab())
    for example in examples:
        if ours.encode(example.text) != tokenizer.encode(example.text).ids:
            raise SystemExit(f"The tokenisers disagree about: {example.text!r}")


def _calibration(raw: list[list[float]], development: Sequence[Example]) -> dict[str, list[float]]:
    """Fit, per category, the slope and shift that make outputs read as probabilities."""
    fitted = {}
    outputs = torch.tensor(raw)
    for column, name in enumerate(CATEGORIES):
        rows = [n for n, e in enumerate(development) if name in e.labels]
        x = outputs[rows, column]
        y = torch.tensor([float(development[n].labels[name]) for n in rows])
        slope = torch.ones((), requires_grad=True)
        shift = torch.zeros((), requires_grad=True)
        optimiser = torch.optim.LBFGS([slope, shift], lr=0.5, max_iter=100)

        def closure(
            x: torch.Tensor = x, y: torch.Tensor = y,
            slope: torch.Tensor = slope, shift: torch.Tensor = shift,
            optimiser: torch.optim.LBFGS = optimiser,
        ) -> torch.Tensor:  # fmt: skip
            optimiser.zero_grad()
            loss = nnf.binary_cross_entropy_with_logits(slope * x + shift, y)
            loss = loss + 0.001 * ((slope - 1) ** 2 + shift**2)
            loss.backward()
            return loss

        optimiser.step(closure)
        fitted[name] = [round(slope.item(), 4), round(shift.item(), 4)]
    return fitted


def _thresholds(
    scored: list[list[float]], development: Sequence[Example]
) -> tuple[dict[str, list[float]], list[str]]:
    chosen = {}
    report = ["category    yes    no  review recall false+  priority recall false+"]
    for column, name in enumerate(CATEGORIES):
        bad, good = (
            sorted(
                scored[n][column] for n, e in enumerate(development) if e.labels.get(name) == side
            )
            for side in (1, 0)
        )
        pair = []
        line = f"{name:<10} {len(bad):>4} {len(good):>5}"
        for share, least in (
            (REVIEW_FALSE_POSITIVES, LEAST_REVIEW),
            (PRIORITY_FALSE_POSITIVES, LEAST_PRIORITY),
        ):
            at = good[min(len(good) - 1, int(len(good) * (1 - share)))] if good else 1.0
            threshold = round(min(max(at, least), 0.99), 2)
            pair.append(threshold)
            recall = sum(value >= threshold for value in bad) / max(len(bad), 1)
            false = sum(value >= threshold for value in good) / max(len(good), 1)
            line += f"   {threshold:.2f} {recall:>7.1%} {false:>6.2%}"
        pair[1] = max(pair[1], min(pair[0] + 0.1, 0.99))
        chosen[name] = pair
        report.append(line)
    return chosen, report
