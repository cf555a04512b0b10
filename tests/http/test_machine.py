"""The JSON-LD context and what is written with it, the stream of changes, and what language models read first."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from kggraph.build import build
from kggraph.config import load
from kggraph.publish import stream
from kggraph.publish.changes import Changes
from kggraph.publish.context import model_context
from kggraph.publish.publication import log_path
from kggraph.terms import DCTERMS, RDF
from kggraph.web import create_app
from kggraph.web.generations import Generations, KnowledgeBase
from tests.http.conftest import BRIDGES

NT, TTL = ox.RdfFormat.N_TRIPLES, ox.RdfFormat.TURTLE


def triples(data: bytes, format: ox.RdfFormat = NT) -> set[str]:
    """Triples with their lexical forms."""
    return {str(quad.triple) for quad in ox.parse(data, format=format)}


# ------------------------------------------------------------------ context
@pytest.mark.parametrize(
    "path", ["bridge/erasmusbrug", "bridge/hostile", "form/arch", "mapping/hostile", "dataset/bridges", "scheme/forms"]
)
def test_readable_json_is_the_same_graph(client: FlaskClient, path: str) -> None:
    told = json.loads(client.get(f"/doc/{path}.json").data)
    address = told["@context"]
    told["@context"] = json.loads(client.get("/context/v1.jsonld").data)["@context"]
    assert address == "https://example.org/bridges/context/v1.jsonld"
    read = triples(json.dumps(told).encode(), ox.RdfFormat.JSON_LD)
    assert read == triples(client.get(f"/doc/{path}.nt").data)
    assert told["id"].endswith(path)


def test_names_are_those_of_the_model(client: FlaskClient) -> None:
    told = json.loads(client.get("/doc/bridge/erasmusbrug.json").data)
    assert told["name"] == {"en": "Erasmus Bridge", "nl": "Erasmusbrug"}
    assert told["opened"] == "1996" and len(told["form"]) == 2
    assert client.get("/context/v2.jsonld").status_code == 404
    assert "immutable" not in client.get("/context/v1.jsonld").headers["Cache-Control"]


def test_a_published_context_knows_the_model(root: Path, main_kb: KnowledgeBase) -> None:
    newest = sorted((root / "contexts").glob("v*.jsonld"))[-1]
    published, wanted = json.loads(newest.read_text("utf-8")), model_context(main_kb.model)
    changed = {name: term for name, term in wanted["@context"].items() if published["@context"].get(name) != term}
    assert published["@context"]["type"] == "@type" and published["@context"]["id"] == "@id"
    assert not changed, "publish another context with these: kggraph context > contexts/v2.jsonld"


@pytest.fixture(scope="module")
def main_kb(main_settings: object) -> KnowledgeBase:
    """The main knowledge base."""
    return Generations(main_settings).current()  # type: ignore[arg-type]


# ------------------------------------------------------------------ stream of changes
def test_the_stream_has_every_thing_once(client: FlaskClient, kb: KnowledgeBase) -> None:
    base = kb.addresses.base_uri
    start = triples(client.get("/ldes", headers={"Accept": "application/n-triples"}).data)
    assert f"<{base}ldes> <{RDF}type> <{stream.LDES}EventStream>" in start
    assert f"<{base}ldes#to-1> <{stream.TREE}node> <{base}ldes/1>" in start
    page = client.get("/ldes/1.nt")
    of = {line.split(" ")[2] for line in triples(page.data) if f"<{DCTERMS}isVersionOf>" in line.split(" ")[1]}
    assert len(of) == sum(kb.manifest.kinds.values())
    assert "immutable" not in page.headers["Cache-Control"]
    for suffix, format in (("ttl", TTL), ("jsonld", ox.RdfFormat.JSON_LD), ("rdf", ox.RdfFormat.RDF_XML)):
        assert triples(client.get(f"/ldes/1.{suffix}").data, format) == triples(page.data)
    assert client.get("/ldes/2.nt").status_code == client.get("/ldes/0.nt").status_code == 404
    assert client.get("/ldes/-1").status_code == client.get("/ldes/x").status_code == 404
    assert client.get("/ldes/" + "9" * 400).status_code == 404


def test_full_pages_never_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "SIZE", 4)
    shutil.copytree(BRIDGES, tmp_path / "kb", ignore=shutil.ignore_patterns("build"))
    settings = load(tmp_path / "kb", {})
    build(settings)
    first = create_app(settings, Generations(settings), None).test_client()  # type: ignore[arg-type]
    count = Changes(log_path(settings.build_path)).event_count()
    before = {number: first.get(f"/ldes/{number}.nt") for number in range(1, stream.pages(count) + 1)}
    bridge = settings.root / "data" / "bridges" / "millau.ttl"
    bridge.write_text(bridge.read_text("utf-8").replace("2460", "2461"), "utf-8")
    (settings.root / "data" / "bridges" / "magere-brug.ttl").unlink()
    build(settings)
    client = create_app(settings, Generations(settings), None).test_client()  # type: ignore[arg-type]
    assert Changes(log_path(settings.build_path)).event_count() == count + 2
    fixed = [number for number, page in before.items() if "immutable" in page.headers["Cache-Control"]]
    assert len(fixed) >= 3
    for number in fixed:
        assert client.get(f"/ldes/{number}.nt").data == before[number].data
    found: set[str] = set()
    address, seen = "/ldes/1", 0
    while address:
        page = triples(client.get(f"{address}.nt").data)
        found |= page
        seen += 1
        following = [line.split(" ")[2] for line in page if f"<{stream.TREE}node>" in line]
        address = "/" + following[0].strip("<>").removeprefix("https://example.org/bridges/") if following else ""
    assert seen == stream.pages(count + 2)
    millau = [line for line in found if "isVersionOf> <https://example.org/bridges/id/bridge/millau>" in line]
    assert len(millau) == 2 and any('"2460"' in line for line in found) and any('"2461"' in line for line in found)
    assert sum("activitystreams#Tombstone" in line for line in found) == 1


# ------------------------------------------------------------------ llms.txt
def test_what_language_models_read(client: FlaskClient, kb: KnowledgeBase) -> None:
    text = client.get("/llms.txt").text
    assert text.startswith("# ") and f"{kb.addresses.base_uri}openapi.json" in text
    for line in text.splitlines():
        if line.startswith("- ["):
            address = line.partition("](")[2].partition(")")[0]
            path = "/" + address.removeprefix(kb.addresses.base_uri)
            assert client.get(path, headers={"Accept": "*/*"}).status_code in (200, 303), path
