"""Lists and things for other programs: citations, reading lists, feeds, sitemaps, harvesting and link sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from flask import Blueprint, request

from kggraph.errors import BadParameter, ThingNotFound
from kggraph.publish import linkset, oai, sitemap
from kggraph.publish.changes import Change
from kggraph.publish.citations import CITATION_FORMATS, citation
from kggraph.publish.feeds import ATOM_FORMAT, Entry, FeedAbout, atom
from kggraph.publish.labels import pick
from kggraph.publish.work import Signposts, Work
from kggraph.rdf.media import Representation
from kggraph.search.facets import NEWEST
from kggraph.web.choice import Choice, parse_choice
from kggraph.web.facets import chips
from kggraph.web.generations import KnowledgeBase
from kggraph.web.http import Document, answered, language_prefix
from kggraph.web.outlets import Outlets, outlets
from kggraph.web.paging import parse_page
from kggraph.web.render import Here, file_links, here, query_of

blueprint = Blueprint("exchange", __name__)
once = Blueprint("exchange_once", __name__)

FEED_SIZE: Final = 50
MOST_CITED: Final = 10_000
"""Items in one file of citations; the dump has them all."""
XML: Final = Representation("xml", ".xml", "application/xml", "XML")
OAI_XML: Final = Representation("oai", ".xml", "text/xml", "OAI-PMH")

_PAGES: Final = (
    *("/", "/browse", "/about", "/dataset", "/sparql", "/queries", "/def", "/shapes"),
    *("/gaps", "/stats", "/quality", "/crosswalk"),
)
"""Pages that are no list of a kind; they change with the generation."""

_CITATIONS: Final = {format.suffix[1:]: format for format in CITATION_FORMATS}
CITATION_RULE: Final = f"<any({', '.join(repr(suffix) for suffix in _CITATIONS)}):suffix>"
_LINKSETS: Final = {format.suffix[1:]: format for format in linkset.LINKSET_FORMATS}


# ------------------------------------------------------------------ citations
@blueprint.get(f"/items.{CITATION_RULE}")
@answered
def cited_items(suffix: str) -> Document:
    """The items of a list, filtered as on its page, as citations."""
    place = here()
    choice = parse_choice(place.kb, request.args)
    query = query_of(choice.pairs(place.kb))

    def iris() -> Sequence[str]:
        chosen = choice.results(place.kb, place.language, limit=MOST_CITED, counts=False)
        if chosen.total > MOST_CITED:
            raise BadParameter(f"A file has at most {MOST_CITED} items; choose a filter.", parameter="filter")
        return chosen.iris

    return cited(place, "/items", suffix, query, iris)


def cited(place: Here, path: str, suffix: str, query: str, iris: Callable[[], Sequence[str]]) -> Document:
    """Things as citations, to be saved as a file."""
    format = _CITATIONS[suffix]
    file = f'attachment; filename="{path[1:]}.{suffix}"'

    def make(_: Representation) -> bytes:
        return citation(outlets(place.kb).works(iris()), format, place.language)

    # These documents have one representation but several languages, so the whole address tells them apart.
    return Document(
        place.prefix + path + format.suffix,
        make,
        offers=(format,),
        forced=format,
        query=query,
        language=place.language,
        links=lambda: file_links(place, path, query),
        headers=(("Content-Disposition", file),),
    )


# ------------------------------------------------------------------ feeds
@blueprint.get("/feed.atom")
@answered
def feed() -> Document:
    """What changed last among the items that a filter chooses; without a filter also what was taken away."""
    place = here()
    kb, known = place.kb, outlets(place.kb)
    choice = parse_choice(kb, request.args)
    number = parse_page(request.args.get("page"))
    pairs = [pair for pair in choice.pairs(kb) if pair[0] != "sort"]
    offset = (number - 1) * FEED_SIZE

    def make(_: Representation) -> bytes:
        changes, more = _changes(known, choice, place.language, offset)
        works = {work.iri: work for work in known.works(change.iri for change in changes if not change.is_gone)}
        entries = [Entry(change, works.get(change.iri)) for change in changes]
        return atom(_about(place, known, choice, pairs, number, more), entries)

    feed = _plain(place, "/feed.atom", query_of([*pairs, *_page(number)]), ATOM_FORMAT, make)
    return replace(feed, links=lambda: file_links(place, "/items", query_of(pairs)))


def _changes(known: Outlets, choice: Choice, language: str, offset: int) -> tuple[list[Change], bool]:
    kb = known.kb
    kind = kb.model.main.kind or ""
    if not (choice.filters or choice.text):
        changes = known.changes.latest(kind, FEED_SIZE + 1, offset)
    else:
        iris = replace(choice, order=NEWEST).results(kb, language, limit=kb.facets.size, counts=False).iris
        there = known.changes.get_all(iris).values()
        ranked = sorted(there, key=lambda change: change.iri)
        ranked.sort(key=lambda change: change.at, reverse=True)
        changes = ranked[offset : offset + FEED_SIZE + 1]
    return changes[:FEED_SIZE], len(changes) > FEED_SIZE


def _about(
    place: Here,
    known: Outlets,
    choice: Choice,
    pairs: Sequence[tuple[str, str]],
    number: int,
    more: bool,
) -> FeedAbout:
    base = f"{place.kb.addresses.base_uri.rstrip('/')}{place.prefix}"
    facts, lang = known.facts, place.language

    def address(path: str, *others: tuple[str, str]) -> str:
        query = query_of([*pairs, *others])
        return f"{base}{path}?{query}" if query else base + path

    title = pick(place.kb.model.main.plural, lang).text
    labels = [chip.value.text for chip in chips(place.kb, choice, lang, "")]
    labels += [choice.text] if choice.text else []
    return FeedAbout(
        id=address("/feed.atom", *_page(number)),
        title=" · ".join([pick(facts.title, lang).text, title, *labels]),
        subtitle=pick(facts.description, lang).text if facts.description else "",
        page=address("/items"),
        author=pick(facts.publisher.names if facts.publisher else facts.title, lang).text,
        license=facts.license,
        lang=lang,
        updated=facts.modified,
        next=address("/feed.atom", *_page(number + 1)) if more else "",
        previous=address("/feed.atom", *_page(number - 1)) if number > 1 else "",
        first=address("/feed.atom") if number > 1 else "",
    )


def _page(number: int) -> list[tuple[str, str]]:
    return [("page", str(number))] if number > 1 else []


# ------------------------------------------------------------------ sitemaps
@once.get("/sitemap.xml")
@answered
def sitemaps() -> Document:
    """The list of sitemaps: one for pages, then one for every ten thousand things of a kind."""
    place = here()
    kb, base = place.kb, place.kb.addresses.base_uri

    def make(_: Representation) -> bytes:
        names = ["pages"]
        for kind in kb.kinds.all:
            names += [f"{kind.name}-{part}" for part in range(1, -(-kind.count // sitemap.MOST) + 1)]
        return sitemap.sitemap_index([(f"{base}sitemaps/{name}.xml", kb.manifest.created) for name in names])

    return _plain(place, "/sitemap.xml", "", XML, make)


@once.get("/sitemaps/<name>.xml")
@answered
def sitemap_part(name: str) -> Document:
    """The addresses of one part, in every language, each with its last change."""
    place = here()
    kb = place.kb
    kind, _, part = name.rpartition("-")
    known = kb.kinds.by_name(kind)
    parts = -(-known.count // sitemap.MOST) if known else 0
    if name != "pages" and part not in map(str, range(1, parts + 1)):
        raise ThingNotFound("There is no such sitemap.")

    def make(_: Representation) -> bytes:
        if name == "pages":
            lists = [f"/{one.list_name}" for one in kb.kinds.all if one.count]
            paths = dict.fromkeys([*_PAGES, *lists])
            changed = kb.manifest.created
            return sitemap.sitemap([sitemap.Page(_in_languages(place, path), changed) for path in paths])
        start = (int(part) - 1) * sitemap.MOST
        iris = kb.descriptions.iris(kind, offset=start, limit=sitemap.MOST)
        changes = outlets(kb).changes.get_all(iris)
        there = [iri for iri in iris if not (iri in changes and changes[iri].is_gone)]
        return sitemap.sitemap(
            sitemap.Page(_in_languages(place, path), changes[iri].at if iri in changes else "")
            for iri in there
            if (path := kb.addresses.path(iri))
        )

    return _plain(place, f"/sitemaps/{name}.xml", "", XML, make)


def _in_languages(place: Here, path: str) -> dict[str, str]:
    base, languages = place.kb.addresses.base_uri.rstrip("/"), place.site.settings.languages
    return {lang: f"{base}{language_prefix(lang, languages)}{path}" for lang in languages}


# ------------------------------------------------------------------ OAI-PMH
@once.route("/oai", methods=["GET", "POST"])
@answered
def harvest() -> Document:
    """The provider of OAI-PMH; its errors are its own, with status 200."""
    place = here()
    given = request.form if request.method == "POST" else request.args
    arguments = [(name, value) for name, values in given.lists() for value in values]
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = oai.respond(outlets(place.kb).repository, arguments, now)
    return replace(_plain(place, "/oai", "", OAI_XML, lambda _: body), located=False)


# ------------------------------------------------------------------ link sets
@once.get("/linkset/<kind>/<path:name>")
@answered
def links_around(kind: str, name: str) -> Document:
    """All links of the document about a thing, and of its metadata (FAIR Signposting, level 2)."""
    place = here()
    kb = place.kb
    slug, dot, suffix = name.rpartition(".")
    if not dot:
        slug, suffix = name, ""
    if suffix and suffix not in _LINKSETS:
        raise ThingNotFound(f"Link sets are {', '.join(f'.{known}' for known in _LINKSETS)}.")
    works = outlets(kb).works([kb.addresses.thing(kind, slug)])
    if not works:
        raise ThingNotFound("No thing has this address.")
    cited = kind == kb.model.main.kind

    def make(format: Representation) -> bytes:
        links = document_links(kb, works[0], cited=cited)
        return linkset.write(linkset.link_set(works[0], links, cited=cited), format)

    return Document(
        f"/linkset/{kind}/{slug}", make, offers=linkset.LINKSET_FORMATS, forced=_LINKSETS.get(suffix), twins=True
    )


def document_links(kb: KnowledgeBase, work: Work | Signposts, *, cited: bool) -> list[linkset.TypedLink]:
    """The links of the page about a thing."""
    base = kb.addresses.base_uri
    path = (kb.addresses.path(work.iri) or "/").removeprefix("/doc/")
    facts = outlets(kb).facts
    return linkset.links_of_document(
        work, linkset=f"{base}linkset/{path}", collection=facts.page, license=facts.license, cited=cited
    )


def _plain(
    place: Here, path: str, query: str, format: Representation, make: Callable[[Representation], bytes]
) -> Document:
    # Times of change come from the publication log, which a build writes just after it put a generation in place.
    return Document(place.prefix + path, make, offers=(format,), forced=format, query=query, kept=False)
