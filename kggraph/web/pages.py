"""The pages that are not about one thing: home and about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Blueprint

from kggraph.errors import ThingNotFound
from kggraph.publish import sitemap
from kggraph.publish.labels import Label, pick
from kggraph.publish.schemaorg import website
from kggraph.terms import DCAT, SKOS, SSSOM
from kggraph.web.cards import cards
from kggraph.web.facets import facet_views
from kggraph.web.generations import KnowledgeBase
from kggraph.web.http import TEXT, Document, answered, language_prefix
from kggraph.web.kinds import Kind
from kggraph.web.outlets import keeper, outlets
from kggraph.web.page_head import jsonld
from kggraph.web.prose import own_text, rendered, title_of
from kggraph.web.render import Context, Here, here, page, page_links
from kggraph.web.views import Option
from kggraph.web.wheel import wheel_view

blueprint = Blueprint("pages", __name__)

_NEWEST: Final = 6
_VALUES: Final = 10
_EVERYWHERE: Final = 0.85
_BROWSED: Final = 3
"""Facets of concept schemes that the home page offers to browse by."""


@blueprint.get("/")
@answered
def home() -> Document:
    """What the knowledge base is, and the ways in."""
    place = here()
    return page("home.html", "/", _home, links=lambda: page_links(place, "/"))


@blueprint.get("/about")
@answered
def about() -> Document:
    """Where the facts come from, and how to use the data."""
    place = here()
    return page("about.html", "/about", _about, links=lambda: page_links(place, "/about"))


@blueprint.get("/accessibility")
@answered
def accessibility() -> Document:
    """How far everyone can use the site: the statement of the knowledge base itself."""
    place = here()
    if not own_text(place.site.settings.pages_path, "accessibility", place.language):
        raise ThingNotFound("This knowledge base has no accessibility statement yet.")
    return page("text.html", "/accessibility", _statement, links=lambda: page_links(place, "/accessibility"))


def _statement(place: Here) -> Context:
    text = own_text(place.site.settings.pages_path, "accessibility", place.language)
    title = title_of(text) or place.t("nav.accessibility")
    return {"title": title, "text": rendered(text), "keeper": keeper(place.kb, place.language, place.prefix)}


def robots(place: Here) -> Document:
    """`robots.txt`: things and plain lists may be crawled, combinations of filters and queries may not."""
    languages = place.site.settings.languages
    prefixes = [language_prefix(language, languages) for language in languages]
    body = sitemap.robots(f"{place.kb.addresses.base_uri}sitemap.xml", prefixes)
    return Document("/robots.txt", lambda _: body, offers=(TEXT,), forced=TEXT)


@dataclass(frozen=True, slots=True)
class Way:
    """A facet to browse by: its fullest values."""

    key: str
    label: Label
    options: tuple[Option, ...]
    most: int
    plural: Label
    href: str
    """The list of all its concepts."""


def _home(place: Here) -> Context:
    kb = place.kb
    newest = kb.facets.select(limit=_NEWEST, lang=place.language, counts=False)
    return {
        "description": pick(kb.about["description"], place.language),
        "total": kb.facets.size,
        "plural": pick(kb.model.main.plural, place.language),
        "wheel": wheel_view(place),
        "browse": _ways(place),
        "kinds": [kind for kind in kb.kinds.all if kind.count > 1 and _is_told(kb, kind)],
        "newest": cards(kb, newest.iris, place.language, place.prefix),
        "website": jsonld([website(outlets(kb).facts, lang=place.language, search=_search_address(place))]),
        "pick": pick,
    }


def _search_address(place: Here) -> str:
    return f"{place.kb.addresses.base_uri.rstrip('/')}{place.prefix}/items?q={{query}}"


def _is_told(kb: KnowledgeBase, kind: Kind) -> bool:
    """Whether visitors know what such things are: no items, concepts, schemes, mappings or datasets."""
    model = kb.model.by_kind(kind.name)
    return not (kind.is_main or kind.scheme or model is None or model.iri.startswith((SKOS, SSSOM, DCAT)))


def _counts(kb: KnowledgeBase, kind: Kind) -> bool:
    return kind.count > 0 and (kind.is_main or _is_told(kb, kind))


def _ways(place: Here) -> list[Way]:
    kb = place.kb
    schemes = {facet.key: facet.scheme for facet in kb.facets.facets if facet.kind == "scheme"}
    views = [view for view in facet_views(kb, kb.everything, place.language) if view.key in schemes]
    found = []
    for view in views[:_BROWSED]:
        # A value that nearly every item has tells nobody where to go.
        used = [option for option in (*view.options, *view.more) if option.count]
        telling = [option for option in used if option.count < _EVERYWHERE * kb.facets.size] or used
        fullest = tuple(sorted(telling, key=lambda option: -option.count)[:_VALUES])
        kind = next((kind for kind in kb.kinds.all if kind.scheme and kind.scheme == schemes[view.key]), None)
        plural = pick(kind.plural, place.language) if kind else view.label
        most = max((option.count for option in fullest), default=1)
        found.append(Way(view.key, view.label, fullest, most, plural, f"/{kind.list_name}" if kind else ""))
    return found


def _about(place: Here) -> Context:
    kb = place.kb
    dataset = kb.dataset
    own = own_text(kb.settings.pages_path, "about", place.language)
    title = pick(kb.about["title"], place.language).text
    return {
        "title": title_of(own) or place.t("about.title", name=title),
        "description": pick(kb.about["description"], place.language),
        "own": rendered(own),
        "license": kb.about["license"].get(""),
        "dataset_href": kb.addresses.path(dataset.iri) if dataset else None,
        "base_uri": kb.addresses.base_uri,
        "created": kb.manifest.created,
        "triples": kb.manifest.triples,
        "kinds": [(pick(kind.plural, place.language, kind.name), kind) for kind in kb.kinds.all if _counts(kb, kind)],
    }
