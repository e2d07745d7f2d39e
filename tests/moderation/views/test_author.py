"""The author page."""

from datetime import timedelta

import pytest
from django.urls import reverse

from moderation.models import Author, Case
from platforms.models import Channel
from tests.builders import an_item, comments_arrive, items_arrive
from tests.factories.platforms import ChannelFactory
from tests.moderation.views.conftest import soup, words

pytestmark = pytest.mark.django_db


def url_of(author):
    return reverse("moderation:author_detail", args=[author.pk])


@pytest.fixture
def author(channel, queues, published, now):
    comments_arrive(channel, "What a numpty", "Lovely day", now=now, author="kim")
    return Author.objects.get()


def test_it_shows_what_they_wrote_and_what_was_decided(ada, author, decide):
    decide(ada, Case.objects.get(), "warn")

    said = words(ada.client.get(url_of(author)))

    assert "What a numpty" in said
    assert "Lovely day" in said
    assert "Hide and warn the author under EX-01 by Ada" in said
    assert "Warn the author on Careers: requested" in said
    assert "Once it is delivered, the next step can be a block." in said


def test_it_counts_every_channel_of_the_organisation(ada, author, organisation, now):
    other: Channel = ChannelFactory(organisation=organisation, name="Probation")
    comments_arrive(other, "Hello there", now=now, author="kim")

    said = words(ada.client.get(url_of(author)))

    assert "Careers, Probation" in said
    assert "Hello there" in said


def test_pages_show_every_item_once_newest_first(ada, channel, queues, published, now):
    for number in range(60):
        items_arrive(
            channel,
            an_item(
                f"Number {number}.", author="kim", published_at=now - timedelta(hours=number // 3)
            ),
            now=now,
        )
    author = Author.objects.get()

    seen, pages, url = [], [], url_of(author)
    while url:
        page = soup(ada.client.get(url))
        pages.append([text.get_text() for text in page.select(".app-cases__text")])
        seen += pages[-1]
        link = page.select_one("a[rel=next]")
        previous = page.select_one("a[rel=prev]")
        url = link and link["href"]
    back = soup(ada.client.get(previous["href"]))

    assert len(seen) == len(set(seen)) == 60
    assert [len(page) for page in pages] == [25, 25, 10]
    assert [text.get_text() for text in back.select(".app-cases__text")] == pages[1]


@pytest.mark.parametrize("query", ["older=x", "newer=1.x", f"older={10**40}.{'0' * 32}"])
def test_a_meaningless_address_is_the_first_page(ada, author, query):
    assert ada.client.get(f"{url_of(author)}?{query}").status_code == 200


def test_the_number_of_queries_does_not_grow_with_items(
    ada, author, channel, now, django_assert_max_num_queries
):
    for number in range(20):
        items_arrive(channel, an_item(f"Number {number}", author="kim"), now=now)
    ada.client.get(url_of(author))

    with django_assert_max_num_queries(12):
        ada.client.get(url_of(author))


def test_another_organisations_author_does_not_exist(eve, author):
    response = eve.client.get(url_of(author))

    assert response.status_code == 404
    assert "Kim" not in words(response)


def test_it_leads_back_to_the_case_it_was_opened_from(ada, author):
    case = Case.objects.get()
    link = soup(ada.client.get(case.get_absolute_url())).select_one("#author-title a")["href"]

    back = soup(ada.client.get(link)).select_one(".govuk-back-link")
    plain = soup(ada.client.get(url_of(author))).select_one(".govuk-back-link")

    assert back["href"] == case.get_absolute_url()
    assert back.get_text() == f"Case {case.pk.hex[-6:]}"
    assert plain["href"] == reverse("moderation:queue_list")


def test_it_leads_back_to_no_case_that_is_not_here(ada, author):
    page = soup(ada.client.get(f"{url_of(author)}?case=01a1fd5b-0000-7000-8000-000000000002"))

    assert page.select_one(".govuk-back-link")["href"] == reverse("moderation:queue_list")
