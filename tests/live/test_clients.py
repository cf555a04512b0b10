"""Real clients against the real server with the real data."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import rdflib
from rdflib.compare import isomorphic
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import JSON, POST, SPARQLWrapper

from tests.live.conftest import Server

pytestmark = pytest.mark.live

SW = "https://w3id.org/studentenwelzijn/def#"
COUNT = f"SELECT (COUNT(?i) AS ?n) {{ ?i a <{SW}Item> }}"
ITEMS = 498


@pytest.mark.parametrize("method", ["GET", POST])
def test_sparqlwrapper_counts_the_items(server: Server, method: str) -> None:
    endpoint = SPARQLWrapper(server.sparql)
    endpoint.setReturnFormat(JSON)
    endpoint.setMethod(method)
    endpoint.setQuery(COUNT)
    answer = endpoint.queryAndConvert()
    assert answer["results"]["bindings"][0]["n"]["value"] == str(ITEMS)


def test_rdflib_counts_the_items(server: Server) -> None:
    graph = rdflib.Graph(SPARQLStore(server.sparql))
    assert [str(row.n) for row in graph.query(COUNT)] == [str(ITEMS)]  # type: ignore[union-attr]


def test_curl_counts_the_items(server: Server) -> None:
    command = ["curl", "-sf", "-H", "Accept: text/csv", "--data-urlencode", f"query={COUNT}", server.sparql]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told.split() == ["n", str(ITEMS)]


def test_the_clients_of_others_agree(server: Server, shared: Path) -> None:
    command = [sys.executable, str(shared / "tools" / "sparql_clients.py"), server.sparql]
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert told.returncode == 0, told.stdout


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")  # rdflib's own JSON-LD parser
@pytest.mark.parametrize(
    ("suffix", "media_type", "parser"),
    [
        (".ttl", "text/turtle", "turtle"),
        (".jsonld", "application/ld+json", "json-ld"),
        (".nt", "application/n-triples", "nt"),
        (".rdf", "application/rdf+xml", "xml"),
    ],
)
def test_an_item_uri_leads_to_the_same_graph_in_every_format(
    server: Server, suffix: str, media_type: str, parser: str
) -> None:
    slug = "113-suicidepreventie-in-het-onderwijs"
    _, wanted = server.get(f"/doc/item/{slug}.nt")
    status, negotiated = server.get(f"/id/item/{slug}", media_type)
    assert status == 200
    assert negotiated == server.get(f"/doc/item/{slug}{suffix}")[1]
    assert isomorphic(
        rdflib.Graph().parse(data=negotiated, format=parser), rdflib.Graph().parse(data=wanted, format="nt")
    )


@pytest.mark.parametrize("path", ["/", "/en/", "/items", "/en/items?topic=eenzaamheid", "/sparql", "/def", "/about"])
def test_pages_answer(server: Server, path: str) -> None:
    status, body = server.get(path, "text/html")
    assert status == 200
    assert b"</html>" in body


def test_readiness_names_the_generation(server: Server) -> None:
    told = json.loads(server.get("/readyz")[1])
    assert told["status"] == "ready"
    assert told["counts"]["item"] == ITEMS
