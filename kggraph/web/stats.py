"""What the knowledge base holds, counted: growth, every filter, and how much is known of the items."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint
from markupsafe import Markup

from kggraph.publish.charts import Line, Point, line_chart
from kggraph.publish.labels import Label, pick
from kggraph.publish.svg import Caption
from kggraph.rdf.media import RESULTS_CSV
from kggraph.search.crosstab import items_with_any
from kggraph.search.facets import Facet, FacetValue
from kggraph.web.generations import KnowledgeBase
from kggraph.web.http import Document, answered
from kggraph.web.linked import facet_param
from kggraph.web.render import Context, Here, file_links, here, other_forms, page, page_links, query_of
from kggraph.web.thing_files import harmless

blueprint = Blueprint("stats", __name__)

_BARS: Final = 10


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table of numbers."""

    label: Label
    count: int
    href: str
    part: float
    """Of all items, between 0 and 1."""
    length: float
    """Of its bar, where the longest is 1."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A heading with a table of numbers, each with its bar; what runs through time has a picture as well."""

    key: str
    label: Label
    rows: tuple[Row, ...]
    left_out: int = 0
    figure: Markup | None = None


@blueprint.get("/stats")
@answered
def stats() -> Document:
    """The numbers as a page."""
    place = here()
    return page(
        "stats.html",
        "/stats",
        _context,
        links=lambda: [*page_links(place, "/stats"), *other_forms(place, "/stats", "", (RESULTS_CSV,))],
    )


@blueprint.get("/stats.csv")
@answered
def stats_csv() -> Document:
    """All the numbers as a file: a row for each value of each filter."""
    place = here()
    return Document(
        f"{place.prefix}/stats.csv",
        lambda _: _csv(place),
        offers=(RESULTS_CSV,),
        forced=RESULTS_CSV,
        language=place.language,
        links=lambda: file_links(place, "/stats"),
    )


def _context(place: Here) -> Context:
    kb = place.kb
    facets = [facet for facet in kb.facets.facets if any(v.count for v in kb.everything.facets[facet.key])]
    return {
        "total": kb.facets.size,
        "items_label": pick(kb.model.main.plural, place.language).text,
        "kinds": [(pick(k.plural, place.language, k.name), k) for k in kb.kinds.all if k.count > 1 and not k.scheme],
        "growth": [_growth(place, facet) for facet in facets if facet.kind == "year"],
        "numbers": [_numbers(place, facet) for facet in facets if facet.kind != "year"],
        "completeness": _completeness(place, facets),
    }


def _used(kb: KnowledgeBase, facet: Facet) -> list[FacetValue]:
    """The values of a facet that items have: those of a tree without its roots, which only add the others up."""
    values = [value for value in kb.everything.facets[facet.key] if value.count]
    roots = [value for value in values if not value.depth]
    is_one_tree = len(roots) == 1 and len(values) > 1
    return [value for value in values if not (is_one_tree and value is roots[0])]


def _numbers(place: Here, facet: Facet) -> Numbers:
    kb = place.kb
    values = sorted(_used(kb, facet), key=lambda value: -value.count)
    rows = _rows(place, facet, values[:_BARS])
    return Numbers(facet.key, field_label(kb, facet.key, place.language), rows, len(values) - len(rows))


def _rows(place: Here, facet: Facet, values: Sequence[FacetValue]) -> tuple[Row, ...]:
    kb = place.kb
    labels = kb.labels(value.value for value in values)
    most = max((value.count for value in values), default=1)
    rows = []
    for value in values:
        label = pick(labels.get(value.value), place.language) if labels.get(value.value) else Label(value.value, "")
        query = query_of([(facet.key, facet_param(kb, value.value))])
        rows.append(
            Row(label, value.count, f"{place.prefix}/items?{query}", value.count / kb.facets.size, value.count / most)
        )
    return tuple(rows)


def _growth(place: Here, facet: Facet) -> Numbers:
    """Items by year, and how many there were in all by then."""
    values = sorted(place.kb.everything.facets[facet.key], key=lambda value: int(value.value))
    rows = _rows(place, facet, [value for value in values if value.count])
    label = field_label(place.kb, facet.key, place.language)
    points, together = [], 0
    for row in rows:
        together += row.count
        points.append(Point(float(row.label.text), float(together), row.label.text))
    caption = Caption(
        place.t("stats.growth"),
        place.t("stats.growth_note"),
        f"chart-{facet.key}",
        lambda value: place.t.number(int(value)),
    )
    figure = line_chart([Line(place.t("stats.together"), tuple(points))], caption)
    return Numbers(facet.key, label, tuple(reversed(rows)), figure=Markup(figure.svg))


def _completeness(place: Here, facets: Sequence[Facet]) -> Numbers:
    """For each filter how many items say anything of it."""
    kb = place.kb
    told = []
    for facet in facets:
        known = items_with_any(kb.facets, facet.key, (value.value for value in kb.everything.facets[facet.key]))
        part = known / max(kb.facets.size, 1)
        told.append(Row(field_label(kb, facet.key, place.language), known, "", part, part))
    return Numbers("completeness", Label(place.t("stats.filter"), place.language), tuple(told))


def field_label(kb: KnowledgeBase, key: str, language: str) -> Label:
    """The name of a filter."""
    field = kb.model.main.field(key)
    return pick(field.label if field else None, language, key)


def _csv(place: Here) -> bytes:
    kb = place.kb
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([place.t("stats.filter"), place.t("stats.value"), "IRI", place.t("stats.number")])
    for facet in kb.facets.facets:
        name = field_label(kb, facet.key, place.language).text
        values = [value for value in kb.everything.facets[facet.key] if value.count]
        for value, row in zip(values, _rows(place, facet, values), strict=True):
            iri = value.value if facet.kind in ("scheme", "thing") else ""
            writer.writerow([harmless(text) for text in (name, row.label.text, iri, str(row.count))])
    return out.getvalue().encode("utf-8")
