"""A plain model of the same examples: characters and words, logistic regression. What has to be beaten.

python -m training.baseline --data FOLDER [--model FILE.onnx]
"""

from __future__ import annotations

import argparse
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score
from sklearn.pipeline import make_pipeline, make_union

from policies.classifier.categories import CATEGORIES
from policies.classifier.model import load_fresh
from training.examples import gather


def main() -> None:
    """Print both models' figures on the development tenth, by category."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--model", type=Path, help="compare with this model")
    arguments = parser.parse_args()
    examples = gather(arguments.data)
    learning = [e for e in examples if not e.is_development]
    held_back = [e for e in examples if e.is_development]
    sets = {
        "everything": held_back,
        "public sets only": [e for e in held_back if e.source != "templates"],
    }
    outputs = {}
    if arguments.model:
        model = load_fresh(arguments.model)
        rows = model.score([e.text for e in held_back])
        outputs = {
            e.text: {n: s.value for n, s in r.items()}
            for e, r in zip(held_back, rows, strict=True)
        }
    print("category, set: items, breaches; average precision and area: plain, network; F1 at 0.5")
    for category in CATEGORIES:
        known = [e for e in learning if category in e.labels]
        plain = make_pipeline(
            make_union(
                TfidfVectorizer(
                    analyzer="char_wb", ngram_range=(2, 4), min_df=3, sublinear_tf=True
                ),
                TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True),
            ),
            LogisticRegression(C=4, max_iter=300, class_weight="balanced"),
        )
        plain.fit([e.text for e in known], [e.labels[category] for e in known])
        for name, everything in sets.items():
            part = [e for e in everything if category in e.labels]
            truth = [e.labels[category] for e in part]
            if not 0 < sum(truth) < len(truth):
                continue
            guesses = [plain.predict_proba([e.text for e in part])[:, 1]]
            if outputs:
                guesses.append([outputs[e.text][category] for e in part])
            cells = [
                f"{average_precision_score(truth, g):.3f} {roc_auc_score(truth, g):.3f}"
                f" {f1_score(truth, [value >= 0.5 for value in g]):.3f}"
                for g in guesses
            ]
            print(f"{category}, {name}: {len(part)}, {sum(truth)}; {'; '.join(cells)}", flush=True)


if __name__ == "__main__":
    main()
