#!/usr/bin/env python3
"""Measures how a database on disk is best made of N-Quads: `tools/bench_on_disk.py build/current/store/quads.nq`.

All at once; in pieces that are merged while others are loaded; and as `store/on_disk.py` does it, in pieces that are
merged once. Each has one processor, as in a build, where the other one is busy with other things.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from pyoxigraph import RdfFormat, Store

from kggraph.store import on_disk
from kggraph.store.overlay import ON_DISK_NAME, QUADS_NAME


def at_once(folder: Path) -> None:
    """Load the file as one."""
    store = Store(os.fspath(folder / ON_DISK_NAME))
    store.bulk_load(path=os.fspath(folder / QUADS_NAME), format=RdfFormat.N_QUADS, lenient=True)
    store.optimize()
    store.flush()


def in_pieces(folder: Path) -> None:
    """Load as `store/on_disk.py` does, but let merging have its time."""
    on_disk._let_merging_wait = lambda: None
    on_disk.load(folder / QUADS_NAME, folder / ON_DISK_NAME)
    Store(os.fspath(folder / ON_DISK_NAME)).optimize()


WAYS: dict[str, Callable[[Path], None]] = {
    "at once": at_once,
    "in pieces": in_pieces,
    "in pieces, merged once": on_disk.write_on_disk,
}


def main() -> int:
    """Measure each way in a process of its own and print it."""
    if len(sys.argv) == 3:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        WAYS[sys.argv[2]](Path(sys.argv[1]))
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        seconds = sum(one.ru_utime + one.ru_stime for one in used)
        print(f"{sys.argv[2]:24}{seconds:7.1f} s of a processor{max(one.ru_maxrss for one in used) / 1024:8.0f} MB")
        return 0
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    quads = Path(sys.argv[1]).resolve()
    for way in WAYS:
        with tempfile.TemporaryDirectory(prefix="kggraph-on-disk-") as folder:
            (Path(folder) / QUADS_NAME).symlink_to(quads)
            subprocess.run([sys.executable, __file__, folder, way], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
