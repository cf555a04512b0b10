"""Triples that the platform itself states, gathered as N-Triples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

import pyoxigraph as ox

from kggraph.terms import RDF, XSD

Object: TypeAlias = ox.NamedNode | ox.Literal

_TYPE: Final = f"{RDF}type"


class Triples:
    """A set of triples in the making."""

    def __init__(self) -> None:
        self._lines: dict[str, None] = {}

    def add(self, subject: str, predicate: str, *objects: Object | None) -> None:
        """State these; `None` states nothing."""
        for term in objects:
            if term is not None:
                self._lines[f"<{subject}> <{predicate}> {term} .\n"] = None

    def a(self, subject: str, *classes: str) -> None:
        """State the classes of a subject."""
        self.add(subject, _TYPE, *map(iri, classes))

    def texts(self, subject: str, predicate: str, texts: Mapping[str, str]) -> None:
        """State a text in each of its languages."""
        self.add(subject, predicate, *(text(value, lang) for lang, value in texts.items()))

    def take(self, ntriples: bytes) -> None:
        """Take over triples as they are."""
        self._lines.update(dict.fromkeys(ntriples.decode().splitlines(keepends=True)))

    def ntriples(self) -> bytes:
        """All triples, sorted."""
        return "".join(sorted(self._lines)).encode()


def iri(value: str) -> ox.NamedNode:
    """An IRI as a term."""
    return ox.NamedNode(value)


def text(value: str, lang: str = "") -> ox.Literal:
    """A text, with its language if it has one."""
    return ox.Literal(value, language=lang) if lang else ox.Literal(value)


def typed(value: str | int, datatype: str) -> ox.Literal:
    """A literal with a datatype of XML Schema, by its local name.

    >>> str(typed(3, "integer"))
    '"3"^^<http://www.w3.org/2001/XMLSchema#integer>'
    """
    return ox.Literal(str(value), datatype=ox.NamedNode(f"{XSD}{datatype}"))
