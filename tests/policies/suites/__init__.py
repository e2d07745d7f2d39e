"""Sentences with which detection is measured, and the reading of them."""

from __future__ import annotations

from pathlib import Path

import yaml

HERE = Path(__file__).parent


def sentences(name: str) -> dict[str, list[str]]:
    """Return the sentences of one suite by clause or kind."""
    data = yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8"))
    return {key: list(texts) for key, texts in data["sentences"].items()}
