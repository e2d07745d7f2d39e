"""Measured quality: what counts, with its number and interval, and blind samples that stay blind."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.urls import reverse

from common.errors import NotPermitted
from common.shares import Share
from moderation.enums import LabelAnswer, Stratum
from moderation.models import Case, ContentItem, Evaluation, Label, Sample
from moderation.presenters.quality import share
from moderation.services import casework, decisions, labelling, measures, quality
from policies.enums import Outcome
from policies.models import Clause, RuleSetVersion
from tests.builders import an_item, items_arrive

pytestmark = pytest.mark.django_db

YES, NO, UNSURE = LabelAnswer.YES, LabelAnswer.NO, LabelAnswer.UNSURE


@pytest.fixture
def standing_clock(now):
    """Pages read the clock: let it show the moment of the test."""
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def decide(channel, queues, published, ada, now):
    """Let a flagged comment arrive and be decided."""

    def act(text, outcome, clause="EX-01", at=now):
        item = an_item(text)
        items_arrive(channel, item, now=at)
        case = Case.objects.get(content_item__external_id=item.external_id)
        casework.claim(case=case, by=ada.actor, now=at)
        cited = Clause.objects.get(reference=clause) if clause else None
        ruling = decisions.Ruling(
            outcome, "Because.", uuid4().hex, clause=cited, message="We answer."
        )
        return decisions.record(case=case, by=ada.actor, ruling=ruling, now=at)

    return act


def of_rule(version, key, now):
    return next(rule for rule in quality.of_version(version, now=now).rules if rule.key == key)


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [(0, 0, 0, 1), (0, 20, 0, 0.161), (20, 20, 0.839, 1), (10, 20, 0.299, 0.701), (90, 100, 0.826, 0.945)],
)  # fmt: skip
def test_wilsons_interval_is_as_published(part, whole, low, high):
    found = Share(part, whole)

    assert (round(found.low, 3), round(found.high, 3)) == (low, high)


def test_few_are_not_enough_to_say_anything():
    assert share(Share(0, 0)) == "nothing judged yet"
    assert share(Share(19, 19)) == "not enough yet (n = 19)"
    assert share(Share(18, 20)) == "90\u00a0% (n = 20, 70\u00a0% to 97\u00a0%)"


@pytest.mark.parametrize(
    ("recommend", "clause", "outcome", "under", "answer"),
    [
        ("hide", "A", "hide", "A", True),
        ("hide", "A", "block", "A", True),
        ("hide", "A", "hide", "B", None),
        ("hide", "A", "no_breach", "", False),
        ("hide", "A", "reply", "", None),
        ("reply", "A", "reply", "", True),
        ("reply", "A", "no_reply", "", True),
        ("reply", "A", "no_breach", "", None),
        ("reply", "A", "hide", "A", True),
        ("escalate", "A", "no_breach", "", None),
    ],
)
def test_what_a_decision_says_about_a_flag(recommend, clause, outcome, under, answer):
    assert (
        quality.judged_right(
            recommend=recommend, clause=clause, outcome=outcome, decided_under=under
        )
        is answer
    )


def test_precision_comes_from_the_decisions_that_stand(decide, published, ada, now):
    decide("What a numpty", Outcome.HIDE)
    decide("You plonker", Outcome.NO_BREACH, clause=None)
    decide("A numpty again", Outcome.HIDE, clause="EX-03")
    taken_back = decide("Another numpty", Outcome.HIDE)
    decisions.reverse(
        decision=taken_back,
        by=ada.actor,
        reason="It was a joke.",
        submission_key=uuid4().hex,
        now=now,
    )

    rule = of_rule(published, "insult", now)

    assert rule.decided == Share(1, 3)
    assert rule.labelled == Share(0, 0)


def test_open_cases_and_other_texts_of_the_item_do_not_count(
    decide, channel, published, queues, now
):
    items_arrive(channel, an_item("What a numpty"), now=now)

    assert of_rule(published, "insult", now).decided == Share(0, 0)


def test_a_rule_that_got_worse_is_shown_and_a_few_wrong_flags_are_not_enough():
    assert quality.why_fell(Share(0, 19), Share(30, 30), 50) == ""
    assert "below 50 %" in quality.why_fell(Share(2, 30), Share(0, 0), 50)
    assert "lower than it was" in quality.why_fell(Share(60, 100), Share(95, 100), 50)
    assert quality.why_fell(Share(92, 100), Share(95, 100), 50) == ""
    assert quality.why_fell(Share(60, 100), Share(19, 19), 50) == ""


def test_the_owner_of_a_fallen_rule_sees_it_on_the_pages_of_rules(
    decide, published, cara, now, monkeypatch, standing_clock
):
    monkeypatch.setattr(quality, "ENOUGH", 3)
    for number in range(4):
        decide(f"A numpty early {number}", Outcome.HIDE, at=now - timedelta(days=40))
        decide(f"A numpty lately {number}", Outcome.NO_BREACH, clause=None)

    rule = of_rule(published, "insult", now)
    assert (rule.lately, rule.earlier) == (Share(0, 4), Share(4, 4))
    assert rule.fell
    assert quality.fallen(published.organisation_id, now=now) == {published.rule_set_id: 1}
    detail = reverse("moderation:quality_detail", args=[published.rule_set_id])
    rules = cara.client.get(reverse("policies:ruleset_list")).content.decode()
    page = cara.client.get(detail).content.decode()
    assert "flagged less precisely of late" in rules
    assert detail in rules
    assert "Cara, who owns these rules, should look at" in page


def test_criticism_is_measured_for_the_version_with_an_interval(published, cara, ben, now):
    found = quality.of_version(published, now=now)

    assert found.criticism.whole == len(quality.criticism()) >= 120
    assert found.criticism.part == 0
    assert found.criticism.high < 0.04


def test_a_version_that_acts_on_criticism_is_told_which_sentences(published, cara, ben, now):
    import copy

    from policies.services import rulesets
    from tests.factories.policies import DEFINITION

    harsh = copy.deepcopy(DEFINITION)
    harsh["lists"]["insults"]["terms"].append("toothless")
    draft = rulesets.draft(rule_set=published.rule_set, definition=harsh, by=cara.actor, now=now)

    found = quality.of_version(draft, now=now)

    sentences = next(rule for rule in found.rules if rule.key == "insult").criticism
    assert sentences
    assert all("toothless" in sentence.lower() for sentence in sentences)
    assert found.criticism.part == len(sentences)


# Blind samples


@pytest.fixture
def judged(take_in, published):
    """Thirty texts, of which ten are flagged."""
    texts = [f"What a numpty {n}" for n in range(10)] + [f"A good day {n}" for n in range(20)]
    return take_in(*texts)


@pytest.fixture
def sample(judged, published, cara, now):
    return labelling.draw(rule_set=published.rule_set, by=cara.actor, now=now, per_rule=5)


def answers(sample, **said):
    return {key: said.get(key, NO) for key in labelling.groups_of(sample)}


def test_a_sample_is_drawn_from_all_three_and_says_from_how_many(sample):
    strata = [item.stratum for item in sample.items.all()]

    assert {name: strata.count(name) for name in Stratum.values} == {
        "flagged": 10,
        "unflagged": 20,
        "rule": 5,
    }
    assert (sample.flagged, sample.unflagged) == (10, 20)
    flagged = set(Evaluation.objects.filter(is_flagged=True).values_list("revision_id", flat=True))
    assert {
        item.revision_id for item in sample.items.exclude(stratum=Stratum.UNFLAGGED)
    } == flagged


def test_every_text_has_the_same_chance(judged, published, cara, now):
    drawn = []
    for _ in range(60):
        one = labelling.draw(
            rule_set=published.rule_set, by=cara.actor, now=now, per_rule=0, flagged=0, unflagged=5
        )
        drawn += [item.revision_id for item in one.items.all()]

    counts = [drawn.count(revision) for revision in set(drawn)]
    # 300 draws of 20 texts: 15 each; far outside this range only by a fault.
    assert len(counts) == 20
    assert min(counts) >= 3
    assert max(counts) <= 35


def test_the_labeller_sees_words_and_context_and_nothing_else(sample, ada, cara, ben):
    address = reverse("moderation:label_next", args=[sample.rule_set_id])

    page = ada.client.get(address).content.decode()

    assert "We are recruiting." in page
    assert re.search(r"What a numpty \d|A good day \d", page)
    for hint in ("Insult", "app-match", "flagged", "EX-0", "stratum", "Medium", "insult"):
        assert hint not in page, hint
    assert page.count('value="no" checked') == 5


def test_labels_are_kept_and_the_next_text_follows(sample, ada):
    address = reverse("moderation:label_next", args=[sample.rule_set_id])
    task = labelling.next_for(sample, ada.actor)
    form = {f"group-{key}": "no" for key in labelling.groups_of(sample)}

    answer = ada.client.post(
        address, {**form, "group-attack": "yes", "sample": sample.pk, "revision": task.revision.pk}
    )

    assert answer.status_code == 302
    said = dict(Label.objects.values_list("group", "answer"))
    assert said == {
        "attack": "yes", "discrimination": "no", "threat": "no", "help": "no", "spam": "no",
    }  # fmt: skip
    following = labelling.next_for(sample, ada.actor)
    assert following.revision.pk != task.revision.pk
    assert following.left == task.left - 1


def test_an_answer_left_out_is_asked_for_and_the_others_stay(sample, ada):
    address = reverse("moderation:label_next", args=[sample.rule_set_id])
    task = labelling.next_for(sample, ada.actor)

    answer = ada.client.post(
        address,
        {"group-attack": "unsure", "sample": sample.pk, "revision": task.revision.pk},
    )

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Say whether the text breaches “Threat”." in page
    assert 'id="group-attack-unsure" name="group-attack" value="unsure" checked' in page
    assert task.revision.text in page
    assert not Label.objects.exists()


def test_two_people_label_a_text_and_nobody_twice(sample, ada, ben, sam, now):
    revision_id = labelling.next_for(sample, ada.actor).revision.pk

    def give(person):
        labelling.label(
            sample=sample,
            revision_id=revision_id,
            answers=answers(sample),
            by=person.actor,
            now=now,
        )

    give(ada)
    with pytest.raises(labelling.LabelRefused, match="labelled this text already"):
        give(ada)
    give(ben)
    with pytest.raises(labelling.LabelRefused, match="Two colleagues"):
        give(sam)
    assert Label.objects.count() == 10
    assert labelling.progress(sample) == (30, 1, 1)


def test_what_nobody_labelled_comes_first(sample, ada, ben, now):
    first = labelling.next_for(sample, ada.actor).revision.pk
    labelling.label(
        sample=sample, revision_id=first, answers=answers(sample), by=ada.actor, now=now
    )

    assert labelling.next_for(sample, ben.actor).revision.pk != first


def test_a_label_never_changes(sample, ada, now):
    task = labelling.next_for(sample, ada.actor)
    labelling.label(
        sample=sample, revision_id=task.revision.pk, answers=answers(sample), by=ada.actor, now=now
    )

    with pytest.raises(DatabaseError), transaction.atomic():
        Label.objects.update(answer="yes")


def label_all(sample, person, truth, now):
    while task := labelling.next_for(sample, person.actor):
        labelling.label(
            sample=sample,
            revision_id=task.revision.pk,
            answers=answers(sample, **truth(task.revision.text)),
            by=person.actor,
            now=now,
        )


def test_recall_and_precision_come_from_labels(sample, published, ada, now, monkeypatch):
    """8 of 10 flagged texts breach, and 5 of 20 unflagged ones do: 8 of 13 are found."""
    monkeypatch.setattr(quality, "ENOUGH", 10)

    def truth(text):
        number = int(text.split()[-1])
        is_breach = number < 8 if "numpty" in text else number < 5
        return {"attack": YES if is_breach else NO}

    label_all(sample, ada, truth, now)
    found = quality.of_version(published, now=now)

    assert found.recall.flagged == Share(8, 10)
    assert found.recall.missed == Share(5, 20)
    assert found.recall.value == pytest.approx(8 / 13)
    assert found.recall.low < 8 / 13 < found.recall.high
    labelled = next(rule for rule in found.rules if rule.key == "insult").labelled
    assert labelled.whole == 5


def test_disagreement_and_doubt_are_counted_apart(sample, published, ada, ben, now):
    label_all(sample, ada, lambda text: {"attack": YES}, now)
    label_all(sample, ben, lambda text: {"attack": NO}, now)

    rule = of_rule(published, "insult", now)

    assert (rule.labelled, rule.unclear) == (Share(0, 0), 5)


def test_a_small_sample_says_that_it_is_not_enough(sample, ada, cara, now):
    page = cara.client.get(
        reverse("moderation:quality_detail", args=[sample.rule_set_id])
    ).content.decode()

    assert "Not enough yet: at least 20 clearly labelled texts" in page
    assert "nothing judged yet" in page
    assert "sentences that must stay up: 0\u00a0%" in page


def test_drawing_asks_for_sensible_numbers_and_something_to_draw_from(published, cara, now):
    address = reverse("moderation:sample_draw", args=[published.rule_set_id])

    for numbers in ({"per_rule": "-1", "flagged": "5", "unflagged": "5"}, {"per_rule": "x"}):
        assert cara.client.post(address, numbers).status_code == 422
    empty = cara.client.post(address, {"per_rule": "5", "flagged": "5", "unflagged": "5"})

    assert "has not judged any comment yet" in empty.content.decode()
    assert not Sample.objects.exists()


def test_a_comms_manager_draws_by_page_and_moderators_label(judged, published, cara, ada):
    address = reverse("moderation:sample_draw", args=[published.rule_set_id])

    answer = cara.client.post(
        address, {"per_rule": "1", "flagged": "2", "unflagged": "3"}, follow=True
    )

    assert "A new sample is drawn" in answer.content.decode()
    assert Sample.objects.get().items.count() == 6
    assert ada.client.post(address, {}).status_code == 403
    label = reverse("moderation:label_next", args=[published.rule_set_id])
    assert cara.client.get(label).status_code == 403
    assert ada.client.get(label).status_code == 200
    with pytest.raises(NotPermitted):
        labelling.next_for(Sample.objects.get(), cara.actor)


def test_another_organisation_sees_and_labels_nothing(sample, eve, published, now):
    for name, key in (
        ("quality_detail", published.rule_set_id), ("sample_draw", published.rule_set_id),
        ("label_next", published.rule_set_id), ("quality_of_version", published.pk),
    ):  # fmt: skip
        address = reverse(f"moderation:{name}", args=[key])
        assert eve.client.get(address).status_code in {404, 405}
        assert eve.client.post(address).status_code in {404, 405}
    with pytest.raises(Sample.DoesNotExist):
        labelling.label(
            sample=sample,
            revision_id=ContentItem.objects.first().current_revision_id,
            answers=answers(sample),
            by=eve.actor,
            now=now,
        )
    with pytest.raises(NotPermitted):
        labelling.draw(rule_set=published.rule_set, by=eve.actor, now=now)
    assert not Label.objects.exists()


def test_the_organisation_decides_below_which_precision_it_is_told(published, cara, now):
    measures.change(minutes_per_case=1, lowest_precision=80, by=cara.actor, now=now)

    assert quality.of_version(published, now=now).lowest == 80
    assert RuleSetVersion.objects.get(pk=published.pk)
