"""The version of the sources by what their folders look like: every change is found, however it was made."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kggraph.build import build
from kggraph.config import Settings, load
from kggraph.publish import seen
from kggraph.publish.inputs import hash_of_files
from kggraph.publish.seen import FILE_NAME, Seen, look_at


@pytest.fixture
def settings(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The bridges, looked at before; with what changed just now trusted as what changed long ago is."""
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


def with_one_more(path: Path) -> None:
    (path.parent / "more").mkdir()
    shutil.copy(path, path.parent / "more" / path.name)


@pytest.mark.parametrize(
    "change",
    [edited, edited_with_the_same_size_and_time, replaced_by_another, renamed, removed, with_one_more],
)
def test_every_change_is_found(settings: Settings, change: Callable[[Path], None]) -> None:
    before = hash_of_files(settings)
    change(settings.data_path / "bridges" / "erasmusbrug.ttl")
    changed = hash_of_files(settings)
    assert changed != before
    (settings.build_path / FILE_NAME).unlink()
    assert hash_of_files(settings) == changed, "the same as when every file is read"


def test_folders_that_look_the_same_are_not_read(settings: Settings) -> None:
    before = hash_of_files(settings)
    written = settings.build_path / FILE_NAME
    text = written.read_text("utf-8")
    known = Seen(settings.build_path)
    with os.scandir(settings.data_path / "bridges") as entries:
        look = look_at(sorted((one for one in entries if one.name.endswith(".ttl")), key=lambda one: one.name))
    digest = known.digest("data/bridges", look)
    assert digest and digest in text
    written.write_text(text.replace(digest, "0" * 64), "utf-8")
    assert hash_of_files(settings) != before, "it believed what was written"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"format": 1}', '{"format": 1, "folders": {"data": 3}}', '{"format": 9}']
)
def test_what_is_damaged_is_made_anew(settings: Settings, text: str) -> None:
    before = hash_of_files(settings)
    (settings.build_path / FILE_NAME).write_text(text, "utf-8")
    assert hash_of_files(settings, remember=True) == before
    assert Seen(settings.build_path).digest("data/bridges", None) is None


def test_what_changed_just_now_is_not_trusted(tmp_path: Path) -> None:
    (tmp_path / "a.ttl").write_text("")
    with os.scandir(tmp_path) as entries:
        look = look_at(list(entries))
    known = Seen(tmp_path)
    known.keep("now", look, "1", time.time_ns())
    known.keep("later", look, "1", time.time_ns() + 10**10)
    known.save()
    assert Seen(tmp_path).digest("now", look) is None
    assert Seen(tmp_path).digest("later", look) == "1"


def test_a_build_has_the_version_that_was_looked_up(settings: Settings) -> None:
    edited(settings.data_path / "bridges" / "erasmusbrug.ttl")
    version = hash_of_files(settings)
    assert build(settings).hash == version == hash_of_files(settings)
