"""Every name of every thing, to find the thing that a name stands for: exactly, by its begin, or nearly.

A file of its own (`names.sqlite`), since the text search knows items only and ranks by relevance, where this ranks by
likeness. Names are compared without case, accents and punctuation (`sort_key`); nearly the same names are found by the
three-letter sequences they share.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from pyroaring import BitMap

from kggraph import page_log
from kggraph.errors import GenerationError
from kggraph.publish.labels import sort_key
from kggraph.search.spelling import allowed, within

MOST: Final = 200
"""Names that are looked at closely for one query."""

_SCHEMA: Final = """
CREATE TABLE thing (
  id INTEGER PRIMARY KEY, iri TEXT NOT NULL, kind TEXT NOT NULL, classes TEXT NOT NULL, links INTEGER NOT NULL
);
CREATE TABLE name (id INTEGER PRIMARY KEY, thing INTEGER NOT NULL, text TEXT NOT NULL, preferred INTEGER NOT NULL);
CREATE TABLE part (part TEXT PRIMARY KEY, frequency INTEGER NOT NULL, names BLOB NOT NULL);
"""
_BATCH: Final = 1_000
"""Things that are written at once."""
_LONGEST: Final = 300
_MOST_PARTS: Final = 12
"""The rarest sequences of a name that are looked up; common ones cost most and tell least."""
_PREFERRED: Final = 1.0
_OTHER: Final = 0.98
_SWAPPED: Final = 0.97


class Named(NamedTuple):
    """A thing with all its names."""

    iri: str
    kind: str
    classes: tuple[str, ...]
    links: int
    preferred: tuple[str, ...]
    others: tuple[str, ...]
    """Synonyms and printed forms."""
    identifiers: tuple[str, ...] = ()
    """Codes and addresses, which are found only as they are."""


class Candidate(NamedTuple):
    """A thing that a name may stand for."""

    iri: str
    kind: str
    classes: tuple[str, ...]
    score: float
    """From 0 to 1: how like the name the nearest of its own names is."""


def texts_of(thing: Named) -> dict[str, tuple[int, frozenset[str]]]:
    """What a thing is found by: each text with whether it is a preferred name, and its three-letter sequences."""
    keys = {text: sort_key(text)[:_LONGEST] for text in (*thing.identifiers, *thing.others, *thing.preferred)}
    exact = {keys[text] for text in thing.identifiers}
    names = dict.fromkeys(keys.values(), 0) | {keys[text]: 1 for text in thing.preferred}
    return {
        text: (preferred, frozenset() if text in exact else frozenset(_parts(text)))
        for text, preferred in names.items()
        if text
    }


def write_names(path: Path, things: Iterable[Named]) -> None:
    """Make the file."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA)
        database.execute("BEGIN")
        number = 0
        # The names of each sequence as one bitmap: a row for each name takes twice the time and the room.
        holders: defaultdict[str, array[int]] = defaultdict(partial(array, "I"))
        numbered = enumerate(things, 1)
        while batch := list(islice(numbered, _BATCH)):
            names: list[tuple[int, int, str, int]] = []
            for thing_id, thing in batch:
                for text, (preferred, parts) in texts_of(thing).items():
                    number += 1
                    names.append((number, thing_id, text, preferred))
                    for part in parts:
                        holders[part].append(number)
            rows = [(n, thing.iri, thing.kind, " ".join(thing.classes), thing.links) for n, thing in batch]
            database.executemany("INSERT INTO thing VALUES (?, ?, ?, ?, ?)", rows)
            database.executemany("INSERT INTO name VALUES (?, ?, ?, ?)", names)
        database.execute("CREATE INDEX by_text ON name (text)")
        for part in sorted(holders):
            held = BitMap(holders.pop(part))
            held.run_optimize()
            database.execute("INSERT INTO part VALUES (?, ?, ?)", (part, len(held), held.serialize()))
        database.execute("COMMIT")
        page_log.close_for_good(database)


