"""The command: what a person types and what they are told."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from audit.models import AuditEvent
from moderation.models import ContentItem
from platforms.models import ImportRun
from tests.factories.platforms import ChannelFactory

pytestmark = pytest.mark.django_db

CONTENT = "id,author,text\n1,Sam,What a numpty\n2,Alex,Fine\n3,Alex,\n"


@pytest.fixture
def file(tmp_path: Path, channel, queues, published) -> Path:
    """A file with one flagged, one harmless and one empty comment; the channel is “careers”."""
    path = tmp_path / "comments.csv"
    path.write_text(CONTENT)
    return path


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("import_comments", *map(str, arguments), stdout=out, stderr=out)
    return out.getvalue()


def test_it_sums_up_and_lists_the_rejected_rows(file):
    said = run(file, "--channel", "careers")

    assert "2 added, 0 known, 1 rejected, 1 flagged." in said
    assert f"The rejected rows are in {file}.rejected.csv" in said
    rejected = file.with_name("comments.csv.rejected.csv").read_text("utf-8-sig")
    assert "4,The text is empty." in rejected


def test_the_same_file_twice_says_so(file):
    run(file, "--channel", "careers")

    said = run(file, "--channel", "careers")
    again = run(file, "--channel", "careers", "--again")

    assert "This file was imported on" in said
    assert "0 added, 2 known, 1 rejected" in said
    assert "0 added, 2 known, 1 rejected, 0 flagged." in again
    assert ContentItem.objects.count() == 2


def test_it_is_recorded_for_the_person_named(file, ben):
    run(file, "--channel", "careers", "--as", ben.user.email.upper())

    assert ImportRun.objects.get().started_by == ben.user
    started = AuditEvent.objects.filter(type="import.started").get()
    assert started.actor_label == "Ben"


def test_columns_rejected_file_and_batches_can_be_chosen(file, tmp_path):
    file.write_text("7;the words\n8;\n")

    said = run(
        file, "--channel", "careers", "--no-header", "--map", "text=1", "--map", "id=0",
        "--batch-size", 1, "--rejected", tmp_path / "bad.csv",
    )  # fmt: skip

    assert "1 added, 0 known, 1 rejected" in said
    assert ContentItem.objects.get().external_id == "7"
    assert (tmp_path / "bad.csv").exists()


def test_a_preview_imports_nothing(file):
    said = run(file, "--channel", "careers", "--preview")

    assert "CSV (separated by commas), UTF-8" in said
    assert "text from “text”" in said
    assert "line 4: rejected. The text is empty." in said
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["none.csv", "--channel", "careers"], "There is no file"),
        (["FILE", "--channel", "other"], "There is no channel “other”. The channels are: careers."),
        (["FILE", "--channel", "careers", "--map", "text=words"], "There is no column “words”"),
        (["FILE", "--channel", "careers", "--map", "words=text"], "There is no field “words”"),
        (["FILE", "--channel", "careers", "--as", "x@y.example"], "x@y.example has no role in"),
        (["FILE", "--channel", "careers", "--batch-size", "0"], "must be 1 or more"),
        (["FILE", "--channel", "careers", "--organisation", "none"], "There is no channel"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_plainly(file, arguments, sentence):
    with pytest.raises(CommandError) as refused:
        run(*[str(file) if word == "FILE" else word for word in arguments])

    assert sentence in str(refused.value)
    assert not ImportRun.objects.exists()


def test_a_person_who_may_not_import_is_refused(file, ada):
    with pytest.raises(CommandError, match="does not include"):
        run(file, "--channel", "careers", "--as", ada.user.email)


def test_a_channel_of_two_organisations_needs_the_organisation(file, other_organisation):
    ChannelFactory(organisation=other_organisation, slug="careers")

    with pytest.raises(CommandError, match="Say which with --organisation"):
        run(file, "--channel", "careers")
    run(file, "--channel", "careers", "--organisation", "eps")

    assert ImportRun.objects.get().organisation.slug == "eps"
