"""The pages that are not about one thing: home and about."""

from __future__ import annotations

from typing import Final

from flask import Blueprint

from kggraph.publish.labels import pick
from kggraph.web.cards import cards
from kggraph.web.facets import facet_views
from kggraph.web.http import TEXT, Document, Link, answered
from kggraph.web.render import Context, Here, here, page, site_links

blueprint = Blueprint("pages", __name__)

_NEWEST: Final = 6
_BROWSED: Final = 3
"""Facets of concept schemes that the home page offers to browse by."""


@blueprint.get("/")
@answered
def home() -> Document:
    """What the knowledge base is, and the ways in."""
    place = here()
    return page("home.html", "/", _home, links=lambda: _links(place, "/"))


@blueprint.get("/about")
@answered
def about() -> Document:
    """Where the facts come from, and how to use the data."""
    place = here()
    return page("about.html", "/about", _about, links=lambda: _links(place, "/about"))


def robots(place: Here) -> Document:
    """`robots.txt`: things and plain lists may be crawled, combinations of filters and queries may not."""
    patterns = [f"Disallow: {prefix}{path}" for prefix in ("", "/*") for path in ("/items?*&", "/sparql?")]
    body = "\n".join(["User-agent: *", *patterns, ""]).encode()
    return Document("/robots.txt", lambda _: body, offers=(TEXT,), forced=TEXT)


def _home(place: Here) -> Context:
    kb = place.kb
    facets = facet_views(kb, kb.everything, place.language)
    schemes = {facet.key for facet in kb.facets.facets if facet.kind == "scheme"}
    newest = kb.facets.select(limit=_NEWEST, lang=place.language, counts=False)
    return {
        "description": pick(kb.about["description"], place.language),
        "total": kb.facets.size,
        "plural": pick(kb.model.main.plural, place.language),
        "browse": [facet for facet in facets if facet.key in schemes][:_BROWSED],
        "kinds": [kind for kind in kb.kinds.all if kind.count and not kind.is_main and not kind.scheme],
        "newest": cards(kb, newest.iris, place.language, place.prefix),
        "pick": pick,
    }


def _about(place: Here) -> Context:
    kb = place.kb
    dataset = kb.dataset
    return {
        "description": pick(kb.about["description"], place.language),
        "license": kb.about["license"].get(""),
        "dataset_href": kb.addresses.path(dataset.iri) if dataset else None,
        "base_uri": kb.addresses.base_uri,
        "created": kb.manifest.created,
        "triples": kb.manifest.triples,
        "kinds": [(pick(kind.plural, place.language, kind.name), kind) for kind in kb.kinds.all if kind.count],
    }


def _links(place: Here, path: str) -> list[Link]:
    canonical = f"{place.kb.addresses.base_uri.rstrip('/')}{place.prefix}{path}"
    return [Link(canonical, "canonical"), *site_links(place.kb)]
