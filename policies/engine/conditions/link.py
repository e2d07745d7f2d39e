"""link: web addresses, plain or disguised ("example dot com", hxxp), and where they lead."""

from __future__ import annotations

import re
from dataclasses import dataclass

from policies.engine.conditions.base import Condition, Found, Scan, Workshop, listed
from policies.engine.patterns import Pattern

_DOT = r"(?:\.|\s?[\[({]\s?(?:\.|dot)\s?[\])}]\s?|\s{1,2}dot\s{1,2})"
_SCHEME = r"\bh(?:tt|xx|\*\*)ps?\s?(?::|\[:\])\s?//\s?"
_PATH = r"(?:[:/?#][^\s<>\"']*)?"
_BARE_ENDINGS = (
    "com|net|org|info|biz|co|io|uk|eu|tv|ly|gl|gd|cc|cm|club|shop|store|online|site|website|xyz|top|"
    "live|link|click|win|vip|bet|casino|loan|loans|money|cash|app|dev|page|pro|news|blog|space|fun|"
    "life|world|today|agency|company|digital|email|media|network|group|ltd|london|scot|wales|gov|ac|"
    "edu|sch|nhs|police|ru|cn|de|fr|es|nl|pl|ie|in\\.net|onion|stream|download|trade|market|finance|"
    "icu|buzz|rest|gg|su|ws|pw|tk|ml|ga|cf|gq"
)
_SPOKEN_ENDINGS = "com|net|org|info|biz|co|uk|io|xyz|shop|online|site"
_NAME = r"[a-z0-9][a-z0-9\-]*"
_INVITATIONS = r"\b(?:t\.me|wa\.me|m\.me|youtu\.be|g\.co|is\.gd|v\.gd|amzn\.to|dlvr\.it|fb\.me)/"

GATE = rf"{_SCHEME}|[a-z0-9]\.(?:{_BARE_ENDINGS})\b|[a-z0-9]{_DOT}(?:{_SPOKEN_ENDINGS})\b|{_INVITATIONS}"
"""Cheap sign that a text has an address. Without a scheme only common endings count, since
"end.Next" is a missing space far more often than an address."""

_LINK = Pattern(
    rf"{_SCHEME}{_NAME}(?:{_DOT}{_NAME})*{_PATH}"
    rf"|\b(?:{_NAME}\.)+(?:{_BARE_ENDINGS})\b{_PATH}"
    rf"|\b(?:{_NAME}{_DOT})+(?:{_SPOKEN_ENDINGS})\b{_PATH}"
    rf"|{_INVITATIONS}\S*"
)

_CLEAN_SCHEME = re.compile(r"^h(?:tt|xx|\*\*)ps?\s?(?::|\[:\])\s?//\s?")
_CLEAN_DOT = re.compile(r"\s?[\[({]\s?(?:\.|dot)\s?[\])}]\s?|\s{1,2}dot\s{1,2}")

_SHORTENING_SERVICES = (
    "bit.ly tinyurl.com goo.gl ow.ly is.gd buff.ly rb.gy cutt.ly shorturl.at tiny.cc t.ly v.gd "
    "rebrand.ly fb.me dlvr.it adf.ly bl.ink soo.gd s.id qr.ae trib.al amzn.to youtu.be g.co t.me "
    "wa.me m.me linktr.ee"
)
SHORTENERS = frozenset(_SHORTENING_SERVICES.split())
"""Services whose addresses do not show where they lead, message invitations among them.

Not t.co and lnkd.in: X and LinkedIn wrap every address in these on their own.
"""


@dataclass(frozen=True, slots=True)
class Link:
    """One address found in a text."""

    start: int
    end: int
    domain: str


