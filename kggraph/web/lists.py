"""Lists: the items with filters, and the things of every other kind."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final
from urllib.parse import parse_qsl

from flask import Blueprint, request

from kggraph.errors import ThingNotFound
from kggraph.publish.citations import CITATION_FORMATS
from kggraph.publish.feeds import ATOM_FORMAT
from kggraph.publish.labels import Label, pick
from kggraph.search.facets import NEWEST, TITLE
from kggraph.search.index import Found
from kggraph.search.results import RELEVANCE
from kggraph.web.cards import cards
from kggraph.web.choice import Choice, default_order, parse_choice
from kggraph.web.facets import chips, facet_views
from kggraph.web.generations import KnowledgeBase
from kggraph.web.http import Answer, Document, Redirect, answered
from kggraph.web.kinds import Kind
from kggraph.web.linked import Around
from kggraph.web.matches import matched
from kggraph.web.notes import notes
from kggraph.web.notices import notices
from kggraph.web.paging import pager, parse_page
from kggraph.web.render import Context, Here, here, other_forms, page, page_links, query_of

blueprint = Blueprint("lists", __name__)

PAGE_SIZE: Final = 25
THINGS_PAGE_SIZE: Final = 100


@blueprint.get("/items")
@answered
def items() -> Answer:
    """The items, searched and filtered, a page at a time; one address for one choice, to which all others lead."""
    place = here()
    kb = place.kb
    choice = parse_choice(kb, request.args)
    number = parse_page(request.args.get("page"))
    pairs = choice.pairs(kb)
    if number > 1:
        total = choice.results(kb, place.language, limit=0, counts=False).total
        pager(number, total, size=PAGE_SIZE, path="")
    query = query_of([*pairs, *([("page", str(number))] if number > 1 else [])])
    address = f"{place.prefix}/items"
    if parse_qsl(query) != parse_qsl(request.query_string.decode("ascii", "replace"), keep_blank_values=True):
        return Redirect(f"{address}?{query}" if query else address, status=301)

    def context(place: Here) -> Context:
        results = choice.results(kb, place.language, offset=(number - 1) * PAGE_SIZE, limit=PAGE_SIZE)
        shown = cards(kb, results.iris, place.language, place.prefix)
        found = results.found
        return {
            "title": pick(kb.model.main.plural, place.language),
            "asked": choice.text,
            "cards": matched(kb, found, shown, place.language) if found and not found.asks_nothing else shown,
            "facets": facet_views(kb, results, place.language, choice),
            "chips": chips(kb, choice, place.language, address),
            "pager": pager(number, results.total, size=PAGE_SIZE, path=address, pairs=pairs),
            "notices": notices(kb, _told(kb, choice, found), place.language),
            "sort": results.order,
            "orders": _orders(choice, pairs, address),
            "notes": notes(kb, choice, results, place.language, address),
            "exports": _exports(place, [pair for pair in pairs if pair[0] != "sort"]),
            "address": address,
            "robots": "noindex" if len(choice.filters) > 1 or choice.text else "",
        }

    filters = query_of([pair for pair in pairs if pair[0] != "sort"])
    return page(
        "items.html",
        "/items",
        context,
        query=query,
        links=lambda: [
            *page_links(place, "/items", query),
            *other_forms(place, "/items", filters, CITATION_FORMATS),
            *other_forms(place, "/feed", filters, (ATOM_FORMAT,)),
        ],
    )


def _told(kb: KnowledgeBase, choice: Choice, found: Found | None) -> set[str]:
    """What a list is about: the values that are chosen, and the concepts that the words are a name of."""
    chosen = {value for values in choice.filters.values() for value in values}
    return chosen | (kb.explainer.meant(found.question) if found and kb.settings.notices else set())


def _orders(choice: Choice, pairs: Sequence[tuple[str, str]], address: str) -> list[tuple[str, str]]:
    """The orders there are, each with its address; none is relevant when no words are asked for."""
    kept = [pair for pair in pairs if pair[0] != "sort"]
    usual = default_order(choice.text)
    found = []
    for order in (RELEVANCE, NEWEST, TITLE) if choice.text else (NEWEST, TITLE):
        query = query_of([*kept, *([("sort", order)] if order != usual else [])])
        found.append((order, f"{address}?{query}" if query else address))
    return found


def _exports(place: Here, pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Where the same choice of items is followed, and taken to a reference manager: name to address."""
    offers = [(ATOM_FORMAT.label, f"/feed{ATOM_FORMAT.suffix}")]
    offers += [(offer.label, f"/items{offer.suffix}") for offer in CITATION_FORMATS]
    query = query_of(pairs)
    return {label: f"{place.prefix}{path}" + (f"?{query}" if query else "") for label, path in offers}


