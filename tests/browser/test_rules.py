"""The rule editor in a real browser: by keyboard alone, without scripts, accessible at both widths."""

import pytest
from django.utils import timezone

from accounts.enums import RoleName
from policies.models import RuleSetVersion
from policies.services import drafts
from tests.factories.policies import publish

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def in_force(cara, ben):
    return publish(drafter=cara.actor, approver=ben.actor, now=timezone.now())


@pytest.fixture
def draft(in_force, cara):
    return drafts.start(source=in_force, by=cara.actor, now=timezone.now())


def tab_to(page, selector, presses=200):
    """Press Tab until the focus is where a click would go."""
    for _ in range(presses):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"The keyboard does not reach {selector} on {page.url}.")


def press(page, selector, *, stays=False):
    """Reach a link or button by keyboard and press it; most lead to another page."""
    tab_to(page, selector)
    if stays:
        page.keyboard.press("Enter")
        return
    with page.expect_navigation():
        page.keyboard.press("Enter")


def write(page, selector, text):
    """Reach a field by keyboard and type over what is in it."""
    tab_to(page, selector)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


@pytest.mark.parametrize("width", [375, 1280])
def test_the_pages_of_rules_are_accessible(
    open_page, assert_accessible, member, organisation, in_force, draft, width
):
    everything = member("Pat", organisation, *RoleName)
    page = open_page("/rules/", width=width, user=everything.user)
    paths = [
        "/rules/", f"/rules/{in_force.pk}/", f"/rules/{draft.pk}/", "/rules/import/",
        f"/rules/{draft.pk}/rules/new/", f"/rules/{draft.pk}/rules/edit/insult/",
        f"/rules/{draft.pk}/lists/", f"/rules/{draft.pk}/lists/lists/show/insults/",
        f"/rules/{draft.pk}/lists/lists/new/",
        f"/rules/{draft.pk}/lists/lists/term/insults/?term=numpty",
        f"/rules/{draft.pk}/try/", f"/rules/{draft.pk}/compare/",
    ]  # fmt: skip
    for path in paths:
        page.goto(path)
        assert_accessible(page)


def test_a_newcomer_builds_tries_and_publishes_a_rule_by_keyboard_alone(
    open_page, assert_accessible, cara, ben, in_force
):
    page = open_page("/rules/", user=cara.user)
    press(page, f"a[href='/rules/{in_force.pk}/']")
    press(page, "form[action$='/copy/'] button")
    draft = RuleSetVersion.objects.get(number=2)
    press(page, "a[href$='/rules/new/']")

    write(page, "#id_name", "Mocks the canteen")
    tab_to(page, "#id_when-new")
    page.keyboard.type("has one of these words")
    press(page, "button[value='add:when']", stays=True)
    page.wait_for_selector("#id_when-1-terms")
    page.wait_for_selector("#id_when-1-terms:focus")
    page.keyboard.type("soggy chips")
    press(page, "button[value='remove:when-0']", stays=True)
    page.wait_for_selector("#part-when-1", state="detached")
    assert page.input_value("#id_when-0-terms") == "soggy chips"
    assert page.input_value("#id_name") == "Mocks the canteen"
    write(page, "#id_because", "It mocks the canteen.")
    write(page, "#id_match", "Soggy chips again")
    write(page, "#id_no_match", "The chips were fine")
    press(page, ".app-button-row button[value='check']", stays=True)
    page.wait_for_selector(
        "text=Flag what others write when it has any of the words “soggy chips”."
    )
    assert "2 examples come out as written." in page.inner_text("#rule-editor")
    assert_accessible(page)
    press(page, "button[value='save']")
    page.wait_for_selector("text=Saved: Mocks the canteen.")

    press(page, "a[href$='/try/']")
    write(page, "#id_text", "Soggy chips, what a numpty")
    press(page, "form button.govuk-button", stays=True)
    page.wait_for_selector("text=Newly flagged by: Mocks the canteen.")
    assert page.inner_text("section[aria-labelledby=side-1] mark >> nth=0").startswith(
        "Soggy chips"
    )
    assert_accessible(page)

    page.goto(f"/rules/{draft.pk}/")
    write(page, "#id_summary", "Chips are a running joke.")
    press(page, "form[action$='/submit/'] button")
    page.wait_for_selector("text=It was sent for approval.")

    other = open_page(f"/rules/{draft.pk}/", user=ben.user)
    assert_accessible(other)
    press(other, "form[action$='/approve/'] button")
    other.wait_for_selector("text=You approved it.")

    page.goto(f"/rules/{draft.pk}/")
    press(page, "form[action$='/publish/'] button")
    page.wait_for_selector("text=It is in force")

    draft.refresh_from_db()
    in_force.refresh_from_db()
    assert (draft.status, in_force.status) == ("published", "retired")
    assert draft.rules.filter(key="mocks-the-canteen").exists()


def test_the_editor_works_without_scripts(open_page, cara, draft):
    page = open_page(f"/rules/{draft.pk}/rules/edit/insult/", user=cara.user, javascript=False)

    page.fill("#id_because", "Typed before.")
    page.select_option("#id_when-new", "link")
    page.click("button[value='add:when']")
    assert page.input_value("#id_because") == "Typed before."
    page.select_option("#id_when-1-denied", "yes")
    page.click("button[value='save']")

    draft.refresh_from_db()
    rule = next(rule for rule in draft.definition["rules"] if rule["key"] == "insult")
    assert rule["when"] == {
        "all": [{"words": {"list": "insults"}}, {"not": {"link": {"any": True}}}]
    }
    assert rule["because"] == "Typed before."
