"""Things that were withdrawn or became another: 410 with a tombstone, 301, and in no list."""

from __future__ import annotations

import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pyoxigraph as ox
import pytest
from flask import Flask

from kggraph.build import build
from kggraph.config import load
from kggraph.store.embedded import EmbeddedEngine, open_store
from kggraph.web import create_app
from kggraph.web.generations import Generations, KnowledgeBase
from tests.http.conftest import BRIDGES
from tests.xml_schemas import complaints, feed_complaints, harvests

HTML = {"Accept": "text/html"}
OVER = """
@prefix br: <https://example.org/bridges/def#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
<https://example.org/bridges/id/bridge/{slug}> a br:Bridge ; rdfs:label "{slug}"@en ;
    dcterms:description "Secret"@en ; br:form <https://example.org/bridges/id/form/arch> ; {end} .
"""
ENDS = {
    "withdrawn": "owl:deprecated true",
    "merged": "dcterms:isReplacedBy <https://example.org/bridges/id/bridge/millau>",
    "elsewhere": "dcterms:isReplacedBy <https://elsewhere.example/bridge>",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The bridges and three of which nothing is left."""
    root: Path = tmp_path_factory.mktemp("over") / "kb"
    shutil.copytree(BRIDGES, root, ignore=shutil.ignore_patterns("build"))
    for slug, end in ENDS.items():
        (root / "data" / "bridges" / f"{slug}.ttl").write_text(OVER.format(slug=slug, end=end), "utf-8")
    settings = load(root, {})
    build(settings)
    generations = Generations(settings)
    store = open_store(generations.current().generation.quads_path)
    return create_app(settings, generations, EmbeddedEngine(store, generations.current().prefixes))


@pytest.fixture(scope="module")
def kb(app: Flask) -> KnowledgeBase:
    """That knowledge base."""
    found: KnowledgeBase = app.extensions["kggraph.site"].generations.current()
    return found


@pytest.mark.parametrize("slug", ["withdrawn", "elsewhere"])
def test_what_is_withdrawn_leaves_a_tombstone(app: Flask, slug: str) -> None:
    client = app.test_client()
    assert client.get(f"/id/bridge/{slug}").status_code == 303
    page = client.get(f"/nl/doc/bridge/{slug}", headers=HTML)
    assert page.status_code == 410 and page.mimetype == "text/html"
    assert "ingetrokken" in page.text and "Secret" not in page.text and "ETag" not in page.headers
    formats = {"ttl": ox.RdfFormat.TURTLE, "jsonld": ox.RdfFormat.JSON_LD, "rdf": ox.RdfFormat.RDF_XML}
    for suffix, format in formats.items():
        tombstone = client.get(f"/doc/bridge/{slug}.{suffix}")
        told = {quad.predicate.value.rpartition("/")[2] for quad in ox.parse(tombstone.data, format=format)}
        assert tombstone.status_code == 410
        assert told == {"22-rdf-syntax-ns#type", "rdf-schema#label"} | (
            {"owl#deprecated"} if slug == "withdrawn" else {"isReplacedBy"}
        )
    assert client.get(f"/doc/bridge/{slug}", headers={"Accept": "text/turtle"}).status_code == 410
    assert client.get(f"/doc/bridge/{slug}.md").status_code == 410


def test_what_was_merged_moved(app: Flask) -> None:
    client = app.test_client()
    for path, there in (
        ("/id/bridge/merged", "/id/bridge/millau"),
        ("/nl/id/bridge/merged", "/nl/id/bridge/millau"),
        ("/doc/bridge/merged", "/doc/bridge/millau"),
        ("/nl/doc/bridge/merged.html", "/nl/doc/bridge/millau.html"),
        ("/doc/bridge/merged.ttl", "/doc/bridge/millau.ttl"),
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (301, there)


def test_what_is_over_is_in_no_list(app: Flask, kb: KnowledgeBase) -> None:
    client = app.test_client()
    assert kb.facets.size == kb.manifest.kinds["bridge"] == 8
    for path in ("/items?form=arch", "/sitemaps/bridge-1.xml", "/items.ris"):
        text = client.get(path).text
        assert "pont-du-gard" in text
        assert not [slug for slug in ENDS if f"bridge/{slug}" in text], path
    asked = {"queries": '{"q0": {"query": "withdrawn", "type": "bridge"}}'}
    found = client.get("/reconcile", query_string=asked).get_json()["q0"]["result"]
    assert "bridge/withdrawn" not in [one["id"] for one in found]


def test_harvesters_are_told(app: Flask, kb: KnowledgeBase) -> None:
    client = app.test_client()
    answer = ET.fromstring(client.get("/oai?verb=ListIdentifiers&metadataPrefix=oai_dc").data)
    deleted = [header for header in answer.iter("{http://www.openarchives.org/OAI/2.0/}header") if header.get("status")]
    assert len(deleted) == len(ENDS)
    feed = client.get("/feed.atom")
    assert feed.text.count("deleted-entry") == len(ENDS)
    assert feed_complaints(feed.data, f"{kb.addresses.base_uri}feed.atom") == []
    assert [said for one in harvests(lambda path: client.get(path).data) if (said := complaints("oai", one))] == []
