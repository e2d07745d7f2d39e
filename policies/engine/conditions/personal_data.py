"""personal_data: details that identify or reach a person, in the forms people write in the UK."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from policies.engine.conditions.base import Condition, Found, Scan, Workshop, listed
from policies.engine.patterns import Pattern


class PersonalData(StrEnum):
    """Kinds of detail that can be looked for."""

    UK_PHONE = "uk_phone"
    UK_SERVICE_PHONE = "uk_service_phone"
    UK_POSTCODE = "uk_postcode"
    EMAIL = "email"
    NATIONAL_INSURANCE = "national_insurance"
    PRISON_NUMBER = "prison_number"


_PHONE = (
    r"(?:(?:\+|\b00)\s?44[\s.\-]?(?:\(0\)[\s.\-]?)?|\(?0)"
    r"[1-9](?:[\s.\-]{0,2}[()]?[\s.\-]{0,2}[0-9]){7,10}\b"
)
_DATE = re.compile(r"[0-9]{1,2}[.\-][0-9]{1,2}[.\-](?:19|20)?[0-9]{2}\b")
_ORDER_NUMBER = re.compile(
    r"\b(?:order|ref|reference|invoice|tracking|case|ticket|booking|account|claim|parcel|serial|"
    r"isbn|barcode)\b[\s:#.]{0,3}(?:no|number|num|id|code|is)?[\s:#.]{0,3}\Z"
)
_POSTCODE = r"\b[a-pr-uwyz][a-hk-y]?[0-9][0-9a-hjkmnp-y]?\s{0,2}[0-9][abd-hjlnp-uw-z]{2}\b"
_AREAS = (
    "ab al b ba bb bd bh bl bn br bs bt ca cb cf ch cm co cr ct cv cw da dd de dg dh dl dn dt dy e ec en "
    "eh ex fk fy g gl gu gy ha hd hg hp hr hs hu hx ig im ip iv je ka kt kw ky l la ld le ll ln ls lu m "
    "me mk ml n ne ng nn np nr nw ol ox pa pe ph pl po pr rg rh rm s sa se sg sk sl sm sn so sp sr ss st "
    "sw sy ta td tf tn tq tr ts tw ub w wa wc wd wf wn wr ws wv yo ze"
)
_POSTCODE_AREAS = frozenset(_AREAS.split())
_ORDINAL = re.compile(r"[0-9](?:st|nd|rd|th)\Z")
_EMAIL = (
    r"\b[a-z0-9][a-z0-9._%+\-]*\s?(?:@|[\[({]\s?(?:at|@)\s?[\])}])\s?"
    r"(?:[a-z0-9][a-z0-9\-]*\s?(?:\.|[\[({]\s?(?:\.|dot)\s?[\])}]|\bdot\b)\s?)+[a-z]{2,24}\b"
    r"|\b[a-z0-9][a-z0-9._%+\-]* at [a-z0-9][a-z0-9\-]* dot (?:com|org|net|uk|info|co)\b"
)
_EMAIL_SIGN = (
    r"[a-z0-9]\s?@\s?[a-z0-9\-]+\s?(?:\.|\bdot\b|[\[({])"
    r"|[a-z0-9]\s?[\[({]\s?(?:at|@)\s?[\])}]|[a-z0-9] at [a-z0-9\-]+ dot "
)
_NATIONAL_INSURANCE = r"\b[abceghj-prstw-z][abceghj-nprstw-z](?:[\s\-]?[0-9]{2}){3}[\s\-]?[a-d]\b"
_NEVER_ISSUED = ("bg", "gb", "nk", "kn", "tn", "nt", "zz")
_PRISON_NUMBER = r"\b[a-z][0-9]{4}[a-hj-np-z]{2}\b"


def _national_number(written: str) -> str:
    digits = re.sub(r"[^0-9]", "", written)
    if written.lstrip().startswith("+") or digits.startswith("0044"):
        digits = digits.removeprefix("00").removeprefix("44").removeprefix("0")
        return "0" + digits
    return digits


def _phone_label(scan: Scan, start: int, end: int) -> str | None:
    """Name the sort of telephone number, or None where it is an amount or an order number."""
    before = scan.folded[max(0, start - 30) : start]
    if before[-1:] and (before[-1] in "£$€#/." or before[-1].isalnum()):
        return None
    if _ORDER_NUMBER.search(before) or _DATE.match(scan.folded, start):
        return None
    number = _national_number(scan.folded[start:end])
    if number.startswith("07") and len(number) == 11 and number[2] in "1345789":
        return "UK mobile number"
    if number.startswith(("01", "02")) and (
        len(number) == 11 or (len(number) == 10 and number.startswith("01"))
    ):
        return "UK landline number"
    if number.startswith(("03", "08", "09")) and len(number) in (10, 11):
        return "UK service number"
    return None


def _phone(scan: Scan, start: int, end: int) -> str | None:
    label = _phone_label(scan, start, end)
    # 03, 08 and 09 numbers belong to helplines and companies: no person is found through them.
    return label if label != "UK service number" else None


def _service_phone(scan: Scan, start: int, end: int) -> str | None:
    label = _phone_label(scan, start, end)
    return label if label == "UK service number" else None


def _postcode(scan: Scan, start: int, end: int) -> str | None:
    written = scan.folded[start:end]
    if re.match("[a-z]+", written)[0] not in _POSTCODE_AREAS:  # type: ignore[index]
        return None
    if _ORDINAL.search(written) and written.replace(" ", "") in scan.subject.text:
        return None
    if _ORDINAL.search(written) and written in scan.subject.text:
        return None  # "see chapter e5 2nd line": small letters, so an ordinal
    return "UK postcode"


def _email(scan: Scan, start: int, end: int) -> str | None:
    return "Email address"


def _national_insurance(scan: Scan, start: int, end: int) -> str | None:
    return (
        None if scan.folded[start:end].startswith(_NEVER_ISSUED) else "National Insurance number"
    )


def _prison_number(scan: Scan, start: int, end: int) -> str | None:
    return "Prison number"


@dataclass(frozen=True, slots=True)
class _Detector:
    pattern: str
    label: Callable[[Scan, int, int], str | None]
    words: str
    sign: str = ""
    """A smaller pattern that holds wherever the pattern does, where that is cheaper."""


_DETECTORS = {
    PersonalData.UK_PHONE: _Detector(_PHONE, _phone, "a UK telephone number"),
    PersonalData.UK_SERVICE_PHONE: _Detector(_PHONE, _service_phone, "a UK service number"),
    PersonalData.UK_POSTCODE: _Detector(_POSTCODE, _postcode, "a UK postcode"),
    PersonalData.EMAIL: _Detector(_EMAIL, _email, "an email address", _EMAIL_SIGN),
    PersonalData.NATIONAL_INSURANCE: _Detector(
        _NATIONAL_INSURANCE, _national_insurance, "a National Insurance number"
    ),
    PersonalData.PRISON_NUMBER: _Detector(_PRISON_NUMBER, _prison_number, "a prison number"),
}


_PATTERNS = {kind: Pattern(detector.pattern) for kind, detector in _DETECTORS.items()}


def _find(scan: Scan, kind: PersonalData, pattern: Pattern) -> list[Found]:
    label = _DETECTORS[kind].label
    return [
        Found(start, end, text, "personal data")
        for start, end in scan.spans_of(pattern)
        if (text := label(scan, start, end))
    ]


class HasPersonalData(Condition):
    """Holds when a detail of one of the kinds occurs."""

    marks_text = True

    def __init__(self, workshop: Workshop, kinds: tuple[PersonalData, ...]) -> None:
        self.kinds = kinds
        detectors = [_DETECTORS[kind] for kind in kinds]
        self._patterns = [_PATTERNS[kind] for kind in kinds]
        self._events = [
            workshop.pattern_events[workshop.gate(d.sign or d.pattern)] for d in detectors
        ]
        self._triggers = frozenset(self._events)

    def truth(self, scan: Scan) -> bool | None:
        return not self._triggers.isdisjoint(scan.events) and bool(self.spans(scan))

    def triggers(self) -> frozenset[int] | None:
        return self._triggers

    def spans(self, scan: Scan) -> list[Found]:
        found = []
        for kind, event, pattern in zip(self.kinds, self._events, self._patterns, strict=True):
            if event in scan.events:
                found += scan.remember(kind, partial(_find, scan, kind, pattern))
        return found

    def sentence(self) -> str:
        return f"contains {listed([_DETECTORS[kind].words for kind in self.kinds])}"

    def denial(self) -> str:
        return f"does not contain {listed([_DETECTORS[kind].words for kind in self.kinds])}"


def make(workshop: Workshop, spec: object, where: str, depth: int) -> Condition | None:
    """Read `personal_data: {kinds: [...]}`."""
    reader = workshop.reader
    node = reader.mapping(spec, where, required=["kinds"])
    if node.get("kinds") is None:
        return None
    kinds = dict.fromkeys(
        reader.choice(kind, f"{where}, kinds", PersonalData, default=PersonalData.EMAIL)
        for kind in reader.items(node["kinds"], f"{where}, kinds")
    )
    return HasPersonalData(workshop, tuple(kinds)) if kinds else None
