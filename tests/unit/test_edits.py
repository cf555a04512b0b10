"""What `kggraph build` does with an edit, as who edits sees it."""

from __future__ import annotations

import errno
import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from kggraph.build import build
from kggraph.cli import run
from kggraph.config import Settings, load
from kggraph.errors import GenerationError, NonconformingData, SourceError
from kggraph.operation.keeping import leave_damaged
from kggraph.publish import generation, patch, shelf
from kggraph.publish.changes import is_recorded
from kggraph.publish.generation import Generation, open_current
from kggraph.publish.publication import log_path
from kggraph.store.embedded import EmbeddedEngine, open_store
from kggraph.web import create_app
from kggraph.web.generations import Generations, KnowledgeBase


@pytest.fixture
def settings(root: Path, tmp_path: Path) -> Settings:
    """The bridges, built."""
    shutil.copytree(root / "tests" / "kb_bridges", tmp_path / "kb", ignore=shutil.ignore_patterns("build"))
    found = load(tmp_path / "kb", {})
    build(found)
    return found


def bridge(settings: Settings, name: str = "erasmusbrug") -> Path:
    return settings.data_path / "bridges" / f"{name}.ttl"


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def built(settings: Settings, *steps: str) -> Generation:
    """Built again; with what was told of why it is no patch."""
    told: list[str] = []
    generation = build(settings, progress=lambda step, done, total: told.append(step))
    reasons = [step for step in told if "no patch" in step]
    assert len(reasons) == len(steps) and all(map(str.__contains__, reasons, steps)), reasons
    return generation


def test_only_what_is_named_is_looked_at(settings: Settings) -> None:
    edit(bridge(settings), "802", "803")
    edit(bridge(settings, "millau"), '"Millau', '"Le viaduc de Millau')
    first = build(settings, only=[bridge(settings)])
    assert first.manifest.patches == 1
    descriptions = first.descriptions()
    assert b'"803"' in descriptions.triples("https://example.org/bridges/id/bridge/erasmusbrug")
    assert b"Le viaduc" not in descriptions.triples("https://example.org/bridges/id/bridge/millau")
    descriptions.close()
    second = build(settings)
    assert second.manifest.patches == 2
    assert second.hash == build(settings, patch=False).hash
    with pytest.raises(SourceError, match="none of the sources"):
        build(settings, only=[settings.root / "kggraph.toml"])


def test_the_generation_that_was_patched_need_not_be_kept(settings: Settings) -> None:
    only_one = replace(settings, keep_generations=1)
    edit(bridge(settings), "802", "803")
    generation = build(only_one)
    assert generation.manifest.patches == 1
    kept = [path.name for path in (settings.build_path / "generations").iterdir()]
    assert kept == [generation.hash]
    assert is_recorded(log_path(settings.build_path), generation.hash)


