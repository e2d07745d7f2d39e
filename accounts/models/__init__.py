"""Our own people and organisations."""

from accounts.models.membership import Membership
from accounts.models.organisation import Closure, OfficeHours, Organisation
from accounts.models.token import ApiToken
from accounts.models.user import User

__all__ = ["ApiToken", "Closure", "Membership", "OfficeHours", "Organisation", "User"]
