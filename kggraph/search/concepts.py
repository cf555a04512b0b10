"""Concept schemes as trees: which concept is under which, in the order people expect."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from kggraph.rdf import ntriples
from kggraph.terms import RDF, SKOS

_TYPE: Final = f"<{RDF}type>".encode()
_CONCEPT: Final = f"<{SKOS}Concept>".encode()
_IN_SCHEME: Final = (f"<{SKOS}inScheme>".encode(), f"<{SKOS}topConceptOf>".encode())
_BROADER: Final = f"<{SKOS}broader>".encode()
_NOTATION: Final = f"<{SKOS}notation>".encode()
_DIGITS: Final = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class ConceptRecord:
    """What a concept says about its place."""

    iri: str
    schemes: tuple[str, ...]
    broader: tuple[str, ...]
    notation: str = ""


@dataclass(frozen=True, slots=True)
class Placed:
    """A concept at its place in a tree."""

    iri: str
    depth: int
    broader: str | None
    narrower: int


@dataclass(slots=True)
class ConceptTree:
    """The concepts of one scheme."""

    records: dict[str, ConceptRecord] = field(default_factory=dict)

    def add(self, record: ConceptRecord) -> None:
        """Take in one concept."""
        self.records[record.iri] = record

    def parents(self, iri: str) -> tuple[str, ...]:
        """Broader concepts within the scheme, sorted."""
        record = self.records.get(iri)
        return tuple(sorted({b for b in record.broader if b in self.records and b != iri})) if record else ()

    def ancestors(self, iri: str) -> set[str]:
        """Every concept above this one; without itself, also where broader goes round in a circle."""
        found: set[str] = set()
        todo = list(self.parents(iri))
        while todo:
            above = todo.pop()
            if above not in found and above != iri:
                found.add(above)
                todo.extend(self.parents(above))
        return found

    def walk(self, key: Callable[[ConceptRecord], tuple[object, ...]]) -> Iterator[Placed]:
        """Depth first from the top, each level sorted by `key`.

        A concept stands once under each of its broader ones, and what is below it only at the first of these places.
        What is only reached through a circle is put at the top, so that nothing is ever missing.
        """
        children: dict[str | None, list[str]] = {}
        ordered = [record.iri for record in sorted(self.records.values(), key=key)]
        for iri in ordered:
            for above in self.parents(iri) or (None,):
                children.setdefault(above, []).append(iri)
        seen: set[str] = set()
        for top in (*children.get(None, ()), *ordered):
            if top in seen:
                continue
            todo: list[tuple[str, int, str | None]] = [(top, 0, None)]
            while todo:
                iri, depth, above = todo.pop()
                under = [] if iri in seen else children.get(iri, [])
                seen.add(iri)
                yield Placed(iri, depth, above, len(children.get(iri, ())))
                todo.extend((child, depth + 1, iri) for child in reversed(under))


def read_concept(iri: str, rows: Iterable[ntriples.Row]) -> ConceptRecord | None:
    """The record of a thing that is a `skos:Concept`, else nothing."""
    subject = f"<{iri}>".encode()
    schemes: set[str] = set()
    broader: set[str] = set()
    notation, is_concept = "", False
    for row_subject, predicate, term in rows:
        if row_subject != subject:
            continue
        if predicate == _TYPE and term == _CONCEPT:
            is_concept = True
        elif predicate in _IN_SCHEME and ntriples.is_iri(term):
            schemes.add(ntriples.iri(term))
        elif predicate == _BROADER and ntriples.is_iri(term):
            broader.add(ntriples.iri(term))
        elif predicate == _NOTATION and not ntriples.is_iri(term):
            text = ntriples.literal(term).text
            notation = min(notation or text, text, key=natural_key)
    if not is_concept:
        return None
    return ConceptRecord(iri, tuple(sorted(schemes)), tuple(sorted(broader)), notation)


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key in which numbers inside a text count as numbers.

    >>> sorted(["A10", "A2", "1.10", "1.9"], key=natural_key)
    ['1.9', '1.10', 'A2', 'A10']
    """
    parts = _DIGITS.split(text)
    return tuple((0, int(part), "") if number % 2 else (1, 0, part) for number, part in enumerate(parts) if part)
