"""The platform's SQLite database: its tables, and connections that survive a crash."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS channels (
  handle TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  about TEXT NOT NULL DEFAULT '',
  token TEXT NOT NULL UNIQUE,
  seeded_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS authors (
  id TEXT PRIMARY KEY,
  handle TEXT NOT NULL,
  name TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS posts (
  id TEXT PRIMARY KEY,
  channel TEXT NOT NULL REFERENCES channels,
  text TEXT NOT NULL,
  published_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS posts_of_channel ON posts (channel, published_at);
CREATE TABLE IF NOT EXISTS comments (
  id TEXT PRIMARY KEY,
  -- Moves to the newest number at every change, so that a reader who knows number n asks for more.
  seq INTEGER NOT NULL UNIQUE,
  channel TEXT NOT NULL REFERENCES channels,
  post TEXT NOT NULL REFERENCES posts,
  parent TEXT REFERENCES comments,
  -- Empty for the channel's own replies.
  author TEXT REFERENCES authors,
  text TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  state TEXT NOT NULL DEFAULT 'live' CHECK (state IN ('live', 'hidden', 'held', 'deleted')),
  likes INTEGER NOT NULL DEFAULT 0,
  idempotency_key TEXT NOT NULL DEFAULT '',
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS comments_of_channel ON comments (channel, seq);
CREATE INDEX IF NOT EXISTS comments_of_post ON comments (post, created_at);
CREATE INDEX IF NOT EXISTS replies_of_comment ON comments (parent);
CREATE TABLE IF NOT EXISTS blocks (
  channel TEXT NOT NULL REFERENCES channels,
  author TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (channel, author)
);
-- What a channel sent that leaves no trace on a comment: private warnings and reports.
CREATE TABLE IF NOT EXISTS messages (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('warn', 'report')),
  channel TEXT NOT NULL REFERENCES channels,
  comment TEXT NOT NULL REFERENCES comments,
  text TEXT NOT NULL,
  idempotency_key TEXT NOT NULL DEFAULT '',
  created_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS messages_by_key ON messages (channel, kind, idempotency_key);
CREATE TABLE IF NOT EXISTS effects (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  channel TEXT NOT NULL,
  act TEXT NOT NULL,
  target TEXT NOT NULL,
  idempotency_key TEXT NOT NULL DEFAULT '',
  at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS effects_by_target ON effects (act, target);
CREATE TABLE IF NOT EXISTS faults (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  channel TEXT NOT NULL DEFAULT '',
  act TEXT NOT NULL,
  kind TEXT NOT NULL,
  remaining INTEGER NOT NULL,
  seconds REAL NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS counters (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
);
INSERT OR IGNORE INTO counters VALUES ('seq', 0);
"""


class Database:
    """Opens short-lived connections to one file; every thread and request has its own."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as connection:
            # Readers do not wait for the writer, and a killed process loses nothing committed.
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(SCHEMA)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=10, isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Give a connection for reads that belong together."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give a connection whose writes happen together or not at all, one writer at a time."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
