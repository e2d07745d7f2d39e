"""Knowing before doing in a real browser: both widths, accessible, by keyboard, without scripts."""

import copy
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.enums import RoleName
from moderation.models import Backtest, Label, ShadowRun
from moderation.services import backtests, labelling, shadow
from policies.services import rulesets
from tests.factories.policies import DEFINITION, approve

pytestmark = pytest.mark.django_db(transaction=True)
WIDTHS = (375, 1280)
TEXTS = ("What a muppet", "What a numpty", "A <b>muppet</b> again, you plonker", "Good morning")


@pytest.fixture
def everybody(member, organisation):
    return member("Pat", organisation, *RoleName)


@pytest.fixture
def version(published, cara, ben, take_in):
    """An approved version in shadow, tried on held comments, and a blind sample of the live one."""
    now = timezone.now()
    changed = copy.deepcopy(DEFINITION)
    changed["lists"]["insults"]["terms"] = ["muppet", "plonker"]
    changed["rules"][0]["examples"] = {"match": [], "no_match": ["What a day"]}
    draft = rulesets.draft(rule_set=published.rule_set, definition=changed, by=cara.actor, now=now)
    approved = approve(version=draft, editor=cara.actor, approver=ben.actor, now=now)
    shadow.start(version=approved, ends_at=now + timedelta(days=3), by=cara.actor, now=now)
    take_in(*TEXTS, now=now)
    labelling.draw(rule_set=published.rule_set, by=cara.actor, now=now)
    return approved


@pytest.fixture
def finished(version, cara):
    backtest = backtests.start(version=version, by=cara.actor, now=timezone.now(), days=30)
    backtests.advance(now=timezone.now())
    return backtest


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "path",
    ["/rules/{version}/backtests/", "/rules/backtests/{backtest}/", "/rules/{version}/shadow/",
     "/rules/quality/{rule_set}/", "/rules/quality/{rule_set}/labels/", "/rules/"],
)  # fmt: skip
def test_a_page_is_accessible(
    open_page, assert_accessible, everybody, version, finished, path, width
):
    address = path.format(version=version.pk, backtest=finished.pk, rule_set=version.rule_set_id)

    page = open_page(address, width=width, user=everybody.user)

    assert_accessible(page)


@pytest.mark.parametrize("javascript", [True, False])
def test_a_backtest_is_started_watched_and_read(
    open_page, assert_accessible, cara, version, javascript
):
    page = open_page(f"/rules/{version.pk}/", javascript=javascript, user=cara.user)
    page.click("text=Try it on held comments")
    page.fill("#id_days", "0")
    page.click("button:has-text('Start the backtest')")
    assert "Enter at least 1 day" in page.inner_text(".govuk-error-summary")
    assert_accessible(page) if javascript else None
    page.fill("#id_days", "30")
    page.click("button:has-text('Start the backtest')")
    assert "Waiting for a worker" in page.inner_text("main")

    backtests.advance(now=timezone.now())
    if javascript:
        page.wait_for_selector("text=Newly flagged", timeout=10_000)
    else:
        page.click("text=Check again")

    assert "4 texts read" in page.inner_text("main")
    assert "muppet" in page.inner_text("mark >> nth=0")


def test_a_running_backtest_is_cancelled_by_keyboard(open_page, cara, version):
    backtest = backtests.start(version=version, by=cara.actor, now=timezone.now())
    page = open_page(backtest.get_absolute_url(), user=cara.user)

    page.focus("button:has-text('Cancel the backtest')")
    page.keyboard.press("Enter")

    page.wait_for_selector("text=Only a part was read")
    assert Backtest.objects.get().status == "cancelled"


def test_a_text_is_labelled_by_keyboard_alone(open_page, ada, version):
    page = open_page(f"/rules/quality/{version.rule_set_id}/labels/", user=ada.user)

    page.focus("#group-attack-no")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    page.focus("button:has-text('Save and show the next')")
    page.keyboard.press("Enter")

    page.wait_for_selector("text=3 texts are left for you")
    assert Label.objects.get(group="attack").answer == "yes"
    assert set(Label.objects.exclude(group="attack").values_list("answer", flat=True)) == {"no"}


def test_a_shadow_run_is_stopped_and_started_again_by_page(open_page, cara, version):
    page = open_page(f"/rules/{version.pk}/shadow/", user=cara.user, javascript=False)

    page.click("button:has-text('Stop now')")
    page.click("button:has-text('Start judging in shadow')")

    assert "Judging in shadow" in page.inner_text("main")
    assert ShadowRun.objects.count() == 2
