"""The interfaces for programs as an OpenAPI 3.1 document: the endpoint, the named queries, the list of items.

https://spec.openapis.org/oas/v3.1.0
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from kggraph.model import LangText
from kggraph.publish.labels import pick
from kggraph.publish.queries import NamedQuery, Parameter
from kggraph.publish.tables import PEOPLE_FORMATS
from kggraph.rdf.media import DATASET_FORMATS, RDF_FORMATS, RESULT_FORMATS
from kggraph.store.guard import inspect

_LANGUAGE: Final = "en"
_PROBLEM: Final = {"$ref": "#/components/responses/Problem"}
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
    facets: Mapping[str, LangText],
) -> dict[str, Any]:
    """The document.

    :param base: base of the knowledge base, where everything is.
    :param version: version of the dataset.
    :param facets: parameters by which items are chosen, with their labels.

    >>> sorted(openapi("https://e.org/", "1", {}, ["en"], [], {})["paths"])
    ['/api/queries', '/items', '/sparql']
    """
    listed = list(languages)
    paths: dict[str, Any] = {
        "/sparql": _endpoint(listed),
        "/items": {"get": _items(facets)},
        "/api/queries": {"get": _list()},
    }
    for query in queries:
        paths[f"/api/queries/{query.name}"] = {"get": _query(query, listed)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": pick(title, _LANGUAGE, base).text,
            "version": version,
            "description": "All of it only reads.",
        },
        "servers": [{"url": base.rstrip("/")}],
        "paths": paths,
        "components": {
            "responses": {
                "Problem": {
                    "description": "What is wrong, and what would be right (RFC 9457).",
                    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
            },
            "schemas": {"Problem": _problem_schema(), "Results": {"type": "object", "required": ["head"]}},
        },
    }


def _problem_schema() -> dict[str, Any]:
    texts = {name: {"type": "string"} for name in ("type", "title", "detail", "code", "instance", "limit")}
    numbers = {name: {"type": "integer"} for name in ("status", "line", "column")}
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {**texts, **numbers, "hint": {"type": "array", "items": {"type": "string"}}},
    }


def _endpoint(languages: list[str]) -> dict[str, Any]:
    query = {"type": "string", "description": "A query in SPARQL 1.1."}
    graphs = {"type": "array", "items": {"type": "string", "format": "iri"}}
    parameters = [
        {"name": "query", "in": "query", "schema": query},
        *({"name": f"{name}-graph-uri", "in": "query", "schema": graphs} for name in ("default", "named")),
        *_result_parameters(languages, is_graph=None),
    ]
    responses = _responses(is_graph=None)
    form = {"type": "object", "properties": {"query": query}, "required": ["query"]}
    body = {
        "required": True,
        "content": {
            "application/sparql-query": {"schema": query},
            "application/x-www-form-urlencoded": {"schema": form},
        },
    }
    return {
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


def _items(facets: Mapping[str, LangText]) -> dict[str, Any]:
    parameters = [
        {
            "name": key,
            "in": "query",
            "description": pick(label, _LANGUAGE, key).text,
            "schema": {"type": "array", "items": {"type": "string"}},
        }
        for key, label in facets.items()
    ]
    parameters.append({"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}})
    page = {"description": "A page of the list.", "content": {"text/html": {"schema": {"type": "string"}}}}
    return {
        "operationId": "items",
        "summary": "Items by facets: several values of one are alternatives",
        "parameters": parameters,
        "responses": {"200": page, "default": _PROBLEM},
    }


def _list() -> dict[str, Any]:
    told = {
        "description": "Their names, titles and parameters.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
    return {
        "operationId": "queries",
        "summary": "The named queries",
        "responses": {"200": told, "default": _PROBLEM},
    }


def _query(query: NamedQuery, languages: list[str]) -> dict[str, Any]:
    is_graph = inspect(query.text).kind == "graph"
    return {
        "operationId": query.name,
        "summary": pick(query.title, _LANGUAGE, query.name).text,
        "description": pick(query.description, _LANGUAGE).text,
        "parameters": [*map(_parameter, query.parameters), *_result_parameters(languages, is_graph=is_graph)],
        "responses": _responses(is_graph=is_graph),
    }


def _parameter(parameter: Parameter) -> dict[str, Any]:
    default: str | int = parameter.default_text
    schema = {**_SCHEMAS[parameter.type], "default": int(default) if parameter.type == "integer" else default}
    label = pick(parameter.label, _LANGUAGE, parameter.name).text
    return {"name": parameter.name, "in": "query", "description": label, "schema": schema}


def _result_parameters(languages: list[str], *, is_graph: bool | None) -> list[dict[str, Any]]:
    formats = {"type": "string", "enum": [one.name for one in _formats(is_graph)]}
    found = [{"name": "format", "in": "query", "description": "Wins over Accept.", "schema": formats}]
    if not is_graph:
        labels = {"type": "string", "enum": languages}
        found.append({"name": "labels", "in": "query", "description": "Labels beside IRIs.", "schema": labels})
    return found


def _formats(is_graph: bool | None) -> list[Any]:
    tables = () if is_graph else (*RESULT_FORMATS, *PEOPLE_FORMATS)
    graphs = () if is_graph is False else (*RDF_FORMATS, *DATASET_FORMATS)
    return [*tables, *graphs]


def _responses(*, is_graph: bool | None) -> dict[str, Any]:
    content: dict[str, Any] = {one.media_type: {} for one in _formats(is_graph)}
    if not is_graph:
        content["application/sparql-results+json"] = {"schema": {"$ref": "#/components/schemas/Results"}}
    headers = {
        "ETag": {"schema": {"type": "string"}},
        "X-Result-Truncated": {
            "description": "Solutions after which the result was cut; Link has rel=next.",
            "schema": {"type": "integer"},
        },
    }
    return {"200": {"description": "The result.", "headers": headers, "content": content}, "default": _PROBLEM}
