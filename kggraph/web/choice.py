"""What the address of a list chooses: words, filters, ranges of years, an order; and the one address for a choice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from werkzeug.datastructures import MultiDict

from kggraph.errors import BadParameter
from kggraph.search.expansion import clean
from kggraph.search.facets import NEWEST, TITLE, Sort
from kggraph.search.results import RELEVANCE, Order, Results, search
from kggraph.web.generations import KnowledgeBase
from kggraph.web.linked import facet_param

FROM: Final = "-from"
"""Ends the name of a form's field for the first year of a range; `TO` that of the last."""
TO: Final = "-to"
_BETWEEN: Final = ".."
_YEAR: Final = re.compile(r"\d{4}\Z", re.ASCII)
_SHOWN: Final = 80
MOST_VALUES: Final = 70
"""Values of a facet without a scheme that are counted for a page, beside the chosen ones."""


@dataclass(frozen=True, slots=True)
class Years:
    """A range of years, both included; `None` is without end."""

    first: int | None
    last: int | None

    def __str__(self) -> str:
        """As it stands in an address.

        >>> str(Years(2018, None)), str(Years(2018, 2022))
        ('2018..', '2018..2022')
        """
        first, last = ("" if year is None else f"{year:04}" for year in (self.first, self.last))
        return f"{first}{_BETWEEN}{last}"

    def has(self, year: str) -> bool:
        """Whether a year is in the range."""
        number = int(year) if _YEAR.match(year) else None
        return number is not None and (self.first or 0) <= number <= (9999 if self.last is None else self.last)


@dataclass(frozen=True, slots=True)
class Choice:
    """What the parameters of an address choose."""

    text: str
    """The words to search for, as typed but for control characters and spaces."""
    values: Mapping[str, tuple[str, ...]]
    """Facet key to the values that are named one by one."""
    ranges: Mapping[str, Years]
    """Facet key to the range of years that is chosen in it."""
    filters: Mapping[str, tuple[str, ...]]
    """Both together, as the facets take them."""
    order: Order

    @property
    def sort(self) -> Sort:
        """The order where there are no words."""
        return TITLE if self.order == TITLE else NEWEST

    def pairs(self, kb: KnowledgeBase) -> list[tuple[str, str]]:
        """The parameters for this choice."""
        chosen = [(key, facet_param(kb, value)) for key, values in self.values.items() for value in values]
        chosen += [(key, str(years)) for key, years in self.ranges.items()]
        chosen += [("q", self.text)] if self.text else []
        return [*chosen, *([("sort", self.order)] if self.order != default_order(self.text) else [])]

    def results(
        self, kb: KnowledgeBase, lang: str, *, offset: int = 0, limit: int = 20, counts: bool = True
    ) -> Results:
        """The items of this choice, a page of them, with what is counted beside it.

        :param lang: language of the page.
        """
        return search(
            kb.text_index,
            kb.facets,
            self.text,
            self.filters,
            lang=lang,
            order=self.order,
            offset=offset,
            limit=limit,
            counts=counts,
            most=MOST_VALUES,
        )


def default_order(text: str) -> Order:
    """The order that needs no saying: by relevance when there are words, else newest first."""
    return RELEVANCE if text else NEWEST


def parse_choice(kb: KnowledgeBase, args: MultiDict[str, str]) -> Choice:
    """The choice that parameters make; parameters that choose nothing are left alone.

    :raises BadParameter: a value that its facet does not have, a range that is none, an unknown order, or more words
        than anyone asks.
    """
    values: dict[str, tuple[str, ...]] = {}
    ranges: dict[str, Years] = {}
    filters: dict[str, tuple[str, ...]] = {}
    for facet in kb.facets.facets:
        names = [name for name in dict.fromkeys(args.getlist(facet.key)) if name]
        if facet.kind == "year":
            given = [name for name in names if _BETWEEN in name]
            given += _typed(args.get(facet.key + FROM, ""), args.get(facet.key + TO, ""))
            if given:
                ranges[facet.key] = _one_range(facet.key, given)
            names = [name for name in names if _BETWEEN not in name]
        if found := tuple(dict.fromkeys(_value(kb, facet.key, name) for name in names)):
            values[facet.key] = found
        if facet.key in ranges:
            years = tuple(
                value.value for value in kb.everything.facets[facet.key] if ranges[facet.key].has(value.value)
            )
            # A range without any year of the data chooses nothing; an empty list would choose all.
            found += years or (str(ranges[facet.key]),)
        if found:
            filters[facet.key] = found
    text = clean(args.get("q", ""))
    return Choice(text, values, ranges, filters, _order(args.get("sort", ""), text))


def _value(kb: KnowledgeBase, key: str, name: str) -> str:
    value = kb.facet_value(key, name)
    if value is None:
        shown = name[:_SHOWN]
        message = f"The filter {key} has no value {shown!r}."
        raise BadParameter(message, parameter=key, reason="value", found=shown)
    return value


def _typed(first: str, last: str) -> list[str]:
    """The range of a form's two fields, of which one or both may be empty."""
    first, last = first.strip(), last.strip()
    return [f"{first}{_BETWEEN}{last}"] if first or last else []


def _one_range(key: str, given: list[str]) -> Years:
    """The range of years that is asked for; what a form has in its fields comes after, and so instead, of another."""
    text = given[-1]
    first, _, last = text.partition(_BETWEEN)
    shown = text[:_SHOWN]
    if not (first or last) or not all(_YEAR.match(year) for year in (first, last) if year):
        message = f"{shown!r} is no range of years; it is written as 2018..2022, 2018.. or ..2022."
        raise BadParameter(message, parameter=key, reason="years", found=shown)
    if first and last and first > last:
        message = f"The range of years {shown!r} ends before it begins."
        raise BadParameter(message, parameter=key, reason="years-order", found=shown)
    return Years(int(first) if first else None, int(last) if last else None)


def _order(asked: str, text: str) -> Order:
    if asked in (NEWEST, TITLE):
        return NEWEST if asked == NEWEST else TITLE
    if asked in ("", RELEVANCE):
        return default_order(text)
    raise BadParameter(f"Lists are sorted by {RELEVANCE}, {NEWEST} or {TITLE}.", parameter="sort")
