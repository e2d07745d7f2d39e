"""The rule editor without scripts: every button sends the whole form, and nothing typed is lost."""

import copy

import pytest

from policies.editor import definition as edit
from policies.services import drafts
from tests.factories.policies import DEFINITION
from tests.policies.views.conftest import form_of, fresh, text_of

pytestmark = pytest.mark.django_db


def address(version, key="insult"):
    return f"/rules/{version.pk}/rules/edit/{key}/"


def rule_of(version, key="insult"):
    return edit.rule_of(fresh(version).definition, key)


def opened(client, version, key="insult"):
    url = address(version, key)
    return url, form_of(client.get(url), url)


def test_saving_what_was_opened_changes_nothing(cara, draft):
    url, fields = opened(cara.client, draft)

    answer = cara.client.post(url, {**fields, "do": "save"})

    assert answer.status_code == 302
    assert fresh(draft).definition == DEFINITION
    assert fresh(draft).digest == draft.digest


def test_a_condition_is_added_and_everything_typed_stays(cara, draft):
    url, fields = opened(cara.client, draft)
    fields |= {
        "name": "Rude name",
        "because": "Typed before",
        "when-new": "link",
        "do": "add:when",
    }

    answer = cara.client.post(url, fields)

    again = form_of(answer, url)
    assert answer.status_code == 200
    assert (again["name"], again["because"]) == ("Rude name", "Typed before")
    assert (again["when-count"], again["when-1-kind"], again["when-1-which"]) == (
        "2",
        "link",
        "any",
    )
    assert b"autofocus" in answer.content
    assert fresh(draft).definition == DEFINITION


def test_a_rule_is_changed_in_english_parts(cara, draft):
    url, fields = opened(cara.client, draft)
    fields = form_of(
        cara.client.post(url, fields | {"when-new": "question", "do": "add:when"}), url
    )

    answer = cara.client.post(
        url, fields | {"when-1-denied": "yes", "severity": "high", "do": "save"}
    )

    assert answer.status_code == 302, text_of(answer)
    rule = rule_of(draft)
    assert rule["when"] == {"all": [{"words": {"list": "insults"}}, {"not": {"question": {}}}]}
    assert rule["severity"] == "high"
    row = fresh(draft).rules.get(key="insult")
    assert (row.severity, row.sentence) == (
        "high",
        "Has any of the words in Insults, and is not a question.",
    )


def test_a_new_rule_gets_a_key_from_its_name(cara, draft):
    url = f"/rules/{draft.pk}/rules/new/"
    fields = form_of(cara.client.get(url), url)
    fields |= {
        "name": "Mocks the canteen",
        "because": "It mocks the canteen.",
        "when-0-kind": "phrases",
        "when-0-terms": "soggy chips\ngrey peas",
        "match": "The soggy chips again",
        "no_match": "Chips are fine",
        "do": "save",
    }

    answer = cara.client.post(url, fields)

    assert answer.status_code == 302, text_of(answer)
    rule = rule_of(draft, "mocks-the-canteen")
    assert rule["when"] == {"all": [{"words": {"terms": ["soggy chips", "grey peas"]}}]}
    assert rule["examples"] == {
        "match": ["The soggy chips again"],
        "no_match": ["Chips are fine"],
    }
    assert fresh(draft).rules.filter(key="mocks-the-canteen").exists()


