"""Events in sentences: what somebody did, why, and under which guideline.

Nothing is looked up: an event's own words are what was known when it happened.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import NoReverseMatch, reverse

from audit.enums import ActorKind, AuditEventType
from audit.models import AuditEvent
from common.page import Choice, Chosen, Filter, FilterField, Pages, Search, in_order, iso
from common.when import uk_datetime

T = AuditEventType
Data = Mapping[str, Any]  # Any: the JSON of an event

CONSOLE = "The console"
LONGEST_WORDS = 300
# Where the target of an event has a page of its own.
TARGET_PAGES = {
    "case": "moderation:case_detail",
    "channel": "platforms:channel_detail",
    "importrun": "moderation:import_detail",
    "backtest": "moderation:backtest_detail",
    "rulesetversion": "policies:ruleset_detail",
}


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event as a row of the audit page."""

    when: str
    when_iso: str
    what: str
    by: str
    target: str
    url: str
    clause: str
    reason: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    """The audit page."""

    filter: Filter
    events: list[EventRow]
    pages: Pages
    seal: None = None


def phrase(event: AuditEvent) -> str:
    """Return what was done, to follow the name of whoever did it: "claimed the case"."""
    return PHRASES[AuditEventType(event.type)](event.data, event)


def actor(event: AuditEvent) -> str:
    """Return who did it, by the name they had then."""
    return CONSOLE if event.actor_kind == ActorKind.SYSTEM else event.actor_label


def headline(event: AuditEvent) -> str:
    """Return who did what: "Ada Obi claimed the case"."""
    return f"{actor(event)} {phrase(event)}"


def sentence(event: AuditEvent) -> str:
    """Return the whole event in words: who did what, under which guideline and why."""
    under = f" under {event.clause}" if event.clause else ""
    why = f" Reason: {_cut(in_order(event.reason))}" if event.reason else ""
    return f"{headline(event)}{under}.{why}"


def audit_page(
    *,
    events: list[AuditEvent],
    chosen: Mapping[str, str],
    people: Mapping[str, str],
    newer_than: int | None,
    older_than: int | None,
) -> AuditPage:
    """Return the page of these events. `chosen` are the filters in use, as the address names them."""
    action = reverse("audit:event_list")

    def url(**changes: str) -> str:
        query = {key: value for key, value in {**chosen, **changes}.items() if value}
        return f"{action}?{urlencode(query)}" if query else action

    types = [Choice(kind.value, kind.label, chosen["type"] == kind.value) for kind in T]
    names = [
        Choice(key, name, chosen["person"] == key)
        for key, name in sorted(people.items(), key=lambda pair: pair[1])
    ]
    chips = []
    if chosen["type"]:
        chips.append(Chosen(T(chosen["type"]).label, url(type="")))
    if chosen["person"]:
        chips.append(Chosen(people.get(chosen["person"], "One person"), url(person="")))
    if chosen["case"]:
        chips.append(Chosen(f"Case {chosen['case'][:8]}…", url(case="")))
    if chosen["about"]:
        chips.append(Chosen(f"About {chosen['about'][:8]}…", url(about="")))
    return AuditPage(
        filter=Filter(
            action=action,
            fields=[
                FilterField("type", "What", [Choice("", "Anything", not chosen["type"]), *types]),
                FilterField("person", "By", [Choice("", "Anybody", not chosen["person"]), *names]),
            ],
            chosen=chips,
            clear_url=action,
            search=Search("case", "Case reference", chosen["case"]),
        ),
        events=[_row(event) for event in events],
        pages=Pages(
            previous_url=url(newer=str(newer_than)) if newer_than is not None else "",
            next_url=url(older=str(older_than)) if older_than is not None else "",
        ),
    )


def _row(event: AuditEvent) -> EventRow:
    what = phrase(event)
    return EventRow(
        when=uk_datetime(event.at),
        when_iso=iso(event.at),
        what=what[:1].upper() + what[1:],
        by=actor(event),
        target=event.target_kind,
        url=page_of(event),
        clause=event.clause,
        reason=in_order(event.reason),
    )


