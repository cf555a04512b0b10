"""The page of the endpoint: the editor, the answer under it, and questions to start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlencode

from kggraph.errors import BadParameter, KgError
from kggraph.publish.labels import Label, pick
from kggraph.publish.queries import NamedQuery, Parameter
from kggraph.publish.snippets import snippets
from kggraph.publish.tables import PEOPLE_FORMATS
from kggraph.rdf.media import N_TRIPLES, RESULTS_JSON, Representation
from kggraph.rdf.results import result_formats
from kggraph.store.guard import InspectedQuery
from kggraph.web.http import Document
from kggraph.web.problems import Problem, problem_of
from kggraph.web.render import Here, page, page_links
from kggraph.web.sentences import in_language
from kggraph.web.sparql_answer import checked, run
from kggraph.web.sparql_help import help_for, misspelt
from kggraph.web.sparql_request import ACCEPT_QUERY, Asked, Fields
from kggraph.web.sparql_view import (
    Reader,
    ResultView,
    chart_choice,
    editor_strings,
    view_of_graph,
    view_of_solutions,
    with_ways_out,
)

ROWS_SHOWN: Final = 200
"""Solutions that the page shows; the formats to download have them all."""
_GRAPH_SHOWN: Final = 64 * 1024
"""Bytes of a graph that the page shows."""
_GRAPH_READ: Final = 4 * 1024 * 1024
_TEXT_SHOWN: Final = 100_000
_LONGEST_ADDRESS: Final = 4_000
_MOST_OPTIONS: Final = 300


def empty_page(place: Here, fields: Fields) -> Document:
    """The form: with an example in it, or with the named query that the address asks for, run."""
    name = fields.get("name", "")
    if not name:
        return page(
            "sparql.html",
            "/sparql",
            lambda place: _context(place, _example(place)),
            links=lambda: _links(place),
            headers=(ACCEPT_QUERY,),
        )
    found = place.kb.queries.get(name) if place.site.generations is not None else None
    if found is None:
        raise BadParameter("There is no question of that name; /queries lists those there are.", parameter="name")
    known = {parameter.name for parameter in found.parameters}
    given = {key: value for key, value in fields.items() if key in known and value}
    asked = Asked(found.bind(_in_language(found, given, place.language)), fields=fields)
    return page_of(place, asked, named=_named(place, found, given), query=urlencode({"name": name, **given}))


def page_of(place: Here, asked: Asked, *, named: dict[str, Any] | None = None, query: str = "") -> Document:
    """The form with the answer, or with what is wrong, under it; or only the part with the answer.

    :raises KgError: only a part is asked for, which has its own place for what is wrong.
    """
    is_part = asked.fields.get("partial") == "1"
    result: ResultView | None = None
    problem: Problem | None = None
    hints: list[str] = []
    to_add = ""
    try:
        inspected = checked(place.site.settings, asked.text)
        result = _result(place, asked, inspected)
        if not result.rows and not result.boolean:
            hints = misspelt(place, asked.text)
    except KgError as error:
        if is_part:
            raise
        help = help_for(error, place, asked)
        problem = problem_of(error)
        hints, to_add = help.get("hint", []), help.get("add", "")
    text = asked.text[:_TEXT_SHOWN]
    if not query and len(text) < _LONGEST_ADDRESS:
        query = urlencode([("query", text), *asked.pairs[1:]])
    context = _context(place, text, result, problem) | {
        "fields": [pair for pair in asked.pairs if len(pair[1]) <= _TEXT_SHOWN],
        "named": named,
        "detail": in_language(problem.detail, place.language) if problem else None,
        "hints": [in_language(hint, place.language) for hint in hints],
        "to_add": to_add,
    }
    return page(
        "sparql/results.html" if is_part else "sparql.html",
        "/sparql",
        lambda place: context,
        query=query,
        status=problem.status if problem else 200,
        headers=problem.headers if problem else (),
        cache_control="public, no-cache",
        kept=False,
    )


def _links(place: Here) -> Sequence[Any]:
    return page_links(place, "/sparql") if place.site.generations is not None else ()


def _context(
    place: Here, text: str, result: ResultView | None = None, problem: Problem | None = None
) -> dict[str, Any]:
    has_kb = place.site.generations is not None
    return {
        "text": text,
        "result": result,
        "problem": problem,
        "fields": [],
        "named": None,
        "detail": None,
        "hints": [],
        "to_add": "",
        "strings": editor_strings(place.t),
        "completion": "/api/completion.json" if has_kb else "",
        "gallery": _gallery(place) if has_kb else [],
    }


def _gallery(place: Here) -> list[tuple[Label, Label, str]]:
    return [
        (
            pick(query.title, place.language, query.name),
            pick(query.description, place.language),
            f"{place.prefix}/sparql?{urlencode({'name': query.name})}",
        )
        for query in place.kb.queries.values()
    ]


def _example(place: Here) -> str:
    if place.site.generations is None:
        return "SELECT ?subject ?predicate ?object\nWHERE { ?subject ?predicate ?object }\nLIMIT 20"
    main = place.kb.model.main
    path = main.label_paths[0] if main.label_paths else "http://www.w3.org/2000/01/rdf-schema#label"
    return f"SELECT ?thing ?label\nWHERE {{\n  ?thing a <{main.iri}> ;\n         <{path}> ?label .\n}}\nLIMIT 20"


# ------------------------------------------------------------------ named queries
def _in_language(query: NamedQuery, given: dict[str, str], language: str) -> dict[str, str]:
    """The values for a query, with the page's language where a language is asked and none was given."""
    languages = {one.name: language for one in query.parameters if one.type == "language"}
    return {**languages, **given}


