"""Validation of an edit: only the focus nodes that the changed triples touch, with only what their shapes read.

The results always equal those of a full run; where that cannot be known (shapes without IRI, a constraint that does
not say what it looks at), everything is validated anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Final

import pyoxigraph as ox

from kggraph.rdf import ntriples
from kggraph.rdf.ntriples import Row
from kggraph.terms import KG, RDFS, SH
from kggraph.validation.engines import Validator
from kggraph.validation.paths import RDF_TYPE, Path, follow, inverted, steps
from kggraph.validation.reads import ShapeReads, by_predicate, gather, read_shape, reads
from kggraph.validation.report import Report, Result
from kggraph.validation.shape_texts import ShapeTexts
from kggraph.validation.targets import Target, focus_nodes, read_targets

_TEXTS: Final = frozenset(
    f"<{iri}>".encode()
    for iri in (f"{SH}name", f"{SH}description", f"{SH}order", f"{SH}group", f"{RDFS}label", f"{RDFS}comment")
)
_ANNOTATION: Final = f"<{KG}".encode()
_MESSAGE: Final = f"<{SH}message>".encode()
_QUERIES: Final = frozenset(f"<{SH}{name}>".encode() for name in ("select", "ask"))
_TARGETS: Final = frozenset(f"<{SH}target{kind}>".encode() for kind in ("Class", "Node", "SubjectsOf", "ObjectsOf"))
_SUBCLASS: Final = f"<{RDFS}subClassOf>".encode()


class TripleIndex:
    """Triples in memory, by subject, and by object for the predicates that are followed backwards."""

    def __init__(self, data: bytes, backwards: Set[bytes]) -> None:
        """Take the triples.

        :param data: N-Triples.
        :param backwards: predicates that are followed from object to subject.
        """
        self._backwards = backwards
        self._lines: dict[bytes, bytes] = {}
        """Subject to its triples, which take a quarter of the memory until they are looked at."""
        self._own: dict[bytes, dict[Row, None]] = {}
        self._into: dict[tuple[bytes, bytes], dict[bytes, None]] = {}
        lines: dict[bytes, dict[bytes, None]] = defaultdict(dict)
        for line in data.splitlines(keepends=True):
            subject, predicate, rest = line.split(b" ", 2)
            lines[subject][line] = None
            if predicate in backwards:
                self._into.setdefault((predicate, rest[:-3]), {})[subject] = None
        self._lines.update((subject, b"".join(own)) for subject, own in lines.items())

    def add(self, row: Row) -> bool:
        """Take in a triple; whether it is new."""
        own = self._rows(row[0])
        if row in own:
            return False
        own[row] = None
        self._own[row[0]] = own
        if row[1] in self._backwards:
            self._into.setdefault((row[1], row[2]), {})[row[0]] = None
        return True

    def remove(self, row: Row) -> bool:
        """Take out a triple; whether it was there."""
        own = self._rows(row[0])
        if row not in own:
            return False
        del own[row]
        if row[1] in self._backwards:
            into = self._into[row[1], row[2]]
            del into[row[0]]
            if not into:
                del self._into[row[1], row[2]]
        return True

    def has(self, row: Row) -> bool:
        """Whether a triple is there."""
        return row in self._rows(row[0])

    def objects(self, subject: bytes, predicate: bytes) -> list[bytes]:
        """Objects of a subject's predicate."""
        return [row[2] for row in self._rows(subject) if row[1] == predicate]

    def subjects(self, predicate: bytes, object: bytes) -> list[bytes]:
        """Subjects that have this object, by a predicate that is followed backwards."""
        return list(self._into.get((predicate, object), ()))

    def rows(self, subject: bytes) -> list[Row]:
        """All triples of a subject."""
        return list(self._rows(subject))

    def ntriples(self) -> bytes:
        """All triples."""
        return b"".join([*self._lines.values(), *(written(own) for own in self._own.values())])

    def _rows(self, subject: bytes) -> dict[Row, None]:
        own = self._own.get(subject)
        if own is None:
            lines = self._lines.pop(subject, None)
            if lines is None:
                return {}
            own = self._own[subject] = dict.fromkeys(ntriples.rows(lines))
        return own


def written(rows: Iterable[Row]) -> bytes:
    """Triples as N-Triples.

    >>> written([(b"<a:a>", b"<a:b>", b"<a:c>")])
    b'<a:a> <a:b> <a:c> .\\n'
    """
    return b"".join([b"%b %b %b .\n" % row for row in rows])


