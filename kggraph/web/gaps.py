"""The map of what is there and what is not: two facets crossed, every empty cell an invitation."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, request
from pyoxigraph import NamedNode

from kggraph.errors import BadParameter
from kggraph.publish.labels import Label, pick
from kggraph.rdf.media import RESULTS_CSV
from kggraph.search.crosstab import Cell, crossed
from kggraph.search.facets import Facet
from kggraph.web.examples import question
from kggraph.web.generations import KnowledgeBase
from kggraph.web.http import Document, answered
from kggraph.web.linked import facet_param
from kggraph.web.render import Context, Here, file_links, here, other_forms, page, page_links, query_of
from kggraph.web.thing_files import harmless
from kggraph.web.wheel import rings

blueprint = Blueprint("gaps", __name__)

MOST_ROWS: Final = 80
MOST_COLUMNS: Final = 12
_SHADES: Final = 4
_SORTS_SHOWN: Final = 2


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two facets, with the values that are shown of it."""

    facet: Facet
    values: tuple[str, ...]
    left_out: int
    """Values beyond those."""


@dataclass(frozen=True, slots=True)
class CellView:
    """A cell as it is shown."""

    count: int
    href: str
    shade: int
    """0 when empty, then 1 to 4 by how full."""
    sorts: tuple[tuple[Label, int], ...]
    more: int
    """Sorts beyond those."""


@dataclass(frozen=True, slots=True)
class Map:
    """The crossed facets."""

    rows: Side
    columns: Side
    sorts: Facet | None
    cells: list[list[Cell]]


@blueprint.get("/gaps")
@answered
def gaps() -> Document:
    """The map as a page."""
    place = here()
    rows, columns, query = _asked(place.kb)
    return page(
        "gaps.html",
        "/gaps",
        lambda place: _context(place, made(place.kb, rows, columns), query),
        query=query,
        links=lambda: [*page_links(place, "/gaps", query), *other_forms(place, "/gaps", query, (RESULTS_CSV,))],
    )


@blueprint.get("/gaps.csv")
@answered
def gaps_csv() -> Document:
    """The map as a file: a row for each cell."""
    place = here()
    rows, columns, query = _asked(place.kb)
    return Document(
        f"{place.prefix}/gaps.csv",
        lambda _: _csv(place, made(place.kb, rows, columns)),
        offers=(RESULTS_CSV,),
        forced=RESULTS_CSV,
        query=query,
        language=place.language,
        links=lambda: file_links(place, "/gaps", query),
    )


def _asked(kb: KnowledgeBase) -> tuple[Facet, Facet, str]:
    """The two facets that the parameters name, or else those of the settings, or else the first two.

    :raises BadParameter: there is no such facet, or both are the same.
    """
    known = {facet.key: facet for facet in kb.facets.facets}
    usual = [key for key in kb.settings.gap_facets if key in known]
    usual += [facet.key for facet in kb.facets.facets if facet.kind == "scheme" and facet.key not in usual]
    usual += [key for key in known if key not in usual]
    if len(known) < 2:
        raise BadParameter("Two filters are needed to cross, and this knowledge base has fewer.", parameter="rows")
    rows = request.args.get("rows") or usual[0]
    columns = request.args.get("columns") or next(key for key in usual if key != rows)
    for name, key in (("rows", rows), ("columns", columns)):
        if key not in known:
            raise BadParameter(f"There is no filter {key[:80]!r}; there are {', '.join(known)}.", parameter=name)
    if rows == columns:
        raise BadParameter("The rows and the columns are the same filter; choose two.", parameter="columns")
    is_usual = [rows, columns] == usual[:2]
    return known[rows], known[columns], "" if is_usual else query_of(_pairs(known[rows], known[columns]))


def _pairs(rows: Facet, columns: Facet) -> list[tuple[str, str]]:
    return [("rows", rows.key), ("columns", columns.key)]


def made(kb: KnowledgeBase, rows: Facet, columns: Facet) -> Map:
    """The two facets crossed."""
    down, across = _side(kb, rows, MOST_ROWS), _side(kb, columns, MOST_COLUMNS)
    sorts = next((f for f in kb.facets.facets if f.kind == "scheme" and f not in (rows, columns)), None)
    kinds = (sorts.key, [v.value for v in kb.everything.facets[sorts.key] if v.count]) if sorts else (rows.key, [])
    cells = crossed(kb.facets, (rows.key, down.values), (columns.key, across.values), kinds)
    return Map(down, across, sorts, cells)


