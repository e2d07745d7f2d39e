"""The page of a shadow run: start it, read what differs, stop it."""

import copy
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from moderation.models import ShadowRun
from moderation.services import shadow
from policies.services import rulesets
from tests.factories.policies import DEFINITION, approve

pytestmark = pytest.mark.django_db


@pytest.fixture
def approved(published, cara, ben, now):
    changed = copy.deepcopy(DEFINITION)
    changed["lists"]["insults"]["terms"] = ["muppet", "plonker"]
    changed["rules"][0]["examples"] = {"match": [], "no_match": ["What a day"]}
    draft = rulesets.draft(rule_set=published.rule_set, definition=changed, by=cara.actor, now=now)
    return approve(version=draft, editor=cara.actor, approver=ben.actor, now=now)


@pytest.fixture
def address(approved):
    return reverse("moderation:shadow_detail", args=[approved.pk])


def words(page):
    return page.content.decode()


def test_a_comms_manager_starts_it_until_the_end_of_a_day(cara, approved, address):
    last = timezone.localdate() + timedelta(days=3)

    page = cara.client.post(f"{address}start/", {"ends_on": last.isoformat()}, follow=True)

    run = ShadowRun.objects.get()
    assert timezone.localtime(run.ends_at).date() == last + timedelta(days=1)
    assert timezone.localtime(run.ends_at).hour == 0
    assert "judges in shadow from now on" in words(page)
    assert "Start judging in shadow" not in words(page)
    assert "Stop now" in words(page)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Enter the last day"),
        ("soon", "Enter the last day as a real date"),
        ("2020-01-01", "in the future"),
        ("2999-12-31", "within three months"),
        ("9999-12-31", "within three months"),
    ],
)
def test_an_end_that_cannot_be_is_said(cara, address, typed, said):
    answer = cara.client.post(f"{address}start/", {"ends_on": typed})

    assert answer.status_code == 422
    assert said in words(answer)
    assert not ShadowRun.objects.exists()


def test_what_differs_is_counted_and_shown_with_the_words_marked(cara, approved, address, take_in):
    now = timezone.now()
    shadow.start(version=approved, ends_at=now + timedelta(days=2), by=cara.actor, now=now)
    take_in("What a muppet", "What a numpty", "Good morning", now=now)

    page = words(cara.client.get(address))

    assert page.count('<mark class="app-match"') == 2
    assert "Only in shadow" in page
    assert "live: 1" in page
    assert "Careers" in page


def test_stopping_by_page_twice_is_told_politely(cara, approved, address, now):
    moment = timezone.now()
    shadow.start(version=approved, ends_at=moment + timedelta(days=2), by=cara.actor, now=moment)

    first = cara.client.post(f"{address}stop/", follow=True)
    second = cara.client.post(f"{address}stop/", follow=True)

    assert "What it noted is kept" in words(first)
    assert "over already" in words(second)
    assert "Stopped" in words(second)


def test_a_draft_is_told_why_it_cannot(cara, published, now):
    draft = rulesets.draft(
        rule_set=published.rule_set, definition=DEFINITION, by=cara.actor, now=now
    )

    page = words(cara.client.get(reverse("moderation:shadow_detail", args=[draft.pk])))

    assert "while it is in review or approved" in page
    assert "Start judging in shadow" not in page


def test_moderators_read_it_and_strangers_do_not(ada, eve, approved, address):
    assert ada.client.get(address).status_code == 200
    for verb in ("start", "stop"):
        assert ada.client.post(f"{address}{verb}/").status_code == 403
        assert eve.client.post(f"{address}{verb}/").status_code == 404
    assert eve.client.get(address).status_code == 404