def page_of(event: AuditEvent) -> str:
    """Return the page of the case, or else of the row, that the event is about; "" for none."""
    if event.case_id is not None:
        return _address("moderation:case_detail", event.case_id)
    name = TARGET_PAGES.get(event.target_kind)
    return _address(name, event.target_id) if name and event.target_id else ""


def _address(name: str, key: UUID) -> str:
    try:
        return reverse(name, args=[key])
    except NoReverseMatch:
        return ""


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_WORDS else f"{text[:LONGEST_WORDS].rstrip()}…"


def _words(value: object) -> str:
    return str(value).replace("_", " ")


def _count(value: object, one: str, many: str) -> str:
    number = int(str(value or 0))
    return f"{number:,} {one if number == 1 else many}"


def _say(text: str) -> Callable[[Data, AuditEvent], str]:
    return lambda data, event: text


def _quoted(data: Data, key: str) -> str:
    return f" “{_cut(str(data[key]))}”" if data.get(key) else ""


def _signed_out(data: Data, event: AuditEvent) -> str:
    how = {
        "idle": "was signed out after an hour without activity",
        "too_long": "was signed out after twelve hours",
    }
    return how.get(str(data.get("how", "")), "signed out")


def _role_granted(data: Data, event: AuditEvent) -> str:
    return f"made {data.get('person') or 'somebody'} {_words(data.get('role', 'a member'))}"


def _role_revoked(data: Data, event: AuditEvent) -> str:
    person = data.get("person") or "somebody"
    return f"took the role of {_words(data.get('role', 'member'))} from {person}"


def _hours_set(data: Data, event: AuditEvent) -> str:
    hours = "; ".join(str(period) for period in data.get("hours") or ())
    return "set the office hours" + (f" to {hours}" if hours else "")


def _tuned(data: Data, event: AuditEvent) -> str:
    categories = in_order(", ".join(map(str, data.get("categories", []))))
    return f"fitted the model's scores to {data.get('decisions', 0)} decisions: {categories}"


def _pack(data: Data, event: AuditEvent) -> str:
    name = f"{data.get('key', '')} {data.get('version', '')}".strip()
    clauses = _count(data.get("clauses"), "guideline", "guidelines")
    return f"imported the policy pack {name} with {clauses}"


def _drafted(data: Data, event: AuditEvent) -> str:
    rules = _count(data.get("rules"), "rule", "rules")
    return f"drafted version {data.get('number', '?')} of a rule set, with {rules}"


def _backtest_started(data: Data, event: AuditEvent) -> str:
    over = _count(data["days"], "day", "days") if data.get("days") else ""
    held = f"the comments of the last {over}" if over else "all held comments"
    return f"began to try version {data.get('number', '?')} of a rule set on {held}"


def _backtest_finished(data: Data, event: AuditEvent) -> str:
    if data.get("error"):
        return "could not finish the backtest"
    read = _count(data.get("read"), "text", "texts")
    return (
        f"finished the backtest: {read} read, {int(data.get('new', 0)):,} newly flagged,"
        f" {int(data.get('gone', 0)):,} no longer flagged"
    )


def _shadow_started(data: Data, event: AuditEvent) -> str:
    return f"let version {data.get('number', '?')} of a rule set judge in shadow"


def _shadow_ended(data: Data, event: AuditEvent) -> str:
    why = {
        "due": "its end date came",
        "stopped": "it was stopped",
        "changed": "the version changed",
        "published": "the version was published",
    }.get(str(data.get("how", "")), "it is over")
    return f"ended the shadow run: {why}"


def _sample_drawn(data: Data, event: AuditEvent) -> str:
    return f"drew {_count(data.get('items'), 'text', 'texts')} by chance to be labelled"


def _measures(data: Data, event: AuditEvent) -> str:
    return (
        f"chose to count {data.get('minutes', '?')} minutes for a case, and to be told of rules"
        f" below {data.get('lowest_precision', '?')} % precision"
    )


