"""Which role may do what: the whole table on one screen."""

from accounts.enums import Permission, RoleName

P = Permission

READ = frozenset({P.CONTENT_READ, P.CASE_READ, P.CHANNEL_READ, P.RULES_READ, P.STATUS_READ})
MODERATE = READ | {P.CASE_CLAIM, P.CASE_DECIDE, P.CASE_ESCALATE, P.DECISION_REVERSE, P.REPORT_FILE}

ROLE_PERMISSIONS: dict[RoleName, frozenset[P]] = {
    RoleName.MODERATOR: frozenset(MODERATE),
    RoleName.SENIOR_REVIEWER: frozenset(MODERATE | {P.CASE_DECIDE_ESCALATED}),
    RoleName.COMMS_MANAGER: frozenset(READ | {P.RULES_EDIT, P.RULES_APPROVE, P.CONTENT_IMPORT}),
    RoleName.SUPERVISOR: frozenset(
        MODERATE
        | {P.CASE_DECIDE_ESCALATED, P.CONTENT_IMPORT, P.DELIVERY_REPLAY, P.AUDIT_READ, P.RULES_APPROVE}
    ),
    RoleName.RECORDS_OFFICER: frozenset(READ | {P.AUDIT_READ}),
    RoleName.ADMINISTRATOR: frozenset(
        READ
        | {
            P.CHANNEL_MANAGE, P.CONTENT_IMPORT, P.DELIVERY_REPLAY, P.MEMBERSHIP_MANAGE,
            P.TOKEN_MANAGE, P.AUDIT_READ,
        }
    ),
    RoleName.AUDITOR: frozenset(READ | {P.AUDIT_READ}),
}  # fmt: skip


def permissions_of(roles: list[str]) -> frozenset[P]:
    """Return everything that somebody with these roles may do."""
    return frozenset().union(*(ROLE_PERMISSIONS[RoleName(role)] for role in roles))
