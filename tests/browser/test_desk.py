"""The triage desk in a real browser: by keyboard alone, without scripts, and on a telephone."""

import re
import threading

import pytest
from django.db import connection
from django.urls import reverse

from moderation.models import Case
from tests.builders import comments_arrive
from tests.journeys.conftest import hmpps, make_world
from tests.journeys.world import example

__all__ = ["hmpps", "make_world"]

pytestmark = pytest.mark.django_db(transaction=True)


def in_the_background(work):
    """Do work in a thread of its own: the browser's driver keeps this one busy with its loop."""
    failures = []

    def run():
        try:
            work()
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert failures == []


def test_a_case_is_claimed_decided_and_reversed_by_keyboard(
    hmpps, ada, open_page, assert_accessible
):
    password = "correct horse battery staple"
    ada.user.set_password(password)
    ada.user.save()
    comment = hmpps.writes(example("hmpps", "personally-abusive-aimed"))
    hmpps.arrives()
    page = open_page("/")

    page.keyboard.press("Tab")
    page.get_by_label("Email").focus()
    page.keyboard.type(ada.user.email)
    page.get_by_label("Password").focus()
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queues/")
    assert_accessible(page)

    page.keyboard.press("n")
    page.wait_for_url("**/cases/**")
    assert_accessible(page)
    page.keyboard.press("2")
    page.keyboard.press("r")
    page.keyboard.type("It insults a colleague.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#actions")
    assert "Requested" in page.inner_text("#actions")
    assert hmpps.state(comment) == "live"

    in_the_background(hmpps.delivers)
    page.wait_for_selector("#actions:not([hx-get])", timeout=10_000)
    assert "Verified" in page.inner_text("#actions .govuk-tag").title()
    assert hmpps.state(comment) == "hidden"
    assert "Hide the comment: verified" in page.inner_text("#announcements")
    assert_accessible(page)

    page.keyboard.press("u")
    page.keyboard.type("Said in jest.")
    assert page.get_by_label("Why", exact=True).input_value() == "Said in jest."
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    in_the_background(hmpps.delivers)
    page.wait_for_selector("#actions:not([hx-get])", timeout=10_000)
    assert hmpps.state(comment) == "live"
    assert "No breach" in page.inner_text(".app-decision__outcome")


def test_the_first_screen_shows_the_comment_why_and_the_decision(
    channel, queues, published, now, ada, open_page
):
    comments_arrive(channel, *(f"Before {number}" for number in range(6)), now=now)
    comments_arrive(channel, "What a numpty", now=now)
    page = open_page(Case.objects.get().get_absolute_url(), height=900, user=ada.user)
    telephone = open_page(
        Case.objects.get().get_absolute_url(), width=375, height=760, user=ada.user
    )

    for selector in (
        ".app-comment--subject",
        ".app-reasons__because",
        "#id_outcome",
        "[value=next]",
    ):
        box = page.locator(selector).bounding_box()
        assert box["y"] + box["height"] <= 900, selector
    for selector in (".app-comment--subject .app-comment__text", "#reasons-title"):
        box = telephone.locator(selector).bounding_box()
        assert box["y"] + box["height"] <= 760, selector


def test_nothing_that_has_the_focus_lies_under_the_buttons(
    channel, queues, published, now, ada, open_page
):
    comments_arrive(channel, "What a numpty", now=now)
    page = open_page(Case.objects.get().get_absolute_url(), height=700, user=ada.user)
    page.keyboard.press("1")
    visited = set()

    for key in ("ArrowDown",) * 7 + ("Tab",) * 4:
        page.keyboard.press(key)
        at, covered = page.evaluate(
            """() => {
              const box = document.activeElement.getBoundingClientRect()
              const bar = document.querySelector('.app-decision__send').getBoundingClientRect()
              const inside = document.activeElement.closest('.app-decision__send')
              const name = document.activeElement.id || document.activeElement.textContent
              return [name, !inside && box.bottom > bar.top && box.top < bar.bottom]
            }"""
        )
        visited.add(at)
        assert not covered, at
    assert {"id_clause", "id_reason"} < visited


