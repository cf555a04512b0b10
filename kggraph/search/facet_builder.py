"""Making the facets: items and concepts in, bitmaps that `search/facets.py` reads out."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pyroaring import BitMap

from kggraph.model import Field, Model
from kggraph.rdf import ntriples
from kggraph.search.concepts import ConceptRecord, ConceptTree, Placed, natural_key, read_concept
from kggraph.search.facet_table import UNKNOWN
from kggraph.search.facets import Facet, FacetKind
from kggraph.search.item_values import FacetFields, date_in, expected_kind, value_of
from kggraph.search.value_rules import follows, value_rules


class FacetBuilder:
    """Collects items and concepts, then writes the index of them; some 4 bytes an item and value are held."""

    def __init__(self, model: Model, shapes: bytes, languages: Sequence[str]) -> None:
        """Take the facets from the fields of the main class.

        :param shapes: the shapes graph as N-Triples, for which concepts of a scheme a field can have.
        :param languages: those in which titles and concepts get an order.
        """
        self._read = FacetFields(model)
        self._fields, self._inverse = self._read.all, self._read.inverse
        self._rules = value_rules(self._fields, shapes)
        self._languages = tuple(languages)
        self._items: list[tuple[str, str]] = []
        self._titles: list[tuple[str, ...]] = []
        self._values: dict[str, dict[str, array[int]]] = {field.key: {} for field in self._fields}
        self._numbers: dict[tuple[str, bytes], array[int]] = {}
        self._pointers: list[tuple[bytes, str, str]] = []
        self._kinds: dict[str, FacetKind] = {}
        self._concepts: dict[str, tuple[str, ...]] = {}
        self._records: dict[str, list[ConceptRecord]] = {field.key: [] for field in self._fields}

    def add(self, iri: str, rows: Sequence[ntriples.Row], keys: Sequence[str], *, item: bool) -> None:
        """Take in one thing: an item, a concept that a facet may have, or one that points at items.

        :param rows: its own triples.
        :param keys: sort key of its label in each of the languages.
        """
        if item:
            self._add_item(iri, rows, keys)
        elif record := read_concept(iri, rows):
            for field in self._fields:
                if field.scheme in record.schemes and follows(self._rules[field.key], rows, f"<{iri}>".encode()):
                    self._records[field.key].append(record)
                    self._concepts[iri] = tuple(keys)
        if self._inverse:
            for subject, predicate, term in rows:
                if predicate in self._inverse and subject == f"<{iri}>".encode() and ntriples.is_iri(term):
                    self._pointers.append((predicate, iri, ntriples.iri(term)))

    def _add_item(self, iri: str, rows: Iterable[ntriples.Row], keys: Sequence[str]) -> None:
        subject, number = f"<{iri}>".encode(), len(self._items)
        dates: dict[bytes, str] = {}
        for row_subject, predicate, term in rows:
            if row_subject != subject:
                continue
            if predicate in self._read.dating and (date := date_in(term)):
                dates[predicate] = max(date, dates.get(predicate, ""))
            for field in self._read.own.get(predicate, ()):
                self._add_value(field, term, number)
        self._items.append((self._read.date(dates), iri))
        self._titles.append(tuple(keys))

    def write(self, folder: Path) -> None:
        """Write the index to a new folder."""
        folder.mkdir(parents=True)
        self._resolve_pointers()
        order = sorted(range(len(self._items)), key=lambda n: (self._titles[n][:1], self._items[n][1]))
        order.sort(key=lambda n: self._items[n][0], reverse=True)
        place = array("I", bytes(4 * len(order)))
        for new, old in enumerate(order):
            place[old] = new
        ends, iris = array("Q"), bytearray()
        for old in order:
            iris += self._items[old][1].encode()
            ends.append(len(iris))
        (folder / "iris.txt").write_bytes(iris)
        (folder / "iris.idx").write_bytes(ends.tobytes())
        for index, lang in enumerate(self._languages):
            by_title = sorted(order, key=lambda n, i=index: self._titles[n][i])  # type: ignore[misc]
            (folder / f"title-{lang}.idx").write_bytes(array("I", (place[old] for old in by_title)).tobytes())
        bitmaps = bytearray()
        facets = [self._write_facet(field, place, bitmaps) for field in self._fields]
        (folder / "bitmaps.bin").write_bytes(bitmaps)
        about = {"languages": self._languages, "facets": facets}
        (folder / "facets.json").write_text(json.dumps(about, ensure_ascii=False, separators=(",", ":")), "utf-8")

    def _resolve_pointers(self) -> None:
        if self._pointers:
            numbers = {iri: number for number, (_, iri) in enumerate(self._items)}
            for predicate, iri, target in sorted(self._pointers, key=lambda pointer: numbers.get(pointer[2], -1)):
                if target in numbers:
                    for field in self._inverse[predicate]:
                        self._add_value(field, f"<{iri}>".encode(), numbers[target])

    def _add_value(self, field: Field, term: bytes, number: int) -> None:
        numbers = self._numbers.get((field.key, term))
        if numbers is None:
            numbers = self._numbers[field.key, term] = self._new_value(field, term)
        if not numbers or numbers[-1] != number:
            numbers.append(number)

    def _new_value(self, field: Field, term: bytes) -> array[int]:
        """Where the items with that value of the field are kept; two terms may be one value, such as a year."""
        found = value_of(field, term)
        if found is None:
            return array("I")
        self._kinds.setdefault(field.key, found.kind)
        return self._values[field.key].setdefault(found.value, array("I"))

    def _write_facet(self, field: Field, place: array[int], bitmaps: bytearray) -> dict[str, Any]:
        tree = ConceptTree({record.iri: record for record in self._records[field.key]})
        kind: FacetKind = "scheme" if field.scheme else self._kinds.get(field.key, expected_kind(field))
        found = {value: BitMap(place[n] for n in numbers) for value, numbers in self._values[field.key].items()}
        rolled = {value: BitMap() for value in tree.records}
        for value, items in found.items():
            for above in {value, *tree.ancestors(value)}:
                rolled[above] = rolled.get(above, BitMap()) | items
        rest = sorted((value for value in rolled if value not in tree.records), reverse=kind == "year")
        placed = [self._order(tree, index) for index in range(len(self._languages))]
        orders = {lang: [*_first_places(p), *rest] for lang, p in zip(self._languages, placed, strict=True)}
        if kind in ("thing", "text"):
            orders = {}  # they are listed by how many items have them
        depths = _first_places(placed[0])
        values = []
        for value in sorted(rolled):
            values.append([value, *_keep(rolled[value], bitmaps), depths.get(value, 0), tree.parents(value)])
        # Of a concept that is no longer in the scheme an item has a value all the same.
        unknown = BitMap(range(len(place))) - BitMap.union(BitMap(), *rolled.values())
        facet = Facet(field.key, field.path, kind, field.scheme)
        return {
            "facet": asdict(facet),
            "values": values,
            "orders": orders,
            "placed": len(depths),
            "unknown": [UNKNOWN, *_keep(unknown, bitmaps), 0, []],
        }

    def _order(self, tree: ConceptTree, language: int) -> list[Placed]:
        def key(record: ConceptRecord) -> tuple[object, ...]:
            label = self._concepts[record.iri][language]
            return (not record.notation, natural_key(record.notation), label, record.iri)

        return list(tree.walk(key))


def _keep(bitmap: BitMap, bitmaps: bytearray) -> tuple[int, int, int]:
    """Put a bitmap with the others: how many items it has, where it starts, and its size."""
    bitmap.run_optimize()
    data = bitmap.serialize()
    start = len(bitmaps)
    bitmaps += data
    return len(bitmap), start, len(data)


def _first_places(placed: Iterable[Placed]) -> dict[str, int]:
    """Concepts in the order of their first place, with its depth."""
    found: dict[str, int] = {}
    for place in placed:
        found.setdefault(place.iri, place.depth)
    return found
