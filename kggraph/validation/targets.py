"""Focus nodes: whether each shape that has a target finds anything to check.

A shape whose target matches nothing "conforms" whatever it says, which hides a misspelt class or property.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kggraph.model.graph import ModelGraph
from kggraph.rdf import ntriples
from kggraph.terms import KG, OWL, RDF, RDFS, SH

_TYPE: Final = f"<{RDF}type>".encode()


@dataclass(frozen=True, slots=True)
class Target:
    """One target of one shape."""

    shape: str
    kind: str
    """`targetClass`, `targetNode`, `targetSubjectsOf` or `targetObjectsOf`."""
    term: bytes
    may_be_empty: bool = False
    """Whether it is right that it finds nothing (`kg:mayBeEmpty`)."""


def read_targets(shapes: bytes) -> list[Target]:
    """The targets of every shape that is not deactivated.

    :param shapes: the shapes graph as N-Triples.
    """
    graph = ModelGraph(shapes)
    found = []
    for node in graph.subjects():
        if not isinstance(node, ox.NamedNode):
            continue
        if graph.flag(node, f"{SH}deactivated"):
            continue
        may_be_empty = graph.flag(node, f"{KG}mayBeEmpty")
        for kind in ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf"):
            terms = (str(term).encode() for term in graph.values(node, f"{SH}{kind}"))
            found += [Target(node.value, kind, term, may_be_empty) for term in terms]
        types = set(graph.iris(node, f"{RDF}type"))
        # https://www.w3.org/TR/shacl/#implicit-targetClass
        if f"{SH}NodeShape" in types and types & {f"{RDFS}Class", f"{OWL}Class"}:
            found.append(Target(node.value, "targetClass", str(node).encode(), may_be_empty))
    return found


def focus_nodes(
    targets: Iterable[Target], rows: Iterable[ntriples.Row], superclasses: Mapping[str, Iterable[str]]
) -> list[tuple[str, str]]:
    """Shape and focus node (in N-Triples form) of every target that these triples give one, each pair once.

    :param superclasses: class to all classes above it.
    """
    by_kind: dict[str, dict[bytes, list[str]]] = {}
    for target in targets:
        by_kind.setdefault(target.kind, {}).setdefault(target.term, []).append(target.shape)
    of_class, of_node = by_kind.get("targetClass", {}), by_kind.get("targetNode", {})
    of_subjects, of_objects = by_kind.get("targetSubjectsOf", {}), by_kind.get("targetObjectsOf", {})
    known: dict[bytes, list[str]] = {}
    found: dict[tuple[str, str], None] = {}
    for subject, predicate, term in rows:
        shapes: list[str] = []
        if predicate == _TYPE:
            if term not in known:
                above = [f"<{iri}>".encode() for iri in superclasses.get(ntriples.iri(term), ())]
                known[term] = [shape for one in (term, *above) for shape in of_class.get(one, ())]
            shapes += known[term]
        shapes += of_subjects.get(predicate, ())
        shapes += of_node.get(subject, ())
        for shape in shapes:
            found[shape, subject.decode()] = None
        for shape in (*of_objects.get(predicate, ()), *of_node.get(term, ())):
            found[shape, term.decode()] = None
    return list(found)


def without_focus_nodes(targets: Iterable[Target], used: Set[str]) -> list[str]:
    """IRIs of the shapes of which no target has a focus node in the data, sorted.

    :param used: shapes that have one, as `focus_nodes` tells.
    """
    return sorted({target.shape for target in targets if not target.may_be_empty} - used)
