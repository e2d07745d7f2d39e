"""A person at a browser: signs in, follows links, sends forms."""

import html
import re
from typing import Any, Self

import httpx2

INPUT = re.compile(r"<(?:input|button)\b[^>]*>")
NAME, VALUE = re.compile(r'\bname="([^"]*)"'), re.compile(r'\bvalue="([^"]*)"')
PATIENCE = httpx2.Timeout(30.0, connect=3.0)


class Browser:
    """One signed-in session with cookies of its own."""

    def __init__(self, console: str, *, email: str, password: str) -> None:
        self.console = console
        self.email, self.password = email, password
        self.client = httpx2.Client(
            base_url=console, follow_redirects=True, timeout=PATIENCE, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.client.close()

    def sign_in(self) -> None:
        """Fill in the sign-in page, to which the first page leads."""
        page = self.client.get("/")
        page.raise_for_status()
        answer = self.client.post(
            str(page.url),
            data={
                "csrfmiddlewaretoken": csrf_of(page.text),
                "login": self.email,
                "password": self.password,
            },
            headers={"Referer": str(page.url)},
        )
        answer.raise_for_status()
        if 'name="password"' in answer.text:
            message = f"{self.email} could not sign in."
            raise AssertionError(message)

    def post(self, path: str, token: str, **data: Any) -> httpx2.Response:
        """Send a form; the answer is not followed, so that what it says can be read."""
        return self.client.post(
            path,
            data={"csrfmiddlewaretoken": token, **data},
            headers={"Referer": f"{self.console}{path}"},
            follow_redirects=False,
        )


def csrf_of(page: str) -> str:
    """Return the token that a page's forms carry."""
    return fields_of(page)["csrfmiddlewaretoken"]


def fields_of(page: str) -> dict[str, str]:
    """Return the first value of each named input of a page."""
    found: dict[str, str] = {}
    for tag in INPUT.findall(page):
        name, value = NAME.search(tag), VALUE.search(tag)
        if name and value and name[1] not in found:
            found[name[1]] = html.unescape(value[1])
    return found
