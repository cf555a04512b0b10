"""The values of one facet: how many items each has, which ones, and in which order they are listed."""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from pyroaring import BitMap

from kggraph.search.patched_items import Changed, PatchedItem

UNKNOWN: Final = "~unknown"
"""Stands in a filter for items that have no value of a facet: nothing is known of them there."""


@dataclass(frozen=True, slots=True)
class StoredValue:
    """A value as it is kept: where its bitmap is, and its place among the others."""

    value: str
    count: int
    start: int
    size: int
    depth: int
    broader: tuple[str, ...]


class FacetTable:
    """The values of one facet as the build counted them, with what patches changed."""

    def __init__(self, told: Mapping[str, Any], data: mmap.mmap | bytes, changed: Mapping[str, Changed]) -> None:
        """
        :param told: what `facets.json` says of the facet.
        :param data: all bitmaps.
        :param changed: by value, the items that got or lost it since.
        """
        self.values: dict[str, StoredValue] = {row[0]: _read_value(row) for row in told["values"]}
        self.unknown = _read_value(told["unknown"])
        self.orders: Mapping[str, list[str]] = told["orders"]
        """By language, where the order of the values does not go by counts."""
        if changed:
            self._patch(told, changed)
        self.bitmaps = _Bitmaps((*self.values.values(), self.unknown), data, changed)
        """By value, the items that have it."""

    @cached_property
    def by_count(self) -> list[str]:
        """The values, those of most items first."""
        return sorted(self.values, key=lambda name: (-self.values[name].count, name))

    def _patch(self, told: Mapping[str, Any], changed: Mapping[str, Changed]) -> None:
        """Count what patches changed; values come and go, but those of a concept scheme."""
        placed, orders = told.get("placed", 0), self.orders
        in_scheme = frozenset(next(iter(orders.values()), [])[:placed])
        for name, items in changed.items():
            if name == UNKNOWN:
                self.unknown = replace(self.unknown, count=self.unknown.count + items.more)
                continue
            known = self.values.get(name) or StoredValue(name, 0, 0, 0, 0, ())
            self.values[name] = replace(known, count=known.count + items.more)
            if not self.values[name].count and name not in in_scheme:
                del self.values[name]
        if orders:
            rest = sorted(self.values.keys() - in_scheme, reverse=told["facet"]["kind"] == "year")
            self.orders = {lang: [*order[:placed], *rest] for lang, order in orders.items()}


def changed(key: str, patched: Iterable[PatchedItem]) -> dict[str, Changed]:
    """The values of a facet that items got or lost since the full build."""
    found: dict[str, Changed] = {}
    for item in patched:
        had, has = ((values or {}).get(key, ()) for values in (item.had, item.has))
        if had != has:
            for value in set(had) ^ set(has):
                one = found.setdefault(value, Changed([], []))
                (one.gone if value in had else one.new).append(item.number)
    return found


class _Bitmaps(dict[str, BitMap]):
    """The items of every value of a facet, read when they are first asked for."""

    def __init__(self, values: Iterable[StoredValue], data: mmap.mmap | bytes, changed: Mapping[str, Changed]) -> None:
        super().__init__()
        self._kept, self._data, self._changed = {value.value: value for value in values}, data, changed

    def __missing__(self, name: str) -> BitMap:
        kept = self._kept[name]
        found = BitMap.deserialize(self._data[kept.start : kept.start + kept.size]) if kept.size else BitMap()
        if name in self._changed:
            found = self._changed[name].applied(found)
        self[name] = found
        return found


def _read_value(row: list[Any]) -> StoredValue:
    value, count, start, size, depth, broader = row
    return StoredValue(value, count, start, size, depth, tuple(broader))
