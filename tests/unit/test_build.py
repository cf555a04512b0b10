"""Building: what a generation holds, that nothing half or wrong is ever put in place, and what is said when not."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from kggraph.build import build, current_hash, open_current
from kggraph.config import Settings, load
from kggraph.errors import ConfigError, GenerationError, NonconformingData, ShapesError, SourceError
from kggraph.publish import spool
from kggraph.rdf.source import read_folder
from kggraph.store.files import is_on_disk, open_store
from kggraph.store.on_disk import being_written
from tests.live.conftest import alive, descendants, until

BASE = "https://example.org/bridges/"
XSD_INTEGER = ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")


@pytest.fixture
def settings(root: Path, tmp_path: Path) -> Settings:
    """Settings of a copy of the small knowledge base of bridges, not built."""
    shutil.copytree(root / "tests" / "kb_bridges", tmp_path / "kb", ignore=shutil.ignore_patterns("build"))
    return load(tmp_path / "kb", {})


def write(settings: Settings, name: str, text: str) -> None:
    path = settings.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def replace(settings: Settings, name: str, old: str, new: str) -> None:
    text = (settings.root / name).read_text("utf-8")
    assert old in text
    write(settings, name, text.replace(old, new))


BRIDGE = """
PREFIX br: <https://example.org/bridges/def#>
PREFIX bridge: <https://example.org/bridges/id/bridge/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>

bridge:%s a br:Bridge ; rdfs:label "New"@en ;
    br:form <https://example.org/bridges/id/form/arch> ;
    br:lengthM %s .
