"""Lists: filters, pages that stay true, and a number of queries that does not grow."""

import pytest

from moderation.models import Case
from platforms.enums import ChannelStatus
from platforms.models import Channel

pytestmark = pytest.mark.django_db


@pytest.fixture
def cases(take_in, published):
    """Three cases of different severity, oldest first."""
    items = take_in("What a numpty", "I will find you", "How do I apply?")
    return [str(Case.objects.get(content_item=item).pk) for item in items]


def ids(response):
    return [row["id"] for row in response.json()["results"]]


def test_cases_are_listed_newest_first(tool, cases):
    answer = tool.get("cases/")

    assert ids(answer) == cases[::-1]
    assert (answer.json()["next"], answer.json()["previous"]) == (None, None)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"severity": "critical"}, [1]),
        ({"status": "decided"}, []),
        ({"status": "waiting", "queue": "main", "severity": "low"}, [2]),
        ({"queue": "senior"}, []),
    ],
)
def test_cases_are_filtered(tool, cases, query, found):
    assert ids(tool.get("cases/", **query)) == [cases[index] for index in found]


def test_pages_follow_one_another_while_cases_arrive(tool, cases, take_in):
    first = tool.get("cases/", page_size=2)
    take_in("Another numpty")
    second = tool.client.get(first.json()["next"])
    back = tool.client.get(second.json()["previous"])

    assert ids(first) + ids(second) == cases[::-1]
    assert second.json()["next"] is None
    assert ids(back) == ids(first)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "open"), ("severity", "5"), ("queue", "nowhere"), ("queue", "a\x00b"),
        ("page_size", "0"), ("page_size", "201"), ("page_size", "x"), ("page_size", "²"),
        ("page_size", "9" * 5000), ("cursor", "x"), ("cursor", "cD1ub3QtYW4taWQ="),
    ],
)  # fmt: skip
def test_a_filter_that_makes_no_sense_is_400_and_named(tool, cases, name, value):
    answer = tool.get("cases/", **{name: value})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == name


def test_a_list_takes_the_same_few_queries_however_long(
    tool, take_in, published, django_assert_num_queries
):
    take_in(*(f"What a numpty {n}" for n in range(60)))
    tool.get("cases/")

    with django_assert_num_queries(2):
        assert len(ids(tool.get("cases/", page_size=60))) == 60


def test_a_case_takes_few_queries(tool, filed, django_assert_max_num_queries):
    case = filed["case"]["id"]
    body = {"outcome": "hide", "clause": "EX-01", "reason": "An insult."}
    tool.post(f"cases/{case}/decision/", body, key="k-1")

    with django_assert_max_num_queries(10):
        tool.get(f"cases/{case}/")


def test_content_takes_few_queries_however_often_it_was_edited(
    tool, filed, comment, django_assert_max_num_queries
):
    for n in range(5):
        tool.post("content/", comment(text=f"What a numpty {n}"))

    with django_assert_max_num_queries(7):
        tool.get(f"content/{filed['id']}/")


def test_clauses_and_rules_in_force_are_listed(tool, published, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        clauses = tool.get("clauses/").json()["results"]
        (rule_set,) = tool.get("rule-sets/").json()["results"]

    assert [clause["reference"] for clause in clauses] == [f"EX-0{n}" for n in range(1, 6)]
    assert [clause["zero_tolerance"] for clause in clauses] == [False, True, False, False, False]
    assert (rule_set["key"], rule_set["version"], rule_set["published_by"]) == (
        "example", 1, "Cara",
    )  # fmt: skip
    assert rule_set["approved_by"] == "Ben"
    assert (rule_set["in_force_from"], rule_set["in_force_until"]) == (None, None)
    assert [rule["key"] for rule in rule_set["rules"]] == [
        "insult", "question", "repeated", "slur", "threat",
    ]  # fmt: skip
    assert rule_set["rules"][0]["clause"] == {"reference": "EX-01", "title": "Be civil"}


def test_channels_tell_what_they_can_do_and_no_secret(tool, channel):
    Channel.objects.filter(pk=channel.pk).update(failures=2, last_error="The platform is away.")

    answer = tool.get("channels/")

    (row,) = answer.json()["results"]
    assert (row["slug"], row["connected"], row["status"]) == ("careers", True, "active")
    assert "hide" in row["capabilities"]
    assert row["health"]["failures"] == 2
    assert b"not-a-real-token" not in answer.content


def test_queues_tell_how_many_wait(tool, cases):
    main, senior = tool.get("queues/").json()["results"]

    assert (main["key"], main["default"], main["waiting"]) == ("main", True, 3)
    assert (senior["key"], senior["senior"], senior["waiting"]) == ("senior", True, 0)
    assert main["target_minutes"]["critical"] == 60


def test_a_closed_channel_takes_nothing(tool, channel, comment):
    Channel.objects.filter(pk=channel.pk).update(status=ChannelStatus.CLOSED)

    answer = tool.post("content/", comment())

    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"field": "channel", "message": "This channel is closed."}]
