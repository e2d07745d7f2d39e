"""Policy packs: read, checked, brought in once, and kept for what cites them."""

import copy

import pytest

from accounts.enums import RoleName
from audit.models import AuditEvent
from common.errors import NotPermitted
from policies.models import Clause, Pack, RuleSet
from policies.services import packs
from tests.factories.policies import DEFINITION

pytestmark = pytest.mark.django_db


def a_pack(version="1", **clauses):
    """Return a pack's document; `clauses` replaces the texts of clauses by reference."""
    document = copy.deepcopy(DEFINITION) | {"version": version}
    for clause in document["clauses"]:
        clause["text"] = clauses.get(clause["id"].replace("-", "_"), clause["text"])
    return document


def test_pack_brings_its_clauses_and_a_rule_set_to_write_in(cara, organisation, now):
    pack = packs.import_pack(document=a_pack(), by=cara.actor, now=now)

    assert pack.organisation == organisation
    assert Clause.objects.current().count() == 5
    assert Clause.objects.get(reference="EX-02").is_zero_tolerance
    assert RuleSet.objects.get().owner == cara.user
    event = AuditEvent.objects.get()
    assert (event.type, event.data["clauses"]) == ("pack.imported", 5)


def test_same_version_again_changes_nothing(cara, now):
    first = packs.import_pack(document=a_pack(), by=cara.actor, now=now)

    again = packs.import_pack(document=a_pack(), by=cara.actor, now=now)

    assert again == first
    assert Clause.objects.count() == 5
    assert AuditEvent.objects.count() == 1


def test_newer_version_replaces_what_is_current_and_keeps_what_was(cara, now):
    packs.import_pack(document=a_pack(), by=cara.actor, now=now)
    newer = packs.import_pack(document=a_pack("2", EX_01="Be kind."), by=cara.actor, now=now)

    assert {clause.pack for clause in Clause.objects.current()} == {newer}
    texts = Clause.objects.filter(reference="EX-01").order_by("pack__version")
    assert [clause.text for clause in texts] == ["Do not attack other people.", "Be kind."]
    assert RuleSet.objects.count() == 1


def test_each_organisation_has_its_own(cara, member, other_organisation, now):
    other = member("Olga", other_organisation, RoleName.COMMS_MANAGER)
    packs.import_pack(document=a_pack(), by=cara.actor, now=now)

    packs.import_pack(document=a_pack("2"), by=other.actor, now=now)

    assert Clause.objects.visible_to(cara.actor).current().count() == 5
    assert Clause.objects.visible_to(other.actor).get(reference="EX-01").pack.version == "2"


def test_only_those_who_own_the_guidelines_bring_packs_in(ada, ben, dev, now):
    for somebody in (ada, ben, dev):
        with pytest.raises(NotPermitted):
            packs.import_pack(document=a_pack(), by=somebody.actor, now=now)

    assert not Pack.objects.exists()
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("key: [unclosed", "not valid YAML"),
        ("", "does not fit the schema"),
        ("schema: 1\nkey: x\n", "does not fit the schema"),
        ("- a list", "does not fit the schema"),
    ],
)
def test_file_that_is_no_pack_is_refused_by_name_and_reason(tmp_path, text, why):
    path = tmp_path / "ours.yaml"
    path.write_text(text)

    with pytest.raises(packs.PackRefused, match=why) as refusal:
        packs.load(path)

    assert "ours.yaml" in refusal.value.message


def test_missing_file_is_refused(tmp_path):
    with pytest.raises(packs.PackRefused, match="cannot be read"):
        packs.load(tmp_path / "none.yaml")
