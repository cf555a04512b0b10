"""Reading lists without an account: the whole list is in its address, to be printed, shared and exported."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, request
from markupsafe import Markup

from kggraph.errors import BadParameter
from kggraph.publish.citations import CITATION_FORMATS
from kggraph.publish.labels import pick, sort_key
from kggraph.publish.work import Work
from kggraph.web.exchange import CITATION_RULE, cited
from kggraph.web.generations import KnowledgeBase
from kggraph.web.http import Document, answered
from kggraph.web.outlets import outlets
from kggraph.web.render import Context, Here, here, other_forms, page, page_links, query_of

blueprint = Blueprint("reading_list", __name__)

MOST: Final = 500
_MOST_FORMATTED: Final = 100
"""Citations that a page formats, at 25 to 35 ms each; longer lists show titles."""
_Pairs = Sequence[tuple[str, str]]
# What people paste: a slug, kind and slug, the item URI, or the address of the page, on any host and in any language.
_ADDRESS: Final = re.compile(r"(?:(?:\S*/)?(?:id|doc)/)?(?:(?P<kind>[\w-]+)/)?(?P<slug>[\w-]+)(?:\.\w+)?(?:[?#]\S*)?")


@dataclass(frozen=True, slots=True)
class Entry:
    """One work of a list."""

    html: Markup
    href: str
    without: str
    """Address of the list without it."""
    key: str


@blueprint.get("/list")
@answered
def reading_list() -> Document:
    """The list as a page of references."""
    place = here()
    pairs = _pairs(place.kb, chosen(place.kb))
    query = query_of(pairs)
    return page(
        "list.html",
        "/list",
        lambda place: _context(place, pairs),
        query=query,
        links=lambda: [
            *page_links(place, "/list", query),
            *other_forms(place, "/list", query, CITATION_FORMATS if pairs else ()),
        ],
    )


@blueprint.get(f"/list.{CITATION_RULE}")
@answered
def cited_list(suffix: str) -> Document:
    """The list as citations."""
    place = here()
    iris = chosen(place.kb)
    return cited(place, "/list", suffix, query_of(_pairs(place.kb, iris)), lambda: iris)


def chosen(kb: KnowledgeBase) -> list[str]:
    """The things that the parameters `item` name: by slug, kind and slug, or address.

    :raises BadParameter: one of them is not there, or there are too many.
    """
    names = list(dict.fromkeys(name.strip() for name in request.args.getlist("item") if name.strip()))
    if len(names) > MOST:
        raise BadParameter(f"A list has at most {MOST} things.", parameter="item")
    return [_thing(kb, name) for name in names]


def _thing(kb: KnowledgeBase, name: str) -> str:
    found = _ADDRESS.fullmatch(name)
    iri = kb.addresses.thing(found["kind"] or kb.model.main.kind or "", found["slug"]) if found else ""
    if kb.descriptions.get(iri) is None:
        raise BadParameter(f"There is no item {name[:80]!r}.", parameter="item")
    return iri


def _pairs(kb: KnowledgeBase, iris: Sequence[str]) -> _Pairs:
    return [("item", kb.addresses.short(iri, kb.model.main.kind or "")) for iri in iris]


def _context(place: Here, pairs: _Pairs) -> Context:
    kb = place.kb
    works = outlets(kb).works(kb.addresses.thing(*_named(kb, name)) for _, name in pairs)
    entries = [_entry(place, work, pairs, formatted=len(works) <= _MOST_FORMATTED) for work in works]
    query = query_of(pairs)
    return {
        "entries": sorted(entries, key=lambda entry: entry.key),
        "chosen": [name for _, name in pairs],
        "address": f"{kb.addresses.base_uri.rstrip('/')}{place.prefix}/list?{query}",
        "exports": [(offer.label, f"{place.prefix}/list{offer.suffix}?{query}") for offer in CITATION_FORMATS if pairs],
    }


def _named(kb: KnowledgeBase, name: str) -> tuple[str, str]:
    kind, _, slug = name.rpartition("/")
    return kind or kb.model.main.kind or "", slug


def _entry(place: Here, work: Work, pairs: _Pairs, *, formatted: bool) -> Entry:
    kb = place.kb
    if formatted:
        made = outlets(kb).bibliography.cite(work, place.language)
        html, text = Markup(made.html), made.text
    else:
        text = work.title or pick(work.labels, place.language, work.iri).text
        html = Markup("{}").format(text)
    name = kb.addresses.short(work.iri, kb.model.main.kind or "")
    rest = query_of([pair for pair in pairs if pair[1] != name])
    href, _ = kb.addresses.href(work.iri, place.prefix)
    return Entry(html, href or work.iri, f"{place.prefix}/list" + (f"?{rest}" if rest else ""), sort_key(text))
