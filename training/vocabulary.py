"""Leave out of the tokeniser what English comments never use, and renumber the rest."""

from __future__ import annotations

import json
from pathlib import Path

from tokenizers import Tokenizer

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def trimmed(path: Path, max_tokens: int) -> tuple[Tokenizer, list[int]]:
    """Return the tokeniser with fewer words, and the old number of each word that is kept."""
    definition = json.loads(path.read_text(encoding="utf-8"))
    vocabulary: dict[str, int] = definition["model"]["vocab"]
    kept = list(_SPECIAL)
    kept += [
        word for word in sorted(vocabulary, key=vocabulary.__getitem__)
        if word.isascii() and not word.startswith("[")
    ]  # fmt: skip
    definition["model"]["vocab"] = {word: number for number, word in enumerate(kept)}
    definition["padding"] = None
    definition["truncation"] = None
    definition["added_tokens"] = [
        token | {"id": kept.index(token["content"])}
        for token in definition["added_tokens"]
        if token["content"] in _SPECIAL
    ]
    special = definition["post_processor"].get("special_tokens", {})
    for entry in special.values():
        entry["ids"] = [kept.index(word) for word in entry["tokens"]]
    for name in ("cls", "sep"):
        if name in definition["post_processor"]:
            word, _ = definition["post_processor"][name]
            definition["post_processor"][name] = [word, kept.index(word)]
    tokenizer = Tokenizer.from_str(json.dumps(definition))
    tokenizer.enable_truncation(max_length=max_tokens)
    return tokenizer, [vocabulary[word] for word in kept]
