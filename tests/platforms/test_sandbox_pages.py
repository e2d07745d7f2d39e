"""The sandbox platform as people meet it."""

from datetime import UTC, datetime

import httpx2
import pytest
from bs4 import BeautifulSoup

from platforms.sandbox import seed, store
from platforms.sandbox.database import Database
from platforms.sandbox.server import running
from tests.platforms.test_sandbox_api import SEED


@pytest.fixture
def database(tmp_path):
    database = Database(tmp_path / "sandbox.sqlite3")
    with database.writing() as db:
        seed.load(db, SEED, now=datetime.now(UTC))
    return database


@pytest.fixture
def browser(database):
    with (
        running(database) as address,
        httpx2.Client(base_url=address, follow_redirects=True) as client,
    ):
        yield client


def soup(answer):
    return BeautifulSoup(answer.text, "html.parser")


def words(answer):
    return [p.get_text() for p in soup(answer).select(".comment .words")]


def test_a_visitor_finds_a_channel_a_post_and_its_comments(browser):
    home = soup(browser.get("/"))
    channel = soup(browser.get(home.find("a", string="The Office")["href"]))

    post = browser.get(channel.select_one(".cards a")["href"])

    assert words(post) == ["At what time?", "At nine."]


def test_an_invented_person_comments_edits_and_deletes(browser, database):
    written = browser.post(
        "/posts/p1/comments", data={"name": "Jo Marsh", "text": "Is there parking?"}
    )
    assert "Is there parking?" in words(written)
    with database.reading() as db:
        row = store.changes(db, "office", since=2, limit=10)[0]

    edited = browser.post(
        f"/comments/{row['id']}/edit", data={"as": row["author"], "text": "Is parking free?"}
    )
    assert "Is parking free?" in words(edited)
    deleted = browser.post(f"/comments/{row['id']}/delete", data={"as": row["author"]})

    assert "Is parking free?" not in words(deleted)
    assert soup(deleted).select_one("[role=status]").get_text() == "The comment is deleted."


def test_the_same_name_is_the_same_person(browser, database):
    for text in ("One", "Two"):
        browser.post("/posts/p1/comments", data={"name": " Jo  Marsh ", "text": text})

    with database.reading() as db:
        assert len({row["author"] for row in store.changes(db, "office", since=2, limit=9)}) == 1


def test_a_hidden_comment_is_seen_by_its_author_alone(browser, database):
    with database.writing() as db:
        store.act_on_comment(db, "hide", "c2")

    assert words(browser.get("/posts/p1")) == ["At what time?"]
    assert words(browser.get("/posts/p1?as=u1")) == ["At what time?"]
    assert words(browser.get("/posts/p1?as=u2")) == ["At what time?", "At nine."]


def test_replies_go_with_what_they_answer(browser, database):
    with database.writing() as db:
        store.act_on_comment(db, "delete", "c1")

    assert words(browser.get("/posts/p1")) == []


def test_a_warning_is_private(browser, database):
    with database.writing() as db:
        store.send_message(db, "warn", "c2", text="Please be kind.")

    assert "Please be kind." in browser.get("/posts/p1?as=u2").text
    assert "Please be kind." not in browser.get("/posts/p1").text
    assert "Please be kind." not in browser.get("/posts/p1?as=u1").text


def test_nobody_changes_what_somebody_else_wrote(browser):
    answer = browser.post("/comments/c2/edit", data={"as": "u1", "text": "Never"})

    assert answer.status_code == 403
    assert words(browser.get("/posts/p1")) == ["At what time?", "At nine."]


def test_a_blocked_person_is_told(browser, database):
    with database.writing() as db:
        store.block(db, "office", "u1")

    answer = browser.post("/posts/p1/comments", data={"as": "u1", "text": "Again"})

    assert answer.status_code == 403
    assert "is blocked by this channel" in answer.text
    assert "cannot comment" in browser.get("/posts/p1?as=u1").text


def test_what_people_write_is_never_markup(browser):
    nasty = '"><script>alert(1)</script><img src=x onerror=alert(1)>'

    answer = browser.post("/posts/p1/comments", data={"name": nasty, "text": nasty})

    assert not soup(answer).select("script, [onerror]")
    assert nasty in words(answer)


def test_pages_allow_nothing_but_their_own_style(browser):
    for path in ("/", "/channels/office", "/posts/p1", "/people/u1", "/faults", "/effects"):
        answer = browser.get(path)

        assert answer.status_code == 200
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert not soup(answer).select("script, style, [style]")
        labelled = {label["for"] for label in soup(answer).select("label")}
        fields = soup(answer).select("input:not([type=hidden]), textarea, select")
        assert {field["id"] for field in fields} == labelled


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}]
)
def test_another_sites_form_is_refused(browser, headers):
    answer = browser.post("/posts/p1/comments", data={"name": "A", "text": "B"}, headers=headers)

    assert answer.status_code == 403


def test_a_fault_is_made_and_cleared_by_hand(browser):
    form = {"act": "hide", "kind": "lose", "times": "2", "seconds": "0", "channel": ""}

    added = browser.post("/faults", data=form)
    assert browser.get("/api/faults").json()["faults"][0]["kind"] == "lose"
    browser.post("/faults/clear")

    assert "then closes the connection" in added.text
    assert browser.get("/api/faults").json()["faults"] == []


def test_the_record_shows_what_channels_did(browser, database):
    with database.writing() as db:
        store.act_on_comment(db, "hide", "c2")

    cells = [cell.get_text() for cell in soup(browser.get("/effects")).select("tbody td")]

    assert cells[1:] == ["office", "hide", "c2"]


@pytest.mark.parametrize(
    "path", ["/posts/none", "/channels/none", "/people/none", "/x", "/static/x"]
)
def test_what_is_not_there_is_said_kindly(browser, path):
    answer = browser.get(path)

    assert answer.status_code == 404
    assert "Go to the channels" in answer.text
