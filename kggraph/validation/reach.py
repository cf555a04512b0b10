"""What shapes look at beyond their focus nodes, so that a chunk of the data is validated with no more than that."""

from __future__ import annotations

from typing import Final

import pyoxigraph as ox

from kggraph.model.graph import ModelGraph, Term
from kggraph.terms import KG, RDF, SH

_INWARD: Final = ("node", "property", "qualifiedValueShape", "not")
"""Parameters that name a shape which a value is held against; `and`, `or` and `xone` name lists of them."""

_LISTS: Final = ("and", "or", "xone")
_PAIRS: Final = ("equals", "disjoint", "lessThan", "lessThanOrEquals")
_STEPS: Final = ("inversePath", "zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath")
_OPEN: Final = ("target", "js", "expression", "values", "rule")
"""Parameters that may look at anything; a constraint in SPARQL may as well, unless it has `kg:looksAt`."""


def looked_at(shapes: bytes) -> frozenset[bytes] | None:
    """Predicates that the shapes may read of nodes other than their focus nodes; nothing when that may be any.

    :param shapes: the shapes graph as N-Triples.

    >>> sorted(looked_at(b'<a:S> <http://www.w3.org/ns/shacl#path> <a:p> .\\n'))
    [b'<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>']
    """
    graph = ModelGraph(shapes)
    found = {f"<{RDF}type>".encode()}
    inner: set[Term] = set()
    todo: list[Term] = []
    for node in graph.subjects():
        if any(graph.values(node, f"{SH}{name}") for name in _OPEN):
            return None
        for constraint in graph.values(node, f"{SH}sparql"):
            paths = graph.values(constraint, f"{KG}looksAt")
            if not paths:
                return None
            found |= set().union(*(_in_path(graph, path) for path in paths))
        for path in graph.values(node, f"{SH}path"):
            if not isinstance(path, ox.NamedNode):
                found |= _in_path(graph, path)
            todo += _held_against(graph, node)
    while todo:
        shape = todo.pop()
        if shape in inner:
            continue
        inner.add(shape)
        if graph.flag(shape, f"{SH}closed"):
            return None
        for path in graph.values(shape, f"{SH}path"):
            found |= _in_path(graph, path)
        for name in _PAIRS:
            found |= {str(value).encode() for value in graph.values(shape, f"{SH}{name}")}
        todo += _held_against(graph, shape)
    return frozenset(found)


def _held_against(graph: ModelGraph, shape: Term) -> list[Term]:
    shapes = [value for name in _INWARD for value in graph.values(shape, f"{SH}{name}")]
    for name in _LISTS:
        for head in graph.values(shape, f"{SH}{name}"):
            shapes += graph.members(head)
    return shapes


def _in_path(graph: ModelGraph, path: Term) -> set[bytes]:
    """Every predicate in a property path."""
    if isinstance(path, ox.NamedNode):
        return {str(path).encode()}
    parts = [value for name in _STEPS for value in graph.values(path, f"{SH}{name}")]
    for choices in graph.values(path, f"{SH}alternativePath"):
        parts += graph.members(choices)
    if graph.values(path, f"{RDF}first"):
        parts += graph.members(path)
    return set().union(*(_in_path(graph, part) for part in parts))
