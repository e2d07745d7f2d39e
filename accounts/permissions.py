"""May they? Actors from people and tokens, and the check that views and services share."""

from uuid import UUID

from accounts.actors import Actor
from accounts.enums import Permission
from accounts.models import ApiToken, Membership, User
from accounts.roles import permissions_of
from audit.enums import ActorKind
from common.errors import NotPermitted

# After "Your role does not include".
IN_WORDS = {
    Permission.CONTENT_READ: "reading comments",
    Permission.CONTENT_SUBMIT: "handing in comments",
    Permission.CONTENT_IMPORT: "importing comments",
    Permission.REPORT_FILE: "reporting comments",
    Permission.CASE_READ: "reading cases",
    Permission.CASE_CLAIM: "claiming cases",
    Permission.CASE_DECIDE: "deciding cases",
    Permission.CASE_DECIDE_ESCALATED: "deciding cases in senior review",
    Permission.CASE_ESCALATE: "escalating cases",
    Permission.DECISION_REVERSE: "reversing decisions",
    Permission.CHANNEL_READ: "reading about channels",
    Permission.CHANNEL_MANAGE: "managing channels",
    Permission.DELIVERY_REPLAY: "trying actions again",
    Permission.RULES_READ: "reading rules",
    Permission.RULES_EDIT: "editing rules",
    Permission.RULES_APPROVE: "approving rules",
    Permission.AUDIT_READ: "reading the audit record",
    Permission.STATUS_READ: "reading the status page",
    Permission.MEMBERSHIP_MANAGE: "managing people’s roles",
    Permission.TOKEN_MANAGE: "managing API tokens",
}


def actor_for(user: User, organisation_id: UUID) -> Actor | None:
    """Return `user` acting for the organisation, or None when they have no role there."""
    roles = list(
        Membership.objects.current()
        .filter(user=user, organisation_id=organisation_id)
        .values_list("role", flat=True)
    )
    if not roles:
        return None
    return actor_with_roles(user, organisation_id, roles)


def actor_with_roles(user: User, organisation_id: UUID, roles: list[str]) -> Actor:
    """Return `user` acting for the organisation with roles already read."""
    return Actor(
        kind=ActorKind.PERSON,
        id=user.pk,
        label=user.name,
        organisation_id=organisation_id,
        permissions=permissions_of(roles),
        user=user,
    )


def actor_for_token(token: ApiToken) -> Actor:
    """Return the tool that holds `token`, with no more than the token's scopes."""
    return Actor(
        kind=ActorKind.TOKEN,
        id=token.pk,
        label=token.name,
        organisation_id=token.organisation_id,
        permissions=frozenset(Permission(scope) for scope in token.scopes),
        token=token,
    )


def check_may(actor: Actor, permission: Permission) -> None:
    """Raise NotPermitted unless the actor holds `permission`."""
    if not actor.may(permission):
        message = f"Your role does not include {IN_WORDS[permission]}."
        raise NotPermitted(message)
