"""The version of the sources by what their folders look like: every change is found, however it was made."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from kggraph.build import build
from kggraph.config import Settings, load
from kggraph.errors import SourceError
from kggraph.publish import inputs, looks, seen
from kggraph.publish.inputs import (
    changed_since,
    hash_of_files,
    reading,
    remember_built,
)
from kggraph.publish.seen import FILE_NAME, Seen, trusted
from kggraph.publish.spool import look_of_read
from kggraph.rdf.source import read_folder


@pytest.fixture(params=[False, True], ids=["one after another", "side by side"])
def settings(request: pytest.FixtureRequest, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The bridges, looked at before; with what changed just now trusted as what changed long ago is."""
    if request.param:
        monkeypatch.setattr(looks, "_MANY_FOLDERS", 1)
    shutil.copytree(root / "tests" / "kb_bridges", tmp_path / "kb", ignore=shutil.ignore_patterns("build"))
    found = load(tmp_path / "kb", {})
    found.build_path.mkdir()
    monkeypatch.setattr(seen, "_RECENT_NS", -(10**12))
    hash_of_files(found, remember=True)
    return found


def edited(path: Path) -> None:
    path.write_text(path.read_text("utf-8") + "# more\n", "utf-8")


def edited_with_the_same_size_and_time(path: Path) -> None:
    before, text = path.stat(), path.read_text("utf-8")
    path.write_text(text[:-1].replace("bridge", "brigde") + text[-1], "utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


def replaced_by_another(path: Path) -> None:
    new = path.with_name(".new")
    shutil.copy2(path, new)
    edited_with_the_same_size_and_time(new)
    new.replace(path)


def renamed(path: Path) -> None:
    path.rename(path.with_name("other.ttl"))


def removed(path: Path) -> None:
    path.unlink()


def in_a_folder_that_is_hidden(path: Path) -> None:
    path.parent.rename(path.parent.with_name(".hidden"))


def with_one_more(path: Path) -> None:
    (path.parent / "more").mkdir()
    shutil.copy(path, path.parent / "more" / path.name)


@pytest.mark.parametrize(
    "change",
    [
        edited,
        edited_with_the_same_size_and_time,
        replaced_by_another,
        renamed,
        removed,
        in_a_folder_that_is_hidden,
        with_one_more,
    ],
)
def test_every_change_is_found(settings: Settings, change: Callable[[Path], None]) -> None:
    before = hash_of_files(settings)
    change(settings.data_path / "bridges" / "erasmusbrug.ttl")
    changed = hash_of_files(settings)
    assert changed != before
    (settings.build_path / FILE_NAME).unlink()
    assert hash_of_files(settings) == changed, "the same as when every file is read"


def test_files_that_look_the_same_are_not_read(settings: Settings) -> None:
    before = hash_of_files(settings)
    change(settings, "UPDATE folder SET digest = 'none' WHERE path = 'data/bridges'")
    assert hash_of_files(settings) != before, "it believed what was written of a folder"
    change(settings, "UPDATE folder SET stamp = ''")
    assert hash_of_files(settings) == before
    change(settings, "UPDATE file SET sha256 = 'none' WHERE name = 'erasmusbrug.ttl'")
    assert hash_of_files(settings) != before, "it believed what was written of a file"
    change(settings, "UPDATE file SET look = '' WHERE name = 'erasmusbrug.ttl'")
    assert hash_of_files(settings) == before


def change(settings: Settings, sql: str) -> None:
    with closing(sqlite3.connect(settings.build_path / FILE_NAME, isolation_level=None)) as database:
        assert database.execute(sql).rowcount


@pytest.mark.parametrize("data", [b"", b"{", b"SQLite format 3\0", b"half"])
def test_what_is_damaged_is_made_anew(settings: Settings, data: bytes) -> None:
    before = hash_of_files(settings)
    path = settings.build_path / FILE_NAME
    whole = path.read_bytes()
    path.write_bytes(data if data != b"half" else whole[: len(whole) // 2])
    assert hash_of_files(settings) == before
    assert hash_of_files(settings, remember=True) == before
    with closing(Seen(settings.build_path, remember=False)) as known:
        assert "data/bridges" in known.folders()


def test_what_changed_just_now_is_not_trusted() -> None:
    now = time.time_ns()
    assert trusted(f"3 {now - 10**10} 1", now)
    assert not trusted(f"3 {now - 10**8} 1", now)
    assert not trusted("", now)


def test_what_changed_since_a_generation(settings: Settings) -> None:
    data = settings.data_path / "bridges"
    hash_of_files(settings, remember=True)
    assert changed_since(settings, "first") is None, "nothing was built of it yet"
    remember_built(settings, "first")
    assert changed_since(settings, "first") == {}
    assert changed_since(settings, "other") is None
    first = hash_of(data / "erasmusbrug.ttl")
    edited(data / "erasmusbrug.ttl")
    hash_of_files(settings, remember=True)
    edited(data / "erasmusbrug.ttl")
    shutil.copy(data / "erasmusbrug.ttl", data / "more.ttl")
    hash_of_files(settings, remember=True)
    now = hash_of(data / "more.ttl")
    expected = {"data/bridges/erasmusbrug.ttl": (first, now), "data/bridges/more.ttl": ("", now)}
    assert changed_since(settings, "first") == expected


@pytest.mark.parametrize("change", [edited, edited_with_the_same_size_and_time, replaced_by_another, removed])
def test_only_what_is_named_is_looked_at(settings: Settings, change: Callable[[Path], None]) -> None:
    data = settings.data_path / "bridges"
    remember_built(settings, "first")
    first, other = data / "erasmusbrug.ttl", next(path for path in sorted(data.iterdir()) if path.stem > "f")
    edited(other)
    before = hash_of(first)
    change(first)
    version = hash_of_files(settings, remember=True, only=[first])
    now = hash_of(first) if first.exists() else ""
    assert changed_since(settings, "first") == {"data/bridges/erasmusbrug.ttl": (before, now)}
    both = hash_of_files(settings, remember=True)
    assert both != version
    assert set(changed_since(settings, "first") or ()) == {"data/bridges/erasmusbrug.ttl", f"data/bridges/{other.name}"}
    (settings.build_path / FILE_NAME).unlink()
    assert hash_of_files(settings) == both


def test_a_file_that_is_no_source_is_refused(settings: Settings) -> None:
    for path in ("kggraph.toml", "data/bridges/.hidden.ttl", "../elsewhere.ttl"):
        with pytest.raises(SourceError, match="none of the sources"):
            hash_of_files(settings, remember=True, only=[Path(path)])


def test_a_file_that_is_not_there_and_never_was_is_refused(settings: Settings) -> None:
    remember_built(settings, "first")
    with pytest.raises(SourceError, match="no such file, and there was none"):
        hash_of_files(settings, remember=True, only=[Path("data/bridges/erasmusbug.ttl")])
    gone = settings.data_path / "bridges" / "erasmusbrug.ttl"
    gone.unlink()
    # As often as one likes, until a generation is built without it: the build may not have come so far.
    versions = {hash_of_files(settings, remember=True, only=[gone]) for _ in range(2)}
    assert len(versions) == 1
    remember_built(settings, versions.pop())
    with pytest.raises(SourceError, match="no such file"):
        hash_of_files(settings, remember=True, only=[gone])


def hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_build_has_the_version_that_was_looked_up(settings: Settings) -> None:
    edited(settings.data_path / "bridges" / "erasmusbrug.ttl")
    version = hash_of_files(settings)
    assert build(settings).hash == version == hash_of_files(settings)


def test_what_was_read_is_not_read_again(settings: Settings) -> None:
    version = forgotten_and_built(settings)
    change(settings, "UPDATE folder SET digest = 'none' WHERE path = 'data/bridges'")
    assert hash_of_files(settings) != version, "it believed what the build wrote of a folder"
    change(settings, "UPDATE folder SET stamp = ''")
    assert hash_of_files(settings) == version
    edited(settings.data_path / "bridges" / "erasmusbrug.ttl")
    assert hash_of_files(settings) != version


def forgotten_and_built(settings: Settings) -> str:
    (settings.build_path / FILE_NAME).unlink()
    return build(settings).hash


@pytest.mark.parametrize(
    "change", [edited, edited_with_the_same_size_and_time, replaced_by_another, renamed, removed, with_one_more]
)
def test_what_changes_while_all_are_read_is_noticed(settings: Settings, change: Callable[[Path], None]) -> None:
    path = settings.data_path / "bridges" / "erasmusbrug.ttl"
    version = read_all(settings, lambda: change(path))
    now = hash_of_files(settings)
    assert now != version
    (settings.build_path / FILE_NAME).unlink()
    assert hash_of_files(settings) == now, "the same as when every file is read"


@pytest.mark.parametrize("remember", [True, False])
def test_folders_in_folders_make_the_same_version(settings: Settings, remember: bool) -> None:
    data = settings.data_path
    for name in ("bridges/a/x.ttl", "bridges/a/b/x.ttl", "bridges/a.ttl", "bridges/a-b/x.ttl", "bridges/z/x.ttl"):
        (data / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(data / "bridges" / "erasmusbrug.ttl", data / name)
    version = read_all(settings, remember=remember)
    assert version == hash_of_files(settings)
    (settings.build_path / FILE_NAME).unlink(missing_ok=True)
    assert version == hash_of_files(settings)


def test_a_build_can_remember_while_another_process_looks(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A look at a million files takes longer than a build would wait for its end."""
    plain, path = inputs.looks, settings.data_path / "bridges" / "erasmusbrug.ttl"

    def meanwhile(*arguments: Any) -> Iterator[tuple[str, seen.Look]]:
        monkeypatch.setattr(inputs, "looks", plain)
        edited(path)
        hash_of_files(settings, remember=True)
        return plain(*arguments)

    monkeypatch.setattr(inputs, "looks", meanwhile)
    looked = hash_of_files(settings)
    with closing(Seen(settings.build_path, remember=False)) as known:
        assert known.files("data/bridges")[path.name].sha256 == hash_of(path)
    (settings.build_path / FILE_NAME).unlink()
    assert looked == hash_of_files(settings), "the same as when every file is read"


def test_nothing_is_remembered_when_not_all_could_be_read(settings: Settings) -> None:
    def broken() -> None:
        raise OSError("no memory")

    with pytest.raises(OSError, match="no memory"):
        read_all(settings, broken)
    with closing(Seen(settings.build_path, remember=False)) as known:
        assert known.folders() == {}


def read_all(settings: Settings, last: Callable[[], None] = lambda: None, *, remember: bool = True) -> str:
    """The version of the sources as they are read now.

    :param last: what happens when all are read, and it is not yet remembered what they look like.
    """
    with reading(settings, remember=remember) as taken:
        now_ns = time.time_ns()
        for folder in looks.source_folders(settings):
            for file in read_folder(folder, root=settings.root, blank_nodes=True):
                taken.take(file.relative, file.sha256, look_of_read(file, now_ns))
        last()
        return taken.version()


def test_data_elsewhere_are_built_anew_when_they_change(settings: Settings, tmp_path: Path) -> None:
    settings.data_path.rename(tmp_path / "elsewhere")
    shutil.rmtree(settings.build_path)
    moved = load(settings.root, {"KGGRAPH_DATA_DIR": str(tmp_path / "elsewhere")})
    first = build(moved)
    assert build(moved).hash == first.hash
    path = tmp_path / "elsewhere" / "bridges" / "golden-gate.ttl"
    path.write_text(path.read_text("utf-8").replace("Golden Gate Bridge", "Golden Gate Crossing"), "utf-8")
    assert b"Golden Gate Crossing" in build(moved).quads_path.read_bytes()
