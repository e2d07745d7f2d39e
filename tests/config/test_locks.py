"""The lock files: the larger sets hold the smaller ones, version for version."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def locked(name: str) -> set[str]:
    """The versions that a lock file names, without markers, hashes and comments."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return {
        line.split(" ;")[0].rstrip(" \\")
        for line in lines
        if line and not line.startswith((" ", "#"))
    }


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        ("requirements.txt", "requirements-classifier.txt"),
        ("requirements-classifier.txt", "requirements-dev.txt"),
        ("requirements-dev.txt", "requirements-checks.txt"),
    ],
)
def test_a_larger_set_holds_the_smaller_one(smaller, larger):
    assert locked(smaller) <= locked(larger)


@pytest.mark.parametrize("name", [path.name for path in ROOT.glob("requirements*.txt")])
def test_a_lock_file_has_hashes_and_names_no_registry(name):
    text = (ROOT / name).read_text(encoding="utf-8")

    assert "--hash=sha256:" in text
    assert "://" not in text
