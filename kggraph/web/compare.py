"""Up to four items side by side, field by field; which ones is in the address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, request

from kggraph.errors import BadParameter
from kggraph.publish.labels import Label
from kggraph.web.generations import KnowledgeBase
from kggraph.web.http import Document, answered
from kggraph.web.notices import notices
from kggraph.web.present import Reader
from kggraph.web.reading_list import chosen
from kggraph.web.render import Context, Here, here, page, page_links, query_of
from kggraph.web.views import FieldView, ThingView

blueprint = Blueprint("compare", __name__)

MOST: Final = 4


@dataclass(frozen=True, slots=True)
class Column:
    """One of the things that are compared."""

    view: ThingView
    href: str
    without: str
    """Address of the comparison without it."""
    name: str


@blueprint.get("/compare")
@answered
def compare() -> Document:
    """The comparison as a table."""
    place = here()
    kb = place.kb
    if len(set(request.args.getlist("item"))) > MOST:
        raise BadParameter(f"At most {MOST} items are put side by side.", parameter="item")
    iris = chosen(kb)
    query = query_of(_pairs(kb, iris))
    return page(
        "compare.html",
        "/compare",
        lambda place: _context(place, iris),
        query=query,
        links=lambda: page_links(place, "/compare", query),
    )


def _pairs(kb: KnowledgeBase, iris: list[str]) -> list[tuple[str, str]]:
    return [("item", kb.addresses.short(iri, kb.model.main.kind or "")) for iri in iris]


def _context(place: Here, iris: list[str]) -> Context:
    kb = place.kb
    pairs = _pairs(kb, iris)
    columns, concepts = [], set()
    for iri, pair in zip(iris, pairs, strict=True):
        description = kb.descriptions.get(iri)
        if description is None:
            raise BadParameter(f"There is no item {pair[1]!r}.", parameter="item")
        view = Reader(kb, place.language, place.prefix, description).view()
        rest = query_of([other for other in pairs if other != pair])
        href = place.prefix + (kb.addresses.path(iri) or "/")
        columns.append(Column(view, href, f"{place.prefix}/compare" + (f"?{rest}" if rest else ""), pair[1]))
        concepts |= {value.iri for group in view.groups for field in group.fields for value in field.values}
    return {
        "columns": columns,
        "rows": _rows([column.view for column in columns]),
        "most": MOST,
        "notices": notices(kb, concepts, place.language),
    }


def _rows(views: list[ThingView]) -> list[tuple[Label, list[FieldView | None]]]:
    """The fields that any of them has, in the order of the model as far as the things show it."""
    found = [{(f.key, f.label): f for group in view.groups for f in group.fields} for view in views]
    order: list[tuple[str, Label]] = []
    for fields in found:
        for place, name in enumerate(fields):
            if name not in order:
                before = [other for other in list(fields)[:place] if other in order]
                order.insert(order.index(before[-1]) + 1 if before else 0, name)
    return [(label, [fields.get((key, label)) for fields in found]) for key, label in order]
