"""Versions of the ontology and the shapes: the current one and those that are kept, each at its own address."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from kggraph.config import Settings, load
from kggraph.publish import inputs
from kggraph.publish.versions import current_version, kept_versions, version_graph
from kggraph.store.embedded import EmbeddedEngine, open_store
from kggraph.terms import OWL
from kggraph.validation.shape_texts import ShapeTexts
from kggraph.web import create_app
from kggraph.web.generations import Generations, KnowledgeBase

BASE = "https://example.org/bridges/"
HTML = {"Accept": "text/html"}


def triples(data: bytes, format: ox.RdfFormat = ox.RdfFormat.N_TRIPLES) -> set[str]:
    """Triples with their lexical forms."""
    dataset = ox.Dataset(ox.parse(data, format=format))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad) for quad in dataset}


def test_the_version_iri_leads_to_the_ontology(client: FlaskClient, kb: KnowledgeBase) -> None:
    told = kb.generation.ontology_path.read_bytes()
    assert f"<{BASE}def> <{OWL}versionIRI> <{BASE}def/1.0.0> .".encode() in told
    current = client.get("/def/1.0.0", headers={"Accept": "application/n-triples"})
    assert current.status_code == 200 and triples(current.data) == triples(told)
    assert f'<{BASE}def>; rel="latest-version"' in current.headers["Link"]
    assert f'<{BASE}def/1.0.0>; rel="canonical"' in current.headers["Link"]


def test_an_old_version_is_what_it_was(client: FlaskClient, kb: KnowledgeBase) -> None:
    formats = {"ttl": ox.RdfFormat.TURTLE, "jsonld": ox.RdfFormat.JSON_LD, "rdf": ox.RdfFormat.RDF_XML}
    file = next((kb.settings.root / "versions" / "def" / "0.9.0").glob("*.ttl"))
    then = triples(file.read_bytes(), ox.RdfFormat.TURTLE)
    assert triples(client.get("/def/0.9.0.nt").data) == then
    for suffix, format in formats.items():
        assert triples(client.get(f"/def/0.9.0.{suffix}").data, format) == then
    assert not any("def#designedBy" in triple for triple in then)
    page, dutch = client.get("/def/0.9.0", headers=HTML), client.get("/nl/def/0.9.0", headers=HTML)
    assert "You see version 0.9.0, which is kept" in page.text and 'href="/def"' in page.text
    assert "U ziet versie 0.9.0" in dutch.text and 'id="designedBy"' not in page.text
    now = client.get("/def", headers=HTML).text
    assert 'href="/def/0.9.0"' in now and 'href="/def/1.0.0"' in now and 'id="designedBy"' in now


def test_old_shapes_are_a_page_too(client: FlaskClient) -> None:
    page = client.get("/shapes/0.9.0", headers=HTML)
    assert page.status_code == 200 and 'role="note"' in page.text and 'href="/shapes"' in page.text
    assert triples(client.get("/shapes/0.9.0.nt").data)


# ------------------------------------------------------------------ concept schemes
def test_a_scheme_is_served_whole_at_its_version(client: FlaskClient, kb: KnowledgeBase) -> None:
    scheme = f"{BASE}id/scheme/forms"
    told = client.get("/doc/scheme/forms.nt").data
    assert f"<{scheme}> <{OWL}versionIRI> <{BASE}doc/scheme/forms/2.0> .".encode() in told
    now = client.get("/doc/scheme/forms/2.0", headers={"Accept": "application/n-triples"})
    assert now.status_code == 200 and now.headers["Content-Location"] == "/doc/scheme/forms/2.0.nt"
    concepts = [kb.descriptions.get(concept.iri) for concept in kb.tree(scheme)]
    assert len(concepts) > 4
    expected = b"".join(one.ntriples for one in (kb.descriptions.get(scheme), *concepts) if one)
    assert triples(now.data) == triples(expected)
    assert f'<{BASE}doc/scheme/forms>; rel="latest-version"' in now.headers["Link"]


def test_an_old_version_of_a_scheme_is_what_it_was(client: FlaskClient, kb: KnowledgeBase) -> None:
    file = next((kb.settings.root / "versions" / "scheme" / "forms" / "1.0").glob("*.ttl"))
    then = triples(file.read_bytes(), ox.RdfFormat.TURTLE)
    formats = {"ttl": ox.RdfFormat.TURTLE, "jsonld": ox.RdfFormat.JSON_LD, "rdf": ox.RdfFormat.RDF_XML}
    assert triples(client.get("/doc/scheme/forms/1.0.nt").data) == then
    for suffix, format in formats.items():
        assert triples(client.get(f"/doc/scheme/forms/1.0.{suffix}").data, format) == then
    page, dutch = (client.get(f"{prefix}/doc/scheme/forms/1.0", headers=HTML).text for prefix in ("", "/nl"))
    assert "You see version 1.0, which is kept" in page and "pontoon bridge" in page
    assert "A bridge that is an arch." in page and "boogbrug" in dutch and "U ziet versie 1.0" in dutch
    now = client.get("/doc/scheme/forms", headers=HTML).text
    assert 'href="/doc/scheme/forms/1.0"' in now and 'href="/doc/scheme/forms/2.0"' in now and "pontoon" not in now


@pytest.mark.parametrize(
    "path", ["forms/3.0", "forms/1.0.pdf", "forms/..", "forms/%2e%2e%2f1.0", "forms/1.0/2.0", "none/1.0"]
)
def test_schemes_have_no_other_versions(client: FlaskClient, path: str) -> None:
    assert client.get(f"/doc/scheme/{path}").status_code == 404
    assert client.get("/doc/bridge/erasmusbrug/1.0").status_code == 404


def test_versions_of_the_main_schemes_are_whole(root: Path) -> None:
    settings = load(root, {})
    for file in sorted((settings.data_path / "schemes").glob("*.ttl")):
        graph = file.read_bytes()
        told = [q for q in ox.parse(graph, format=ox.RdfFormat.TURTLE) if q.predicate.value.startswith(f"{OWL}version")]
        about = {q.predicate.value.removeprefix(OWL): q for q in told}
        address = f"{about['versionIRI'].subject.value.replace('/id/', '/doc/')}/{about['versionInfo'].object.value}"
        assert about["versionIRI"].object.value == address, file
        # A version that is kept never changes: what is new needs a version of its own.
        for name, path in kept_versions(settings, f"scheme/{file.stem}").items():
            if address.endswith(f"/{name}"):
                assert triples(version_graph(path, settings)) == triples(graph, ox.RdfFormat.TURTLE), file


@pytest.mark.parametrize(
    "name", ["2.0.0", "0.9.0.pdf", "..", "%2e%2e", "..%2fdef%2f0.9.0", "0.9.0.ttl.ttl", ".ttl", "%00"]
)
def test_there_are_no_others(client: FlaskClient, name: str) -> None:
    for part in ("def", "shapes"):
        assert client.get(f"/{part}/{name}").status_code == 404


def test_newest_first(tmp_path: Path) -> None:
    for name in ("1.9.0", "1.10.0", "1.2.0", "2020-01", ".hidden"):
        (tmp_path / "versions" / "def" / name).mkdir(parents=True)
    (tmp_path / "kggraph.toml").write_text('base_uri = "https://e.org/"\n', "utf-8")
    assert list(kept_versions(load(tmp_path, {}), "def")) == ["2020-01", "1.10.0", "1.9.0", "1.2.0"]
    assert kept_versions(load(tmp_path, {}), "shapes") == {}


@pytest.mark.parametrize("part", ["def", "shapes"])
def test_the_main_versions_are_whole(root: Path, part: str) -> None:
    settings = load(root, {})
    folder = settings.ontology_path if part == "def" else settings.shapes_path
    now, _ = inputs.read_graph(folder, settings)
    current = current_version(now, f"{settings.base_uri}{part}")
    assert current, "give it an owl:versionIRI"
    kept = kept_versions(settings, part)
    # A version that is kept never changes: what is new needs a version of its own.
    for name, path in kept.items():
        then = version_graph(path, settings)
        assert current_version(then, f"{settings.base_uri}{part}") == name
        assert name != current or triples(then) == triples(now), f"raise owl:versionInfo: {name} is kept"
    before = [
        q.object.value
        for q in ox.parse(now, format=ox.RdfFormat.N_TRIPLES)
        if q.predicate.value == f"{OWL}priorVersion"
    ]
    assert {name.rpartition("/")[2] for name in before} <= set(kept)


def test_queries_of_shapes_follow_the_base(root: Path) -> None:
    """Prefixes of queries are literals, and mapped all the same; so a query is right under another base URI."""
    settings = load(root, {}, {"base_uri": "http://localhost:1/x/"})
    shapes, _ = inputs.read_graph(settings.shapes_path, settings)
    old, new = settings.source_base_uri, settings.base_uri
    said = {
        (quad.predicate.value.rpartition("#")[2], quad.object.value)
        for quad in ox.parse(shapes, format=ox.RdfFormat.N_TRIPLES)
        if isinstance(quad.object, ox.Literal)
    }
    assert ("namespace", f"{new}def#") in said
    assert [text for name, text in said if name in ("namespace", "select") and old in text] == []


# ------------------------------------------------------------------ the same for people
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/def", f"<{BASE}id/bridge/erasmusbrug>"),
        ("/nl/def", f"<{BASE}id/bridge/erasmusbrug>"),
        ("/shapes", f"<{BASE}id/bridge/erasmusbrug>"),
        ("/doc/scheme/forms", f"<{BASE}id/form/arch>"),
        ("/nl/doc/scheme/forms", f"<{BASE}id/form/arch>"),
    ],
)
def test_example_queries_lead_to_answers(client: FlaskClient, path: str, expected: str) -> None:
    page = client.get(path, headers=HTML).text
    prefix = "/nl" if path.startswith("/nl/") else ""
    queries = re.findall(rf'href="({prefix}/sparql\?query=[^"]+)" rel="nofollow"', page)
    assert queries
    for address in queries:
        query = unescape(address)
        shown = client.get(query, headers=HTML)
        assert shown.status_code == 200 and ' solutions"' in shown.text, query
        assert client.get(query, headers={"Accept": "text/csv"}).text.count("\r\n") > 1, f"no answers: {query}"
    assert any(
        expected.strip("<>") in client.get(unescape(one), headers={"Accept": "text/csv"}).text for one in queries
    )


def test_a_scheme_tells_all_of_its_concepts(client: FlaskClient) -> None:
    page = client.get("/doc/scheme/forms", headers=HTML).text
    tree = page[page.index('<ul class="tree">') : page.index("/sparql?query=")]
    assert 'href="/doc/form/cable-stayed"' in tree and 'class="count"' in tree
    # Definitions and mappings, where there are any.
    assert 'class="note"' in tree and re.search(r"\(\d+ mappings?\)<", tree)


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_every_rule_can_be_pointed_at(main_settings: Settings, lang: str) -> None:
    """A report leads from a result to its shape on the page of the shapes, where its message stands."""
    generations = Generations(main_settings)
    engine = EmbeddedEngine(open_store(generations.current().generation.quads_path), main_settings.all_prefixes)
    client = create_app(main_settings, generations, engine).test_client()
    page = client.get(f"/{lang}/shapes" if lang == "en" else "/shapes", headers=HTML).get_data(as_text=True)
    texts = ShapeTexts(generations.current().generation.shapes_path.read_bytes())
    rules = [node.value for node in texts.graph.subjects() if isinstance(node, ox.NamedNode)]
    told = {iri: texts.messages(iri) for iri in rules if texts.messages(iri)}
    assert len(told) > 100
    for iri, messages in told.items():
        assert page.count(f' id="{iri.partition("#")[2]}"') == 1, f"{iri}, also when several classes have the rule"
        if texts.rule_of(iri):
            assert messages[lang] in unescape(page), iri