def _polled(data: Data, event: AuditEvent) -> str:
    return f"read {_count(data.get('events'), 'new event', 'new events')} from the channel"


def _attention(data: Data, event: AuditEvent) -> str:
    why = str(data.get("message", "")).strip().rstrip(".")
    return "stopped using the channel: it needs attention" + (f" ({why})" if why else "")


def _import_started(data: Data, event: AuditEvent) -> str:
    again = " again" if data.get("again") else ""
    return f"began to import the file{_quoted(data, 'file')}{again}"


def _import_finished(data: Data, event: AuditEvent) -> str:
    if data.get("error"):
        return f"could not finish importing the file{_quoted(data, 'file')}"
    return (
        f"finished importing the file{_quoted(data, 'file')}: {int(data.get('added', 0)):,} added,"
        f" {int(data.get('known', 0)):,} known already, {int(data.get('rejected', 0)):,} not taken"
    )


def _ingested(data: Data, event: AuditEvent) -> str:
    items = _count(data.get("items"), "new comment", "new comments")
    return f"took in {items} and flagged {int(data.get('flagged', 0)):,}"


def _state_changed(data: Data, event: AuditEvent) -> str:
    before, after = _words(data.get("before", "seen")), _words(data.get("after", "changed"))
    return f"noticed on the platform that the item went from {before} to {after}"


def _revised(data: Data, event: AuditEvent) -> str:
    return f"noticed that its author edited the text (text {data.get('number', '?')})"


def _reported(data: Data, event: AuditEvent) -> str:
    source = {
        "public": "a member of the public",
        "staff": "a member of staff",
        "tool": "an internal tool",
    }
    return f"took a report from {source.get(str(data.get('source')), 'somebody')}"


def _case_opened(data: Data, event: AuditEvent) -> str:
    headline_ = data.get("headline")
    severity = data.get("severity")
    return (
        "opened the case"
        + (f": {headline_}" if headline_ else "")
        + (f" ({_words(severity)})" if severity else "")
    )


def _released(data: Data, event: AuditEvent) -> str:
    if data.get("how") == "expired":
        return "put the case back into its queue, because the claim ran out"
    return "put the case back into its queue"


def _escalated(data: Data, event: AuditEvent) -> str:
    return f"handed the case on to the queue{_quoted(data, 'queue')}"


# How people name the stored words.
OUTCOMES = {
    "warn": "hide and warn the author",
    "block": "hide and block the author",
    "report": "hide and report to the platform",
    "no_reply": "reviewed, no reply",
}
ACTS = {
    "hide": "hide the comment",
    "unhide": "show the comment again",
    "delete": "delete the comment",
    "warn": "warn the author",
    "block": "block the author",
    "unblock": "unblock the author",
    "report": "report the comment",
    "reply": "answer the comment",
}


def _outcome(value: object) -> str:
    return OUTCOMES.get(str(value), _words(value))


def _act(value: object) -> str:
    return ACTS.get(str(value), _words(value))


def _reopened(data: Data, event: AuditEvent) -> str:
    before = data.get("before")
    return "opened the case again" + (f" (it was: {_words(before)})" if before else "")


def _decided(data: Data, event: AuditEvent) -> str:
    return f"decided: {_outcome(data.get('outcome', 'something'))}"


def _reversed(data: Data, event: AuditEvent) -> str:
    kept = ", ".join(_act(kind) for kind in data.get("irreversible") or ())
    return f"reversed the decision “{_outcome(data.get('before', '?'))}”" + (
        f"; what cannot be undone: {kept}" if kept else ""
    )


def _requested(data: Data, event: AuditEvent) -> str:
    act = _act(data.get("kind", "an action"))
    if data.get("status") == "not_possible":
        return f"noted that “{act}” cannot be done by the console"
    return f"asked the platform to {act}"


def _attempted(data: Data, event: AuditEvent) -> str:
    act = _act(data.get("kind", "the action"))
    outcome = {
        "requested": "it did not work and will be tried again",
        "accepted": "the platform accepted it",
        "verified": "read back and verified",
        "unknown": "no answer came, so it will be looked up",
        "dead": "it gave up",
        "refused": "the platform refused",
    }
    status = str(data.get("status", ""))
    return f"told the platform to {act}: {outcome.get(status, _words(status))}"


