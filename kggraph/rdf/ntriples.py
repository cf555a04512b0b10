"""Canonical N-Triples line by line: the form in which large data move, read without making a term of every part.

It reads only what `rdf/source.py` and pyoxigraph write: one triple a line, single spaces, no comments. Measured: 0.3 us
a line to split, against 3 us to parse it into terms.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple, TypeAlias

from kggraph.terms import RDF, XSD

Row: TypeAlias = tuple[bytes, bytes, bytes]
"""Subject, predicate and object in N-Triples form."""

_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_PLAIN: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_XSD_STRING: Final = f"{XSD}string"
_LANG_STRING: Final = f"{RDF}langString"


class LiteralParts(NamedTuple):
    """A literal: its lexical form, language tag (lower case, or empty) and datatype IRI."""

    text: str
    lang: str
    datatype: str


def rows(ntriples: bytes) -> Iterator[Row]:
    """Subject, predicate and object of every line.

    >>> list(rows(b'<a:b> <a:c> "d e" .\\n'))
    [(b'<a:b>', b'<a:c>', b'"d e"')]
    """
    for line in ntriples.split(b"\n"):
        if line:
            subject, predicate, rest = line.split(b" ", 2)
            yield subject, predicate, rest[:-2]


def said_of(ntriples: bytes, subject: bytes) -> dict[bytes, list[bytes]]:
    """Predicate to objects, of the lines that have this subject.

    >>> said_of(b'<a:b> <a:c> "d" .\\n<a:b> <a:c> <a:f> .\\n', b"<a:b>")
    {b'<a:c>': [b'"d"', b'<a:f>']}
    """
    found: dict[bytes, list[bytes]] = {}
    for line in ntriples.split(b"\n"):
        if line:
            own, predicate, rest = line.split(b" ", 2)
            if own == subject:
                found.setdefault(predicate, []).append(rest[:-2])
    return found


def iri(term: bytes) -> str:
    """The IRI of a term that is one.

    >>> iri(b"<https://example.org/a>")
    'https://example.org/a'
    """
    return term[1:-1].decode()


def literal(term: bytes) -> LiteralParts:
    r"""The parts of a term that is a literal.

    >>> literal(rb'"say \"hi\""@en')
    LiteralParts(text='say "hi"', lang='en', datatype='http://www.w3.org/1999/02/22-rdf-syntax-ns#langString')
    """
    return literal_of(term.decode())


def literal_of(term: str) -> LiteralParts:
    """The parts of a literal that is text already.

    >>> literal_of('"1"^^<a:b>')
    LiteralParts(text='1', lang='', datatype='a:b')
    """
    text, _, rest = term[1:].rpartition('"')
    if "\\" in text:
        text = _ESCAPE.sub(_unescape, text)
    if not rest:
        return LiteralParts(text, "", _XSD_STRING)
    if rest[0] == "@":
        return LiteralParts(text, rest[1:].lower(), _LANG_STRING)
    return LiteralParts(text, "", rest[3:-1])


def is_iri(term: bytes) -> bool:
    """Whether a term is an IRI, neither a literal nor a blank node.

    >>> is_iri(b"<a:b>"), is_iri(b'"a"')
    (True, False)
    """
    return term.startswith(b"<")


def _unescape(match: re.Match[str]) -> str:
    short, long, plain = match.groups()
    if plain is not None:
        return _PLAIN.get(plain, plain)
    return chr(int(short or long, 16))
