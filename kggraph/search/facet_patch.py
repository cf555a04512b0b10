"""Facets after an edit of some items, made from those before it: `patch.json` beside the files of the full build.

Nothing of a million items is read for it but the few that an item is compared with to find its place.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pyroaring import BitMap

from kggraph.model import Model
from kggraph.rdf import ntriples
from kggraph.search.concepts import ConceptRecord, ConceptTree
from kggraph.search.facet_table import UNKNOWN
from kggraph.search.facets import FacetIndex
from kggraph.search.item_edits import ItemEdit, ItemState, Look, Pointing, link_files
from kggraph.search.item_values import FacetFields, Value, expected_kind
from kggraph.search.patched_items import (
    PATCH_FILE,
    Key,
    PatchedItem,
    UnpatchableError,
    Values,
    sort_by,
    write_patch,
)


def patch_facets(
    base: Path, folder: Path, model: Model, edits: Iterable[ItemEdit], look: Look, pointing: Pointing
) -> None:
    """Write the facets after an edit to a new folder.

    :param base: the facets before it, which stay as they are.
    :param look: reads items as they were before the edit.
    :param pointing: reads the things that point at items.
    :raises UnpatchableError: the facets after this edit are to be built.
    """
    items = _Patch(base, model, look, pointing).after(edits)
    link_files(base, folder, but=(PATCH_FILE,))
    write_patch(folder, items)


class _Patch:
    """What decides over the values and the places of items."""

    def __init__(self, base: Path, model: Model, look: Look, pointing: Pointing) -> None:
        about = json.loads((base / "facets.json").read_bytes())
        self._index = FacetIndex(base)
        self._fields = FacetFields(model)
        self._kinds = {facet.key: facet.kind for facet in self._index.facets}
        self._trees = {facet["facet"]["key"]: _tree(facet) for facet in about["facets"]}
        self._look, self._pointing = look, pointing
        self._sorted: dict[int, tuple[str, tuple[str, ...], str]] = {}
        known = [item for item in self._index.patched.values() if item.had is not None]
        self._orders = [_Order(range(self._index.built), (item.number for item in known), lambda n: self._key(n, 0))]
        for place, lang in enumerate(about["languages"]):
            numbers = array("I", (base / f"title-{lang}.idx").read_bytes())
            key: Callable[[int], Key] = lambda number, order=place + 1: self._key(number, order)  # type: ignore[misc]  # noqa: E731
            self._orders.append(_Order(numbers, (item.was[place] for item in known), key))

    def after(self, edits: Iterable[ItemEdit]) -> list[PatchedItem]:
        """All patched items after an edit."""
        items = {item.iri: item for item in self._index.patched.values()}
        edited: list[PatchedItem] = []
        free = max([self._index.built - 1, *self._index.patched]) + 1
        for edit in edits:
            known = items.get(edit.iri)
            if known is None and edit.before is None:
                known, free = PatchedItem(free, edit.iri, None, (), None, "", (), ()), free + 1
            self._check(edit, known)
            edited.append(self._edited(edit, known or self._built(edit)))
        for item in edited:
            if item.iri not in items and item.had is not None:
                for order, place in zip(self._orders, (item.number, *item.was), strict=True):
                    order.leave_out(place)
        self._check_kinds(edited)
        placed = {
            item.iri: replace(item, places=tuple(map(_Order.free, self._orders, item.places)))
            for item in items.values()
        }
        for item in edited:
            keys = (item.key(order) for order in range(len(self._orders)))
            places = tuple(map(_Order.before, self._orders, keys)) if item.has is not None else ()
            placed[item.iri] = replace(item, places=places)
        return list(placed.values())

    def _built(self, edit: ItemEdit) -> PatchedItem:
        """An item that no patch touched so far, as the build knew it."""
        date, had = self._read(edit.iri, edit.before)
        titles = edit.before.titles if edit.before else ()
        places = [order.at(sort_by(date, titles, edit.iri, n)) for n, order in enumerate(self._orders)]
        if None in places:
            raise UnpatchableError(f"<{edit.iri}> is not where it should be in the facets.")
        number, *was = (place for place in places if place is not None)
        return PatchedItem(number, edit.iri, had, tuple(was), had, date, titles, ())

    def _edited(self, edit: ItemEdit, known: PatchedItem) -> PatchedItem:
        date, has = self._read(edit.iri, edit.after)
        return replace(known, has=has, date=date, titles=edit.after.titles if edit.after else ())

    def _read(self, iri: str, state: ItemState | None) -> tuple[str, Values | None]:
        """The date of an item, and its values with the concepts that these are under."""
        if state is None:
            return "", None
        date, said = self._fields.read(iri, ntriples.rows(state.ntriples))
        values: dict[str, list[str]] = {}
        for field in self._fields.all:
            found = said.get(field.key, set())
            if field.inverse:
                found = {Value("thing", thing) for thing in self._pointing(field.path, iri)}
            if not field.scheme and any(value.kind != self._kinds[field.key] for value in found):
                raise UnpatchableError(f"<{iri}> has values of {field.key} of another sort than other items.")
            own = {value.value for value in found}
            tree = self._trees[field.key]
            values[field.key] = sorted(own.union(*map(tree.ancestors, own))) or [UNKNOWN]
        return date, values

    def _key(self, number: int, order: int) -> Key:
        """What an item that no patch touched is sorted by."""
        if number not in self._sorted:
            iri = self._index.iri(number)
            state = self._look(iri)
            self._sorted[number] = self._fields.read(iri, ntriples.rows(state.ntriples))[0], state.titles, iri
        return sort_by(*self._sorted[number], order)

    def _check(self, edit: ItemEdit, known: PatchedItem | None) -> None:
        if known and (known.has is None) != (edit.before is None):
            raise UnpatchableError(f"<{edit.iri}> was not edited after what the facets know of it.")
        before, after = (self._pointers(edit.iri, state) for state in (edit.before, edit.after))
        if before != after:
            raise UnpatchableError(f"<{edit.iri}> points at other items in a field of theirs.")

    def _pointers(self, iri: str, state: ItemState | None) -> set[tuple[bytes, bytes]]:
        if state is None or not self._fields.inverse:
            return set()
        subject = f"<{iri}>".encode()
        rows = ntriples.rows(state.ntriples)
        return {(said, term) for of, said, term in rows if of == subject and said in self._fields.inverse}

    def _check_kinds(self, edited: Iterable[PatchedItem]) -> None:
        """The values tell what sort of facet it is: without any it may be of another."""
        for field in self._fields.all:
            if not field.scheme and self._kinds[field.key] != expected_kind(field):
                without = self._index.select({field.key: [UNKNOWN]}, limit=0, counts=False).total
                size = self._index.size
                for item in edited:
                    known = self._index.patched.get(item.number)
                    for values, times in ((known.has if known else item.had, -1), (item.has, 1)):
                        if values is not None:
                            size += times
                            without += times * (values[field.key] == [UNKNOWN])
                if without == size:
                    raise UnpatchableError(f"No item has a value of {field.key} any more.")


class _Order:
    """The items in one order of the full build: what no patch touched is still in it."""

    def __init__(self, numbers: Sequence[int], gone: Iterable[int], key: Callable[[int], Key]) -> None:
        self._numbers, self._key = numbers, key
        self._left = BitMap(range(len(numbers))) - BitMap(gone)

    def leave_out(self, place: int) -> None:
        """Look no longer at the item at a place."""
        self._left.discard(place)

    def at(self, key: Key) -> int | None:
        """The place of the item with exactly that key."""
        place = self.before(key)
        return place if place < len(self._numbers) and self._key(self._numbers[place]) == key else None

    def before(self, key: Key) -> int:
        """The place of the first item that comes after such a key, or has it."""
        rank = bisect_left(self._left, key, key=lambda place: self._key(self._numbers[place]))
        return self._left[rank] if rank < len(self._left) else len(self._numbers)

    def free(self, place: int) -> int:
        """The first place from there on with an item that is still in it."""
        rank = self._left.rank(place - 1) if place else 0
        return self._left[rank] if rank < len(self._left) else len(self._numbers)


def _tree(facet: dict[str, Any]) -> ConceptTree:
    """The concepts of a facet."""
    placed = frozenset(next(iter(facet["orders"].values()), [])[: facet["placed"]])
    tree = ConceptTree()
    for value, *_, broader in facet["values"]:
        if value in placed:
            tree.add(ConceptRecord(value, (), tuple(broader)))
    return tree
