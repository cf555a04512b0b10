"""`descriptions.sqlite` patched: things changed, added and taken away, with the links, lists and counts that follow.

It gives what `writer.DescriptionsWriter` would have made of the sources as they are then, save the numbers of things,
which only their order tells apart.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from kggraph import page_log
from kggraph.model import LangText
from kggraph.publish.descriptions import Description
from kggraph.publish.labels import pick, sort_key
from kggraph.publish.lifecycle import ending
from kggraph.publish.things import Thing
from kggraph.publish.writer import PREDICATE_ROOM, ROOM, own_iris
from kggraph.rdf import ntriples
from kggraph.search.patched_items import UnpatchableError

_FULL: Final = "There is no room left between two things; all are numbered anew."


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing before and after; nothing when it is new, or gone."""

    before: Thing | None
    after: Thing | None

    @property
    def thing(self) -> Thing:
        """The thing as it is, or was."""
        found = self.after or self.before
        if found is None:
            raise ValueError("an edit of nothing")
        return found


def described(thing: Thing) -> Description:
    """A thing as its description would be read."""
    return Description(thing.iri, thing.kind, thing.types, thing.labels, thing.ntriples, thing.source)


class _Link(NamedTuple):
    """A link of a thing, by the IRI of its object."""

    iri: str
    predicate: str
    fragment: str


_Pair: TypeAlias = tuple[int, int]
"""Numbers of an object and of a predicate."""


def patch_descriptions(base: Path, new: Path, edits: Sequence[Edit], languages: Sequence[str], own: str) -> None:
    """Make the file of a generation from that of the one before.

    :param languages: those in which lists have an order.
    :param own: base of the IRIs of things.
    :raises UnpatchableError: it has to be written as one piece.
    """
    with page_log.patched(base, new) as database:
        _Patch(database, languages, own).apply(edits)


