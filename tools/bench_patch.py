#!/usr/bin/env python3
"""Measures what a generation as base and patch would cost, part by part: `tools/bench_patch.py build/current`.

It works on copies in a temporary folder: the descriptions get the pages that an edit changes as a write-ahead log
beside a hard link, the store in memory is forked and patched, the store on disk is linked and patched. What is printed
is the basis of docs/decisions/edits.md.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pyoxigraph as ox

from kggraph.store.on_disk import write_on_disk

LOOK_UP = "SELECT kind, types, labels, ntriples, source FROM thing CROSS JOIN body ON body.id = thing.id WHERE iri = ?"
TRIPLES = 60
ROUNDS = 5000


def main() -> int:
    """Measure both and print it."""
    if len(sys.argv) != 2:
        print(__doc__)
        return 2
    generation = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="kggraph-patch-") as name:
        descriptions(generation / "descriptions.sqlite", Path(name))
        store_in_memory(generation / "store" / "quads.nq")
        store_on_disk(generation / "store", Path(name))
    return 0


def descriptions(source: Path, folder: Path) -> None:
    """One description changed, in a log of pages that only the new folder has."""
    base, new = folder / "base" / source.name, folder / "new" / source.name
    base.parent.mkdir()
    new.parent.mkdir()
    shutil.copy(source, base)
    connection = sqlite3.connect(base, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    iris = [iri for (iri,) in connection.execute("SELECT iri FROM thing WHERE source != ''")]
    connection.close()
    changed, before = iris[len(iris) // 2], digest(base)
    began = time.perf_counter()
    os.link(base, new)
    in_child(lambda: write_page(new, changed))
    print(f"descriptions: patched in {ms(began)}, {Path(f'{new}-wal').stat().st_size >> 10} kB in the log")
    readers = {
        "base": sqlite3.connect(f"file:{base}?mode=ro&immutable=1", uri=True),
        "base and log": sqlite3.connect(f"file:{new}?mode=ro", uri=True),
    }
    asked = random.Random(1).choices(iris, k=ROUNDS)
    for name, reader in readers.items():
        reader.execute("PRAGMA mmap_size = 1073741824")
        for _ in range(2):  # the first round fills caches
            spent = time.process_time()
            for iri in asked:
                reader.execute(LOOK_UP, (iri,)).fetchone()
            spent = time.process_time() - spent
        is_new = reader.execute(LOOK_UP, (changed,)).fetchone()[3] == b"new"
        print(f"descriptions: {name}: {spent / ROUNDS * 1e6:.1f} us a look-up; sees the change: {is_new}")
        reader.close()
    print(f"descriptions: the base is what it was: {digest(base) == before}")


def write_page(path: Path, iri: str) -> None:
    """Change a description in the log, and end without closing, which would write the log into the shared base."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = FULL")
    connection.execute("UPDATE body SET ntriples = ? WHERE id = (SELECT id FROM thing WHERE iri = ?)", (b"new", iri))
    os._exit(0)


def store_in_memory(quads: Path) -> None:
    """The store of the old generation, forked with all it holds and patched."""
    store = ox.Store()
    began = time.perf_counter()
    store.bulk_load(path=os.fspath(quads), format=ox.RdfFormat.N_QUADS)
    print(f"store in memory: {len(store):,} quads read in {ms(began)}")
    old, new = patch(quads)
    began = time.perf_counter()

    def change() -> None:
        forked = time.perf_counter()
        for quad in old:
            store.remove(quad)
        store.extend(new)
        print(f"store in memory: {len(old)} quads replaced in {ms(forked)}", flush=True)

    in_child(change)
    print(f"store in memory: forked and patched in {ms(began)}; the old one is what it was: {old[0] in store}")


def store_on_disk(source: Path, folder: Path) -> None:
    """The files of a database linked (its tables never change) or copied (the others), and patched."""
    base, new = folder / "store" / "rocksdb", folder / "rocksdb"
    base.parent.mkdir()
    (base.parent / "quads.nq").symlink_to(source / "quads.nq")
    began = time.perf_counter()
    write_on_disk(base.parent)
    print(f"store on disk: made in {ms(began)}")
    before = {path.name: digest(path) for path in base.iterdir()}
    old, added = patch(source / "quads.nq")
    began = time.perf_counter()
    new.mkdir()
    for path in base.iterdir():
        (os.link if path.suffix == ".sst" else shutil.copy)(path, new / path.name)
    store = ox.Store(os.fspath(new))
    for quad in old:
        store.remove(quad)
    store.extend(added)
    store.flush()
    del store
    own = sum(path.stat().st_size for path in new.iterdir() if path.stat().st_nlink == 1)
    same = before == {path.name: digest(path) for path in base.iterdir()}
    print(f"store on disk: patched in {ms(began)}, {own >> 10} kB of its own; the base is what it was: {same}")
    found = ox.Store.read_only(os.fspath(new))
    print(f"store on disk: sees the change: {old[0] not in found and added[0] in found}")


def patch(quads: Path) -> tuple[list[ox.Quad], list[ox.Quad]]:
    """Some triples, and others in their place."""
    with quads.open("rb") as file:
        old = list(ox.parse(b"".join(islice(file, TRIPLES)), format=ox.RdfFormat.N_QUADS))
    return old, [
        ox.Quad(quad.subject, quad.predicate, ox.Literal(f"new {number}"), quad.graph_name)
        for number, quad in enumerate(old)
    ]


def in_child(work: Callable[[], None]) -> None:
    """Do it in a fork, and wait."""
    child = os.fork()
    if not child:
        work()
        os._exit(0)
    os.waitpid(child, 0)


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def ms(began: float) -> str:
    """Time since then."""
    return f"{(time.perf_counter() - began) * 1000:,.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