def _replayed(data: Data, event: AuditEvent) -> str:
    if event.target_kind == "inboundevent":
        return "had an incoming event read again that had failed"
    return "had an action tried again that had given up"


def _settled(data: Data, event: AuditEvent) -> str:
    act = _act(data.get("kind", "the action"))
    seen = str(data.get("seen") or data.get("error") or "").strip().rstrip(".")
    note = f". {seen}" if seen else ""
    return f"{_words(data.get('status', 'unknown'))}: {act}{note}"


PHRASES: Mapping[AuditEventType, Callable[[Data, AuditEvent], str]] = {
    T.SIGNED_IN: _say("signed in"),
    T.SIGNED_OUT: _signed_out,
    T.ORGANISATION_CREATED: lambda data, event: f"created the organisation{_quoted(data, 'name')}",
    T.OFFICE_HOURS_SET: _hours_set,
    T.PERSON_ADDED: lambda data, event: f"made an account for {data.get('person') or 'somebody'}",
    T.PASSWORD_SET: lambda data, event: f"gave {data.get('person') or 'somebody'} a new password",
    T.MEMBERSHIP_GRANTED: _role_granted,
    T.MEMBERSHIP_REVOKED: _role_revoked,
    T.TOKEN_ISSUED: lambda data, event: f"issued an API token{_quoted(data, 'name')}",
    T.TOKEN_REVOKED: _say("revoked an API token"),
    T.PACK_IMPORTED: _pack,
    T.MODEL_TUNED: _tuned,
    T.RULE_SET_DRAFTED: _drafted,
    T.RULE_SET_APPROVED: _say("approved the version of the rule set"),
    T.RULE_SET_PUBLISHED: _say("published the version of the rule set"),
    T.RULE_SET_RETIRED: _say("retired the version of the rule set"),
    T.BACKTEST_STARTED: _backtest_started,
    T.BACKTEST_FINISHED: _backtest_finished,
    T.BACKTEST_CANCELLED: _say("cancelled the backtest"),
    T.SHADOW_STARTED: _shadow_started,
    T.SHADOW_ENDED: _shadow_ended,
    T.SAMPLE_DRAWN: _sample_drawn,
    T.TEXT_LABELLED: _say("labelled a sampled text"),
    T.MEASURES_CHANGED: _measures,
    T.CHANNEL_OPENED: lambda data, event: f"opened the channel{_quoted(data, 'name')}",
    T.CHANNEL_PAUSED: _say("paused the channel"),
    T.CHANNEL_RESUMED: _say("resumed the channel"),
    T.CHANNEL_CREDENTIALS_SET: _say("gave the channel new credentials"),
    T.CHANNEL_POLLED: _polled,
    T.CHANNEL_NEEDS_ATTENTION: _attention,
    T.IMPORT_STARTED: _import_started,
    T.IMPORT_FINISHED: _import_finished,
    T.CONTENT_INGESTED: _ingested,
    T.CONTENT_REVISED: _revised,
    T.CONTENT_STATE_CHANGED: _state_changed,
    T.CONTENT_EVALUATED: _say("judged the text by the published rules"),
    T.CONTENT_VIEWED: _say("looked at the content"),
    T.REPORT_RECEIVED: _reported,
    T.CASE_OPENED: _case_opened,
    T.CASE_REOPENED: _reopened,
    T.CASE_CLAIMED: _say("claimed the case"),
    T.CASE_RELEASED: _released,
    T.CASE_ESCALATED: _escalated,
    T.DECISION_RECORDED: _decided,
    T.DECISION_REVERSED: _reversed,
    T.ACTION_REQUESTED: _requested,
    T.DELIVERY_ATTEMPTED: _attempted,
    T.DELIVERY_REPLAYED: _replayed,
    T.ENFORCEMENT_SETTLED: _settled,
}
