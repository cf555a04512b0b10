"""Queries of shapes as pyshifty reads them right.

pyshifty 0.5 hands a query on without the brackets that its sums and its negations need: it reads `(1 + 2) * 3` as
`1 + 2 * 3`, `8 - 2 - 1` as `8 - (2 - 1)`, and `!(?a = ?b)` as `(!?a) = ?b`, and then finds nothing. The value of an
expression is that of `COALESCE` of it alone (https://www.w3.org/TR/sparql11-query/#func-coalesce), errors included, and
that stays together; so it takes the place of these brackets. It also keeps `=` and `!=` from a way of their own, on
which 7 is not 7.0, and is neither 8 nor another number.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple

import pyoxigraph as ox

from kggraph.errors import ShapesError
from kggraph.rdf import ntriples
from kggraph.terms import SH

_TOKEN: Final = re.compile(
    r"(?:\s+|#[^\n]*)|(?P<token>"
    r'"""(?:[^"\\]|\\.|"(?!""))*"""|' + r"'''(?:[^'\\]|\\.|'(?!''))*'''|"
    r'"(?:[^"\\\n]|\\.)*"|' + r"'(?:[^'\\\n]|\\.)*'|"
    r"<[^<>\"{}|^`\\\s]*>|[?$]\w+|@[A-Za-z]+(?:-[A-Za-z0-9]+)*|(?:[^\W\d_][\w.-]*)?:(?:[\w.:%-]|\\.)*|[^\W\d]\w*|_:\w+|"
    r"\d*\.?\d+(?:[eE][+-]?\d+)?|&&|\|\||!=|<=|>=|\^\^|.)",
    re.DOTALL,
)
_QUERIES: Final = tuple(f"<{SH}{name}>".encode() for name in ("select", "ask"))
_OR, _AND, _RELATION, _SUM, _PRODUCT, _UNARY, _ONE = range(7)
_EXISTS: Final = re.compile(r"\bEXISTS \{", re.IGNORECASE)
_RELATIONS: Final = frozenset(("=", "!=", "<", ">", "<=", ">="))


class _Part(NamedTuple):
    """An expression and how tightly it holds together."""

    text: str
    level: int

    def held(self, level: int) -> str:
        """The expression as a part of one of that level."""
        return self.text if self.level >= level else f"COALESCE({self.text})"


def readable(shapes: bytes) -> bytes:
    """The same shapes graph with queries that the engine reads right.

    :param shapes: N-Triples.
    :raises ShapesError: a query cannot be followed.
    """
    if not any(name in shapes for name in _QUERIES):
        return shapes
    lines = shapes.split(b"\n")
    for number, line in enumerate(lines):
        parts = line.split(b" ", 2)
        if len(parts) == 3 and parts[1] in _QUERIES and parts[2].startswith(b'"'):
            text = ntriples.literal(parts[2][:-2]).text
            if (written := readable_query(text)) != text:
                lines[number] = b"%b %b %b ." % (parts[0], parts[1], str(ox.Literal(written)).encode())
    return b"\n".join(lines)


@lru_cache(maxsize=512)
def readable_query(query: str) -> str:
    """The same query with `COALESCE` where the engine loses brackets; untouched where it loses none.

    >>> readable_query("ASK { $this <a:p> ?v . FILTER ( (?v + 1) * 2 > 4 ) }")
    'ASK { $this <a:p> ?v . FILTER ( COALESCE(?v + 1) * 2 > 4 ) }'
    >>> readable_query("ASK { $this <a:p>/<a:q>* ?v . FILTER ( ?v > 4 ) }")
    'ASK { $this <a:p>/<a:q>* ?v . FILTER ( ?v > 4 ) }'
    """
    walk = _Walk([match["token"] for match in _TOKEN.finditer(query) if match["token"]])
    try:
        written = walk.query()
    except IndexError:
        raise ShapesError(f"A query of the shapes cannot be followed: {query[:80]!r}.") from None
    return written if walk.is_changed else query


class _Walk:
    """The tokens of one query, from the first to the last."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.at = tokens, 0

    @property
    def is_changed(self) -> bool:
        """Whether brackets were lost and replaced."""
        return self._replaced

    _replaced = False

    def query(self) -> str:
        """All of it."""
        told: list[str] = []
        while self.at < len(self.tokens):
            told.append(self._outside(in_clause=True))
        return " ".join(told)

    # ------------------------------------------------------------------ outside of expressions
    def _outside(self, *, in_clause: bool) -> str:
        """The next thing that is no expression; in the clauses of a query every bracket holds one."""
        token = self._next()
        word = token.upper()
        if token == "{":
            return self._group()
        if word in ("FILTER", "HAVING"):
            return f"{token} {self._constraint()}"
        if word == "BIND" or (in_clause and token == "("):
            opening = f"{token} {self._next()}" if word == "BIND" else token
            return f"{opening} {self._expressions()} {self._until_closed()}"
        return token

    def _group(self) -> str:
        told, in_clause = ["{"], False
        while self._peek() != "}":
            in_clause = in_clause or self._peek().upper() == "SELECT"
            told.append(self._outside(in_clause=in_clause))
        return " ".join([*told, self._next()])

    def _constraint(self) -> str:
        if self._peek() != "(":
            return self._one().text
        self._next()
        return f"( {self._expression().text} {self._next()}"

    def _until_closed(self) -> str:
        """What follows an expression in a bracket: `AS ?name )`."""
        told = []
        while self._peek() != ")":
            told.append(self._next())
        return " ".join([*told, self._next()])

    # ------------------------------------------------------------------ expressions
    def _expression(self) -> _Part:
        return self._chain(("||",), _OR, lambda: self._chain(("&&",), _AND, self._relation))

    def _chain(self, operators: tuple[str, ...], level: int, operand: Callable[[], _Part]) -> _Part:
        """Operands with operators of one level between them, which belong together from the left."""
        part, before = operand(), ""
        while self._peek() in operators:
            operator = self._next()
            # Only where all are the same and order does not matter, nothing has to hold the first ones together.
            needed = level if before == operator and operator not in "-/" else level + 1
            right = operand()
            part = _Part(f"{self._held(part, needed)} {operator} {self._held(right, level + 1)}", level)
            before = operator
        return part

    def _relation(self) -> _Part:
        part = self._sum()
        token = self._peek()
        if token in _RELATIONS:
            self._next()
            right = self._sum()
            if token in ("=", "!="):
                self._replaced = True
                same = f"COALESCE({self._held(part, _SUM)} = {self._held(right, _SUM)})"
                return _Part(same, _ONE) if token == "=" else _Part(f"! {same}", _UNARY)
            return _Part(f"{self._held(part, _SUM)} {token} {self._held(right, _SUM)}", _RELATION)
        words = [self._next()] if token.upper() == "NOT" else []
        if self._peek().upper() == "IN":
            words += [self._next(), self._next()]
            listed = "" if self._peek() == ")" else self._expressions()
            return _Part(f"{self._held(part, _SUM)} {' '.join(words)} {listed} {self._next()}", _RELATION)
        return part

    def _sum(self) -> _Part:
        return self._chain(("+", "-"), _SUM, lambda: self._chain(("*", "/"), _PRODUCT, self._unary))

    def _unary(self) -> _Part:
        if self._peek() in ("!", "-", "+"):
            operator = self._next()
            return _Part(f"{operator} {self._held(self._unary(), _ONE)}", _UNARY)
        return self._one()

    def _one(self) -> _Part:
        """A variable, literal, call, `EXISTS` or an expression in brackets; of that the inside only."""
        token = self._next()
        if token == "(":
            part = self._expression()
            self._next()
            return part
        if token.upper() in ("EXISTS", "NOT"):
            words = [token, self._next()] if token.upper() == "NOT" else [token]
            self._next()
            return _Part(f"{' '.join(words)} {self._group()}", _ONE)
        if self._peek() == "(":
            opening = self._next()
            inside = "" if self._peek() == ")" else self._expressions()
            return _Part(f"{token}{opening}{inside}{self._until_closed()}", _ONE)
        if token[0] in "\"'" and (self._peek().startswith("@") or self._peek() == "^^"):
            token += self._next()
            token += self._next() if token.endswith("^^") else ""
        return _Part(token, _ONE)

    def _expressions(self) -> str:
        """Expressions with commas between them; an aggregate may have `DISTINCT` or `*`."""
        told = [self._next()] if self._peek().upper() in ("DISTINCT", "*") else []
        while self._peek() not in (")", ";") and self._peek().upper() != "AS":
            told.append(self._next() if self._peek() == "," else self._expression().text)
        return " ".join(told)

    def _held(self, part: _Part, level: int) -> str:
        written = part.held(level)
        if written is not part.text:
            self._replaced = True
            if _EXISTS.search(part.text):
                raise ShapesError(
                    f"EXISTS cannot be read in brackets with other conditions: {part.text[:80]!r}; write it as "
                    "a FILTER of its own."
                )
        return written

    def _next(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1]

    def _peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""
