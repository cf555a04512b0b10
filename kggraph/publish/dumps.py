"""The whole default graph as files to download, the same bytes for the same data."""

from __future__ import annotations

import gzip
import io
import shutil
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final, cast

import pyoxigraph as ox

from kggraph.errors import ResultTooLarge

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


def write_jsonld(quads: Path, size: int, target: Path, prefixes: Mapping[str, str]) -> None:
    """The default graph as gzipped JSON-LD, things in the order of the sources.

    :param quads: N-Quads that begin with the default graph.
    :param size: bytes of the default graph.
    """
    with quads.open("rb") as source, target.open("wb") as out, gzipped(out, size) as packed:
        rows = ox.parse(input=_part(source, size), format=ox.RdfFormat.N_TRIPLES)
        _serialize(rows, packed, ox.RdfFormat.JSON_LD, prefixes)


class _Packer(io.RawIOBase):
    """Packs what is written to it as the one member of a gzip file."""

    def __init__(self, out: IO[bytes], level: int) -> None:
        super().__init__()
        # 31 is the largest window with the header and checksum of gzip, without name and time.
        self._out, self._packing = out, zlib.compressobj(level, zlib.DEFLATED, 31)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._out.write(self._packing.compress(data))
        return len(data)

    def end(self, out: IO[bytes] | None = None) -> None:
        """Write the last bytes of the file.

        :param out: another file with the same bytes so far; then this one goes on.
        """
        (out or self._out).write((self._packing.copy() if out else self._packing).flush())


def write_turtle_and_trig(quads: Path, size: int, turtle: Path, trig: Path, prefixes: Mapping[str, str]) -> None:
    """The default graph as gzipped Turtle, things in the order of the sources, and all graphs as TriG.

    Turtle is TriG (https://www.w3.org/TR/trig/#sec-introduction), so TriG begins with it, and the large part is written
    and packed once: the packing ends in one file and goes on in the other. Each has one member, as some readers see
    only the first (https://www.rfc-editor.org/rfc/rfc1952#section-2.2).

    :param quads: N-Quads that begin with the default graph.
    :param size: bytes of the default graph.
    """
    with quads.open("rb") as source, trig.open("wb") as out:
        packer = _Packer(out, _level(size))
        rows = ox.parse(input=_part(source, size), format=ox.RdfFormat.N_TRIPLES)
        _serialize(rows, packer, ox.RdfFormat.TURTLE, prefixes)
        out.flush()
        shutil.copyfile(trig, turtle)
        with turtle.open("ab") as whole:
            packer.end(whole)
        source.seek(size)
        _serialize(ox.parse(input=source, format=ox.RdfFormat.N_QUADS), packer, ox.RdfFormat.TRIG, prefixes)
        packer.end()


def _serialize(
    rows: Iterator[ox.Quad],
    packed: io.RawIOBase | gzip.GzipFile,
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
    # Neither name nor time in the header: https://www.rfc-editor.org/rfc/rfc1952#section-2.3
    return gzip.GzipFile(filename="", mode="wb", compresslevel=_level(size), fileobj=out, mtime=0)


def unpacked(path: Path, limit: int) -> Iterator[bytes]:
    """The bytes of a file, of a gzip file those that were packed.

    :param limit: bytes that may be read of it.
    :raises ResultTooLarge: there are more.
    """
    size = 0
    with path.open("rb") as raw:
        file = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
        while block := file.read(_CHUNK):
            size += len(block)
            if size > limit:
                allowed = limit / 1024 / 1024
                raise ResultTooLarge(
                    f"There are more than {allowed:,.0f} MB in this format; use the packed files (/dumps/).",
                    allowed=allowed,
                )
            yield block


def _level(size: int) -> int:
    return 2 if size > _LARGE else 6
