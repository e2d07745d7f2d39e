"""Credentials of channels: unreadable in the table, readable with any key, and harmless when lost."""

import copy

import pytest
from cryptography.fernet import Fernet
from django.db import connection

from platforms.connectors.base import AuthExpired
from platforms.enums import ChannelStatus
from platforms.fields import CredentialsUnreadable
from platforms.models import Channel
from platforms.registry import connector_for, reader_for
from platforms.services import inbox
from tests.factories.platforms import ChannelFactory

pytestmark = pytest.mark.django_db

SECRET = {"identifier": "careers.example", "app_password": "open-sesame"}


def stored(channel):
    """Return what lies in the table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT credentials FROM platforms_channel WHERE slug = %s", [channel.slug])
        return cursor.fetchone()[0]


def test_table_holds_no_plain_text():
    channel = ChannelFactory(credentials=SECRET)

    assert not [word for pair in SECRET.items() for word in pair if word in stored(channel)]
    assert Channel.objects.get().credentials == SECRET


def test_empty_credentials_are_empty():
    channel = ChannelFactory(credentials={})

    assert stored(channel) == ""
    assert Channel.objects.get().credentials == {}


def test_credentials_show_themselves_nowhere():
    ChannelFactory(credentials=SECRET)

    credentials = Channel.objects.get().credentials

    assert "sesame" not in f"{credentials!r} {credentials}"
    assert copy.deepcopy(credentials) == SECRET


def test_new_key_in_front_reads_the_old_and_writes_the_new(settings):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.CREDENTIAL_KEYS = [old]
    ChannelFactory(credentials=SECRET)

    settings.CREDENTIAL_KEYS = [new, old]
    Channel.objects.get().save(update_fields=["credentials"])
    settings.CREDENTIAL_KEYS = [new]

    assert Channel.objects.get().credentials == SECRET


@pytest.fixture
def locked_out(settings):
    """A channel whose key is lost."""
    channel = ChannelFactory(credentials=SECRET)
    settings.CREDENTIAL_KEYS = [Fernet.generate_key().decode()]
    return Channel.objects.get(pk=channel.pk)


def test_lost_key_stops_no_query_that_meets_the_row(locked_out):
    assert locked_out.name
    with pytest.raises(CredentialsUnreadable):
        locked_out.credentials["identifier"]


def test_saving_a_channel_keeps_what_cannot_be_decrypted(locked_out):
    before = stored(locked_out)

    locked_out.name = "Renamed"
    locked_out.save()

    assert stored(locked_out) == before


def test_lost_key_asks_a_person_for_the_credentials(locked_out, now):
    with pytest.raises(AuthExpired, match="enter them again"):
        connector_for(locked_out)
    reader_for(locked_out).close()

    inbox.poll(locked_out.pk, now=now)

    locked_out.refresh_from_db()
    assert locked_out.status == ChannelStatus.NEEDS_ATTENTION
    assert "enter them again" in locked_out.last_error
