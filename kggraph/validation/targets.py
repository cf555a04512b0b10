"""Focus nodes: whether each shape that has a target finds anything to check.

A shape whose target matches nothing "conforms" whatever it says, which hides a misspelt class or property.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from kggraph.model.graph import ModelGraph
from kggraph.rdf import ntriples
from kggraph.terms import KG, OWL, RDF, RDFS, SH

_TYPE: Final = f"<{RDF}type>".encode()


@dataclass(slots=True)
class SeenTerms:
    """What a data graph uses, which is all that targets ask for."""

    classes: set[bytes] = field(default_factory=set)
    predicates: set[bytes] = field(default_factory=set)
    nodes: set[bytes] = field(default_factory=set)
    """Those of `wanted` that are a subject or an object."""

    def add(self, rows: Iterable[ntriples.Row], wanted: Set[bytes] = frozenset()) -> None:
        """Take in triples.

        :param wanted: nodes named by `sh:targetNode`.
        """
        for subject, predicate, term in rows:
            self.predicates.add(predicate)
            if predicate == _TYPE:
                self.classes.add(term)
            if wanted and (subject in wanted or term in wanted):
                self.nodes |= {subject, term} & wanted


@dataclass(frozen=True, slots=True)
class Target:
    """One target of one shape."""

    shape: str
    kind: str
    """`targetClass`, `targetNode`, `targetSubjectsOf` or `targetObjectsOf`."""
    term: bytes


def read_targets(shapes: bytes) -> list[Target]:
    """The targets of every shape that is not deactivated or marked `kg:mayBeEmpty`.

    :param shapes: the shapes graph as N-Triples.
    """
    graph = ModelGraph(shapes)
    found = []
    for node in graph.subjects():
        if not isinstance(node, ox.NamedNode):
            continue
        if graph.flag(node, f"{SH}deactivated") or graph.flag(node, f"{KG}mayBeEmpty"):
            continue
        for kind in ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf"):
            found += [Target(node.value, kind, str(term).encode()) for term in graph.values(node, f"{SH}{kind}")]
        types = set(graph.iris(node, f"{RDF}type"))
        # https://www.w3.org/TR/shacl/#implicit-targetClass
        if f"{SH}NodeShape" in types and types & {f"{RDFS}Class", f"{OWL}Class"}:
            found.append(Target(node.value, "targetClass", str(node).encode()))
    return found


def without_focus_nodes(
    targets: Iterable[Target], seen: SeenTerms, superclasses: Mapping[str, Iterable[str]]
) -> list[str]:
    """IRIs of the shapes of which no target has a focus node in the data, sorted.

    :param superclasses: class to all classes above it.
    """
    classes = set(seen.classes)
    for found in seen.classes:
        classes |= {f"<{above}>".encode() for above in superclasses.get(ntriples.iri(found), ())}
    hits: dict[str, bool] = {}
    for target in targets:
        among = {"targetClass": classes, "targetNode": seen.nodes}.get(target.kind, seen.predicates)
        hits[target.shape] = hits.get(target.shape, False) or target.term in among
    return sorted(shape for shape, hit in hits.items() if not hit)
