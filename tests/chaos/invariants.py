"""What must be true when everything is quiet again, read from the database and from the platform itself.

The product is not asked: its tables are read with plain SQL, and what the platform did is read from
the platform's own file.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.chaos.stack import Stack
from tests.chaos.workload import Account

SHOWN = 5
STATE = {"hide": "hidden", "unhide": "live", "delete": "deleted"}
SENT = ("reply", "warn", "report")
NEEDS_A_PERSON = "e.is_flagged AND (e.human_required OR e.recommend <> 'no_breach')"


class Findings:
    """Each invariant with what was counted and what breaks it."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, int, list[str]]] = []

    def check(self, name: str, counted: int, broken: list[Any]) -> None:
        """Note one invariant."""
        self.rows.append((name, counted, [str(each) for each in broken]))

    @property
    def hold(self) -> bool:
        """Whether all of them hold."""
        return not any(broken for _, _, broken in self.rows)

    def lines(self) -> Iterator[str]:
        """Tell them, one line each."""
        for name, counted, broken in self.rows:
            yield f"  {'holds ' if not broken else 'BROKEN'}  {counted:>6}  {name}"
            for each in broken[:SHOWN]:
                yield f"                    {each}"
            if len(broken) > SHOWN:
                yield f"                    and {len(broken) - SHOWN} more"


def check(stack: Stack, account: Account) -> Findings:
    """Check everything."""
    findings = Findings()
    _comments(stack, findings)
    _judgements(stack, findings)
    _cases(stack, findings)
    _decisions(stack, account, findings)
    _actions(stack, findings)
    _effects(stack, findings)
    _record(stack, findings)
    _leftovers(stack, findings)
    findings.check(
        "calls answered only in expected ways",
        account.happened.total(),
        account.unexpected,
    )
    return findings


def _comments(stack: Stack, findings: Findings) -> None:
    written = {
        row["id"]: row
        for row in stack.platform_rows("SELECT * FROM comments WHERE author IS NOT NULL")
    }
    kept: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for external_id, text, state in stack.rows(
        "SELECT i.external_id, r.text, i.source_state FROM moderation_contentitem i"
        " JOIN moderation_contentrevision r ON r.id = i.current_revision_id"
    ):
        kept[external_id].append((text, state))
    findings.check(
        "comments on the platform, each kept exactly once, none invented",
        len(written),
        [f"{key}: kept {len(kept[key])} times" for key in written if len(kept[key]) != 1]
        + [f"{key}: not on the platform" for key in kept if key not in written],
    )
    alive = [key for key, row in written.items() if row["state"] != "deleted" and kept[key]]
    findings.check(
        "comments whose newest words are the ones that stand here",
        len(alive),
        [
            f"{key}: {kept[key][0][0]!r} instead of {written[key]['text']!r}"
            for key in alive
            if kept[key][0][0] != written[key]["text"]
        ],
    )
    findings.check(
        "comments shown in the state in which they are on the platform",
        len(written),
        [
            f"{key}: {kept[key][0][1]} instead of {row['state']}"
            for key, row in written.items()
            if kept[key] and kept[key][0][1] != row["state"]
        ],
    )
    gaps = stack.rows(
        "SELECT content_item_id, count(*), max(number) FROM moderation_contentrevision"
        " GROUP BY content_item_id HAVING count(*) <> max(number)"
    )
    count = stack.number("SELECT count(*) FROM moderation_contentrevision")
    findings.check("revisions, numbered without gaps", count, gaps)


def _judgements(stack: Stack, findings: Findings) -> None:
    broken = stack.rows(
        "SELECT r.id, count(e.id) FROM moderation_contentrevision r"
        " LEFT JOIN moderation_evaluation e ON e.revision_id = r.id"
        " LEFT JOIN policies_rulesetversion v ON v.id = e.version_id AND v.status = 'published'"
        " GROUP BY r.id HAVING count(e.id) <> 1 OR count(v.id) <> 1"
    )
    count = stack.number("SELECT count(*) FROM moderation_evaluation")
    findings.check("judgements: every revision once, by the published version", count, broken)


