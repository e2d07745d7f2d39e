"""Queue pages."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from moderation.models import Case
from tests.builders import a_case
from tests.factories.moderation import CaseFactory, ContentItemFactory
from tests.moderation.views.conftest import soup, words

SOME_ID = "01a1fd5c8d24756bb14ce5dc7461bbfe"

pytestmark = pytest.mark.django_db


def queue_url(queue, name="queue_detail"):
    return reverse(f"moderation:{name}", args=[queue.pk])


@pytest.fixture
def many(channel, queues, organisation):
    """Sixty waiting cases: the same rank in pairs, the same due time in fours."""
    now = timezone.now()
    return [
        CaseFactory(
            content_item=ContentItemFactory(channel=channel, organisation=organisation),
            queue=queues["main"],
            rank=number // 2,
            due_at=now + timedelta(hours=number // 4),
            excerpt=f"Comment {number}",
        )
        for number in range(60)
    ]


def rows(response):
    return [row["href"] for row in soup(response).select(".app-cases__row a[data-key-row]")]


def test_pages_show_every_case_once_in_order_and_lead_back(ada, queues, many):
    expected = [
        reverse("moderation:case_detail", args=[pk])
        for pk in Case.objects.most_urgent_first().values_list("pk", flat=True)
    ]

    seen, url, pages = [], queue_url(queues["main"]), []
    while url:
        response = ada.client.get(url)
        pages.append(rows(response))
        seen += pages[-1]
        link = soup(response).select_one("a[rel=next]")
        url = link and link["href"]
    back = soup(response).select_one("a[rel=prev]")["href"]
    middle = ada.client.get(back)
    first = ada.client.get(soup(middle).select_one("a[rel=prev]")["href"])

    assert seen == expected
    assert [len(page) for page in pages] == [25, 25, 10]
    assert rows(middle) == pages[1]
    assert rows(first) == pages[0]
    assert soup(first).select_one("a[rel=prev]") is None


@pytest.mark.parametrize(
    "query",
    [
        "after=nonsense", "after=1.2", f"after=99999999.1.{SOME_ID}",
        f"after=1.{10**30}.{SOME_ID}", "before=%00", "severity=dreadful", "channel=x",
        "claimed=perhaps", "after=%F0%9F%98%80.1.2",
    ],
)  # fmt: skip
def test_a_meaningless_address_is_the_first_page(ada, queues, many, query):
    response = ada.client.get(f"{queue_url(queues['main'])}?{query}")

    assert response.status_code == 200
    assert len(rows(response)) == 25


def test_filters_narrow_and_stay_in_the_address(ada, queues, many):
    Case.objects.filter(pk=many[0].pk).update(
        severity="critical", rank=5, clause_reference="EX-03"
    )
    Case.objects.exclude(pk=many[0].pk).update(rank=25)

    response = ada.client.get(queue_url(queues["main"]), {"severity": "medium", "claimed": "no"})
    critical = ada.client.get(queue_url(queues["main"]), {"severity": "critical"})
    by_clause = ada.client.get(queue_url(queues["main"]), {"clause": "EX-03"})

    page = soup(response)
    following = parse_qs(urlsplit(page.select_one("a[rel=next]")["href"]).query)
    assert following["severity"] == ["medium"]
    assert following["claimed"] == ["no"]
    assert "59 waiting with these filters" in words(response)
    assert len(page.select(".app-filter__tag")) == 2
    assert rows(critical) == rows(by_clause) == [many[0].get_absolute_url()]


def test_filter_by_who_is_on_it(ada, ben, queues, many, channel):
    now = timezone.now()
    held = {"claimed_at": now, "claim_expires_at": now + timedelta(minutes=9)}
    Case.objects.filter(pk=many[0].pk).update(claimed_by=ada.user, **held)
    Case.objects.filter(pk=many[1].pk).update(claimed_by=ben.user, **held)

    mine = ada.client.get(queue_url(queues["main"]), {"claimed": "mine"})
    anybody = ada.client.get(queue_url(queues["main"]), {"claimed": "yes"})
    elsewhere = ada.client.get(queue_url(queues["main"]), {"channel": str(uuid4())})

    assert rows(mine) == [many[0].get_absolute_url()]
    assert len(rows(anybody)) == 2
    assert "Ben until" in words(anybody)
    assert "You until" in words(anybody)
    assert "Nothing waits with these filters" in words(elsewhere)


def test_the_number_of_queries_does_not_grow_with_rows(
    ada, queues, many, django_assert_max_num_queries
):
    ada.client.get(queue_url(queues["main"]))

    with django_assert_max_num_queries(7):
        ada.client.get(queue_url(queues["main"]))


def test_counts_are_capped(ada, queues, channel, organisation, monkeypatch):
    from moderation.services import desk

    monkeypatch.setattr(desk, "COUNT_CAP", 2)
    for number in range(4):
        CaseFactory(
            content_item=ContentItemFactory(channel=channel, organisation=organisation),
            queue=queues["main"],
            rank=number,
        )

    page = ada.client.get(queue_url(queues["main"]))
    overview = ada.client.get(reverse("moderation:queue_list"))

    assert "2+ waiting" in words(page)
    assert "2+" in words(overview)


def test_words_of_strangers_are_escaped_and_nothing_in_them_is_invisible(
    ada, queues, channel, published, now
):
    a_case(channel, "numpty <script>alert(1)</script> \u202eevil\u200b", now=now)

    response = ada.client.get(queue_url(queues["main"]))

    html = response.content.decode()
    assert "<script>alert" not in html
    assert "\u202e" not in html
    assert "⟨RLO⟩" in html


def test_overview_shows_every_queue_and_what_i_hold(ada, queues, channel, published, now):
    case = a_case(channel, now=now)
    ada.client.post(reverse("moderation:case_claim", args=[case.pk]))

    response = ada.client.get(reverse("moderation:queue_list"))

    assert "All comments" in words(response)
    assert "Senior review" in words(response)
    assert "Claimed by you" in words(response)
    assert "Cases here are for senior reviewers." in words(response)


def test_claim_next_leads_to_the_most_urgent_case(ada, queues, channel, published, now):
    a_case(channel, "What a numpty", now=now)
    urgent = a_case(channel, "I will find you", now=now)

    response = ada.client.post(queue_url(queues["main"], "queue_claim"))

    urgent.refresh_from_db()
    assert response.url == urgent.get_absolute_url()
    assert urgent.claimed_by == ada.user


def test_claim_next_of_an_empty_queue_says_so(ada, queues):
    response = ada.client.post(queue_url(queues["main"], "queue_claim"), follow=True)

    assert response.status_code == 200
    assert "Nothing waits in “All comments”." in words(response)


def test_claim_next_beyond_the_cap_says_so(ada, queues, channel, published, now, settings):
    settings.CLAIM_CAP = 1
    a_case(channel, now=now)
    a_case(channel, now=now)
    ada.client.post(queue_url(queues["main"], "queue_claim"))

    response = ada.client.post(queue_url(queues["main"], "queue_claim"), follow=True)

    assert "You already hold 1 cases" in words(response)
    assert Case.objects.filter(claimed_by=ada.user).count() == 1


def test_moderator_may_not_claim_from_the_senior_queue(ada, queues):
    response = ada.client.post(queue_url(queues["senior"], "queue_claim"))

    assert response.status_code == 403


def test_htmx_is_led_on_by_its_own_header(ada, queues, channel, published, now):
    case = a_case(channel, now=now)

    response = ada.client.post(
        queue_url(queues["main"], "queue_claim"), headers={"HX-Request": "true"}
    )

    assert response.headers["HX-Redirect"] == case.get_absolute_url()


def test_news_counts_what_came_since(ada, queues, channel, organisation):
    since = timezone.now()
    url = f"{queue_url(queues['main'], 'queue_news')}"
    before = ada.client.get(url, {"since": since.isoformat()})
    CaseFactory(
        content_item=ContentItemFactory(channel=channel, organisation=organisation),
        queue=queues["main"],
        opened_at=since + timedelta(seconds=1),
    )

    after = ada.client.get(url, {"since": since.isoformat()})
    nonsense = ada.client.get(url, {"since": "yesterday"})

    assert before.content.strip() == b""
    assert "1 more case has come in" in words(after)
    assert b"<html" not in after.content
    assert nonsense.content.strip() == b""


def test_get_of_an_act_changes_nothing(ada, queues, channel, published, now):
    case = a_case(channel, now=now)

    for method in (ada.client.get, ada.client.head, ada.client.options):
        assert method(queue_url(queues["main"], "queue_claim")).status_code == 405

    case.refresh_from_db()
    assert case.claimed_by is None


@pytest.mark.parametrize("name", ["queue_detail", "queue_news"])
def test_another_organisations_queue_does_not_exist(eve, queues, name):
    assert eve.client.get(queue_url(queues["main"], name)).status_code == 404


def test_another_organisation_cannot_claim_here(eve, queues, channel, published, now):
    case = a_case(channel, now=now)

    response = eve.client.post(queue_url(queues["main"], "queue_claim"))

    case.refresh_from_db()
    assert response.status_code == 404
    assert case.claimed_by is None
    assert "All comments" not in words(eve.client.get(reverse("moderation:queue_list")))


def test_who_may_only_read_sees_why_they_cannot_claim(cara, queues, channel, published, now):
    a_case(channel, now=now)

    page = cara.client.get(queue_url(queues["main"]))
    refused = cara.client.post(queue_url(queues["main"], "queue_claim"))

    assert "Your role does not include claiming cases." in words(page)
    assert refused.status_code == 403


def test_strangers_are_sent_to_sign_in(client, queues):
    response = client.get(queue_url(queues["main"]))

    assert response.status_code == 302
