"""SQLite files of a generation: written once, shared by hard links, and patched page by page in a log of their own.

A patched file is a link to that of the generation before, with the pages that differ in `NAME-wal` beside it: SQLite's
own write-ahead log (https://www.sqlite.org/wal.html), which is never written into the shared file. Readers take no
lock and write nothing, so a generation may lie on a disk that can only be read.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

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
