"""Tokens from the command line: shown once, for one organisation, for a while."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import ApiToken
from audit.models import AuditEvent

pytestmark = pytest.mark.django_db


def issue(**options):
    out, err = StringIO(), StringIO()
    arguments = {"organisation": "eps", "name": "Casework tool", "scopes": "case:read", **options}
    call_command("issue_token", stdout=out, stderr=err, **arguments)
    return out.getvalue().strip(), err.getvalue()


def test_a_token_is_printed_once_and_works(organisation):
    secret, about = issue(scopes="case:read, content:submit", days=30)

    token = ApiToken.objects.get()
    assert token.organisation == organisation
    assert token.scopes == ["case:read", "content:submit"]
    assert token.expires_at - token.issued_at == timedelta(days=30)
    assert secret not in about
    assert secret not in f"{token.digest}{token.prefix}"
    response = Client().get("/api/v1/cases/", headers={"Authorization": f"Bearer {secret}"})
    assert response.status_code == 200


def test_the_system_is_recorded_as_its_issuer(organisation):
    issue()

    event = AuditEvent.objects.get(type="token.issued")
    assert (event.actor_kind, event.organisation_id) == ("system", organisation.pk)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"organisation": "nowhere"}, "no organisation “nowhere”. Known: eps."),
        ({"scopes": "case:read,all"}, "Unknown scopes: all."),
        ({"scopes": ","}, "none given"),
        ({"days": 0}, "1 to 366 days"),
        ({"days": 367}, "1 to 366 days"),
        ({"name": " "}, "a name"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(organisation, options, sentence):
    with pytest.raises(CommandError, match=sentence.replace(".", r"\.")):
        issue(**options)

    assert ApiToken.objects.count() == 0
