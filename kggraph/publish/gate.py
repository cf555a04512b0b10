"""The gate: everything is validated before anything is published, in chunks whose results equal those of the whole."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from kggraph.publish.pool import Pool
from kggraph.publish.spool import Segment, SpooledFile, read_bytes
from kggraph.rdf.iris import thing_iri
from kggraph.validation.engines import Validator
from kggraph.validation.report import VIOLATION, Report, Result, rule_of
from kggraph.validation.targets import Target, focus_nodes

HOPS: Final = 3
"""How many files away from a thing a shape may look, concept schemes not counted: these are in every chunk."""
MOST_KEPT: Final = 20_000
"""Results kept of each severity; all are counted."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What things are validated against; small enough to send to another process."""

    shapes: bytes
    targets: tuple[Target, ...]
    superclasses: Mapping[str, tuple[str, ...]]
    axioms: bytes
    """Triples that are added to every chunk: which class is a subclass of which."""
    looked_at: frozenset[bytes] | None
    """Predicates that shapes may read of other nodes than their focus nodes; `None`: any."""
    engine: str = "shifty"


@dataclass(slots=True)
class Outcome:
    """What validation found in all chunks."""

    kept: dict[str, list[Result]] = field(default_factory=dict)
    totals: Counter[str] = field(default_factory=Counter)
    """Severity IRI to number of results."""
    by_rule: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Severity and rule (`rule_of`) to number of results."""
    used: set[str] = field(default_factory=set)
    """Shapes that had a focus node."""
    _shared: set[Result] = field(default_factory=set)

    @property
    def violations(self) -> int:
        """How many results block publishing."""
        return self.totals[VIOLATION]

    def report(self) -> Report:
        """The results that were kept, sorted."""
        results = (result for found in self.kept.values() for result in found)
        return Report.of(results)

    def add(self, found: Found) -> None:
        """Take in one chunk."""
        self.used |= found.used
        # Two chunks may both come upon a node that is of neither.
        new = found.shared - self._shared
        self._shared |= new
        for result in (*found.own, *sorted(new, key=lambda result: result.key)):
            self.totals[result.severity] += 1
            self.by_rule[rule_of(result)] += 1
            kept = self.kept.setdefault(result.severity, [])
            if len(kept) < MOST_KEPT:
                kept.append(result)


@dataclass(frozen=True, slots=True)
class Found:
    """What validation found in one chunk."""

    own: list[Result]
    """Results whose focus node is one of the chunk's own things."""
    shared: set[Result]
    """Other results, which another chunk may give as well."""
    used: set[str]
    """Shapes that had a focus node."""


def validated(segments: Sequence[Segment], rules: Rules, base: str, pool: Pool, outcome: Outcome) -> Iterator[Segment]:
    """Every segment, while it and those after it are validated, together with what their things refer to.

    :param base: base of the IRIs of our own things.
    :param outcome: takes in what is found; it is complete when all segments were given.
    """
    waiting: deque[Callable[[], Found]] = deque()
    for segment, (data, context, own) in zip(segments, _chunks(segments, base, rules.looked_at), strict=True):
        waiting.append(pool.start(validate_chunk, rules, data, context, own))
        if len(waiting) >= pool.ahead:
            outcome.add(waiting.popleft()())
        yield segment
    for found in waiting:
        outcome.add(found())


def validate_chunk(rules: Rules, data: bytes, context: bytes, own: frozenset[str] | None) -> Found:
    """Validate the things of one chunk.

    :param data: their triples.
    :param context: triples of the things that the shapes may look at from there.
    :param own: IRIs of the chunk's own things; `None` when the chunk is everything.
    """
    validator = _validator(rules.shapes, rules.engine)
    focus = focus_nodes(rules.targets, data, rules.superclasses)
    used = {shape for shape, _ in focus}
    graph = data + context + rules.axioms
    if own is None:
        return Found(list(validator.report(graph).results), set(), used)
    narrow = validator.can_narrow
    results = validator.report(graph, focus if narrow else None).results
    inside = [result for result in results if thing_iri(result.focus.strip("<>")) in own]
    return Found(inside, set(results) - set(inside) if narrow else set(), used)


@lru_cache(maxsize=1)
def _validator(shapes: bytes, engine: str) -> Validator:
    return Validator(shapes, engine)


def _chunks(
    segments: Sequence[Segment], base: str, looked_at: frozenset[bytes] | None
) -> Iterator[tuple[bytes, bytes, frozenset[str] | None]]:
    if len(segments) == 1:
        yield segments[0].path.read_bytes(), b"", None
        return
    neighbours = _Neighbours(segments, base, looked_at)
    for segment in segments:
        own = frozenset(thing for file in segment.files for thing in file.things)
        data = segment.path.read_bytes()
        yield data, neighbours.around(segment, data), own


class _Neighbours:
    """Finds the files that the shapes may look at from the things of a segment."""

    def __init__(self, segments: Sequence[Segment], base: str, looked_at: frozenset[bytes] | None) -> None:
        self._looked_at = looked_at
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
        data = read_bytes(self._segments[place[0]], self._file(place))
        if self._looked_at is None:
            return data
        lines = data.splitlines(keepends=True)
        return b"".join([line for line in lines if line.split(b" ", 2)[1] in self._looked_at])
