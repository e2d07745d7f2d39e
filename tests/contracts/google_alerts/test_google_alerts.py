"""The Google Alerts connector keeps to the contract, against a feed really served."""

import contextlib
import time
from collections import deque
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path

import pytest
from werkzeug import Response

from platforms.connectors.base import (
    Access,
    ConnectorError,
    Gone,
    InvalidRequest,
    RateLimited,
    Transient,
)
from platforms.connectors.google_alerts.client import _is_html, refuse_unsafe
from platforms.connectors.google_alerts.connector import GoogleAlertsConnector
from platforms.connectors.google_alerts.normalise import digest, entries, target, to_text
from platforms.connectors.http import Answer, is_public
from platforms.enums import ContentKind
from tests.contracts.harness import Fault, Harness
from tests.contracts.suite import ConnectorContract, drain

FIXTURES = Path(__file__).parent / "fixtures"
SECRET_PATH = "/alerts/feeds/111/secret-222"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
STATUSES = {Fault.SERVER_ERROR: 500, Fault.THROTTLED: 429, Fault.REFUSED: 403}


def connector_for(httpserver, **options):
    access = Access("alert-1", credentials={"feed_url": httpserver.url_for(SECRET_PATH)})
    options.setdefault("allow_private_addresses", True)
    return GoogleAlertsConnector(access, clock=lambda: NOW, **options)


def serve(httpserver, name, **options):
    options.setdefault("content_type", "application/atom+xml; charset=UTF-8")
    body = (FIXTURES / name).read_bytes()
    httpserver.expect_request(SECRET_PATH).respond_with_data(body, **options)


def fetched(httpserver, name):
    serve(httpserver, name)
    connector = connector_for(httpserver)
    page = connector.fetch("")
    connector.close()
    return connector, page


class GoogleAlertsHarness(Harness):
    """A feed whose entries are written by the test."""

    faults = frozenset({*STATUSES, Fault.DOWN})

    def __init__(self, httpserver):
        self._server = httpserver
        self._entries: list[str] = []
        self._faults: deque[Fault] = deque()
        self._connectors: list[GoogleAlertsConnector] = []
        httpserver.expect_request(SECRET_PATH).respond_with_handler(self._answer)

    def make_connector(self):
        connector = connector_for(self._server)
        self._connectors.append(connector)
        return connector

    def seed_comment(self, text):
        number = len(self._entries)
        url = f"https://news.example/article?number={number}&lang=en"
        self._entries.insert(0, an_entry(number, url, text))
        return digest(url)

    def fail_next(self, fault, kind):
        self._faults.append(fault)

    def close(self):
        for connector in self._connectors:
            connector.close()

    def _answer(self, request):
        fault = self._faults.popleft() if self._faults else None
        if fault is Fault.DOWN:
            # Promises more than it sends, so that the connection ends in the middle.
            return Response("cut", headers={"Content-Length": "500"})
        if fault is not None:
            return Response("no", status=STATUSES[fault])
        etag = f'"{len(self._entries)}"'
        if request.headers.get("If-None-Match") == etag:
            return Response(status=304)
        feed = (FIXTURES / "empty_feed.xml").read_text()
        body = feed.replace("</feed>", "".join(self._entries) + "</feed>")
        return Response(body, content_type="application/atom+xml", headers={"ETag": etag})


def an_entry(number, url, text):
    wrapped = f"https://www.google.com/url?rct=j&url={url.replace('&', '%26')}&ct=ga"
    return (
        f"<entry><id>tag:google.com,2013:googlealerts/feed:{number}</id>"
        f'<title type="html">{escape(escape(text))}</title><link href="{escape(wrapped)}"/>'
        "<published>2026-11-20T09:14:05Z</published>"
        '<content type="html"></content><author><name></name></author></entry>'
    )


class TestGoogleAlerts(ConnectorContract):
    @pytest.fixture
    def harness(self, httpserver):
        harness = GoogleAlertsHarness(httpserver)
        yield harness
        harness.close()


