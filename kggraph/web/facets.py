"""The filters of a list: what an address chooses, and every choice that is left with its count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from werkzeug.datastructures import MultiDict

from kggraph.errors import BadParameter
from kggraph.publish.labels import Label, pick
from kggraph.search.facets import NEWEST, TITLE, FacetKind, FacetValue, Selection, Sort
from kggraph.web.generations import KnowledgeBase
from kggraph.web.linked import facet_param
from kggraph.web.render import query_of
from kggraph.web.views import Option

VALUES_SHOWN: Final = 10
"""Values of a long facet that stand open; the others are one step away."""
_LONG: Final = 60
"""Values of a tree above which it is no longer shown whole, and most values that are one step away."""
_OPEN_FACETS: Final = 3


@dataclass(frozen=True, slots=True)
class FacetView:
    """A facet with its values; `more` are those of a long list that start folded."""

    key: str
    label: Label
    help: Label
    options: tuple[Option, ...]
    more: tuple[Option, ...]
    is_open: bool
    chosen: int


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on, with the address without it."""

    facet: Label
    value: Label
    href: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What the parameters of an address choose."""

    filters: Mapping[str, tuple[str, ...]]
    sort: Sort

    def pairs(self, kb: KnowledgeBase) -> list[tuple[str, str]]:
        """The parameters for this choice."""
        chosen = [(key, facet_param(kb, value)) for key, values in self.filters.items() for value in values]
        return [*chosen, *([("sort", self.sort)] if self.sort != NEWEST else [])]


def parse_choice(kb: KnowledgeBase, args: MultiDict[str, str]) -> Choice:
    """The choice that parameters make; parameters that are no filter are left alone.

    :raises BadParameter: a value that its facet does not have, or an unknown order.
    """
    filters: dict[str, tuple[str, ...]] = {}
    for facet in kb.facets.facets:
        values = []
        for name in dict.fromkeys(args.getlist(facet.key)):
            if not name:
                continue
            value = kb.facet_value(facet.key, name)
            if value is None:
                raise BadParameter(f"The filter {facet.key} has no value {name[:80]!r}.", parameter=facet.key)
            values.append(value)
        if values:
            filters[facet.key] = tuple(dict.fromkeys(values))
    sort = args.get("sort") or NEWEST
    if sort == NEWEST:
        return Choice(filters, "newest")
    if sort == TITLE:
        return Choice(filters, "title")
    raise BadParameter(f"Lists are sorted by {NEWEST} or {TITLE}.", parameter="sort")


def facet_views(kb: KnowledgeBase, selection: Selection, language: str) -> list[FacetView]:
    """Every facet that can say anything, in the order of the model."""
    shown = [facet for facet in kb.facets.facets if any(v.count for v in kb.everything.facets[facet.key])]
    folded = [_folded(facet.kind, selection.facets[facet.key], kb.used(facet.key)) for facet in shown]
    labels = kb.labels(value.value for first, more in folded for value in (*first, *more))
    views = []
    for place, (facet, (first, more)) in enumerate(zip(shown, folded, strict=True)):
        field = kb.model.main.field(facet.key)
        chosen = sum(value.selected for value in (*first, *more))
        views.append(
            FacetView(
                key=facet.key,
                label=pick(field.label if field else None, language, facet.path),
                help=pick(field.description, language) if field and field.description else Label("", ""),
                options=tuple(_option(kb, value, labels.get(value.value), language) for value in first),
                more=tuple(_option(kb, value, labels.get(value.value), language) for value in more),
                is_open=place < _OPEN_FACETS or chosen > 0,
                chosen=chosen,
            )
        )
    return views


def chips(kb: KnowledgeBase, choice: Choice, language: str, path: str) -> list[Chip]:
    """The filters that are on, each with the address that drops it."""
    pairs = choice.pairs(kb)
    labels = kb.labels(value for values in choice.filters.values() for value in values)
    found = []
    for key, values in choice.filters.items():
        field = kb.model.main.field(key)
        for value in values:
            query = query_of([pair for pair in pairs if pair != (key, facet_param(kb, value))])
            label = pick(labels.get(value), language) if labels.get(value) else Label(value, "")
            facet = pick(field.label if field else None, language, key)
            found.append(Chip(facet, label, f"{path}?{query}" if query else path))
    return found


def _option(kb: KnowledgeBase, value: FacetValue, labels: Mapping[str, str] | None, language: str) -> Option:
    label = pick(labels, language) if labels else Label(value.value, "")
    return Option(facet_param(kb, value.value), label, value.count, value.depth, value.selected)


def _folded(
    kind: FacetKind, values: Sequence[FacetValue], known: AbstractSet[str]
) -> tuple[Sequence[FacetValue], Sequence[FacetValue]]:
    """The values that stand open, and those one step away.

    A short list or a tree stays whole, with values that no item has at the end. Of a long list the fullest values stand
    open, and every chosen one; a very long one ends, its other values are found by their own pages.

    :param known: the values that any item has.
    """
    if kind == "year":
        return _split(values)
    used = [value for value in values if value.value in known or value.selected]
    never = [value for value in values if value.value not in known and not value.selected]
    if len(values) <= (_LONG if any(value.depth for value in values) else VALUES_SHOWN + 2):
        return used, never
    first, more = _split(sorted(used, key=lambda value: -value.count))
    if len(never) <= _LONG:
        more = [*more, *never]
    return first, more[:_LONG]


def _split(values: Sequence[FacetValue]) -> tuple[list[FacetValue], list[FacetValue]]:
    first = [value for place, value in enumerate(values) if place < VALUES_SHOWN or value.selected]
    return first, [value for place, value in enumerate(values) if place >= VALUES_SHOWN and not value.selected]
