"""The whole default graph as files to download, the same bytes for the same data."""

from __future__ import annotations

import gzip
import io
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final, cast

import pyoxigraph as ox

LEVEL: Final = 6
_CHUNK: Final = 1 << 20


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
    with quads.open("rb") as source, target.open("wb") as out, _gzip(out) as packed:
        shutil.copyfileobj(_part(source, size), packed, _CHUNK)


def write_turtle(quads: Path, size: int, target: Path, prefixes: Mapping[str, str]) -> None:
    """The default graph as gzipped Turtle, things in the order of the sources.

    :param quads: N-Quads that begin with the default graph.
    :param size: bytes of the default graph.
    """
    with quads.open("rb") as source, target.open("wb") as out, _gzip(out) as packed:
        triples: Iterator[ox.Triple] = (
            quad.triple for quad in ox.parse(input=_part(source, size), format=ox.RdfFormat.N_TRIPLES)
        )
        buffered = io.BufferedWriter(cast(io.RawIOBase, packed), _CHUNK)
        ox.serialize(triples, output=buffered, format=ox.RdfFormat.TURTLE, prefixes=dict(prefixes))
        buffered.flush()
        buffered.detach()


def _part(source: IO[bytes], size: int) -> io.BufferedReader:
    return io.BufferedReader(_Part(source, size), _CHUNK)


def _gzip(out: IO[bytes]) -> gzip.GzipFile:
    # Neither name nor time in the header: https://www.rfc-editor.org/rfc/rfc1952#section-2.3
    return gzip.GzipFile(filename="", mode="wb", compresslevel=LEVEL, fileobj=out, mtime=0)
