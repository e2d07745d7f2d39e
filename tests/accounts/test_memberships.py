"""Roles: given and taken by those who may, in their own organisation, on the record."""

import pytest

from accounts.actors import system
from accounts.enums import RoleName
from accounts.models import Membership
from accounts.permissions import actor_for
from accounts.services import memberships
from audit.models import AuditEvent
from common.errors import NotPermitted
from tests.factories.accounts import MembershipFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_role_counts_at_once_and_is_on_the_record(dev, organisation, now):
    user = UserFactory()

    membership = memberships.grant(user=user, role=RoleName.MODERATOR, by=dev.actor, now=now)

    assert actor_for(user, organisation.pk) is not None
    assert (membership.granted_by, membership.granted_at) == (dev.user, now)
    event = AuditEvent.objects.get()
    assert (event.type, event.target_id) == ("membership.granted", membership.pk)


def test_role_held_already_stays_as_it_is(dev, ada, now):
    again = memberships.grant(user=ada.user, role=RoleName.MODERATOR, by=dev.actor, now=now)

    assert Membership.objects.filter(user=ada.user).get() == again
    assert not AuditEvent.objects.exists()


def test_revoked_role_counts_no_more_and_stays_as_history(dev, ada, organisation, now):
    membership = Membership.objects.get(user=ada.user)

    memberships.revoke(membership=membership, by=dev.actor, now=now, reason="Left the team.")
    memberships.revoke(membership=membership, by=dev.actor, now=now, reason="Again.")

    membership.refresh_from_db()
    assert actor_for(ada.user, organisation.pk) is None
    assert (membership.revoked_by, membership.revoked_at) == (dev.user, now)
    assert [event.reason for event in AuditEvent.objects.all()] == ["Left the team."]


def test_revoked_role_can_be_given_again(dev, ada, organisation, now):
    membership = Membership.objects.get(user=ada.user)
    memberships.revoke(membership=membership, by=dev.actor, now=now, reason="By mistake.")

    memberships.grant(user=ada.user, role=RoleName.MODERATOR, by=dev.actor, now=now)

    assert actor_for(ada.user, organisation.pk) is not None


def test_last_administrator_cannot_be_taken_away(dev, member, organisation, now):
    membership = Membership.objects.get(user=dev.user)
    with pytest.raises(memberships.LastAdministrator):
        memberships.revoke(membership=membership, by=dev.actor, now=now, reason="Holiday.")
    inactive = UserFactory(is_active=False)
    MembershipFactory(user=inactive, organisation=organisation, role=RoleName.ADMINISTRATOR)
    with pytest.raises(memberships.LastAdministrator):
        memberships.revoke(membership=membership, by=dev.actor, now=now, reason="Holiday.")

    second = member("Dora", organisation, RoleName.ADMINISTRATOR)
    memberships.revoke(membership=membership, by=second.actor, now=now, reason="Retired.")

    membership.refresh_from_db()
    assert membership.revoked_at == now


def test_system_takes_no_role_away(dev, ada, organisation, now):
    with pytest.raises(memberships.OnlyAPerson):
        memberships.revoke(
            membership=Membership.objects.get(user=ada.user),
            by=system(organisation.pk),
            now=now,
            reason="?",
        )


@pytest.mark.parametrize("role", [role for role in RoleName if role != RoleName.ADMINISTRATOR])
def test_only_administrators_give_and_take_roles(member, organisation, role, now):
    somebody = member("Somebody", organisation, role)
    own = Membership.objects.get(user=somebody.user)

    with pytest.raises(NotPermitted):
        memberships.grant(
            user=somebody.user, role=RoleName.ADMINISTRATOR, by=somebody.actor, now=now
        )
    with pytest.raises(NotPermitted):
        memberships.revoke(membership=own, by=somebody.actor, now=now, reason="?")

    assert Membership.objects.filter(user=somebody.user).get().revoked_at is None
    assert not AuditEvent.objects.exists()


def test_outsider_takes_nothing_away_here(ada, eve, now):
    membership = Membership.objects.get(user=ada.user)

    memberships.revoke(membership=membership, by=eve.actor, now=now, reason="Mine.")

    membership.refresh_from_db()
    assert membership.revoked_at is None
    assert not AuditEvent.objects.exists()
