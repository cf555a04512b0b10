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
_LOWEST: Final = 19
_BLANK: Final = re.compile(rb"^_:| _:\S+ (?:<\S+> )?\.$", re.MULTILINE)


def write_on_disk(folder: Path) -> None:
    """Make a database of the N-Quads in a store folder, for a generation that is too large for memory.

    :raises GenerationError: it could not be made.
    """
    target = folder / ON_DISK_NAME
    command = [sys.executable, "-m", __name__, os.fspath(folder / QUADS_NAME), os.fspath(target), str(os.getpid())]
    done = subprocess.run(command, stderr=subprocess.PIPE, env=environment_with(_ALLOCATOR), check=False)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().rpartition("\n")[2].removesuffix(".")
        reason = f"{said}." if said else "its process was ended; was there too little memory?"
        raise GenerationError(f"The database on disk could not be made: {reason}")
    store = Store(os.fspath(target))  # merged here, by a thread that need not wait
    store.optimize()
    store.flush()


def load(quads: Path, target: Path, piece_bytes: int = _PIECE_BYTES) -> None:
    """Load N-Quads into a new database, in pieces.

    :param piece_bytes: size of the pieces; all lines with blank nodes must be in one, as their labels mean something
        there only, so that from the first of them on all is one piece.
    """
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_PIECES if allowed == resource.RLIM_INFINITY else min(_MOST_PIECES, max(allowed * 2 // 5, 1))
    size = max(piece_bytes, quads.stat().st_size // most)
    store = Store(os.fspath(target))
    with quads.open("rb") as file:
        while lines := file.readlines(size):
            _let_merging_wait()  # each time: there may be more threads by now
            piece = b"".join(lines)
            if b"_:" in piece and _BLANK.search(piece):
                piece += file.read()
            store.bulk_load(input=piece, format=RdfFormat.N_QUADS, lenient=True)
    store.flush()


def _let_merging_wait() -> None:
    """By the priority of a thread, which Linux has; elsewhere nothing but time is lost."""
    tasks = Path("/proc/self/task")
    for task in tasks.iterdir() if tasks.is_dir() else ():
        with contextlib.suppress(OSError):  # it has ended, or may not be told
            if (task / "comm").read_text().startswith(_MERGING):
                os.setpriority(os.PRIO_PROCESS, int(task.name), _LOWEST)


if __name__ == "__main__":
    end_with_parent(int(sys.argv[3]))
    try:
        load(Path(sys.argv[1]), Path(sys.argv[2]))
    except (OSError, ValueError) as error:
        sys.exit(f"{error}")