@blueprint.get("/browse")
@answered
def browse() -> Document:
    """Every kind of things, with the list of each."""
    place = here()

    def context(place: Here) -> Context:
        kinds = [_kind_entry(place, kind) for kind in place.kb.kinds.all if kind.count]
        return {
            "things": [entry for entry in kinds if not entry["scheme"]],
            "schemes": [entry for entry in kinds if entry["scheme"]],
        }

    return page("browse.html", "/browse", context, links=lambda: page_links(place, "/browse"))


@blueprint.get("/<name>")
@answered
def things(name: str) -> Answer:
    """The list of one kind: concepts as their tree, other things by name."""
    place = here()
    kind = place.kb.kinds.by_list(name)
    if kind is None:
        near = place.kb.kinds.near(name)
        if near is None:
            raise ThingNotFound("There is nothing at this address.")
        asked = request.query_string.decode("ascii", "replace")
        return Redirect(f"{place.prefix}/{near.list_name}" + (f"?{asked}" if asked else ""), status=301)
    number = 1 if kind.scheme else parse_page(request.args.get("page"))
    pager(number, kind.count, size=THINGS_PAGE_SIZE, path="")
    path = f"/{name}"
    query = query_of([("page", str(number))] if number > 1 else [])

    def context(place: Here) -> Context:
        return _concepts(place, kind) if kind.scheme else _things(place, kind, number)

    return page(
        "concepts.html" if kind.scheme else "things.html",
        path,
        context,
        query=query,
        links=lambda: page_links(place, path, query),
    )


def _concepts(place: Here, kind: Kind) -> dict[str, Any]:
    scheme = kind.scheme or ""
    labels = place.kb.labels([scheme]).get(scheme)
    href, _ = place.kb.addresses.href(scheme, place.prefix)
    return {
        "title": pick(kind.plural, place.language, kind.name),
        "kind": kind,
        "scheme": pick(labels, place.language, scheme),
        "scheme_href": href,
        "tree": Around(place.kb, place.language, place.prefix, "").tree(scheme),
    }


def _things(place: Here, kind: Kind, number: int) -> dict[str, Any]:
    made = pager(number, kind.count, size=THINGS_PAGE_SIZE, path=f"{place.prefix}/{kind.list_name}")
    listed = place.kb.descriptions.things(
        kind.name, lang=place.language, offset=(number - 1) * THINGS_PAGE_SIZE, limit=THINGS_PAGE_SIZE
    )
    entries = []
    for one in listed:
        uses = place.kb.uses.get(one.iri)
        label = pick(one.labels, place.language, one.iri)
        path = place.kb.addresses.path(one.iri) or "/"
        entries.append((label, place.prefix + path, max(uses.values()) if uses else 0))
    title = pick(kind.plural, place.language, kind.name)
    return {"title": title, "letters": _by_letter(entries), "pager": made}


def _by_letter(entries: Sequence[tuple[Label, str, int]]) -> list[tuple[str, list[tuple[Label, str, int]]]]:
    """Names under the letter they begin with; what begins with no letter stands together."""
    return [(letter, list(some)) for letter, some in groupby(entries, key=lambda entry: _initial(entry[0].text))]


def _initial(name: str) -> str:
    first = unicodedata.normalize("NFD", name.strip())[:1].upper()
    return first if first.isalpha() else "#"


def _kind_entry(place: Here, kind: Kind) -> dict[str, Any]:
    return {
        "label": pick(kind.plural, place.language, kind.name),
        "href": f"{place.prefix}/{kind.list_name}",
        "count": kind.count,
        "scheme": kind.scheme,
    }
