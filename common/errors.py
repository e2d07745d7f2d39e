"""Anticipated refusals."""


class DomainError(Exception):
    """A refusal that somebody can act on: a stable `code` and a sentence in plain English."""

    code = "refused"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class NotPermitted(DomainError):
    """The actor may see this but may not do it."""

    code = "not_permitted"


class InvalidTransition(DomainError):
    """The state does not allow this move."""

    code = "invalid_transition"
