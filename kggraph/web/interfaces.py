"""Every address of the site as OpenAPI tells it: what it takes, which formats it has, how it may answer.

A test holds this table to the routes that there are, and another lets a program of others ask for what it promises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from kggraph.publish.citations import CITATION_FORMATS
from kggraph.publish.feeds import ATOM_FORMAT
from kggraph.publish.generation import MANIFEST
from kggraph.publish.labels import pick
from kggraph.publish.linkset import LINKSET_FORMATS
from kggraph.publish.openapi import PROBLEM, parameter
from kggraph.publish.openapi_search import search_results, suggestions
from kggraph.publish.profiles import PROFILES
from kggraph.rdf.media import HTML, JSON_LD, RDF_FORMATS, RESULTS_CSV, Representation
from kggraph.search.expansion import MAX_LETTERS
from kggraph.search.facets import NEWEST, TITLE
from kggraph.search.results import RELEVANCE
from kggraph.web import (
    dataset,
    exchange,
    metrics,
    quality,
    scheme_versions,
    search_api,
    service,
    thing_page,
    validate,
    versioned,
    vocabulary,
)
from kggraph.web.generations import KnowledgeBase
from kggraph.web.http import JSON, SCRIPT, TEXT
from kggraph.web.machine import contexts
from kggraph.web.outlets import outlets
from kggraph.web.render import static_files

Told = dict[str, Any]

_LANGUAGE: Final = "en"
_TEXT: Final[Told] = {"type": "string"}
_MANY: Final[Told] = {"type": "array", "items": _TEXT}
_NUMBER: Final[Told] = {"type": "integer", "minimum": 1}
_WORDS: Final = parameter("q", {"type": "string", "maxLength": MAX_LETTERS}, "Words to search for.")
_PAGE: Final = parameter("page", _NUMBER, "Which page of it.")
_CALLBACK: Final = parameter("callback", _TEXT, "Name of a function to call with the answer (JSONP).")
OPENAPI: Final = Representation("openapi", ".json", "application/vnd.oai.openapi+json;version=3.1", "OpenAPI")
_METRICS: Final = Representation("metrics", ".txt", metrics.MEDIA_TYPE, "Metrics")
_FILE: Final = Representation("file", "", "application/octet-stream", "File")
_BODY: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class _Route:
    """One address."""

    path: str
    summary: str
    formats: tuple[Representation, ...] = ()
    parameters: tuple[Told, ...] = ()
    also: tuple[int, ...] = ()
    """Statuses beside those that follow from the rest."""
    everywhere: bool = False
    """Whether it is there in every language."""
    is_chosen: bool = False
    """Whether `Accept` chooses among the formats."""
    form: tuple[str, ...] = ()
    """Fields that a POST may bring."""
    bodies: tuple[str, ...] = ()
    """Media types of what a POST may send as it is."""
    reports: tuple[Representation, ...] = ()
    """Formats of the answer to a POST, when they are other ones."""
    values: Mapping[str, Told] = field(default_factory=dict)
    """Schemas of the parts of the path."""
    schema: Told = field(default_factory=lambda: {"type": "object"})
    """What its JSON is like."""

    def told(self, servers: list[Told]) -> Told:
        """The path item."""
        made: Told = {"get": self._operation("get")}
        if self.form:
            schema = {"type": "object", "properties": dict.fromkeys(self.form, _TEXT)}
            body = {"content": {_BODY: {"schema": schema}, **{media: {"schema": _TEXT} for media in self.bodies}}}
            made["post"] = {**self._operation("post"), "requestBody": body}
        return {"servers": servers, **made} if self.everywhere else made

    def _operation(self, method: str) -> Told:
        parts = [parameter(name, self.values[name], place="path") for name in re.findall(r"{(\w+)}", self.path)]
        given = [*parts, *self.parameters] if method == "get" else parts
        words = re.sub(r"\W+", "_", self.path.replace("{", "by_")).strip("_") or "home"
        return {
            "operationId": f"{method}_{words}",
            "summary": self.summary,
            "parameters": given,
            "responses": {str(status): self._response(status, method) for status in self._statuses(method)},
        }

    def _statuses(self, method: str) -> list[int]:
        found = {*self.also, 429, 503}
        found |= {200, 304} if self.formats else set()
        found |= {404} if "{" in self.path else set()
        found |= {400} if self.parameters or self.form else set()
        found |= {406} if self.is_chosen else set()
        found |= {413} if method == "post" else set()
        found |= {415, 422} if method == "post" and self.bodies else set()
        found -= {304} if method == "post" and self.reports else set()
        return sorted(found)

    def _response(self, status: int, method: str) -> Told:
        if status == 200 and method == "post" and self.reports:
            return {
                "description": "The report; it says whether the data conform.",
                "content": _content(self.reports, self.schema),
            }
        phrase = HTTPStatus(status).phrase
        if status in (200, 206):
            return {"description": phrase, "headers": _ETAG, "content": _content(self.formats, self.schema)}
        if status in (301, 302, 303):
            headers = {"Location": {"required": True, "schema": {"type": "string"}}}
            return {"description": phrase, "headers": headers, "content": {"text/plain": {}}}
        if status == 304:
            return {"description": phrase}
        if status == 410:
            return {"description": "What is left of it.", "content": _content((HTML, *thing_page.GRAPHS), {})}
        return PROBLEM


_ETAG: Final[Told] = {"ETag": {"schema": _TEXT, "description": "Strong; send it as If-None-Match."}}


def _content(formats: Iterable[Representation], schema: Told) -> Told:
    return {one.media_type: {"schema": schema} if one in (JSON, OPENAPI) else {} for one in formats}


def interfaces(kb: KnowledgeBase) -> dict[str, Told]:
    """The paths of the document, but for the endpoint and the named queries."""
    base, languages = kb.addresses.base_uri.rstrip("/"), kb.settings.languages
    servers: list[Told] = [{"url": base, "description": languages[0]}]
    servers += [{"url": f"{base}/{language}", "description": language} for language in languages[1:]]
    routes = (*_pages(kb), *_documents(kb), *_exchange(kb), *_machines(kb))
    return {route.path: route.told(servers) for route in routes}


# ------------------------------------------------------------------ the routes
def _pages(kb: KnowledgeBase) -> list[_Route]:
    chosen = _chosen(kb)
    item = parameter("item", _MANY, "What is in the list: slug, kind and slug, or address.")
    lists = {"list": _one_of(kind.list_name for kind in kb.kinds.all if not kind.is_main)}
    keys = {"type": "string", "enum": [facet.key for facet in kb.facets.facets]}
    crossed = tuple(parameter(name, keys, f"The filter of the {name}.") for name in ("rows", "columns"))
    names = {"name": _one_of(kb.queries)}
    cited = {"suffix": _suffixes(CITATION_FORMATS)}

    def page(path: str, summary: str, *parameters: Told, **more: Any) -> _Route:
        return _Route(path, summary, (HTML,), parameters, everywhere=True, is_chosen=True, **more)

    def citations(path: str, *parameters: Told) -> _Route:
        return _Route(path, "The same as citations", CITATION_FORMATS, parameters, everywhere=True, values=cited)

    return [
        page("/", "The home page"),
        page("/about", "Where the facts come from, and how to use them"),
        page("/browse", "Every kind of things"),
        page("/items", "Items by words and facets: values of one are alternatives", *chosen, _PAGE, also=(301,)),
        citations("/items.{suffix}", *chosen),
        page("/{list}", "The things of one kind", _PAGE, also=(301,), values=lists),
        page("/list", "A reading list: the address is the list", item),
        citations("/list.{suffix}", item),
        page(
            "/validate",
            "Data against the shapes; nothing is kept and nothing fetched",
            form=("data", "format"),
            bodies=tuple(validate.TYPES),
            reports=(*validate.REPORTS, HTML),
        ),
        page("/gaps", "Two filters crossed: what is there and what is missing", *crossed),
        _Route("/gaps.csv", "The same as a file", (RESULTS_CSV,), crossed, everywhere=True),
        page("/stats", "What the knowledge base holds, counted"),
        _Route("/stats.csv", "The same as a file", (RESULTS_CSV,), everywhere=True),
        page("/compare", "Up to four items side by side", item),
        page("/around", "What stands around one thing, as a drawing and a list", item),
        page("/crosswalk", "Concept schemes side by side, by their mappings"),
        page("/accessibility", "The accessibility statement", also=(404,)),
        page("/queries", "The named queries as questions"),
        _Route("/queries/{name}", "The endpoint with a question", also=(303, 400), everywhere=True, values=names),
    ]


def _documents(kb: KnowledgeBase) -> list[_Route]:
    profile = parameter("profile", {"type": "string", "enum": list(PROFILES)}, "How much is told.")
    thing = {"kind": _one_of(kb.manifest.kinds), "slug": _slug(kb)}
    named = {"suffix": _suffixes(thing_page.CITED)}
    findings = (parameter("list", _TEXT, "One list of findings."), parameter("thing", _TEXT, "One thing."), _PAGE)
    whole: tuple[tuple[str, str, tuple[Representation, ...], tuple[Told, ...]], ...] = (
        ("/dataset", "The dataset: DCAT, and the files to download", dataset.OFFERS, ()),
        ("/quality", "How complete and how certain the data are", quality.OFFERS, findings),
        ("/def", "The ontology", versioned.OFFERS, ()),
        ("/shapes", "The shapes: what is said of each class of things", versioned.OFFERS, ()),
    )
    made = [
        *_versions(kb),
        _Route("/id/{kind}/{slug}", "A thing: leads to its document", also=(301, 303), everywhere=True, values=thing),
        _Route(
            "/doc/{kind}/{slug}",
            "The document about a thing",
            thing_page.CITED,
            (profile, _PAGE),
            (301, 410),
            everywhere=True,
            is_chosen=True,
            values=thing,
        ),
        _Route(
            "/doc/{kind}/{slug}.{suffix}",
            "The document in one format",
            thing_page.CITED,
            (profile, _PAGE),
            (301, 410),
            everywhere=True,
            values={**thing, **named},
        ),
    ]
    for path, summary, offers, given in whole:
        made.append(_Route(path, summary, offers, given, is_chosen=True, **_BOTH))
        named = {"suffix": _suffixes(offers)}
        made.append(_Route(f"{path}.{{suffix}}", f"{summary}, in one format", offers, given, values=named, **_BOTH))
    return made


def _versions(kb: KnowledgeBase) -> list[_Route]:
    made = []
    for part in ("def", "shapes"):
        if known := vocabulary.versions(kb, part):
            values = {"version": _one_of(known), "suffix": _suffixes(versioned.OFFERS)}
            path, offers = f"/{part}/{{version}}", versioned.OFFERS
            made.append(_Route(path, "One version of it", offers, is_chosen=True, values=values, **_BOTH))
            made.append(_Route(f"{path}.{{suffix}}", "The same in one format", offers, values=values, **_BOTH))
    if schemes := scheme_versions.all_scheme_versions(kb):
        kinds, slugs = zip(*(name.split("/") for name in schemes), strict=True)
        numbers = dict.fromkeys(version for versions in schemes.values() for version in versions)
        values = {"kind": _one_of(dict.fromkeys(kinds)), "slug": _one_of(slugs), "version": _one_of(numbers)}
        path, offers = "/doc/{kind}/{slug}/{version}", versioned.OFFERS
        values["suffix"] = _suffixes(offers)
        made.append(_Route(path, "One version of a concept scheme", offers, is_chosen=True, values=values, **_BOTH))
        made.append(_Route(f"{path}.{{suffix}}", "The same in one format", offers, values=values, **_BOTH))
    return made


def _exchange(kb: KnowledgeBase) -> list[_Route]:
    thing = {"kind": _one_of(kb.manifest.kinds), "slug": _slug(kb)}
    named = {"suffix": _suffixes(LINKSET_FORMATS)}
    files = outlets(kb).facts.files
    names = dict.fromkeys(n for file in files for n in (file.name, file.name.removesuffix(dataset.PACKED)))
    types = {file.media_type for file in files} | {"application/gzip"}
    dumps = tuple(Representation(media, "", media, media) for media in sorted(types))
    maps = {"name": _one_of(["pages", *(f"{kind.name}-1" for kind in kb.kinds.all if kind.count)])}
    verbs = ("Identify", "ListMetadataFormats", "ListSets", "ListIdentifiers", "ListRecords", "GetRecord")
    arguments = ("identifier", "metadataPrefix", "from", "until", "set", "resumptionToken")
    harvest = (parameter("verb", _one_of(verbs), "What is asked."), *(parameter(name, _TEXT) for name in arguments))
    given = (parameter("queries", _TEXT, "A batch, as JSON."), parameter("extend", _TEXT, "As JSON."), _CALLBACK)
    told = (JSON, SCRIPT)
    kinds = {"kind": _one_of(("entity", "type", "property"))}
    begun = (parameter("prefix", _TEXT), parameter("cursor", {"type": "integer", "minimum": 0}), _CALLBACK)
    limited = (parameter("type", _TEXT), parameter("limit", {"type": "integer", "minimum": 0}), _CALLBACK)
    wanted = (parameter("id", {**_TEXT, "examples": [_example(kb)]}),)
    shown = (*wanted, _CALLBACK)
    return [
        _Route("/feed.atom", "What changed, for any choice of items", (ATOM_FORMAT,), (*_chosen(kb), _PAGE), **_BOTH),
        _Route("/sitemap.xml", "The list of sitemaps", (exchange.XML,)),
        _Route("/sitemaps/{name}.xml", "One sitemap", (exchange.XML,), values=maps),
        _Route("/oai", "OAI-PMH 2.0; its errors are its own", (exchange.OAI_XML,), harvest, form=("verb", *arguments)),
        _Route("/linkset/{kind}/{slug}", "Links of a document", LINKSET_FORMATS, is_chosen=True, values=thing),
        _Route("/linkset/{kind}/{slug}.{suffix}", "The same", LINKSET_FORMATS, values={**thing, **named}),
        _Route("/dumps/", "Where the files are listed", also=(303,)),
        _Route(
            "/dumps/{name}",
            "A file to download",
            dumps,
            also=(206, 413, 416),
            values={"name": _one_of(dict.fromkeys(names))},
        ),
        _Route("/reconcile", "Reconciliation API 0.2", told, given, form=("queries", "extend"), **_BOTH),
        _Route("/reconcile/suggest/{kind}", "What begins like this", told, begun, values=kinds, **_BOTH),
        _Route("/reconcile/flyout/{kind}", "What is told beside it", told, shown, also=(404,), values=kinds, **_BOTH),
        _Route("/reconcile/properties", "What a table can be extended with", told, limited, **_BOTH),
        _Route("/reconcile/preview", "A small page about a thing", (HTML,), wanted, also=(404,), **_BOTH),
    ]


_BOTH: Final[dict[str, Any]] = {"everywhere": True}


def _machines(kb: KnowledgeBase) -> list[_Route]:
    suffix = {"suffix": _suffixes(RDF_FORMATS)}
    number = {"number": _NUMBER}
    graphs = service.GRAPH_FORMATS
    format = parameter("format", _one_of(one.name for one in graphs), "Wins over Accept.")
    one = (parameter("graph", {**_TEXT, "format": "iri"}), parameter("default", _TEXT, "The default graph."), format)
    statics = {"name": _one_of(sorted(static_files()))}
    kinds = tuple({kind.name: kind for _, kind, _ in static_files().values()}.values())
    known = {"name": _one_of(("ontology", "shapes", "void"))}
    files = {"name": _one_of(("current", kb.hash)), "file": _one_of((MANIFEST,))}
    lang = parameter("lang", _one_of(kb.settings.languages), "Language of the words and of the labels.")
    limit = parameter("limit", {**_NUMBER, "maximum": search_api.MOST}, "How many at most.")
    searched, typed = (*_chosen(kb), lang, limit, _PAGE), (_WORDS, lang, limit)
    made = [
        _Route("/.well-known/void", "Where VoID is", also=(302,)),
        _Route("/void", "What is in the dataset, counted", RDF_FORMATS, is_chosen=True),
        _Route("/void.{suffix}", "The same in one format", RDF_FORMATS, values=suffix),
        _Route("/graphs", "A graph named by a parameter", graphs, one, (404, 413), is_chosen=True),
        _Route("/graph/{name}", "A graph at its own address", graphs, (format,), (413,), is_chosen=True, values=known),
        _Route("/ldes", "The stream of changes", RDF_FORMATS, is_chosen=True),
        _Route("/ldes.{suffix}", "The same in one format", RDF_FORMATS, values=suffix),
        _Route("/ldes/{number}", "A page of the stream", RDF_FORMATS, is_chosen=True, values=number),
        _Route("/ldes/{number}.{suffix}", "The same in one format", RDF_FORMATS, values={**number, **suffix}),
        _Route("/context/{name}.jsonld", "A JSON-LD context", (JSON_LD,), values={"name": _one_of(contexts(kb))}),
        _Route("/api/queries", "The named queries", (JSON,)),
        _Route("/api/search", "Items by words and facets, with why", (JSON,), searched, schema=search_results()),
        _Route("/api/suggest", "What typed letters may begin", (JSON,), typed, schema=suggestions()),
        _Route("/api/completion.json", "What the editor completes", (JSON,)),
        _Route("/openapi.json", "This document", (OPENAPI,)),
        _Route("/static/{name}", "Style sheets, scripts and pictures", kinds, values=statics),
        _Route("/generations/{name}/{file}", "A file for servers that pull", (_FILE,), also=(206, 416), values=files),
        _Route("/readyz", "Whether a knowledge base is open", (JSON,)),
        _Route("/version", "Versions of the program and of the data", (JSON,)),
        _Route("/metrics", "Counts for Prometheus; as a rule for this machine only", (_METRICS,), also=(404,)),
    ]
    texts = {"/llms.txt": "For language models", "/robots.txt": "For crawlers", "/livez": "Whether it answers at all"}
    return [*made, *(_Route(path, summary, (TEXT,)) for path, summary in texts.items())]


# ------------------------------------------------------------------ parameters
def _chosen(kb: KnowledgeBase) -> tuple[Told, ...]:
    """What a list of items is chosen by."""
    fields = [field for field in kb.model.main.fields if field.facet]
    facets = (parameter(field.key, _MANY, pick(field.label, _LANGUAGE, field.key).text) for field in fields)
    sort = parameter("sort", _one_of((RELEVANCE, NEWEST, TITLE)), "Order of the list.")
    return (_WORDS, *facets, sort)


def _one_of(names: Iterable[str]) -> Told:
    return {"type": "string", "enum": list(names)}


def _suffixes(formats: Iterable[Representation]) -> Told:
    return _one_of(one.suffix[1:] for one in formats)


def _example(kb: KnowledgeBase) -> str:
    """Kind and slug of a thing that is there."""
    main = kb.model.main.kind or ""
    iris = kb.descriptions.iris(main, limit=1)
    return kb.addresses.short(iris[0], "") if iris else main


def _slug(kb: KnowledgeBase) -> Told:
    return {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "examples": [_example(kb).partition("/")[2]]}
