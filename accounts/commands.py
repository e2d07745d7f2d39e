"""What the commands of every app share: who acts, for which organisation, and secrets that are typed."""

import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.core.management.base import CommandError

from accounts.actors import Actor
from accounts.models import Membership, Organisation, User
from accounts.permissions import actor_for


def add_acting(parser: ArgumentParser) -> None:
    """Define the options that say who acts."""
    parser.add_argument(
        "--as",
        dest="acting",
        required=True,
        metavar="EMAIL",
        help="the person who does this, under whose name it is recorded",
    )
    add_organisation(parser)


def add_organisation(parser: ArgumentParser) -> None:
    """Define the option that says for which organisation."""
    parser.add_argument(
        "--organisation", metavar="SLUG", help="needed where the person has roles in several"
    )


def acting(email: str, slug: str | None) -> Actor:
    """Return the person of this address, acting for the organisation. Raises CommandError."""
    user = person(email)
    if not user.is_active:
        message = f"The account of {user} is switched off."
        raise CommandError(message)
    theirs = Organisation.objects.filter(
        pk__in=Membership.objects.current().filter(user=user).values("organisation_id")
    ).order_by("slug")
    known = ", ".join(theirs.values_list("slug", flat=True))
    found = list(theirs.filter(slug=slug) if slug else theirs)
    if len(found) > 1:
        message = (
            f"{user} has roles in several organisations. Add --organisation, one of: {known}."
        )
        raise CommandError(message)
    actor = actor_for(user, found[0].pk) if found else None
    if actor is None:
        where = f"in “{slug}”" if slug else "in any organisation"
        message = f"{user} has no role {where}." + (f" Theirs: {known}." if known else "")
        raise CommandError(message)
    return actor


def person(email: str) -> User:
    """Return the person of this address. Raises CommandError."""
    user = User.objects.filter(email__iexact=email.strip()).first()
    if user is None:
        message = f"Nobody with the address “{email}” is known. Use add_person first."
        raise CommandError(message)
    return user


def ask_secret(what: str) -> str:
    """Return a secret typed without being shown, or one line of standard input."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    return getpass(f"{what}: ")


def ask_password(whose: str) -> str:
    """Return a new password: typed twice, or one line of standard input. Raises CommandError."""
    password = ask_secret(f"Password for {whose}")
    if sys.stdin.isatty() and getpass("The same again: ") != password:
        message = "The two passwords differ. Nothing was changed."
        raise CommandError(message)
    return password


def reason_of(options: dict[str, Any]) -> str:  # Any: the options of a command
    """Return the reason that was given. Raises CommandError when it says nothing."""
    reason: str = options["reason"].strip()
    if not reason:
        message = "Say why with --reason: it is kept with the act."
        raise CommandError(message)
    return reason
