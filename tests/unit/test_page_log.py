"""SQLite files that are patched in a log of their own: both are what they should be, on any disk."""

from __future__ import annotations

import gc
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from kggraph import page_log
from kggraph.errors import GenerationError

ROWS = 5_000


def made(path: Path) -> Path:
    path.parent.mkdir()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("PRAGMA journal_mode = OFF; CREATE TABLE told (id INTEGER PRIMARY KEY, text TEXT)")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO told VALUES (?, ?)", ((number, "old" * 20) for number in range(ROWS)))
    connection.execute("COMMIT")
    page_log.close_for_good(connection)
    return path


def changed(path: Path) -> list[int]:
    with closing(page_log.connect(path)) as connection:
        return [number for (number,) in connection.execute("SELECT id FROM told WHERE text = 'new' ORDER BY id")]


def change(base: Path, new: Path, number: int) -> Path:
    new.parent.mkdir()
    with page_log.patched(base, new) as connection:
        connection.execute("UPDATE told SET text = 'new' WHERE id = ?", (number,))
    return new


def test_a_patch_of_a_patch_has_both_and_what_is_before_stays(tmp_path: Path) -> None:
    base = made(tmp_path / "a" / "told.sqlite")
    before = base.read_bytes()
    first = change(base, tmp_path / "b" / "told.sqlite", 7)
    log = page_log.log_of(first).read_bytes()
    second = change(first, tmp_path / "c" / "told.sqlite", 4_000)
    assert (changed(base), changed(first), changed(second)) == ([], [7], [7, 4_000])
    assert base.read_bytes() == before
    assert page_log.log_of(first).read_bytes() == log
    assert base.stat().st_ino == second.stat().st_ino
    assert sorted(path.name for path in second.parent.iterdir()) == ["told.sqlite", "told.sqlite-wal"]


def test_a_patch_that_fails_leaves_the_base_as_it_was(tmp_path: Path) -> None:
    base = made(tmp_path / "a" / "told.sqlite")
    before = base.read_bytes()
    (tmp_path / "b").mkdir()
    with pytest.raises(sqlite3.Error), page_log.patched(base, tmp_path / "b" / "told.sqlite") as connection:
        connection.execute("UPDATE told SET text = 'new'")
        connection.execute("INSERT INTO nothing VALUES (1)")
    assert base.read_bytes() == before
    assert changed(base) == []


def test_reading_writes_nothing(tmp_path: Path) -> None:
    new = change(made(tmp_path / "a" / "told.sqlite"), tmp_path / "b" / "told.sqlite", 3)
    there = {path.name: (path.stat().st_mtime_ns, path.stat().st_size) for path in new.parent.iterdir()}
    with closing(page_log.connect(new)) as one, closing(page_log.connect(new)) as other:
        for connection in (one, other):
            assert connection.execute("SELECT text FROM told WHERE id = 3").fetchone() == ("new",)
    assert {path.name: (path.stat().st_mtime_ns, path.stat().st_size) for path in new.parent.iterdir()} == there


def opened(path: Path) -> int:
    """How often this process has a file open."""
    return sum(one.is_symlink() and one.readlink() == path for one in Path("/proc/self/fd").iterdir())


def test_connections_end_with_their_thread_and_with_who_has_them(tmp_path: Path) -> None:
    path = made(tmp_path / "a" / "told.sqlite").resolve()
    gc.disable()
    try:
        connections = page_log.Connections(path)
        assert connections.one("SELECT count(*) FROM told") == (ROWS,)
        rows = connections.each("SELECT id FROM told ORDER BY id")
        thread = threading.Thread(target=next, args=(rows,))
        thread.start()
        thread.join()
        assert opened(path) == 2
        assert next(rows) == (1,)  # begun by a thread that has ended
        rows.close()  # type: ignore[attr-defined]
        del rows
        assert opened(path) == 1
        del connections
        assert opened(path) == 0
    finally:
        gc.enable()


def test_what_is_closed_is_not_opened_again(tmp_path: Path) -> None:
    connections = page_log.Connections(made(tmp_path / "a" / "told.sqlite"))
    connections.close()
    with pytest.raises(GenerationError):
        connections.all("SELECT id FROM told")
