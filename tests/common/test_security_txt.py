"""Where to report a weakness, for anybody who asks."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

pytestmark = pytest.mark.django_db


def test_anybody_reads_where_to_report_a_weakness(client, settings):
    settings.SECURITY_CONTACT = "mailto:security@example.gov.uk"

    answer = client.get("/.well-known/security.txt")

    lines = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert answer["Content-Type"].startswith("text/plain")
    assert lines["Contact"] == "mailto:security@example.gov.uk"
    assert lines["Canonical"].endswith("/.well-known/security.txt")
    expires = datetime.fromisoformat(lines["Expires"])
    assert timedelta(days=80) < expires - timezone.now() < timedelta(days=365)


def test_without_a_contact_there_is_no_file(client, settings):
    settings.SECURITY_CONTACT = ""

    assert client.get("/.well-known/security.txt").status_code == 404
