"""channel: where the item appeared."""

from __future__ import annotations

from policies.engine.conditions.base import Condition, Scan, Workshop, listed


class OnChannel(Condition):
    """Holds when the platform and the channel are among those named."""

    reads_text = False

    def __init__(self, platforms: tuple[str, ...], channels: tuple[str, ...]) -> None:
        self.platforms = platforms
        self.channels = channels

    def truth(self, scan: Scan) -> bool | None:
        answer: bool | None = True
        for value, wanted in (
            (scan.subject.platform, self.platforms),
            (scan.subject.channel, self.channels),
        ):
            if wanted and value not in wanted:
                if value:
                    return False
                answer = None
        return answer

    def missing(self, scan: Scan) -> set[str]:
        if self.truth(scan) is not None:
            return set()
        lacking = set()
        if self.platforms and not scan.subject.platform:
            lacking.add("platform")
        if self.channels and not scan.subject.channel:
            lacking.add("channel")
        return lacking

    def reads_place(self) -> bool:
        return True

    def sentence(self) -> str:
        return f"appeared on {self._where()}"

    def denial(self) -> str:
        return f"did not appear on {self._where()}"

    def _where(self) -> str:
        parts = [listed(names) for names in (self.channels, self.platforms) if names]
        return " of ".join(parts)


def make(workshop: Workshop, spec: object, where: str, depth: int) -> Condition | None:
    """Read `channel: {platforms: [...], channels: [...]}`."""
    reader = workshop.reader
    node = reader.mapping(spec, where, optional=["platforms", "channels"])
    platforms = reader.texts(
        node.get("platforms"), f"{where}, platforms", filled="platforms" in node
    )
    channels = reader.texts(node.get("channels"), f"{where}, channels", filled="channels" in node)
    if not node:
        reader.note(where, "needs the field “platforms” or the field “channels”.")
    return OnChannel(tuple(platforms), tuple(channels)) if platforms or channels else None
