"""What stands around a thing as a drawing, with the same links as a list beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Blueprint
from markupsafe import Markup
from pyoxigraph import NamedNode

from kggraph.errors import BadParameter
from kggraph.publish.descriptions import Description
from kggraph.publish.drawing import Edge, graph_drawing
from kggraph.publish.labels import Label, pick
from kggraph.publish.svg import Caption
from kggraph.terms import RDF
from kggraph.web.http import Document, answered
from kggraph.web.markup import related_items
from kggraph.web.reading_list import chosen
from kggraph.web.related import related
from kggraph.web.render import Context, Here, here, page, page_links, query_of
from kggraph.web.triples import read
from kggraph.web.views import Related

blueprint = Blueprint("around", __name__)

_INBOUND: Final = 20


@dataclass(frozen=True, slots=True)
class Ties:
    """Links of one property in the list: what the thing points at, or what points at it."""

    name: Label
    ends: tuple[tuple[Label, str], ...]
    """Names and addresses."""


@blueprint.get("/around")
@answered
def around() -> Document:
    """The drawing of one thing."""
    place = here()
    kb = place.kb
    iris = chosen(kb)
    found = kb.descriptions.get(iris[0]) if len(iris) == 1 else None
    if found is None:
        raise BadParameter("Name one thing to draw what stands around it.", parameter="item")
    query = query_of([("item", kb.addresses.short(found.iri, kb.model.main.kind or ""))])
    return page(
        "around.html",
        "/around",
        lambda place: _context(place, found),
        query=query,
        links=lambda: page_links(place, "/around", query),
    )


def _context(place: Here, found: Description) -> Context:
    kb, language = place.kb, place.language
    edges = _edges(place, found)
    iris = {term.value for edge in edges for term in edge if isinstance(term, NamedNode)}
    own = kb.class_of(found.types)
    fields = [*(own.fields if own else ()), *kb.model.main.fields]
    # A property is called what the pages call it; its own name may be in one language only.
    named = {iri: pick(texts, language, iri) for iri, texts in kb.labels(iris).items()}
    named |= {field.path: pick(field.label, language, field.path) for field in reversed(fields)}

    def label(iri: str) -> Label:
        return named.get(iri) or pick(None, language, iri)

    def ties(is_outward: bool) -> list[Ties]:
        ends: dict[str, list[tuple[Label, str]]] = {field.path: [] for field in fields}
        for start, name, end in edges:
            if (start.value == found.iri) == is_outward:  # type: ignore[union-attr]
                iri = (end if is_outward else start).value  # type: ignore[union-attr]
                end_of = ends.setdefault(name.value, [])
                end_of.append((label(iri), kb.addresses.href(iri, place.prefix)[0] or ""))
        return [Ties(label(iri), tuple(some)) for iri, some in ends.items() if some]

    title = pick(found.labels, language, found.iri)
    caption = Caption(title.text, place.t("act.graph_note"), "around")
    figure = graph_drawing(edges, caption, lambda iri: label(iri).text)
    is_item = found.kind == kb.model.main.kind
    likes: list[Related] = related(kb, found, language, place.prefix) if is_item else []
    return {
        "title": title,
        "href": place.prefix + (kb.addresses.path(found.iri) or "/"),
        "figure": Markup(figure.svg),
        "cut": (figure.shown, figure.total) if figure.is_cut else None,
        "outward": ties(True),
        "inward": ties(False),
        "related": related_items(likes, place.t) if likes else "",
    }


def _edges(place: Here, found: Description) -> list[Edge]:
    """What it points at among our own things, and what of ours points at it."""
    kb = place.kb
    base = kb.addresses.base_uri
    edges: list[Edge] = []
    for said in read(found.ntriples):
        is_ours = said.object.is_iri and said.object.value.startswith(f"{base}id/")
        if said.subject == found.iri and is_ours and said.predicate != f"{RDF}type" and "#" not in said.object.value:
            edges.append((NamedNode(found.iri), NamedNode(said.predicate), NamedNode(said.object.value)))
    for link in kb.descriptions.inbound(found.iri, limit=_INBOUND, living=True):
        edges.append((NamedNode(link.thing), NamedNode(link.predicate), NamedNode(found.iri)))
    return list(dict.fromkeys(edges))
