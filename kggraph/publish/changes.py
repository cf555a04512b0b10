"""The publication log: when each thing was first published, last changed, or taken away.

Generations are disposable and know no yesterday; this is the one file beside them that does. A build adds to it what
differs from the generation before, in one transaction, so feeds, sitemaps and harvesters get real dates. Without it (a
new build folder) everything counts as published at the first build: harvesters then fetch more than they need, never
less. Beside a row for each thing it keeps every version of a thing, compressed, for the stream of changes (`stream`):
some 0.4 kB for an item of 60 triples.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeAlias
from urllib.parse import quote

from isal import isal_zlib

What: TypeAlias = Literal["created", "changed", "withdrawn", "removed"]
FILE_NAME: Final = "changes.sqlite"
GONE: Final = ("withdrawn", "removed")
"""Kinds of change after which a thing is no longer there."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS thing (
  iri TEXT PRIMARY KEY, kind TEXT NOT NULL, digest BLOB NOT NULL, first TEXT NOT NULL, at TEXT NOT NULL,
  what TEXT NOT NULL, sets TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_time ON thing (kind, at, iri);
CREATE TABLE IF NOT EXISTS logged (hash TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS event (
  number INTEGER PRIMARY KEY, iri TEXT NOT NULL, at TEXT NOT NULL, what TEXT NOT NULL, body BLOB NOT NULL
);
"""
_DIFFERING: Final = """
CREATE TABLE differing (
  number INTEGER PRIMARY KEY, iri TEXT NOT NULL, kind TEXT NOT NULL, digest BLOB NOT NULL, first TEXT,
  what TEXT NOT NULL, sets TEXT NOT NULL, body BLOB NOT NULL, is_new INTEGER NOT NULL
);
CREATE TABLE about (hash TEXT NOT NULL, logged TEXT);
"""
"""What a generation adds to the log, but for the time. What is not new is told, and was known."""
_ADD_DIFFERING: Final = f"INSERT INTO differing VALUES (NULL{', ?' * 8})"
_TAKE_THINGS: Final = """
INSERT OR REPLACE INTO thing SELECT iri, kind, digest, coalesce(first, :now), :now, what, sets FROM differing
    WHERE is_new ORDER BY number
"""
_TAKE_EVENTS: Final = """
INSERT INTO event (iri, at, what, body) SELECT iri, :now, what, body FROM differing ORDER BY number
"""
_Differing: TypeAlias = tuple[str, str, bytes, str | None, What, str, bytes, bool]
_COLUMNS: Final = "iri, kind, first, at, what, sets"
_BATCH: Final = 1_000
_LEVEL: Final = 1
"""Of compression by ISA-L: a seventh of zlib's time at its level 1, and some percent smaller."""


class Published(NamedTuple):
    """A thing as a generation has it."""

    iri: str
    kind: str
    ntriples: bytes
    withdrawn: bool
    sets: tuple[str, ...] = ()
    """Names of the sets that harvesters find it in; a change of these counts as a change."""


@dataclass(frozen=True, slots=True)
class Change:
    """The last change of a thing."""

    iri: str
    kind: str
    first: str
    """When it was first published (UTC, xsd:dateTime)."""
    at: str
    """When it last changed."""
    what: What
    sets: tuple[str, ...]

    @property
    def is_gone(self) -> bool:
        """Whether the thing is no longer there."""
        return self.what in GONE


class Event(NamedTuple):
    """One version of a thing."""

    number: int
    iri: str
    at: str
    what: What
    ntriples: bytes
    """The thing as it was then; nothing when it was gone."""


def record(path: Path, hash: str, things: Iterable[Published], now: str, gone: Iterable[str] | None = None) -> int:
    """Add what a generation changes; nothing when that generation was the last one recorded.

    Dates never go back, whatever the clock does: who asks for changes by date would miss some.

    :param path: the log, made when it is not there.
    :param hash: of the generation.
    :param things: all things of the generation; or those that may differ, when it is told which are gone.
    :param now: UTC, xsd:dateTime in seconds.
    :param gone: IRIs of the things that are there no longer; all that are none of `things` when not given.
    :returns: how many things are new, changed or gone.
    """
    with _opened(path) as log:
        if _logged(log) == [hash]:
            return 0
        log.execute("BEGIN IMMEDIATE")  # what is not committed is gone with the connection
        time, count = _time(log, now), 0
        for iri, kind, digest, first, what, sets, body, is_new in _differing(log, things, gone):
            if is_new:
                row = (iri, kind, digest, first or time, time, what, sets)
                log.execute("INSERT OR REPLACE INTO thing VALUES (?, ?, ?, ?, ?, ?, ?)", row)
                count += 1
            log.execute("INSERT INTO event (iri, at, what, body) VALUES (?, ?, ?, ?)", (iri, time, what, body))
        _end(log, hash)
        return count


def compare(path: Path, hash: str, things: Iterable[Published], target: Path) -> None:
    """Write to a file what `record` would add, so that another process can find it out meanwhile.

    :param path: the log.
    :param hash: of the generation.
    :param things: all things of it.
    :param target: the file, which is not there.
    """
    with _opened(path if path.is_file() else Path(":memory:")) as log, _opened(target, "") as out:
        out.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;" + _DIFFERING)
        out.executemany(_ADD_DIFFERING, _differing(log, things, None))
        out.execute("INSERT INTO about VALUES (?, ?)", (hash, next(iter(_logged(log)), None)))
        out.execute("COMMIT")


def record_compared(path: Path, hash: str, target: Path, now: str) -> int | None:
    """Add what `compare` wrote of a generation, as `record` does.

    :returns: as `record`; nothing when it is of another generation, or the log is not what it was then.
    """
    if not target.is_file():
        return None
    with _opened(path) as log:
        log.execute("ATTACH ? AS compared", (str(target),))
        log.execute("BEGIN IMMEDIATE")
        if log.execute("SELECT hash, logged FROM about").fetchone() != (hash, next(iter(_logged(log)), None)):
            return None
        time = {"now": _time(log, now)}
        log.execute(_TAKE_THINGS, time)
        log.execute(_TAKE_EVENTS, time)
        (count,) = log.execute("SELECT count(*) FROM differing WHERE is_new").fetchone()
        _end(log, hash)
        return int(count)


def is_recorded(path: Path, hash: str) -> bool:
    """Whether that generation was the last one recorded."""
    if not path.is_file():
        return False
    with closing(sqlite3.connect(path)) as log:
        try:
            return _logged(log) == [hash]
        except sqlite3.OperationalError:
            return False


@contextmanager
def _opened(path: Path, schema: str = _SCHEMA) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript(schema)
        yield database


def _logged(log: sqlite3.Connection) -> list[str]:
    return [hash for (hash,) in log.execute("SELECT hash FROM logged")]


def _differing(
    log: sqlite3.Connection, things: Iterable[Published], gone: Iterable[str] | None
) -> Iterator[_Differing]:
    """What is to be added to a log, in the order in which it is told."""
    is_empty = log.execute("SELECT 1 FROM thing LIMIT 1").fetchone() is None
    # A log from before there was a stream is told what it knows.
    is_mute = not is_empty and log.execute("SELECT 1 FROM event LIMIT 1").fetchone() is None
    log.execute("CREATE TEMP TABLE seen (iri TEXT PRIMARY KEY) WITHOUT ROWID")
    for thing in things:
        known = None
        if not is_empty:
            known = log.execute("SELECT digest, first, what FROM thing WHERE iri = ?", (thing.iri,)).fetchone()
            log.execute("INSERT OR IGNORE INTO seen VALUES (?)", (thing.iri,))
        digest = _digest(thing)
        what: What = "withdrawn" if thing.withdrawn else "created" if known is None else "changed"
        if is_same := known is not None and known[0] == digest and known[2] != "removed":
            if not is_mute:
                continue
            what = known[2]
        body = b"" if what in GONE else isal_zlib.compress(thing.ntriples, _LEVEL)
        first = known[1] if known else None
        yield thing.iri, thing.kind, digest, first, what, " ".join(thing.sets), body, not is_same
    if gone is None:
        unseen = "SELECT iri FROM thing WHERE what != 'removed' AND iri NOT IN (SELECT iri FROM seen)"
        gone = [] if is_empty else [iri for (iri,) in log.execute(unseen).fetchall()]
    for iri in sorted(gone):
        known = log.execute("SELECT kind, digest, first, sets FROM thing WHERE iri = ?", (iri,)).fetchone()
        if known is not None:
            kind, digest, first, sets = known
            yield iri, kind, digest, first, "removed", sets, b"", True
    log.execute("DROP TABLE seen")


def _time(log: sqlite3.Connection, now: str) -> str:
    last = log.execute("SELECT at FROM event ORDER BY number DESC LIMIT 1").fetchone()
    return max(now, last[0]) if last else now


def _end(log: sqlite3.Connection, hash: str) -> None:
    log.execute("DELETE FROM logged")
    log.execute("INSERT INTO logged VALUES (?)", (hash,))
    log.execute("COMMIT")


def _digest(thing: Published) -> bytes:
    told = hashlib.blake2b(thing.ntriples, digest_size=16)
    told.update("\0".join(("", *thing.sets)).encode())
    return told.digest()


class Changes:
    """Reads the log; one object serves all threads. Without a log it knows of nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()

    def get(self, iri: str) -> Change | None:
        """The last change of a thing."""
        return next(iter(self._all(f"SELECT {_COLUMNS} FROM thing WHERE iri = ?", iri)), None)

    def get_all(self, iris: Collection[str]) -> dict[str, Change]:
        """The last change of each of these things."""
        found: dict[str, Change] = {}
        wanted = list(iris)
        for start in range(0, len(wanted), _BATCH):
            part = wanted[start : start + _BATCH]
            marks = ",".join("?" * len(part))
            rows = self._all(f"SELECT {_COLUMNS} FROM thing WHERE iri IN ({marks})", *part)
            found.update({change.iri: change for change in rows})
        return found

    def latest(self, kind: str, limit: int, offset: int = 0) -> list[Change]:
        """The things of a kind that changed last, the newest change first."""
        order = "ORDER BY at DESC, iri LIMIT ? OFFSET ?"
        return self._all(f"SELECT {_COLUMNS} FROM thing WHERE kind = ? {order}", kind, limit, offset)

    def since(
        self, kind: str, *, start: str = "", end: str = "", after: tuple[str, str] = ("", ""), limit: int = 100
    ) -> list[Change]:
        """Things of a kind by time of change, the oldest first.

        :param start: not before this time.
        :param end: not after this time.
        :param after: time and IRI of the last one that is known already.
        """
        return self._all(
            f"SELECT {_COLUMNS} FROM thing WHERE kind = ?1 AND at >= ?2 AND (?3 = '' OR at <= ?3) "
            "AND (at, iri) > (?4, ?5) ORDER BY at, iri LIMIT ?6",
            *(kind, start, end, *after, limit),
        )

    def each_since(
        self, kind: str, *, start: str = "", end: str = "", after: tuple[str, str] = ("", "")
    ) -> Iterator[Change]:
        """`since` without a limit, taken in batches."""
        while batch := self.since(kind, start=start, end=end, after=after, limit=_BATCH):
            yield from batch
            after = (batch[-1].at, batch[-1].iri)

    def count(self, kind: str, *, start: str = "", end: str = "") -> int:
        """How many things of a kind changed last between two times."""
        sql = "SELECT count(*) FROM thing WHERE kind = ?1 AND at >= ?2 AND (?3 = '' OR at <= ?3)"
        return int((self._rows(sql, kind, start, end) or [(0,)])[0][0])

    def earliest(self, kind: str) -> str:
        """When the thing that changed longest ago did so; empty when there is none."""
        return str((self._rows("SELECT min(at) FROM thing WHERE kind = ?", kind) or [("",)])[0][0] or "")

    def events(self, first: int, limit: int) -> list[Event]:
        """Changes in the order in which they came, from a number on; their numbers have no gaps."""
        sql = "SELECT number, iri, at, what, body FROM event WHERE number >= ? ORDER BY number LIMIT ?"
        return [
            Event(number, iri, at, what, zlib.decompress(body) if body else b"")
            for number, iri, at, what, body in self._rows(sql, first, limit)
        ]

    def event_starts(self, size: int) -> list[str]:
        """When the first change of each page of that many changes was, in their order."""
        sql = "SELECT at FROM event WHERE (number - 1) % ? = 0 ORDER BY number"
        return [at for (at,) in self._rows(sql, size)]

    def event_count(self) -> int:
        """How many changes there are in all."""
        return int((self._rows("SELECT max(number) FROM event") or [(0,)])[0][0] or 0)

    def _all(self, sql: str, *values: Any) -> list[Change]:
        rows = self._rows(sql, *values)
        return [Change(iri, kind, first, at, what, tuple(sets.split())) for iri, kind, first, at, what, sets in rows]

    def _rows(self, sql: str, *values: Any) -> list[Any]:
        connection = self._connection()
        try:
            return connection.execute(sql, values).fetchall() if connection else []
        except sqlite3.OperationalError as error:
            if "no such table: event" in str(error):  # a log from before there was a stream
                return []
            raise

    def _connection(self) -> sqlite3.Connection | None:
        held: sqlite3.Connection | None = getattr(self._local, "held", None)
        if held is None:
            try:
                held = sqlite3.connect(f"file:{quote(str(self._path.absolute()))}?mode=ro", uri=True)
                held.execute("SELECT 1 FROM logged").fetchone()
            except sqlite3.Error:
                return None
            self._local.held = held
        return held