def test_the_whole_desk_works_without_scripts(
    channel, queues, published, now, ada, open_page, assert_accessible
):
    comments_arrive(channel, "What a numpty", now=now)
    page = open_page("/queues/", javascript=False, user=ada.user)

    page.locator("button:enabled", has_text="Claim the next case").click()
    page.locator(".app-outcome__label", has_text="No breach").click()
    page.get_by_label("Reason", exact=True).fill("Fair comment.")
    page.get_by_role("button", name=re.compile("Record decision")).click()

    assert "No breach" in page.inner_text(".app-decision__outcome")
    assert Case.objects.get().status == "decided"


def test_deleting_asks_once_more_and_one_key_answers(
    channel, queues, published, now, ada, open_page, assert_accessible
):
    comments_arrive(channel, "What a numpty", now=now)
    page = open_page(Case.objects.get().get_absolute_url(), user=ada.user)
    page.keyboard.press("4")
    page.keyboard.press("r")
    page.keyboard.type("It insults a colleague.")
    with page.expect_response(lambda response: response.status == 422):
        page.keyboard.press("Control+Enter")
    page.wait_for_selector(".app-decision--confirm")
    assert_accessible(page)

    page.keyboard.press("b")
    page.wait_for_selector("#id_reason")
    assert page.get_by_label("Reason", exact=True).input_value() == "It insults a colleague."
    page.keyboard.press("s")
    page.wait_for_selector(".app-decision--confirm")
    page.keyboard.press("Enter")

    page.wait_for_selector(".app-decision__outcome")
    assert "Delete" in page.inner_text(".app-decision__outcome")


def test_deleting_asks_once_more_without_scripts(channel, queues, published, now, ada, open_page):
    comments_arrive(channel, "What a numpty", now=now)
    page = open_page(
        Case.objects.get().get_absolute_url(), width=375, javascript=False, user=ada.user
    )
    page.locator(".app-outcome__label", has_text="Delete").click()
    page.get_by_label("Reason", exact=True).fill("It insults a colleague.")
    page.get_by_role("button", name=re.compile("Record decision")).click()

    page.get_by_role("button", name=re.compile("Yes, delete it")).click()

    assert "Delete" in page.inner_text(".app-decision__outcome")


def test_what_was_typed_survives_a_conflict(channel, queues, published, now, ada, ben, open_page):
    (item,) = comments_arrive(channel, "What a numpty", now=now)
    case = Case.objects.get(content_item=item)
    page = open_page(case.get_absolute_url(), user=ada.user)
    page.locator(".app-outcome__label", has_text="No breach").click()
    page.get_by_label("Reason", exact=True).fill("My long and careful reason.")
    ben.client.post(
        reverse("moderation:case_decide", args=[case.pk]),
        {"outcome": "no_breach", "reason": "Banter.", "revision": case.revision},
    )

    with page.expect_response(lambda response: response.status == 409):
        page.get_by_role("button", name=re.compile("Record decision")).click()

    assert "A colleague was faster" in page.inner_text("main")
    assert "My long and careful reason." in page.inner_text(".app-alert")


def test_new_cases_are_announced_without_moving_the_page(
    channel, queues, published, now, ada, open_page
):
    comments_arrive(channel, "What a numpty", now=now)
    page = open_page(reverse("moderation:queue_detail", args=[queues["main"].pk]), user=ada.user)
    in_the_background(lambda: Case.objects.update(opened_at="2099-01-01T00:00:00Z"))

    page.evaluate(
        "htmx.ajax('GET', document.getElementById('news').getAttribute('hx-get'), '#news')"
    )
    page.wait_for_selector("#news a")

    assert "1 more case has come in" in page.inner_text("#news")
    assert "1 more case has come in" in page.inner_text("#announcements")


@pytest.mark.parametrize("width", [375, 1280])
def test_every_page_of_the_desk_is_accessible_and_fits(
    channel, queues, published, now, ada, open_page, assert_accessible, width
):
    comments_arrive(channel, "What a numpty \u202eevil\u200b " + "word " * 900, now=now)
    comments_arrive(channel, "I will find you", "How do I apply", now=now, author="kim")
    case = Case.objects.get(headline="Insult")
    urls = [
        reverse("moderation:queue_list"),
        reverse("moderation:queue_detail", args=[queues["main"].pk]),
        f"{reverse('moderation:queue_detail', args=[queues['main'].pk])}?severity=low",
        case.get_absolute_url(),
        reverse("moderation:author_detail", args=[case.author_id]),
    ]

    for url in urls:
        page = open_page(url, width=width, user=ada.user)
        for fold in page.query_selector_all("main details:not([open]) > summary"):
            fold.click()
        assert_accessible(page)