def test_what_is_no_patch_says_why(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(settings.data_path / "schemes" / "forms.ttl", '"hangbrug"@nl', '"hangende brug"@nl')
    assert built(settings, "none of the kind bridge").manifest.patches == 0
    edit(settings.shapes_path / "bridges.ttl", '"A bridge."@en', '"Any bridge."@en')
    assert built(settings, "shapes/bridges.ttl decides over everything").manifest.patches == 0
    monkeypatch.setattr(patch, "MOST_FILES", 1)
    edit(bridge(settings), "802", "803")
    edit(bridge(settings, "millau"), '"Millau', '"Le viaduc de Millau')
    assert built(settings, "More than 1 files changed").manifest.base == ""
    monkeypatch.setattr(patch, "MOST_PATCHES", 1)
    edit(bridge(settings), "803", "804")
    assert built(settings).manifest.patches == 1
    edit(bridge(settings), "804", "805")
    assert built(settings, "There were 1 patches").manifest.patches == 0


def test_an_edit_that_does_not_conform_is_refused_as_by_a_whole_build(settings: Settings) -> None:
    served = open_current(settings).hash
    edit(bridge(settings), "802", "0")
    edit(bridge(settings, "millau"), "br:form", "br:shape")
    refused = []
    for may_patch in (True, False):
        with pytest.raises(NonconformingData) as error:
            build(settings, patch=may_patch)
        refused.append((str(error.value), error.value.lines))
    assert refused[0] == refused[1]
    assert len(refused[0][1]) == 2
    assert open_current(settings).hash == served


def test_an_edit_that_only_moves_a_file_or_says_nothing_new(settings: Settings) -> None:
    (settings.data_path / "bridges" / "old").mkdir()
    bridge(settings).rename(settings.data_path / "bridges" / "old" / "erasmusbrug.ttl")
    edit(bridge(settings, "millau"), "PREFIX br:", "# said before\nPREFIX br:")
    generation = built(settings)
    descriptions = generation.descriptions()
    found = descriptions.get("https://example.org/bridges/id/bridge/erasmusbrug")
    assert found and found.source == "data/bridges/old/erasmusbrug.ttl"
    descriptions.close()
    assert generation.manifest.patches == 1


def test_downloads_of_an_earlier_version_say_so(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    whole = open_current(settings)
    edit(bridge(settings), "802", "803")
    assert run(["--root", str(settings.root), "build", str(bridge(settings))]) == 0
    new = open_current(settings)
    assert new.manifest.base == whole.hash
    assert new.hash in capsys.readouterr().out
    generations = Generations(settings)
    client = create_app(settings, generations, EmbeddedEngine(open_store(new.quads_path.parent))).test_client()
    page = client.get("/dataset", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert f"of version {whole.hash}" in page and '<a href="/ldes">' in page
    for address in ("/dataset.ttl", "/void.ttl"):
        told = client.get(address).get_data(as_text=True)
        assert told.count(f'dcat:version "{whole.hash}"') >= 3 and "/ldes>" in told, address
    assert run(["--root", str(settings.root), "build", "--whole"]) == 0
    again = open_current(settings)
    assert (again.hash, again.manifest.patches) == (new.hash, 0)


def test_a_disk_without_links_and_a_damaged_generation_are_built_as_a_whole(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_link(*paths: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    edit(bridge(settings), "802", "803")
    with monkeypatch.context() as within:
        within.setattr("os.link", no_link)
        assert built(settings, "no hard links").manifest.patches == 0
    for number, name in enumerate(
        ("descriptions.sqlite", "quality.sqlite", "counts.json", "search/facets/facets.json")
    ):
        path = open_current(settings).path / name
        size = path.stat().st_size
        path.write_bytes(b"\0" * size)
        edit(bridge(settings), str(803 + number), str(804 + number))
        generation = built(settings, "no patch")
        assert generation.manifest.patches == 0
        generation.verify()


def test_logs_of_pages_do_not_grow_for_ever(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes, logs = [], []
    for number in range(803, 806):
        edit(bridge(settings), str(number - 1), str(number))
        files = build(settings).manifest.files
        sizes.append(sum(entry.size for name, entry in files.items() if name.endswith("-wal")))
        logs.append({name for name in files if name.endswith("-wal")})
    assert logs[0] == logs[2] == {"descriptions.sqlite-wal", "quality.sqlite-wal", "search/names.sqlite-wal"}
    assert sizes[0] < sizes[1] < sizes[2]  # each has those of the ones before
    monkeypatch.setattr(patch, "MOST_LOG_BYTES", sizes[2] - 1)
    edit(bridge(settings), "805", "806")
    whole = built(settings, "What was edited since the last whole build takes more than")
    assert whole.manifest.patches == 0
    assert not any(name.endswith("-wal") for name in whole.manifest.files)
    edit(bridge(settings), "806", "807")
    assert build(settings).manifest.patches == 1


def test_quick_edits_remove_nothing_that_is_read(settings: Settings) -> None:
    servers = Generations(settings)
    old = servers.current()
    for number in range(803, 808):  # more than are kept
        edit(bridge(settings), str(number - 1), str(number))
        build(settings)
    found: list[bytes] = []

    def read(kb: KnowledgeBase) -> None:
        found.append(kb.descriptions.triples("https://example.org/bridges/id/bridge/erasmusbrug"))

    thread = threading.Thread(target=read, args=(old,))  # which has opened no file yet
    thread.start()
    thread.join()
    assert b'"802"' in found[0]
    folders = settings.build_path / "generations"
    assert (folders / old.hash).is_dir() and len([*folders.iterdir()]) == settings.keep_generations + 1
    del servers, old, thread
    edit(bridge(settings), "807", "808")
    build(settings)
    assert len([*folders.iterdir()]) == settings.keep_generations


def test_a_generation_that_is_removed_cannot_be_opened(settings: Settings, tmp_path: Path) -> None:
    shelf.InUse(open_current(settings).path)
    with pytest.raises(GenerationError, match="Generation gone was removed"):
        shelf.InUse(tmp_path / "gone")


def test_too_few_descriptors_are_no_damage(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    current, said = open_current(settings), list[str]()

    def exhausted(path: Path) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(generation, "file_entry", exhausted)
    leave_damaged(settings, said.append)
    assert (said, open_current(settings).hash) == ([], current.hash)
