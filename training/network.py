"""The network: MiniLM with the lower half kept as it came, and one output per category."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as nnf

WIDTH = 384
INNER = 1_536
HEADS = 12
LAYERS = 6
FROZEN = 3
"""The lower layers are not trained: what they make of a text is worked out once and kept, which
makes a pass over the data three times cheaper on one core."""


def read_weights(path: Path) -> dict[str, Tensor]:
    """Read a file of weights in the safetensors form: a JSON header, then the numbers."""
    raw = path.read_bytes()
    (size,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + size])
    weights = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        start, end = (8 + size + offset for offset in entry["data_offsets"])
        weights[name] = torch.frombuffer(bytearray(raw[start:end]), dtype=torch.float32).reshape(
            entry["shape"]
        )
    return weights


class Layer(nn.Module):
    """One layer of a BERT-like encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.query_key_value = nn.Linear(WIDTH, 3 * WIDTH)
        self.attended = nn.Linear(WIDTH, WIDTH)
        self.first_norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.inner = nn.Linear(WIDTH, INNER)
        self.outer = nn.Linear(INNER, WIDTH)
        self.second_norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.dropout = nn.Dropout(0.1)

    def load(self, weights: Mapping[str, Tensor], prefix: str) -> None:
        """Take over the pretrained weights of the layer."""

        def both(name: str) -> tuple[Tensor, Tensor]:
            return weights[f"{prefix}{name}.weight"], weights[f"{prefix}{name}.bias"]

        parts = [both(f"attention.self.{name}") for name in ("query", "key", "value")]
        with torch.no_grad():
            self.query_key_value.weight.copy_(torch.cat([weight for weight, _ in parts]))
            self.query_key_value.bias.copy_(torch.cat([bias for _, bias in parts]))
            for module, name in (
                (self.attended, "attention.output.dense"),
                (self.first_norm, "attention.output.LayerNorm"),
                (self.inner, "intermediate.dense"),
                (self.outer, "output.dense"),
                (self.second_norm, "output.LayerNorm"),
            ):
                weight, bias = both(name)
                module.weight.copy_(weight)
                module.bias.copy_(bias)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Return the states after this layer; the mask is added to the attention."""
        batch, length, _ = states.shape
        shaped = self.query_key_value(states).view(batch, length, 3, HEADS, WIDTH // HEADS)
        query, key, value = shaped.permute(2, 0, 3, 1, 4)
        scores = query @ key.transpose(-1, -2) * (WIDTH // HEADS) ** -0.5 + mask
        mixed = (scores.softmax(-1) @ value).transpose(1, 2).reshape(batch, length, WIDTH)
        states = self.first_norm(states + self.dropout(self.attended(mixed)))
        inner = self.outer(nnf.gelu(self.inner(states)))
        return self.second_norm(states + self.dropout(inner))


class Lower(nn.Module):
    """Embeddings and the layers that are not trained."""

    def __init__(self, vocabulary: int) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, WIDTH)
        self.positions = nn.Embedding(512, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList([Layer() for _ in range(FROZEN)])

    def load(self, weights: Mapping[str, Tensor], kept: list[int]) -> None:
        """Take over the pretrained weights for the words that are kept."""
        with torch.no_grad():
            self.words.weight.copy_(weights["embeddings.word_embeddings.weight"][kept])
            positions = weights["embeddings.position_embeddings.weight"]
            self.positions.weight.copy_(
                positions + weights["embeddings.token_type_embeddings.weight"][0]
            )
            self.norm.weight.copy_(weights["embeddings.LayerNorm.weight"])
            self.norm.bias.copy_(weights["embeddings.LayerNorm.bias"])
        for number, layer in enumerate(self.layers):
            layer.load(weights, f"encoder.layer.{number}.")

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return the states of every token after the layers that are not trained."""
        places = torch.arange(ids.shape[1]).unsqueeze(0)
        states = self.norm(self.words(ids) + self.positions(places))
        for layer in self.layers:
            states = layer(states, mask)
        return states


class Upper(nn.Module):
    """The layers that are trained, the mean over tokens, and one output per category."""

    def __init__(self, categories: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList([Layer() for _ in range(LAYERS - FROZEN)])
        self.dropout = nn.Dropout(0.1)
        self.output = nn.Linear(WIDTH, categories)

    def load(self, weights: Mapping[str, Tensor]) -> None:
        """Take over the pretrained weights."""
        for number, layer in enumerate(self.layers, start=FROZEN):
            layer.load(weights, f"encoder.layer.{number}.")

    def forward(self, states: Tensor, present: Tensor) -> Tensor:
        """Return one number per category; the present tokens are 1, padding is 0."""
        mask = additive(present)
        for layer in self.layers:
            states = layer(states, mask)
        weight = present.unsqueeze(-1)
        pooled = (states * weight).sum(1) / weight.sum(1).clamp(min=1)
        return self.output(self.dropout(pooled))


class Whole(nn.Module):
    """Both halves, as exported: from token numbers to one number per category."""

    def __init__(self, lower: Lower, upper: Upper) -> None:
        super().__init__()
        self.lower = lower
        self.upper = upper

    def forward(self, ids: Tensor, present: Tensor) -> Tensor:
        """Return the outputs for token numbers and which of them are not padding."""
        weight = present.to(torch.float32)
        return self.upper(self.lower(ids, additive(weight)), weight)


def additive(present: Tensor) -> Tensor:
    """Return the mask that keeps padding out of the attention."""
    return (1.0 - present)[:, None, None, :] * -10_000.0
