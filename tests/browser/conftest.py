"""A real browser on the real pages: the machine's own Chromium, driven by Playwright."""

import re
import shutil

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Chromium reports a page answered as a conflict or an incomplete form as if it were missing.
POLITE = re.compile(r"status of (409|422) ")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def pytest_collection_modifyitems(items):
    """Everything in this folder needs a browser."""
    for item in items:
        if "tests/browser/" in item.path.as_posix():
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser():
    """One Chromium for the whole run."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("No Chromium on this machine: install the package chromium.")
    sync_api = pytest.importorskip("playwright.sync_api")
    # Playwright keeps an event loop in this thread; Django would refuse to use the database beside it.
    with pytest.MonkeyPatch.context() as patch, sync_api.sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser, live_server):
    """Return a function that opens a fresh page: `open_page("/", width=375, javascript=False)`.

    At the end of the test, anything the browser complained about fails it: a script error, a file
    that was not found, a breach of the content security policy.
    """
    contexts = []
    complaints = []

    def open_(path="/", *, width=1280, height=800, javascript=True, user=None):
        context = browser.new_context(
            base_url=live_server.url,
            viewport={"width": width, "height": height},
            java_script_enabled=javascript,
            reduced_motion="reduce",
        )
        contexts.append(context)
        if user is not None:
            context.add_cookies([session_cookie(user, live_server.url)])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text)
                if message.type == "error" and not POLITE.search(message.text)
                else None
            ),
        )
        page.goto(path)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints == []


def session_cookie(user, url):
    """Return the cookie of a session in which `user` is signed in."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user)
    return {
        "name": settings.SESSION_COOKIE_NAME,
        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
        "url": url,
    }


@pytest.fixture
def assert_accessible():
    """Return a function that fails on any accessibility violation axe can find, or a sideways scroll."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()

    def check(page):
        results = axe.run(page, options={"runOnly": RULES})
        violations = [
            (violation["id"], [node["html"][:200] for node in violation["nodes"]])
            for violation in results.response["violations"]
        ]
        assert violations == []
        too_wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert too_wide <= 0

    return check
