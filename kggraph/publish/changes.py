"""The publication log: when each thing was first published, last changed, or taken away.

Generations are disposable and know no yesterday; this is the one file beside them that does. A build adds to it what
differs from the generation before, in one transaction, so feeds, sitemaps and harvesters get real dates. Without it (a
new build folder) everything counts as published at the first build: harvesters then fetch more than they need, never
less. Beside a row for each thing it keeps every version of a thing, compressed, for the stream of changes (`stream`):
some 0.4 kB for an item of 60 triples.
"""

from __future__ import annotations

import hashlib
import pickle
import sqlite3
import threading
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
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
    packed: tuple[bytes, bytes] | None = None
    """Its digest and its compressed triples, when these were made before (`compare`); `ntriples` is empty then."""


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
    with closing(sqlite3.connect(path, isolation_level=None)) as log:
        log.executescript(_SCHEMA)
        if log.execute("SELECT 1 FROM logged WHERE hash = ?", (hash,)).fetchone():
            return 0
        log.execute("BEGIN IMMEDIATE")  # what is not committed is gone with the connection
        last = log.execute("SELECT at FROM event ORDER BY number DESC LIMIT 1").fetchone()
        count = _record(log, things, max(now, last[0]) if last else now, gone)
        log.execute("DELETE FROM logged")
        log.execute("INSERT INTO logged VALUES (?)", (hash,))
        log.execute("COMMIT")
        return count


def compare(path: Path, hash: str, things: Iterable[Published], target: Path) -> None:
    """Write to a file what `record` would take most of its time for, so that another process can do it meanwhile.

    :param path: the log.
    :param hash: of the generation.
    :param things: all things of it.
    """
    with closing(sqlite3.connect(path if path.is_file() else ":memory:", isolation_level=None)) as log:
        log.executescript(_SCHEMA)
        is_first = log.execute("SELECT 1 FROM event LIMIT 1").fetchone() is None

        def packed(thing: Published) -> Published:
            digest = _digest(thing)
            known = log.execute("SELECT digest, what FROM thing WHERE iri = ?", (thing.iri,)).fetchone()
            is_told = not is_first and known is not None and known[0] == digest and known[1] != "removed"
            return thing._replace(ntriples=b"", packed=(digest, b"" if is_told else _body(thing)))

        left = iter(things)
        with target.open("wb") as out:
            pickle.dump((hash, log.execute("SELECT hash FROM logged").fetchall()), out)
            while batch := [packed(thing) for thing in islice(left, _BATCH)]:
                pickle.dump(batch, out)
            pickle.dump([], out)


def compared(path: Path, hash: str, target: Path) -> Iterator[Published] | None:
    """The things for `record` that `compare` wrote of that generation, when the log is still what it was then."""
    if not target.is_file():
        return None
    with closing(sqlite3.connect(path, isolation_level=None)) as log:
        log.executescript(_SCHEMA)
        logged = log.execute("SELECT hash FROM logged").fetchall()
    return _read(target, (hash, logged))


def _read(target: Path, wanted: tuple[str, list[tuple[str]]]) -> Iterator[Published] | None:
    with target.open("rb") as file:
        if pickle.load(file) != wanted:
            return None
        begin = file.tell()

    def things() -> Iterator[Published]:
        with target.open("rb") as file:
            file.seek(begin)
            while batch := pickle.load(file):
                yield from batch

    return things()


def is_recorded(path: Path, hash: str) -> bool:
    """Whether that generation was the last one recorded."""
    if not path.is_file():
        return False
    with closing(sqlite3.connect(path)) as log:
        try:
            return log.execute("SELECT 1 FROM logged WHERE hash = ?", (hash,)).fetchone() is not None
        except sqlite3.OperationalError:
            return False


def _record(log: sqlite3.Connection, things: Iterable[Published], now: str, gone: Iterable[str] | None) -> int:
    if gone is None and log.execute("SELECT 1 FROM thing LIMIT 1").fetchone() is None:
        return _record_all(log, things, now)
    log.execute("CREATE TEMP TABLE seen (iri TEXT PRIMARY KEY) WITHOUT ROWID")
    count = 0
    is_first = log.execute("SELECT 1 FROM event LIMIT 1").fetchone() is None
    for thing in things:
        digest = thing.packed[0] if thing.packed else _digest(thing)
        known = log.execute("SELECT digest, first, what FROM thing WHERE iri = ?", (thing.iri,)).fetchone()
        log.execute("INSERT OR IGNORE INTO seen VALUES (?)", (thing.iri,))
        if known is not None and known[0] == digest and known[2] != "removed":
            if is_first:  # a log from before there was a stream
                _tell(log, thing.iri, now, known[2], _body(thing))
            continue
        what: What = "withdrawn" if thing.withdrawn else "created" if known is None else "changed"
        first = known[1] if known else now
        row = (thing.iri, thing.kind, digest, first, now, what, " ".join(thing.sets))
        log.execute("INSERT OR REPLACE INTO thing VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        _tell(log, thing.iri, now, what, _body(thing))
        count += 1
    if gone is None:
        unseen = "SELECT iri FROM thing WHERE what != 'removed' AND iri NOT IN (SELECT iri FROM seen)"
        gone = [iri for (iri,) in log.execute(unseen).fetchall()]
    for iri in sorted(gone):
        _tell(log, iri, now, "removed", b"")
        log.execute("UPDATE thing SET what = 'removed', at = ? WHERE iri = ?", (now, iri))
        count += 1
    log.execute("DROP TABLE seen")
    return count


def _record_all(log: sqlite3.Connection, things: Iterable[Published], now: str) -> int:
    """Record things in a log that has none: nothing is compared, and many are written at once."""
    count, left = 0, iter(things)
    while batch := list(islice(left, _BATCH)):
        whats: list[What] = ["withdrawn" if thing.withdrawn else "created" for thing in batch]
        log.executemany(
            "INSERT INTO thing VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (one.iri, one.kind, one.packed[0] if one.packed else _digest(one), now, now, what, " ".join(one.sets))
                for one, what in zip(batch, whats, strict=True)
            ],
        )
        log.executemany(
            "INSERT INTO event (iri, at, what, body) VALUES (?, ?, ?, ?)",
            [(one.iri, now, what, b"" if what in GONE else _body(one)) for one, what in zip(batch, whats, strict=True)],
        )
        count += len(batch)
    return count


def _tell(log: sqlite3.Connection, iri: str, at: str, what: What, body: bytes) -> None:
    row = (iri, at, what, body if what not in GONE else b"")
    log.execute("INSERT INTO event (iri, at, what, body) VALUES (?, ?, ?, ?)", row)


def _body(thing: Published) -> bytes:
    return thing.packed[1] if thing.packed else isal_zlib.compress(thing.ntriples, _LEVEL)


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