def test_failing_examples_are_shown_with_why_and_the_draft_is_saved(cara, draft):
    url, fields = opened(cara.client, draft)

    answer = cara.client.post(
        url, fields | {"match": "Perfectly polite", "do": "save"}, follow=True
    )

    text = text_of(answer)
    assert "Saved, but 1 example comes out other than written" in text
    assert "Should have matched and did not." in text
    assert "did not hold Has any of the words in Insults" in text
    assert rule_of(draft)["examples"]["match"] == ["Perfectly polite"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"when-0-kind": "expert", "when-0-re2": "(open"}, "has a “(” without its “)”"),
        ({"when-0-kind": "expert", "when-0-re2": "a{1000}{1000}"}, "Condition 1"),
        ({"when-0-kind": "expert", "when-0-re2": "x*"}, "matches empty text"),
        ({"when-0-kind": "phrases", "when-0-terms": " "}, "Type at least one word or phrase."),
        ({"when-0-kind": "written", "when-0-yaml": "words: ["}, "This is not valid YAML"),
        ({"when-0-kind": "written", "when-0-yaml": "magic: {}"}, "magic"),
        ({"when-0-at_least": "many"}, "“many” is not a number"),
        ({"when-0-at_least": "1000"}, "should be between 1 and 99"),
        ({"when-count": "0"}, "Add at least one condition"),
        ({"name": ""}, "Give the rule a name"),
        ({"special": "match: ["}, "not valid YAML"),
    ],
)
def test_what_cannot_work_is_said_in_plain_words_before_saving(cara, draft, changes, why):
    url, fields = opened(cara.client, draft)

    answer = cara.client.post(url, fields | {"because": "My words"} | changes | {"do": "save"})

    assert answer.status_code == 422
    assert why in text_of(answer)
    assert form_of(answer, url)["because"] == "My words"
    assert fresh(draft).definition == DEFINITION


def test_a_contradiction_cannot_be_saved(cara, draft):
    url, fields = opened(cara.client, draft)
    fields |= {"when-new": "words", "do": "add:when"}
    fields = form_of(cara.client.post(url, fields), url)
    fields |= {"when-1-list": "insults", "when-1-denied": "yes", "do": "save"}

    answer = cara.client.post(url, fields)

    assert answer.status_code == 422
    assert "This rule can never match" in text_of(answer)
    assert "accept" not in form_of(answer, url)
    assert fresh(draft).definition == DEFINITION


def test_a_full_overlap_is_saved_only_by_somebody_who_has_read_it(cara, draft):
    url, fields = opened(cara.client, draft)
    fields |= {"when-0-list": "threats", "match": "", "no_match": "", "do": "save"}

    asked = cara.client.post(url, fields)
    assert asked.status_code == 422
    assert "“Threat” has exactly the same condition" in text_of(asked)
    assert fresh(draft).definition == DEFINITION
    page = asked.content.decode()
    accept = page.partition('name="accept" value="')[2].partition('"')[0]

    answer = cara.client.post(url, fields | {"accept": accept})

    assert answer.status_code == 302, text_of(answer)
    assert rule_of(draft)["when"] == {"words": {"list": "threats"}} or rule_of(draft)["when"] == {
        "all": [{"words": {"list": "threats"}}]
    }


def test_a_save_over_somebody_elses_is_refused_and_keeps_what_was_typed(cara, ben, draft, now):
    url, fields = opened(cara.client, draft)
    theirs = copy.deepcopy(rule_of(draft)) | {"because": "What Ben wrote."}
    dora = cara  # a second window of an editor is somebody else to the first
    drafts.save_rule(
        version=fresh(draft), key="insult", rule=theirs, seen=fields["seen"],
        by=dora.actor, now=now,
    )  # fmt: skip

    answer = cara.client.post(url, fields | {"because": "What I typed.", "do": "save"})

    assert answer.status_code == 409
    text = text_of(answer)
    assert "Somebody else saved this while you were editing it. Nothing was saved." in text
    assert "Saved by somebody else : What Ben wrote." in text.replace("else:", "else :")
    assert form_of(answer, url)["because"] == "What I typed."
    assert rule_of(draft)["because"] == "What Ben wrote."

    again = cara.client.post(url, form_of(answer, url) | {"do": "save"})

    assert again.status_code == 302
    assert rule_of(draft)["because"] == "What I typed."


