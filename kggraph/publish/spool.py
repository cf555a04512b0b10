"""The sources as N-Triples on disk, while a generation is built: memory holds only where each file's triples are."""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from kggraph.errors import SourceError
from kggraph.publish.completion import concepts_in
from kggraph.publish.ownership import check_file
from kggraph.publish.seen import told_of, trusted
from kggraph.rdf import ntriples
from kggraph.rdf.iris import thing_iri
from kggraph.rdf.source import SourceFile, read_file

SEGMENT_FILES: Final = 1000
"""Files a segment: what one process reads, and what is validated at once.

Measured on 10,000 items: with 2000 all processes take 727 MB together and 11.9 s of a processor, with 1000 457 MB and
10.0 s, with 500 302 MB and 10.2 s.
"""
_FEW: Final = 4
"""Predicates that are searched for one by one."""


@dataclass(frozen=True, slots=True)
class ReadJob:
    """What reading needs to know; small enough to send to another process."""

    root: Path
    base_from: str
    base_to: str
    prefixes: dict[str, str]
    pointers: tuple[bytes, ...]
    """Predicates (`<iri>`) that shapes follow backwards."""


@dataclass(frozen=True, slots=True)
class SpooledFile:
    """Where a file's triples are, and what it describes."""

    relative: str
    sha256: str
    start: int
    size: int
    things: tuple[str, ...]
    """IRIs of the things it describes, in the order of the file."""
    points_at: tuple[str, ...]
    """Objects (`objects_of`) of the predicates that shapes follow backwards."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One file of the spool with the triples of many source files, one after another."""

    path: Path
    files: tuple[SpooledFile, ...]
    triples: int
    concepts: tuple[bytes, ...] = ()
    """What is a skos:Concept, in N-Triples form."""
    looks: tuple[str, ...] = ()
    """`look_of_read` of each file."""


class Problem(NamedTuple):
    """A `SourceError` on its way from another process."""

    message: str
    path: str
    line: int | None
    column: int | None


def read_segment(job: ReadJob, paths: list[Path], target: Path) -> Segment | Problem:
    """Read source files into one segment.

    :param paths: Turtle files.
    :param target: file to write.
    """
    files, start, triples = [], 0, 0
    concepts: list[bytes] = []
    looks: list[str] = []
    now_ns = time.time_ns()
    try:
        with target.open("wb") as out:
            for path in paths:
                source = read_file(
                    path, root=job.root, base_from=job.base_from, base_to=job.base_to, prefixes=job.prefixes
                )
                things = tuple(dict.fromkeys(thing_iri(subject) for subject in source.subjects))
                check_file(source, things, job.base_to, job.base_from)
                size = out.write(source.ntriples)
                triples += source.triples
                concepts += concepts_in(source.ntriples)
                points_at = objects_of(source.ntriples, job.pointers)
                files.append(SpooledFile(source.relative, source.sha256, start, size, things, points_at))
                looks.append(look_of_read(source, now_ns))
                start += size
    except SourceError as error:
        return Problem(error.message, error.path, error.line, error.column)
    return Segment(target, tuple(files), triples, tuple(concepts), tuple(looks))


def look_of_read(source: SourceFile, now_ns: int) -> str:
    """What a file looked like before it was read; empty when it may have changed since (`seen.trusted`).

    :param now_ns: time before it was read.
    """
    return trusted(told_of(source.stat), now_ns) if source.stat else ""


def expect(segment: Segment) -> None:
    """Have the system read a segment that will be needed soon, if it is no longer in memory."""
    if hasattr(os, "posix_fadvise"):
        with segment.path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_WILLNEED)


def read_bytes(segment: Segment, file: SpooledFile) -> bytes:
    """The triples of one file, as N-Triples."""
    return _mapped(segment.path)[file.start : file.start + file.size]


def each_file(segment: Segment) -> Iterator[tuple[SpooledFile, bytes]]:
    """Every file of a segment with its triples."""
    data = segment.path.read_bytes()
    for file in segment.files:
        yield file, data[file.start : file.start + file.size]


@lru_cache(maxsize=64)
def _mapped(path: Path) -> mmap.mmap:
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def forget() -> None:
    """Let go of the segments, before they are removed."""
    _mapped.cache_clear()


def objects_of(data: bytes, predicates: Iterable[bytes]) -> tuple[str, ...]:
    """What triples have as object of some predicates: things by their IRI, literals in N-Triples form.

    >>> objects_of(b'<a:a> <a:p> <a:b#c> .\\n<a:a> <a:q> "d"@en .\\n', [b"<a:p>", b"<a:q>"])
    ('a:b', '"d"@en')
    """
    wanted = dict.fromkeys(predicates)
    terms: dict[bytes, None] = {}
    if len(wanted) > _FEW:
        # One reading of every line, instead of a search for each predicate.
        for _, predicate, term in ntriples.rows(data):
            if predicate in wanted:
                terms[term] = None
    else:
        for predicate in wanted:
            parts = data.split(b"> " + predicate + b" ")[1:]
            terms.update(dict.fromkeys([part[: part.find(b" .\n")] for part in parts]))
    texts = [term.decode() for term in terms]
    return tuple(dict.fromkeys([thing_iri(text[1:-1]) if text[0] == "<" else text for text in texts]))
