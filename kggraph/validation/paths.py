"""Property paths, followed forwards and backwards (https://www.w3.org/TR/shacl/#property-paths)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

import pyoxigraph as ox

from kggraph.model.graph import ModelGraph, Term
from kggraph.rdf.ntriples import Row
from kggraph.terms import RDF, RDFS, SH


class Triples(Protocol):
    """A graph that can be asked from either end; terms are in N-Triples form."""

    def objects(self, subject: bytes, predicate: bytes) -> Iterable[bytes]:
        """Objects of a subject's predicate."""
        ...

    def subjects(self, predicate: bytes, object: bytes) -> Iterable[bytes]:
        """Subjects that have this object."""
        ...

    def rows(self, subject: bytes) -> Iterable[Row]:
        """All triples of a subject."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """One property, from subject to object or the other way."""

    predicate: bytes
    inverse: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """Paths one after another; none at all stays where it is."""

    parts: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Any of the paths."""

    parts: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A path any number of times (`many`) or at most once, and none at all when `or_none`."""

    part: Path
    or_none: bool
    many: bool


Path: TypeAlias = Step | Sequence | Choice | Repeat
HERE: Final = Sequence(())
_REPEATS: Final = {"zeroOrMorePath": (True, True), "oneOrMorePath": (False, True), "zeroOrOnePath": (True, False)}


def read_path(graph: ModelGraph, node: Term) -> Path:
    """The path that a node of a shapes graph is.

    :raises ShapesError: a list in it is not whole.
    """
    if isinstance(node, ox.NamedNode):
        return Step(str(node).encode())
    for inner in graph.values(node, f"{SH}inversePath"):
        return inverted(read_path(graph, inner))
    for choices in graph.values(node, f"{SH}alternativePath"):
        return Choice(tuple(read_path(graph, part) for part in graph.members(choices)))
    for name, (or_none, many) in _REPEATS.items():
        for inner in graph.values(node, f"{SH}{name}"):
            return Repeat(read_path(graph, inner), or_none, many)
    return Sequence(tuple(read_path(graph, part) for part in graph.members(node)))


def inverted(path: Path) -> Path:
    """The same path from its end to its start.

    >>> inverted(Sequence((Step(b"<a:p>"), Step(b"<a:q>", True)))).parts
    (Step(predicate=b'<a:q>', inverse=False), Step(predicate=b'<a:p>', inverse=True))
    """
    if isinstance(path, Step):
        return Step(path.predicate, not path.inverse)
    if isinstance(path, Repeat):
        return Repeat(inverted(path.part), path.or_none, path.many)
    parts = tuple(inverted(part) for part in path.parts)
    return Choice(parts) if isinstance(path, Choice) else Sequence(parts[::-1])


def after(first: Path, then: Path) -> Path:
    """Two paths as one."""
    parts = [part for path in (first, then) for part in (path.parts if isinstance(path, Sequence) else (path,))]
    return parts[0] if len(parts) == 1 else Sequence(tuple(parts))


def steps(path: Path, before: Path = HERE) -> Iterator[tuple[Path, Step]]:
    """Every step of a path, with the way that leads to where it begins."""
    if isinstance(path, Step):
        yield before, path
    elif isinstance(path, Repeat):
        yield from steps(path.part, after(before, Repeat(path.part, True, True)) if path.many else before)
    elif isinstance(path, Choice):
        for part in path.parts:
            yield from steps(part, before)
    else:
        for part in path.parts:
            yield from steps(part, before)
            before = after(before, part)


def follow(path: Path, nodes: Iterable[bytes], graph: Triples, seen: set[Row] | None = None) -> set[bytes]:
    """Where a path leads from these nodes.

    :param seen: takes in every triple that was gone along.
    """
    if isinstance(path, Step):
        return _step(path, nodes, graph, seen)
    if isinstance(path, Choice):
        here = set(nodes)
        return {node for part in path.parts for node in follow(part, here, graph, seen)}
    if isinstance(path, Repeat):
        here = set(nodes)
        found = here if path.or_none else set()
        new = follow(path.part, here, graph, seen)
        while new := new - found:
            found = found | new
            if not path.many:
                break
            new = follow(path.part, new, graph, seen)
        return found
    there = set(nodes)
    for part in path.parts:
        there = follow(part, there, graph, seen)
    return there


def _step(step: Step, nodes: Iterable[bytes], graph: Triples, seen: set[Row] | None) -> set[bytes]:
    found: set[bytes] = set()
    for node in nodes:
        if step.inverse:
            subjects = list(graph.subjects(step.predicate, node))
            found.update(subjects)
            if seen is not None:
                seen.update((subject, step.predicate, node) for subject in subjects)
        else:
            objects = list(graph.objects(node, step.predicate))
            found.update(objects)
            if seen is not None:
                seen.update((node, step.predicate, term) for term in objects)
    return found


RDF_TYPE: Final = f"<{RDF}type>".encode()
SUBCLASSES: Final = Repeat(Step(f"<{RDFS}subClassOf>".encode()), or_none=True, many=True)
"""From a class to itself and all classes above it."""
