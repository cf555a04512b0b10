"""Two facets crossed: how many items have each pair of values, and of which sort they are. Bitmaps only, no query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyroaring import BitMap

from kggraph.search.facets import FacetIndex


@dataclass(frozen=True, slots=True)
class Cell:
    """The items that have one value of each facet."""

    count: int
    sorts: tuple[tuple[str, int], ...]
    """Values of a third facet with how many of the items have them, most first; those without items are left out."""


def crossed(
    index: FacetIndex,
    rows: tuple[str, Sequence[str]],
    columns: tuple[str, Sequence[str]],
    sorts: tuple[str, Sequence[str]],
) -> list[list[Cell]]:
    """A list of cells for each row.

    :param rows: facet key and values, as are `columns` and `sorts`.
    """
    across = list(items_with(index, *columns))
    kinds = list(zip(sorts[1], items_with(index, *sorts), strict=True))
    return [[_cell(down & one, kinds) for one in across] for down in items_with(index, *rows)]


def items_with(index: FacetIndex, key: str, values: Iterable[str]) -> Iterable[BitMap]:
    """For each value of a facet the numbers of the items that have it."""
    return (index.select({key: [value]}, limit=0, counts=False).numbers for value in values)


def items_with_any(index: FacetIndex, key: str, values: Iterable[str]) -> int:
    """How many items have at least one of some values; none when there are no values."""
    listed = list(values)
    return len(index.select({key: listed}, limit=0, counts=False).numbers) if listed else 0


def _cell(found: BitMap, kinds: Sequence[tuple[str, BitMap]]) -> Cell:
    if not found:
        return Cell(0, ())
    counted = ((value, found.intersection_cardinality(items)) for value, items in kinds)
    return Cell(len(found), tuple(sorted(((v, n) for v, n in counted if n), key=lambda pair: (-pair[1], pair[0]))))
