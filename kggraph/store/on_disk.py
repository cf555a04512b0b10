"""A database on disk made of N-Quads that are too many for memory, by a process of its own.

The engine sorts what it loads, and merges what was sorted before whenever there are four files of it. Many small loads
are sorted quickly, within the processor's cache, but would then be merged again and again. So the merging waits: its
thread gets hardly any time that another one wants, and at the end all is merged once. Measured on 4.4 million quads
with one processor (`tools/bench_on_disk.py`): 27 s and 1.2 GB if loaded at once, 33 s in pieces, 19 s and 0.15 GB in
pieces that are merged once.
"""

from __future__ import annotations

import contextlib
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pyoxigraph import RdfFormat, Store

from kggraph.config import environment_with
from kggraph.errors import GenerationError
from kggraph.store.overlay import ON_DISK_NAME, QUADS_NAME
from kggraph.store.sandbox import end_with_parent

_PIECE_BYTES: Final = 8 << 20
_MOST_PIECES: Final = 400
"""Each is a file of every table, which are all open while they are merged."""
_ALLOCATOR: Final = {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=500000000:glibc.malloc.trim_threshold=2000000000"}
"""Memory of a piece is kept for the next one, instead of asked from the kernel again: a tenth of the time."""
_MERGING: Final = "rocksdb:low"
"""The threads that merge."""
_LOWEST, _LOW = 19, 10
"""Niceness of what gets the time that nobody else wants: of merging, and of loading, for which a build waits at its end
only."""
_LOOK_S: Final = 0.1
"""Seconds after which it is looked whether more was written."""
_BLANK: Final = re.compile(rb"^_:| _:\S+ (?:<\S+> )?\.$", re.MULTILINE)


def being_written(quads: Path) -> Path:
    """The name that a file of quads has until it is complete; removed, it was given up.

    >>> being_written(Path("store/quads.nq")).name
    'quads.nq.part'
    """
    return quads.with_name(f"{quads.name}.part")


def write_on_disk(folder: Path, expected_bytes: int = 0) -> None:
    """Make a database of the N-Quads in a store folder, for a generation that is too large for memory.

    :param expected_bytes: about how large they will be, when they are still being written (`being_written`).
    :raises GenerationError: it could not be made.
    """
    target = folder / ON_DISK_NAME
    arguments = os.fspath(folder / QUADS_NAME), os.fspath(target), str(expected_bytes), str(os.getpid())
    command = [sys.executable, "-m", __name__, *arguments]
    done = subprocess.run(command, stderr=subprocess.PIPE, env=environment_with(_ALLOCATOR), check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2].removesuffix(".")
        reason = f"{said}." if said else "its process was ended; was there too little memory?"
        raise GenerationError(f"The database on disk could not be made: {reason}")
    store = Store(os.fspath(target))  # merged here, by a thread that need not wait
    store.optimize()
    store.flush()


def load(quads: Path, target: Path, piece_bytes: int = _PIECE_BYTES, expected_bytes: int = 0) -> None:
    """Load N-Quads into a new database, in pieces, while they are written or afterwards.

    :param piece_bytes: size of the pieces; all lines with blank nodes must be in one, as their labels mean something
        there only, so that from the first of them on all is one piece.
    :param expected_bytes: about how large they will be, when they are still being written.
    :raises OSError: they cannot be read, or were given up.
    """
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_PIECES if allowed == resource.RLIM_INFINITY else min(_MOST_PIECES, max(allowed * 2 // 5, 1))
    size = max(piece_bytes, (expected_bytes or quads.stat().st_size) // most)
    store = Store(os.fspath(target))
    pieces = _pieces(quads, size)
    for piece in pieces:
        _let_merging_wait()  # each time: there may be more threads by now
        if b"_:" in piece and _BLANK.search(piece):
            piece = b"".join([piece, *pieces])
        store.bulk_load(input=piece, format=RdfFormat.N_QUADS, lenient=True)
    store.flush()


def _pieces(quads: Path, size: int) -> Iterator[bytes]:
    """Whole lines of a file, of about a size together; more of it is waited for until the file has its name."""
    part, lines = being_written(quads), bytearray()
    with (quads if quads.exists() else part).open("rb") as file:
        while True:
            is_complete = quads.exists()  # before it is read, else what comes between would be missed
            lines += (read := file.read(size))
            if len(lines) >= size and (end := lines.rfind(b"\n") + 1):
                yield bytes(lines[:end])
                del lines[:end]
            if not read and is_complete:
                yield bytes(lines)
                return
            if not read:
                if not part.exists() and not quads.exists():
                    raise FileNotFoundError(f"{quads} was given up before it was complete")
                time.sleep(_LOOK_S)


def _let_merging_wait() -> None:
    """By the priority of a thread, which Linux has; elsewhere nothing but time is lost."""
    tasks = Path("/proc/self/task")
    for task in tasks.iterdir() if tasks.is_dir() else ():
        with contextlib.suppress(OSError):  # it has ended, or may not be told
            if (task / "comm").read_text().startswith(_MERGING):
                os.setpriority(os.PRIO_PROCESS, int(task.name), _LOWEST)


if __name__ == "__main__":
    end_with_parent(int(sys.argv[4]))
    os.nice(_LOW)
    try:
        load(Path(sys.argv[1]), Path(sys.argv[2]), expected_bytes=int(sys.argv[3]))
    except (OSError, ValueError) as error:
        sys.exit(f"{error}")