def _side(kb: KnowledgeBase, facet: Facet, most: int) -> Side:
    """The values of a facet: the wheel's own, or those of a tree or list, the fullest ones when there are too many."""
    key, _, found = rings(kb)
    if facet.key == key and sum(len(ring.concepts) for ring in found) > 1:
        return Side(facet, tuple(c.iri for ring in found for c in ring.concepts)[:most], 0)
    values = kb.everything.facets[facet.key]
    if len(values) > most:
        used = [value for value in values if value.count]
        fullest = {value.value for value in sorted(used, key=lambda value: -value.count)[:most]}
        return Side(facet, tuple(v.value for v in values if v.value in fullest), len(values) - len(fullest))
    return Side(facet, tuple(value.value for value in values), 0)


def _context(place: Here, crossing: Map, query: str) -> Context:
    kb, language = place.kb, place.language
    labels = _labels(place, crossing)
    fullest = max((cell.count for row in crossing.cells for cell in row), default=0)
    depths = {value.value: value.depth for value in kb.everything.facets[crossing.rows.facet.key]}
    least = min((depths.get(value, 0) for value in crossing.rows.values), default=0)
    rows = []
    for value, cells in zip(crossing.rows.values, crossing.cells, strict=True):
        shown = [
            _cell(place, crossing, (value, column), cell, fullest, labels)
            for column, cell in zip(crossing.columns.values, cells, strict=True)
        ]
        rows.append((labels[value], kb.addresses.href(value, place.prefix)[0], depths.get(value, 0) - least, shown))
    empty = sum(not cell.count for row in crossing.cells for cell in row)
    return {
        "rows": rows,
        "columns": [(labels[v], kb.addresses.href(v, place.prefix)[0]) for v in crossing.columns.values],
        "row_facet": _name(kb, crossing.rows.facet, language),
        "column_facet": _name(kb, crossing.columns.facet, language),
        "left_out": (crossing.rows.left_out, crossing.columns.left_out),
        "chosen": (crossing.rows.facet.key, crossing.columns.facet.key),
        "facets": [(facet.key, _name(kb, facet, language)) for facet in kb.facets.facets],
        "empty": empty,
        "all_cells": sum(map(len, crossing.cells)),
        "items_label": pick(kb.model.main.plural, language).text,
        "csv": f"{place.prefix}/gaps.csv" + (f"?{query}" if query else ""),
        "sparql": _query(kb, crossing),
    }


def _cell(
    place: Here, crossing: Map, values: tuple[str, str], cell: Cell, fullest: int, labels: dict[str, Label]
) -> CellView:
    pairs = [
        (s.facet.key, facet_param(place.kb, v)) for s, v in zip((crossing.rows, crossing.columns), values, strict=True)
    ]
    # By the root: the fullest cells have a hundred times what most have.
    shade = math.ceil(_SHADES * math.sqrt(cell.count / fullest)) if cell.count else 0
    sorts = tuple((labels[value], number) for value, number in cell.sorts[:_SORTS_SHOWN])
    return CellView(cell.count, f"{place.prefix}/items?{query_of(pairs)}", shade, sorts, len(cell.sorts) - len(sorts))


def _labels(place: Here, crossing: Map) -> dict[str, Label]:
    sorts = {value for row in crossing.cells for cell in row for value, _ in cell.sorts}
    iris = {*crossing.rows.values, *crossing.columns.values, *sorts}
    found = place.kb.labels(iris)
    return {iri: pick(found[iri], place.language, iri) if iri in found else Label(iri, "") for iri in iris}


def _name(kb: KnowledgeBase, facet: Facet, language: str) -> Label:
    field = kb.model.main.field(facet.key)
    return pick(field.label if field else None, language, facet.path)


def _query(kb: KnowledgeBase, crossing: Map) -> str:
    """The question in SPARQL, for who wants to go on with it; its properties are bound as terms."""
    rows, columns = crossing.rows.facet.path, crossing.columns.facet.path
    return question("cross").replace("(UNDEF UNDEF)", f"({NamedNode(rows)} {NamedNode(columns)})")


def _csv(place: Here, crossing: Map) -> bytes:
    labels = _labels(place, crossing)
    names = [_name(place.kb, side.facet, place.language).text for side in (crossing.rows, crossing.columns)]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        [names[0], f"{names[0]} IRI", names[1], f"{names[1]} IRI", place.t("gaps.number"), place.t("gaps.kinds")]
    )
    for value, cells in zip(crossing.rows.values, crossing.cells, strict=True):
        for column, cell in zip(crossing.columns.values, cells, strict=True):
            kinds = "; ".join(f"{labels[sort].text}: {number}" for sort, number in cell.sorts)
            line: Sequence[str] = (labels[value].text, value, labels[column].text, column, str(cell.count), kinds)
            writer.writerow([harmless(text) for text in line])
    return out.getvalue().encode("utf-8")
