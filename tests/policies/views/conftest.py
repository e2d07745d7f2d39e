"""Drafts and forms as a browser sends them."""

import pytest
from bs4 import BeautifulSoup

from policies.models import RuleSetVersion
from policies.services import drafts


@pytest.fixture
def draft(published, cara, now):
    """A draft begun from the version in force."""
    return drafts.start(source=published, by=cara.actor, now=now)


def form_of(answer, action):
    """Return the fields of the form with this action as a browser would send them, buttons aside."""
    page = BeautifulSoup(answer.content, "html.parser")
    form = page.find("form", action=action, method="post")
    assert form is not None, f"no form for {action}"
    fields = {}
    for field in form.find_all(["input", "select", "textarea"]):
        name = field.get("name")
        if not name or name == "csrfmiddlewaretoken":
            continue
        if field.name == "textarea":
            fields[name] = field.get_text().removeprefix("\n")
        elif field.name == "select":
            options = field.find_all("option")
            chosen = [o["value"] for o in options if o.has_attr("selected")]
            fields[name] = chosen[0] if chosen else (options[0]["value"] if options else "")
        elif field.get("type") in ("checkbox", "radio"):
            if field.has_attr("checked"):
                fields.setdefault(name, []).append(field.get("value", "on"))
        else:
            fields[name] = field.get("value", "")
    return fields


def text_of(answer):
    """Return the words of a page."""
    return BeautifulSoup(answer.content, "html.parser").main.get_text(" ", strip=True)


def fresh(version):
    """Return a version as it is in the database."""
    return RuleSetVersion.objects.get(pk=version.pk)
