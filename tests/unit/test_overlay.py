"""SQLite files that are patched in a log of their own: both are what they should be, on any disk."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kggraph import overlay

ROWS = 5_000


def made(path: Path) -> Path:
    path.parent.mkdir()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("PRAGMA journal_mode = OFF; CREATE TABLE told (id INTEGER PRIMARY KEY, text TEXT)")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO told VALUES (?, ?)", ((number, "old" * 20) for number in range(ROWS)))
    connection.execute("COMMIT")
    overlay.close_for_good(connection)
    return path


def changed(path: Path) -> list[int]:
    with closing(overlay.connect(path)) as connection:
        return [number for (number,) in connection.execute("SELECT id FROM told WHERE text = 'new' ORDER BY id")]


def change(base: Path, new: Path, number: int) -> Path:
    new.parent.mkdir()
    with overlay.patched(base, new) as connection:
        connection.execute("UPDATE told SET text = 'new' WHERE id = ?", (number,))
    return new


def test_a_patch_of_a_patch_has_both_and_what_is_before_stays(tmp_path: Path) -> None:
    base = made(tmp_path / "a" / "told.sqlite")
    before = base.read_bytes()
    first = change(base, tmp_path / "b" / "told.sqlite", 7)
    log = overlay.log_of(first).read_bytes()
    second = change(first, tmp_path / "c" / "told.sqlite", 4_000)
    assert (changed(base), changed(first), changed(second)) == ([], [7], [7, 4_000])
    assert base.read_bytes() == before
    assert overlay.log_of(first).read_bytes() == log
    assert base.stat().st_ino == second.stat().st_ino
    assert sorted(path.name for path in second.parent.iterdir()) == ["told.sqlite", "told.sqlite-wal"]


def test_a_patch_that_fails_leaves_the_base_as_it_was(tmp_path: Path) -> None:
    base = made(tmp_path / "a" / "told.sqlite")
    before = base.read_bytes()
    (tmp_path / "b").mkdir()
    with pytest.raises(sqlite3.Error), overlay.patched(base, tmp_path / "b" / "told.sqlite") as connection:
        connection.execute("UPDATE told SET text = 'new'")
        connection.execute("INSERT INTO nothing VALUES (1)")
    assert base.read_bytes() == before
    assert changed(base) == []


def test_reading_writes_nothing(tmp_path: Path) -> None:
    new = change(made(tmp_path / "a" / "told.sqlite"), tmp_path / "b" / "told.sqlite", 3)
    there = {path.name: (path.stat().st_mtime_ns, path.stat().st_size) for path in new.parent.iterdir()}
    with closing(overlay.connect(new)) as one, closing(overlay.connect(new)) as other:
        for connection in (one, other):
            assert connection.execute("SELECT text FROM told WHERE id = 3").fetchone() == ("new",)
    assert {path.name: (path.stat().st_mtime_ns, path.stat().st_size) for path in new.parent.iterdir()} == there
