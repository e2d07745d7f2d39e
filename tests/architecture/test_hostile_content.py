"""Strangers' words on every page that shows them: read as words, whatever they try to be."""

import re
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse

from accounts.enums import RoleName
from moderation.models import Author, Case, ContentItem, Post
from moderation.services import casework, imports
from platforms.connectors.base import InboundAuthor, InboundItem, InboundPost
from platforms.models import Channel, ImportRun, OutboxMessage, RejectedRow
from tests.architecture.test_access import world
from tests.builders import items_arrive

__all__ = ["world"]

pytestmark = pytest.mark.django_db

SCRIPT = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}{% now %}'
TURNED = "Official\u202etnuocca \u2066\u200b"
EVIL_ADDRESSES = [
    "javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,<script>alert(1)</script>",
    "vbscript:x", "//evil.example/", "\tjavascript:alert(1)", "https://evil.example/\"onclick=\"x",
    "file:///etc/passwd", " https://evil.example", "",
]  # fmt: skip


def everything_of(client, case):
    """Return every page on which something of a case appears."""
    author = case.author_id
    paths = [
        "/queues/",
        reverse("moderation:queue_detail", args=[case.queue_id]),
        case.get_absolute_url(),
        f"{case.get_absolute_url()}?thread=whole",
        reverse("moderation:case_actions", args=[case.pk]),
        reverse("moderation:author_detail", args=[author]),
        "/channels/", reverse("platforms:channel_detail", args=[case.channel_id]),
        "/imports/", "/status/", "/audit/",
    ]  # fmt: skip
    return [(path, client.get(path)) for path in paths]


def check_harmless(path, answer):
    assert answer.status_code == 200, path
    page = BeautifulSoup(answer.content, "html.parser")
    for script in page.find_all("script"):
        assert urlsplit(script["src"]).path.startswith("/static/"), path
        assert not script.string, path
    for tag in page.find_all(True):
        assert not [name for name in tag.attrs if name.startswith("on") or name == "style"], path
        for name in ("src", "action", "hx-get", "hx-post", "formaction", "data", "srcset"):
            if tag.get(name):
                assert re.match(r"/(?!/)", tag[name]), (path, tag)
        if tag.get("href"):
            check_link(path, tag)
    assert "49{%" not in answer.content.decode(), path


def check_link(path, tag):
    address = urlsplit(tag["href"])
    if address.scheme or address.netloc:
        assert address.scheme in {"http", "https"}, (path, tag)
        if not (address.hostname or "").endswith(".gov.uk") and tag.name == "a":
            assert {"noopener", "noreferrer"} <= set(tag.get("rel", [])), (path, tag)
    assert not tag["href"].strip().lower().startswith(("javascript", "data", "vbscript")), path


@pytest.mark.slow
@pytest.mark.parametrize("evil", EVIL_ADDRESSES)
def test_nothing_of_a_stranger_runs_or_leads_astray(
    member, organisation, channel, queues, published, now, evil
):
    someone = member(SCRIPT[:60], organisation, *RoleName)
    post = InboundPost(external_id=SCRIPT, text=SCRIPT + TURNED, url=evil)
    author = InboundAuthor(SCRIPT, handle=SCRIPT, display_name=TURNED + SCRIPT, url=evil)
    item = InboundItem("c-1", f"numpty {SCRIPT}{TURNED}", author, post=post, url=evil)
    items_arrive(channel, item, now=now)
    case = Case.objects.get(organisation=organisation)
    Author.objects.update(url=evil)
    Channel.objects.update(name=SCRIPT, handle=SCRIPT, url=evil, last_error=SCRIPT)
    ContentItem.objects.update(url=evil)
    Post.objects.update(url=evil)
    casework.claim(case=case, by=someone.actor, now=now)
    someone.client.post(
        reverse("moderation:case_escalate", args=[case.pk]), {"reason": SCRIPT + TURNED}
    )
    ImportRun.objects.create(
        organisation=organisation, channel=channel, file_name=SCRIPT, digest="0" * 64,
        error=SCRIPT, status="failed", started_by=someone.user, started_at=now,
    )  # fmt: skip

    case.refresh_from_db()
    for path, answer in everything_of(someone.client, case):
        check_harmless(path, answer)
        assert "\u202e" not in answer.content.decode(), path


def test_what_a_platform_says_is_shown_as_words(member, organisation, world):
    someone = member("Someone", organisation, *RoleName)
    OutboxMessage.objects.update(status="dead", last_error=SCRIPT, next_attempt_at=None)

    answer = someone.client.get("/status/")

    check_harmless("/status/", answer)
    assert "alert(1)" in answer.content.decode()


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "\u00a0=1", "＝1+1", "＋1",
        "－1", "＠SUM", '"=1', "'=1", "\ufeff=1", "\u200b=1",
    ],
)  # fmt: skip
def test_no_spreadsheet_takes_a_rejected_row_for_a_formula(organisation, channel, now, cell):
    run = ImportRun.objects.create(
        organisation=organisation,
        channel=channel,
        file_name="a.csv",
        digest="0" * 64,
        started_at=now,
    )
    RejectedRow.objects.create(
        organisation=organisation, run=run, line=1, reason=cell, excerpt=cell
    )

    _header, (_line, reason, row) = imports.rejected_table(run=run)

    for value in (reason, row):
        assert value.endswith(cell)
        assert value.startswith("'")
