"""What a document can be beside a page and a graph: profiles, Markdown, CSV, citations; and what its head says."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat

from kggraph.publish.profiles import PROFILES
from kggraph.terms import RDFS, SCHEMA, SKOS
from kggraph.web.generations import KnowledgeBase

BRIDGE = "/doc/bridge/erasmusbrug"
HTML = {"Accept": "text/html"}
FORMATS = {
    "ttl": RdfFormat.TURTLE,
    "jsonld": RdfFormat.JSON_LD,
    "nt": RdfFormat.N_TRIPLES,
    "rdf": RdfFormat.RDF_XML,
    "trig": RdfFormat.TRIG,
}


def graph(data: bytes, name: str = "nt") -> set[str]:
    """The triples of a document; blank nodes have canonical names."""
    dataset = ox.Dataset(ox.parse(data, format=FORMATS[name]))
    dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return {f"{quad.subject} {quad.predicate} {quad.object}" for quad in dataset}


@pytest.mark.parametrize(
    ("path", "profile"),
    [(f"/doc/{thing}", name) for thing in ("bridge/hostile", "form/arch") for name in PROFILES if name != "nl-sbb"]
    + [
        ("/doc/form/arch", "nl-sbb"),
        ("/doc/scheme/forms", "nl-sbb"),
        (BRIDGE, "full"),
        ("/doc/mapping/hostile", "full"),
    ],
)
def test_one_graph_of_a_profile_in_every_format(client: FlaskClient, path: str, profile: str) -> None:
    documents = {name: client.get(f"{path}.{name}?profile={profile}") for name in FORMATS}
    expected = graph(documents["nt"].data)
    assert expected
    for name, document in documents.items():
        assert document.status_code == 200
        assert graph(document.data, name) == expected, name
        assert f'<{PROFILES[profile].iri}>; rel="profile"' in document.headers["Link"]
        assert document.headers["Content-Location"] == f"{path}.{name}?profile={profile}"


def test_full_has_labels_and_what_links_here(client: FlaskClient, kb: KnowledgeBase) -> None:
    own, full = (graph(client.get(f"/doc/form/arch.nt{tail}").data) for tail in ("", "?profile=full"))
    assert own < full
    base = kb.addresses.base_uri
    assert f"<{base}id/bridge/pont-du-gard> <{base}def#form> <{base}id/form/arch>" in full
    assert f'<{base}id/bridge/pont-du-gard> <{RDFS}label> "Pont du Gard"@en' in full
    total = sum(kb.descriptions.inbound_counts(f"{base}id/form/arch").values())
    assert any(f'totalItems> "{total}"' in triple for triple in full)
    assert client.get("/doc/form/arch.nt?profile=full&page=2").status_code == 404
    assert client.get("/doc/form/arch.nt?profile=full&page=-1").status_code == 400


def test_links_come_in_pages(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kggraph.publish.profiles.INBOUND_SIZE", 1)
    monkeypatch.setattr("kggraph.web.things.INBOUND_SIZE", 1)
    address, seen = "/doc/form/movable.nt?profile=full&page=1&x=1", []
    for _ in range(3):
        answer = client.get(address)
        links = answer.headers["Link"]
        seen.append(graph(answer.data))
        following = [part for part in links.split(", ") if 'rel="next"' in part]
        if not following:
            break
        address = following[0][1:].partition(">")[0] + "&x=1"
    assert len({frozenset(one) for one in seen}) == len(seen) > 1


def test_brief_is_part_of_the_own_triples(client: FlaskClient) -> None:
    own, brief = (graph(client.get(f"{BRIDGE}.nt{tail}").data) for tail in ("", "?profile=brief"))
    assert brief < own and any("Erasmusbrug" in triple for triple in brief)


def test_schema_org_and_nl_sbb_speak_one_vocabulary(client: FlaskClient) -> None:
    told = graph(client.get(f"{BRIDGE}.nt?profile=schema.org").data)
    assert all(f" <{SCHEMA}" in triple or "22-rdf-syntax-ns#type>" in triple for triple in told)
    told = graph(client.get("/doc/form/arch.nt?profile=nl-sbb").data)
    assert any(f"<{SKOS}prefLabel>" in triple for triple in told)
    assert client.get(f"{BRIDGE}.nt?profile=nl-sbb").status_code == 400


def test_profiles_are_negotiated(client: FlaskClient) -> None:
    headers = {"Accept": "application/n-triples", "Accept-Profile": f"<urn:x>, <{PROFILES['full'].iri}>;q=0.5"}
    own = client.get("/doc/form/arch", headers={"Accept": "application/n-triples"})
    full = client.get("/doc/form/arch", headers=headers)
    assert full.headers["Content-Location"] == "/doc/form/arch.nt?profile=full"
    assert graph(own.data) < graph(full.data)
    assert "Accept-Profile" in own.headers["Vary"] and "Accept-Profile" in full.headers["Vary"]
    for wrong in ("nonsense", "<urn:unknown>", "<<", "a" * 20_000):
        again = client.get("/doc/form/arch", headers={**headers, "Accept-Profile": wrong})
        assert again.data == own.data
    assert client.get("/doc/form/arch?profile=none").status_code == 400
    assert client.get("/id/form/arch?profile=full", headers=headers).headers["Location"].endswith("?profile=full")


@pytest.mark.parametrize(
    "path", ["/doc/bridge/erasmusbrug", "/doc/bridge/hostile", "/doc/form/arch", "/doc/scheme/forms"]
)
def test_markdown_and_csv(client: FlaskClient, kb: KnowledgeBase, path: str) -> None:
    english, dutch = client.get(f"{path}.md"), client.get(f"/nl{path}.md")
    assert english.mimetype == "text/markdown" and english.text.startswith("# ")
    assert dutch.headers["Content-Location"] == f"/nl{path}.md" and dutch.headers["Content-Language"] == "nl"
    assert not re.search(r"(?<!\\)<(?:script|img)", english.text) and english.text.rstrip().endswith(">")
    rows = list(csv.DictReader(io.StringIO(client.get(f"{path}.csv").text)))
    assert rows[0]["value"] == kb.addresses.base_uri + "id/" + path.removeprefix("/doc/")
    assert not [row for row in rows if row["value"].startswith(("=", "+", "-", "@"))]
    assert client.get(path, headers={"Accept": "text/csv"}).mimetype == "text/csv"


def test_an_item_as_citation(client: FlaskClient) -> None:
    for suffix, media_type in (("ris", "application/x-research-info-systems"), ("csljson", "application/json")):
        found = client.get(f"{BRIDGE}.{suffix}")
        assert found.status_code == 200 and "Erasmus" in found.text, media_type
    asked = client.get(BRIDGE, headers={"Accept": "application/vnd.citationstyles.csl+json"})
    assert json.loads(asked.data)[0]["author"]
    assert client.get("/doc/form/arch.ris").status_code == 404


class Head(HTMLParser):
    """Metas and JSON-LD of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.metas: list[dict[str, str]] = []
        self.blocks: list[str] = []
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self._inside = tag == "script" and attributes.get("type") == "application/ld+json"
        if tag == "meta":
            self.metas.append(attributes)

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.blocks.append(data)
            self._inside = False


