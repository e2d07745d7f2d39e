"""Importing by page: choose, look, start, watch, see what was not taken."""

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from bs4 import BeautifulSoup
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.enums import Permission, RoleName
from accounts.roles import permissions_of
from moderation import tasks
from moderation.models import ContentItem
from moderation.presenters import imports as presenter
from platforms.enums import ChannelStatus
from platforms.models import Channel, ImportRun, ImportStatus, RejectedRow
from tests.conftest import NOW

pytestmark = pytest.mark.django_db
GOOD = "id,text,author,date\n1,What a numpty,Anna,2026-11-17\n2,Lovely day,Bert,2026-11-17\n"


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture(autouse=True)
def _uploads(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def kept():
    from django.conf import settings

    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def page_of(answer):
    return BeautifulSoup(answer.content, "html.parser")


def text_of(answer):
    return page_of(answer).main.get_text(" ", strip=True)


def upload(client, channel, text=GOOD, name="comments.csv"):
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(
        "/imports/", {"file": SimpleUploadedFile(name, data), "channel": str(channel.pk)}
    )


def start(client, channel, text=GOOD, **fields):
    preview = upload(client, channel, text)
    return client.post(preview.url, {"start": "yes", **fields})


class TestChoosing:
    def test_a_file_is_looked_at_before_anything_is_taken(self, ben, channel, queues):
        answer = upload(ben.client, channel)
        preview = ben.client.get(answer.url)

        text = text_of(preview)
        assert answer.status_code == 302
        assert "comments.csv" in text
        assert "What a numpty" in text
        assert "Import into Careers" in text
        assert ImportRun.objects.count() == 0
        assert ContentItem.objects.count() == 0

    def test_both_fields_are_needed(self, ben, channel):
        answer = ben.client.post("/imports/", {})

        assert answer.status_code == 422
        assert "Choose a file" in text_of(answer)
        assert "Choose a channel" in text_of(answer)

    def test_a_file_that_is_too_large_is_refused_and_not_kept(self, ben, channel, settings):
        settings.IMPORT_MAX_BYTES = 10

        answer = upload(ben.client, channel)

        assert answer.status_code == 422
        assert "The file is larger than" in text_of(answer)
        assert kept() == []

    def test_a_channel_of_another_organisation_is_no_choice(self, eve, channel):
        answer = upload(eve.client, channel)

        assert answer.status_code in {200, 422}
        assert kept() == []

    def test_a_closed_channel_is_no_choice(self, ben, channel):
        Channel.objects.filter(pk=channel.pk).update(status=ChannelStatus.CLOSED)

        assert "There is no channel yet" in text_of(ben.client.get("/imports/"))


class TestLooking:
    @pytest.mark.parametrize("text", ["", "\x00\x01\x02", "no,known,columns\n1,2,3\n", "{"])
    def test_a_file_that_makes_no_sense_is_explained(self, ben, channel, text):
        answer = ben.client.get(upload(ben.client, channel, text).url)

        assert answer.status_code == 422
        assert "The file cannot be read like this" in text_of(answer)
        assert "Import into" not in text_of(answer)

    def test_a_person_can_say_which_column_is_what(self, ben, channel):
        address = upload(ben.client, channel, "id,words\n1,Hello there\n").url

        before = ben.client.get(address)
        after = ben.client.post(address, {"mapping": "text=words"})

        assert before.status_code == 422
        assert after.status_code == 200
        assert "Hello there" in text_of(after)
        assert "Import into Careers" in text_of(after)

    @pytest.mark.parametrize(
        ("fields", "told"),
        [
            ({"mapping": "words=text"}, "There is no field “words”"),
            ({"mapping": "text"}, "not of the form FIELD=COLUMN"),
            ({"mapping": "text=nowhere"}, "There is no column “nowhere”"),
            ({"zone": "Mars/Olympus"}, "There is no time zone"),
        ],
    )
    def test_what_makes_no_sense_is_told_and_nothing_starts(self, ben, channel, fields, told):
        answer = start(ben.client, channel, **fields)

        assert answer.status_code == 422
        assert told in text_of(answer)
        assert ImportRun.objects.count() == 0

    def test_words_of_strangers_are_only_text(self, ben, channel):
        address = upload(ben.client, channel, "id,text\n1,<script>alert(1)</script>\n").url

        answer = ben.client.get(address)

        assert b"<script>alert(1)" not in answer.content
        assert "<script>alert(1)</script>" in text_of(answer)

    def test_the_address_cannot_be_forged_or_used_by_another(self, ben, eve, ada, channel):
        address = upload(ben.client, channel).url

        assert ben.client.get("/imports/new/forged/").status_code == 404
        assert ben.client.get(f"{address[:-3]}x/").status_code == 404
        assert eve.client.get(address).status_code == 404
        assert eve.client.post(address, {"start": "yes"}).status_code == 404
        assert ada.client.get(address).status_code == 403
        assert ImportRun.objects.count() == 0

    def test_an_upload_that_is_gone_leads_back_with_a_word(self, ben, channel):
        address = upload(ben.client, channel).url
        for path in kept():
            path.unlink()

        answer = ben.client.get(address, follow=True)

        assert answer.redirect_chain[-1][0] == "/imports/"
        assert "no longer here" in text_of(answer)


class TestRunning:
    def test_it_is_taken_in_by_the_worker_and_told_on_its_page(
        self, ben, channel, queues, published, django_capture_on_commit_callbacks
    ):
        answer = start(ben.client, channel)
        run = ImportRun.objects.get()
        begun = ben.client.get(answer.url)
        with django_capture_on_commit_callbacks(execute=True):
            tasks.continue_imports()
        done = ben.client.get(answer.url)

        assert answer.url == f"/imports/{run.pk}/"
        assert "The import has begun." in text_of(begun)
        assert "Finished 2 rows read" in text_of(done)
        assert "Every row was taken." in text_of(done)
        assert ContentItem.objects.count() == 2
        assert kept() == []

    def test_the_same_file_twice_adds_nothing(
        self, ben, channel, queues, published, django_capture_on_commit_callbacks
    ):
        start(ben.client, channel)
        with django_capture_on_commit_callbacks(execute=True):
            tasks.continue_imports()

        again = start(ben.client, channel)
        tasks.continue_imports()

        assert "This file was imported before" in text_of(ben.client.get(again.url))
        assert (ImportRun.objects.count(), ContentItem.objects.count()) == (1, 2)
        assert kept() == []

    def test_while_it_runs_a_fragment_tells_how_far(self, ben, channel, queues):
        address = start(ben.client, channel).url
        ImportRun.objects.update(bytes_read=40, bytes_total=80, rows_read=1)

        whole = page_of(ben.client.get(address))
        part = ben.client.get(address, headers={"HX-Request": "true"})

        assert whole.find(id="progress")["hx-get"] == address
        assert whole.find("progress")["value"] == "50"
        assert page_of(part).find("html") is None
        assert page_of(part).find(id="progress")["hx-get"] == address
        assert "1 row read, 50 % of the file." in page_of(part).get_text()

    def test_a_finished_one_is_not_asked_for_again(self, ben, channel, queues, published):
        address = start(ben.client, channel).url
        tasks.continue_imports()

        part = page_of(ben.client.get(address, headers={"HX-Request": "true"}))

        assert not part.find(id="progress").has_attr("hx-get")

    def test_one_that_waits_says_so_and_can_be_woken(self, ben, channel, queues, published):
        address = start(ben.client, channel).url
        with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
            waiting = ben.client.get(address)
            woken = ben.client.post(f"{address}resume/", follow=True)

        assert "The import is waiting" in text_of(waiting)
        assert page_of(waiting).find("button", string="Go on now")
        assert "goes on where it stopped" in text_of(woken)

    def test_one_from_the_command_line_says_how_to_go_on(self, ben, channel):
        run = a_run(channel, started_at=NOW)
        with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
            text = text_of(ben.client.get(f"/imports/{run.pk}/"))

        assert "Run the same command again" in text
        assert "Go on now" not in text

    def test_one_that_failed_says_why(self, ben, channel):
        run = a_run(
            channel,
            started_at=NOW,
            status=ImportStatus.FAILED,
            finished_at=NOW,
            error="The file is cut off.",
        )

        text = text_of(ben.client.get(f"/imports/{run.pk}/"))

        assert "The import stopped The file is cut off." in text
        assert "What was taken stays." in text

    def test_every_status_has_a_tag(self):
        assert set(presenter.STATUSES) == set(ImportStatus)

    def test_progress_never_claims_the_end_too_early(self):
        run = ImportRun(status=ImportStatus.RUNNING, bytes_read=100, bytes_total=100)

        assert presenter.percent_of(run) == 99


class TestRejected:
    def test_rows_not_taken_are_listed_with_line_and_reason(self, ben, channel, queues, published):
        address = start(ben.client, channel, "id,text\n1,Fine\n2,\n").url
        tasks.continue_imports()

        text = text_of(ben.client.get(address))

        assert "Download all 1 as CSV" in text
        assert "3 The text is empty." in text

    def test_they_come_as_csv_that_no_spreadsheet_runs(self, ben, channel):
        run = a_run(channel, started_at=NOW)
        starts = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "harmless"]
        RejectedRow.objects.bulk_create(
            RejectedRow(
                organisation=channel.organisation, run=run, line=number, reason="Odd", excerpt=text
            )
            for number, text in enumerate(starts, start=1)
        )

        answer = ben.client.get(f"/imports/{run.pk}/rejected.csv")

        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text)))
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert answer["Content-Disposition"] == f'attachment; filename="rejected-{run.pk}.csv"'
        assert rows[0] == ["line", "reason", "row"]
        assert [row[2] for row in rows[1:]] == [*(f"'{text}" for text in starts[:5]), "harmless"]

    def test_many_come_in_pages(self, ben, channel):
        run = a_run(channel, started_at=NOW, rows_rejected=60)
        RejectedRow.objects.bulk_create(
            RejectedRow(
                organisation=channel.organisation, run=run, line=number, reason=f"Odd {number}."
            )
            for number in range(1, 61)
        )
        first = ben.client.get(f"/imports/{run.pk}/")
        second = ben.client.get(page_of(first).select_one("a[rel=next]")["href"])

        assert "Odd 50." in text_of(first)
        assert "Odd 51." not in text_of(first)
        assert "Odd 51." in text_of(second)
        assert not page_of(second).select("a[rel=next]")


