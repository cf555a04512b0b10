"""The store elsewhere: real engines give what the embedded one gives, and publishing is whole or not at all."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import rdflib
from rdflib.compare import isomorphic

from kggraph.build import build
from kggraph.config import Settings, load
from kggraph.errors import EngineError, EngineUnavailable
from kggraph.publish.generation import current_hash, open_current
from kggraph.publish.queries import read_queries
from kggraph.store.embedded import EmbeddedEngine, open_store
from kggraph.store.guard import inspect
from kggraph.store.protocol import QueryRequest
from kggraph.store.remote import graph_of, remote_of
from kggraph.store.remote_publication import Publisher, Quads, difference
from tests.live.conftest import environment, started
from tests.live.engines import Engine, running
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
    folder = tmp_path_factory.mktemp("remote-build")
    shutil.copytree(main_settings.build_path, folder, symlinks=True, dirs_exist_ok=True)
    settings = load(main_settings.root, engine.settings, {"build_dir": str(folder)})
    build(settings)
    return settings


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
        if f"{engine.name} {name}" in WRONG:
            continue
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
            there_rows = rows(hosted.ask(text, timeout_s=30.0, max_solutions=10_000))
            here_rows = rows(embedded.query(QueryRequest(text, JSON)).read())
            assert there_rows == here_rows, (name, there_rows - here_rows, here_rows - there_rows)


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
    assert rows(hosted.ask(text, max_solutions=10_000)) == rows(embedded.query(QueryRequest(text, JSON)).read())


def test_a_cut_result_says_so(hosted: Hosted) -> None:
    request = QueryRequest("SELECT * { ?s ?p ?o }", "text/csv", max_solutions=10)
    answer = hosted.client.query(request)
    assert answer.truncated
    assert answer.read().count(b"\r\n") == 11


def test_all_triples_are_there_exactly(hosted: Hosted, main_settings: Settings) -> None:
    manifest = open_current(main_settings).manifest
    found = json.loads(hosted.ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"))
    assert int(found["results"]["bindings"][0]["n"]["value"]) == manifest.triples


def test_the_site_is_served_as_before(
    engine: Engine, remote_settings: Settings, capfd: pytest.CaptureFixture[str]
) -> None:
    env = environment(**engine.settings, KGGRAPH_BUILD_DIR=str(remote_settings.build_path))
    with started(root=remote_settings.root, env=env) as server:
        status, body = server.get("/items", "text/html")
        assert status == 200
        base = remote_settings.base_uri
        query = f"SELECT%20(COUNT(*)%20AS%20%3Fn)%20%7B%20%3Fi%20a%20%3C{base}def%23Item%3E%20%7D"
        assert rows(server.get(f"/sparql?query={query}", JSON)[1]) == Counter(
            ['{"n": {"datatype": "http://www.w3.org/2001/XMLSchema#integer", "type": "literal", "value": "498"}}']
        )
        ready = json.loads(server.get("/readyz")[1])
        assert ready["engine"] == "ready"
        for secret in engine.secrets:
            listing = Path(f"/proc/{server.process.pid}/cmdline").read_bytes()
            for pid in server.processes():
                listing += Path(f"/proc/{pid}/cmdline").read_bytes()
            assert f"\0{secret}\0".encode() not in listing
        said = "\n".join(server.said)
    assert not [secret for secret in engine.secrets if f" {secret} " in said + body.decode()]


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


def test_an_edit_is_published_as_one_update_and_what_is_old_goes(kb: Settings) -> None:
    versions = [build(kb).hash]
    for number in range(4):
        file = next(iter(sorted((kb.root / "data").rglob("*.ttl"))))
        file.write_text(f"{file.read_text()}# edit {number}\n")
        versions.append(build(kb).hash)
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
