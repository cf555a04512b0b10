"""What a description says, statement by statement: of the thing itself, and of its parts (`thing#part`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kggraph.model import LangText
from kggraph.rdf import ntriples


class Term(NamedTuple):
    """An IRI, or a literal with its language tag (lower case) or datatype."""

    value: str
    is_iri: bool
    lang: str = ""
    datatype: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """The statements of one subject, by property, in their order."""

    iri: str
    terms: Mapping[str, Sequence[Term]]

    def all(self, predicate: str) -> Sequence[Term]:
        """What is said with a property."""
        return self.terms.get(predicate, ())

    def iris(self, predicate: str) -> tuple[str, ...]:
        """The IRIs among what is said with a property."""
        return tuple(term.value for term in self.all(predicate) if term.is_iri)

    def texts(self, *predicates: str) -> LangText:
        """The texts by language tag of the first of these properties that has any."""
        for predicate in predicates:
            found = {term.lang: term.value for term in reversed(self.all(predicate)) if not term.is_iri}
            if found:
                return dict(sorted(found.items()))
        return {}

    def text(self, predicate: str) -> str:
        """The first literal of a property, or an empty text."""
        return next((term.value for term in self.all(predicate) if not term.is_iri), "")


@dataclass(frozen=True, slots=True)
class Statements:
    """A whole description."""

    thing: Told
    parts: Mapping[str, Told]


def read_statements(description: bytes, iri: str) -> Statements:
    """The statements of a description in N-Triples.

    >>> read_statements(b'<a:b> <a:c> "d"@en .', "a:b").thing.texts("a:c")
    {'en': 'd'}
    """
    by_subject: dict[str, dict[str, list[Term]]] = {iri: {}}
    for subject, predicate, term in ntriples.rows(description):
        told = by_subject.setdefault(ntriples.iri(subject), {})
        told.setdefault(ntriples.iri(predicate), []).append(read_term(term))
    found = {subject: Told(subject, terms) for subject, terms in by_subject.items()}
    return Statements(found.pop(iri), found)


def read_term(term: bytes) -> Term:
    """A term in N-Triples form."""
    if ntriples.is_iri(term):
        return Term(ntriples.iri(term), True)
    text, lang, datatype = ntriples.literal(term)
    return Term(text, False, lang, datatype)


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """The values in their order, each once."""
    return tuple(dict.fromkeys(values))