class TestWho:
    @pytest.mark.parametrize("role", RoleName)
    def test_only_those_who_import(self, member, organisation, channel, role):
        run = a_run(channel, started_at=NOW)
        someone = member("Someone", organisation, role)
        expected = 200 if Permission.CONTENT_IMPORT in permissions_of([role]) else 403

        for address in ("/imports/", f"/imports/{run.pk}/", f"/imports/{run.pk}/rejected.csv"):
            assert someone.client.get(address).status_code == expected

    def test_another_organisation_finds_nothing(self, eve, channel):
        run = a_run(channel, started_at=NOW)
        address = f"/imports/{run.pk}/"

        assert "comments.csv" not in eve.client.get("/imports/").content.decode()
        assert eve.client.get(address).status_code == 404
        assert eve.client.get(address, headers={"HX-Request": "true"}).status_code == 404
        assert eve.client.get(f"{address}rejected.csv").status_code == 404
        assert eve.client.post(f"{address}resume/").status_code == 404

    def test_nothing_changes_on_get(self, ben, channel):
        run = a_run(channel, started_at=NOW)

        assert ben.client.get(f"/imports/{run.pk}/resume/").status_code == 405

    def test_the_list_comes_in_pages(self, ben, channel, django_assert_max_num_queries):
        for number in range(22):
            a_run(channel, started_at=NOW, digest=f"{number:064}", file_name=f"f{number:02}.csv")
        first = ben.client.get("/imports/")
        second = ben.client.get(page_of(first).select_one("a[rel=next]")["href"])

        assert "f21.csv" in text_of(first)
        assert "f01.csv" not in text_of(first)
        assert "f01.csv" in text_of(second)
        with django_assert_max_num_queries(5):
            ben.client.get("/imports/")


def a_run(channel, **fields):
    return ImportRun.objects.create(
        **{
            "organisation": channel.organisation,
            "channel": channel,
            "file_name": "comments.csv",
            "digest": "0" * 64,
            **fields,
        }
    )
