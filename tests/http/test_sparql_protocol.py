"""The SPARQL 1.1 Protocol to the letter: methods, decoding, datasets, refusals; graphs and the service description."""

from __future__ import annotations

from urllib.parse import quote

import pyoxigraph as ox
import pytest
from flask import Flask
from flask.testing import FlaskClient

from kggraph.config import Settings
from kggraph.terms import SD
from kggraph.web import create_data_app
from kggraph.web.generations import KnowledgeBase

COUNT = "SELECT (COUNT(?b) AS ?n) { ?b a <https://example.org/bridges/def#Bridge> }"
BASE = "https://example.org/bridges/"
QUERY_TYPE = "application/sparql-query"
FORM = "application/x-www-form-urlencoded"
KNOWN = {
    "endpoint",
    "supportedLanguage",
    "resultFormat",
    "defaultDataset",
    "availableGraphs",
    "defaultGraph",
    "namedGraph",
    "name",
    "graph",
}
JSON = "application/sparql-results+json"


def count(client: FlaskClient, **more: object) -> int:
    """The number of triples that a query sees, by the dataset of the protocol."""
    query = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    told = client.get("/sparql", query_string={"query": query, **more}).get_json(force=True)
    return int(told["results"]["bindings"][0]["n"]["value"])


def test_the_method_query(client: FlaskClient) -> None:
    for body, kind in ((COUNT.encode(), QUERY_TYPE), (f"query={quote(COUNT)}".encode(), FORM)):
        response = client.open("/sparql", method="QUERY", data=body, content_type=kind)
        assert (response.status_code, response.content_type) == (200, JSON)
    assert QUERY_TYPE in client.get("/sparql").headers["Accept-Query"]


def test_head_and_options(client: FlaskClient) -> None:
    whole = client.get("/sparql", query_string={"query": COUNT})
    head = client.head("/sparql", query_string={"query": COUNT})
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", whole.headers["ETag"])
    assert head.content_length == len(whole.data)
    options = client.options("/sparql")
    assert {"GET", "HEAD", "POST", "QUERY", "OPTIONS"} <= set(options.headers["Allow"].split(", "))
    assert "QUERY" in options.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    ("raw", "text"),
    [("%2520", "%20"), ("a+b", "a b"), ("a%2Bb", "a+b"), ("caf%C3%A9", "café"), ("%F0%9F%8C%89", "🌉"), ("%zz", "%zz")],
)
def test_text_is_decoded_exactly_once(client: FlaskClient, raw: str, text: str) -> None:
    field = f"query=SELECT+(%22{raw}%22+AS+?x)+%7B%7D"
    for response in (
        client.get(f"/sparql?{field}"),
        client.post("/sparql", data=field.encode(), content_type=FORM),
        client.post("/sparql", data=f'SELECT ("{text}" AS ?x) {{}}'.encode(), content_type=QUERY_TYPE),
    ):
        assert response.get_json(force=True)["results"]["bindings"][0]["x"]["value"] == text


@pytest.mark.parametrize("raw", ["%C3", "%ED%A0%80", "%FF", "%C0%AF"])
def test_what_is_not_utf8_is_refused(client: FlaskClient, raw: str) -> None:
    field = f"query=SELECT+(%22{raw}%22+AS+?x)+%7B%7D"
    for response in (
        client.get(f"/sparql?{field}"),
        client.post("/sparql", data=field.encode(), content_type=FORM),
        client.post("/sparql", data=b'SELECT ("\xff" AS ?x) {}', content_type=QUERY_TYPE),
    ):
        assert (response.status_code, response.get_json(force=True)["code"]) == (400, "bad-parameter")


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status"),
    [
        ("GET", "/sparql?query=SELEC", b"", "", 400),
        ("GET", "/sparql?query=ASK{}&query=ASK{}", b"", "", 400),
        ("POST", "/sparql?query=ASK{}", b"ASK{}", QUERY_TYPE, 400),
        ("POST", "/sparql", b"a=b", FORM, 400),
        ("POST", "/sparql", b"query=ASK{}&update=CLEAR+ALL", FORM, 400),
        ("POST", "/sparql", b"ASK{}", "text/plain", 415),
        ("POST", "/sparql", b"ASK{}", "", 415),
        ("QUERY", "/sparql", b"ASK{}", "application/json", 415),
        ("POST", "/sparql", b"update=CLEAR+ALL", FORM, 403),
        ("POST", "/sparql", b"CLEAR ALL", "application/sparql-update", 403),
        ("GET", "/sparql?update=CLEAR+ALL", b"", "", 403),
        ("GET", "/sparql?query=INSERT+DATA{<a:b><a:c><a:d>}", b"", "", 403),
        ("PUT", "/sparql?query=ASK{}", b"", "", 405),
        ("DELETE", "/sparql", b"", "", 405),
        ("GET", "/sparql?query=ASK{}&labels=xx", b"", "", 400),
        ("GET", "/sparql?query=ASK{}&format=doc", b"", "", 400),
    ],
)
def test_refusals(client: FlaskClient, method: str, path: str, body: bytes, kind: str, status: int) -> None:
    headers = {"Content-Type": kind} if kind else {}
    response = client.open(path, method=method, data=body, headers={**headers, "Accept": "application/json"})
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    assert response.get_json(force=True)["status"] == status