def test_an_atom_entry_becomes_an_article(httpserver):
    connector, page = fetched(httpserver, "atom_feed.xml")

    (item,) = connector.normalise(page.events[0].payload)

    assert item.kind == ContentKind.ARTICLE
    assert item.url == "https://www.news.example/a?x=1&y=2"
    assert item.external_id == page.events[0].key == digest(item.url)
    assert item.author.display_name == "news.example"
    assert item.text == (
        "Report criticises Example Ombudsman & prison\n\n"
        "… Example Ombudsman said that it would reply."
    )
    assert item.published_at == datetime(2026, 11, 20, 9, 14, 5, tzinfo=UTC)
    assert item.address == {"alert": 'Google Alert - "Example Ombudsman"'}


def test_times_come_back_in_utc(httpserver):
    connector, page = fetched(httpserver, "atom_feed.xml")

    (item,) = connector.normalise(page.events[1].payload)

    assert item.published_at == datetime(2026, 11, 19, 17, tzinfo=UTC)


def test_an_rss_item_becomes_an_article(httpserver):
    connector, page = fetched(httpserver, "rss_feed.xml")

    (item,) = connector.normalise(page.events[0].payload)

    assert item.url == "https://news.example/report"
    assert item.text == "Report criticises Example Ombudsman\n\nExample Ombudsman said so."
    assert item.published_at == datetime(2026, 11, 20, 9, 14, 5, tzinfo=UTC)


def test_one_article_is_one_event_by_its_address_and_by_its_entry(httpserver):
    _, page = fetched(httpserver, "atom_two_entries_one_article.xml")

    assert [event.key for event in page.events] == [digest("https://news.example/visits")]


def test_an_entry_keeps_its_key_when_its_address_changes(httpserver):
    _, first = fetched(httpserver, "atom_two_entries_one_article.xml")
    httpserver.clear()
    body = (FIXTURES / "atom_two_entries_one_article.xml").read_text()
    moved = body.replace("news.example/visits", "news.example/moved")
    httpserver.expect_request(SECRET_PATH).respond_with_data(moved)

    second = connector_for(httpserver).fetch(first.cursor)

    assert [event.key for event in second.events] == [event.key for event in first.events]


def test_links_that_lead_nowhere_are_refused_one_by_one(httpserver):
    connector, page = fetched(httpserver, "atom_odd_links.xml")

    *odd, good = page.events

    assert len(odd) == 4
    for event in odd:
        with pytest.raises(ValueError, match="does not lead to a web page"):
            connector.normalise(event.payload)
    assert connector.normalise(good.payload)[0].url == "https://news.example/good"


def test_an_unchanged_feed_is_not_sent_again(httpserver):
    serve(httpserver, "atom_feed.xml", headers={"ETag": '"v1"', "Last-Modified": "Fri, 20 Nov"})
    connector = connector_for(httpserver)
    _, cursor = drain(connector)
    httpserver.clear()
    httpserver.expect_request(
        SECRET_PATH, headers={"If-None-Match": '"v1"', "If-Modified-Since": "Fri, 20 Nov"}
    ).respond_with_data(status=304)

    page = connector.fetch(cursor)

    assert page.events == ()
    assert page.cursor == cursor


def test_what_can_be_read_of_a_broken_feed_is_read(httpserver):
    connector, page = fetched(httpserver, "broken_off.xml")

    assert connector.normalise(page.events[0].payload)[0].url.startswith("https://www.news")


@pytest.mark.parametrize(
    ("name", "error", "match"),
    [
        ("entities.xml", Transient, "document type"),
        ("robot_check.html", RateLimited, "check for robots"),
        ("README.md", Transient, "neither Atom nor RSS"),
    ],
)
def test_what_is_no_feed_is_refused(httpserver, name, error, match):
    serve(httpserver, name)

    with pytest.raises(error, match=match):
        connector_for(httpserver).fetch("")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-7", "utf-32"])
