"""What a patched store has in place of what the base has: things whose triples are others, and whole named graphs.

The N-Quads (`quads.nq`), their tally and the tables of a store are shared by the generations that are patches of one
another. Beside them are, for all things that differ from that base, their triples there (`removed.nt`) and now
(`added.nt`), and the named graphs that differ (`graphs.nq`). A thing is replaced as a whole: engines take some literals
for the same.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pyoxigraph import DefaultGraph, Quad, RdfFormat, Store, parse

ON_DISK_NAME: Final = "rocksdb"
QUADS_NAME: Final = "quads.nq"
TALLY_NAME: Final = "tally"
_REMOVED: Final = "removed.nt"
_ADDED: Final = "added.nt"
_GRAPHS: Final = "graphs.nq"
_BASE: Final = "base"
"""File with the version of the base."""


@dataclass(slots=True)
class Overlay:
    """What differs from the base: thing (as a term) to its triples."""

    removed: dict[bytes, bytes] = field(default_factory=dict)
    """As they are in the base; of a thing that it has not there is nothing."""
    added: dict[bytes, bytes] = field(default_factory=dict)
    graphs: bytes = b""
    """The named graphs that differ, as N-Quads."""

    def of(self, thing: bytes, other: Overlay) -> bytes:
        """The triples of a thing.

        :param other: another overlay of the same base, which knows the things that this one leaves as they are.
        """
        if thing in self.added or thing in self.removed:
            return self.added.get(thing, b"")
        return other.removed.get(thing, b"")

    def replace(self, thing: bytes, before: bytes, after: bytes) -> None:
        """Give a thing other triples.

        :param before: those it has now.
        """
        if thing not in self.removed and thing not in self.added and before:
            self.removed[thing] = before
        self.added.pop(thing, None)
        if after:
            self.added[thing] = after


def read_overlay(folder: Path) -> Overlay:
    """The overlay of a store folder; an empty one when it is a base itself."""

    def read(name: str) -> bytes:
        path = folder / name
        return path.read_bytes() if path.exists() else b""

    return Overlay(_by_thing(read(_REMOVED)), _by_thing(read(_ADDED)), read(_GRAPHS))


def _by_thing(triples: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, list[bytes]] = {}
    for line in triples.splitlines(keepends=True):
        subject = line.partition(b" ")[0]
        whole, hash_sign, _ = subject.partition(b"#")
        found.setdefault(whole + b">" if hash_sign else subject, []).append(line)
    return {thing: b"".join(lines) for thing, lines in found.items()}


def base_of(folder: Path) -> str:
    """The version of which a store folder, that of a generation, has the triples with or without an overlay."""
    path = folder / _BASE
    return path.read_text("ascii") if path.exists() else folder.absolute().parent.name


def lay_over(store: Store, now: Overlay, before: Overlay | None = None) -> None:
    """Let a store that has the triples of the base have those of a patch of it.

    :param before: the overlay that the store has now, when it is not the base.
    """
    was = before or Overlay()
    for thing in {**was.removed, **was.added, **now.removed, **now.added}:
        old, new = was.of(thing, now), now.of(thing, was)
        if old != new:
            for quad in _parsed(old):
                store.remove(quad)
            store.extend(_parsed(new))
    if now.graphs and now.graphs != was.graphs:
        quads = list(_parsed(now.graphs))
        for graph in {quad.graph_name for quad in quads}:
            if not isinstance(graph, DefaultGraph):
                store.clear_graph(graph)
        store.extend(quads)


def _parsed(lines: bytes) -> Iterable[Quad]:
    return parse(lines, format=RdfFormat.N_QUADS)


def write_patched(
    base: Path, new: Path, replaced: Mapping[str, tuple[bytes, bytes]], graphs: Mapping[str, bytes]
) -> None:
    """Make a store folder from that of the generation before.

    :param new: a folder that is not there, on the same disk.
    :param replaced: IRI of each thing that differs to its triples before and after, as N-Triples.
    :param graphs: IRI of each named graph that differs to its triples now.
    """
    was = read_overlay(base)
    now = Overlay(dict(was.removed), dict(was.added), _quads(graphs) or was.graphs)
    for iri, (before, after) in replaced.items():
        now.replace(f"<{iri}>".encode(), before, after)
    new.mkdir()
    for name in (QUADS_NAME, TALLY_NAME):
        if (base / name).exists():
            os.link(base / name, new / name)
    (new / _REMOVED).write_bytes(b"".join(now.removed.values()))
    (new / _ADDED).write_bytes(b"".join(now.added.values()))
    (new / _GRAPHS).write_bytes(now.graphs)
    (new / _BASE).write_text(base_of(base), "ascii")


def _quads(graphs: Mapping[str, bytes]) -> bytes:
    return b"".join(
        line[:-2] + f" <{iri}> .\n".encode() for iri, triples in sorted(graphs.items()) for line in triples.splitlines()
    )


def patch_on_disk(base: Path, new: Path) -> None:
    """Make the database of a patched store folder from that of the generation before.

    The tables of RocksDB never change: they are linked, its few other files copied.
    """
    source, target = base / ON_DISK_NAME, new / ON_DISK_NAME
    target.mkdir()
    for path in source.iterdir():
        if path.suffix == ".sst":
            os.link(path, target / path.name)
        elif path.name != "LOCK":
            shutil.copyfile(path, target / path.name)
    store = Store(os.fspath(target))
    lay_over(store, read_overlay(new), read_overlay(base))
    store.flush()
