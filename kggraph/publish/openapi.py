"""The interfaces as an OpenAPI 3.1 document: the endpoint and the named queries, beside what the site has.

https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from kggraph.model import LangText
from kggraph.publish.labels import pick
from kggraph.publish.queries import NamedQuery, Parameter
from kggraph.publish.tables import PEOPLE_FORMATS
from kggraph.rdf.media import DATASET_FORMATS, HTML, RDF_FORMATS, RESULT_FORMATS
from kggraph.store.guard import inspect

_LANGUAGE: Final = "en"
PROBLEM: Final = {"$ref": "#/components/responses/Problem"}
_SCHEMAS: Final[Mapping[str, dict[str, Any]]] = {
    "iri": {"type": "string", "format": "iri"},
    "literal": {"type": "string"},
    "integer": {"type": "integer"},
    "language": {"type": "string", "pattern": "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$"},
}


def openapi(
    base: str,
    version: str,
    title: LangText,
    languages: Iterable[str],
    queries: Iterable[NamedQuery],
    others: Mapping[str, dict[str, Any]],
) -> dict[str, Any]:
    """The document.

    :param base: base of the knowledge base, where everything is.
    :param version: version of the dataset.
    :param others: the path items of all other addresses.

    >>> sorted(openapi("https://e.org/", "1", {}, ["en"], [], {})["paths"])
    ['/sparql']
    """
    listed = list(languages)
    paths: dict[str, Any] = {**others, "/sparql": _endpoint(base, listed)}
    for query in queries:
        paths[f"/api/queries/{query.name}"] = {"get": _query(query, listed)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": pick(title, _LANGUAGE, base).text,
            "version": version,
            "description": "All of it only reads. Every address has HEAD and OPTIONS; CORS is open to all. "
            "Dates and numbers are those of the data; texts are in the language of the server chosen.",
        },
        "servers": [{"url": base.rstrip("/")}],
        "paths": paths,
        "components": {
            "responses": {
                "Problem": {
                    "description": "What is wrong, and what would be right (RFC 9457).",
                    "content": {
                        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
                        "text/html": {},
                        "text/plain": {},
                    },
                }
            },
            "schemas": {"Problem": _problem_schema(), "Results": {"type": "object", "required": ["head"]}},
        },
    }


def parameter(name: str, schema: dict[str, Any], text: str = "", *, place: str = "query") -> dict[str, Any]:
    """A parameter of an operation.

    >>> parameter("page", {"type": "integer"})
    {'name': 'page', 'in': 'query', 'schema': {'type': 'integer'}}
    """
    made: dict[str, Any] = {"name": name, "in": place, "schema": schema}
    made |= {"description": text} if text else {}
    return {**made, "required": True} if place == "path" else made


def _problem_schema() -> dict[str, Any]:
    texts = {name: {"type": "string"} for name in ("type", "title", "detail", "code", "instance", "limit")}
    numbers = {name: {"type": "integer"} for name in ("status", "line", "column")}
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {**texts, **numbers, "hint": {"type": "array", "items": {"type": "string"}}},
    }


def _endpoint(base: str, languages: list[str]) -> dict[str, Any]:
    query = {"type": "string", "description": "A query in SPARQL 1.1."}
    graphs = {"type": "array", "items": {"type": "string", "format": "iri"}}
    parameters = [
        parameter("query", query),
        *(parameter(f"{name}-graph-uri", graphs) for name in ("default", "named")),
        *_result_parameters(languages, is_graph=None),
    ]
    responses = _responses((403, 413, 415), is_graph=None)
    form = {"type": "object", "properties": {"query": query}, "required": ["query"]}
    body = {
        "required": True,
        "content": {
            "application/sparql-query": {"schema": query},
            "application/x-www-form-urlencoded": {"schema": form},
        },
    }
    servers = [{"url": base.rstrip("/")}, *({"url": f"{base}{language}"} for language in languages[1:])]
    return {
        "servers": servers,
        "get": {
            "operationId": "sparql",
            "summary": "SPARQL 1.1 Protocol",
            "parameters": parameters,
            "responses": responses,
        },
        "post": {
            "operationId": "sparqlPost",
            "summary": "SPARQL 1.1 Protocol, for long queries",
            "parameters": parameters[1:],
            "requestBody": body,
            "responses": responses,
        },
    }


def _query(query: NamedQuery, languages: list[str]) -> dict[str, Any]:
    is_graph = inspect(query.text).kind == "graph"
    return {
        "operationId": query.name,
        "summary": pick(query.title, _LANGUAGE, query.name).text,
        "description": pick(query.description, _LANGUAGE).text,
        "parameters": [*map(_parameter, query.parameters), *_result_parameters(languages, is_graph=is_graph)],
        "responses": _responses((303, 413), is_graph=is_graph),
    }


def _parameter(given: Parameter) -> dict[str, Any]:
    default: str | int = given.default_text
    schema = {**_SCHEMAS[given.type], "default": int(default) if given.type == "integer" else default}
    return parameter(given.name, schema, pick(given.label, _LANGUAGE, given.name).text)


def _result_parameters(languages: list[str], *, is_graph: bool | None) -> list[dict[str, Any]]:
    formats = {"type": "string", "enum": [one.name for one in _formats(is_graph)]}
    found = [parameter("format", formats, "Wins over Accept.")]
    if not is_graph:
        labels = {"type": "string", "enum": languages}
        found.append(parameter("labels", labels, "Labels beside IRIs."))
    return found


def _formats(is_graph: bool | None) -> list[Any]:
    tables = () if is_graph else (*RESULT_FORMATS, *PEOPLE_FORMATS)
    graphs = () if is_graph is False else (*RDF_FORMATS, *DATASET_FORMATS)
    return [*tables, *graphs]


def _responses(also: Iterable[int], *, is_graph: bool | None) -> dict[str, Any]:
    content: dict[str, Any] = {one.media_type: {} for one in (*_formats(is_graph), HTML)}
    if not is_graph:
        content["application/sparql-results+json"] = {"schema": {"$ref": "#/components/schemas/Results"}}
    headers = {
        "ETag": {"schema": {"type": "string"}},
        "X-Result-Truncated": {
            "description": "Solutions after which the result was cut; Link has rel=next.",
            "schema": {"type": "integer"},
        },
    }
    found: dict[str, Any] = {str(status): PROBLEM for status in (400, 404, 406, 429, 503, *also)}
    found["200"] = {"description": "The result.", "headers": headers, "content": content}
    found["304"] = {"description": "It has not changed."}
    if "303" in found:
        found["303"] = {"description": "The page of the query, for browsers.", "content": {"text/plain": {}}}
    return dict(sorted(found.items()))
