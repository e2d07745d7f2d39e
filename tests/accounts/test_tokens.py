"""API tokens: shown once, kept as a digest, usable until they expire or are revoked."""

from datetime import timedelta

import pytest

from accounts.actors import system
from accounts.enums import Permission
from accounts.models import ApiToken
from accounts.permissions import actor_for_token
from accounts.services import tokens
from audit.models import AuditEvent
from common.errors import NotPermitted

pytestmark = pytest.mark.django_db

SCOPES = [Permission.CONTENT_SUBMIT, Permission.CASE_READ]


@pytest.fixture
def issued(dev, now):
    return tokens.issue(
        name="Website", scopes=SCOPES, by=dev.actor, now=now, expires_at=now + timedelta(days=90)
    )


def test_secret_is_stored_nowhere(issued):
    token, secret = issued

    row = ApiToken.objects.values().get()
    assert not [value for value in row.values() if secret in str(value)]
    assert secret.startswith(token.prefix)
    assert not [event for event in AuditEvent.objects.values() if secret in str(event)]


def test_token_acts_for_its_organisation_with_its_scopes_and_no_more(issued, organisation, now):
    _, secret = issued

    actor = actor_for_token(tokens.find_usable(secret, now=now))

    assert actor.organisation_id == organisation.pk
    assert actor.permissions == set(SCOPES)
    assert actor.user is None


@pytest.mark.parametrize(("days", "usable"), [(0, True), (89, True), (90, False), (91, False)])
def test_token_works_until_it_expires(issued, now, days, usable):
    found = tokens.find_usable(issued[1], now=now + timedelta(days=days))

    assert (found is not None) is usable


def test_unknown_secret_finds_nothing(issued, now):
    for secret in ("", "mct_", issued[1][:-1], issued[1] + "a", issued[0].digest):
        assert tokens.find_usable(secret, now=now) is None


def test_revoked_token_is_dead_at_once_and_on_the_record(issued, dev, now):
    token, secret = issued

    tokens.revoke(token=token, by=dev.actor, now=now, reason="Leaked.")
    tokens.revoke(token=token, by=dev.actor, now=now, reason="Again.")

    assert tokens.find_usable(secret, now=now) is None
    event = AuditEvent.objects.get(type="token.revoked")
    assert (event.reason, event.target_id) == ("Leaked.", token.pk)


def test_last_use_is_noted_to_the_minute(issued, now):
    token, secret = issued

    for seconds in (0, 30, 59):
        tokens.find_usable(secret, now=now + timedelta(seconds=seconds))
    token.refresh_from_db()
    first = token.last_used_at
    tokens.find_usable(secret, now=now + timedelta(seconds=61))
    token.refresh_from_db()

    assert first == now
    assert token.last_used_at == now + timedelta(seconds=61)


def test_only_administrators_issue_and_revoke(issued, ada, ben, cara, now):
    for somebody in (ada, ben, cara):
        with pytest.raises(NotPermitted):
            tokens.issue(name="X", scopes=SCOPES, by=somebody.actor, now=now, expires_at=None)
        with pytest.raises(NotPermitted):
            tokens.revoke(token=issued[0], by=somebody.actor, now=now, reason="?")

    assert ApiToken.objects.get().revoked_at is None


def test_token_makes_no_tokens_and_revokes_none(dev, now, organisation):
    token, _ = tokens.issue(
        name="Master", scopes=list(Permission), by=dev.actor, now=now, expires_at=None
    )

    with pytest.raises(NotPermitted):
        tokens.issue(name="X", scopes=SCOPES, by=actor_for_token(token), now=now, expires_at=None)
    for actor in (actor_for_token(token), system(organisation.pk)):
        with pytest.raises(NotPermitted):
            tokens.revoke(token=token, by=actor, now=now, reason="?")

    assert ApiToken.objects.get() == token


def test_outsider_revokes_nothing_here(issued, eve, now):
    tokens.revoke(token=issued[0], by=eve.actor, now=now, reason="Mine.")

    assert tokens.find_usable(issued[1], now=now) == issued[0]
    assert not AuditEvent.objects.filter(type="token.revoked").exists()