def test_another_rule_saved_meanwhile_stands_in_nobodys_way(cara, draft, now):
    url, fields = opened(cara.client, draft)
    other = copy.deepcopy(rule_of(draft, "threat")) | {"because": "Changed meanwhile."}
    drafts.save_rule(
        version=fresh(draft), key="threat", rule=other,
        seen=edit.digest_of(rule_of(draft, "threat")), by=cara.actor, now=now,
    )  # fmt: skip

    answer = cara.client.post(url, fields | {"because": "Mine.", "do": "save"})

    assert answer.status_code == 302
    assert rule_of(draft)["because"] == "Mine."
    assert rule_of(draft, "threat")["because"] == "Changed meanwhile."


def test_what_was_typed_survives_a_draft_that_was_submitted_meanwhile(cara, draft, now):
    url, fields = opened(cara.client, draft)
    drafts.submit(version=draft, revision=1, summary="Done.", by=cara.actor, now=now)

    answer = cara.client.post(url, fields | {"because": "Too late.", "do": "save"})

    assert answer.status_code == 409
    assert "is in review by now, so it cannot be changed. Nothing was saved." in text_of(answer)
    assert form_of(answer, url)["because"] == "Too late."


def test_a_deep_condition_is_shown_whole_and_stays_intact(cara, draft, now):
    deep = {"words": {"list": "insults"}}
    for _ in range(9):
        deep = {"any": [deep, {"all": [{"question": {}}, {"link": {"any": True}}]}]}
    rule = {**rule_of(draft), "when": {"all": [deep, {"shouting": {"ratio": 0.55}}]}}
    drafts.save_rule(
        version=draft, key="insult", rule=rule, seen=edit.digest_of(rule_of(draft)),
        by=cara.actor, now=now,
    )  # fmt: skip
    url, fields = opened(cara.client, draft)
    assert "written" in [value for name, value in fields.items() if name.endswith("-kind")]

    cara.client.post(url, fields | {"severity": "low", "when-1-share": "60", "do": "save"})

    assert rule_of(draft)["when"] == {"all": [deep, {"shouting": {"ratio": 0.6}}]}


def test_examples_with_facts_are_kept_beside_the_plain_ones(cara, draft, now):
    special = {"text": "Once more", "signals": {"repeat.same_author": 4}}
    rule = {
        **rule_of(draft, "repeated"),
        "examples": {"match": [special], "no_match": ["Once", "Two\nlines"]},
    }
    drafts.save_rule(
        version=draft, key="repeated", rule=rule,
        seen=edit.digest_of(rule_of(draft, "repeated")), by=cara.actor, now=now,
    )  # fmt: skip
    url, fields = opened(cara.client, draft, "repeated")

    cara.client.post(url, fields | {"no_match": "Once\nTwice", "do": "save"})

    assert rule_of(draft, "repeated")["examples"] == {
        "match": [special],
        "no_match": ["Once", "Twice", "Two\nlines"],
    }


def test_a_published_rule_is_not_edited(cara, published):
    answer = cara.client.get(address(published))

    assert answer.status_code == 302
    assert answer.url == f"/rules/{published.pk}/#insult"


def test_a_rule_is_taken_out(cara, draft):
    seen = edit.digest_of(rule_of(draft))

    cara.client.post(f"/rules/{draft.pk}/rules/remove/insult/", {"seen": seen})

    assert rule_of(draft) is None
    assert not fresh(draft).rules.filter(key="insult").exists()


@pytest.mark.parametrize("who", ["ada", "ben", "eve"])
def test_only_editors_of_the_organisation_write_rules(request, draft, who):
    client = request.getfixturevalue(who).client
    expected = 404 if who == "eve" else 403

    for url in (address(draft), f"/rules/{draft.pk}/rules/new/"):
        assert client.get(url).status_code == expected
        assert client.post(url, {"do": "save"}).status_code == expected
    assert fresh(draft).definition == DEFINITION