@pytest.mark.parametrize("path", [BRIDGE, "/doc/bridge/hostile", "/nl/doc/form/arch", "/doc/dataset/bridges"])
def test_the_head_says_what_the_page_is_about(client: FlaskClient, kb: KnowledgeBase, path: str) -> None:
    head = Head(client.get(path, headers=HTML).text)
    (block,) = head.blocks
    told = json.loads(block)
    iri = kb.addresses.base_uri + path.removeprefix("/nl").removeprefix("/doc/").join(("id/", ""))
    about, crumbs = told["@graph"]
    assert about["@id"] == iri and crumbs["@type"] == "BreadcrumbList"
    assert [step["position"] for step in crumbs["itemListElement"]] == list(
        range(1, len(crumbs["itemListElement"]) + 1)
    )
    names = {meta.get("name") or meta.get("property") for meta in head.metas}
    assert {"DC.title", "DC.identifier", "og:title", "og:url", "og:type"} <= names
    assert ("citation_title" in names) == ("/bridge/" in path)
    assert sum(meta.get("property") == "og:title" for meta in head.metas) == 1


def test_signposting_of_an_item(client: FlaskClient, kb: KnowledgeBase) -> None:
    header = client.head(BRIDGE, headers=HTML).headers["Link"]
    base = kb.addresses.base_uri
    for expected in (
        f'<{base}id/bridge/erasmusbrug>; rel="cite-as"',
        '<https://schema.org/AboutPage>; rel="type"',
        f'<{base}id/designer/ben-van-berkel>; rel="author"',
        f'<{base}dataset>; rel="collection"; type="text/html"',
        f'<{base}linkset/bridge/erasmusbrug.json>; rel="linkset"; type="application/linkset+json"',
        '<https://creativecommons.org/publicdomain/zero/1.0/>; rel="license"',
        f'<{BRIDGE}.ris>; rel="describedby"; type="application/x-research-info-systems"',
    ):
        assert expected in header
    assert header.count('rel="license"') == 1 and f'{BRIDGE}.csv>; rel="describedby"' not in header


def test_a_reading_list(client: FlaskClient) -> None:
    page = client.get("/list?item=millau&item=bridge/hostile&item=https://example.org/bridges/id/bridge/erasmusbrug")
    assert page.status_code == 200 and page.headers["Content-Location"].startswith("/list?item=erasmusbrug&")
    assert "<i>" in page.text and "/list.ris?item=" in page.text and "<script>alert" not in page.text
    assert "Nothing" not in client.get("/nl/list").text and client.get("/list").status_code == 200
    assert client.get("/list?item=none").status_code == 400
    assert client.get("/list?" + "&".join(f"item=x{n}" for n in range(501))).status_code == 400
    assert client.get("/list?item=" + "a" * 100_000).status_code == 400


def test_lists_lead_to_their_feed_and_citations(client: FlaskClient) -> None:
    page = client.get("/nl/items?form=arch", headers=HTML).text
    assert 'type="application/atom+xml"' in page and 'href="/nl/feed.atom?form=arch"' in page
    assert 'href="/nl/items.ris?form=arch"' in page


def test_robots_are_shown_the_way(client: FlaskClient, kb: KnowledgeBase) -> None:
    told = client.get("/robots.txt").text
    assert f"Sitemap: {kb.addresses.base_uri}sitemap.xml" in told and "Disallow: /nl/sparql?query=" in told
