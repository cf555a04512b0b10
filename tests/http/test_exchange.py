"""The dataset, dumps, citations, feeds, sitemaps, harvesting, link sets and reconciliation over HTTP."""

from __future__ import annotations

import gzip
import hashlib
import json
from xml.etree import ElementTree as ET

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from kggraph.web.generations import KnowledgeBase

ATOM = {"a": "http://www.w3.org/2005/Atom"}
MAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
PLAIN = {"items.csv": "text/csv", "dump.ttl": "text/turtle", "dataset.trig": "application/trig"}
OAI = {"o": "http://www.openarchives.org/OAI/2.0/"}


def test_the_dataset_is_a_page_and_a_graph(client: FlaskClient, kb: KnowledgeBase) -> None:
    page = client.get("/dataset", headers={"Accept": "text/html"})
    assert page.status_code == 200 and page.mimetype == "text/html"
    assert 'type="application/ld+json"' in page.text and kb.hash in page.text
    turtle = client.get("/dataset", headers={"Accept": "text/turtle"})
    triples = list(ox.parse(turtle.data, ox.RdfFormat.TURTLE))
    assert any(t.object == ox.NamedNode("http://www.w3.org/ns/dcat#DataService") for t in triples)
    formats = {"jsonld": ox.RdfFormat.JSON_LD, "nt": ox.RdfFormat.N_TRIPLES, "rdf": ox.RdfFormat.RDF_XML}
    for suffix, format in formats.items():
        twin = client.get(f"/dataset.{suffix}")
        assert {q.triple for q in ox.parse(twin.data, format)} == {q.triple for q in triples}
    assert 'rel="cite-as"' in turtle.headers["Link"] and 'rel="item"' in turtle.headers["Link"]
    assert client.get("/nl/dataset").status_code == 200


def test_void_is_found_where_it_should_be(client: FlaskClient) -> None:
    moved = client.get("/.well-known/void")
    assert (moved.status_code, moved.headers["Location"]) == (302, "/void")
    found = client.get("/void", headers={"Accept": "application/n-triples"})
    assert b"http://rdfs.org/ns/void#Dataset" in found.data
    assert client.get("/void.ttl").mimetype == "text/turtle"


def test_dumps_are_what_the_catalogue_says(client: FlaskClient, kb: KnowledgeBase) -> None:
    names = [name.removeprefix("dumps/") for name in kb.manifest.files if name.startswith("dumps/")]
    assert names
    for name in names:
        entry = kb.manifest.files[f"dumps/{name}"]
        with client.get(f"/dumps/{name}") as found:
            assert hashlib.sha256(found.data).hexdigest() == entry.sha256
            assert found.headers["Content-Disposition"] == f"attachment; filename={name}"
            assert gzip.decompress(found.data)
        with client.head(f"/dumps/{name}") as head:
            assert head.headers["Content-Length"] == str(entry.size) and not head.data
        with client.get(f"/dumps/{name}", headers={"If-None-Match": found.headers["ETag"]}) as again:
            assert again.status_code == 304
        with client.get(f"/dumps/{name}", headers={"Range": "bytes=0-9"}) as part:
            assert part.status_code == 206 and part.data == found.data[:10]


def test_dumps_are_sent_unpacked_too(client: FlaskClient, kb: KnowledgeBase) -> None:
    for name in PLAIN:
        packed = (kb.generation.dumps_path / f"{name}.gz").read_bytes()
        with client.get(f"/dumps/{name}") as plain:
            assert plain.status_code == 200 and plain.data == gzip.decompress(packed)
            assert "Content-Encoding" not in plain.headers and plain.headers["Vary"] == "Accept-Encoding"
            assert plain.headers["Content-Disposition"] == f"attachment; filename={name}"
            assert plain.mimetype == PLAIN[name]
        for accepted in ("gzip", "br, *;q=0.1"):
            with client.get(f"/dumps/{name}", headers={"Accept-Encoding": accepted}) as coded:
                assert coded.data == packed and coded.headers["Content-Encoding"] == "gzip"
                assert coded.mimetype == plain.mimetype
        again = {"Accept-Encoding": "gzip", "If-None-Match": coded.headers["ETag"]}
        with client.get(f"/dumps/{name}", headers=again) as same:
            assert same.status_code == 304 and same.headers["Vary"] == "Accept-Encoding"
        with client.get(f"/dumps/{name}", headers={"Accept-Encoding": "gzip;q=0"}) as refused:
            assert refused.data == plain.data
    assert client.get("/dumps/items").status_code == 404


