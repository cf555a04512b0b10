"""The whole default graph as files to download, the same bytes for the same data."""

from __future__ import annotations

import gzip
import io
import shutil
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import IO, Any, Final

import pyoxigraph as ox
from isal import isal_zlib

from kggraph.errors import ResultTooLarge

_CHUNK: Final = 1 << 20
_LARGE: Final = 64 << 20
"""Bytes above which a dump is packed quickly: a fifth larger, and in a tenth of the time."""
_HEADER: Final = b"\x1f\x8b\x08" + bytes(6) + b"\xff"
"""Deflate, no flags, no time, no system."""
_LAST_BLOCK: Final = b"\x03\x00"
"""A block of deflate that is the last one, and empty."""


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
    with quads.open("rb", buffering=0) as source, target.open("wb") as out, closing(_Packer(out, size)) as packed:
        left = size
        while left and (data := source.read(min(left, _CHUNK))):
            left -= packed.write(data)


def write_jsonld(quads: Path, size: int, target: Path, prefixes: Mapping[str, str]) -> None:
    """The default graph as gzipped JSON-LD, things in the order of the sources.

    :param quads: N-Quads that begin with the default graph.
    :param size: bytes of the default graph.
    """
    with quads.open("rb") as source, target.open("wb") as out, closing(_Packer(out, size)) as packed:
        rows = _rows(_part(source, size), ox.RdfFormat.N_TRIPLES)
        _serialize(rows, packed, ox.RdfFormat.JSON_LD, prefixes)


class _Packer(io.RawIOBase):
    """Packs what is written to it as the one member of a gzip file (https://www.rfc-editor.org/rfc/rfc1952).

    The bytes depend on nothing but what is written: the header has neither name nor time.
    """

    def __init__(self, out: IO[bytes], size: int) -> None:
        super().__init__()
        self._out, self._packing, self._checksum, self._size = out, _compressor(size), 0, 0
        out.write(_HEADER)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._out.write(self._packing.compress(data))
        self._checksum = isal_zlib.crc32(data, self._checksum)
        self._size += len(data)
        return len(data)

    def copy(self, target: Path) -> None:
        """Make a file of what was written so far; this one goes on."""
        self._out.write(self._packing.flush(isal_zlib.Z_SYNC_FLUSH))
        self._out.flush()
        shutil.copyfile(self._out.name, target)
        with target.open("ab") as whole:
            whole.write(_LAST_BLOCK + self._trailer())

    def close(self) -> None:
        """Write the last bytes of the file, which stays open."""
        try:
            if not self.closed:
                self._out.write(self._packing.flush() + self._trailer())
        finally:
            super().close()  # not once more when the object goes, even when the disk is full

    def _trailer(self) -> bytes:
        return struct.pack("<II", self._checksum, self._size & 0xFFFFFFFF)


def _compressor(size: int) -> Any:
    """What makes raw deflate (https://www.rfc-editor.org/rfc/rfc1951) of about so many bytes.

    Above `_LARGE`, ISA-L takes a fifth of zlib's time at its level 2, for the same size.
    """
    if size > _LARGE:
        return isal_zlib.compressobj(2, isal_zlib.DEFLATED, -zlib.MAX_WBITS)
    return zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)


def write_turtle_and_trig(quads: Path, size: int, turtle: Path, trig: Path, prefixes: Mapping[str, str]) -> None:
    """The default graph as gzipped Turtle, things in the order of the sources, and all graphs as TriG.

    Turtle is TriG (https://www.w3.org/TR/trig/#sec-introduction), so TriG begins with it, and the large part is written
    and packed once: the packing ends in one file and goes on in the other. Each has one member, as some readers see
    only the first (https://www.rfc-editor.org/rfc/rfc1952#section-2.2).

    :param quads: N-Quads that begin with the default graph.
    :param size: bytes of the default graph.
    """
    with quads.open("rb") as source, trig.open("wb") as out, closing(_Packer(out, size)) as packer:
        rows = _rows(_part(source, size), ox.RdfFormat.N_TRIPLES)
        _serialize(rows, packer, ox.RdfFormat.TURTLE, prefixes)
        packer.copy(turtle)
        source.seek(size)
        _serialize(_rows(source, ox.RdfFormat.N_QUADS), packer, ox.RdfFormat.TRIG, prefixes)


def _rows(source: IO[bytes], format: ox.RdfFormat) -> Iterator[ox.Quad]:
    """Quads that were written here: to look at each IRI and tag once more would take half the time."""
    return ox.parse(input=source, format=format, lenient=True)


def _serialize(
    rows: Iterator[ox.Quad],
    packed: io.RawIOBase,
    format: ox.RdfFormat,
    prefixes: Mapping[str, str],
) -> None:
    buffered = io.BufferedWriter(packed, _CHUNK)
    ox.serialize(rows, output=buffered, format=format, prefixes=dict(sorted(prefixes.items())))
    buffered.flush()
    buffered.detach()


def _part(source: IO[bytes], size: int) -> io.BufferedReader:
    return io.BufferedReader(_Part(source, size), _CHUNK)


def gzipped(out: IO[bytes], size: int = 0) -> io.BufferedWriter:
    """A gzip file whose bytes depend on nothing but what is written to it; the file below stays open.

    :param size: about how much that will be.
    """
    return io.BufferedWriter(_Packer(out, size), _CHUNK)


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
