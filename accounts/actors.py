"""Who acts, and for which organisation: a person, an internal tool's token, or the system itself."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from accounts.enums import Permission
from audit.enums import ActorKind

if TYPE_CHECKING:
    from accounts.models import ApiToken, User


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of an act. Everything it sees and changes lies within one organisation."""

    kind: ActorKind
    id: UUID | None
    label: str
    organisation_id: UUID
    permissions: frozenset[Permission]
    user: "User | None" = None
    token: "ApiToken | None" = None

    def may(self, permission: Permission) -> bool:
        """Whether this actor holds `permission` in its organisation."""
        return permission in self.permissions


def system(organisation_id: UUID) -> Actor:
    """Return the console itself, acting for one organisation."""
    return Actor(
        kind=ActorKind.SYSTEM,
        id=None,
        label="Moderation console",
        organisation_id=organisation_id,
        permissions=frozenset(Permission),
    )
