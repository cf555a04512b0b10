"""Which concepts of a scheme a field can have at all, as the shapes tell: a facet shows these and no others.

Several fields may share a scheme and take a part of it each, by `sh:node` on a shape that asks its values for a
`sh:hasValue`: "broader is evaluation", "inScheme is topics".
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import pyoxigraph as ox

from kggraph.model import Field
from kggraph.model.graph import ModelGraph, Term
from kggraph.rdf import ntriples
from kggraph.terms import SH

Rule: TypeAlias = tuple[bytes, bytes]
"""Predicate and object, in N-Triples form, that a value must have."""


def value_rules(fields: Iterable[Field], shapes: bytes) -> dict[str, frozenset[Rule]]:
    """What every value of each field must say of itself, by the field's key.

    :param shapes: the shapes graph as N-Triples.
    """
    graph = ModelGraph(shapes)
    paths = {node: graph.values(node, f"{SH}path") for node in graph.subjects()}
    found: dict[str, frozenset[Rule]] = {}
    for field in fields:
        path, holders = ox.NamedNode(field.path), _holders(graph, field.iri)
        siblings = {shape for holder in holders for shape in graph.values(holder, f"{SH}property")}
        rules: set[Rule] = set()
        for shape in siblings | {ox.NamedNode(field.iri)}:
            if paths.get(shape) == [path]:  # type: ignore[arg-type]
                for node in graph.values(shape, f"{SH}node"):
                    rules |= _asked_by(graph, node, set())
        found[field.key] = frozenset(rules)
    return found


def follows(rules: Iterable[Rule], own: Iterable[ntriples.Row], subject: bytes) -> bool:
    """Whether a thing, by its own triples, says all that the rules ask.

    >>> follows([(b"<a:broader>", b"<a:top>")], [(b"<a:x>", b"<a:broader>", b"<a:top>")], b"<a:x>")
    True
    """
    said = {(predicate, term) for row_subject, predicate, term in own if row_subject == subject}
    return all(rule in said for rule in rules)


def _holders(graph: ModelGraph, shape: str) -> list[Term]:
    node = ox.NamedNode(shape)
    return [holder for holder in graph.subjects() if node in graph.values(holder, f"{SH}property")]


def _asked_by(graph: ModelGraph, shape: Term, seen: set[Term]) -> set[Rule]:
    if shape in seen:
        return set()
    seen.add(shape)
    rules: set[Rule] = set()
    for nested in (shape, *graph.values(shape, f"{SH}property")):
        for path in graph.iris(nested, f"{SH}path"):
            rules |= {(f"<{path}>".encode(), str(value).encode()) for value in graph.values(nested, f"{SH}hasValue")}
    for node in graph.values(shape, f"{SH}node"):
        rules |= _asked_by(graph, node, seen)
    return rules
