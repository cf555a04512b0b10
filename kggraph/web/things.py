"""Things and the documents about them: `/id/...` leads to `/doc/...`, which is a page or a graph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, request
from markupsafe import Markup, escape

from kggraph.errors import ThingNotFound
from kggraph.publish.descriptions import Description
from kggraph.publish.labels import Label, pick
from kggraph.rdf.media import HTML, RDF_FORMATS, Representation, negotiate, negotiate_language
from kggraph.rdf.turtle import serialize
from kggraph.terms import SKOS
from kggraph.web.cards import cards
from kggraph.web.generations import KnowledgeBase
from kggraph.web.http import Answer, Document, Link, Redirect, answered, language_prefix
from kggraph.web.linked import Around, MappingView, concept_schemes
from kggraph.web.present import Reader
from kggraph.web.render import Here, here, html, site_links
from kggraph.web.views import ThingView

blueprint = Blueprint("things", __name__)

OFFERS: Final = (HTML, *RDF_FORMATS)
"""What a document can be; a client that takes anything gets the page."""
_BY_SUFFIX: Final = {offer.suffix[1:]: offer for offer in OFFERS}
_ITEMS_SHOWN: Final = 6


@blueprint.get("/id/<kind>/<path:slug>")
@answered
def thing(kind: str, slug: str) -> Redirect:
    """The thing itself cannot be sent: 303 to the document about it, in the language the client likes."""
    place = here()
    found = _find(place.kb, kind, slug)
    path = place.kb.addresses.path(found.iri) or "/"
    languages = place.site.settings.languages
    prefix = place.prefix
    # Only a page has a language, so who asks for data goes to the one address that all languages share.
    if negotiate(request.headers.get("Accept"), OFFERS) is HTML and not prefix:
        prefix = language_prefix(negotiate_language(request.headers.get("Accept-Language"), languages), languages)
    return Redirect(prefix + path, links=[Link(path, "describedby")])


@blueprint.get("/doc/<kind>/<path:name>")
@answered
def document(kind: str, name: str) -> Answer:
    """The document about a thing; a suffix names one representation and is never overruled."""
    place = here()
    slug, representation = _split(name)
    found = _find(place.kb, kind, slug)
    path = place.kb.addresses.path(found.iri) or "/"

    def make(representation: Representation) -> bytes:
        if representation is HTML:
            return html("thing.html", place, path, "", _context(place, found))
        return serialize(found.ntriples, representation, place.kb.prefixes)

    return Document(
        path,
        make,
        offers=OFFERS,
        forced=representation,
        twins=True,
        language=place.language,
        prefix=place.prefix,
        links=lambda: _links(place.kb, found, path),
    )


def _split(name: str) -> tuple[str, Representation | None]:
    """Slug and representation: slugs have no dots, so what follows the last dot is a suffix."""
    slug, dot, suffix = name.rpartition(".")
    if not dot:
        return name, None
    if suffix not in _BY_SUFFIX:
        known = ", ".join(f".{known}" for known in _BY_SUFFIX)
        raise ThingNotFound(f"There is no representation .{suffix[:20]}; there are {known}.")
    return slug, _BY_SUFFIX[suffix]


def _find(kb: KnowledgeBase, kind: str, slug: str) -> Description:
    found = kb.descriptions.get(kb.addresses.thing(kind, slug))
    if found is None:
        raise ThingNotFound("No thing has this address.")
    return found


def _links(kb: KnowledgeBase, found: Description, path: str) -> Sequence[Link]:
    types = [Link(iri, "type") for iri in found.types]
    canonical = kb.addresses.base_uri.rstrip("/") + path
    return [Link(canonical, "canonical"), Link(found.iri, "describes"), *types, *site_links(kb)]


# ------------------------------------------------------------------ the page
def _context(place: Here, found: Description) -> dict[str, Any]:
    kb = place.kb
    view = Reader(kb, place.language, place.prefix, found).view()
    around = Around(kb, place.language, place.prefix, found.iri)
    uses = around.uses()
    is_concept = f"{SKOS}Concept" in found.types
    mappings = around.mappings() if is_concept else []
    schemes = concept_schemes(found.iri, found.ntriples) if is_concept else []
    kind = kb.kinds.by_name(found.kind)
    path = kb.addresses.path(found.iri) or "/"
    is_scheme = f"{SKOS}ConceptScheme" in found.types
    return {
        "thing": _without(view, mappings),
        "kind": kind,
        "kind_label": pick(kind.plural, place.language, kind.name) if kind else Label("", ""),
        "items_label": pick(kb.model.main.plural, place.language).text,
        "uses": uses,
        "items": _items(place, found.iri, uses[0].key) if uses else [],
        "neighbours": [node for scheme in schemes[:1] for node in around.neighbours(scheme)],
        "tree": around.tree(found.iri) if is_scheme else [],
        "mappings": mappings,
        "inbound": around.inbound(),
        "formats": [(offer.label, path + offer.suffix) for offer in OFFERS[1:]],
        "alternates": Markup("\n".join(_alternate(path, offer) for offer in OFFERS[1:])),
    }


def _alternate(path: str, offer: Representation) -> str:
    href = escape(path + offer.suffix)
    return f'<link rel="alternate" type="{offer.media_type}" title="{offer.label}" href="{href}">'


def _without(view: ThingView, mappings: Sequence[MappingView]) -> ThingView:
    """The thing without the values that its table of mappings tells in full."""
    mapped = {mapping.object.iri for mapping in mappings}
    if not mapped:
        return view
    groups = []
    for group in view.groups:
        fields = [
            replace(field, values=tuple(value for value in field.values if value.iri not in mapped))
            for field in group.fields
        ]
        if left := tuple(field for field in fields if field.values or field.others):
            groups.append(replace(group, fields=left))
    return replace(view, groups=tuple(groups))


def _items(place: Here, iri: str, key: str) -> list[Any]:
    chosen = place.kb.facets.select({key: [iri]}, limit=_ITEMS_SHOWN, lang=place.language, counts=False)
    return cards(place.kb, chosen.iris, place.language, place.prefix)
