"""Text, facets and order together: what a list of items shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from kggraph.errors import BadParameter
from kggraph.search.facets import NEWEST, TITLE, FacetIndex, FacetValue
from kggraph.search.index import Found, SearchIndex

RELEVANCE: Final = "relevance"
Order: TypeAlias = Literal["relevance", "newest", "title"]


@dataclass(frozen=True, slots=True)
class Results:
    """One page of items, with everything that is counted beside it."""

    total: int
    iris: tuple[str, ...]
    facets: Mapping[str, tuple[FacetValue, ...]]
    """As `facets.Selection.facets`, over the items that the text found."""
    unknown: Mapping[str, int]
    """As `facets.Selection.unknown`."""
    found: Found | None
    """What the text found before any filter; nothing when no text was asked for."""
    order: Order
    """As asked, or `newest` when there is no text to be relevant to."""


def search(
    index: SearchIndex,
    facets: FacetIndex,
    text: str = "",
    filters: Mapping[str, Iterable[str]] | None = None,
    *,
    lang: str,
    order: Order = RELEVANCE,
    offset: int = 0,
    limit: int = 20,
    counts: bool = True,
    most: int | None = None,
) -> Results:
    """Items that answer a text and have the chosen values of facets.

    :param index: text index of the same generation as the facets.
    :param text: what was typed; nothing asks for all items.
    :param filters: facet key to values, any of which is enough.
    :param most: at most so many values of facets without a scheme, as in `FacetIndex.select`.
    :raises BadParameter: the text is too long, or there is no such facet or order, or the offset or limit is negative.
    """
    if order not in (RELEVANCE, NEWEST, TITLE):
        raise BadParameter(f"Lists are sorted by {RELEVANCE}, {NEWEST} or {TITLE}.", parameter="sort")
    found = index.find(text, lang) if text else None
    if found is None or found.asks_nothing:
        sort: Literal["newest", "title"] = TITLE if order == TITLE else NEWEST
        chosen = facets.select(filters, sort=sort, lang=lang, offset=offset, limit=limit, counts=counts, most=most)
        return Results(chosen.total, chosen.iris, chosen.facets, chosen.unknown, found, sort)
    if order != RELEVANCE:
        chosen = facets.select(
            filters,
            sort=order,
            lang=lang,
            offset=offset,
            limit=limit,
            counts=counts,
            most=most,
            within=found.numbers,
        )
        return Results(chosen.total, chosen.iris, chosen.facets, chosen.unknown, found, order)
    # The ranking makes the page: the facets only count.
    none = min(limit, 0)
    chosen = facets.select(
        filters, lang=lang, offset=offset, limit=none, counts=counts, most=most, within=found.numbers
    )
    ranked = index.rank(found, chosen.numbers, offset=offset, limit=limit)
    return Results(
        chosen.total, tuple(facets.iri(hit.number) for hit in ranked), chosen.facets, chosen.unknown, found, RELEVANCE
    )


def without_each(
    facets: FacetIndex, filters: Mapping[str, Iterable[str]], found: Found | None = None
) -> dict[str, int]:
    """How many items there would be without each of the filters: what to say when there are none with all of them."""
    within = found.numbers if found and not found.asks_nothing else None
    totals = {}
    for key in filters:
        rest = {other: values for other, values in filters.items() if other != key}
        totals[key] = facets.select(rest, limit=0, counts=False, within=within).total
    return totals
