"""Packs put in force from the command line: by two people, all of it or nothing."""

import io

import pytest
import yaml
from django.core.management import CommandError, call_command

from audit.models import AuditEvent
from policies.models import Clause, Pack, RuleSetVersion
from policies.services import packs

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

CARA, BEN = "cara@eps.example", "ben@eps.example"


@pytest.fixture
def pack(tmp_path):
    """Write a pack to a file, changed as the test says."""

    def write(**changes):
        path = tmp_path / "guidelines.yaml"
        path.write_text(yaml.safe_dump({**packs.load("ppo"), **changes}), encoding="utf-8")
        return str(path)

    return write


def publish(pack, *more, drafted_by=CARA, approved_by=BEN):
    out = io.StringIO()
    words = ("--drafted-by", drafted_by, "--approved-by", approved_by, *more)
    call_command("publish_pack", pack, *words, stdout=out)
    return out.getvalue()


def test_rules_are_in_force_with_both_names(pack, cara, ben):
    said = publish("ppo", "--review-on", "2027-06-01")

    version = RuleSetVersion.objects.published().get()
    assert (version.drafted_by, version.approved_by) == (cara.user, ben.user)
    assert str(version.review_on) == "2027-06-01"
    shipped = packs.load("ppo")
    assert f"version 1 of {version.rule_set}, {len(shipped['rules'])} rules" in said
    assert Clause.objects.current().count() == len(shipped["clauses"])


def test_same_pack_again_changes_nothing(pack, cara, ben):
    publish("ppo")
    before = AuditEvent.objects.count()

    assert "already" in publish(pack())

    assert RuleSetVersion.objects.count() == 1
    assert AuditEvent.objects.count() == before


def test_changed_pack_is_the_next_version(pack, cara, ben):
    publish("ppo")

    publish(pack(version="2030.1", title="Clearer guidelines"))

    assert [version.number for version in RuleSetVersion.objects.published()] == [2]


@pytest.mark.parametrize(
    ("people", "sentence"),
    [
        ({"approved_by": CARA}, "other than those who wrote it"),
        ({"drafted_by": "ada@eps.example"}, "does not include editing rules"),
        ({"approved_by": "ada@eps.example"}, "does not include approving rules"),
        ({"approved_by": "eve@other.example"}, "different organisations"),
        ({"drafted_by": "nobody@eps.example"}, "Nobody with the address"),
    ],
)
def test_without_the_right_two_people_nothing_is_in_force(
    pack, cara, ben, ada, eve, people, sentence
):
    with pytest.raises(CommandError, match=sentence):
        publish("ppo", **people)

    assert not Pack.objects.exists()
    assert not RuleSetVersion.objects.exists()
    assert not AuditEvent.objects.exists()


def test_pack_that_cannot_be_is_refused_whole(pack, cara, ben, tmp_path):
    with pytest.raises(CommandError, match="does not fit the schema"):
        publish(pack(clauses="none"))
    with pytest.raises(CommandError, match="cannot be read"):
        publish(str(tmp_path / "nowhere.yaml"))
    with pytest.raises(CommandError, match="cannot be read"):
        publish("nowhere")

    assert not Pack.objects.exists()
