"""Turtle as tokens with their places: for line numbers, comments and messages, where a parser only gives triples.

It reads what is well-formed exactly and never fails on the rest; whether a file is Turtle is for the parser to say.
https://www.w3.org/TR/turtle/#sec-grammar-grammar
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import urljoin

from kggraph.terms import RDF


class Token(NamedTuple):
    """A piece of Turtle: `kind` is the name of a group of the pattern below."""

    kind: str
    text: str
    start: int


class Place(NamedTuple):
    """A triple and the offsets at which its parts are written; blank nodes are `_:` and a number or label."""

    subject: str
    predicate: str
    object: str
    """An IRI, a blank node, or the lexical form of a literal."""
    subject_at: int
    predicate_at: int
    object_at: int


_PATTERN: Final = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>\#[^\n\r]*)
    | (?P<string>\"{3}(?:\"{0,2}(?:[^\"\\]|\\.))*\"{3} | '{3}(?:'{0,2}(?:[^'\\]|\\.))*'{3}
               | "(?:[^"\\\n\r]|\\.)*" | '(?:[^'\\\n\r]|\\.)*')
    | (?P<iri><[^<>"{}|^`\x00-\x20]*>)
    | (?P<directive>@prefix\b|@base\b|(?i:prefix|base)(?=\s))
    | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    | (?P<datatype>\^\^)
    | (?P<blank>_:[\w](?:[\w.·-]*[\w·-])?)
    | (?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?[eE][+-]?[0-9]+|\.[0-9]+[eE][+-]?[0-9]+|[0-9]*\.[0-9]+|[0-9]+)(?![\w:]))
    | (?P<name>(?:[^\W\d_](?:[\w.·-]*[\w·-])?)?:
               (?:(?:[\w:]|%[0-9A-Fa-f]{2}|\\.)(?:(?:[\w:·.-]|%[0-9A-Fa-f]{2}|\\.)*(?:[\w:·-]|%[0-9A-Fa-f]{2}|\\.))?)?)
    | (?P<word>[A-Za-z]\w*)
    | (?P<mark>[.;,()\[\]])
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_PLAIN: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a Turtle text without white space.

    >>> [token.kind for token in tokens('ex:a a "x"@nl . # note')]
    ['name', 'word', 'string', 'language', 'mark', 'comment']
    """
    for match in _PATTERN.finditer(text):
        if match.lastgroup and match.lastgroup != "space":
            yield Token(match.lastgroup, match[0], match.start())


def line_of(text: str, offset: int) -> int:
    """The line, counted from 1, of an offset.

    >>> line_of("a\\nb", 2)
    2
    """
    return text.count("\n", 0, offset) + 1


def places(text: str) -> Iterator[Place]:
    """The triples of a Turtle text with the places of their parts, in the order of their objects' ends.

    >>> [place[:3] for place in places("<a:b> <a:c> 1 .")]
    [('a:b', 'a:c', '1')]
    """
    return _Walker(text).walk()


def unescape(text: str) -> str:
    r"""A string or name without its Turtle escapes.

    >>> unescape(r"a\u00e9\"")
    'aé"'
    """
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(match: re.Match[str]) -> str:
    short, long, plain = match.groups()
    if plain is not None:
        return _PLAIN.get(plain, plain)
    code = int(short or long, 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


class _Level:
    """A subject with what is known of its next triple; one for each bracket that is open."""

    __slots__ = ("at", "is_list", "predicate", "predicate_at", "subject")

    def __init__(self, subject: str | None, at: int, *, is_list: bool = False) -> None:
        self.subject, self.at, self.is_list = subject, at, is_list
        self.predicate: str | None = f"{RDF}first" if is_list else None
        self.predicate_at = at


class _Walker:
    def __init__(self, text: str) -> None:
        self.tokens = [token for token in tokens(text) if token.kind != "comment"]
        self.prefixes: dict[str, str] = {}
        self.base = ""
        self.levels = [_Level(None, 0)]
        self.blanks = 0

    def walk(self) -> Iterator[Place]:
        position = 0
        while position < len(self.tokens):
            token = self.tokens[position]
            if token.kind == "directive":
                position = self._directive(position)
            elif token.kind == "mark":
                yield from self._mark(token)
                position += 1
            elif token.kind in ("language", "datatype", "other"):
                position += 2 if token.kind == "datatype" else 1
            else:
                yield from self._term(self._value(token), token.start)
                position += 1

    def _directive(self, position: int) -> int:
        is_base = self.tokens[position].text.lower().endswith("base")
        rest = self.tokens[position + 1 : position + (2 if is_base else 3)]
        if rest and rest[-1].kind == "iri":
            if is_base:
                self.base = self._value(rest[-1])
            else:
                self.prefixes[rest[0].text.removesuffix(":")] = self._value(rest[-1])
        end = position + 1 + len(rest)
        closes = end < len(self.tokens) and self.tokens[end].text == "."
        return end + 1 if closes and self.tokens[position].text.startswith("@") else end

    def _value(self, token: Token) -> str:
        if token.kind == "iri":
            iri = unescape(token.text[1:-1])
            return iri if not self.base or re.match(r"[A-Za-z][\w+.-]*:", iri) else urljoin(self.base, iri)
        if token.kind == "string":
            quotes = 3 if token.text[:3] in ('"""', "'''") and len(token.text) >= 6 else 1
            return unescape(token.text[quotes:-quotes])
        if token.kind == "name":
            prefix, _, local = token.text.partition(":")
            return self.prefixes.get(prefix, f"{prefix}:") + re.sub(r"\\(.)", r"\1", local)
        return f"{RDF}type" if token.text == "a" else token.text

    def _mark(self, token: Token) -> Iterator[Place]:
        level = self.levels[-1]
        if token.text == ".":
            self.levels = [_Level(None, token.start)]
        elif token.text == ";":
            level.predicate = None
        elif token.text in "[(":
            self.blanks += 1
            self.levels.append(_Level(f"_:{self.blanks}", token.start, is_list=token.text == "("))
        elif token.text in "])" and len(self.levels) > 1:
            self.levels.pop()
            yield from self._term(level.subject or "", level.at)

    def _term(self, value: str, at: int) -> Iterator[Place]:
        level = self.levels[-1]
        if level.subject is None:
            level.subject, level.at = value, at
        elif level.predicate is None:
            level.predicate, level.predicate_at = value, at
        else:
            yield Place(level.subject, level.predicate, value, level.at, level.predicate_at, at)
