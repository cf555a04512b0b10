"""How far shapes look from their focus nodes, so that a chunk of the data is validated with that around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import pyoxigraph as ox

from kggraph.model.graph import ModelGraph, Node
from kggraph.terms import SH
from kggraph.validation.paths import HERE, RDF_TYPE, Choice, Path, Repeat, Sequence, Step, steps
from kggraph.validation.reads import read_shape, reads
from kggraph.validation.targets import TARGETS, read_targets


@dataclass(frozen=True, slots=True)
class Reach:
    """What all shapes together may look at; predicates are in N-Triples form."""

    predicates: frozenset[bytes] | None
    """What they may read of nodes other than the focus node; nothing: any."""
    forwards: frozenset[bytes]
    """Predicates that they go along, from a node to another one."""
    backwards: frozenset[bytes]
    """Predicates that they go along from object to subject."""
    repeated: frozenset[bytes]
    """Those of either that they may go along any number of times."""
    hops: int
    """How many steps away from the focus node they look, those of `repeated` not counted."""
    named: frozenset[bytes]
    """Focus nodes that shapes name, which may be described anywhere."""


@lru_cache(maxsize=2)
def read_reach(shapes: bytes) -> Reach | None:
    """How far shapes look; nothing when one of them may look at anything.

    :param shapes: the shapes graph as N-Triples.
    :raises ShapesError: a shape is recursive.

    >>> p = b"<a:S> <http://www.w3.org/ns/shacl#property> <a:P> .\\n<a:P> <http://www.w3.org/ns/shacl#path> <a:p> .\\n"
    >>> target = b"<a:S> <http://www.w3.org/ns/shacl#targetClass> <a:C> .\\n"
    >>> (found := read_reach(p + target)) is not None and found.hops
    0
    """
    graph = ModelGraph(shapes)
    if any(graph.values(node, f"{SH}{name}") for node in graph.subjects() for name in _hidden_targets(node)):
        return None
    predicates: set[bytes | None] = {RDF_TYPE}
    ways: dict[Path, None] = {}
    targets: dict[str, bool] = {}
    pointed: set[bytes] = set()
    named: set[bytes] = set()
    for target in read_targets(shapes):
        # The focus node of such a target may be described in another chunk than the triple that makes it one.
        is_elsewhere = target.kind in ("targetNode", "targetObjectsOf")
        targets[target.shape] = targets.get(target.shape, False) or is_elsewhere
        if is_elsewhere:
            (named if target.kind == "targetNode" else pointed).add(target.term)
    for iri, may_be_elsewhere in targets.items():
        shape = read_shape(graph, ox.NamedNode(iri))
        if shape is None:
            return None
        for read in reads(shape):
            if read.way != HERE or read.inverse or may_be_elsewhere:
                predicates.add(read.predicate)
            ways[read.way] = None
            if read.inverse and read.predicate:
                ways[Sequence((read.way, Step(read.predicate, True)))] = None
    taken = [step for way in ways for _, step in steps(way)]
    repeated = frozenset(step.predicate for way in ways for step in _repeated(way))
    return Reach(
        None if None in predicates else frozenset(filter(None, predicates)),
        frozenset(step.predicate for step in taken if not step.inverse) | pointed,
        frozenset(step.predicate for step in taken if step.inverse),
        repeated,
        max((_length(way, repeated) for way in ways), default=0) + bool(pointed),
        frozenset(named),
    )


def _hidden_targets(shape: Node) -> tuple[str, ...]:
    """Targets that `read_targets` does not tell: queries, and those of a shape without IRI."""
    return ("target",) if isinstance(shape, ox.NamedNode) else ("target", *TARGETS)


def _repeated(path: Path) -> Iterator[Step]:
    if isinstance(path, Repeat) and path.many:
        yield from (step for _, step in steps(path))
    elif isinstance(path, Repeat):
        yield from _repeated(path.part)
    elif isinstance(path, Choice | Sequence):
        for part in path.parts:
            yield from _repeated(part)


def _length(path: Path, uncounted: frozenset[bytes]) -> int:
    if isinstance(path, Step):
        return path.predicate not in uncounted
    if isinstance(path, Repeat):
        return _length(path.part, uncounted)
    lengths = [_length(part, uncounted) for part in path.parts]
    return max(lengths, default=0) if isinstance(path, Choice) else sum(lengths)
