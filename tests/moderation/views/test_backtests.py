"""The pages of backtests: start, watch, cancel, read; and what strangers see of it."""

import copy

import pytest
from django.urls import reverse

from audit.models import AuditEvent
from moderation.models import Backtest, MeasureSettings
from moderation.services import backtests
from policies.services import drafts, rulesets
from tests.factories.policies import DEFINITION

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(published, cara, now):
    definition = copy.deepcopy(DEFINITION)
    definition["lists"]["insults"]["terms"] = ["muppet", "plonker"]
    definition["rules"][0]["examples"] = {"match": [], "no_match": ["What a day"]}
    return rulesets.draft(
        rule_set=published.rule_set, definition=definition, by=cara.actor, now=now
    )


@pytest.fixture
def begun(take_in, draft, cara, now):
    take_in("What a muppet", "What a numpty", "Good morning", "A <b>muppet</b> again")
    return backtests.start(version=draft, by=cara.actor, now=now)


@pytest.fixture
def finished(begun, now):
    backtests.advance(now=now)
    begun.refresh_from_db()
    assert not begun.is_running
    return begun


def words(page):
    return page.content.decode()


def test_a_comms_manager_starts_one_from_the_page_of_the_version(cara, draft, take_in):
    take_in("What a muppet")
    version = cara.client.get(reverse("policies:ruleset_detail", args=[draft.pk]))
    address = reverse("moderation:backtest_list", args=[draft.pk])
    assert address in words(version)

    answer = cara.client.post(
        reverse("moderation:backtest_start", args=[draft.pk]), {"days": "30", "scope": "changes"}
    )

    backtest = Backtest.objects.get()
    assert answer.url == reverse("moderation:backtest_detail", args=[backtest.pk])
    assert (backtest.days, backtest.started_by) == (30, cara.user)
    assert "0 of 1 text read" not in words(cara.client.get(answer.url))
    assert "Waiting for a worker" in words(cara.client.get(answer.url))


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"days": "0", "scope": "changes"}, "Enter at least 1 day"),
        ({"days": "soon", "scope": "changes"}, "Enter the days as a whole number"),
        ({"days": "30"}, "Choose which rules to run"),
        ({"days": "30", "scope": "some"}, "Choose which rules to run"),
    ],
)
def test_what_cannot_be_is_said_and_what_was_typed_stays(cara, draft, typed, said):
    answer = cara.client.post(reverse("moderation:backtest_start", args=[draft.pk]), typed)

    assert answer.status_code == 422
    assert said in words(answer)
    assert f'value="{typed["days"]}"' in words(answer)
    assert not Backtest.objects.exists()


def test_a_second_one_while_the_first_runs_is_refused_politely(cara, draft, begun):
    answer = cara.client.post(
        reverse("moderation:backtest_start", args=[draft.pk]), {"scope": "changes"}
    )

    assert answer.status_code == 422
    assert "is running already" in words(answer)
    assert Backtest.objects.count() == 1


def test_progress_is_a_fragment_for_htmx_and_a_page_without_scripts(cara, begun, now):
    chunk = backtests.hand_out(begun.pk, now=now, size=3)
    backtests.take(chunk, now=now)
    address = reverse("moderation:backtest_detail", args=[begun.pk])

    fragment = cara.client.get(address, headers={"HX-Request": "true"})
    page = cara.client.get(address)

    assert "3 of 4 texts read." in words(fragment)
    assert 'value="75"' in words(fragment)
    assert "<html" not in words(fragment)
    assert "HX-Refresh" not in fragment.headers
    assert "3 of 4 texts read." in words(page)
    assert "Cancel the backtest" in words(page)
    assert "Newly flagged" not in words(page)


def test_the_fragment_asks_for_the_page_once_it_is_over(cara, finished):
    address = reverse("moderation:backtest_detail", args=[finished.pk])

    fragment = cara.client.get(address, headers={"HX-Request": "true"})

    assert fragment.headers["HX-Refresh"] == "true"
    assert "hx-get" not in words(fragment)


def test_what_it_found_is_read_with_the_words_marked(cara, finished):
    page = words(cara.client.get(reverse("moderation:backtest_detail", args=[finished.pk])))

    assert "1 minute more" in page
    assert "one case for each text, and 1 minute for each case" in page
    assert page.count('<mark class="app-match"') == 3
    assert "A &lt;b&gt;" in page
    # What only unchanged rules flag was not counted, so no number may look as if it were.
    assert page.count(">Would flag</th>") == 1
    assert "4 rules answer exactly as in the version in force" in page
    assert "Careers" in page
    assert "Cancel the backtest" not in page


