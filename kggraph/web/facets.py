"""The filters of a list as they are shown: every choice that is left with its count, and what is chosen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, Protocol

from kggraph.publish.labels import Label, pick
from kggraph.search.facet_table import UNKNOWN
from kggraph.search.facets import Facet, FacetKind, FacetValue
from kggraph.web.choice import FROM, TO, Choice, Years
from kggraph.web.generations import KnowledgeBase
from kggraph.web.histogram import histogram
from kggraph.web.linked import facet_param
from kggraph.web.render import query_of
from kggraph.web.texts import texts
from kggraph.web.views import Option, YearRange

VALUES_SHOWN: Final = 10
"""Values of a long facet that stand open; the others are one step away."""
_LONG: Final = 60
"""Values of a tree above which it is no longer shown whole, and most values that are one step away."""
_FEW: Final = 6
"""Values of a facet that is shown whole, whatever has them."""
_OPEN_FACETS: Final = 3


class Counted(Protocol):
    """Items that were counted: a `Selection` of the facets, or `Results` of a search."""

    @property
    def facets(self) -> Mapping[str, tuple[FacetValue, ...]]: ...
    @property
    def unknown(self) -> Mapping[str, int]: ...


@dataclass(frozen=True, slots=True)
class FacetView:
    """A facet with its values; `more` are those of a long list that start folded."""

    key: str
    label: Label
    help: Label
    options: tuple[Option, ...]
    more: tuple[Option, ...]
    unknown: Option | None
    """Items of which nothing is known here; nothing when something is known of every item."""
    years: YearRange | None
    """The range to choose, when the values are years."""
    is_open: bool
    chosen: int


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on, with the address without it."""

    facet: Label
    value: Label
    href: str


def facet_views(kb: KnowledgeBase, counted: Counted, language: str, choice: Choice | None = None) -> list[FacetView]:
    """Every facet that can say anything, in the order of the model.

    :param choice: what is chosen; nothing shows all values unchosen.
    """
    shown = [facet for facet in kb.facets.facets if facet.kind == "scheme" or kb.used(facet.key)]
    folded = [_folded(facet.kind, counted.facets[facet.key], kb.used(facet.key)) for facet in shown]
    labels = kb.labels(value.value for first, more in folded for value in (*first, *more))
    views = []
    for place, (facet, (first, more)) in enumerate(zip(shown, folded, strict=True)):
        field = kb.model.main.field(facet.key)
        label, explained = kb.field_texts(field, language) if field else (Label(facet.key, ""), Label("", ""))
        taken = choice.values.get(facet.key, ()) if choice else ()
        years = choice.ranges.get(facet.key) if choice else None
        chosen = len(taken) + (years is not None)
        views.append(
            FacetView(
                key=facet.key,
                label=label,
                help=explained,
                options=tuple(_option(kb, value, labels.get(value.value), language, taken) for value in first),
                more=tuple(_option(kb, value, labels.get(value.value), language, taken) for value in more),
                unknown=_unknown(kb, facet, counted.unknown[facet.key], language, taken),
                years=_years(facet, counted.facets[facet.key], years) if facet.kind == "year" else None,
                is_open=place < _OPEN_FACETS or chosen > 0,
                chosen=chosen,
            )
        )
    return views


def chips(kb: KnowledgeBase, choice: Choice, language: str, path: str) -> list[Chip]:
    """The filters that are on, each with the address that drops it."""
    pairs = choice.pairs(kb)
    labels = kb.labels(value for values in choice.values.values() for value in values)
    chosen: list[tuple[str, str, Label]] = []
    for key, values in choice.values.items():
        for value in values:
            label = pick(labels.get(value), language) if labels.get(value) else Label(value, "")
            said = Label(texts(language)("list.unknown"), "") if value == UNKNOWN else label
            chosen.append((key, facet_param(kb, value), said))
    chosen += [(key, str(years), Label(years_text(years, language), "")) for key, years in choice.ranges.items()]
    found = []
    for key, name, label in chosen:
        query = query_of([pair for pair in pairs if pair != (key, name)])
        found.append(Chip(facet_label(kb, key, language), label, f"{path}?{query}" if query else path))
    return found


def facet_label(kb: KnowledgeBase, key: str, language: str) -> Label:
    """What a facet is called."""
    field = kb.model.main.field(key)
    return pick(field.label if field else None, language, key)


def years_text(years: Years, language: str) -> str:
    """A range of years as people say it."""
    t = texts(language)
    if years.first is None:
        return t("list.years_until", last=years.last)
    if years.last is None:
        return t("list.years_since", first=years.first)
    return t("list.years_between", first=years.first, last=years.last)


def _unknown(kb: KnowledgeBase, facet: Facet, count: int, language: str, taken: Sequence[str]) -> Option | None:
    if not kb.everything.unknown[facet.key] and UNKNOWN not in taken:
        return None
    return Option(UNKNOWN, Label(texts(language)("list.unknown"), ""), count, 0, UNKNOWN in taken)


def _years(facet: Facet, values: Sequence[FacetValue], years: Years | None) -> YearRange:
    counts = {int(value.value): value.count for value in values if value.value.isdigit()}
    first, last = (years.first, years.last) if years else (None, None)
    return YearRange(
        facet.key + FROM,
        facet.key + TO,
        "" if first is None else str(first),
        "" if last is None else str(last),
        min(counts, default=0),
        max(counts, default=0),
        histogram(counts, first, last),
    )


def _option(
    kb: KnowledgeBase, value: FacetValue, labels: Mapping[str, str] | None, language: str, taken: Sequence[str]
) -> Option:
    label = pick(labels, language) if labels else Label(value.value, "")
    return Option(facet_param(kb, value.value), label, value.count, value.depth, value.value in taken)


def _folded(
    kind: FacetKind, values: Sequence[FacetValue], known: AbstractSet[str]
) -> tuple[Sequence[FacetValue], Sequence[FacetValue]]:
    """The values that stand open, and those one step away.

    A few values all stand open, so that one sees what nothing has ("not applicable") beside what is unknown. A short
    list or a tree stays whole, with values that no item has at the end. Of a long list the fullest values stand open,
    and every chosen one; a very long one ends, its other values are found by their own pages.

    :param known: the values that any item has.
    """
    if kind == "year":
        return (), values
    if len(values) <= _FEW:
        return values, ()
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
