"""`names.sqlite` patched: the names of things that an edit changes, and how often others are linked to since."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

from pyroaring import BitMap

from kggraph import page_log
from kggraph.publish.name_index import Named, texts_of
from kggraph.search.patched_items import UnpatchableError


def patch_names(
    base: Path, new: Path, edits: Sequence[tuple[Named | None, Named | None]], links: Mapping[str, int]
) -> None:
    """Make the file of a generation from that of the one before.

    :param edits: each thing as it was and as it is; nothing where it had or has no name.
    :param links: thing to how many others link to it, of all of which that may have changed.
    :raises UnpatchableError: the file is not what was told of it.
    """
    with page_log.patched(base, new) as database:
        patch = _Patch(database)
        for before, after in edits:
            number = patch.take_out(before) if before else None
            if after:
                patch.put_in(after, number)
        for iri, count in links.items():
            patch.count(iri, count)
        patch.close()


class _Patch:
    def __init__(self, database: sqlite3.Connection) -> None:
        self.database = database
        self.gone: dict[str, BitMap] = {}
        self.come: dict[str, BitMap] = {}

    def take_out(self, thing: Named) -> int:
        """Take a thing out; gives its number."""
        number = self._number(thing.iri)
        if number is None:
            raise UnpatchableError(f"<{thing.iri}> is not among the names.")
        for text, (_, parts) in texts_of(thing).items():
            found = self.database.execute("SELECT id FROM name WHERE text = ? AND thing = ?", (text, number)).fetchone()
            if found is None:
                raise UnpatchableError(f"<{thing.iri}> has other names than it should have.")
            self.database.execute("DELETE FROM name WHERE id = ?", found)
            for part in parts:
                self.gone.setdefault(part, BitMap()).add(found[0])
        self.database.execute("DELETE FROM thing WHERE id = ?", (number,))
        return number

    def put_in(self, thing: Named, number: int | None) -> None:
        """Put a thing in, with the number that it had, if any."""
        row = (number, thing.iri, thing.kind, " ".join(thing.classes), thing.links)
        number = self.database.execute("INSERT INTO thing VALUES (?, ?, ?, ?, ?)", row).lastrowid
        for text, (preferred, parts) in texts_of(thing).items():
            name = (number, text, preferred)
            added = self.database.execute("INSERT INTO name (thing, text, preferred) VALUES (?, ?, ?)", name).lastrowid
            for part in parts:
                self.come.setdefault(part, BitMap()).add(added or 0)

    def count(self, iri: str, links: int) -> None:
        """Set how many things link to a thing, if it has a name."""
        number = self._number(iri)
        if number is not None:
            self.database.execute("UPDATE thing SET links = ? WHERE id = ? AND links != ?", (links, number, links))

    def close(self) -> None:
        """Write which names have each sequence of letters."""
        for part in sorted({*self.gone, *self.come}):
            found = self.database.execute("SELECT names FROM part WHERE part = ?", (part,)).fetchone()
            held = BitMap.deserialize(found[0]) if found else BitMap()
            held = (held - self.gone.get(part, BitMap())) | self.come.get(part, BitMap())
            held.run_optimize()
            self.database.execute("DELETE FROM part WHERE part = ?", (part,))
            if held:
                row = (part, len(held), held.serialize())
                self.database.execute("INSERT INTO part VALUES (?, ?, ?)", row)

    def _number(self, iri: str) -> int | None:
        """The number of a thing: its own IRI is one of its names."""
        (text,) = texts_of(Named(iri, "", (), 0, (), (), (iri,)))
        found = self.database.execute(
            "SELECT thing.id FROM name JOIN thing ON thing.id = name.thing WHERE text = ? AND iri = ?", (text, iri)
        ).fetchone()
        return found[0] if found else None
