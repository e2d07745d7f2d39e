"""Word lists, texts tried out, versions compared, and rule sets as files."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from policies.editor import definition as edit
from policies.models import RuleSet, RuleSetVersion
from policies.services import drafts, transfer
from tests.policies.views.conftest import form_of, fresh, text_of

pytestmark = pytest.mark.django_db


def list_page(version, key="insults", act="show"):
    return f"/rules/{version.pk}/lists/lists/{act}/{key}/"


def words(version, key="insults"):
    return fresh(version).definition["lists"][key]["terms"]


def test_many_words_are_pasted_each_once(cara, draft):
    fields = form_of(cara.client.get(list_page(draft)), list_page(draft, act="save"))

    cara.client.post(
        list_page(draft, act="save"),
        fields | {"add": "wally\n\n  daft   apeth \nNUMPTY\nwally", "exceptions": "wally dog"},
    )

    assert words(draft) == ["numpty", "plonker", "wally", "daft apeth"]
    assert fresh(draft).definition["lists"]["insults"]["exceptions"] == ["wally dog"]


def test_what_is_known_of_a_word_is_kept_and_shown(cara, draft):
    url = list_page(draft, act="term") + "?term=numpty"
    fields = form_of(cara.client.get(url), url)

    cara.client.post(
        url,
        fields | {"endings": ["plural"], "note": "A fool", "reclaimed": "on", "innocent": "Fond"},
    )

    assert words(draft)[0] == {
        "term": "numpty", "forms": ["plural"], "note": "A fool", "reclaimed": True,
        "senses": {"innocent": "Fond"},
    }  # fmt: skip
    text = text_of(cara.client.get(list_page(draft)))
    assert "numptys" in text or "numpties" in text
    assert "Also reclaimed Innocent: Fond" in text


def test_a_list_in_use_says_by_which_rules_and_stays(cara, draft):
    seen = edit.digest_of(draft.definition["lists"]["insults"])

    answer = cara.client.post(list_page(draft, act="remove"), {"seen": seen}, follow=True)

    assert "This list cannot be removed: “Insult” uses it." in text_of(answer)
    assert "Used by Insult" in text_of(cara.client.get(list_page(draft)))
    assert "insults" in fresh(draft).definition["lists"]


def test_a_list_is_not_left_empty(cara, draft):
    fields = form_of(cara.client.get(list_page(draft)), list_page(draft, act="save"))

    answer = cara.client.post(
        list_page(draft, act="save"), fields | {"remove": ["numpty", "plonker"]}
    )

    assert answer.status_code == 422
    assert "A list needs at least one entry" in text_of(answer)
    assert words(draft) == ["numpty", "plonker"]


def test_a_list_changed_meanwhile_is_not_saved_over(cara, draft, now):
    fields = form_of(cara.client.get(list_page(draft)), list_page(draft, act="save"))
    node = draft.definition["lists"]["insults"]
    drafts.save_list(
        version=draft, section="lists", key="insults", node={**node, "terms": ["wally"]},
        seen=edit.digest_of(node), by=cara.actor, now=now,
    )  # fmt: skip

    answer = cara.client.post(list_page(draft, act="save"), fields | {"add": "mine"})

    assert answer.status_code == 409
    assert "Nothing was saved" in text_of(answer)
    assert form_of(answer, list_page(draft, act="save"))["add"].strip() == "mine"
    assert words(draft) == ["wally"]


def test_a_text_is_judged_by_draft_and_live_side_by_side(cara, draft, now):
    rule = draft.definition["rules"][0]
    when = {"all": [{"words": {"terms": ["chips"]}}, {"not": {"question": {}}}]}
    drafts.save_rule(
        version=draft, key="insult", rule={**rule, "when": when, "examples": {}},
        seen=edit.digest_of(rule), by=cara.actor, now=now,
    )  # fmt: skip

    answer = cara.client.post(f"/rules/{draft.pk}/try/", {"text": "Ch\u200bips, you numpty"})

    text = text_of(answer)
    assert "Newly flagged by: Insult." not in text
    assert "Both versions flag the same." in text
    assert "held Has any of the words “chips”" in text
    assert "held Is not a question" in text
    assert "unknown" in text
    assert "(flagged: numpty (Insult))" in text
    assert "(flagged: chips (Insult))" in text


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"text": ""}, "Paste a text to try"),
        ({"text": "x", "facts": "author.breaches"}, "is not a fact"),
        ({"text": "x" * 20_001}, "20000"),
    ],
)
def test_what_cannot_be_tried_is_told(ada, draft, fields, why):
    answer = ada.client.post(f"/rules/{draft.pk}/try/", fields)

    assert answer.status_code == 422
    assert why in text_of(answer)


def test_versions_are_compared_for_eyes_and_ears(ada, cara, published, draft, now):
    rule = draft.definition["rules"][0]
    drafts.save_rule(
        version=draft, key="insult", rule={**rule, "because": "It is rude."},
        seen=edit.digest_of(rule), by=cara.actor, now=now,
    )  # fmt: skip

    page = ada.client.get(f"/rules/{draft.pk}/compare/?with={published.pk}").content.decode()

    assert '<span class="govuk-visually-hidden">Version 1: </span>It insults somebody.' in page
    assert '<span class="govuk-visually-hidden">Version 2: </span>It is rude.</ins>' in page
    assert "1 rule changed." in page


def test_an_exported_version_comes_back_as_the_same_draft(cara, published, now):
    file = cara.client.get(f"/rules/{published.pk}/export/")

    answer = cara.client.post(
        "/rules/import/", {"file": SimpleUploadedFile("rules.yaml", file.content)}, follow=True
    )

    version = RuleSetVersion.objects.get(number=2)
    assert "is version 2 of Example guidelines, a draft" in text_of(answer)
    assert (version.status, version.definition, version.digest) == (
        "draft", published.definition, published.digest,
    )  # fmt: skip


def test_a_file_of_a_new_rule_set_brings_its_clauses(eve, published, now):
    transfer.import_draft(data=transfer.export(published).encode(), by=eve.actor, now=now)

    theirs = RuleSet.objects.visible_to(eve.actor).get()
    assert (theirs.key, theirs.versions.get().status) == ("example", "draft")
    assert RuleSet.objects.count() == 2


def test_a_bad_file_is_told_with_its_lines_and_changes_nothing(cara, published):
    data = transfer.export(published).replace("list: insults", "list: insulst").encode()

    answer = cara.client.post("/rules/import/", {"file": SimpleUploadedFile("rules.yaml", data)})

    text = text_of(answer)
    assert answer.status_code == 422
    assert "The file was not taken. Nothing has changed." in text
    assert "Line" in text
    assert "“insulst”, which does not exist" in text
    assert RuleSetVersion.objects.count() == 1


def test_another_organisation_finds_no_list_trial_comparison_or_file(eve, draft):
    for path in ("lists/", "lists/lists/show/insults/", "try/", "compare/", "export/",
                 "lists/lists/new/", "lists/lists/term/insults/?term=numpty"):  # fmt: skip
        assert eve.client.get(f"/rules/{draft.pk}/{path}").status_code == 404, path
    for path in ("try/", "lists/lists/save/insults/", "lists/lists/remove/insults/"):
        answer = eve.client.post(f"/rules/{draft.pk}/{path}", {"text": "x", "title": "x"})
        assert answer.status_code == 404, path
    assert words(draft) == ["numpty", "plonker"]
