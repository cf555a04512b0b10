"""What each shape reads, and from which focus nodes: so which of these a changed triple touches.

Both are derived from the shapes. A constraint in SPARQL says it with `kg:looksAt`: property paths from the focus node,
along which everything is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from kggraph.errors import ShapesError
from kggraph.model.graph import ModelGraph, Term, show
from kggraph.rdf.ntriples import Row
from kggraph.terms import KG, SH
from kggraph.validation.paths import HERE, RDF_TYPE, SUBCLASSES, Path, Step, Triples, after, follow, read_path, steps

_PAIRS: Final = ("equals", "disjoint", "lessThan", "lessThanOrEquals")
_INNER: Final = ("node", "property", "qualifiedValueShape", "not")
_LISTS: Final = ("and", "or", "xone")
_OPEN: Final = ("js", "expression", "values", "rule")


@dataclass(slots=True)
class ShapeReads:
    """What one shape reads of each of its value nodes, and what the shapes that these are held against read."""

    path: Path | None
    """From the focus node to the value nodes; nothing: the focus node is the value node."""
    closed: bool
    of_class: bool
    pairs: tuple[bytes, ...]
    """Predicates of the focus node whose values are compared with the value nodes."""
    extra: tuple[Path, ...]
    """Paths of a constraint in SPARQL."""
    inner: list[ShapeReads] = field(default_factory=list)
    about: tuple[Path, ...] = ()
    """Paths to other nodes that results may be about: the focus nodes of a property shape in a property shape."""


@dataclass(frozen=True, slots=True)
class Read:
    """A triple that is read: the way from a focus node to where it begins, and its predicate (nothing: any)."""

    way: Path
    predicate: bytes | None
    inverse: bool = False
    """Whether it begins at the triple's object."""


def read_shape(graph: ModelGraph, shape: Term) -> ShapeReads | None:
    """What a shape reads; nothing when that may be anything.

    :raises ShapesError: the shape is recursive.
    """
    try:
        found = _read(graph, shape, ())
    except _AnythingError:
        return None
    found.about = tuple(dict.fromkeys(_about(graph, shape)))
    return found


class _AnythingError(Exception):
    """A constraint may look at any triple, and does not say at which."""


def _read(graph: ModelGraph, shape: Term, above: tuple[Term, ...]) -> ShapeReads:
    if shape in above:
        named = next((node for node in (*above, shape) if isinstance(node, ox.NamedNode)), shape)
        raise ShapesError(
            f"{show(named)} is recursive: it refers to itself, which SHACL leaves undefined; break the circle."
        )
    if graph.flag(shape, f"{SH}deactivated"):
        return ShapeReads(None, False, False, (), ())
    paths = graph.values(shape, f"{SH}path")
    found = ShapeReads(
        path=read_path(graph, paths[0]) if paths else None,
        closed=graph.flag(shape, f"{SH}closed"),
        of_class=bool(graph.values(shape, f"{SH}class")),
        pairs=tuple(str(value).encode() for name in _PAIRS for value in graph.values(shape, f"{SH}{name}")),
        extra=_extra(graph, shape),
    )
    inner = [value for name in _INNER for value in graph.values(shape, f"{SH}{name}")]
    inner += [one for name in _LISTS for head in graph.values(shape, f"{SH}{name}") for one in graph.members(head)]
    if graph.flag(shape, f"{SH}qualifiedValueShapesDisjoint"):
        inner += _siblings(graph, shape)
    found.inner = [_read(graph, one, (*above, shape)) for one in inner]
    return found


def _about(graph: ModelGraph, shape: Term) -> list[Path]:
    if graph.flag(shape, f"{SH}deactivated"):
        return []
    paths = graph.values(shape, f"{SH}path")
    way = read_path(graph, paths[0]) if paths else HERE
    found: list[Path] = []
    for inner in graph.values(shape, f"{SH}property"):
        found += [way, *(after(way, path) for path in _about(graph, inner))] if paths else _about(graph, inner)
    return found


def _extra(graph: ModelGraph, shape: Term) -> tuple[Path, ...]:
    if any(graph.values(shape, f"{SH}{name}") for name in _OPEN):
        raise _AnythingError
    found: list[Path] = []
    for constraint in graph.values(shape, f"{SH}sparql"):
        paths = graph.values(constraint, f"{KG}looksAt")
        if not paths:
            raise _AnythingError
        found += [read_path(graph, path) for path in paths]
    return tuple(found)


def _siblings(graph: ModelGraph, shape: Term) -> list[Term]:
    """https://www.w3.org/TR/shacl/#dfn-sibling-shapes"""
    return [
        qualified
        for parent in graph.subjects()
        if shape in (among := graph.values(parent, f"{SH}property"))
        for sibling in among
        if sibling != shape
        for qualified in graph.values(sibling, f"{SH}qualifiedValueShape")
    ]


def reads(shape: ShapeReads, way: Path = HERE) -> Iterator[Read]:
    """Every triple that a shape may read, from its focus nodes on.

    :param way: leads from the focus node to where the shape is held against.
    """
    for path in shape.extra:
        yield from _along(path, way)
    for predicate in shape.pairs:
        yield Read(way, predicate)
    if shape.path is not None:
        yield from _along(shape.path, way)
        way = after(way, shape.path)
    if shape.closed:
        yield Read(way, None)
    if shape.of_class:
        yield Read(way, RDF_TYPE)
    for inner in shape.inner:
        yield from reads(inner, way)


def _along(path: Path, way: Path) -> Iterator[Read]:
    for before, step in steps(path, way):
        yield Read(before, step.predicate, step.inverse)


def gather(shape: ShapeReads, node: bytes, graph: Triples, seen: set[Row]) -> None:
    """Take in every triple that a shape reads when it is held against a node."""
    for path in (*shape.extra, *(Step(predicate) for predicate in shape.pairs)):
        follow(path, (node,), graph, seen)
    values = {node} if shape.path is None else follow(shape.path, (node,), graph, seen)
    for value in values:
        if shape.closed:
            seen.update(graph.rows(value))
        if shape.of_class:
            types = graph.objects(value, RDF_TYPE)
            seen.update((value, RDF_TYPE, term) for term in types)
            follow(SUBCLASSES, types, graph, seen)
        for inner in shape.inner:
            gather(inner, value, graph, seen)


def by_predicate(shapes: Mapping[str, ShapeReads]) -> dict[bytes | None, dict[tuple[Path, bool], set[str]]]:
    """For each predicate (nothing: any) the ways back to focus nodes, and the shapes that these are of."""
    found: dict[bytes | None, dict[tuple[Path, bool], set[str]]] = {}
    for iri, shape in shapes.items():
        for read in reads(shape):
            ways = found.setdefault(read.predicate, {})
            ways.setdefault((read.way, read.inverse), set()).add(iri)
    return found
