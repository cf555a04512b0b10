"""The endpoint: the protocol's three ways in, every format, and the page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kggraph.config import Settings
from kggraph.errors import QueryTimeout
from kggraph.store.protocol import QueryAnswer, QueryRequest
from kggraph.web import create_app, create_data_app
from kggraph.web.generations import Generations

COUNT = "SELECT (COUNT(?b) AS ?n) { ?b a <https://example.org/bridges/def#Bridge> }"
GRAPH = "PREFIX br: <https://example.org/bridges/def#> CONSTRUCT { ?b a br:Bridge } WHERE { ?b a br:Bridge }"
HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def test_three_ways_to_ask(client: FlaskClient) -> None:
    answers = [
        client.get("/sparql", query_string={"query": COUNT}),
        client.post("/sparql", data={"query": COUNT}),
        client.post("/sparql", data=COUNT.encode(), content_type="application/sparql-query; charset=utf-8"),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert answer.content_type == "application/sparql-results+json"
        assert answer.get_json(force=True)["results"]["bindings"][0]["n"]["value"] == "9"
        assert answer.headers["Vary"] == "Accept, Accept-Language"


@pytest.mark.parametrize(
    ("query", "accept", "content_type"),
    [
        (COUNT, None, "application/sparql-results+json"),
        (COUNT, "application/sparql-results+xml", "application/sparql-results+xml"),
        (COUNT, "application/json", "application/sparql-results+json"),
        (COUNT, "text/csv", "text/csv; charset=utf-8"),
        (COUNT, "text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        ("ASK {}", "application/sparql-results+xml;q=0.9, */*;q=0.1", "application/sparql-results+xml"),
        (GRAPH, None, "text/turtle; charset=utf-8"),
        (GRAPH, "application/ld+json", "application/ld+json"),
        (GRAPH, "application/n-triples", "application/n-triples"),
        (GRAPH, "application/rdf+xml", "application/rdf+xml"),
    ],
)
def test_formats_by_accept(client: FlaskClient, query: str, accept: str | None, content_type: str) -> None:
    response = client.get("/sparql", query_string={"query": query}, headers={"Accept": accept} if accept else {})
    assert (response.status_code, response.content_type) == (200, content_type)
    assert response.data
    assert response.content_length == len(response.data)


@pytest.mark.parametrize("name", ["json", "xml", "csv", "tsv"])
def test_formats_by_parameter(client: FlaskClient, name: str) -> None:
    response = client.get("/sparql", query_string={"query": COUNT, "format": name}, headers=HTML)
    assert (response.status_code, name in response.content_type or name == "tsv") == (200, True)


def test_not_acceptable(client: FlaskClient) -> None:
    response = client.get("/sparql", query_string={"query": COUNT}, headers={"Accept": "text/turtle"})
    assert response.status_code == 406
    assert "text/csv" in response.get_json()["available"]


def test_the_page_shows_a_table_with_labels(client: FlaskClient) -> None:
    query = (
        "SELECT ?form { <https://example.org/bridges/id/bridge/hostile> <https://example.org/bridges/def#form> ?form }"
    )
    text = client.get("/nl/sparql", query_string={"query": query}, headers=HTML).text
    assert '<a href="/nl/doc/form/hostile">&lt;script&gt;alert(&#39;vorm&#39;)&lt;/script&gt;</a>' in text
    assert "format=csv" in text
    assert "1 rij<" in text


def test_the_page_shows_yes_no_and_graphs(client: FlaskClient) -> None:
    assert "Yes, that is so." in client.get("/sparql", query_string={"query": "ASK {}"}, headers=HTML).text
    assert "bridge:erasmusbrug" in re.sub(
        r"&lt;[^&]*/id/bridge/erasmusbrug&gt;",
        "bridge:erasmusbrug",
        client.get("/sparql", query_string={"query": GRAPH}, headers=HTML).text,
    )


def test_the_page_keeps_a_wrong_query_and_says_what_is_wrong(client: FlaskClient) -> None:
    response = client.get("/sparql", query_string={"query": "SELECT ?x { ?x </textarea><script>"}, headers=HTML)
    assert response.status_code == 400
    assert "&lt;/textarea&gt;&lt;script&gt;</textarea>" in response.text
    assert 'role="alert"' in response.text


def test_a_question_leads_to_its_answer(client: FlaskClient) -> None:
    response = client.get("/nl/queries/longest", headers=HTML)
    assert response.status_code == 303
    text = client.get(response.headers["Location"], headers=HTML).text
    assert "Akashi" in text
    assert "Bruggen naar lengte" in client.get("/nl/queries", headers=HTML).text


def test_the_page_says_when_rows_are_left_out(client: FlaskClient) -> None:
    text = client.get(
        "/sparql", query_string={"query": "SELECT * { ?s ?p ?o . ?a ?b ?c } LIMIT 300"}, headers=HTML
    ).text
    assert "There are more rows" in text


class Breaking:
    """An engine whose answer breaks after some bytes, or is a long one."""

    def __init__(self, *, breaks: bool, truncated: bool = False) -> None:
        self.breaks, self.truncated, self.closed = breaks, truncated, 0

    def query(self, request: QueryRequest) -> QueryAnswer:
        return QueryAnswer(request.results, "solutions", self._chunks(), self.truncated, closing=self._close)

    def _chunks(self) -> Iterator[bytes]:
        for _ in range(60):
            yield b"x" * 100_000
        if self.breaks:
            raise QueryTimeout("The query was stopped after 10 seconds.", allowed=10)

    def _close(self) -> None:
        self.closed += 1


def test_a_result_that_breaks_never_looks_complete(settings: Settings, generations: Generations) -> None:
    engine = Breaking(breaks=True)
    response = create_app(settings, generations, engine).test_client().get("/sparql", query_string={"query": COUNT})
    assert (response.status_code, response.get_json()["code"]) == (503, "query-timeout")
    assert b"xxx" not in response.data
    assert engine.closed == 1


def test_a_long_result_arrives_whole(settings: Settings, generations: Generations) -> None:
    engine = Breaking(breaks=False, truncated=True)
    response = create_app(settings, generations, engine).test_client().get("/sparql", query_string={"query": COUNT})
    assert response.status_code == 200
    assert response.content_length == len(response.data) == 6_000_000
    assert response.headers["X-Result-Truncated"] == str(settings.max_solutions)
    assert engine.closed == 1


def test_any_file_is_served_by_an_endpoint_and_a_page(settings: Settings, app: Flask) -> None:
    data = create_data_app(settings, app.extensions["kggraph.engine"])
    client = data.test_client()
    assert client.get("/livez").data == b"ok\n"
    assert json.loads(client.get("/sparql", query_string={"query": COUNT}).data)["results"]["bindings"]
    for path in ("/", "/nl/", "/sparql", "/nl/sparql"):
        response = client.get(path, headers=HTML)
        assert response.status_code == 200
        assert "/sparql" in response.text
    page = client.get("/sparql", query_string={"query": "SELECT * { ?s ?p ?o } LIMIT 5"}, headers=HTML)
    assert page.status_code == 200
    assert client.get("/items").status_code == 404