class _Patch:
    def __init__(self, database: sqlite3.Connection, languages: Sequence[str], own: str) -> None:
        self.database, self.languages, self.own = database, languages, own_iris(own)
        self.predicates: dict[str, int] = {
            iri: number for number, iri in self.database.execute("SELECT id, iri FROM predicate")
        }
        self.had: dict[int, set[_Pair]] = defaultdict(set)
        """Thing to what it linked to."""
        self.has: dict[int, set[_Pair]] = defaultdict(set)

    def apply(self, edits: Sequence[Edit]) -> None:
        """Make all edits: what was goes first, so that things may change places."""
        for edit in edits:
            if edit.before:
                self._unlink(edit.before)
                self._unlist(edit.before)
        for edit in edits:
            if edit.before and not edit.after:
                self._remove(edit.before)
        for edit in edits:
            if edit.after:
                self._write(edit.after, is_new=edit.before is None)
        for edit in edits:
            if edit.after:
                self._link(edit.after)
                self._list(edit.after)
        self._count()

    # ------------------------------------------------------------------ things
    def _write(self, thing: Thing, *, is_new: bool) -> None:
        row = (" ".join(thing.types), _encode(dict(thing.labels)), thing.source)
        if not is_new:
            number = self._number(thing.iri)
            self.database.execute("UPDATE thing SET types = ?, labels = ?, source = ? WHERE id = ?", (*row, number))
            self.database.execute("UPDATE body SET ntriples = ? WHERE id = ?", (thing.ntriples, number))
            return
        if self._one("SELECT 1 FROM thing WHERE iri = ?", thing.iri):
            raise UnpatchableError(f"<{thing.iri}> is a term of the ontology as well.")
        number = self._place_of(thing.kind, thing.iri)
        sql = "INSERT INTO thing (types, labels, source, id, iri, kind) VALUES (?, ?, ?, ?, ?, ?)"
        self.database.execute(sql, (*row, number, thing.iri, thing.kind))
        self.database.execute("INSERT INTO body VALUES (?, ?)", (number, thing.ntriples))
        self.database.execute("UPDATE kind SET things = things + 1 WHERE kind = ?", (thing.kind,))
        for predicate, other, fragment in self._all(
            "SELECT predicate, thing, fragment FROM wanted WHERE iri = ?", thing.iri
        ):
            self.database.execute("INSERT INTO link VALUES (?, ?, ?, ?)", (number, predicate, other, fragment))
            self.has[other].add((number, predicate))
        self.database.execute("DELETE FROM wanted WHERE iri = ?", (thing.iri,))

    def _remove(self, thing: Thing) -> None:
        number = self._number(thing.iri)
        for predicate, other, fragment in self._all(
            "SELECT predicate, thing, fragment FROM link WHERE object = ?", number
        ):
            self.database.execute("INSERT INTO wanted VALUES (?, ?, ?, ?)", (thing.iri, predicate, other, fragment))
        self.database.execute("DELETE FROM link WHERE object = ?", (number,))
        self.database.execute("DELETE FROM link_count WHERE object = ?", (number,))
        self.database.execute("DELETE FROM thing WHERE id = ?", (number,))
        self.database.execute("DELETE FROM body WHERE id = ?", (number,))
        self.database.execute("UPDATE kind SET things = things - 1 WHERE kind = ?", (thing.kind,))

    def _place_of(self, kind: str, iri: str) -> int:
        """A free number for a new thing, where kind and IRI put it."""
        # One at a time: both in one query are looked for among all things of the kind.
        first, last = (
            self._one(f"SELECT {which}(id) FROM thing WHERE kind = ? AND source != ''", kind)[0]
            for which in ("min", "max")
        )
        if first is None:
            raise UnpatchableError(f"There was nothing of the kind {kind} yet.")

        def at(number: int) -> tuple[int, str] | None:
            """The first thing of the kind from a number on."""
            sql = "SELECT id, iri FROM thing WHERE kind = ? AND id >= ? AND source != '' ORDER BY id LIMIT 1"
            found: tuple[int, str] | None = self._one(sql, kind, number)
            return found

        after = _first(first, last, lambda number: (found := at(number)) is None or found[1] > iri)
        following = at(after)
        above = following[0] if following else self._one("SELECT min(id) FROM thing WHERE id > ?", last)[0]
        below = self._one("SELECT max(id) FROM thing WHERE id < ?", above if above is not None else last + 1)[0] or 0
        return _between(below, above)

    # ------------------------------------------------------------------ links
    def _links_of(self, thing: Thing) -> set[_Link]:
        found = set()
        own = f"<{thing.iri}>".encode()
        for subject, predicate, term in thing.rows:
            if term[:1] == b"<":
                whole = term if b"#" not in term else term.partition(b"#")[0] + b">"
                if whole != own:
                    fragment = subject[1:-1].partition(b"#")[2].decode()
                    found.add(_Link(ntriples.iri(whole), ntriples.iri(predicate), fragment))
        return found

    def _unlink(self, thing: Thing) -> None:
        number = self._number(thing.iri)
        for link in self._links_of(thing):
            target = self._described(link.iri)
            predicate = self.predicates.get(link.predicate)
            row = (predicate, number, link.fragment)
            if target is not None:
                sql = "DELETE FROM link WHERE object = ? AND predicate = ? AND thing = ? AND fragment = ?"
                self._exactly_one(sql, (target, *row))
                self.had[number].add((target, predicate or 0))
            elif f"<{link.iri}>".encode().startswith(self.own):
                sql = "DELETE FROM wanted WHERE iri = ? AND predicate = ? AND thing = ? AND fragment = ?"
                self._exactly_one(sql, (link.iri, *row))

    def _link(self, thing: Thing) -> None:
        number = self._number(thing.iri)
        for link in self._links_of(thing):
            target = self._described(link.iri)
            if target is None and not f"<{link.iri}>".encode().startswith(self.own):
                continue
            predicate = self.predicates.get(link.predicate) or self._new_predicate(link.predicate)
            if target is not None:
                self.database.execute(
                    "INSERT INTO link VALUES (?, ?, ?, ?)", (target, predicate, number, link.fragment)
                )
                self.has[number].add((target, predicate))
            else:
                row = (link.iri, predicate, number, link.fragment)
                self.database.execute("INSERT INTO wanted VALUES (?, ?, ?, ?)", row)

    def _new_predicate(self, iri: str) -> int:
        """A number for a predicate, where its IRI puts it."""
        below = max((number for other, number in self.predicates.items() if other < iri), default=0)
        above = min((number for other, number in self.predicates.items() if other > iri), default=None)
        number = self.predicates[iri] = _between(below, above, PREDICATE_ROOM)
        self.database.execute("INSERT INTO predicate VALUES (?, ?)", (number, iri))
        return number

    def _count(self) -> None:
        pairs: Counter[_Pair] = Counter()
        objects: Counter[int] = Counter()
        for number in {*self.had, *self.has}:
            had, has = self.had.get(number, set()), self.has.get(number, set())
            pairs.update(has - had)
            pairs.subtract(had - has)
            objects.update({target for target, _ in has})
            objects.subtract({target for target, _ in had})
        for (target, predicate), more in pairs.items():
            if more and self._described_number(target):
                sql = "INSERT INTO link_count VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET things = things + ?3"
                self.database.execute(sql, (target, predicate, more))
                sql = "DELETE FROM link_count WHERE object = ? AND predicate = ? AND things = 0"
                self.database.execute(sql, (target, predicate))
        for target, more in objects.items():
            self.database.execute("UPDATE thing SET links = links + ? WHERE id = ?", (more, target))

    # ------------------------------------------------------------------ lists
    def _unlist(self, thing: Thing) -> None:
        if ending(thing.ntriples, thing.iri).is_over:
            return
        number = self._number(thing.iri)
        for lang in self.languages:
            rank = self._rank(thing.kind, lang, _key(thing.labels, lang, thing.iri), number)
            sql = "DELETE FROM listing WHERE kind = ? AND lang = ? AND rank = ? AND thing = ?"
            self._exactly_one(sql, (thing.kind, lang, rank, number))
            self._step(thing.kind, lang, rank, -1)

    def _list(self, thing: Thing) -> None:
        if ending(thing.ntriples, thing.iri).is_over:
            return
        number = self._number(thing.iri)
        of_kind = "FROM listing WHERE kind = ? AND lang = ? AND"
        for lang in self.languages:
            above = self._rank(thing.kind, lang, _key(thing.labels, lang, thing.iri), number)
            (below,) = self._one(f"SELECT max(rank) {of_kind} rank < ?", thing.kind, lang, above)
            (there,) = self._one(f"SELECT min(rank) {of_kind} rank >= ?", thing.kind, lang, above)
            rank = _between(below or 0, there)
            self.database.execute("INSERT INTO listing VALUES (?, ?, ?, ?)", (thing.kind, lang, rank, number))
            self._step(thing.kind, lang, rank, 1)

    def _rank(self, kind: str, lang: str, key: str, number: int) -> int:
        """The place of the first thing in a list that does not come before this key and number."""
        sql = (
            "SELECT labels, iri, id FROM listing JOIN thing ON id = thing WHERE listing.kind = ? AND lang = ? "
            "AND rank >= ? ORDER BY rank LIMIT 1"
        )

        def is_there(rank: int) -> bool:
            found = self._one(sql, kind, lang, rank)
            return found is None or (_key(json.loads(found[0]), lang, found[1]), found[2]) >= (key, number)

        (last,) = self._one("SELECT max(rank) FROM listing WHERE kind = ? AND lang = ?", kind, lang)
        place = _first(0, last or 0, is_there)
        sql = "SELECT min(rank) FROM listing WHERE kind = ? AND lang = ? AND rank >= ?"
        (found,) = self._one(sql, kind, lang, place)
        return int(place if found is None else found)

    def _step(self, kind: str, lang: str, rank: int, more: int) -> None:
        sql = (
            "UPDATE listing_step SET things = things + ?1 WHERE kind = ?2 AND lang = ?3 AND start = "
            "(SELECT max(start) FROM listing_step WHERE kind = ?2 AND lang = ?3 AND start <= ?4)"
        )
        self._exactly_one(sql, (more, kind, lang, rank))

    # ------------------------------------------------------------------ the database
    def _number(self, iri: str) -> int:
        found = self._described(iri)
        if found is None:
            raise UnpatchableError(f"<{iri}> is not in the generation before.")
        return found

    def _described(self, iri: str) -> int | None:
        found = self._one("SELECT id FROM thing WHERE iri = ? AND source != ''", iri)
        return found[0] if found else None

    def _described_number(self, number: int) -> bool:
        return self._one("SELECT 1 FROM thing WHERE id = ?", number) is not None

    def _exactly_one(self, sql: str, values: Iterable[Any]) -> None:
        if self.database.execute(sql, tuple(values)).rowcount != 1:
            raise UnpatchableError("The generation before is not what its descriptions say.")

    def _one(self, sql: str, *values: Any) -> Any:
        return self.database.execute(sql, values).fetchone()

    def _all(self, sql: str, *values: Any) -> list[Any]:
        return self.database.execute(sql, values).fetchall()


def _first(low: int, high: int, is_there: Callable[[int], bool]) -> int:
    """The first number from `low` on, `high + 1` at the most, of which something is true that is of all after it."""
    high += 1
    while low < high:
        middle = (low + high) // 2
        if is_there(middle):
            high = middle
        else:
            low = middle + 1
    return low


def _between(below: int, above: int | None, room: int = ROOM) -> int:
    number = below + room if above is None else (below + above) // 2
    if number == below:
        raise UnpatchableError(_FULL)
    return number


def _key(labels: LangText, lang: str, iri: str) -> str:
    return sort_key(pick(labels, lang, iri).text)


_encode: Final = json.JSONEncoder(ensure_ascii=False).encode
