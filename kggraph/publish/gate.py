"""The gate: everything is validated before anything is published, in chunks whose results equal those of the whole."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeAlias

from kggraph.errors import NonconformingData
from kggraph.publish.pool import Pool
from kggraph.publish.spool import Segment, SpooledFile, expect, objects_of, read_bytes
from kggraph.rdf import ntriples
from kggraph.rdf.iris import thing_iri
from kggraph.validation.engines import Validator
from kggraph.validation.explain import Explainer
from kggraph.validation.reach import Reach
from kggraph.validation.report import VIOLATION, Report, Result, rule_of
from kggraph.validation.targets import Target, focus_nodes

MOST_KEPT: Final = 20_000
"""Results kept of each severity; all are counted."""
_EXPECTED: Final = 4
"""Segments ahead that the disk may read meanwhile: with a million files memory does not hold them all."""
_MOST_KNOWN_BYTES: Final = 32 << 20
"""Triples around segments that are remembered for the next one."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What things are validated against; small enough to send to another process."""

    shapes: bytes
    targets: tuple[Target, ...]
    superclasses: Mapping[str, tuple[str, ...]]
    axioms: bytes
    """Triples that are added to every chunk: which class is a subclass of which."""
    reach: Reach | None
    """How far the shapes look from their focus nodes; `None`: nobody knows, so that there is one chunk."""
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


def validated(segments: Sequence[Segment], rules: Rules, pool: Pool, outcome: Outcome) -> Iterator[Segment]:
    """Every segment, while it and those after it are validated, together with what their things refer to.

    :param outcome: takes in what is found; it is complete when all segments were given.
    """
    waiting: deque[Callable[[], Found]] = deque()
    for segment, chunk in zip(segments, _chunks(segments, rules.reach), strict=True):
        if chunk is not None:
            waiting.append(pool.start(validate_chunk, rules, *chunk))
        if len(waiting) >= pool.ahead:
            outcome.add(waiting.popleft()())
        yield segment
    for found in waiting:
        outcome.add(found())


def validate_chunk(rules: Rules, paths: Sequence[Path], context: bytes, own: frozenset[str] | None) -> Found:
    """Validate the things of one chunk.

    :param paths: files with their triples, of which a process reads what it needs quicker than it is sent that.
    :param context: triples of the things that the shapes may look at from there.
    :param own: IRIs of the chunk's own things; `None` when the chunk is everything.
    """
    data = b"".join([path.read_bytes() for path in paths])
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


def refused(violations: int, report: Report, explainer: Explainer) -> NonconformingData:
    """The error that data do not conform, with a line for every violation of a report."""
    what = "1 violation" if violations == 1 else f"{violations} violations"
    return NonconformingData(
        f"The data do not conform to the shapes: {what}. Nothing was published.",
        violations=violations,
        lines=tuple(explainer.lines(report, [VIOLATION])),
    )


_Chunk: TypeAlias = tuple[list[Path], bytes, frozenset[str] | None]
"""What `validate_chunk` takes."""


def _chunks(segments: Sequence[Segment], reach: Reach | None) -> Iterator[_Chunk | None]:
    """A chunk for each segment; the whole as the first one when it is small, or when shapes may look at anything."""
    if len(segments) == 1 or reach is None:
        yield [segment.path for segment in segments], b"", None
        yield from (None for _ in segments[1:])
        return
    neighbours = _Neighbours(segments, reach)
    for number, segment in enumerate(segments):
        if number + _EXPECTED < len(segments):
            expect(segments[number + _EXPECTED])
        own = frozenset(thing for file in segment.files for thing in file.things)
        yield [segment.path], neighbours.around(number, segment.path.read_bytes()), own


_Place: TypeAlias = tuple[int, int]
"""Number of a segment, and of a file in it."""


class _Neighbours:
    """Finds the files that the shapes may look at from the things of a segment."""

    def __init__(self, segments: Sequence[Segment], reach: Reach) -> None:
        self._segments, self._reach = segments, reach
        self._place: dict[str, _Place] = {}
        self._pointing: dict[str, list[_Place]] = {}
        self._known: dict[_Place, bytes] = {}
        self._known_bytes = 0
        for number, segment in enumerate(segments):
            for index, file in enumerate(segment.files):
                for thing in file.things:
                    self._place[thing] = (number, index)
                for term in file.points_at:
                    self._pointing.setdefault(term, []).append((number, index))

    def around(self, number: int, data: bytes) -> bytes:
        """The triples of the files around a segment, without its own."""
        reach = self._reach
        own = [thing for file in self._segments[number].files for thing in file.things]
        named = {self._place[thing] for term in reach.named if (thing := thing_iri(ntriples.iri(term))) in self._place}
        taken = {place for place in named if place[0] != number}
        found = [self._read(place) for place in sorted(taken)]
        data = b"".join([data, *found])
        own += [thing for place in taken for thing in self._file(place).things]

        def beyond(data: bytes, things: Iterable[str], predicates: frozenset[bytes]) -> tuple[bytes, list[str]]:
            """What was not found yet one step from here."""
            terms = objects_of(data, predicates & reach.forwards)
            places = {self._place[term] for term in terms if term in self._place}
            if predicates & reach.backwards:
                places.update(place for term in (*terms, *things) for place in self._pointing.get(term, ()))
            new = sorted(place for place in places - taken if place[0] != number)
            taken.update(new)
            triples = b"".join([self._read(place) for place in new])
            found.append(triples)
            return triples, [thing for place in new for thing in self._file(place).things]

        for hop in range(reach.hops + 1):
            more, things = data, own
            while reach.repeated and more:
                more, things = beyond(more, things, reach.repeated)
                data, own = data + more, [*own, *things]
            if hop < reach.hops:
                data, own = beyond(data, own, reach.forwards | reach.backwards)
        return b"".join(found)

    def _file(self, place: _Place) -> SpooledFile:
        return self._segments[place[0]].files[place[1]]

    def _read(self, place: _Place) -> bytes:
        """What the shapes may read of a file that is not of the segment; most are asked for again and again."""
        data = self._known.get(place)
        if data is None:
            data = read_bytes(self._segments[place[0]], self._file(place))
            if (predicates := self._reach.predicates) is not None:
                lines = data.splitlines(keepends=True)
                data = b"".join([line for line in lines if line.split(b" ", 2)[1] in predicates])
            self._known_bytes += len(data)
            if self._known_bytes > _MOST_KNOWN_BYTES:
                self._known.clear()
                self._known_bytes = len(data)
            self._known[place] = data
        return data