def test_the_dataset_of_the_protocol_overrides_from(client: FlaskClient) -> None:
    graphs = [f"{BASE}graph/{name}" for name in ("shapes", "void")]
    each = [count(client, **{"default-graph-uri": graph}) for graph in graphs]
    assert all(each) and count(client, **{"default-graph-uri": graphs}) == sum(each)
    query = f"SELECT (COUNT(*) AS ?n) FROM <{graphs[0]}> {{ ?s ?p ?o }}"
    told = client.get("/sparql", query_string={"query": query, "default-graph-uri": graphs[1]}).get_json(force=True)
    assert int(told["results"]["bindings"][0]["n"]["value"]) == each[1]
    query = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
    told = client.get("/sparql", query_string={"query": query, "named-graph-uri": graphs}).get_json(force=True)
    assert {row["g"]["value"] for row in told["results"]["bindings"]} == set(graphs)
    assert count(client, **{"named-graph-uri": graphs}) == 0


# ------------------------------------------------------------------ the service and its graphs
def test_the_service_description(client: FlaskClient) -> None:
    response = client.get("/sparql", headers={"Accept": "text/turtle"})
    assert (response.status_code, response.mimetype) == (200, "text/turtle")
    store = ox.Store()
    store.load(response.data, format=ox.RdfFormat.TURTLE)
    terms = {quad.predicate.value.removeprefix(SD) for quad in store if quad.predicate.value.startswith(SD)}
    assert terms <= KNOWN, "no term that the vocabulary does not have"
    endpoint = ox.NamedNode(f"{BASE}sparql")
    assert list(store.quads_for_pattern(None, ox.NamedNode(f"{SD}endpoint"), endpoint))
    names = {quad.object.value for quad in store.quads_for_pattern(None, ox.NamedNode(f"{SD}name"), None)}
    assert names == {f"{BASE}graph/{name}" for name in ("ontology", "shapes", "void")}
    assert client.get("/sparql", headers={"Accept": "text/html"}).mimetype == "text/html"
    assert client.get("/sparql", headers={"Accept": "image/png"}).status_code == 400


def triples(data: bytes, format: ox.RdfFormat) -> set[ox.Triple]:
    return {quad.triple for quad in ox.parse(data, format)}


def test_graphs_as_documents(client: FlaskClient, kb: KnowledgeBase) -> None:
    exact = triples(kb.generation.void_path.read_bytes(), ox.RdfFormat.N_TRIPLES)
    for path in ("/graph/void", f"/graphs?graph={quote(f'{BASE}graph/void', safe='')}"):
        for kind in ("text/turtle", "application/n-triples", "application/rdf+xml", "application/trig"):
            response = client.get(path, headers={"Accept": kind})
            assert (response.status_code, response.mimetype) == (200, kind)
            format = ox.RdfFormat.from_media_type(kind)
            assert format and triples(response.data, format) == exact
            again = client.get(path, headers={"Accept": kind, "If-None-Match": response.headers["ETag"]})
            assert again.status_code == 304
        assert client.head(path).content_length


def test_the_default_graph_has_the_lexical_forms_of_the_sources(client: FlaskClient, kb: KnowledgeBase) -> None:
    whole = {}
    for kind in ("application/n-triples", "text/turtle", "application/ld+json"):
        response = client.get("/graphs?default", headers={"Accept": kind})
        assert response.status_code == 200
        format = ox.RdfFormat.from_media_type(kind)
        assert format
        whole[kind] = triples(response.data, format)
    assert len({frozenset(each) for each in whole.values()}) == 1
    assert len(whole["text/turtle"]) == kb.manifest.triples


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/graphs", 400),
        ("GET", f"/graphs?default&graph={BASE}graph/void", 400),
        ("GET", "/graphs?graph=no+iri", 400),
        ("GET", "/graphs?graph=https://example.org/none", 404),
        ("GET", "/graph/none", 404),
        ("PUT", "/graphs?default", 405),
        ("POST", "/graphs?default", 405),
        ("DELETE", "/graph/void", 405),
        ("PATCH", "/graph/void", 405),
        ("GET", "/graph/void?format=nq", 400),
    ],
)
def test_graphs_that_are_not_given(client: FlaskClient, method: str, path: str, status: int) -> None:
    response = client.open(path, method=method)
    assert (response.status_code, response.content_type) == (status, "application/problem+json")


def test_a_served_file_has_graphs_and_a_description(settings: Settings, app: Flask) -> None:
    client = create_data_app(settings, app.extensions["kggraph.engine"]).test_client()
    assert client.get("/graphs?default", headers={"Accept": "application/n-triples"}).data
    assert client.get("/graph/void").status_code == 200
    assert client.get("/graph/none").status_code == 404
    assert SD in client.get("/sparql", headers={"Accept": "text/turtle"}).text
