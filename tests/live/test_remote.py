"""The store elsewhere: real engines give what the embedded one gives, and publishing is whole or not at all."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import rdflib
from rdflib.compare import isomorphic

from kggraph.build import build
from kggraph.config import Settings, load
from kggraph.errors import EngineError, EngineUnavailable, QueryTimeout
from kggraph.publish.generation import current_hash, open_current
from kggraph.publish.queries import read_queries
from kggraph.store.embedded import EmbeddedEngine, open_store
from kggraph.store.guard import inspect
from kggraph.store.protocol import QueryRequest
from kggraph.store.remote import graph_of, remote_of
from kggraph.store.remote_publication import Publisher, Quads, difference
from tests.every_address import Asked, Site, Told, examples, requests
from tests.live.conftest import environment, started
from tests.live.engines import Engine, published, running
from tests.live.query_host import JSON, Hosted

pytestmark = pytest.mark.live
BRIDGES = Path(__file__).parent.parent / "kb_bridges"
REMOTE = Path(__file__).parent.parent / "cases" / "remote"


def listed(name: str) -> set[str]:
    """The lines of a file, each an engine and a query, without comments."""
    return {line.split("#")[0].strip() for line in (REMOTE / name).read_text("utf-8").splitlines()} - {""}


KNOWN, WRONG = listed("cannot.txt"), listed("wrong.txt")
NTRIPLES = "application/n-triples"


@pytest.fixture(scope="module", params=["oxigraph", "virtuoso"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Each engine, empty at first."""
    with running(request.param, tmp_path_factory.mktemp(request.param)) as found:
        yield found


