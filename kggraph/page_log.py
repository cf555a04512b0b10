"""SQLite files of a generation: written once, shared by hard links, and patched page by page in a log of their own.

A patched file is a link to that of the generation before, with the pages that differ in `NAME-wal` beside it: SQLite's
own write-ahead log (https://www.sqlite.org/wal.html), which is never written into the shared file. Readers take no
lock and write nothing, so a generation may lie on a disk that can only be read.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from kggraph.errors import GenerationError

LOG_SUFFIX: Final = "-wal"
"""End of the name of a log of pages."""


def connect(path: Path, *, any_thread: bool = False) -> sqlite3.Connection:
    """A connection that reads a file with its log of pages, if it has one.

    :param any_thread: whether threads may share it, or close it for one another.
    :raises sqlite3.Error: it cannot be opened.
    """
    uri = f"file:{quote(str(path.absolute()))}?mode=ro"
    if not log_of(path).exists():
        return sqlite3.connect(f"{uri}&immutable=1", uri=True, check_same_thread=not any_thread)
    # With neither locks nor shared memory: the index of the log is made in this connection's own memory.
    # https://www.sqlite.org/wal.html#noshm
    connection = sqlite3.connect(f"{uri}&vfs=unix-none", uri=True, check_same_thread=not any_thread)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    return connection


class Connections:
    """Connections that read a file as `connect` does: one for each thread, also after a fork.

    Each is closed when its thread ends or when nobody refers to this object any more. Python itself would leave it open
    until someone looks for objects that refer to themselves; and an open file has its room although it was removed.
    """

    def __init__(self, path: Path, mmap_bytes: int = 0) -> None:
        """None is open yet.

        :param mmap_bytes: of the file that may be mapped into memory.
        """
        self._path, self._mmap_bytes = path, mmap_bytes
        self._local = threading.local()
        self._is_closed = False

    def here(self) -> sqlite3.Connection:
        """The connection of this thread in this process, for no longer than this thread needs it.

        :raises sqlite3.Error: it cannot be opened.
        :raises GenerationError: all were closed.
        """
        return self._held().connection

    def one(self, sql: str, *values: Any) -> Any:
        """The first row, or None."""
        return self.here().execute(sql, values).fetchone()

    def all(self, sql: str, *values: Any) -> list[Any]:
        """Every row."""
        return self.here().execute(sql, values).fetchall()

    def each(self, sql: str, *values: Any) -> Iterator[Any]:
        """Row after row, also when another thread goes on with them."""
        held = self._held()
        yield from held.connection.execute(sql, values)

    def close(self) -> None:
        """Close those of all threads; none can be opened after that."""
        self._is_closed = True
        self._local = threading.local()

    def _held(self) -> _Held:
        held: _Held | None = getattr(self._local, "held", None)
        if held is None or held.pid != os.getpid():
            if self._is_closed:
                raise GenerationError("A file of this generation is asked for something after it was closed.")
            # Used by its own thread only; another one may close it.
            held = self._local.held = _Held(connect(self._path, any_thread=True))
            # Of a larger file the first part would be mapped alone, and every page of that brings along what the disk
            # reads ahead, megabytes for one row.
            if 0 < self._path.stat().st_size <= self._mmap_bytes:
                held.connection.execute(f"PRAGMA mmap_size = {self._mmap_bytes:d}")
        return held


class _Held:
    """A connection that is closed with the last reference to this."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection, self.pid = connection, os.getpid()

    def __del__(self) -> None:
        self.connection.close()


def close_for_good(connection: sqlite3.Connection) -> None:
    """Close what was written as one piece, so that it can be patched."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


@contextmanager
def patched(base: Path, new: Path) -> Iterator[sqlite3.Connection]:
    """Make a patched file: what is done over the connection is one transaction, and goes into the log of the new file.

    :param base: the file as it is, which stays so.
    :param new: the same on the same disk, with the changes; its folder is there.
    :raises sqlite3.Error: a change cannot be made.
    """
    os.link(base, new)
    if log_of(base).exists():
        shutil.copyfile(log_of(base), log_of(new))
    connection = sqlite3.connect(new, isolation_level=None)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("PRAGMA synchronous = OFF")  # all of a generation is synced at the end
        connection.execute("BEGIN")
        yield connection
        connection.execute("COMMIT")
    finally:
        # The last to close would write the log into the file, which is shared; into one that was moved it does not.
        away = new.with_name(f".{new.name}")
        new.rename(away)
        connection.close()
        away.rename(new)


def log_of(path: Path) -> Path:
    """Where the log of pages of a file is."""
    return path.with_name(path.name + LOG_SUFFIX)
