"""The SPARQL endpoint: the protocol for machines, and a form with the result as a table for people."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, current_app, request
from werkzeug.datastructures import MultiDict

from kggraph.config import Settings
from kggraph.errors import BadParameter, KgError, NotAcceptable, QueryRefused, UnsupportedMediaType
from kggraph.publish.labels import Label, pick
from kggraph.rdf.iris import is_iri
from kggraph.rdf.media import HTML, RESULTS_JSON, TURTLE, Representation, negotiate
from kggraph.rdf.results import result_format, result_formats
from kggraph.store.guard import InspectedQuery, inspect
from kggraph.store.protocol import QueryAnswer, QueryEngine, QueryRequest
from kggraph.web.http import Answer, Document, Stream, answered
from kggraph.web.problems import Problem, problem_of
from kggraph.web.render import Context, Here, here, page

blueprint = Blueprint("sparql", __name__)

ROWS_SHOWN: Final = 200
"""Solutions that the page shows; the formats to download have them all."""
_GRAPH_SHOWN: Final = 200_000
_QUERY_TYPE: Final = "application/sparql-query"
_UPDATE_TYPE: Final = "application/sparql-update"
_FORM_TYPE: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Asked:
    """A query as the SPARQL 1.1 Protocol brings it."""

    text: str
    default_graphs: tuple[str, ...] | None
    named_graphs: tuple[str, ...] | None
    format: str


@blueprint.get("/sparql")
@answered
def sparql() -> Answer:
    """Query operation by GET; without a query the form."""
    if not request.args.getlist("query") and not request.args.getlist("update"):
        return _empty()
    return _respond(_asked(request.args))


@blueprint.post("/sparql")
@answered
def sparql_post() -> Answer:
    """Query operation by POST, as a form or with the query as the body."""
    kind = request.mimetype
    if kind == _FORM_TYPE:
        return _respond(_asked(request.form))
    if kind == _UPDATE_TYPE:
        raise _no_updates()
    if kind != _QUERY_TYPE:
        raise UnsupportedMediaType(f"Send the query as {_QUERY_TYPE} or {_FORM_TYPE}, not as {kind or 'nothing'}.")
    try:
        text = request.get_data().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadParameter(f"The query is not UTF-8 (byte {error.start}).", parameter="query") from None
    return _respond(_asked(request.args, text))


def _asked(parameters: MultiDict[str, str], body: str | None = None) -> Asked:
    # https://www.w3.org/TR/sparql11-protocol/#query-operation: exactly one query, any number of graphs
    texts = [*parameters.getlist("query"), *([body] if body is not None else [])]
    if parameters.getlist("update"):
        raise _no_updates()
    if len(texts) != 1:
        found = "none" if not texts else str(len(texts))
        raise BadParameter(f"Send exactly one query; there is {found}.", parameter="query")
    graphs = [_graphs(parameters, f"{name}-graph-uri") for name in ("default", "named")]
    return Asked(texts[0], graphs[0], graphs[1], parameters.get("format", ""))


def _graphs(parameters: MultiDict[str, str], name: str) -> tuple[str, ...] | None:
    iris = tuple(parameters.getlist(name))
    wrong = next((iri for iri in iris if not is_iri(iri)), None)
    if wrong is not None:
        raise BadParameter(f"{wrong[:80]!r} is not an IRI.", parameter=name)
    return iris or None


def _no_updates() -> QueryRefused:
    return QueryRefused("This endpoint only reads; updates are refused.", what="update")


def _respond(asked: Asked) -> Answer:
    place = here()
    accept = request.headers.get("Accept")
    if not asked.format and negotiate(accept, (RESULTS_JSON, TURTLE, HTML)) is HTML:
        return _page(place, asked)
    inspected = inspect(asked.text, max_bytes=place.site.settings.max_query_kb * 1024)
    chosen = _chosen(inspected, asked.format, accept)
    if chosen is HTML:
        return _page(place, asked)
    answer = _run(place.site.settings, asked, chosen, place.site.settings.max_solutions)
    headers = [("X-Result-Truncated", str(place.site.settings.max_solutions))] if answer.truncated else []
    return Stream(chosen.content_type, answer.chunks, answer.close, headers=tuple(headers))


def _chosen(inspected: InspectedQuery, name: str, accept: str | None) -> Representation:
    offers = result_formats(inspected.form)
    if name == HTML.name:
        return HTML
    if name:
        named = result_format(inspected.form, name)
        if named is None:
            known = ", ".join(offer.name for offer in offers)
            raise BadParameter(
                f"The result of {inspected.form} has no format {name[:40]!r}; it has {known}.", parameter="format"
            )
        return named
    found = negotiate(accept, (*offers, HTML))
    if found is None:
        media_types = tuple(offer.media_type for offer in offers)
        raise NotAcceptable(f"A result of {inspected.form} can be {', '.join(media_types)}.", available=media_types)
    return found


def _run(settings: Settings, asked: Asked, results: Representation, max_solutions: int) -> QueryAnswer:
    engine: QueryEngine = current_app.extensions["kggraph.engine"]
    client = hashlib.blake2b((request.remote_addr or "").encode(), digest_size=8).hexdigest()
    return engine.query(
        QueryRequest(
            text=asked.text,
            results=results.media_type,
            default_graphs=asked.default_graphs,
            named_graphs=asked.named_graphs,
            timeout_s=settings.query_timeout_s,
            memory_mb=settings.query_memory_mb,
            max_solutions=max_solutions,
            max_result_bytes=settings.max_result_mb * 1024 * 1024,
            base_iri=settings.base_uri,
            client=client,
        )
    )


# ------------------------------------------------------------------ the page
@dataclass(frozen=True, slots=True)
class Cell:
    """One binding in a table of solutions."""

    text: str
    lang: str = ""
    href: str | None = None
    external: bool = False
    label: Label | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class ResultView:
    """A result as the page shows it."""

    variables: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    boolean: bool | None = None
    graph: str = ""
    truncated: bool = False
    formats: tuple[tuple[str, str], ...] = ()


def _empty() -> Document:
    if negotiate(request.headers.get("Accept"), (HTML,)) is None:
        raise BadParameter("Send a query: /sparql?query=SELECT…", parameter="query")
    return page("sparql.html", "/sparql", lambda place: _context(place, _example(place), None, None))


def _page(place: Here, asked: Asked) -> Document:
    """The form with the result, or with what is wrong, under it."""
    result: ResultView | None = None
    problem: Problem | None = None
    try:
        inspected = inspect(asked.text, max_bytes=place.site.settings.max_query_kb * 1024)
        result = _result(place, asked, inspected)
    except KgError as error:
        problem = problem_of(error)
    status = problem.status if problem else 200
    text = asked.text[:100_000]
    return page(
        "sparql.html",
        "/sparql",
        lambda place: _context(place, text, result, problem),
        query=urlencode({"query": text}) if len(text) < 4000 else "",
        status=status,
        cache_control="public, no-cache",
        kept=False,
    )


def _context(place: Here, text: str, result: ResultView | None, problem: Problem | None) -> Context:
    return {"text": text, "result": result, "problem": problem, "rows_shown": ROWS_SHOWN}


def _example(place: Here) -> str:
    if place.site.generations is None:
        return "SELECT ?subject ?predicate ?object\nWHERE { ?subject ?predicate ?object }\nLIMIT 20"
    main = place.kb.model.main
    path = main.label_paths[0] if main.label_paths else "http://www.w3.org/2000/01/rdf-schema#label"
    return f"SELECT ?thing ?label\nWHERE {{\n  ?thing a <{main.iri}> ;\n         <{path}> ?label .\n}}\nLIMIT 20"


def _result(place: Here, asked: Asked, inspected: InspectedQuery) -> ResultView:
    formats = tuple(
        (offer.label, f"{place.prefix}/sparql?{urlencode({'query': asked.text, 'format': offer.name})}")
        for offer in result_formats(inspected.form)
    )
    if inspected.kind == "graph":
        answer = _run(place.site.settings, asked, TURTLE, place.site.settings.max_solutions)
        text = answer.read().decode("utf-8", "replace")
        return ResultView(graph=text[:_GRAPH_SHOWN], truncated=len(text) > _GRAPH_SHOWN, formats=formats)
    answer = _run(place.site.settings, asked, RESULTS_JSON, ROWS_SHOWN)
    told = json.loads(answer.read())
    if "boolean" in told:
        return ResultView(boolean=bool(told["boolean"]), formats=formats)
    variables = tuple(told["head"].get("vars", ()))
    bindings = told["results"]["bindings"]
    return ResultView(variables, _rows(place, variables, bindings), None, "", answer.truncated, formats)


def _rows(place: Here, variables: Sequence[str], bindings: Sequence[Mapping[str, Any]]) -> tuple[tuple[Cell, ...], ...]:
    iris = {term["value"] for row in bindings for term in row.values() if term["type"] == "uri"}
    labels = place.kb.labels(iris) if place.site.generations else {}
    return tuple(tuple(_cell(place, row.get(variable), labels) for variable in variables) for row in bindings)


def _cell(place: Here, term: Mapping[str, Any] | None, labels: Mapping[str, Mapping[str, str]]) -> Cell:
    if term is None:
        return Cell("", kind="unbound")
    if term["type"] == "triple":
        return Cell(json.dumps(term["value"], ensure_ascii=False), kind="triple")
    value = term["value"]
    if term["type"] != "uri":
        kind = "" if "xml:lang" in term else term.get("datatype", "").rpartition("#")[2]
        return Cell(value, term.get("xml:lang", ""), kind="_" if term["type"] == "bnode" else kind)
    href, external = place.site.href(value, place.prefix)
    label = pick(labels[value], place.language) if value in labels else None
    return Cell(value, "", href, external, label)
