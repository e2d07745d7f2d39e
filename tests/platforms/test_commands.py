"""Commands about channels: opened and given credentials by a named person, never on the command line."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from audit.models import AuditEvent
from platforms.enums import ChannelStatus, Platform
from platforms.models import Channel
from platforms.services import register
from tests.factories.platforms import ChannelFactory

pytestmark = pytest.mark.django_db

DEV = "dev@eps.example"
BLUESKY = {"identifier": "careers.example", "app_password": "open-sesame"}


@pytest.fixture
def command(monkeypatch):
    """Run a command as a script does, with what it reads from standard input."""

    def run(*words: str, given: object = "") -> str:
        out = io.StringIO()
        text = given if isinstance(given, str) else json.dumps(given)
        monkeypatch.setattr("sys.stdin", io.StringIO(text))
        call_command(*words, "--as", DEV, stdout=out, stderr=out)
        return out.getvalue()

    return run


def opening(platform="bluesky", slug="careers", *more):
    return ("open_channel", platform, slug, "--name", "Careers", *more)


def test_connected_channel_is_opened_with_its_credentials(command, dev, organisation):
    said = command(
        *opening(
            "bluesky", "careers", "--external-id", "did:plc:abc", "--setting", "labeler_did=x"
        ),
        given=BLUESKY,
    )

    channel = Channel.objects.get()
    assert channel.credentials == BLUESKY
    assert (channel.organisation, channel.external_id) == (organisation, "did:plc:abc")
    assert channel.settings == {"labeler_did": "x"}
    event = AuditEvent.objects.get()
    assert (event.type, event.actor_label) == ("channel.opened", "Dev")
    assert "sesame" not in said + str(AuditEvent.objects.values())


def test_channel_of_another_platform_asks_for_nothing(command, dev):
    said = command(*opening("facebook"))

    assert "file or API" in said
    assert Channel.objects.get().next_poll_at is None


@pytest.mark.parametrize(
    ("words", "given", "sentence"),
    [
        (opening(), "", "one JSON object of texts"),
        (opening(), "[1]", "one JSON object of texts"),
        (opening(), {"app_password": 5}, "one JSON object of texts"),
        (
            opening(),
            {},
            "Bluesky needs identifier and app_password. Missing: identifier, app_pass",
        ),
        (opening(), {**BLUESKY, "app_pasword": "x"}, "Not known: app_pasword"),
        (opening("facebook", "not a slug"), "", "slug: "),
        (opening("facebook", "a", "--url", "javascript:alert(1)"), "", "url: "),
        (opening("facebook", "a", "--setting", "x"), "", "is not NAME=VALUE"),
        (opening("facebook", "a", "--poll-every", "1"), "", "every 5 to 86,400 seconds"),
        (opening("facebook", "known"), "", "already"),
    ],
)
def test_channel_that_cannot_be_opened_is_refused(
    command, dev, organisation, words, given, sentence
):
    ChannelFactory(organisation=organisation, slug="known")

    with pytest.raises(CommandError, match=sentence) as refused:
        command(*words, given=given)

    assert "sesame" not in str(refused.value)
    assert Channel.objects.count() == 1
    assert not AuditEvent.objects.exists()


def new_credentials(slug="careers", reason="Renewed."):
    return ("set_credentials", slug, "--reason", reason)


def test_new_credentials_replace_the_old_and_wake_the_channel(command, dev, channel, now):
    Channel.objects.update(status=ChannelStatus.NEEDS_ATTENTION, failures=3, last_error="Expired.")

    said = command(*new_credentials(), given={"token": "new-token"})

    channel.refresh_from_db()
    assert channel.credentials == {"token": "new-token"}
    assert (channel.status, channel.failures) == (ChannelStatus.ACTIVE, 0)
    events = AuditEvent.objects.order_by("pk").values_list("type", "actor_label", "reason")
    assert list(events) == [
        ("channel.credentials_set", "Dev", "Renewed."),
        ("channel.resumed", "Dev", "Renewed."),
    ]
    assert "new-token" not in said + str(AuditEvent.objects.values())


def test_paused_channel_stays_paused(command, dev, channel):
    Channel.objects.update(status=ChannelStatus.PAUSED)

    command(*new_credentials(), given={"token": "new-token"})

    assert Channel.objects.get().status == ChannelStatus.PAUSED


def test_somebody_who_lost_the_key_can_enter_credentials_again(command, dev, channel, settings):
    settings.CREDENTIAL_KEYS = ["Y2hhbmdlLW1lLWJlZm9yZS11c2UtMDEyMzQ1Njc4OTA="]

    command(*new_credentials(), given={"token": "new-token"})

    assert Channel.objects.get().credentials == {"token": "new-token"}


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (new_credentials("nowhere"), ChannelStatus.ACTIVE, "The channels are: careers"),
        (new_credentials("theirs"), ChannelStatus.ACTIVE, "The channels are: careers"),
        (new_credentials(reason=" "), ChannelStatus.ACTIVE, "Say why"),
        (new_credentials(), ChannelStatus.CLOSED, "is closed"),
    ],
)
def test_credentials_that_cannot_be_set_change_nothing(
    command, dev, channel, other_organisation, words, status, sentence
):
    ChannelFactory(organisation=other_organisation, slug="theirs")
    Channel.objects.update(status=status)
    before = channel.credentials

    with pytest.raises(CommandError, match=sentence):
        command(*words, given={"token": "new-token"})

    assert Channel.objects.get(pk=channel.pk).credentials == before
    assert not AuditEvent.objects.exists()


def test_what_a_call_renewed_does_not_undo_what_a_person_gave(dev, organisation, now):
    channel = ChannelFactory(
        organisation=organisation, platform=Platform.BLUESKY, credentials=BLUESKY
    )
    as_it_began = Channel.objects.get(pk=channel.pk)
    new = {**BLUESKY, "app_password": "open-barley"}
    register.set_credentials(
        channel=channel, credentials=new, by=dev.actor, now=now, reason="Renewed."
    )

    register.keep_renewed(channel=as_it_began, credentials={**BLUESKY, "access_jwt": "old"})
    assert Channel.objects.get().credentials == new

    as_it_began = Channel.objects.get(pk=channel.pk)
    register.keep_renewed(channel=as_it_began, credentials={**new, "access_jwt": "new"})
    assert Channel.objects.get().credentials == {**new, "access_jwt": "new"}
