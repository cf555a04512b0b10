"""The gate: everything is validated before anything is published, in chunks whose results equal those of the whole."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from kggraph.publish.pool import Pool
from kggraph.publish.spool import Segment, SpooledFile, read_bytes
from kggraph.rdf import ntriples
from kggraph.rdf.iris import thing_iri
from kggraph.validation.engines import Validator
from kggraph.validation.report import VIOLATION, Report, Result
from kggraph.validation.targets import SeenTerms

HOPS: Final = 3
"""How many files away from a thing a shape may look, concept schemes not counted: these are in every chunk."""
MOST_KEPT: Final = 20_000
"""Results kept of each severity; all are counted."""


@dataclass(slots=True)
class Outcome:
    """What validation found in all chunks."""

    kept: dict[str, list[Result]] = field(default_factory=dict)
    totals: Counter[str] = field(default_factory=Counter)
    """Severity IRI to number of results."""
    seen: SeenTerms = field(default_factory=SeenTerms)

    @property
    def violations(self) -> int:
        """How many results block publishing."""
        return self.totals[VIOLATION]

    def report(self) -> Report:
        """The results that were kept, sorted."""
        results = (result for found in self.kept.values() for result in found)
        return Report(tuple(sorted(results, key=lambda result: result.key)))

    def add(self, results: Sequence[Result], seen: SeenTerms) -> None:
        """Take in one chunk."""
        for result in results:
            self.totals[result.severity] += 1
            kept = self.kept.setdefault(result.severity, [])
            if len(kept) < MOST_KEPT:
                kept.append(result)
        self.seen.classes |= seen.classes
        self.seen.predicates |= seen.predicates
        self.seen.nodes |= seen.nodes


def validate_segments(
    segments: Sequence[Segment],
    shapes: bytes,
    axioms: bytes,
    base: str,
    pool: Pool,
    *,
    engine: str = "shifty",
    wanted: frozenset[bytes] = frozenset(),
    done: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Validate every segment together with what its things refer to.

    :param axioms: triples that are added to each chunk, such as the subclass axioms of the ontology.
    :param base: base of the IRIs of our own things.
    :param wanted: nodes that a `sh:targetNode` names.
    :param done: called with the number of files validated so far.
    """
    outcome = Outcome()
    number = 0
    calls = ((shapes, data, context + axioms, own, engine, wanted) for data, context, own in _chunks(segments, base))
    for segment, (results, seen) in zip(segments, pool.map(validate_chunk, calls), strict=True):
        outcome.add(results, seen)
        number += len(segment.files)
        done(number)
    return outcome


def validate_chunk(
    shapes: bytes, data: bytes, context: bytes, own: frozenset[str] | None, engine: str, wanted: frozenset[bytes]
) -> tuple[list[Result], SeenTerms]:
    """Results whose focus node is one of the chunk's own things, and what the chunk uses.

    :param own: IRIs of these things; `None` when the chunk is everything.
    """
    report = Validator(shapes, engine).report(data + context)
    seen = SeenTerms()
    seen.add(ntriples.rows(data), wanted)
    if own is None:
        return list(report.results), seen
    return [result for result in report.results if thing_iri(result.focus.strip("<>")) in own], seen


def _chunks(segments: Sequence[Segment], base: str) -> Iterator[tuple[bytes, bytes, frozenset[str] | None]]:
    if len(segments) == 1:
        yield segments[0].path.read_bytes(), b"", None
        return
    neighbours = _Neighbours(segments, base)
    for segment in segments:
        own = frozenset(thing for file in segment.files for thing in file.things)
        data = segment.path.read_bytes()
        yield data, neighbours.around(segment, data), own


class _Neighbours:
    """Finds the files that the shapes may look at from the things of a segment."""

    def __init__(self, segments: Sequence[Segment], base: str) -> None:
        self._reference = re.compile(rb" <(" + re.escape(base.encode()) + rb"[^>#]*)[^>]*> \.$", re.MULTILINE)
        self._place: dict[str, tuple[int, int]] = {}
        self._pointing: dict[str, list[tuple[int, int]]] = {}
        self._segments = segments
        self._schemes: list[tuple[int, int]] = []
        for number, segment in enumerate(segments):
            for index, file in enumerate(segment.files):
                place = (number, index)
                if file.holds_scheme:
                    self._schemes.append(place)
                for thing in file.things:
                    self._place[thing] = place
                for thing in file.points_at:
                    self._pointing.setdefault(thing, []).append(place)

    def around(self, segment: Segment, data: bytes) -> bytes:
        """The triples of the files around a segment, without its own."""
        own = self._segments.index(segment)
        schemes = [place for place in self._schemes if place[0] != own]
        taken = set(schemes)
        parts = [self._read(place) for place in schemes]
        things = {thing for file in segment.files for thing in file.things}
        reached = data
        for _ in range(HOPS):
            places = {self._place.get(iri.decode()) for iri in set(self._reference.findall(reached))}
            places |= {place for thing in things for place in self._pointing.get(thing, ())}
            new = sorted(place for place in places if place and place[0] != own and place not in taken)
            if not new:
                break
            taken.update(new)
            things = {thing for place in new for thing in self._file(place).things}
            found = [self._read(place) for place in new]
            reached = b"".join(found)
            parts += found
        return b"".join(parts)

    def _file(self, place: tuple[int, int]) -> SpooledFile:
        return self._segments[place[0]].files[place[1]]

    def _read(self, place: tuple[int, int]) -> bytes:
        return read_bytes(self._segments[place[0]], self._file(place))
