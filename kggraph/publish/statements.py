"""What a description says, statement by statement: of the thing itself, and of its parts (`thing#part`).

A description is split once and read where it is asked: most answers need a few of its terms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from kggraph.model import LangText
from kggraph.rdf import ntriples
from kggraph.rdf.order import Graph, grouped


class Term(NamedTuple):
    """An IRI, or a literal with its language tag (lower case) or datatype."""

    value: str
    is_iri: bool
    lang: str = ""
    datatype: str = ""


class Told:
    """The statements of one subject, by property, in their order."""

    def __init__(self, iri: str, written: Mapping[str, Sequence[str]]) -> None:
        self.iri = iri
        self.written = written
        """Property -> values, all in N-Triples form."""

    @cached_property
    def terms(self) -> dict[str, list[Term]]:
        """Property -> what is said with it."""
        return {predicate[1:-1]: [read_term(term) for term in terms] for predicate, terms in self.written.items()}

    def all(self, predicate: str) -> Sequence[Term]:
        """What is said with a property."""
        if "terms" in self.__dict__:
            return self.terms.get(predicate, ())
        terms = self.written.get(f"<{predicate}>")
        return [read_term(term) for term in terms] if terms else ()

    def iris(self, predicate: str) -> tuple[str, ...]:
        """The IRIs among what is said with a property."""
        return tuple([term[1:-1] for term in self.written.get(f"<{predicate}>", ()) if term[0] == "<"])

    def texts(self, *predicates: str) -> LangText:
        """The texts by language tag of the first of these properties that has any."""
        for predicate in predicates:
            if found := texts_of(self.all(predicate)):
                return found
        return {}

    def text(self, predicate: str) -> str:
        """The first literal of a property, or an empty text."""
        return next((term.value for term in self.all(predicate) if not term.is_iri), "")

    def named(self) -> set[str]:
        """Every IRI that is said with any property."""
        return {term[1:-1] for terms in self.written.values() for term in terms if term[0] == "<"}


class Statements(NamedTuple):
    """A whole description."""

    thing: Told
    parts: Mapping[str, Told]


def read_statements(description: bytes, iri: str) -> Statements:
    """The statements of a description in N-Triples.

    >>> read_statements(b'<a:b> <a:c> "d"@en .', "a:b").thing.texts("a:c")
    {'en': 'd'}
    """
    return statements_of(grouped(description), iri)


def statements_of(graph: Graph, iri: str) -> Statements:
    """The statements of a description that is grouped already."""
    parts = {subject[1:-1]: Told(subject[1:-1], written) for subject, written in graph.items()}
    return Statements(parts.pop(iri, Told(iri, {})), parts)


def read_term(term: str) -> Term:
    """A term in N-Triples form."""
    if term[0] == "<":
        return Term(term[1:-1], True)
    text, lang, datatype = ntriples.literal_of(term)
    return Term(text, False, lang, datatype)


def texts_of(terms: Sequence[Term]) -> LangText:
    """The texts by language tag; the first one in a language counts.

    >>> texts_of([Term("a", False, "nl"), Term("b", False, "en"), Term("c", False, "en")])
    {'en': 'b', 'nl': 'a'}
    """
    found = {term.lang: term.value for term in reversed(terms) if not term.is_iri}
    return dict(sorted(found.items())) if len(found) > 1 else found


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """The values in their order, each once."""
    return tuple(dict.fromkeys(values))
