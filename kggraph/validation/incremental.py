"""Validation of an edit: only the focus nodes that the changed triples touch, with only what their shapes read.

What an edit touches is derived from the shapes: back along every path that a shape looks along, over what was there and
what will be. So the results always equal those of a full run; where that cannot be known (shapes without IRI, a
constraint that does not say what it looks at) nothing is answered, and everything is to be validated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kggraph.rdf import ntriples
from kggraph.rdf.ntriples import Row
from kggraph.terms import KG, RDFS, SH
from kggraph.validation.engines import Validator
from kggraph.validation.graphs import Edited, written
from kggraph.validation.paths import RDF_TYPE, SUBCLASSES, Path, Triples, follow, inverted, steps
from kggraph.validation.reads import ShapeReads, by_predicate, gather, read_shape, reads
from kggraph.validation.report import Report, Result
from kggraph.validation.shape_texts import ShapeTexts
from kggraph.validation.targets import read_targets

_TEXTS: Final = frozenset(
    f"<{iri}>".encode()
    for iri in (f"{SH}name", f"{SH}description", f"{SH}order", f"{SH}group", f"{RDFS}label", f"{RDFS}comment")
)
_ANNOTATION: Final = f"<{KG}".encode()
_MESSAGE: Final = f"<{SH}message>".encode()
_QUERIES: Final = frozenset(f"<{SH}{name}>".encode() for name in ("select", "ask"))
_TARGETS: Final = frozenset(f"<{SH}target{kind}>".encode() for kind in ("Class", "Node", "SubjectsOf", "ObjectsOf"))
_SUBCLASS: Final = f"<{RDFS}subClassOf>".encode()


@dataclass(frozen=True, slots=True)
class Renewed:
    """What an edit changes in the report."""

    nodes: frozenset[str]
    """The nodes (in N-Triples form) that the edit touches: earlier results about them no longer hold."""
    results: tuple[Result, ...]
    """All results about these nodes after the edit, sorted."""

    def into(self, report: Report) -> Report:
        """The report after the edit.

        :param report: the whole report before it.
        """
        kept = (result for result in report.results if result.focus not in self.nodes)
        return Report.of([*kept, *self.results])


class IncrementalValidator:
    """Shapes that know what they read; one object validates any number of edits of any graph."""

    def __init__(self, shapes: bytes, axioms: bytes = b"", engine: str = "shifty") -> None:
        """Prepare the shapes.

        :param shapes: the shapes graph as N-Triples.
        :param axioms: which class is a subclass of which, as N-Triples; these are no data and do not change.
        :param engine: a key of `engines.ENGINES`.
        :raises ShapesError: the shapes are recursive.
        """
        self.texts = ShapeTexts(shapes)
        """Names and messages of the shapes."""
        self._engine = engine
        self._parts: dict[frozenset[str], Validator] = {}
        self._of_shape = _constraints(shapes)
        self._axioms, self._axiom_rows = axioms, list(ntriples.rows(axioms))
        targets = read_targets(shapes)
        found = {target.shape: read_shape(self.texts.graph, ox.NamedNode(target.shape)) for target in targets}
        self._shapes = {iri: shape for iri, shape in found.items() if shape is not None}
        self.is_derived = Validator(shapes, texts=self.texts).can_narrow and len(self._shapes) == len(found)
        """Whether it is known what an edit touches; if not, only a full run can tell."""
        self._targets: dict[str, dict[bytes, list[str]]] = defaultdict(lambda: defaultdict(list))
        for target in targets:
            self._targets[target.kind][target.term].append(target.shape)
        self._ways = by_predicate(self._shapes)
        self.backwards = frozenset(self._targets["targetObjectsOf"]) | _backwards(self._shapes.values())
        """Predicates that a graph is asked for from object to subject."""

    def edit(self, graph: Triples, removed: bytes, added: bytes) -> Renewed | None:
        """What an edit of a graph changes in its report; nothing when only a full run can tell.

        :param graph: the data before the edit.
        :param removed: triples to take out, as N-Triples; those that are not there are passed over.
        :param added: triples to put in; those that are there are passed over.
        """
        new = dict.fromkeys(ntriples.rows(added))
        there = {subject: frozenset(graph.rows(subject)) for subject in {row[0] for row in new}}
        old = [row for row in dict.fromkeys(ntriples.rows(removed)) if row not in new]
        there.update({row[0]: frozenset(graph.rows(row[0])) for row in old if row[0] not in there})
        gone = [row for row in old if row in there[row[0]]]
        come = [row for row in new if row not in there[row[0]]]
        if not self.is_derived or any(row[1] == _SUBCLASS for row in (*gone, *come)):
            return None
        # Looked for while both what was and what will be there is: a way may lead over either.
        nodes = self._touched([*gone, *come], Edited(graph, (), come))
        results = self._about(Edited(graph, gone, [*come, *self._axiom_rows]), nodes)
        return Renewed(frozenset(node.decode() for node in nodes), results)

    def about(self, graph: Triples, nodes: Set[bytes]) -> tuple[Result, ...] | None:
        """All results about some nodes of a graph, sorted; nothing when only a full run can tell.

        :param nodes: focus nodes, or nodes that are none, in N-Triples form.
        """
        if not self.is_derived:
            return None
        return self._about(Edited(graph, (), self._axiom_rows), nodes)

    def _about(self, whole: Triples, nodes: Set[bytes]) -> tuple[Result, ...]:
        """The same, of a graph that has the axioms."""
        pairs = {(shape, node): None for node in nodes for shape in self._shapes_of(node, whole)}
        for shape, own in self._shapes.items():
            for path in own.about:
                holders = follow(inverted(path), nodes, whole)
                pairs.update({(shape, node): None for node in holders if shape in self._shapes_of(node, whole)})
        if not pairs:
            return ()
        return tuple(one for one in self._results(list(pairs), whole) if one.focus.encode() in nodes)

    def _results(self, pairs: Sequence[tuple[str, bytes]], graph: Triples) -> tuple[Result, ...]:
        seen: set[Row] = set()
        for shape, focus in pairs:
            gather(self._shapes[shape], focus, graph, seen)
        told = [(shape, focus.decode()) for shape, focus in pairs]
        validator = self._part(frozenset(shape for shape, _ in pairs))
        return validator.report(written(seen) + self._axioms, told).results

    def _part(self, shapes: frozenset[str]) -> Validator:
        """A validator of these shapes only: a run takes 3 ms longer for each 300 kB of others and of their texts."""
        if shapes not in self._parts:
            reached = [f"<{shape}>".encode() for shape in sorted(shapes)]
            for node in reached:
                new = dict.fromkeys(row[2] for row in self._of_shape.get(node, ()) if row[2] in self._of_shape)
                reached += [other for other in new if other not in reached]
            rows = (row for node in reached for row in self._of_shape[node])
            asked = (row for row in rows if row[0][1:-1].decode() in shapes or row[1] not in _TARGETS)
            self._parts[shapes] = Validator(written(asked), self._engine, self.texts)
        return self._parts[shapes]

    # ------------------------------------------------------------------ touched
    def _touched(self, changed: Iterable[Row], graph: Triples) -> set[bytes]:
        """The nodes about which results may be others; the graph has every triple of before and after."""
        starts: dict[Path, set[bytes]] = defaultdict(set)
        found: set[bytes] = set()
        for subject, predicate, term in changed:
            for key in (predicate, None):
                for way, inverse in self._ways.get(key, ()):
                    starts[way].add(term if inverse else subject)
            if predicate in self._targets["targetObjectsOf"]:
                found.add(term)
            # A triple of its own may make it a focus node, or end that.
            found.add(subject)
        for way, nodes in starts.items():
            found |= follow(inverted(way), nodes, graph)
        holders = frozenset(found)
        for own in self._shapes.values():
            for path in own.about:
                found |= follow(path, holders, graph)
        return found

    def _shapes_of(self, node: bytes, graph: Triples) -> set[str]:
        """The shapes that a node is a focus node of."""
        found = set(self._targets["targetNode"].get(node, ()))
        if types := graph.objects(node, RDF_TYPE):
            for term in follow(SUBCLASSES, types, graph):
                found.update(self._targets["targetClass"].get(term, ()))
        for predicate, shapes in self._targets["targetSubjectsOf"].items():
            if graph.objects(node, predicate):
                found.update(shapes)
        for predicate, shapes in self._targets["targetObjectsOf"].items():
            if graph.subjects(predicate, node):
                found.update(shapes)
        return found


def _constraints(shapes: bytes) -> dict[bytes, list[Row]]:
    """The triples of a shapes graph by subject, without texts and annotations; a query keeps its message."""
    found: dict[bytes, list[Row]] = defaultdict(list)
    queries = {row[0] for row in ntriples.rows(shapes) if row[1] in _QUERIES}
    for row in ntriples.rows(shapes):
        if row[1] not in _TEXTS and not row[1].startswith(_ANNOTATION) and (row[1] != _MESSAGE or row[0] in queries):
            found[row[0]].append(row)
    return found


def _backwards(shapes: Iterable[ShapeReads]) -> frozenset[bytes]:
    """Predicates that are followed from object to subject: by shapes, or back along a way that a shape looks."""
    found = set()
    for shape in shapes:
        for read in reads(shape):
            found |= {step.predicate for _, step in steps(read.way) if not step.inverse}
            if read.inverse and read.predicate:
                found.add(read.predicate)
    return frozenset(found)
