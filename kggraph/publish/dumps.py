"""The whole default graph as files to download, the same bytes for the same data."""

from __future__ import annotations

import gzip
import io
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final, cast

import pyoxigraph as ox

_CHUNK: Final = 1 << 20
_LARGE: Final = 64 << 20
"""Bytes above which a dump is packed quickly: a quarter larger, and in a third of the time."""


class _Part(io.RawIOBase):
    """The first bytes of a file, as a file."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        super().__init__()
        self._file, self._left = file, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(min(len(buffer), self._left))
        self._left -= len(data)
        buffer[: len(data)] = data
        return len(data)


def write_ntriples(quads: Path, size: int, target: Path) -> None:
    """The default graph as gzipped N-Triples.

    :param quads: N-Quads that begin with the default graph.
    :param size: bytes of the default graph.
    """
    with quads.open("rb") as source, target.open("wb") as out, gzipped(out, size) as packed:
        shutil.copyfileobj(_part(source, size), packed, _CHUNK)


def write_graph(quads: Path, size: int, target: Path, prefixes: Mapping[str, str]) -> None:
    """The default graph as gzipped Turtle or JSON-LD by the name of the target, things in the order of the sources.

    :param quads: N-Quads that begin with the default graph.
    :param size: bytes of the default graph.
    """
    format = ox.RdfFormat.JSON_LD if target.name.endswith(".jsonld.gz") else ox.RdfFormat.TURTLE
    with quads.open("rb") as source, target.open("wb") as out, gzipped(out, size) as packed:
        _serialize(ox.parse(input=_part(source, size), format=ox.RdfFormat.N_TRIPLES), packed, format, prefixes)


def write_turtle_and_trig(quads: Path, size: int, turtle: Path, trig: Path, prefixes: Mapping[str, str]) -> None:
    """The default graph as gzipped Turtle; and all graphs as TriG, which is that Turtle and then the others.

    Turtle is TriG (https://www.w3.org/TR/trig/#sec-introduction) and a gzip file may have several members
    (https://www.rfc-editor.org/rfc/rfc1952#section-2.2), so the large part is not written a second time.

    :param quads: N-Quads that begin with the default graph.
    :param size: bytes of the default graph.
    """
    write_graph(quads, size, turtle, prefixes)
    shutil.copyfile(turtle, trig)
    with quads.open("rb") as source, trig.open("ab") as out:
        source.seek(size)
        with gzipped(out, quads.stat().st_size - size) as packed:
            _serialize(ox.parse(input=source, format=ox.RdfFormat.N_QUADS), packed, ox.RdfFormat.TRIG, prefixes)


def _serialize(
    rows: Iterator[ox.Quad],
    packed: gzip.GzipFile,
    format: ox.RdfFormat,
    prefixes: Mapping[str, str],
) -> None:
    buffered = io.BufferedWriter(cast(io.RawIOBase, packed), _CHUNK)
    ox.serialize(rows, output=buffered, format=format, prefixes=dict(sorted(prefixes.items())))
    buffered.flush()
    buffered.detach()


def _part(source: IO[bytes], size: int) -> io.BufferedReader:
    return io.BufferedReader(_Part(source, size), _CHUNK)


def gzipped(out: IO[bytes], size: int = 0) -> gzip.GzipFile:
    """A gzip file whose bytes depend on nothing but what is written to it.

    :param size: about how much that will be.
    """
    level = 2 if size > _LARGE else 6
    # Neither name nor time in the header: https://www.rfc-editor.org/rfc/rfc1952#section-2.3
    return gzip.GzipFile(filename="", mode="wb", compresslevel=level, fileobj=out, mtime=0)
