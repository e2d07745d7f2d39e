"""A body at work: its channel on a sandbox platform that really serves, its pack in force, its people.

Everything goes the way it goes in use: somebody writes on the platform, the channel is polled, the
published rules judge, people act on pages, the outbox delivers and reads back.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import uuid4

from bs4 import BeautifulSoup
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organisation
from audit.enums import AuditEventType
from audit.models import AuditEvent
from moderation import tasks
from moderation.models import Case, ContentItem, Evaluation, Flag
from platforms.enums import Platform
from platforms.models import Channel, OutboxMessage
from platforms.sandbox import seed, store
from platforms.sandbox.database import Database
from policies.models import Clause
from policies.services import packs
from tests.conftest import Member

TOKEN = "a-channel-of-the-sandbox"


@dataclass
class World:
    """What happens outside, and what the console makes of it."""

    organisation: Organisation
    platform: Database
    address: str
    pack: str
    channels: dict[str, Channel] = field(default_factory=dict)

    def open_channel(self, handle: str = "careers") -> Channel:
        """Open an official account on the sandbox and register it."""
        with self.platform.writing() as db:
            seed.add_channel(
                db,
                handle=handle,
                name=handle.title(),
                token=f"{TOKEN}-{handle}",
                now=timezone.now(),
            )
            seed.add_post(
                db,
                handle=handle,
                post_id=f"{handle}-post",
                text="We are recruiting.",
                published_at=timezone.now(),
            )
        self.channels[handle] = Channel.objects.create(
            organisation=self.organisation,
            platform=Platform.SANDBOX,
            name=handle.title(),
            slug=handle,
            external_id=handle,
            base_url=self.address,
            credentials={"token": f"{TOKEN}-{handle}"},
            next_poll_at=timezone.now(),
        )
        return self.channels[handle]

    # On the platform

    def writes(
        self, text: str, *, author: str = "kim", on: str = "careers", parent: str = ""
    ) -> str:
        """Have somebody comment under the channel's post; return the comment's id there."""
        person = {"id": author, "handle": f"{author}.example", "name": author.title()}
        with self.platform.writing() as db:
            return str(
                store.write_comment(
                    db, post_id=f"{on}-post", author=person, text=text, parent=parent
                )["id"]
            )

    def state(self, comment: str) -> str:
        """Return how a comment stands on the platform."""
        with self.platform.reading() as db:
            return str(store.comment(db, comment)["state"])

    def is_blocked(self, author: str, *, on: str = "careers") -> bool:
        """Return whether the channel blocks an author."""
        with self.platform.reading() as db:
            return store.is_blocked(db, on, author)

    def messages_to(self, author: str) -> list[dict[str, Any]]:
        """Return the private messages that an author got."""
        with self.platform.reading() as db:
            return store.messages_to(db, author)

    def effects(self, comment: str) -> int:
        """Return how often something was really done to a comment."""
        with self.platform.reading() as db:
            counts = store.effect_counts(db, where={"target": comment})
        return sum(row["count"] for row in counts)

    # In the background

    def arrives(self) -> None:
        """Poll every channel, and judge what came."""
        Channel.objects.update(next_poll_at=timezone.now())
        tasks.poll_channels()
        tasks.ingest()

    def delivers(self) -> None:
        """Send what waits in the outbox and read it back."""
        tasks.deliver()

    # In the console

    def case_of(self, comment: str) -> Case:
        """Return the newest case about a comment."""
        return Case.objects.filter(content_item__external_id=comment).latest("opened_at")

    def flags_of(self, comment: str) -> set[tuple[str, str]]:
        """Return what flagged a comment: clause and rule."""
        found = Flag.objects.filter(
            evaluation__revision__content_item__external_id=comment
        ).values_list("clause__reference", "rule__key")
        return set(found)

    def was_judged(self, comment: str) -> bool:
        """Whether the rules looked at a comment."""
        return Evaluation.objects.filter(revision__content_item__external_id=comment).exists()

    def item(self, comment: str) -> ContentItem:
        """Return a comment as the console knows it."""
        return ContentItem.objects.get(external_id=comment)

    def clause(self, reference: str) -> Clause:
        """Return a clause in force."""
        return Clause.objects.get(
            organisation=self.organisation, reference=reference, is_current=True
        )

    def decides(
        self, person: Member, case: Case, outcome: str, clause: str = "", **fields: Any
    ) -> HttpResponse:
        """Have somebody claim a case and send the decision form of its page."""
        person.client.post(reverse("moderation:case_claim", args=[case.pk]))
        data = {
            "outcome": outcome,
            "clause": self.clause(clause).pk if clause else "",
            "reason": "It goes against the guideline.",
            "submission_key": uuid4().hex,
            "revision": Case.objects.get(pk=case.pk).revision,
            "confirmed": "yes",
        }
        return person.client.post(
            reverse("moderation:case_decide", args=[case.pk]), {**data, **fields}
        )

    def acts(self, case: Case) -> list[tuple[str, str]]:
        """Return what was asked for and how far it came, in order."""
        actions = case.decisions.values_list("actions__kind", "actions__status")
        return [(kind, status) for kind, status in actions.order_by("actions__pk") if kind]

    def audited(self, case: Case) -> list[str]:
        """Return the types of the events on a case's record, in order."""
        events = AuditEvent.objects.of_case(case.pk).order_by("pk")
        return [str(kind) for kind in events.values_list("type", flat=True)]

    def decision_event(self, case: Case) -> AuditEvent:
        """Return the record of the last decision on a case."""
        return (
            AuditEvent.objects.of_case(case.pk)
            .filter(type=AuditEventType.DECISION_RECORDED)
            .latest("pk")
        )

    def outbox(self) -> list[str]:
        """Return the kinds of everything that was ever to be sent."""
        return list(OutboxMessage.objects.order_by("pk").values_list("kind", flat=True))


@cache
def shipped(pack: str) -> dict[str, Any]:
    """Return a pack that ships, read once."""
    return packs.load(pack)


def page(person: Member, case: Case) -> BeautifulSoup:
    """Return the page of a case as somebody sees it."""
    response = person.client.get(reverse("moderation:case_detail", args=[case.pk]))
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def words(soup: BeautifulSoup) -> str:
    """Return what a page says."""
    return " ".join(soup.get_text(" ").split())


def example(pack: str, rule: str, at: int = 0) -> str:
    """Return one of the texts that a rule of a shipped pack must match, from the pack itself."""
    for entry in shipped(pack)["rules"]:
        if entry["key"] == rule:
            texts = [text for text in entry["examples"]["match"] if isinstance(text, str)]
            return str(texts[at])
    message = f"The pack {pack} has no rule {rule}."
    raise LookupError(message)


def examples_by_clause(pack: str, clause: str) -> Iterator[tuple[str, str, str]]:
    """Yield group, rule and a text for every rule of a clause that judges the text alone."""
    for entry in shipped(pack)["rules"]:
        if entry["clause"] == clause and "inbound" in entry.get("directions", ["inbound"]):
            for text in entry["examples"]["match"]:
                if isinstance(text, str):
                    yield entry["group"], entry["key"], text
                    break
