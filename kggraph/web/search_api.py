"""`/api/search` and `/api/suggest`: the search of the pages, as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from flask import Blueprint, request

from kggraph.errors import BadParameter
from kggraph.publish.labels import Label, pick
from kggraph.search.expansion import clean
from kggraph.search.index import Found
from kggraph.search.passages import Passage, Segment
from kggraph.search.suggest import Suggestion
from kggraph.web.cards import Card, cards
from kggraph.web.choice import Choice, parse_choice
from kggraph.web.facets import FacetView, facet_views
from kggraph.web.generations import KnowledgeBase
from kggraph.web.http import JSON, Answer, Document, Link, answered, language_prefix
from kggraph.web.linked import facet_param
from kggraph.web.matches import explain
from kggraph.web.paging import parse_page
from kggraph.web.render import here, query_of
from kggraph.web.views import Option

blueprint = Blueprint("search_api", __name__)

LIMIT: Final = 20
MOST: Final = 100
SUGGESTED: Final = 8


@blueprint.get("/api/search")
@answered
def search() -> Answer:
    """Items by words and filters, with why each is there and what is left to choose."""
    kb = here().kb
    language = _language(kb)
    choice = parse_choice(kb, request.args)
    number, limit = parse_page(request.args.get("page")), _limit(LIMIT)
    pairs = [*choice.pairs(kb), ("lang", language), ("limit", str(limit))]
    query = query_of([*pairs, *([("page", str(number))] if number > 1 else [])])
    return _told("/api/search", query, lambda: _search(kb, choice, language, number, limit))


@blueprint.get("/api/suggest")
@answered
def suggest() -> Answer:
    """What the words typed so far may be the beginning of."""
    kb = here().kb
    language, limit = _language(kb), _limit(SUGGESTED)
    text = clean(request.args.get("q", ""))
    prefix = language_prefix(language, kb.settings.languages)

    def make() -> dict[str, Any]:
        found = kb.suggester.suggest(text, language, limit=limit)
        return {"q": text, "suggestions": [_suggestion(kb, one, language, prefix) for one in found]}

    return _told("/api/suggest", query_of([("lang", language), ("limit", str(limit)), ("q", text)]), make)


def _told(path: str, query: str, make: Callable[[], dict[str, Any]]) -> Document:
    return Document(
        path,
        lambda _: json.dumps(make(), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"),
        offers=(JSON,),
        forced=JSON,
        query=query,
        links=lambda: [Link("/openapi.json", "service-desc", "application/vnd.oai.openapi+json;version=3.1")],
    )


# ------------------------------------------------------------------ search
def _search(kb: KnowledgeBase, choice: Choice, language: str, number: int, limit: int) -> dict[str, Any]:
    results = choice.results(kb, language, offset=(number - 1) * limit, limit=limit)
    pages = max(1, -(-results.total // limit))
    if number > pages:
        raise BadParameter(f"There is no page {number}; the list has {pages}.", parameter="page")
    prefix = language_prefix(language, kb.settings.languages)
    found = results.found
    items = [_item(card) for card in cards(kb, results.iris, language, prefix)]
    if found and not found.asks_nothing:
        for item in items:
            item.update(_why(kb, found, item["iri"]))
    question = found.question if found else None
    return {
        "q": choice.text,
        "total": results.total,
        "page": number,
        "pages": pages,
        "order": results.order,
        "relaxed": bool(found and found.relaxed),
        "didYouMean": question.did_you_mean if question else None,
        "notKnown": list(question.missing) if question else [],
        "notSearched": list(question.left_out) if question else [],
        "items": items,
        "facets": [_facet(view) for view in facet_views(kb, results, language, choice)],
    }


def _item(card: Card) -> dict[str, Any]:
    return {"iri": card.iri, "href": card.href, **_label("title", card.title), "description": card.text.text or None}


def _why(kb: KnowledgeBase, found: Found, iri: str) -> dict[str, Any]:
    explained = explain(kb, found, iri)
    if explained is None:
        return {}
    passages = [one for one in (explained.title, *explained.passages) if one]
    return {
        "why": [{name: value for name, value in reason._asdict().items() if value} for reason in explained.reasons],
        "lacking": list(explained.lacking),
        "passages": [_passage(one) for one in passages if any(segment.hit for segment in one.segments)],
    }


def _passage(passage: Passage) -> dict[str, Any]:
    return {"field": passage.key, "lang": passage.lang or None, "segments": _segments(passage.segments)}


def _facet(view: FacetView) -> dict[str, Any]:
    options = [_option(option) for option in (*view.options, *view.more)]
    unknown = view.unknown.count if view.unknown else 0
    return {"key": view.key, **_label("label", view.label), "values": options, "unknown": unknown}


def _option(option: Option) -> dict[str, Any]:
    told = {"value": option.name, "label": option.label.text, "count": option.count, "depth": option.depth}
    return {**told, "selected": True} if option.selected else told


# ------------------------------------------------------------------ suggestions
def _suggestion(kb: KnowledgeBase, one: Suggestion, language: str, prefix: str) -> dict[str, Any]:
    kind = kb.kinds.by_name(one.kind)
    told = {
        "kind": one.kind,
        "kindLabel": pick(kind.label, language).text if kind and kind.label else one.kind,
        "iri": one.iri,
        "href": kb.addresses.href(one.iri, prefix)[0],
        "label": one.label,
        "lang": one.lang if one.lang != language else None,
        "segments": _segments(one.segments),
        "via": one.via,
        "items": one.items,
        "list": _list(kb, one.iri, prefix),
    }
    return {name: value for name, value in told.items() if value is not None}


def _list(kb: KnowledgeBase, iri: str, prefix: str) -> str | None:
    """The items that have a thing, in the facet in which most do."""
    uses = kb.uses.get(iri)
    if not uses:
        return None
    key = max(sorted(uses), key=lambda name: uses[name])
    return f"{prefix}/items?{query_of([(key, facet_param(kb, iri))])}"


def _segments(segments: Sequence[Segment]) -> list[dict[str, Any]]:
    return [{"text": text, "hit": True} if hit else {"text": text} for text, hit in segments]


def _label(name: str, label: Label) -> dict[str, Any]:
    return {name: label.text, "lang": label.lang} if label.lang else {name: label.text}


# ------------------------------------------------------------------ parameters
def _language(kb: KnowledgeBase) -> str:
    asked = request.args.get("lang") or kb.settings.languages[0]
    if asked not in kb.settings.languages:
        known = ", ".join(kb.settings.languages)
        raise BadParameter(f"There is no language {asked[:20]!r} here; there are {known}.", parameter="lang")
    return asked


def _limit(otherwise: int) -> int:
    text = request.args.get("limit") or str(otherwise)
    if not (text.isascii() and text.isdigit()) or len(text) > 3 or not 1 <= int(text) <= MOST:
        raise BadParameter(f"limit is a whole number from 1 to {MOST}.", parameter="limit")
    return int(text)
