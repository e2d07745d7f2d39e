"""What docs/reference says is what the code does: each page is written anew and compared."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize(
    ("command", "page"),
    [("describe_permissions", "permissions.md"), ("describe_states", "case-states.md")],
)
def test_reference_page_is_up_to_date(command, page):
    written = StringIO()

    call_command(command, stdout=written)

    committed = (REFERENCE / page).read_text(encoding="utf-8")
    assert committed == written.getvalue(), "The code moved on. Run: make docs"