def _cases(stack: Stack, findings: Findings) -> None:
    rows = stack.rows(
        "SELECT i.id, i.external_id, count(DISTINCT r.id),"
        f" count(DISTINCT r.id) FILTER (WHERE {NEEDS_A_PERSON}),"
        " (SELECT count(*) FROM moderation_case c WHERE c.content_item_id = i.id)"
        " FROM moderation_contentitem i JOIN moderation_contentrevision r ON r.content_item_id = i.id"
        " LEFT JOIN moderation_evaluation e ON e.revision_id = r.id GROUP BY i.id, i.external_id"
    )
    findings.check(
        "flagged comments, each with its case; unflagged ones with none; unedited ones with one",
        sum(flagged > 0 for _, _, _, flagged, _ in rows),
        [
            f"{external_id}: {flagged} of {revisions} revisions flagged, {cases} cases"
            for _, external_id, revisions, flagged, cases in rows
            # An edit joins an open case, and opens another where the first is decided.
            if not min(flagged, 1) <= cases <= flagged or (revisions == 1 and cases != flagged)
        ],
    )
    judged = stack.rows(
        "SELECT c.id FROM moderation_case c LEFT JOIN moderation_decision d ON d.case_id = c.id"
        " WHERE c.status = 'decided' GROUP BY c.id, c.standing_decision_id"
        " HAVING count(d.id) = 0 OR c.standing_decision_id IS NULL"
    )
    count = stack.number("SELECT count(*) FROM moderation_case WHERE status = 'decided'")
    findings.check("decided cases, each with a standing decision", count, judged)
    waiting = stack.rows("SELECT id FROM moderation_case WHERE status <> 'decided'")
    findings.check("cases left waiting though moderators decided all", len(waiting), waiting)


def _decisions(stack: Stack, account: Account, findings: Findings) -> None:
    made = dict(stack.rows("SELECT id::text, case_id::text FROM moderation_decision"))
    known = account.decisions | account.reversals
    findings.check(
        "decisions acknowledged, each kept",
        len(known),
        [key for key in known if key not in made]
        + [key for key, case in account.decisions.items() if made.get(key) != case],
    )
    findings.check(
        "decisions kept, each acknowledged: none made twice",
        len(made),
        [key for key in made if key not in known],
    )
    replaced = dict(
        stack.rows(
            "SELECT id::text, replaces_id::text FROM moderation_decision WHERE replaces_id IS NOT NULL"
        )
    )
    findings.check(
        "reversals, each replacing the decision it names",
        len(account.reversals),
        [key for key, of in account.reversals.items() if replaced.get(key) != of],
    )


def _actions(stack: Stack, findings: Findings) -> None:
    statuses = Counter(
        dict(
            stack.rows("SELECT status, count(*) FROM moderation_enforcementaction GROUP BY status")
        )
    )
    under_way = {
        name: statuses[name] for name in ("requested", "accepted", "unknown") if statuses[name]
    }
    findings.check("actions, none still under way", statuses.total(), list(under_way.items()))
    # Only a comment that is deleted cannot be shown again.
    failed = stack.rows(
        "SELECT a.kind, m.target_external_id, m.status, m.last_error FROM moderation_enforcementaction a"
        " JOIN platforms_outboxmessage m ON m.id = a.outbox_message_id WHERE a.status = 'failed'"
    )
    gone = {
        row["id"] for row in stack.platform_rows("SELECT id FROM comments WHERE state = 'deleted'")
    }
    findings.check(
        "actions verified on the platform (a deleted comment can take no more)",
        statuses["verified"],
        [
            row
            for row in failed
            if row[0] not in {"unhide", "reply", "report"} or row[1] not in gone
        ],
    )
    apart = stack.rows(
        "SELECT a.id, a.status, m.status FROM moderation_enforcementaction a"
        " JOIN platforms_outboxmessage m ON m.id = a.outbox_message_id"
        " WHERE a.status <> CASE WHEN m.status IN ('dead', 'refused') THEN 'failed' ELSE m.status END"
    )
    findings.check("actions that say what their deliveries say", statuses.total(), apart)


