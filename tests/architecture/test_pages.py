"""Habits of templates and styles that the content security policy and the house style rest on."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLES = sorted((ROOT / "static" / "css").rglob("*.css"))
COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(|\bhsla?\(")


def name(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("template", TEMPLATES, ids=name)
def test_a_template_holds_no_inline_script_or_style(template):
    text = template.read_text()

    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert "<style" not in text
    assert not re.search(r"\s(style|on[a-z]+)=\"", text)
    assert "hx-on" not in text
    assert "javascript:" not in text


@pytest.mark.parametrize("template", TEMPLATES, ids=name)
def test_a_template_never_trusts_text(template):
    text = template.read_text()

    assert "|safe" not in text
    assert "autoescape off" not in text


@pytest.mark.parametrize("style", STYLES, ids=name)
def test_colours_are_written_in_tokens_only(style):
    if style.name == "tokens.css":
        return

    assert COLOUR.findall(style.read_text()) == []


def test_the_frame_loads_the_vendored_version():
    version = json.loads((ROOT / "static/vendor/manifest.json").read_text())["packages"]
    frame = (ROOT / "templates/base.html").read_text()

    assert set(re.findall(r"vendor/govuk-frontend/([\d.]+)/", frame)) == {
        version["govuk-frontend"]
    }


def test_every_stylesheet_that_a_template_names_exists():
    named = {
        path
        for template in TEMPLATES
        for path in re.findall(r"{% static '((?:css|js|img|vendor)/[^']+)'", template.read_text())
    }

    assert [path for path in sorted(named) if not (ROOT / "static" / path).is_file()] == []