class IncrementalValidator:
    """A data graph and its report, both kept up to date edit by edit."""

    def __init__(
        self,
        shapes: bytes,
        data: bytes,
        axioms: bytes = b"",
        superclasses: Mapping[str, Iterable[str]] | None = None,
        report: Report | None = None,
    ) -> None:
        """Validate everything once, unless that was done already.

        :param shapes: the shapes graph as N-Triples.
        :param data: the data graph as N-Triples.
        :param axioms: which class is a subclass of which, as N-Triples; these are no data and do not change.
        :param superclasses: the same by class, as the model has it.
        :param report: the report on this data.
        :raises ShapesError: the engine cannot use the shapes, or they are recursive.
        """
        self._texts = ShapeTexts(shapes)
        self._validator = Validator(shapes, texts=self._texts)
        self._parts: dict[frozenset[str], Validator] = {}
        self._of_shape = _constraints(shapes)
        self._axioms = axioms
        self._superclasses = superclasses or {}
        self._targets = read_targets(shapes)
        self._targets_of: dict[str, list[Target]] = defaultdict(list)
        for target in self._targets:
            self._targets_of[target.shape].append(target)
        graph = self._texts.graph
        found = {target.shape: read_shape(graph, ox.NamedNode(target.shape)) for target in self._targets}
        self._shapes = {iri: shape for iri, shape in found.items() if shape is not None}
        self.is_derived = self._validator.can_narrow and len(self._shapes) == len(found)
        """Whether it is known what an edit touches; if not, each edit validates everything."""
        self._ways = by_predicate(self._shapes)
        self._graph = TripleIndex(data, _backwards(self._ways, self._shapes.values(), self._targets))
        self._own: dict[bytes, frozenset[Result]] = {}
        self._nested: dict[tuple[str, bytes], frozenset[Result]] = {}
        self._everything: Report | None = None
        self._start(data, report)

    # ------------------------------------------------------------------ asked
    def report(self) -> Report:
        """All results, as a full run would give them."""
        if self._everything is not None:
            return self._everything
        results = {result for found in self._own.values() for result in found}
        results |= {result for found in self._nested.values() for result in found}
        return Report(tuple(sorted(results, key=lambda result: result.key)))

    def edit(self, removed: bytes, added: bytes) -> Report:
        """Change the data, and give the results about what the change touches.

        :param removed: triples to take out, as N-Triples; those that are not there are passed over.
        :param added: triples to put in.
        """
        new = set(ntriples.rows(added))
        old = [row for row in dict.fromkeys(ntriples.rows(removed)) if row not in new and self._graph.has(row)]
        changed = [row for row in new if self._graph.add(row)] + old
        # Looked for while both what was and what will be there is: a way may lead over either.
        touched = self._touched(changed) if self.is_derived else set()
        for row in old:
            self._graph.remove(row)
        if not self.is_derived or any(row[1] == _SUBCLASS for row in changed):
            self._everything = None
            self._start(self._graph.ntriples(), None)
            return self.report()
        return self._renewed(touched)

    # ------------------------------------------------------------------ kept
    def _start(self, data: bytes, report: Report | None) -> None:
        if not self.is_derived or any(row[1] == _SUBCLASS for row in ntriples.rows(data)):
            self.is_derived = False
            self._everything = self._validator.report(data + self._axioms)
            return
        # A node that is named is a focus node also when no triple has it.
        named = [(target.shape, target.term.decode()) for target in self._targets if target.kind == "targetNode"]
        pairs = list(dict.fromkeys([*focus_nodes(self._targets, data, self._superclasses), *named]))
        nested = [(shape, focus.encode()) for shape, focus in pairs if self._shapes[shape].nested]
        for pair in nested:
            self._nested[pair] = self._results([pair])
        if report is None or nested:
            plain = [(shape, focus) for shape, focus in pairs if not self._shapes[shape].nested]
            report = self._validator.report(data + self._axioms, plain)
        by_focus: dict[bytes, set[Result]] = defaultdict(set)
        for result in report.results:
            by_focus[result.focus.encode()].add(result)
        self._own = {focus: frozenset(found) for focus, found in by_focus.items()}

    def _renewed(self, touched: Set[bytes]) -> Report:
        plain: list[tuple[str, bytes]] = []
        for focus in touched:
            self._own.pop(focus, None)
            for shape, own in self._shapes.items():
                is_focus = self._is_focus(shape, focus)
                if own.nested:
                    self._nested.pop((shape, focus), None)
                    if is_focus and (found := self._results([(shape, focus)])):
                        self._nested[shape, focus] = found
                elif is_focus:
                    plain.append((shape, focus))
        by_focus: dict[bytes, set[Result]] = defaultdict(set)
        for result in self._results(plain) if plain else ():
            by_focus[result.focus.encode()].add(result)
        self._own.update((focus, frozenset(found)) for focus, found in by_focus.items())
        results = {result for focus in touched for result in self._own.get(focus, ())}
        results |= {result for pair, found in self._nested.items() if pair[1] in touched for result in found}
        return Report(tuple(sorted(results, key=lambda result: result.key)))

    def _results(self, pairs: Sequence[tuple[str, bytes]]) -> frozenset[Result]:
        seen: set[Row] = set()
        for shape, focus in pairs:
            gather(self._shapes[shape], focus, self._graph, seen)
        told = [(shape, focus.decode()) for shape, focus in pairs]
        validator = self._part(frozenset(shape for shape, _ in pairs))
        return frozenset(validator.report(written(seen) + self._axioms, told).results)

    def _part(self, shapes: frozenset[str]) -> Validator:
        """A validator of these shapes only: a run takes 3 ms longer for each 300 kB of others and of their texts."""
        if shapes not in self._parts:
            reached = [f"<{shape}>".encode() for shape in sorted(shapes)]
            for node in reached:
                new = dict.fromkeys(row[2] for row in self._of_shape.get(node, ()) if row[2] in self._of_shape)
                reached += [other for other in new if other not in reached]
            rows = (row for node in reached for row in self._of_shape[node])
            asked = (row for row in rows if row[0][1:-1].decode() in shapes or row[1] not in _TARGETS)
            self._parts[shapes] = Validator(written(asked), texts=self._texts)
        return self._parts[shapes]

    # ------------------------------------------------------------------ touched
    def _touched(self, changed: Iterable[Row]) -> set[bytes]:
        found: set[bytes] = set()
        for subject, predicate, term in changed:
            for key in (predicate, None):
                for way, inverse in self._ways.get(key, ()):
                    start = term if inverse else subject
                    found |= follow(inverted(way), (start,), self._graph)
            for target in self._targets:
                if target.kind == "targetObjectsOf" and target.term == predicate:
                    found.add(term)
            # A triple of its own may make it a focus node, or end that.
            found.add(subject)
        return found

    def _is_focus(self, shape: str, node: bytes) -> bool:
        return any(self._reaches(target, node) for target in self._targets_of[shape])

    def _reaches(self, target: Target, node: bytes) -> bool:
        if target.kind == "targetClass":
            types = self._graph.objects(node, RDF_TYPE)
            return any(
                term == target.term or target.term[1:-1].decode() in self._superclasses.get(ntriples.iri(term), ())
                for term in types
            )
        if target.kind == "targetNode":
            return target.term == node
        if target.kind == "targetSubjectsOf":
            return bool(self._graph.objects(node, target.term))
        return bool(self._graph.subjects(target.term, node))


def _constraints(shapes: bytes) -> dict[bytes, list[Row]]:
    """The triples of a shapes graph by subject, without texts and annotations; a query keeps its message."""
    found: dict[bytes, list[Row]] = defaultdict(list)
    queries = {row[0] for row in ntriples.rows(shapes) if row[1] in _QUERIES}
    for row in ntriples.rows(shapes):
        if row[1] not in _TEXTS and not row[1].startswith(_ANNOTATION) and (row[1] != _MESSAGE or row[0] in queries):
            found[row[0]].append(row)
    return found


def _backwards(
    ways: Mapping[bytes | None, Mapping[tuple[Path, bool], object]],
    shapes: Iterable[ShapeReads],
    targets: Iterable[Target],
) -> frozenset[bytes]:
    """Predicates that are followed from object to subject: by shapes, or back along a way that a shape looks."""
    found = {target.term for target in targets if target.kind == "targetObjectsOf"}
    for among in ways.values():
        for way, _ in among:
            found |= {step.predicate for _, step in steps(way) if not step.inverse}
    for shape in shapes:
        found |= {read.predicate for read in reads(shape) if read.inverse and read.predicate}
    return frozenset(found)
