"""Vendored front-end files are what `npm run vendor` wrote, without what only GOV.UK may use."""

import hashlib
import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VENDOR = ROOT / "static" / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())


@pytest.mark.parametrize("name", sorted(MANIFEST["sha256"]))
def test_a_vendored_file_has_its_recorded_hash(name):
    content = (VENDOR / name).read_bytes()

    assert hashlib.sha256(content).hexdigest() == MANIFEST["sha256"][name]


def test_every_vendored_file_is_recorded():
    found = {str(path.relative_to(VENDOR)) for path in VENDOR.glob("*/*/*") if path.is_file()}

    assert found == set(MANIFEST["sha256"])


def test_versions_agree_with_the_npm_manifest():
    wanted = json.loads((ROOT / "package.json").read_text())["devDependencies"]

    assert wanted == MANIFEST["packages"]


def test_the_lock_file_names_no_registry():
    assert '"resolved"' not in (ROOT / "package-lock.json").read_text()


@pytest.mark.parametrize("name", sorted(n for n in MANIFEST["sha256"] if n.endswith(".css")))
def test_a_vendored_stylesheet_refers_to_no_other_file(name):
    text = (VENDOR / name).read_text()

    assert "url(" not in text
    assert "GDS Transport" not in text
    assert "sourceMappingURL" not in text