class NameIndex:
    """Reads the names of a generation; one object serves all threads."""

    def __init__(self, path: Path) -> None:
        self._connections = page_log.Connections(path)
        try:
            self._connections.one("SELECT 1 FROM name")
        except sqlite3.Error as error:
            raise GenerationError(f"{path.name} of this generation cannot be read ({error}); build anew.") from None

    def find(
        self, text: str, *, limit: int, kinds: Collection[str] | None = None, least: float = 0.5
    ) -> list[Candidate]:
        """Things with a name like this one, the likest first, then those that most others link to.

        :param kinds: only things of these kinds.
        :param least: likeness below which a thing is none of the answers.
        """
        asked = sort_key(text)[:_LONGEST]
        if not asked:
            return []
        rows = [*self._exact(asked, kinds), *self._near(asked, kinds)]
        best: dict[str, tuple[float, int, Candidate]] = {}
        for name, preferred, iri, kind, classes, links in rows:
            score = likeness(asked, name) * (_PREFERRED if preferred else _OTHER)
            if score >= least and score > best.get(iri, (0.0, 0, None))[0]:
                best[iri] = (score, links, Candidate(iri, kind, tuple(classes.split()), score))
        ranked = sorted(best.values(), key=lambda found: (-found[0], -found[1], found[2].iri))
        return [candidate for _, _, candidate in ranked[:limit]]

    def begin(self, text: str, *, limit: int, offset: int = 0, kinds: Collection[str] | None = None) -> list[Candidate]:
        """Things with a name that begins like this, or with a word in it that does: for completion."""
        asked = sort_key(text)[:_LONGEST]
        if not asked:
            return []
        condition, values = _only(kinds)
        rows = self._all(
            "SELECT thing.iri, kind, classes, min(CASE WHEN text >= ?1 AND text < ?2 THEN 0 ELSE 1 END) AS place "
            "FROM name JOIN thing ON thing.id = name.thing "
            f"WHERE ((text >= ?1 AND text < ?2) OR instr(' ' || text, ' ' || ?1)) AND {condition} "
            "GROUP BY thing.id ORDER BY place, links DESC, iri LIMIT ?3 OFFSET ?4",
            *(asked, asked + "\U0010ffff", limit, offset, *values),
        )
        return [Candidate(iri, kind, tuple(classes.split()), 1.0 - place / 10) for iri, kind, classes, place in rows]

    def _exact(self, asked: str, kinds: Collection[str] | None) -> list[Any]:
        condition, values = _only(kinds, 2)
        return self._all(
            "SELECT text, preferred, thing.iri, kind, classes, links FROM name JOIN thing ON thing.id = name.thing "
            f"WHERE text = ?1 AND {condition} ORDER BY iri LIMIT {MOST}",
            *(asked, *values),
        )

    def _near(self, asked: str, kinds: Collection[str] | None) -> list[Any]:
        condition, values = _only(kinds, 3)
        parts = self._all(
            "SELECT names FROM part WHERE part IN (SELECT value FROM json_each(?1)) "
            f"ORDER BY frequency, part LIMIT {_MOST_PARTS}",
            json.dumps(sorted(_parts(asked))),
        )
        found: list[Any] = []
        for names in _by_share([BitMap.deserialize(held) for (held,) in parts]):
            found += self._all(
                "SELECT name.text, preferred, thing.iri, kind, classes, links FROM json_each(?1) AS near "
                "JOIN name ON name.id = near.value JOIN thing ON thing.id = name.thing "
                f"WHERE {condition} ORDER BY length(text), text, iri LIMIT ?2",
                *(json.dumps(list(names)), MOST - len(found), *values),
            )
            if len(found) >= MOST:
                break
        return found

    def _all(self, sql: str, *values: Any) -> list[Any]:
        return self._connections.all(sql, *values)


def _by_share(parts: Sequence[BitMap]) -> Iterator[BitMap]:
    """Numbers in any of the sets: first those that are in most of them, then those in one less, and so on.

    The sets are added up bit by bit, as binary numbers are, so that nothing is counted number by number.

    >>> [list(found) for found in _by_share([BitMap([1, 2]), BitMap([2, 3]), BitMap([2, 3])])]
    [[2], [3], [1]]
    """
    digits: list[BitMap] = []
    for carry in parts:
        for place, digit in enumerate(digits):
            digits[place], carry = digit ^ carry, digit & carry
        if carry:
            digits.append(carry)
    every = BitMap.union(BitMap(), *parts)
    for share in range(len(parts), 0, -1):
        found = every
        for place, digit in enumerate(digits):
            found = found & digit if share >> place & 1 else found - digit
        if found and share >> len(digits) == 0:
            yield found


def likeness(asked: str, name: str) -> float:
    """How alike two names are, from 0 to 1: by their letters, or by their words in any order, small errors allowed.

    >>> likeness("slaap", "slaap"), likeness("wit de", "de wit"), likeness("eenzaamhied", "eenzaamheid") > 0.9
    (1.0, 0.97, True)
    """
    if asked == name:
        return 1.0
    asked_words, words = asked.split(), name.split()
    if sorted(asked_words) == sorted(words):
        return _SWAPPED
    one, other = _parts(asked), _parts(name)
    letters = 2 * len(one & other) / (len(one) + len(other))
    return min(_SWAPPED, max(letters, _by_words(asked_words, words)))


def _by_words(asked: Sequence[str], words: Sequence[str]) -> float:
    """Share of the letters in words that the other name has as well."""
    left = list(words)
    shared = 0.0
    for word in asked:
        best, value = None, 0.0
        for other in left:
            like = _word(word, other)
            if like > value:
                best, value = other, like
        if best is not None:
            left.remove(best)
            shared += value * (len(word) + len(best))
    return shared / (sum(map(len, asked)) + sum(map(len, words)))


def _word(one: str, other: str) -> float:
    if one == other:
        return 1.0
    most = allowed(one)
    distance = within(one, other, most) if most else None
    if distance is not None:
        return 0.95 if distance == 1 else 0.85
    return 0.7 if len(one) > 3 and other.startswith(one) else 0.0


def _parts(text: str) -> set[str]:
    padded = f"  {text} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}


def _only(kinds: Collection[str] | None, first: int = 5) -> tuple[str, tuple[str, ...]]:
    if kinds is None:
        return "1", ()
    marks = ", ".join(f"?{number}" for number in range(first, first + len(kinds)))
    return f"kind IN ({marks})", tuple(kinds)
