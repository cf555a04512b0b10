"""Programs of others judge what is served: a harvester, a parser of RDF, the checker of reconciliation services."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pyoxigraph as ox
import pytest
from lxml import etree
from sickle import Sickle
from sickle.oaiexceptions import BadArgument, NoRecordsMatch
from werkzeug.serving import make_server

from kggraph.build import build
from kggraph.config import Settings, load
from kggraph.publish.generation import open_current
from kggraph.store.protocol import QueryAnswer, QueryRequest
from kggraph.web import create_app
from kggraph.web.generations import Generations
from tests.live.conftest import Server
from tests.programs import program
from tests.xml_schemas import complaints, feed_complaints, harvests, sitemaps

pytestmark = pytest.mark.live

RAPPER = {"ttl": "turtle", "nt": "ntriples", "rdf": "rdfxml", "trig": "trig"}


# ------------------------------------------------------------------ harvesting
def test_a_harvester_gets_everything(server: Server, main_settings: Settings) -> None:
    generation = open_current(main_settings)
    total = generation.manifest.kinds["item"]
    harvester = Sickle(f"{server.url}oai")
    assert harvester.Identify().deletedRecord == "persistent"
    assert {format.metadataPrefix for format in harvester.ListMetadataFormats()} == {"oai_dc", "rdf"}
    headers = list(harvester.ListIdentifiers(metadataPrefix="oai_dc"))
    assert len({header.identifier for header in headers}) == len(headers) == total
    records = list(harvester.ListRecords(metadataPrefix="oai_dc"))
    assert len(records) == total and all(record.metadata["title"] for record in records)
    sets = {one.setSpec: one.setName for one in harvester.ListSets()}
    spec = next(spec for spec in sets if spec.startswith("type:"))
    some = list(harvester.ListIdentifiers(metadataPrefix="rdf", set=spec))
    assert 0 < len(some) < total and all(spec in header.setSpecs for header in some)
    one = harvester.GetRecord(identifier=headers[0].identifier, metadataPrefix="rdf")
    assert one.header.identifier == headers[0].identifier
    with pytest.raises(NoRecordsMatch):
        harvester.ListIdentifiers(**{"metadataPrefix": "oai_dc", "until": "1990-01-01"})
    with pytest.raises(BadArgument):
        harvester.ListIdentifiers(**{"metadataPrefix": "oai_dc", "until": "yesterday"})


def test_feeds_sitemaps_and_harvests_are_valid(server: Server, main_settings: Settings) -> None:
    def get(path: str) -> bytes:
        return server.get(path)[1]

    base = main_settings.base_uri
    paths = ["feed.atom", "en/feed.atom"]
    for path in paths:
        feed = get(f"/{path}")
        assert feed_complaints(feed, base + path) == []
        following = etree.fromstring(feed).find("{*}link[@rel='next']")
        paths += [str(following.get("href")).removeprefix(base)] if following is not None else []
    assert len(paths) > 10
    assert [(name, said) for name, document in sitemaps(get, base) if (said := complaints(name, document))] == []
    assert [said for document in harvests(get) if (said := complaints("oai", document))] == []


# ------------------------------------------------------------------ Raptor
@pytest.fixture(scope="module")
def rapper() -> str:
    """Raptor's command; where it is missing, skipped on a developer's machine and a failure in CI."""
    return program("rapper", "raptor2-utils")


def test_raptor_finds_the_same_graph(server: Server, main_settings: Settings, rapper: str) -> None:
    descriptions = open_current(main_settings).descriptions()
    iris = [iri for kind in sorted(descriptions.kinds()) for iri in descriptions.iris(kind)[:1]]
    iris += descriptions.iris("item")[1:200:20]
    assert len(iris) >= 20
    for iri in iris:
        path = "/doc/" + iri.partition("/id/")[2]
        found = descriptions.get(iri)
        assert found
        for tail in ("", "?profile=full"):
            _, expected = (200, found.ntriples) if not tail else server.get(f"{path}.nt{tail}")
            for suffix, name in RAPPER.items():
                _, body = server.get(f"{path}.{suffix}{tail}")
                command = [rapper, "-q", "-i", name, "-o", "ntriples", "-", iri]
                parsed = subprocess.run(command, input=body, capture_output=True, check=True)
                assert not parsed.stderr, parsed.stderr
                assert triples(parsed.stdout) == triples(expected), f"{path}.{suffix}{tail}"
    descriptions.close()


def triples(data: bytes) -> set[str]:
    """Triples with their lexical forms."""
    return {str(quad.triple) for quad in ox.parse(data, format=ox.RdfFormat.N_TRIPLES)}


# ------------------------------------------------------------------ reconciliation
@pytest.mark.shared
def test_the_reconciliation_service_is_right(root: Path, shared: Path, tmp_path: Path) -> None:
    # The checker takes names of headers by their case. HTTP has none, and granian sends them in lower case; so the same
    # application is served here by a server that leaves them as they are.
    placeholder = make_server("127.0.0.1", 0, lambda environ, start: [])
    base, port = f"http://127.0.0.1:{placeholder.port}/", placeholder.port
    placeholder.server_close()
    settings = load(root, {}, {"build_dir": str(tmp_path / "build"), "base_uri": base})
    build(settings)
    server = make_server("127.0.0.1", port, create_app(settings, Generations(settings), NoEngine()), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        schemas, checker = shared / "suites" / "reconciliation", shared / "tools" / "reconcile_check.py"
        for path, terms in (("reconcile", ["slaap", "Radboud", "stres"]), ("en/reconcile", ["sleep", "stress"])):
            command = [sys.executable, str(checker), str(schemas), base + path, *terms]
            done = subprocess.run(command, capture_output=True, text=True, timeout=120)
            assert done.returncode == 0, done.stdout + done.stderr
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class NoEngine:
    """These surfaces ask no queries."""

    def query(self, request: QueryRequest) -> QueryAnswer:
        raise AssertionError("a query was asked")


def test_the_dataset_has_nine_tenths_of_the_points_of_fairsfair(server: Server, root: Path) -> None:
    def assess(least: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(root / "tools" / "fair.py"), server.url, "--least", least]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    done = assess("0.9")
    assert done.returncode == 0, done.stdout + done.stderr
    score = done.stdout.splitlines()[-1]
    assert score.startswith("score: ") and " of 24, " in score
    assert sum(line.startswith("FsF-") for line in done.stdout.splitlines()) == 16
    # What nobody has done is not counted: registering, and a standard of one community.
    assert done.stdout.count("  no  ") == 2 and assess("0.95").returncode == 1


def test_the_dataset_is_found_from_the_home_page(server: Server) -> None:
    _, page = server.get("/", "text/html")
    assert b'href="/dataset"' in page
    _, told = server.get("/dataset.jsonld")
    assert json.loads(told)["@graph"]
