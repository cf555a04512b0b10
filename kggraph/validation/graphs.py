"""Graphs that are asked from either end: all triples in memory, and a graph as it will be after an edit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Set

from kggraph.rdf import ntriples
from kggraph.rdf.ntriples import Row
from kggraph.validation.paths import Triples


class TripleIndex:
    """Triples in memory, by subject, and by object for the predicates that are followed backwards."""

    def __init__(self, data: bytes, backwards: Set[bytes]) -> None:
        """Take the triples.

        :param data: N-Triples.
        :param backwards: predicates that are followed from object to subject.
        """
        lines: dict[bytes, dict[bytes, None]] = defaultdict(dict)
        self._into: dict[tuple[bytes, bytes], dict[bytes, None]] = {}
        for line in data.splitlines(keepends=True):
            subject, predicate, rest = line.split(b" ", 2)
            lines[subject][line] = None
            if predicate in backwards:
                self._into.setdefault((predicate, rest[:-3]), {})[subject] = None
        self._lines = {subject: b"".join(own) for subject, own in lines.items()}
        """Subject to its triples, which take a quarter of the memory of their parts."""

    def objects(self, subject: bytes, predicate: bytes) -> list[bytes]:
        """Objects of a subject's predicate."""
        return [row[2] for row in self.rows(subject) if row[1] == predicate]

    def subjects(self, predicate: bytes, object: bytes) -> list[bytes]:
        """Subjects that have this object, by a predicate that is followed backwards."""
        return list(self._into.get((predicate, object), ()))

    def rows(self, subject: bytes) -> list[Row]:
        """All triples of a subject."""
        return list(ntriples.rows(self._lines.get(subject, b"")))


class Edited:
    """A graph with some triples taken out and others put in; the graph itself stays as it is."""

    def __init__(self, graph: Triples, removed: Iterable[Row] = (), added: Iterable[Row] = ()) -> None:
        """Lay the edit over the graph.

        :param removed: triples that it no longer has.
        :param added: triples that it has as well.
        """
        self._graph = graph
        self._removed = frozenset(removed)
        self._own: dict[bytes, dict[Row, None]] = defaultdict(dict)
        self._into: dict[tuple[bytes, bytes], dict[bytes, None]] = defaultdict(dict)
        for row in added:
            self._own[row[0]][row] = None
            self._into[row[1], row[2]][row[0]] = None

    def objects(self, subject: bytes, predicate: bytes) -> list[bytes]:
        """Objects of a subject's predicate."""
        found = list(self._graph.objects(subject, predicate))
        if self._removed:
            found = [term for term in found if (subject, predicate, term) not in self._removed]
        own = self._own.get(subject)
        return [*found, *(row[2] for row in own if row[1] == predicate and row[2] not in found)] if own else found

    def subjects(self, predicate: bytes, object: bytes) -> list[bytes]:
        """Subjects that have this object."""
        found = [s for s in self._graph.subjects(predicate, object) if (s, predicate, object) not in self._removed]
        return [*dict.fromkeys([*found, *self._into.get((predicate, object), ())])]

    def rows(self, subject: bytes) -> list[Row]:
        """All triples of a subject."""
        found = [row for row in self._graph.rows(subject) if row not in self._removed]
        return [*dict.fromkeys([*found, *self._own.get(subject, ())])]


def replaced(graph: Triples, old: bytes, new: bytes) -> Edited:
    """A graph with some N-Triples in place of others."""
    return Edited(graph, ntriples.rows(old), ntriples.rows(new))


def own_nodes(data: bytes) -> set[bytes]:
    """The things that triples describe and their parts, also parts that are only pointed at.

    >>> sorted(own_nodes(b"<a:a> <a:p> <a:a#b> .\\n<a:a> <a:p> <a:c> .\\n"))
    [b'<a:a#b>', b'<a:a>']
    """
    subjects, objects = set(), set()
    for subject, _, term in ntriples.rows(data):
        subjects.add(subject)
        objects.add(term)
    things = {_whole(subject) for subject in subjects}
    return subjects | {term for term in objects if term.startswith(b"<") and _whole(term) in things}


def _whole(iri: bytes) -> bytes:
    return iri[1:-1].partition(b"#")[0]


def written(rows: Iterable[Row]) -> bytes:
    """Triples as N-Triples.

    >>> written([(b"<a:a>", b"<a:b>", b"<a:c>")])
    b'<a:a> <a:b> <a:c> .\\n'
    """
    return b"".join([b"%b %b %b .\n" % row for row in rows])