def find_links(scan: Scan) -> list[Link]:
    """Return the web addresses in a text."""
    links = []
    for start, end in scan.spans_of(_LINK):
        if start and scan.folded[start - 1] in "@#":
            continue  # the domain of an e-mail address
        written = scan.folded[start:end].rstrip(".,;:!?)]}'\"")
        plain = _CLEAN_DOT.sub(".", _CLEAN_SCHEME.sub("", written))
        host = re.split(r"[:/?#\s]", plain, maxsplit=1)[0].rstrip(".")
        if "@" in written[: len(written) - len(plain) + len(host) + 1]:
            continue
        domain = host.removeprefix("www.")
        if "." in domain:
            links.append(Link(start, start + len(written), domain))
    return links


class HasLink(Condition):
    """Holds when enough addresses of the wanted kind occur."""

    marks_text = True

    def __init__(
        self,
        workshop: Workshop,
        *,
        domains: tuple[str, ...],
        excepted: tuple[str, ...],
        shorteners: bool,
        at_least: int,
    ) -> None:
        self.event = workshop.pattern_events[workshop.gate(GATE)]
        self.domains = domains
        self.excepted = excepted
        self.shorteners = shorteners
        self.at_least = at_least

    def truth(self, scan: Scan) -> bool | None:
        return self.event in scan.events and len(self._wanted(scan)) >= self.at_least

    def triggers(self) -> frozenset[int] | None:
        return frozenset([self.event])

    def spans(self, scan: Scan) -> list[Found]:
        if self.event not in scan.events:
            return []
        return [
            Found(link.start, link.end, f"Link to {link.domain}", "link")
            for link in self._wanted(scan)
        ]

    def _wanted(self, scan: Scan) -> list[Link]:
        links = scan.remember("links", lambda: find_links(scan))
        return [link for link in links if self._is_wanted(link.domain)]

    def _is_wanted(self, domain: str) -> bool:
        if _within(domain, self.excepted):
            return False
        if self.shorteners and _within(domain, SHORTENERS):
            return True
        if self.domains:
            return _within(domain, self.domains)
        return not self.shorteners

    def sentence(self) -> str:
        return f"has {self._what()}"

    def denial(self) -> str:
        return f"does not have {self._what()}"

    def _what(self) -> str:
        kinds = []
        if self.domains:
            kinds.append(f"to {listed(self.domains)}")
        if self.shorteners:
            kinds.append("through a link shortener")
        link = "a link" if self.at_least == 1 else f"at least {self.at_least} links"
        kind = f" {' or '.join(kinds)}" if kinds else ""
        exception = f" other than to {listed(self.excepted)}" if self.excepted else ""
        return f"{link}{kind}{exception}"


def _within(domain: str, domains: frozenset[str] | tuple[str, ...]) -> bool:
    """Tell whether a domain is one of these or lies under one of them."""
    labels = domain.rsplit(".", 8)[-8:]
    return any(".".join(labels[i:]) in domains for i in range(len(labels)))


def make(workshop: Workshop, spec: object, where: str, depth: int) -> Condition | None:
    """Read `link: {any: true}`, `{domains: [...]}`, `{shorteners: true}`, `{except: [...]}`."""
    reader = workshop.reader
    node = reader.mapping(
        spec, where, optional=["domains", "any", "shorteners", "at_least", "except"]
    )
    domains = _domains(
        workshop, node.get("domains"), f"{where}, domains", present="domains" in node
    )
    excepted = _domains(workshop, node.get("except"), f"{where}, except", present="except" in node)
    shorteners = reader.boolean(node.get("shorteners"), f"{where}, shorteners")
    anything = reader.boolean(node.get("any"), f"{where}, any")
    if anything and (domains or shorteners):
        reader.note(where, "asks for any link and for some links; choose one.")
    at_least = reader.whole(
        node.get("at_least"), f"{where}, at_least", default=1, least=1, most=99
    )
    return HasLink(
        workshop, domains=domains, excepted=excepted, shorteners=shorteners, at_least=at_least
    )


def _domains(workshop: Workshop, value: object, where: str, *, present: bool) -> tuple[str, ...]:
    found = []
    for text in workshop.reader.texts(value, where, filled=present):
        domain = text.lower().removeprefix("www.")
        if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", domain):
            workshop.reader.note(where, f"“{text}” is not a domain such as example.org.")
        found.append(domain)
    return tuple(found)