@pytest.fixture(scope="module")
def remote_settings(engine: Engine, main_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The main knowledge base, published into the engine."""
    return published(main_settings, engine.settings, tmp_path_factory.mktemp("remote-build"))


@pytest.fixture(scope="module")
def hosted(remote_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    """A query host whose workers ask the engine."""
    generation = open_current(remote_settings)
    socket = tmp_path_factory.mktemp("socket") / "q"
    host = Hosted(generation.quads_path.parent, socket, generation.hash, remote=remote_of(remote_settings))
    yield host
    host.stop()


@pytest.fixture(scope="module")
def embedded(main_settings: Settings) -> EmbeddedEngine:
    """The engine in this process, over the same generation."""
    return EmbeddedEngine(open_store(open_current(main_settings).quads_path.parent))


def rows(body: bytes) -> Counter[str]:
    """Solutions as a bag."""
    said = json.loads(body)
    if "boolean" in said:
        return Counter([str(said["boolean"])])
    return Counter(json.dumps(row, sort_keys=True) for row in said["results"]["bindings"])


def test_every_named_query_gives_the_same(
    engine: Engine, hosted: Hosted, embedded: EmbeddedEngine, main_settings: Settings
) -> None:
    queries = read_queries(main_settings.queries_path, base_from=main_settings.base_uri, base_to=main_settings.base_uri)
    assert len(queries) >= 12
    for name, query in queries.items():
        text = query.bind({})
        if inspect(text).kind == "graph":
            there, here = (
                rdflib.Graph().parse(data=body, format="nt")
                for body in (
                    hosted.ask(text, NTRIPLES),
                    embedded.query(QueryRequest(text, NTRIPLES)).read(),
                )
            )
            assert isomorphic(there, here), name
        else:
            there_rows = hosted.ask(text, timeout_s=30.0, max_solutions=10_000)
            assert json.loads(there_rows) == json.loads(embedded.query(QueryRequest(text, JSON)).read()), name


CASES = sorted(REMOTE.glob("*.rq"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_datasets_forms_and_limits_are_the_same(
    case: Path, engine: Engine, hosted: Hosted, embedded: EmbeddedEngine, main_settings: Settings
) -> None:
    text = case.read_text("utf-8").replace("BASE_URI", main_settings.base_uri)
    if f"{engine.name} {case.stem}" in KNOWN:
        with pytest.raises(EngineError):
            hosted.ask(text, max_solutions=10_000)
        return
    there, here = rows(hosted.ask(text, max_solutions=10_000)), rows(embedded.query(QueryRequest(text, JSON)).read())
    assert (there != here) == (f"{engine.name} {case.stem}" in WRONG)


def test_a_cut_result_says_so(hosted: Hosted) -> None:
    request = QueryRequest("SELECT * { ?s ?p ?o }", "text/csv", max_solutions=10)
    answer = hosted.client.query(request)
    assert answer.truncated
    assert answer.read().count(b"\r\n") == 11


LONG = """SELECT (COUNT(*) AS ?n) {
  { SELECT ?a { ?a ?b ?c } LIMIT 2000 } { SELECT ?d { ?d ?e ?f } LIMIT 20000 } FILTER(STR(?a) < STR(?d))
}"""


def test_a_long_query_is_stopped_and_others_are_answered(hosted: Hosted) -> None:
    began = time.monotonic()
    with pytest.raises(QueryTimeout, match="longer than 1 s"):
        hosted.ask(LONG, timeout_s=1.0)
    assert time.monotonic() - began < 10
    assert rows(hosted.ask("ASK { ?s ?p ?o }", timeout_s=30.0)) == Counter(["True"])


def test_all_triples_are_there_exactly(hosted: Hosted, main_settings: Settings) -> None:
    manifest = open_current(main_settings).manifest
    found = json.loads(hosted.ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"))
    assert int(found["results"]["bindings"][0]["n"]["value"]) == manifest.triples


# ------------------------------------------------------------------ the site
ALLOWED = {
    "/oai": (rb"<responseDate>[^<]*", "OAI-PMH tells when it answers"),
    "/readyz": (rb',\s*"engine":\s*"ready"', "only an engine elsewhere may be away"),
    "/metrics": (rb"(?s).+", "each server counts its own"),
}
"""What may differ in the answer of an address, and why; all else is the same to the last byte."""
EACH = int(os.environ.get("KGGRAPH_TEST_EACH", "1"))
"""Of how many things of a kind all documents are compared; `make conformance` takes 20."""
FREE = {f"KGGRAPH_RATE_{name}": "" for name in ("PAGES", "SEARCH", "SPARQL", "EXPORTS")} | {
    "KGGRAPH_MAX_SOLUTIONS": "10000"
}
TURTLE = "@prefix dcterms: <http://purl.org/dc/terms/> . <https://example.org/x> dcterms:title 1 ."
SENT = (
    Asked(
        "/sparql",
        "text/csv",
        b"SELECT ?c (COUNT(*) AS ?n) { ?s a ?c } GROUP BY ?c ORDER BY ?c",
        "application/sparql-query",
    ),
    Asked("/en/sparql", JSON, b"query=ASK+%7B%7D", "application/x-www-form-urlencoded"),
    Asked("/sparql", "*/*", b"update=CLEAR+ALL", "application/x-www-form-urlencoded"),
    Asked("/validate", "text/turtle", TURTLE.encode(), "text/turtle"),
    Asked("/oai", "*/*", b"verb=ListSets", "application/x-www-form-urlencoded"),
    Asked(
        "/reconcile",
        "*/*",
        b"queries=%7B%22a%22%3A%7B%22query%22%3A%22stress%22%7D%7D",
        "application/x-www-form-urlencoded",
    ),
)


@pytest.fixture(scope="module")
def site(main_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> dict[Asked, Told]:
    """What the main knowledge base answers at every address, from the embedded store."""
    env = environment(**FREE, KGGRAPH_BUILD_DIR=main_settings.build_dir)
    with started(root=main_settings.root, env=env) as server, Site(server.url) as here:
        described = json.loads(here.ask(Asked("/openapi.json")).body)
        told = {asked: here.ask(asked) for asked in (*requests(described, examples(main_settings, EACH)), *SENT)}
        pages = {answer.headers["location"] for asked, answer in told.items() if asked.path.startswith("/queries/")}
        return told | {asked: here.ask(asked) for asked in (Asked(page, "text/html") for page in pages)}


def test_every_address_answers_as_before(engine: Engine, remote_settings: Settings, site: dict[Asked, Told]) -> None:
    env = environment(**{**engine.settings, **FREE, "KGGRAPH_BUILD_DIR": str(remote_settings.build_path)})
    with started(root=remote_settings.root, env=env) as server:
        with Site(server.url) as there:
            answers = {asked: there.ask(asked) for asked in site}
        different = {asked for asked, answer in answers.items() if answer != site[asked]}
        unlike = {place(asked) for asked in different} - set(ALLOWED)
        assert not unlike, sorted(str(asked) for asked in different if place(asked) in unlike)[:20]
        assert {place(asked) for asked in different} == set(ALLOWED), "a difference that is no more"
        for asked in different:
            assert without(asked, answers[asked]) == without(asked, site[asked]), asked
        assert len(answers) > 2_000 and {answer.status for answer in answers.values()} & {500, 502, 503} == set()
        body = b"".join(answer.body for answer in answers.values())
        for secret in engine.secrets:
            listing = Path(f"/proc/{server.process.pid}/cmdline").read_bytes()
            for pid in server.processes():
                listing += Path(f"/proc/{pid}/cmdline").read_bytes()
            assert f"\0{secret}\0".encode() not in listing
        said = "\n".join(server.said)
    assert not [secret for secret in engine.secrets if f" {secret} " in said or f" {secret} ".encode() in body]


def place(asked: Asked) -> str:
    """The address without language and parameters."""
    return re.sub(r"^/en(?=/)", "", asked.path).partition("?")[0]


def without(asked: Asked, told: Told) -> tuple[int, bytes, dict[str, str]]:
    """An answer without what may differ, and without the headers that follow from it."""
    headers = {name: value for name, value in told.headers.items() if name not in ("etag", "content-length")}
    return told.status, re.sub(ALLOWED[place(asked)][0], b"", told.body), headers


# ------------------------------------------------------------------ publishing
@pytest.fixture
def kb(engine: Engine, tmp_path: Path) -> Settings:
    """A copy of the knowledge base of bridges that publishes into the engine under a base of its own."""
    root = Path(shutil.copytree(BRIDGES, tmp_path / "kb", ignore=shutil.ignore_patterns("build")))
    return load(root, engine.settings, {"base_uri": f"https://{tmp_path.name}.example.org/"})


def publisher(settings: Settings) -> Publisher:
    """A publisher into the engine of these settings."""
    remote = remote_of(settings)
    assert remote is not None
    return Publisher(remote, settings.build_path)


def test_an_edit_is_published_as_one_update_and_what_is_old_goes(kb: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    versions = [build(kb).hash]
    sent: list[str] = []
    update, graph_store = Publisher._update, Publisher._graph_store
    monkeypatch.setattr(Publisher, "_update", lambda self, text: (sent.append(text), update(self, text))[1])

    def put(self: Publisher, method: str, graph: str, ntriples: bytes) -> None:
        assert "/graph/data/" not in graph, "data were sent in pieces"
        graph_store(self, method, graph, ntriples)

    monkeypatch.setattr(Publisher, "_graph_store", put)
    file = next(path for path in sorted((kb.root / "data").rglob("*.ttl")) if '"@en' in path.read_text())
    for number in range(4):
        sent.clear()
        file.write_text(file.read_text().replace('"@en', f' {number}"@en', 1))
        versions.append(build(kb).hash)
        copied = [text for text in sent if text.startswith(f"COPY <{graph_of(kb.base_uri, versions[-2])}>")]
        assert len(copied) == 1 and copied[0].count("DELETE DATA") == copied[0].count("INSERT DATA") == 1
    assert len(set(versions)) == 5
    assert publisher(kb).complete() == frozenset(versions[-kb.keep_generations :])


def test_the_one_before_stays_in_the_engine_until_all_have_changed_over(kb: Settings) -> None:
    settings = replace(kb, keep_generations=1)
    versions = [build(settings).hash]
    file = next(iter(sorted((kb.root / "data").rglob("*.ttl"))))
    for number in range(2):
        file.write_text(f"{file.read_text()}# edit {number}\n")
        versions.append(build(settings).hash)
    assert publisher(kb).complete() == frozenset(versions[-2:])


def test_an_edit_changes_exactly_its_triples(kb: Settings) -> None:
    first = build(kb)
    file = next(path for path in sorted((kb.root / "data").rglob("*.ttl")) if '"@en' in path.read_text())
    file.write_text(file.read_text().replace('"@en', ' \\"renamed\\" \\\\ é"@en', 1))
    second = build(kb)
    old, new = (Quads(one.hash, one.quads_path, one.manifest.triples) for one in (first, second))
    found = difference(old, new)
    assert found is not None
    assert (len(found.removed), len(found.added)) == (1, 1)
    graph = graph_of(kb.base_uri, second.hash)
    held = publisher(kb)._rows(f"SELECT ?o {{ GRAPH <{graph}> {{ ?s ?p ?o FILTER(CONTAINS(STR(?o), 'renamed')) }} }}")
    assert [row["o"].value.endswith(' "renamed" \\ é') for row in held] == [True]


def test_a_publication_that_breaks_off_leaves_what_is_served_and_goes_on(
    kb: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build(kb).hash
    for file in (kb.root / "data").rglob("*.ttl"):
        file.write_text(file.read_text().replace('"@en', ' again"@en'))
    sent: list[str] = []
    broke: list[bool] = []
    real = Publisher._graph_store

    def breaking(self: Publisher, method: str, graph: str, ntriples: bytes) -> None:
        sent.append("first piece again" if method == "PUT" and "/data/" in graph and broke else method)
        if method == "POST" and sent.count("POST") == 2 and not broke:
            broke.append(True)
            raise EngineUnavailable("The query engine does not answer just now; ask again in a moment.")
        real(self, method, graph, ntriples)

    monkeypatch.setattr("kggraph.store.remote_publication._PIECE_BYTES", 2_000)
    monkeypatch.setattr("kggraph.store.remote_publication._PATCH_LINES", 0)
    monkeypatch.setattr(Publisher, "_graph_store", breaking)
    with pytest.raises(EngineUnavailable):
        build(kb)
    assert current_hash(kb) == first
    assert publisher(kb).complete() == {first}
    sent.clear()
    second = build(kb).hash
    assert publisher(kb).complete() == {first, second}
    assert "first piece again" not in sent
    found = publisher(kb)._rows(f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{graph_of(kb.base_uri, second)}> {{ ?s ?p ?o }} }}")
    assert int(found[0]["n"].value) == open_current(kb).manifest.triples