"""


# ------------------------------------------------------------------ what is in it
def test_a_generation_holds_the_sources_and_nothing_else(settings: Settings) -> None:
    generation = build(settings)
    expected: set[bytes] = set()
    for name in ("data", "ontology"):
        for file in read_folder(settings.root / name, root=settings.root, blank_nodes=True):
            expected.update(file.ntriples.splitlines())
    with gzip.open(generation.dumps_path / "dump.nt.gz") as file:
        dumped = file.read().splitlines()
    assert sorted(dumped) == sorted(expected)
    assert generation.manifest.triples == len(expected)
    quads = list(ox.parse(path=generation.quads_path, format=ox.RdfFormat.N_QUADS))
    by_graph: dict[str, list[ox.Quad]] = {}
    for quad in quads:
        by_graph.setdefault(str(quad.graph_name), []).append(quad)
    assert sorted(by_graph) == [
        "<https://example.org/bridges/graph/" + name + ">" for name in ("ontology", "shapes", "void")
    ] + ["DEFAULT"]
    assert len(by_graph["DEFAULT"]) == len(expected), "no triple twice"
    with gzip.open(generation.dumps_path / "dump.ttl.gz") as file:
        turtle = {str(quad.triple) for quad in ox.parse(file.read(), ox.RdfFormat.TURTLE)}
    assert len(turtle) == len(expected)
    assert generation.manifest.kinds["bridge"] == len(list(settings.data_path.glob("bridges/*.ttl")))
    assert generation.manifest.classes[f"{BASE}def#Bridge"] == generation.manifest.kinds["bridge"]


def test_void_counts_what_is_there(settings: Settings) -> None:
    generation = build(settings)
    graph = ox.NamedNode(f"{BASE}graph/void")
    store = ox.Store()
    store.bulk_load(path=generation.quads_path, format=ox.RdfFormat.N_QUADS)
    void = "http://rdfs.org/ns/void#"
    for part, said, count in (
        ("class", "a ?of", "entities"),
        ("property", "?of ?o", "triples"),
    ):
        query = f"""
            SELECT ?of ?told (COUNT(*) AS ?counted) WHERE {{
                GRAPH <{graph.value}> {{ ?part <{void}{part}> ?of ; <{void}{count}> ?told }} ?s {said}
            }} GROUP BY ?of ?told
        """
        solutions = list(store.query(query))  # type: ignore[arg-type]
        assert solutions
        for solution in solutions:
            assert solution["told"].value == solution["counted"].value, solution["of"]


def test_the_manifest_names_every_file_with_its_hash(settings: Settings) -> None:
    generation = build(settings)
    found = {
        path.relative_to(generation.path).as_posix(): path for path in generation.path.rglob("*") if path.is_file()
    }
    assert set(generation.manifest.files) == set(found) - {"manifest.json"}
    for name, entry in generation.manifest.files.items():
        data = found[name].read_bytes()
        assert (entry.size, entry.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    generation.verify()
    assert open_current(settings) == generation
    assert current_hash(settings) == generation.hash == generation.path.name


def test_two_builds_give_the_same_bytes(settings: Settings) -> None:
    first = build(settings)
    files = dict(first.manifest.files)
    shutil.rmtree(settings.build_path)
    second = build(settings)
    assert second.hash == first.hash
    assert second.manifest.files == files


def test_the_version_follows_everything_that_matters(settings: Settings, tmp_path: Path) -> None:
    first = build(settings).hash
    other_base = load(settings.root, {}, {"base_uri": "http://localhost:8000/"})
    assert build(other_base).hash != first
    assert build(settings).hash == first
    write(settings, "data/bridges/new.ttl", BRIDGE % ("new", "10"))
    second = build(settings).hash
    assert second not in (first, other_base)
    replace(settings, "shapes/bridges.ttl", '"name"@en', '"Name"@en')
    assert build(settings).hash not in (first, second)
    moved = shutil.copytree(settings.root, tmp_path / "moved", ignore=shutil.ignore_patterns("build"))
    assert build(load(moved, {})).hash == build(settings).hash, "where the folder stands does not matter"


def test_another_base_is_mapped(settings: Settings) -> None:
    generation = build(load(settings.root, {}, {"base_uri": "http://localhost:8000/"}))
    described = generation.descriptions().get("http://localhost:8000/id/bridge/erasmusbrug")
    assert described
    assert BASE.encode() not in described.ntriples
    assert generation.model().main.iri == "http://localhost:8000/def#Bridge"
    assert generation.facets().size == generation.manifest.kinds["bridge"]


def test_nothing_changed_is_nothing_made(settings: Settings) -> None:
    steps: list[str] = []
    first = build(settings)
    second = build(settings, progress=lambda step, done, total: steps.append(step))
    assert second == first
    assert set(steps) == {"look for changes", "record what changed"}


def test_what_is_old_is_removed(settings: Settings) -> None:
    hashes = []
    for length in range(1, 6):
        write(settings, "data/bridges/new.ttl", BRIDGE % ("new", length))
        hashes.append(build(settings).hash)
    kept = {path.name for path in (settings.build_path / "generations").iterdir()}
    assert kept == set(hashes[-3:])
    write(settings, "data/bridges/new.ttl", BRIDGE % ("new", 3))
    assert build(settings).hash == hashes[2], "an old one is current again without a new build"
    write(settings, "data/bridges/new.ttl", BRIDGE % ("new", 9))
    hashes.append(build(settings).hash)
    kept = {path.name for path in (settings.build_path / "generations").iterdir()}
    assert kept == {hashes[2], hashes[4], hashes[5]}, "those that were current last are kept"


def test_a_damaged_generation_is_made_again(settings: Settings) -> None:
    generation = build(settings)
    (generation.path / "descriptions.sqlite").write_bytes(b"half")
    with pytest.raises(GenerationError, match=r"descriptions\.sqlite of generation \w+ is damaged"):
        open_current(settings)
    again = build(settings)
    again.verify()
    assert again.hash == generation.hash


def test_flipped_bytes_are_found(settings: Settings) -> None:
    generation = build(settings)
    data = bytearray(generation.quads_path.read_bytes())
    data[100] ^= 1
    generation.quads_path.write_bytes(data)
    with pytest.raises(GenerationError, match=r"quads\.nq of generation"):
        generation.verify()


def test_no_generation_yet(settings: Settings) -> None:
    assert current_hash(settings) is None
    with pytest.raises(GenerationError, match="run kggraph build"):
        open_current(settings)


# ------------------------------------------------------------------ what is refused
def test_a_syntax_error_leaves_what_is_served(settings: Settings) -> None:
    served = build(settings).hash
    write(settings, "data/bridges/new.ttl", "@prefix br: <https://example.org/bridges/def#> .\nbr:a br:b ;; .\n")
    with pytest.raises(SourceError) as refused:
        build(settings)
    assert str(refused.value).startswith("data/bridges/new.ttl:2:")
    assert current_hash(settings) == served
    assert [path.name for path in (settings.build_path / "generations").iterdir()] == [served]


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", 'data/bridges/new.ttl:8: length (m): A length is a whole number of metres, 1 or more. (found: "0")'),
        ("nl", 'data/bridges/new.ttl:8: lengte (m): Een lengte is een heel aantal meters, 1 of meer. (gevonden: "0")'),
    ],
)
def test_nonconforming_data_are_explained(settings: Settings, lang: str, said: str) -> None:
    served = build(settings).hash
    write(settings, "data/bridges/new.ttl", BRIDGE % ("new", "0"))
    with pytest.raises(NonconformingData) as refused:
        build(settings, lang=lang)
    assert refused.value.violations == 1
    assert refused.value.lines == (said,)
    assert str(refused.value).endswith("1 violation. Nothing was published.")
    assert current_hash(settings) == served


def test_lines_are_right_with_another_base(settings: Settings) -> None:
    write(settings, "data/bridges/new.ttl", BRIDGE % ("new", "0"))
    with pytest.raises(NonconformingData) as refused:
        build(load(settings.root, {}, {"base_uri": "http://localhost:8000/"}), lang="en")
    assert refused.value.lines[0].startswith("data/bridges/new.ttl:8: length (m): ")


def test_warnings_are_published_and_kept(settings: Settings) -> None:
    replace(settings, "shapes/bridges.ttl", "sh:minInclusive 1 ;", "sh:minInclusive 1 ; sh:severity sh:Warning ;")
    write(settings, "data/bridges/new.ttl", BRIDGE % ("new", "0"))
    generation = build(settings)
    assert generation.manifest.results == {"Warning": 1}
    (result,) = generation.report().results
    assert result.value == '"0"^^<http://www.w3.org/2001/XMLSchema#integer>'
    assert result.messages["en"] == "A length is a whole number of metres, 1 or more."


def test_a_shape_that_checks_nothing_is_refused(settings: Settings) -> None:
    replace(settings, "shapes/bridges.ttl", "sh:targetClass br:Designer", "sh:targetClass br:Desinger")
    with pytest.raises(ShapesError, match=r"Nothing in the data is checked by <https://example.org/bridges/shapes#D"):
        build(settings)
    replace(settings, "shapes/bridges.ttl", 'kg:kind "designer" ;', 'kg:kind "designer" ; kg:mayBeEmpty true ;')
    build(settings)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "data/bridges/new.ttl",
            BRIDGE % ("other", "1"),
            "data/bridges/new.ttl:6: The file is called new.ttl and describes <https://example.org/bridges/id/bridge/"
            "other>; rename it to other.ttl, or correct the IRI.",
        ),
        (
            "data/bridges/new.ttl",
            BRIDGE % ("new", "1") + "bridge:stray rdfs:label 'stray'@en .",
            "data/bridges/new.ttl:9: <https://example.org/bridges/id/bridge/stray> is described in the file of "
            "<https://example.org/bridges/id/bridge/new>; move it to a file of its own, stray.ttl.",
        ),
        (
            "data/bridges/new.ttl",
            "<https://example.com/x> <https://example.com/y> 'z' .",
            "data/bridges/new.ttl:1: <https://example.com/x> is not under the base of this knowledge base, "
            "<https://example.org/bridges/>; correct the IRI, or say this of a thing of our own.",
        ),
        (
            "data/more/millau.ttl",
            BRIDGE % ("millau", "1"),
            "data/more/millau.ttl:6: <https://example.org/bridges/id/bridge/millau> is described here and in "
            "data/bridges/millau.ttl:8; put all that is said of it in one file.",
        ),
        (
            "data/mixed.ttl",
            "@base <https://example.org/bridges/> . <id/bridge/a> a <def#Bridge> . <id/designer/b> a <def#Designer> .",
            "data/mixed.ttl:1: The file describes things of several kinds (bridge, designer) and is named after none "
            "of them; give each thing a file of its own, named by the last part of its IRI.",
        ),
    ],
)
def test_files_own_what_they_describe(settings: Settings, name: str, text: str, said: str) -> None:
    write(settings, name, text)
    with pytest.raises(SourceError) as refused:
        build(settings)
    assert str(refused.value) == said


def test_a_thing_of_the_data_may_not_be_in_the_ontology(settings: Settings) -> None:
    write(settings, "ontology/more.ttl", f"<{BASE}id/bridge/millau> <{BASE}def#x> 'y' .")
    with pytest.raises(SourceError, match=r"is described here and in ontology/more\.ttl:1"):
        build(settings)


def test_a_collection_of_one_kind_is_allowed(settings: Settings) -> None:
    text = "@base <https://example.org/bridges/> . <id/note/a> <def#says> 'a' . <id/note/b> <def#says> 'b' ."
    write(settings, "data/notes.ttl", text)
    assert build(settings).manifest.kinds["note"] == 2


# ------------------------------------------------------------------ folders that are not right
def test_missing_folders_are_one_sentence(settings: Settings) -> None:
    shutil.rmtree(settings.shapes_path)
    with pytest.raises(ConfigError, match="There is no folder"):
        build(settings)
    settings.shapes_path.mkdir()
    with pytest.raises(ConfigError, match=r"There are no \.ttl files in"):
        build(settings)


def test_a_build_folder_that_is_a_file(settings: Settings) -> None:
    settings.build_path.write_text("")
    with pytest.raises(ConfigError, match="The build folder build cannot be written to: "):
        build(settings)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_build_folder_that_is_read_only(settings: Settings) -> None:
    settings.build_path.mkdir(mode=0o555)
    with pytest.raises(ConfigError, match="Permission denied"):
        build(settings)


# ------------------------------------------------------------------ stopped and crowded builds
SCRIPT = """
import signal
import sys
from pathlib import Path
from kggraph.build import build
from kggraph.config import load