@pytest.mark.parametrize("path", ["/dumps/none.gz", "/dumps/..%2Fmanifest.json", "/linkset/bridge/none"])
def test_no_other_file_is_sent(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("suffix", "media_type"),
    [
        ("ris", "application/x-research-info-systems"),
        ("bib", "application/x-bibtex"),
        ("csljson", "application/vnd.citationstyles.csl+json"),
    ],
)
def test_lists_as_citations(client: FlaskClient, suffix: str, media_type: str) -> None:
    every, some = client.get(f"/items.{suffix}"), client.get(f"/items.{suffix}?form=arch")
    assert every.mimetype == media_type and len(some.data) < len(every.data)
    assert every.headers["Content-Disposition"] == f'attachment; filename="items.{suffix}"'
    english, dutch = client.get(f"/items.{suffix}"), client.get(f"/nl/items.{suffix}")
    assert english.data != dutch.data
    assert dutch.headers["Content-Location"] == f"/nl/items.{suffix}"
    listed = client.get(f"/list.{suffix}?item=erasmusbrug&item=bridge/millau&item=erasmusbrug")
    assert listed.status_code == 200 and b"erasmusbrug" in listed.data and b"millau" in listed.data
    assert client.get(f"/list.{suffix}?item=none").status_code == 400
    assert client.get(f"/items.{suffix}?form=none").status_code == 400


def test_a_feed_for_every_filter(client: FlaskClient, kb: KnowledgeBase) -> None:
    every = ET.fromstring(client.get("/feed.atom").data)
    some = ET.fromstring(client.get("/nl/feed.atom?form=arch").data)
    assert len(every.findall("a:entry", ATOM)) == kb.facets.size
    assert 0 < len(some.findall("a:entry", ATOM)) < kb.facets.size
    assert some.findtext("a:id", None, ATOM) == f"{kb.addresses.base_uri}nl/feed.atom?form=arch"
    assert client.get("/feed.atom").mimetype == "application/atom+xml"
    assert client.get("/feed.atom?form=none").status_code == 400
    assert client.get("/feed.atom?page=-1").status_code == 400
    assert not ET.fromstring(client.get("/feed.atom?page=99").data).findall("a:entry", ATOM)


def test_sitemaps_lead_to_every_thing(client: FlaskClient, kb: KnowledgeBase) -> None:
    index = ET.fromstring(client.get("/sitemap.xml").data)
    base = kb.addresses.base_uri
    found: set[str] = set()
    for location in index.findall("s:sitemap/s:loc", MAP):
        part = client.get("/" + str(location.text).removeprefix(base))
        assert part.status_code == 200
        urls = ET.fromstring(part.data).findall("s:url", MAP)
        found.update(str(url.findtext("s:loc", None, MAP)) for url in urls)
        assert all(url.findtext("s:lastmod", None, MAP) for url in urls)
    assert {f"{base}doc/bridge/erasmusbrug", f"{base}nl/doc/bridge/erasmusbrug", base} <= found
    for address in found:
        assert client.get("/" + address.removeprefix(base)).status_code == 200, address
    assert client.get("/sitemaps/bridge-2.xml").status_code == 404
    assert client.get("/sitemaps/bridge-x.xml").status_code == 404


def test_harvesting_by_get_and_post(client: FlaskClient, kb: KnowledgeBase) -> None:
    for answer in (
        client.get("/oai?verb=ListRecords&metadataPrefix=oai_dc"),
        client.post("/oai", data={"verb": "ListRecords", "metadataPrefix": "oai_dc"}),
    ):
        assert answer.status_code == 200 and answer.mimetype == "text/xml"
        assert len(ET.fromstring(answer.data).findall(".//o:record", OAI)) == kb.facets.size
    wrong = client.get("/oai?verb=None")
    assert wrong.status_code == 200 and b'code="badVerb"' in wrong.data