def _effects(stack: Stack, findings: Findings) -> None:
    """Play every verified command in the order it was asked for; the platform did exactly that."""
    effects = stack.platform_rows("SELECT * FROM effects ORDER BY id")
    done = Counter((row["act"], row["idempotency_key"]) for row in effects)
    messages = stack.rows(
        "SELECT m.kind, m.idempotency_key, m.target_external_id, m.author_external_id, c.external_id, m.status"
        " FROM platforms_outboxmessage m JOIN platforms_channel c ON c.id = m.channel_id ORDER BY m.id"
    )
    findings.check(
        "effects on the platform, none twice for one command",
        len(effects),
        [f"{act} {key}: {count} times" for (act, key), count in done.items() if count > 1],
    )
    commanded = {(kind, key) for kind, key, *_ in messages}
    findings.check(
        "effects on the platform, each commanded",
        len(effects),
        [f"{act} {key}" for act, key in done if (act, key) not in commanded],
    )
    sent = [row for row in messages if row[0] in SENT]
    findings.check(
        "replies, warnings and reports verified: each done exactly once, refused ones never",
        len(sent),
        [
            f"{kind} {key} is {status}: done {done[kind, key]} times"
            for kind, key, _, _, _, status in sent
            if done[kind, key] != (status == "verified")
        ],
    )
    states: dict[Any, str] = defaultdict(lambda: "live")
    expected: dict[Any, list[tuple[str, str]]] = defaultdict(list)
    for kind, key, target, author, channel, status in messages:
        if status != "verified" or kind in SENT:
            continue
        about = target if kind in STATE else (channel, author)
        wished = STATE.get(kind, kind.replace("unblock", "live"))
        if states[about] in {wished, "deleted"}:
            continue
        states[about] = wished
        expected[about].append((kind, key))
    happened: dict[Any, list[tuple[str, str]]] = defaultdict(list)
    for row in effects:
        if row["act"] not in SENT:
            about = row["target"] if row["act"] in STATE else (row["channel"], row["target"])
            happened[about].append((row["act"], row["idempotency_key"]))
    findings.check(
        "hides, deletions, blocks and their opposites: done once, in the order asked for",
        sum(map(len, expected.values())),
        [
            f"{about}: {happened[about]} instead of {expected[about]}"
            for about in expected.keys() | happened.keys()
            if happened[about] != expected[about]
        ],
    )
    twice = stack.platform_rows(
        "SELECT idempotency_key, count(*) AS count FROM messages GROUP BY kind, idempotency_key HAVING count(*) > 1"
        " UNION ALL SELECT idempotency_key, count(*) FROM comments WHERE author IS NULL"
        " GROUP BY idempotency_key HAVING count(*) > 1"
    )
    count = stack.platform_rows("SELECT count(*) AS count FROM messages")[0]["count"]
    findings.check("private messages on the platform, none twice", count, twice)


def _record(stack: Stack, findings: Findings) -> None:
    other = (
        "NOT EXISTS (SELECT 1 FROM audit_auditevent o WHERE o.type = '{}' AND o.target_id = t.id)"
    )
    for event, table, condition in (
        ("decision.recorded", "moderation_decision", other.format("decision.reversed")),
        ("decision.reversed", "moderation_decision", other.format("decision.recorded")),
        ("case.opened", "moderation_case", "true"),
        ("action.requested", "moderation_enforcementaction", "true"),
    ):
        wrong = stack.rows(
            f"SELECT t.id, count(e.id) FROM {table} t LEFT JOIN audit_auditevent e"
            f" ON e.target_id = t.id AND e.type = %s WHERE {condition} GROUP BY t.id HAVING count(e.id) <> 1",
            event,
        )
        orphans = stack.rows(
            f"SELECT target_id FROM audit_auditevent e WHERE type = %s"
            f" AND NOT EXISTS (SELECT 1 FROM {table} t WHERE t.id = e.target_id)",
            event,
        )
        count = stack.number("SELECT count(*) FROM audit_auditevent WHERE type = %s", event)
        findings.check(f"recorded: {event}, one for each", count, wrong + orphans)
    settled = stack.rows(
        "SELECT target_id, count(*) FROM audit_auditevent WHERE type = 'enforcement.settled'"
        " AND data->>'status' = 'verified' GROUP BY target_id HAVING count(*) > 1"
    )
    verified = stack.number(
        "SELECT count(*) FROM audit_auditevent WHERE type = 'enforcement.settled' AND data->>'status' = 'verified'"
    )
    findings.check("recorded: verified actions, once each", verified, settled)


def _leftovers(stack: Stack, findings: Findings) -> None:
    events = stack.number("SELECT count(*) FROM platforms_inboundevent")
    left = stack.rows(
        "SELECT key, status, error FROM platforms_inboundevent WHERE status IN ('pending', 'failed')"
    )
    findings.check("events received, none pending or failed", events, left)
    messages = stack.number("SELECT count(*) FROM platforms_outboxmessage")
    due = stack.rows(
        "SELECT idempotency_key, status, next_attempt_at, last_error FROM platforms_outboxmessage"
        " WHERE lease IS NOT NULL OR next_attempt_at IS NOT NULL OR status IN ('requested', 'sending', 'unknown')"
    )
    findings.check("deliveries, none leased or due", messages, due)