def test_examples_of_one_rule_and_of_a_rule_that_is_not(cara, finished):
    address = reverse("moderation:backtest_detail", args=[finished.pk])

    one = words(cara.client.get(address, {"new": "insult"}))
    none = cara.client.get(address, {"new": "no-such-rule", "gone": "<script>"})

    assert one.count('<mark class="app-match"') == 3
    assert none.status_code == 200
    assert "No text is newly flagged" in words(none)


def test_cancelling_by_page_keeps_the_part_that_was_read(cara, begun, now):
    backtests.take(backtests.hand_out(begun.pk, now=now, size=1), now=now)

    answer = cara.client.post(reverse("moderation:backtest_cancel", args=[begun.pk]), follow=True)

    assert "1 of 4 texts were read before it ended" in words(answer)
    again = cara.client.post(reverse("moderation:backtest_cancel", args=[begun.pk]), follow=True)
    assert "over already" in words(again)


def test_the_page_stays_when_the_draft_is_discarded(cara, draft, begun, now):
    drafts.discard(version=draft, reason="Not needed.", by=cara.actor, now=now)
    backtests.advance(now=now)

    page = words(cara.client.get(reverse("moderation:backtest_detail", args=[begun.pk])))

    assert "muppet" in page


def test_the_list_says_how_each_went(cara, draft, finished):
    page = words(cara.client.get(reverse("moderation:backtest_list", args=[draft.pk])))

    assert "All held comments, 1 rule that differs" in page
    assert reverse("moderation:backtest_detail", args=[finished.pk]) in page


def test_the_organisation_chooses_what_a_case_costs(cara, draft, take_in, now):
    take_in("What a muppet")
    answer = cara.client.post(
        reverse("moderation:measures_change", args=[draft.pk]),
        {"minutes_per_case": "90", "lowest_precision": "70"},
    )
    assert answer.status_code == 302
    backtest = backtests.start(version=draft, by=cara.actor, now=now)
    backtests.advance(now=now)

    page = words(cara.client.get(reverse("moderation:backtest_detail", args=[backtest.pk])))

    assert "About 1.5 hours more" in page
    assert MeasureSettings.objects.get().lowest_precision == 70
    assert AuditEvent.objects.filter(type="measures.changed").count() == 1


@pytest.mark.parametrize("minutes", ["0", "-1", "a while", "", "1e9", "NaN"])
def test_a_cost_that_cannot_be_is_refused(cara, draft, minutes):
    answer = cara.client.post(
        reverse("moderation:measures_change", args=[draft.pk]),
        {"minutes_per_case": minutes, "lowest_precision": "50"},
    )

    assert answer.status_code == 422
    assert "There is a problem" in words(answer)
    assert not MeasureSettings.objects.exists()


def test_a_moderator_reads_but_does_not_start_or_cancel(ada, draft, finished):
    page = ada.client.get(reverse("moderation:backtest_list", args=[draft.pk]))

    assert "Start the backtest" not in words(page)
    assert ada.client.get(finished.get_absolute_url()).status_code == 200
    for name, key in (("backtest_start", draft.pk), ("backtest_cancel", finished.pk)):
        assert ada.client.post(reverse(f"moderation:{name}", args=[key])).status_code == 403


def test_another_organisation_sees_nothing_of_it(eve, draft, finished):
    for name, key in (
        ("backtest_list", draft.pk), ("backtest_start", draft.pk), ("measures_change", draft.pk),
        ("backtest_detail", finished.pk), ("backtest_cancel", finished.pk),
    ):  # fmt: skip
        address = reverse(f"moderation:{name}", args=[key])
        assert eve.client.get(address).status_code in {404, 405}
        assert eve.client.post(address).status_code in {404, 405}
    assert Backtest.objects.count() == 1


def test_it_is_told_in_the_record_in_words(ben, finished):
    page = words(ben.client.get(reverse("audit:event_list")))

    assert "Began to try version 2 of a rule set on all held comments" in page
    assert "Finished the backtest: 4 texts read, 2 newly flagged, 1 no longer flagged" in page
