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
FORM = """
form:transporter
    a skos:Concept ;
    skos:prefLabel "transporter bridge"@en , "zweefbrug"@nl ;
    skos:broader form:movable ;
    skos:inScheme <https://example.org/bridges/id/scheme/forms> ;
    <http://www.w3.org/2002/07/owl#deprecated> true ;
.
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
    with (root / "data" / "schemes" / "forms.ttl").open("a", encoding="utf-8") as file:
        file.write(FORM)
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
        ("/doc/bridge/merged?profile=full", "/doc/bridge/millau?profile=full"),
        ("/id/bridge/merged?profile=full", "/id/bridge/millau?profile=full"),
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


def test_what_is_over_is_not_found_by_words(app: Flask) -> None:
    client = app.test_client()
    for word in ("Secret", *ENDS):
        found = client.get("/api/search", query_string={"q": word, "lang": "en"}).get_json()
        assert (found["total"], found["items"]) == (0, []), word
        page = client.get(f"/items?q={word}", headers=HTML).text
        assert not [slug for slug in ENDS if f"bridge/{slug}" in page]
        suggested = client.get("/api/suggest", query_string={"q": word[:5], "lang": "en"}).get_data(as_text=True)
        assert not [slug for slug in ENDS if f"bridge/{slug}" in suggested], suggested
        for path in ("/reconcile/suggest/entity", "/nl/reconcile/suggest/entity"):
            begun = client.get(path, query_string={"prefix": word}).get_json()["result"]
            assert not [one for one in begun if one["id"].rpartition("/")[2] in ENDS]


def test_what_is_over_is_not_counted(app: Flask, kb: KnowledgeBase) -> None:
    client = app.test_client()
    total = kb.facets.size
    found = client.get("/api/search", query_string={"lang": "en", "limit": 100}).get_json()
    assert found["total"] == total == len(found["items"])
    counts = {value["value"]: value["count"] for facet in found["facets"] for value in facet["values"]}
    with_arch = client.get("/api/search", query_string={"lang": "en", "form": "arch", "limit": 100}).get_json()
    assert counts["arch"] == with_arch["total"] == len(with_arch["items"]) > 0
    for path in ("/stats.csv", "/gaps.csv?rows=form&columns=opened", "/items.csljson", "/items?form=arch", "/browse"):
        text = client.get(path).get_data(as_text=True)
        assert not [slug for slug in ENDS if slug in text], path
    # What they point at does not show them, as page or as data.
    for path in ("/doc/form/arch", "/nl/doc/form/arch", "/around?item=form/arch", "/forms"):
        text = client.get(path, headers=HTML).get_data(as_text=True)
        assert not [slug for slug in ENDS if f"bridge/{slug}" in text], path


def test_the_full_profile_counts_links_as_the_page_does(app: Flask, kb: KnowledgeBase) -> None:
    client = app.test_client()
    full = client.get("/doc/form/arch.nt?profile=full").text
    living = kb.descriptions.inbound("https://example.org/bridges/id/form/arch", limit=-1, living=True)
    assert f'totalItems> "{len(living)}"' in full and "bridge/pont-du-gard" in full
    assert not [slug for slug in ENDS if f"bridge/{slug}" in full]
    assert "form/transporter" not in client.get("/doc/form/movable.nt?profile=nl-sbb").text
    # What the sources say is all in the endpoint, which has what ended them as well.
    asked = client.get(
        "/sparql",
        query_string={"query": "SELECT ?thing { ?thing <http://www.w3.org/2002/07/owl#deprecated> true }"},
        headers={"Accept": "text/csv"},
    )
    assert "bridge/withdrawn" in asked.text and "form/transporter" in asked.text


def test_a_withdrawn_concept_is_in_no_tree(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/doc/form/transporter", headers=HTML).status_code == 410
    paths = (
        "/doc/scheme/forms",
        "/doc/form/movable",
        "/forms",
        "/items",
        "/stats",
        "/around?item=form/movable",
        "/crosswalk",
    )
    for path in paths:
        assert "transporter" not in client.get(path, headers=HTML).text, path
    for path in ("/reconcile/suggest/entity?prefix=trans", "/api/suggest?q=trans&lang=en", "/sitemaps/form-1.xml"):
        assert "form/transporter" not in client.get(path).text, path


def test_feeds_of_a_choice_never_had_them(app: Flask) -> None:
    client = app.test_client()
    chosen = client.get("/feed.atom?form=arch").text
    assert "pont-du-gard" in chosen and not [slug for slug in ENDS if f"bridge/{slug}" in chosen]
    every = client.get("/feed.atom").text
    assert not [slug for slug in ENDS if f"<id>https://example.org/bridges/id/bridge/{slug}" in every]


def test_harvesters_are_told(app: Flask, kb: KnowledgeBase) -> None:
    client = app.test_client()
    answer = ET.fromstring(client.get("/oai?verb=ListIdentifiers&metadataPrefix=oai_dc").data)
    deleted = [header for header in answer.iter("{http://www.openarchives.org/OAI/2.0/}header") if header.get("status")]
    assert len(deleted) == len(ENDS)
    feed = client.get("/feed.atom")
    assert feed.text.count("deleted-entry") == len(ENDS)
    assert feed_complaints(feed.data, f"{kb.addresses.base_uri}feed.atom") == []
    assert [said for one in harvests(lambda path: client.get(path).data) if (said := complaints("oai", one))] == []
