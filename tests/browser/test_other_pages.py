"""The pages around the queue in a real browser: accessible at both widths, usable without scripts."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.enums import RoleName
from moderation import tasks
from moderation.models import ContentItem
from moderation.services import attention
from platforms.enums import ChannelStatus, DeliveryStatus, InboundStatus
from platforms.models import Channel, ImportRun, OutboxMessage, RejectedRow
from tests.factories.platforms import InboundEventFactory

pytestmark = pytest.mark.django_db(transaction=True)
WIDTHS = (375, 1280)


@pytest.fixture(autouse=True)
def _uploads(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def troubles(channel, queues):
    """A channel in need, a dead letter, a lost answer, an unreadable event, an import with refusals."""
    now = timezone.now()
    attention.note_heartbeat(now=now)
    Channel.objects.filter(pk=channel.pk).update(
        status=ChannelStatus.NEEDS_ATTENTION, last_error="The token expired.", failures=3
    )
    for status in (DeliveryStatus.DEAD, DeliveryStatus.UNKNOWN):
        OutboxMessage.objects.create(
            organisation=channel.organisation,
            channel=channel,
            kind="hide",
            idempotency_key=status.value,
            requested_at=now,
            status=status,
            settled_at=now if status == DeliveryStatus.DEAD else None,
            next_attempt_at=None if status == DeliveryStatus.DEAD else now,
            last_error="The platform did not answer in time.",
        )
    InboundEventFactory(
        channel=channel,
        status=InboundStatus.FAILED,
        settled_at=now,
        error="Not readable: no text",
        received_at=now - timedelta(hours=1),
    )
    run = ImportRun.objects.create(
        organisation=channel.organisation,
        channel=channel,
        file_name="comments-" + "x" * 80 + ".csv",
        digest="0" * 64,
        started_at=now,
        rows_rejected=1,
    )
    RejectedRow.objects.create(
        organisation=channel.organisation, run=run, line=7, reason="Empty.", excerpt="x" * 300
    )
    return run


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    "path",
    ["/channels/", "/channels/{channel}/", "/rules/", "/rules/{version}/", "/imports/",
     "/imports/{run}/", "/status/", "/audit/", "/sign-out/", "/accessibility/",
     "/privacy/", "/cookies/"],
)  # fmt: skip
def test_a_page_is_accessible(
    open_page, assert_accessible, member, organisation, channel, published, troubles, path, width
):
    everything = member("Pat", organisation, *RoleName)
    address = path.format(channel=channel.pk, version=published.pk, run=troubles.pk)

    page = open_page(address, width=width, user=everything.user)

    assert_accessible(page)


@pytest.mark.parametrize("path", ["/channels/", "/imports/", "/status/", "/audit/"])
def test_a_telephone_shows_every_column_of_a_table(
    open_page, member, organisation, channel, published, troubles, path
):
    everything = member("Pat", organisation, *RoleName)

    page = open_page(path, width=375, user=everything.user)

    wide = "[...document.querySelectorAll('.app-scroll')].map(e => e.scrollWidth - e.clientWidth)"
    overhang = page.evaluate(wide)
    assert overhang
    assert max(overhang) <= 0
    label = "e => getComputedStyle(e, '::before').content"
    assert page.locator("td[data-label]").first.evaluate(label) != "none"


@pytest.mark.parametrize("width", WIDTHS)
def test_a_stranger_signs_in_to_the_demonstration_with_one_click(
    open_page, assert_accessible, ada, settings, tmp_path, width
):
    settings.IS_DEMONSTRATION, settings.VAR_DIR = True, tmp_path
    ada.user.set_password("shared-secret")
    ada.user.save()
    person = {"name": "Ada", "email": ada.user.email, "role": "Moderator", "organisation": "EPS"}
    (tmp_path / "demo.json").write_text(
        json.dumps({"password": "shared-secret", "people": [person]})
    )
    page = open_page("/sign-in/", width=width)
    assert_accessible(page)

    page.click("button:has-text('as Ada')")

    assert "Ada (Moderator)" in page.inner_text("header")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_file_is_imported_by_page(
    open_page, assert_accessible, ben, channel, queues, published, tmp_path, javascript
):
    file = tmp_path / "comments.csv"
    file.write_text("id,text\n1,What a numpty\n2,\n")
    page = open_page("/imports/", javascript=javascript, user=ben.user)

    page.set_input_files("#id_file", file)
    page.select_option("#id_channel", label="Careers (Sandbox)")
    page.click("text=Look at the file")
    if javascript:
        assert_accessible(page)
    page.click("text=Import into Careers")
    tasks.continue_imports()
    if javascript:
        page.wait_for_selector("#progress:has-text('Finished')")
    else:
        page.click("text=Check again")
    # The rest of the page has kept up: the row that was not taken is listed.
    page.wait_for_selector("th:has-text('Begins with')")
    assert "Not yet" not in page.inner_text("main")

    assert "2 rows read" in page.inner_text("#progress")
    assert ContentItem.objects.count() == 1


@pytest.mark.parametrize("javascript", [True, False])
def test_a_dead_letter_is_tried_again_by_page(open_page, ben, troubles, javascript):
    page = open_page("/status/", javascript=javascript, user=ben.user)

    page.click("summary:has-text('Try again')")
    page.fill("[name=reason] >> nth=0", "The platform is back")
    page.click("button:has-text('Try again')")

    assert "The action is tried again." in page.inner_text("main")
    assert not OutboxMessage.objects.dead().exists()
