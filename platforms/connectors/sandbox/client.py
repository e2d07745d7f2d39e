"""HTTP calls to the sandbox platform and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from platforms.connectors.base import Access, ConnectorError
from platforms.connectors.http import Answer, HttpClient

Data = dict[str, Any]  # a JSON object, whose shape the platform decides

PAGE = 100


class SandboxClient:
    """The platform's API, spoken with one channel's token."""

    def __init__(self, access: Access) -> None:
        token = access.credentials.get("token", "")
        self._channel = f"api/channels/{_segment(access.external_id)}"
        self._http = HttpClient(
            service="The sandbox platform",
            base_url=access.base_url,
            headers={"Authorization": f"Bearer {token}"},
            secrets=[token],
        )

    def close(self) -> None:
        """Release the connections."""
        self._http.close()

    def changes(self, *, since: int) -> Data:
        """Return one page of what changed after number `since`."""
        what = "read new comments"
        answer = self._http.read(
            f"{self._channel}/comments", what=what, params={"since_seq": since, "limit": PAGE}
        )
        data = self._data(answer, what, writes=False)
        if not isinstance(data.get("comments"), list):
            raise self._http.lost(what, writes=False)
        return data

    def comment(self, comment_id: str) -> Data:
        """Return one comment as it stands."""
        return self._read(f"api/comments/{_segment(comment_id)}", what="look at the comment")

    def is_blocked(self, author_id: str) -> bool:
        """Tell whether the channel blocks an author."""
        path = f"{self._channel}/blocks/{_segment(author_id)}"
        return bool(self._read(path, what="look at the block").get("blocked"))

    def sent(self, sort: str, key: str) -> list[Data]:
        """Return the replies, warnings or reports that carried an idempotency key."""
        what = f"look for the {sort}"
        found = self._read(f"{self._channel}/{sort}", what=what, params={"idempotency_key": key})
        listed = found.get(sort)
        if not isinstance(listed, list):
            raise self._http.lost(what, writes=False)
        return [each for each in listed if isinstance(each, dict)]

    def act(self, act: str, comment_id: str, *, key: str) -> Data:
        """Hide, show again or delete a comment."""
        path = f"api/comments/{_segment(comment_id)}"
        what = {"unhide": "show the comment again"}.get(act, f"{act} the comment")
        if act == "delete":
            return self._write("DELETE", path, what=what, key=key)
        return self._write("POST", f"{path}/{act}", what=what, key=key)

    def block(self, author_id: str, *, key: str) -> Data:
        """Keep an author from writing on the channel."""
        path = f"{self._channel}/blocks"
        return self._write(
            "POST", path, what="block the author", key=key, json={"author": author_id}
        )

    def unblock(self, author_id: str, *, key: str) -> Data:
        """Let an author write again."""
        path = f"{self._channel}/blocks/{_segment(author_id)}"
        return self._write("DELETE", path, what="unblock the author", key=key)

    def send(self, act: str, comment_id: str, *, text: str, key: str) -> Data:
        """Reply in public, warn the author in private, or report the comment."""
        ends = {"reply": "replies", "warn": "warn", "report": "reports"}
        what = {
            "reply": "publish the reply",
            "warn": "send the warning",
            "report": "take the report",
        }
        path = f"api/comments/{_segment(comment_id)}/{ends[act]}"
        return self._write("POST", path, what=what[act], key=key, json={"text": text})

    def _read(
        self, path: str, *, what: str, params: Mapping[str, str | int] | None = None
    ) -> Data:
        return self._data(self._http.read(path, what=what, params=params), what, writes=False)

    def _write(
        self, method: str, path: str, *, what: str, key: str, json: Data | None = None
    ) -> Data:
        answer = self._http.write(
            method, path, what=what, json=json, headers={"Idempotency-Key": key}
        )
        return self._data(answer, what, writes=True)

    def _data(self, answer: Answer, what: str, *, writes: bool) -> Data:
        """Return the answer's object; one that cannot be read is as good as none."""
        try:
            data = answer.json()
        except (ValueError, RecursionError):
            data = None
        if isinstance(data, dict):
            return data
        error: ConnectorError = self._http.lost(what, writes=writes)
        raise error


def _segment(value: str) -> str:
    return quote(value, safe="")
