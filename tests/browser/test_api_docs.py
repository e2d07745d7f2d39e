"""The page that describes the API, drawn in a real browser under the content security policy."""

import pytest

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_description_is_drawn_and_nothing_is_refused(open_page, ada):
    page = open_page("/api/v1/docs/", user=ada.user)

    page.get_by_role("heading", name="Cases").wait_for()
    page.get_by_text("Decide a case", exact=True).click()
    page.get_by_text("Needs the scope case:decide.").wait_for()

    assert page.locator(".opblock").count() == 12


def test_without_scripts_the_files_are_still_there(open_page, ada):
    page = open_page("/api/v1/docs/", user=ada.user, javascript=False)

    assert page.get_by_role("link", name="OpenAPI 3.1 in YAML").is_visible()


def test_the_page_fits_a_telephone(open_page, ada):
    page = open_page("/api/v1/docs/", user=ada.user, width=375)

    page.get_by_role("heading", name="Cases").wait_for()
    too_wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")

    assert too_wide <= 0
