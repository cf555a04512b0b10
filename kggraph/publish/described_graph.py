"""The published triples as a graph that is asked from either end, so that an edit is validated without reading all."""

from __future__ import annotations

from kggraph.publish.descriptions import Descriptions
from kggraph.rdf import ntriples
from kggraph.rdf.iris import thing_iri
from kggraph.rdf.ntriples import Row


class DescribedGraph:
    """The data of a generation (`validation.paths.Triples`), read as it is asked for and kept."""

    def __init__(self, descriptions: Descriptions) -> None:
        self._descriptions = descriptions
        self._rows: dict[bytes, dict[bytes, list[Row]]] = {}
        """Thing to its subjects and their triples."""
        self._loose: dict[bytes, list[Row]] = {}
        """A term that is no thing to the triples that have it as object."""

    def objects(self, subject: bytes, predicate: bytes) -> list[bytes]:
        """Objects of a subject's predicate."""
        return [row[2] for row in self.rows(subject) if row[1] == predicate]

    def subjects(self, predicate: bytes, object: bytes) -> list[bytes]:
        """Subjects that have this object; of one that no file describes, every description is looked through."""
        thing = self._thing(object) if ntriples.is_iri(object) else {}
        if not thing:
            return [row[0] for row in self._holding(object) if row[1] == predicate]
        own = [row[0] for rows in thing.values() for row in rows if row[1] == predicate and row[2] == object]
        others = self._descriptions.subjects(ntriples.iri(predicate), ntriples.iri(object))
        return [*own, *(f"<{iri}>".encode() for iri in others)]

    def rows(self, subject: bytes) -> list[Row]:
        """All triples of a subject."""
        return self._thing(subject).get(subject, [])

    def _thing(self, subject: bytes) -> dict[bytes, list[Row]]:
        """Every subject of the thing that this one is part of."""
        key = subject.partition(b"#")[0]
        found = self._rows.get(key)
        if found is None:
            found = self._rows[key] = {}
            for row in ntriples.rows(self._descriptions.triples(thing_iri(ntriples.iri(subject)))):
                found.setdefault(row[0], []).append(row)
        return found

    def _holding(self, term: bytes) -> list[Row]:
        if term not in self._loose:
            end = b" %b .\n" % term
            triples = b"".join(self._descriptions.holding(end))
            self._loose[term] = [row for row in ntriples.rows(triples) if row[2] == term]
        return self._loose[term]
