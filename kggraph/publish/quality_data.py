"""What `quality` measured, read again: lists of findings, completeness, languages; and how that changed over builds.

The history is the one part that a generation cannot know by itself: a row for each build in `build/quality.sqlite`,
beside the publication log. A build folder that is made anew begins a new history.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from kggraph import page_log
from kggraph.model import LangText
from kggraph.publish.quality import CHECKS, FILE_NAME

_LIST: Final = "id, name, kind, shape, anchor, lang, severity, label, things, findings"
_HISTORY: Final = "CREATE TABLE IF NOT EXISTS build (at TEXT NOT NULL, hash TEXT NOT NULL, totals TEXT NOT NULL)"


@dataclass(frozen=True, slots=True)
class FindingList:
    """The findings of one kind about one field, or of one rule."""

    id: int
    name: str
    """As it stands in addresses."""
    kind: str
    """One of `CHECKS`."""
    shape: str
    """IRI of the shape that asks for it."""
    anchor: str
    """IRI of the shape that the page of the shapes has a line for; empty when there is none."""
    lang: str
    """Language that is missing, if that is it."""
    severity: str
    """`Warning` or `Info` for a rule, else empty."""
    label: LangText
    """Name of the field."""
    things: LangText
    """What the things are called, many of them."""
    findings: int


class Finding(NamedTuple):
    """One thing that something is found about."""

    list: int
    thing: str
    value: str
    """In N-Triples form, or empty."""
    message: LangText


class Filled(NamedTuple):
    """How many things of a class have a field."""

    kind: str
    class_iri: str
    things: LangText
    shape: str
    label: LangText
    required: bool
    filled: int
    total: int


class Translated(NamedTuple):
    """How many of the things that have a text have it in a language."""

    class_iri: str
    things: LangText
    shape: str
    label: LangText
    lang: str
    filled: int
    total: int


class Point(NamedTuple):
    """The totals at one build."""

    at: str
    hash: str
    totals: Mapping[str, float]


class Quality:
    """Reads the measurements of a generation; one object serves all threads."""

    def __init__(self, folder: Path) -> None:
        self._connections = page_log.Connections(folder / FILE_NAME)
        self.lists = [_list(row) for row in self._all(f"SELECT {_LIST} FROM list")]
        self.lists.sort(key=lambda one: (CHECKS.index(one.kind), -one.findings, one.name))
        self.dead: dict[str, str] = dict(self._all("SELECT address, date FROM dead"))
        """Addresses that do not answer any more, with the day on which that was found."""
        self.totals: dict[str, float] = dict(self._all("SELECT name, number FROM total"))
        self.filled = [
            Filled(kind, iri, json.loads(things), shape, json.loads(label), bool(required), filled, total)
            for kind, iri, things, shape, label, required, filled, total in self._all("SELECT * FROM filled")
        ]
        self.translated = [
            Translated(iri, json.loads(things), shape, json.loads(label), lang, filled, total)
            for iri, things, shape, label, lang, filled, total in self._all("SELECT * FROM translated")
        ]

    @property
    def completeness(self) -> float:
        """The share of all fields of all things that is filled, 0 to 1."""
        total = sum(one.total for one in self.filled)
        return sum(one.filled for one in self.filled) / total if total else 1.0

    @property
    def findings(self) -> int:
        """How many findings there are in all."""
        return sum(one.findings for one in self.lists)

    def find(self, name: str) -> FindingList | None:
        """The list with that name."""
        return next((one for one in self.lists if one.name == name), None)

    def of_list(self, found: FindingList, *, offset: int = 0, limit: int = -1) -> Iterator[Finding]:
        """The findings of a list, in the order of kind and IRI."""
        sql = "SELECT list, thing, value, message FROM finding WHERE list = ? ORDER BY number, thing LIMIT ? OFFSET ?"
        return map(_finding, self._all(sql, found.id, limit, offset))

    def of_thing(self, iri: str) -> Iterator[Finding]:
        """Everything that is found about a thing."""
        sql = "SELECT list, thing, value, message FROM finding WHERE thing = ? ORDER BY number"
        order = {one.id: place for place, one in enumerate(self.lists)}
        return map(_finding, sorted(self._all(sql, iri), key=lambda row: order[row[0]]))

    def everything(self, limit: int) -> Iterator[Finding]:
        """The findings of all lists."""
        for one in self.lists:
            yield from self.of_list(one, limit=limit)
            limit -= min(limit, one.findings)

    def busiest(self, limit: int) -> list[tuple[str, int]]:
        """The things that most is found about, with how much."""
        return self._all("SELECT thing, findings FROM busiest ORDER BY findings DESC, thing LIMIT ?", limit)

    def _all(self, sql: str, *values: Any) -> list[Any]:
        return self._connections.all(sql, *values)


def _list(row: tuple[Any, ...]) -> FindingList:
    *plain, label, things, findings = row
    number, name, kind, shape, anchor, lang, severity = plain
    return FindingList(
        number, name, kind, shape, anchor, lang, severity, json.loads(label), json.loads(things), findings
    )


def _finding(row: tuple[int, str, str, str]) -> Finding:
    number, thing, value, message = row
    return Finding(number, thing, value, json.loads(message) if message else {})


# ------------------------------------------------------------------ over builds
def totals_of(quality: Quality) -> dict[str, float]:
    """What the history keeps of a generation."""
    return {**quality.totals, "completeness": round(quality.completeness, 4)}


def history_path(build: Path) -> Path:
    """Where the totals of every build are."""
    return build / FILE_NAME


def record_quality(build: Path, hash: str, totals: Mapping[str, float], now: str) -> bool:
    """Add a build to the history, when another generation than the last one was put in place.

    :param hash: of the generation.
    :param now: UTC, xsd:dateTime in seconds.
    :returns: whether it was added.
    """
    with closing(sqlite3.connect(history_path(build))) as database, database:
        database.execute(_HISTORY)
        last = database.execute("SELECT hash FROM build ORDER BY rowid DESC LIMIT 1").fetchone()
        if last == (hash,):
            return False
        database.execute("INSERT INTO build VALUES (?, ?, ?)", (now, hash, json.dumps(totals, sort_keys=True)))
        return True


def history(build: Path, limit: int) -> list[Point]:
    """The last builds, the oldest first; none when nothing was recorded yet."""
    path = history_path(build)
    if not path.is_file():
        return []
    with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True)) as database:
        try:
            rows = database.execute("SELECT at, hash, totals FROM build ORDER BY rowid DESC LIMIT ?", (limit,))
            return [Point(at, hash, json.loads(totals)) for at, hash, totals in rows][::-1]
        except sqlite3.OperationalError:
            return []  # another process is making the table
