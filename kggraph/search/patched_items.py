"""The items that patches changed since the last full build, and where they stand in the orders of that build.

A full build numbers items from the newest to the oldest. A patch leaves every number as it is: a changed item keeps
its own, a new one gets the next, one that is gone leaves a gap. So of the numbers of a build the order stays true, but
for the few items listed here, each with its own place in it.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from pyroaring import BitMap

PATCH_FILE: Final = "patch.json"
Values: TypeAlias = Mapping[str, Sequence[str]]
"""Facet key to values, with the concepts that they are under, or `UNKNOWN`."""
Key: TypeAlias = tuple[object, ...]


class UnpatchableError(Exception):
    """An edit that only a full build can take in; the message says why."""


class _Later(str):
    """A date that comes before those that are earlier."""

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        return str.__gt__(self, other)


class Changed(NamedTuple):
    """The items that got or lost something since the full build."""

    gone: list[int]
    new: list[int]

    @property
    def more(self) -> int:
        """How many more have it than did."""
        return len(self.new) - len(self.gone)

    def applied(self, build: BitMap) -> BitMap:
        """Those that have it now, of those that had it in the build."""
        return (build - BitMap(self.gone)) | BitMap(self.new)


@dataclass(frozen=True, slots=True)
class PatchedItem:
    """An item that differs from what the full build knew."""

    number: int
    iri: str
    had: Values | None
    """What it had in the full build; nothing when the build did not have it."""
    was: tuple[int, ...]
    """Its places in the orders by title of the build, in the order of the languages."""
    has: Values | None
    """What it has now; nothing when it is gone."""
    date: str
    titles: tuple[str, ...]
    """Sort keys of its title, in the order of the languages."""
    places: tuple[int, ...]
    """Before which places of the build it stands now: in the newest, then by title."""

    def key(self, order: int) -> Key:
        """What it is sorted by: in the newest (0), or by title in a language (1 and on)."""
        return sort_by(self.date, self.titles, self.iri, order)


def sort_by(date: str, titles: Sequence[str], iri: str, order: int) -> Key:
    """What an item is sorted by: by date, the latest first (0), or by title in a language (1 and on)."""
    newest = _Later(date), *titles[:1], iri
    return (titles[order - 1], *newest) if order else newest


def read_patch(folder: Path) -> list[PatchedItem]:
    """The patched items of a folder of facets; none after a full build.

    :raises OSError: the file cannot be read.
    :raises ValueError: it is damaged.
    """
    try:
        rows = json.loads((folder / PATCH_FILE).read_bytes())
    except FileNotFoundError:
        return []
    tuples = ("was", "titles", "places")
    return [PatchedItem(**{**row, **{name: tuple(row[name]) for name in tuples}}) for row in rows]


def write_patch(folder: Path, items: Iterable[PatchedItem]) -> None:
    """Write what `read_patch` reads."""
    rows = [asdict(item) for item in items]
    (folder / PATCH_FILE).write_text(json.dumps(rows, ensure_ascii=False, separators=(",", ":")), "utf-8")


class NewestOrder:
    """Items from the newest to the oldest."""

    def __init__(self, places: Iterable[tuple[int, int]]) -> None:
        """Take the items that are not where their number says: number and place, in their order."""
        self._places = {number: (place, index) for index, (number, place) in enumerate(places)}
        self._moved = BitMap(self._places)

    def key(self, number: int) -> tuple[int, int]:
        """What items are sorted by."""
        return self._places.get(number) or (number, len(self._places))

    def sorted(self, numbers: Iterable[int]) -> list[int]:
        """Items in this order."""
        return sorted(numbers, key=self.key) if self._places else sorted(numbers)

    def page(self, found: BitMap, offset: int, limit: int) -> list[int]:
        """Some of the items found, as they follow each other.

        :param found: items that there are.
        """
        if not self._places:
            return list(found[offset : offset + limit])
        rest, end = found - self._moved, min(offset + limit, len(found))
        # The rank of each moved item among those found: after those that are newer, and the moved ones before it.
        within: dict[int, int] = {}
        before = 0
        for number, (place, _) in self._places.items():
            if number in found:
                rank = before + len(within) + (rest.rank(place - 1) if place else 0)
                if rank >= end:
                    break
                if rank < offset:
                    before += 1
                else:
                    within[rank] = number
        others = iter(rest[offset - before : end - before])
        return [within[rank] if rank in within else next(others) for rank in range(offset, end)]


def newest_places(items: Iterable[PatchedItem]) -> list[tuple[int, int]]:
    """The patched items that there are, by number, with their places among the newest, in this order."""
    return [(item.number, item.places[0]) for item in _in_order(items, 0)]


def title_order(build: array[int], items: Sequence[PatchedItem], language: int) -> array[int]:
    """An order by title of a build, with the patched items where they stand now.

    :param language: the place of the language.
    """
    if not items:
        return build
    gone = sorted((item.was[language], -1) for item in items if item.had is not None)
    new = [(item.places[language + 1], item.number) for item in _in_order(items, language + 1)]
    merged: array[int] = array(build.typecode)
    done = 0
    for place, number in sorted([*gone, *new], key=lambda cut: (cut[0], cut[1] < 0)):
        merged.extend(build[done:place])
        done = place
        if number < 0:
            done += 1
        else:
            merged.append(number)
    merged.extend(build[done:])
    return merged


def _in_order(items: Iterable[PatchedItem], order: int) -> list[PatchedItem]:
    living = [item for item in items if item.has is not None]
    return sorted(living, key=lambda item: (item.places[order], item.key(order)))
