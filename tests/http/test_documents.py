"""Things and their documents: 303, negotiation, twins, and one graph in every format."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat

from kggraph.publish.versions import kept_versions, version_graph
from kggraph.web.generations import KnowledgeBase
from tests.http.accepts import ACCEPTS, BROWSER
from tests.http.addresses import DOCUMENTS

FORMATS = {"ttl": RdfFormat.TURTLE, "jsonld": RdfFormat.JSON_LD, "nt": RdfFormat.N_TRIPLES, "rdf": RdfFormat.RDF_XML}


def graph(data: bytes, name: str) -> set[str]:
    """The triples of a document with their lexical forms; blank nodes have canonical names."""
    dataset = ox.Dataset(ox.parse(data, format=FORMATS[name]))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return {f"{q.subject} {q.predicate} {q.object}" for q in dataset}


@pytest.mark.parametrize(("accept", "expected"), ACCEPTS)
def test_negotiation(client: FlaskClient, accept: str | None, expected: str | None) -> None:
    response = client.get("/doc/bridge/erasmusbrug", headers={} if accept is None else {"Accept": accept})
    if expected is None:
        assert response.status_code == 406
        assert "text/turtle" in response.get_json()["available"]
        assert '</doc/bridge/erasmusbrug.ttl>; rel="alternate"; type="text/turtle"' in response.headers["Link"]
    else:
        assert response.status_code == 200
        assert response.mimetype == expected
        assert response.headers["Content-Location"].startswith("/doc/bridge/erasmusbrug.")


@pytest.mark.parametrize("path", DOCUMENTS)
def test_one_graph_in_every_format(client: FlaskClient, kb: KnowledgeBase, path: str) -> None:
    documents = {name: client.get(f"{path}.{name}").data for name in FORMATS}
    if path.endswith("/1.0"):
        expected = version_graph(kept_versions(kb.settings, "scheme/forms")["1.0"], kb.settings)
    elif path.endswith("/0.9.0"):
        part = path.split("/")[1]
        expected = version_graph(kept_versions(kb.settings, part)["0.9.0"], kb.settings)
    elif path == "/def":
        expected = kb.generation.ontology_path.read_bytes()
    elif path == "/shapes":
        expected = kb.generation.shapes_path.read_bytes()
    else:
        found = kb.descriptions.get(kb.addresses.base_uri + path.removeprefix("/doc/").join(("id/", "")))
        assert found is not None
        expected = found.ntriples
    assert graph(expected, "nt")
    for name, data in documents.items():
        assert graph(data, name) == graph(expected, "nt"), name


@pytest.mark.parametrize("name", FORMATS)
def test_suffix_wins_over_accept(client: FlaskClient, name: str) -> None:
    response = client.get(f"/doc/form/arch.{name}", headers={"Accept": "text/html"})
    assert response.status_code == 200
    assert graph(response.data, name)


@pytest.mark.parametrize(
    ("accept", "language", "expected"),
    [
        (BROWSER, "en", "/doc/form/arch"),
        (BROWSER, "nl, en;q=0.5", "/nl/doc/form/arch"),
        (BROWSER, "fr", "/doc/form/arch"),
        (BROWSER, None, "/doc/form/arch"),
        ("text/turtle", "nl", "/doc/form/arch"),
        (None, "nl", "/nl/doc/form/arch"),
    ],
)
def test_thing_leads_to_its_document(
    client: FlaskClient, accept: str | None, language: str | None, expected: str
) -> None:
    headers = {name: value for name, value in (("Accept", accept), ("Accept-Language", language)) if value}
    response = client.get("/id/form/arch", headers=headers)
    assert response.status_code == 303
    assert response.headers["Location"] == expected


def test_the_language_of_the_path_stays(client: FlaskClient) -> None:
    response = client.get("/nl/id/form/arch", headers={"Accept": BROWSER, "Accept-Language": "en"})
    assert response.headers["Location"] == "/nl/doc/form/arch"


@pytest.mark.parametrize(
    "path",
    [
        "/id/bridge/nothing",
        "/doc/bridge/nothing",
        "/doc/bridge/erasmusbrug.pdf",
        "/doc/bridge/nothing.ttl",
        "/doc/bridge/..",
        "/doc/bridge/.ttl",
        "/doc/bridge/erasmusbrug.ttl.html",
        "/doc/bridge/%C3%A9%E2%80%AE",
        "/doc/bridge/%00",
        "/doc/bridge/%FF%FE",
        "/doc/bridge/%25",
        "/doc/bridge/a%2Fb",
        "/doc/bridge//",
        "/doc//",
        "/doc/",
        "/id/",
        "/id/%3Cscript%3E/x",
        "/doc/bridge/" + "a" * 5000,
        "/id/bridge/erasmusbrug.ttl",
        "/%",
        "/nl//",
        "/../../etc/passwd",
        "/static/../app.py",
        "/static/%2e%2e%2fapp.py",
    ],
)
def test_odd_addresses_are_not_found(client: FlaskClient, path: str) -> None:
    for accept in (BROWSER, "application/json", "text/plain"):
        response = client.get(path, headers={"Accept": accept})
        assert response.status_code == 404, path
        assert response.mimetype == {BROWSER: "text/html", "text/plain": "text/plain"}.get(
            accept, "application/problem+json"
        )


def test_links_of_a_document(client: FlaskClient) -> None:
    header = client.get("/doc/bridge/erasmusbrug", headers={"Accept": "text/html"}).headers["Link"]
    base = "https://example.org/bridges"
    for expected in (
        f'<{base}/doc/bridge/erasmusbrug>; rel="canonical"',
        f'<{base}/def#Bridge>; rel="type"',
        '<https://creativecommons.org/publicdomain/zero/1.0/>; rel="license"',
        '</doc/bridge/erasmusbrug.ttl>; rel="describedby"; type="text/turtle"',
        '</doc/bridge/erasmusbrug.jsonld>; rel="alternate"; type="application/ld+json"',
    ):
        assert expected in header
    assert "\n" not in header


def test_languages_of_a_page(client: FlaskClient) -> None:
    english = client.get("/doc/form/arch", headers={"Accept": "text/html"})
    dutch = client.get("/nl/doc/form/arch", headers={"Accept": "text/html"})
    assert (english.headers["Content-Language"], dutch.headers["Content-Language"]) == ("en", "nl")
    assert dutch.headers["Content-Location"] == "/nl/doc/form/arch.html"
    turtle = client.get("/nl/doc/form/arch", headers={"Accept": "text/turtle"})
    assert turtle.headers["Content-Location"] == "/doc/form/arch.ttl"
    assert "Content-Language" not in turtle.headers