def show(step, done, total):
    print(step, flush=True)
    if step == sys.argv[2]:
        signal.pause()

build(load(Path(sys.argv[1]), {}), progress=show, patch=sys.argv[2] in ("", "patch"))
"""


def start(settings: Settings, until: str = "") -> subprocess.Popen[str]:
    """A build that goes on until that step, or to its end."""
    command = [sys.executable, "-c", SCRIPT, str(settings.root), until]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    "step", ["validate and compile", "write dumps", "index texts", "check and close", "end", "patch"]
)
def test_a_killed_build_leaves_the_old_or_the_new(settings: Settings, step: str) -> None:
    served = build(settings).hash
    write(settings, "data/bridges/new.ttl", BRIDGE % ("new", "10"))
    process = start(settings, step)
    assert process.stdout
    while (line := process.stdout.readline()) and line.strip() != step:
        pass
    below = descendants(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert until(lambda: not alive(below)), "no process of a killed build stays behind"
    generation = open_current(settings)
    generation.verify()
    if step != "end":
        assert generation.hash == served
    finished = build(settings)
    finished.verify()
    assert finished.manifest.kinds["bridge"] == len(list(settings.data_path.glob("bridges/*.ttl")))
    left = [path.name for path in (settings.build_path / "generations").iterdir()]
    assert sorted(left) == sorted({served, finished.hash}), "what the killed build left is gone"


@pytest.mark.parametrize("half", [b"", b"\x80\x05\x95"])
def test_what_a_killed_build_had_prepared_for_the_log_is_no_matter(settings: Settings, half: bytes) -> None:
    build(settings)
    write(settings, "data/bridges/new.ttl", BRIDGE % ("new", "10"))
    (settings.build_path / "changes.next").write_bytes(half)
    build(settings).verify()
    assert not (settings.build_path / "changes.next").exists()


def test_killed_at_any_moment(settings: Settings) -> None:
    """Six moments of one build, wherever they fall: each time the served generation is whole."""
    build(settings)
    began = time.monotonic()
    start(settings).communicate()
    took = time.monotonic() - began
    for moment in range(6):
        write(settings, "data/bridges/new.ttl", BRIDGE % ("new", 100 + moment))
        process = start(settings)
        time.sleep(took * (0.5 + 0.15 * moment))
        process.kill()
        process.communicate()
        open_current(settings).verify()


def test_two_builds_at_once_wait_for_each_other(settings: Settings) -> None:
    processes = [start(settings) for _ in range(3)]
    outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sum("validate and compile" in output for output in outputs) == 1, "one makes it, the others find it made"
    open_current(settings).verify()


# ------------------------------------------------------------------ many files
def test_chunks_give_the_same_as_the_whole(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """With two files a chunk, in other processes, every result and every file is the same."""
    for number in range(8):
        write(settings, f"data/bridges/new-{number}.ttl", BRIDGE % (f"new-{number}", number % 3))
    replace(settings, "shapes/bridges.ttl", "sh:minInclusive 1 ;", "sh:minInclusive 1 ; sh:severity sh:Info ;")
    whole = build(settings)
    assert whole.manifest.results == {"Info": 3}
    shutil.copytree(whole.path, settings.root / "whole")
    shutil.rmtree(settings.build_path)
    for module in (spool, sys.modules["kggraph.build"]):
        monkeypatch.setattr(module, "SEGMENT_FILES", 2)
    chunked = build(settings)
    assert chunked.manifest.files == whole.manifest.files
    assert json.loads((settings.root / "whole" / "report.json").read_text()) == json.loads(
        (chunked.path / "report.json").read_text()
    )
    write(settings, "data/bridges/wrong.ttl", "wrong")
    with pytest.raises(SourceError, match=r"^data/bridges/wrong\.ttl:1:") as refused:
        build(settings)
    assert refused.value.line == 1


def test_the_pool_is_not_needed_for_a_few_files(settings: Settings) -> None:
    before: Callable[[], list[multiprocessing.process.BaseProcess]] = multiprocessing.active_children
    build(settings)
    assert before() == []


def test_what_is_too_large_for_memory_is_kept_on_disk(settings: Settings) -> None:
    in_memory = build(settings)
    assert not is_on_disk(in_memory.quads_path.parent)
    on_disk = build(dataclasses.replace(settings, memory_limit_triples=10))
    assert is_on_disk(on_disk.quads_path.parent)
    stores = [open_store(generation.quads_path.parent) for generation in (in_memory, on_disk)]
    assert {str(quad) for quad in stores[0] if "void" not in str(quad)} == {
        str(quad) for quad in stores[1] if "void" not in str(quad)
    }
    on_disk.verify()


def run_build(settings: Settings) -> subprocess.CompletedProcess[str]:
    """By a process of its own, in which other processes can be started quickly."""
    return subprocess.run(
        [sys.executable, "-m", "kggraph", "build"],
        cwd=settings.root,
        env={**os.environ, "KGGRAPH_MEMORY_LIMIT_TRIPLES": "10"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_database_on_disk_that_is_made_while_quads_are_written_holds_them_all(settings: Settings) -> None:
    done = run_build(settings)
    assert done.returncode == 0, done.stderr
    generation = open_current(settings)
    folder = generation.quads_path.parent
    assert is_on_disk(folder) and not being_written(generation.quads_path).exists()
    assert len(open_store(folder)) == len(generation.quads_path.read_bytes().splitlines()) > 10
    generation.verify()


def test_a_build_that_is_refused_leaves_no_process_that_waits_for_quads(settings: Settings) -> None:
    write(settings, "data/bridges/new.ttl", BRIDGE % ("new", '"long"'))
    done = run_build(settings)
    assert done.returncode == 1 and "Nothing was published" in done.stdout + done.stderr
    asked = subprocess.run(["pgrep", "-f", str(settings.root)], capture_output=True, text=True, check=False)
    assert asked.stdout == ""
    assert current_hash(settings) is None