def test_a_document_type_cannot_hide_in_an_encoding(httpserver, encoding):
    text = (FIXTURES / "entities.xml").read_text().replace("utf-8", encoding)
    httpserver.expect_request(SECRET_PATH).respond_with_data(text.encode(encoding))

    with pytest.raises(Transient, match=r"encoding|neither"):
        connector_for(httpserver).fetch("")


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (404, {}, Gone),
        (410, {}, Gone),
        (500, {}, Transient),
        (429, {}, RateLimited),
        (503, {"Retry-After": "60"}, RateLimited),
        (302, {"Location": "https://www.google.com/sorry/index?q=x"}, RateLimited),
        (301, {"Location": "https://elsewhere.example/"}, InvalidRequest),
    ],
)
def test_failures_say_what_to_do_and_never_the_address(httpserver, status, headers, error):
    httpserver.expect_request(SECRET_PATH).respond_with_data("", status=status, headers=headers)
    connector = connector_for(httpserver)

    with pytest.raises(error) as caught:
        connector.fetch("")

    assert "secret" not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)


def test_a_check_for_robots_is_left_alone_for_hours(httpserver):
    serve(httpserver, "robot_check.html", content_type="text/html")

    with pytest.raises(RateLimited) as caught:
        connector_for(httpserver).fetch("")

    assert caught.value.until == NOW + timedelta(hours=6)


def test_a_body_beyond_the_bound_is_not_read(httpserver):
    body = b"<feed>" + b" " * (3 * 1024 * 1024)
    httpserver.expect_request(SECRET_PATH).respond_with_data(body)

    with pytest.raises(Transient):
        connector_for(httpserver).fetch("")


def test_private_addresses_are_refused_unless_settings_allow_them(httpserver):
    serve(httpserver, "atom_feed.xml")

    with pytest.raises(Transient, match="could not be reached"):
        connector_for(httpserver, allow_private_addresses=False).fetch("")

    assert httpserver.log == []


@pytest.mark.parametrize("url", ["", "ftp://feeds.example/x", "file:///etc/hosts"])
def test_only_web_addresses_are_read(url):
    connector = GoogleAlertsConnector(Access("alert-1", credentials={"feed_url": url}))

    with pytest.raises(ConnectorError, match="https://"):
        connector.fetch("")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("8.8.8.8", True),
        ("2a00:1450:4009:80b::200e", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:127.0.0.1", False),
        ("224.0.0.1", False),
        ("not an address", False),
    ],
)
def test_which_addresses_are_public(address, expected):
    assert is_public(address) is expected


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        (
            "https://www.google.com/url?rct=j&url=https://a.example/%3Fq%3D1%26r%3D2&ct=ga",
            "https://a.example/?q=1&r=2",
        ),
        ("https://www.google.co.uk/url?q=https://a.example/", "https://a.example/"),
        (
            "https://a.example/url?url=https://b.example/",
            "https://a.example/url?url=https://b.example/",
        ),
        ("https://google.com.evil.example/url?url=https://b.example", None),
        ("https://www.google.com/url?url=data:text/html,x", ""),
        ("https://[broken/", ""),
        ("", ""),
    ],
)
def test_targets_are_unwrapped_without_following(link, expected):
    assert target(link) == (link if expected is None else expected)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("plain", "plain"),
        ("a <b>match</b> here", "a match here"),
        ("fish &amp; chips &lt;3", "fish & chips <3"),
        ("one<br>two<p>three</p>", "one\ntwo\nthree"),
        ("<style>p{}</style>seen<script>unseen</script>", "seen"),
        ("said&nbsp;so", "said so"),
        ("<<<&#xD800;", "<<<\ufffd"),
    ],
)
def test_markup_becomes_words(markup, text):
    assert to_text(markup) == text


def test_an_entry_without_anything_does_not_stop_the_rest():
    feed = (FIXTURES / "empty_feed.xml").read_bytes().replace(b"</feed>", b"<entry/></feed>")

    assert len(list(entries(feed))) == 1


@pytest.mark.parametrize(
    "content",
    [b"<!---->" * 500 + b"x", b"<!--" * 400_000, b"<?xml" + b" encoding=" * 150_000, b" " * 1_500_000],
    ids=["many comments", "comments without an end", "an endless declaration", "nothing"],
)  # fmt: skip
def test_a_feed_made_to_be_slow_is_looked_through_at_once(content):
    answer = Answer(200, {"content-type": "application/xml"}, content)

    started = time.perf_counter()
    found = _is_html(answer)
    with contextlib.suppress(Transient):
        refuse_unsafe(answer)

    assert not found
    assert time.perf_counter() - started < 2