def test_link_sets_say_what_the_documents_are(client: FlaskClient, kb: KnowledgeBase) -> None:
    as_json = client.get("/linkset/bridge/erasmusbrug", headers={"Accept": "application/linkset+json"})
    assert as_json.mimetype == "application/linkset+json"
    (first, *_) = json.loads(as_json.data)["linkset"]
    assert first["cite-as"] == [{"href": f"{kb.addresses.base_uri}id/bridge/erasmusbrug"}]
    as_text = client.get("/linkset/bridge/erasmusbrug.txt")
    assert as_text.mimetype == "application/linkset"
    assert client.get("/linkset/bridge/hostile").status_code == 200


# ------------------------------------------------------------------ reconciliation
def test_reconciliation_by_get_and_post(client: FlaskClient, kb: KnowledgeBase) -> None:
    manifest = client.get("/reconcile").get_json()
    assert manifest["identifierSpace"] == f"{kb.addresses.base_uri}id/" and "0.2" in manifest["versions"]
    queries = json.dumps({"q0": {"query": "Erasmus brug"}, "q1": {"query": "zzqx nothing"}})
    asked = {"queries": queries}
    for answer in (client.get("/reconcile", query_string=asked), client.post("/reconcile", data=asked)):
        told = answer.get_json()
        assert told["q0"]["result"][0]["id"] == "bridge/erasmusbrug"
        assert told["q1"]["result"] == []
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    dutch = client.get("/nl/reconcile").get_json()
    assert dutch["suggest"]["entity"]["service_url"] == f"{kb.addresses.base_uri}nl/reconcile"


def test_everything_the_manifest_promises_is_there(client: FlaskClient, kb: KnowledgeBase) -> None:
    base = kb.addresses.base_uri
    manifest = client.get("/reconcile").get_json()
    for kind, place in manifest["suggest"].items():
        path = "/" + (place["service_url"] + place["service_path"]).removeprefix(base)
        answer = client.get(f"{path}?prefix=br")
        assert answer.status_code == 200 and isinstance(answer.get_json()["result"], list), kind
    view = "/" + manifest["view"]["url"].replace("{{id}}", "bridge/erasmusbrug").removeprefix(base)
    assert client.get(view, headers={"Accept": "text/html"}, follow_redirects=True).status_code == 200
    preview = client.get("/" + manifest["preview"]["url"].replace("{{id}}", "bridge/hostile").removeprefix(base))
    assert preview.status_code == 200 and "<script" not in preview.text
    assert "frame-ancestors *" in preview.headers["Content-Security-Policy"]
    propose = manifest["extend"]["propose_properties"]
    path = "/" + (propose["service_url"] + propose["service_path"]).removeprefix(base)
    assert client.get(f"{path}?type=form&limit=2").get_json()["limit"] == 2
    query = json.dumps({"ids": ["bridge/erasmusbrug"], "properties": [{"id": "name"}]})
    assert client.post("/reconcile", data={"extend": query}).get_json()["rows"]["bridge/erasmusbrug"]["name"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/reconcile?queries={not json", 400),
        ("/reconcile?queries=" + "[" * 5_000, 400),
        ("/reconcile?extend=1", 400),
        ("/reconcile?callback=alert(1)", 400),
        ("/reconcile/suggest/entity?prefix=a&cursor=-1", 400),
        ("/reconcile/suggest/entity?prefix=" + "a" * 2_000, 400),
        ("/reconcile/suggest/none", 404),
        ("/reconcile/preview?id=none", 404),
        ("/reconcile/properties?limit=x", 400),
    ],
)
def test_bad_requests_have_their_problem(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status and answer.mimetype == "application/problem+json"


def test_old_clients_get_a_call(client: FlaskClient) -> None:
    answer = client.get("/reconcile?callback=jQuery1_2.f")
    assert answer.mimetype == "text/javascript" and answer.data.startswith(b"/**/jQuery1_2.f({")


def test_every_address_answers_head_alike(client: FlaskClient) -> None:
    for path in ("/dataset.ttl", "/void.nt", "/items.ris", "/feed.atom", "/sitemap.xml", "/reconcile"):
        got, head = client.get(path), client.head(path)
        assert (head.status_code, head.data) == (200, b"")
        assert head.headers["ETag"] == got.headers["ETag"]
        assert client.get(path, headers={"If-None-Match": got.headers["ETag"]}).status_code == 304
