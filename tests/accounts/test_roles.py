"""Which role may do what, told a second time and by hand: a slip in the one does not fit the other."""

import pytest

from accounts.enums import Permission, RoleName
from accounts.permissions import actor_with_roles, check_may
from accounts.roles import ROLE_PERMISSIONS, permissions_of
from common.errors import NotPermitted
from tests.factories.accounts import UserFactory

ROLES = "moderator senior_reviewer comms_manager supervisor records_officer administrator auditor"
# One column for each role, in the order above.
TABLE = """
content:read           x x x x x x x
content:submit         . . . . . . .
content:import         . . x x . x .
report:file            x x . x . . .
case:read              x x x x x x x
case:claim             x x . x . . .
case:decide            x x . x . . .
case:decide_escalated  . x . x . . .
case:escalate          x x . x . . .
decision:reverse       x x . x . . .
channel:read           x x x x x x x
channel:manage         . . . . . x .
delivery:replay        . . . x . x .
rules:read             x x x x x x x
rules:edit             . . x . . . .
rules:approve          . . x x . . .
audit:read             . . . x x x x
status:read            x x x x x x x
membership:manage      . . . . . x .
token:manage           . . . . . x .
"""
ROWS = {row.split()[0]: row.split()[1:] for row in TABLE.strip().splitlines()}
CELLS = [
    (role, permission, mark == "x")
    for permission, marks in ROWS.items()
    for role, mark in zip(ROLES.split(), marks, strict=True)
]


def test_table_covers_every_role_and_every_permission():
    assert ROLES.split() == RoleName.values == [role.value for role in ROLE_PERMISSIONS]
    assert list(ROWS) == [permission.value for permission in Permission]


@pytest.mark.parametrize(("role", "permission", "may"), CELLS)
def test_role_may_do_what_the_table_says(role, permission, may):
    user = UserFactory.build()
    actor = actor_with_roles(user, user.pk, [role])

    assert actor.may(Permission(permission)) is may
    if may:
        check_may(actor, Permission(permission))
    else:
        with pytest.raises(NotPermitted):
            check_may(actor, Permission(permission))


def test_several_roles_add_up():
    both = permissions_of(["moderator", "administrator"])

    assert both == ROLE_PERMISSIONS[RoleName.MODERATOR] | ROLE_PERMISSIONS[RoleName.ADMINISTRATOR]
    assert permissions_of([]) == frozenset()


@pytest.mark.parametrize("role", [RoleName.AUDITOR, RoleName.RECORDS_OFFICER])
def test_those_who_only_read_change_nothing(role):
    assert {permission.value.split(":")[1] for permission in ROLE_PERMISSIONS[role]} == {"read"}