def _named(place: Here, query: NamedQuery, given: dict[str, str]) -> dict[str, Any]:
    values = _in_language(query, given, place.language)
    return {
        "name": query.name,
        "title": pick(query.title, place.language, query.name),
        "description": pick(query.description, place.language),
        "parameters": [
            {
                "name": one.name,
                "label": pick(one.label, place.language, one.name),
                "value": values.get(one.name, one.default_text),
                "options": _options(place, one),
            }
            for one in query.parameters
        ],
    }


def _options(place: Here, parameter: Parameter) -> list[tuple[str, str]]:
    """What a parameter may be when it is one of a few: a language, or a concept of the default's scheme."""
    if parameter.type == "language":
        return [(language, language) for language in place.site.settings.languages]
    if parameter.type != "iri":
        return []
    # Only a knowledge base has named queries; what reads concepts is not loaded to serve a file.
    from kggraph.web.linked import concept_schemes

    described = place.kb.descriptions.get(parameter.default_text)
    schemes = concept_schemes(described.iri, described.ntriples) if described else []
    concepts = place.kb.tree(schemes[0]) if schemes else []
    if not 0 < len(concepts) <= _MOST_OPTIONS:
        return []
    labels = {one.iri: pick(one.labels, place.language, one.iri).text for one in concepts}
    return [(one.iri, f"{'– ' * one.depth}{labels[one.iri]}") for one in concepts]


# ------------------------------------------------------------------ the answer
def _result(place: Here, asked: Asked, inspected: InspectedQuery) -> ResultView:
    reader = Reader(
        place.t,
        place.kb.labels if place.site.generations is not None else lambda iris: {},
        lambda iri: place.site.href(iri, place.prefix),
        place.kb.prefixes if place.site.generations is not None else place.site.settings.all_prefixes,
    )
    most = min(ROWS_SHOWN, place.site.settings.max_solutions)
    if inspected.kind == "graph":
        answer = run(place, asked, N_TRIPLES, most, _GRAPH_READ)
        graph = answer.read()
        shown = graph[: graph.rfind(b"\n", 0, _GRAPH_SHOWN) + 1] if len(graph) > _GRAPH_SHOWN else graph
        view = view_of_graph(shown, reader, truncated=len(shown) < len(graph))
    else:
        answer = run(place, asked, RESULTS_JSON, most)
        view = view_of_solutions(answer.read(), reader, chart_choice(asked.fields), truncated=answer.truncated)
    endpoint = f"{place.site.settings.base_uri}sparql"
    code = snippets(endpoint, asked.text, inspected.kind)
    view = replace(view, failed_services=answer.failed_services)
    return with_ways_out(view, _downloads(place, asked, inspected), [(one.name, one.title, one.code) for one in code])


def _downloads(place: Here, asked: Asked, inspected: InspectedQuery) -> list[tuple[str, str]]:
    """Formats to download: in those for people, with labels beside the IRIs."""
    labels = {"labels": place.language} if place.site.generations is not None and inspected.kind == "solutions" else {}
    offered: list[tuple[Representation, dict[str, str]]] = [(one, {}) for one in result_formats(inspected.form)]
    offered += [(one, labels) for one in PEOPLE_FORMATS] if inspected.kind != "graph" else []
    found = []
    for format, more in offered:
        pairs = [*asked.pairs, ("format", format.name), *more.items()]
        found.append((format.label, f"{place.prefix}/sparql?{urlencode(pairs)}"))
    return found
