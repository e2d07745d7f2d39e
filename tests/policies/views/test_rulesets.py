"""Rule pages: every rule in plain sentences, who approved it, and what came before."""

import copy
from datetime import timedelta

import pytest
import time_machine
from bs4 import BeautifulSoup

from policies.enums import RuleSetStatus
from policies.models import Rule
from policies.presenters import rulesets as presenters
from policies.services import rulesets
from tests.conftest import NOW
from tests.factories.policies import DEFINITION, approve, publish

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def soup(answer):
    return BeautifulSoup(answer.content, "html.parser")


def text_of(answer):
    return soup(answer).main.get_text(" ", strip=True)


def test_the_list_names_who_published_and_who_approved(ada, published):
    text = text_of(ada.client.get("/rules/"))

    assert "Example guidelines Version 1 Published 5 Cara" in text
    assert "Cara, 18 Nov 2026, 10:00 Ben, 18 Nov 2026, 10:00 No date" in text


def test_the_list_shows_the_version_in_force_before_a_newer_draft(ada, cara, published):
    rulesets.draft(rule_set=published.rule_set, definition=DEFINITION, by=cara.actor, now=NOW)

    assert "Version 1 Published" in text_of(ada.client.get("/rules/"))


def test_the_list_is_empty_for_another_organisation(eve, published):
    assert "No rules yet" in text_of(eve.client.get("/rules/"))


def test_every_rule_is_there_in_a_sentence_at_its_own_anchor(ada, published):
    page = soup(ada.client.get(f"/rules/{published.pk}/"))

    for rule in Rule.objects.filter(version=published):
        article = page.find(id=rule.key)
        text = article.get_text(" ", strip=True)
        assert rule.sentence
        assert rule.sentence in text
        assert rule.because in text
        assert rule.get_severity_display() in text
        assert rule.get_recommend_display().lower() in text
        assert article.find_parent("section")["aria-labelledby"] == (
            f"clause-{rule.clause.reference}"
        )


def test_it_shows_groups_lists_by_size_and_examples(ada, published):
    text = text_of(ada.client.get(f"/rules/{published.pk}/"))

    assert "Personal attack · Recommended: hide · A person decides" in text
    assert "Goes to: needs reply" in text
    assert "Insults 2 terms" in text
    assert "Flagged What a numpty Not flagged What a day" in text
    assert "No warning is needed before a block." in text


def test_earlier_versions_stay_readable(ada, ben, cara, published):
    changed = copy.deepcopy(DEFINITION)
    changed["rules"][0]["name"] = "Rude word"
    later = NOW + timedelta(days=30)
    version = rulesets.draft(
        rule_set=published.rule_set, definition=changed, by=cara.actor, now=later
    )
    approve(version=version, editor=cara.actor, approver=ben.actor, now=later)
    rulesets.publish(version=version, by=cara.actor, now=later, review_on=NOW.date())

    new = ada.client.get(f"/rules/{version.pk}/")
    old = ada.client.get(f"/rules/{published.pk}/")

    assert "Rude word" in text_of(new)
    assert "18 November 2026" in text_of(new)
    assert "Rude word" not in text_of(old)
    assert "18 November 2026 to 18 December 2026" in text_of(old)
    assert soup(old).find("a", string="Version 2")["href"] == f"/rules/{version.pk}/"


def test_a_review_that_is_overdue_says_so(ada, ben, cara, published):
    version = rulesets.draft(
        rule_set=published.rule_set, definition=DEFINITION, by=cara.actor, now=NOW
    )
    approve(version=version, editor=cara.actor, approver=ben.actor, now=NOW)
    yesterday = NOW.date() - timedelta(days=1)
    rulesets.publish(version=version, by=cara.actor, now=NOW, review_on=yesterday)

    assert "17 November 2026 (overdue)" in text_of(ada.client.get("/rules/"))


def test_a_draft_is_readable_and_says_that_it_is_not_in_force(ada, cara, published):
    draft = rulesets.draft(
        rule_set=published.rule_set, definition=DEFINITION, by=cara.actor, now=NOW
    )

    text = text_of(ada.client.get(f"/rules/{draft.pk}/"))

    assert "Not approved yet" in text
    assert "Not published" in text


def test_another_organisation_does_not_find_it(eve, published):
    assert eve.client.get(f"/rules/{published.pk}/").status_code == 404


def test_it_is_read_only_for_whoever_only_reads(ada, cara, published):
    page = soup(ada.client.get(f"/rules/{published.pk}/"))

    assert page.main.find_all("form") == []
    assert cara.client.post(f"/rules/{published.pk}/").status_code == 405


def test_every_status_has_a_colour():
    assert set(presenters.STATUS_COLOURS) == set(RuleSetStatus)


def test_the_number_of_queries_does_not_grow(ada, published, django_assert_max_num_queries):
    ada.client.get(f"/rules/{published.pk}/")

    with django_assert_max_num_queries(13):
        ada.client.get(f"/rules/{published.pk}/")


def test_a_dated_version_says_on_which_days_it_judges(ada, cara, ben):
    dated = {**DEFINITION, "in_force": {"from": "2027-03-25", "until": "2027-05-06"}}
    version = publish(drafter=cara.actor, approver=ben.actor, now=NOW, definition=dated)

    text = text_of(ada.client.get(f"/rules/{version.pk}/"))

    assert "In force from 25 March 2027 until the end of 6 May 2027 (not today)" in text
