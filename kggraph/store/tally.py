"""Which subjects have which value of a property, as bitmaps: how many have some values together is known at once.

Only properties are in it whose values are IRIs, and few: themes, kinds, languages. An engine counts each subject with
each value, one after another.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import prod
from pathlib import Path
from typing import Final, TypeAlias

from pyroaring import BitMap

from kggraph.rdf import ntriples
from kggraph.store.overlay import TALLY_NAME, Overlay

_MOST_VALUES: Final = 1_000
"""A property with more has no bitmaps."""
_MOST_GROUPS: Final = 10_000
"""What would be more is left to the engine: each is looked at, with or without subjects."""

Values: TypeAlias = dict[bytes, set[bytes]]
"""Property to values, of one subject; all in N-Triples form."""


class Tally:
    """How many subjects have which values.

    :param data: as `TallyWriter` writes it.
    :param overlay: what differs from that.
    """

    def __init__(self, data: bytes, overlay: Overlay) -> None:
        self._data = data
        head, _, _ = data.partition(b"\n")
        start = len(head) + 1
        self._places: dict[bytes, dict[bytes, tuple[int, int]]] = {}
        for name, sizes in json.loads(head).items():
            places = self._places[name.encode()] = {}
            for value, size in sizes.items():
                places[value.encode()] = (start, start + size)
                start += size
        self._gone = self._things(overlay.removed.values())
        self._new = self._things(overlay.added.values())

    def laid_over(self, overlay: Overlay) -> Tally:
        """The same with another overlay of the same base."""
        return Tally(self._data, overlay)

    def _things(self, texts: Iterable[bytes]) -> list[Values]:
        """What each subject has; a property that turns out to have other values than IRIs is taken out of the tally."""
        found: dict[bytes, Values] = {}
        for subject, name, value in ntriples.rows(b"".join(texts)):
            if name in self._places:
                if not _is_plain_iri(value):
                    del self._places[name]
                found.setdefault(subject, {}).setdefault(name, set()).add(value)
        return list(found.values())

    def counts(
        self, names: Sequence[bytes], having: Sequence[tuple[bytes, bytes]]
    ) -> Mapping[tuple[bytes, ...], int] | None:
        """How many subjects have each combination of values, one of each property, for those that any has.

        :param names: properties, each as often as it stands in the combination.
        :param having: properties with a value that each subject must have.

        None when the tally does not know one of the properties, or there would be too many combinations.
        """
        if not all(name in self._places for name in (*names, *(name for name, _ in having))):
            return None
        if prod(len(self._places[name]) for name in names) > _MOST_GROUPS:
            return None
        found = Counter(dict(self._base_counts(names, having)))
        for things, times in ((self._gone, -1), (self._new, 1)):
            for values in things:
                if all(value in values.get(name, ()) for name, value in having):
                    for combination in product(*(values.get(name, ()) for name in names)):
                        found[combination] += times
        return +found if names else found

    def _base_counts(
        self, names: Sequence[bytes], having: Sequence[tuple[bytes, bytes]]
    ) -> Iterator[tuple[tuple[bytes, ...], int]]:
        bitmaps = {name: {value: self._bitmap(name, value) for value in self._places[name]} for name in set(names)}
        conditions = [self._bitmap(name, value) for name, value in having]
        everything = BitMap.intersection(*conditions) if conditions else None

        def each(at: int, before: tuple[bytes, ...], within: BitMap | None) -> Iterator[tuple[tuple[bytes, ...], int]]:
            if at == len(names):
                yield before, len(within) if within is not None else 0
                return
            for value, bitmap in bitmaps[names[at]].items():
                if within is None:
                    yield from each(at + 1, (*before, value), bitmap)
                elif at == len(names) - 1:
                    yield (*before, value), within.intersection_cardinality(bitmap)
                elif both := within & bitmap:
                    yield from each(at + 1, (*before, value), both)

        return each(0, (), everything)

    def _bitmap(self, name: bytes, value: bytes) -> BitMap:
        place = self._places[name].get(value)
        return BitMap.deserialize(self._data[slice(*place)]) if place else BitMap()


def read_tally(folder: Path, overlay: Overlay) -> Tally | None:
    """The tally of a store folder; none when it was made without."""
    path = folder / TALLY_NAME
    return Tally(path.read_bytes(), overlay) if path.is_file() else None


class TallyWriter:
    """Makes a tally of triples, thing by thing; some 4 bytes a triple that it counts are held."""

    def __init__(self, ontology: Iterable[ntriples.Row]) -> None:
        """Count nothing yet.

        :param ontology: triples whose subjects may come more than once; those of all others come together.
        """
        subjects = sorted({row[0] for row in ontology})
        self._numbers = {subject: number for number, subject in enumerate(subjects)}
        self._next = len(subjects)
        self._tally: dict[bytes, dict[bytes, array[int]]] = {}
        self._without: set[bytes] = set()
        """Properties that turned out to have no bitmaps; most triples are of these."""

    def add(self, rows: Iterable[ntriples.Row]) -> None:
        """Count triples, those of a subject one after another."""
        tally, without = self._tally, self._without
        subject, number = b"", 0
        for one, name, value in rows:
            if name in without:
                continue
            if one != subject:
                subject = one
                number = self._number(one)
            values = tally.setdefault(name, {})
            if (subjects := values.get(value)) is not None:
                subjects.append(number)
            elif len(values) < _MOST_VALUES and _is_plain_iri(value):
                values[value] = array("I", (number,))
            else:
                del tally[name]
                without.add(name)

    def _number(self, subject: bytes) -> int:
        known = self._numbers.get(subject)
        if known is not None:
            return known
        self._next += 1
        return self._next - 1

    def write(self, folder: Path) -> None:
        """Write the tally of a store folder."""
        sizes: dict[str, dict[str, int]] = {}
        with (folder / TALLY_NAME).open("wb") as file:
            bitmaps: list[bytes] = []
            for name, values in sorted(self._tally.items(), key=lambda item: item[0]):
                if b"\\" not in name:
                    packed = [(value, BitMap(subjects).serialize()) for value, subjects in sorted(values.items())]
                    sizes[name.decode()] = {value.decode(): len(bitmap) for value, bitmap in packed}
                    bitmaps += [bitmap for _, bitmap in packed]
            file.write(json.dumps(sizes, ensure_ascii=False).encode() + b"\n")
            file.writelines(bitmaps)


def _is_plain_iri(term: bytes) -> bool:
    """Whether it is an IRI without escapes, which is written in one way only."""
    return term[:1] == b"<" and b"\\" not in term
