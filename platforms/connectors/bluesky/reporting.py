"""Report a post to a moderation service. A report cannot be found again: its number is all there is."""

from __future__ import annotations

from platforms.connectors.base import (
    Command,
    Confirmation,
    InvalidRequest,
    NotAllowed,
    OutcomeUnknown,
    Receipt,
)
from platforms.connectors.bluesky.client import BlueskyClient
from platforms.connectors.bluesky.looking import look
from platforms.connectors.bluesky.richtext import count_graphemes

DEFAULT_REASON = "tools.ozone.report.defs#reasonOther"
MAX_GRAPHEMES = 2_000
MAX_BYTES = 20_000


def report(client: BlueskyClient, command: Command) -> Receipt:
    """Report a post, in the version that was judged, unless the report has its number already."""
    known = command.receipt.get("report_id", "")
    if known:
        return Receipt(external_id=known, already_held=True, details={"report_id": known})
    if count_graphemes(command.text) > MAX_GRAPHEMES or len(command.text.encode()) > MAX_BYTES:
        raise InvalidRequest("A report on Bluesky has at most 2,000 characters.")
    labeler = client.settings.get("labeler_did", "")
    answer = client.procedure(
        "com.atproto.moderation.createReport",
        {
            "reasonType": client.settings.get("report_reason") or DEFAULT_REASON,
            "reason": command.text,
            "subject": {
                "$type": "com.atproto.repo.strongRef",
                "uri": command.target_external_id,
                "cid": command.address.get("cid") or _cid_now(client, command),
            },
            "modTool": {"name": "moderation-console"},
        },
        what="report a post",
        headers={"atproto-proxy": f"{labeler}#atproto_labeler"} if labeler else None,
    )
    number = answer.get("id")
    if not isinstance(number, int):
        raise OutcomeUnknown("Bluesky was asked to report a post, and gave no number back.")
    return Receipt(external_id=str(number), details={"report_id": str(number)})


def see_report(client: BlueskyClient, command: Command) -> Confirmation:
    """Say which number a report got. Raises OutcomeUnknown without one: only a person can tell."""
    number = command.receipt.get("report_id", "")
    if not number:
        raise OutcomeUnknown("Bluesky gave no number for this report, and none can be looked up.")
    return Confirmation(
        holds=True,
        seen=f"Bluesky took the report under number {number}; it cannot be read back.",
    )


def _cid_now(client: BlueskyClient, command: Command) -> str:
    view = look(client, command.target_external_id)
    if view is None:
        raise NotAllowed("A block stands between this channel and the author.")
    return str(view["cid"])
