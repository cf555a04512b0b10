"""What is known of a query before an engine sees it, and what a public endpoint refuses.

The text is only lexed; the engine parses it. A query in which anything looks like SERVICE must also be SPARQL 1.1 to
the letter (`grammar`): Oxigraph reads keywords without word boundaries (`trueSERVICE<x:y>{}`) and falls back from a
prefixed name to a keyword (`SERVICEx:y {}`), and whoever accepts only what the grammar accepts is not fooled by that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, cast
from urllib.parse import urljoin

from kggraph.errors import QueryRefused, QuerySyntaxError
from kggraph.rdf.iris import is_iri
from kggraph.rdf.results import RESULT_KINDS, QueryForm, ResultKind
from kggraph.store.grammar import check_grammar
from kggraph.store.lexer import OUTLINE_WORDS, decode_code_points, lower_booleans, outline, tokens, unescape

MAX_QUERY_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 128
"""Brackets within brackets: the engine's parser is recursive, and no query written for a purpose comes near."""

_UPDATES: Final = frozenset(OUTLINE_WORDS) - frozenset(RESULT_KINDS) - {"FROM", "LIMIT", "OFFSET", "VALUES"}
_SERVICE: Final = "service"
_BETWEEN: Final = r"(?:[ \t\r\n]|#[^\r\n]*[\r\n])*+"
_NUMBER: Final = re.compile(rf"{_BETWEEN}([0-9]++)")
_STAR: Final = re.compile(rf"{_BETWEEN}(?:(?:DISTINCT|REDUCED){_BETWEEN})?\*", re.IGNORECASE)
_VARIABLE: Final = re.compile(r"[?$](\w+)")
_PLAIN_GROUP: Final = re.compile(
    rf"{_BETWEEN}(?:(?i:WHERE){_BETWEEN})?\{{((?:[^{{}}()\[\]<>#\"'\\\x80-\U0010ffff]++|<[^<>\"{{}}|^`\\\x00-\x20]*+>)*+)\}}"
    rf"{_BETWEEN}(?:(?i:LIMIT|OFFSET){_BETWEEN}[0-9]++{_BETWEEN})*+(?:#[^\r\n]*+)?\Z"
)
"""A last group of nothing but triples: no brackets, strings or comments, so that just its variables are in scope."""
_IRI: Final = re.compile(r"<[^<>]*>")
_LIKE_IRI: Final = re.compile(r"<[?$][^<>\"{}|^`\\\s]*>")
"""`?a<?b&&?c>?d` compares to an engine; to SPARQL, where the longest token wins, it has an IRI in it and is wrong."""
_CACHED_LENGTH: Final = 16_384


@dataclass(frozen=True, slots=True)
class Span:
    """Where a number stands in a query, or where it could be put (start = end); `value` is what it says."""

    start: int
    end: int
    value: int | None = None


@dataclass(frozen=True, slots=True)
class InspectedQuery:
    """A query that may be run."""

    text: str
    """What to give to the engine: without byte order mark, and with code points decoded where engines do not."""
    form: QueryForm
    limit: Span = field(repr=False)
    """The outermost LIMIT."""
    offset: Span = field(repr=False)
    """The outermost OFFSET."""
    star: int = -1
    """Where the `*` of the outermost SELECT stands."""
    merges_graphs: bool = False
    """Whether it has FROM more than once, so that its default graph may be a merge."""
    has_service: bool = False
    """Whether it asks another server, which no engine here is to do (`federation`)."""

    @property
    def kind(self) -> ResultKind:
        return RESULT_KINDS[self.form]

    def prefixes(self) -> dict[str, str]:
        """The prefixes that the query declares with absolute IRIs.

        >>> inspect("PREFIX a: <http://a/> PREFIX : <rel> ASK {}").prefixes()
        {'a': 'http://a/'}
        """
        found: dict[str, str] = {}
        prefix, word = "", ""
        for kind, text, _ in tokens(self.text):
            if kind == "word":
                word = text.upper()
                if word not in ("BASE", "PREFIX"):
                    break
            elif kind == "pname":
                prefix = text[:-1]
            elif kind == "iri" and word == "PREFIX" and is_iri(text[1:-1]):
                found[prefix] = text[1:-1]
        return found

    def variables(self) -> tuple[str, ...]:
        """Names that look like variables, in the order of the text: how `SELECT *` is expected to show them.

        >>> inspect("SELECT * { ?s ?p ?o . ?s a $type }").variables()
        ('s', 'p', 'o', 'type')
        """
        return tuple(dict.fromkeys(_VARIABLE.findall(self.text)))

    def ordered(self, text: str) -> str | None:
        """`text`, which begins as this query does, with the variables of its plain group in the place of `*`.

        Engines give `SELECT *` by the alphabet. None when only an engine can tell which variables there are.

        >>> query = inspect("SELECT * { ?s ?p <http://a/?o> } LIMIT 5")
        >>> query.ordered(query.text)
        'SELECT  ?s ?p  { ?s ?p <http://a/?o> } LIMIT 5'
        """
        group = _PLAIN_GROUP.match(self.text, self.star + 1) if self.star >= 0 else None
        names = dict.fromkeys(_VARIABLE.findall(_IRI.sub("", group[1]))) if group else {}
        if not names:
            return None
        return f"{text[: self.star]} {' '.join(f'?{name}' for name in names)} {text[self.star + 1 :]}"

    def limited(self, solutions: int) -> str:
        """The text with an outermost LIMIT of at most that many solutions.

        >>> inspect("SELECT * { ?s ?p ?o } LIMIT 50 # all").limited(10)
        'SELECT * { ?s ?p ?o } LIMIT 10 # all'
        """
        if self.limit.value is not None and self.limit.value <= solutions:
            return self.text
        return self._with(solutions, None)

    def beyond(self, solutions: int) -> str | None:
        """A query for the one solution after the first so many, which `limited` cuts off; None when it cuts nothing.

        >>> inspect("SELECT * { ?s ?p ?o } OFFSET 5").beyond(10)
        'SELECT * { ?s ?p ?o } OFFSET 15\\nLIMIT 1\\n'
        """
        if self.limit.value is not None and self.limit.value <= solutions:
            return None
        return self._with(1, (self.offset.value or 0) + solutions)

    def after(self, solutions: int) -> str:
        """A query for what comes after the first so many solutions, with what is left of its LIMIT.

        >>> inspect("SELECT * { ?s ?p ?o } LIMIT 50 OFFSET 5").after(20)
        'SELECT * { ?s ?p ?o } LIMIT 30 OFFSET 25'
        """
        offset = (self.offset.value or 0) + solutions
        left = None if self.limit.value is None else max(0, self.limit.value - solutions)
        return self._with(left, offset)

    def dataset(self, base_iri: str | None = None) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The graphs of FROM and of FROM NAMED, as IRIs.

        >>> inspect("PREFIX : <x:> SELECT * FROM :a FROM <x:b> FROM NAMED :c {}").dataset()
        (('x:a', 'x:b'), ('x:c',))
        """
        prefixes: dict[str, str] = {}
        base, prefix, word, is_named = base_iri or "", "", "", False
        graphs: tuple[list[str], list[str]] = ([], [])
        depth = 0
        for kind, text, _ in tokens(self.text):
            if kind == "mark" and text in "{}":
                depth += 1 if text == "{" else -1
            elif depth:
                continue
            elif kind == "word":
                is_named = word == "FROM" and text.upper() == "NAMED"
                word = "FROM" if is_named else text.upper()
            elif kind == "pname" and word == "PREFIX":
                prefix = text[:-1]
            elif kind in ("iri", "pname"):
                iri = urljoin(base, unescape(text[1:-1])) if kind == "iri" else expand(text, prefixes)
                if word == "BASE":
                    base = iri
                elif word == "PREFIX":
                    prefixes[prefix] = iri
                elif word == "FROM":
                    graphs[is_named].append(iri)
                word = ""
        return tuple(graphs[0]), tuple(graphs[1])

    def without_dataset(self) -> str:
        """The query without FROM and FROM NAMED, each place of them filled with spaces.

        >>> inspect("SELECT * FROM <x:b> FROM NAMED x:c {}").without_dataset().split()
        ['SELECT', '*', '{}']
        """
        made, depth, start = self.text, 0, -1
        for kind, text, place in tokens(self.text):
            if kind == "mark" and text in "{}":
                depth += 1 if text == "{" else -1
            elif not depth and kind == "word" and text.upper() != "NAMED":
                start = place if text.upper() == "FROM" else -1
            elif not depth and kind in ("iri", "pname") and start >= 0:
                end = place + len(text)
                made, start = made[:start] + " " * (end - start) + made[end:], -1
        return made

    def _with(self, limit: int | None, offset: int | None) -> str:
        edits = [(self.limit, "LIMIT", limit)] if limit is not None else []
        if offset is not None:
            edits.append((self.offset, "OFFSET", offset))
        text = self.text
        for span, word, number in sorted(edits, key=lambda edit: edit[0].start, reverse=True):
            new = f"\n{word} {number}\n" if span.value is None else str(number)
            text = text[: span.start] + new + text[span.end :]
        return text


def inspect(
    text: str, *, max_bytes: int = MAX_QUERY_BYTES, max_depth: int = MAX_DEPTH, services: bool = False
) -> InspectedQuery:
    """What the query is, if a public endpoint may run it; most syntax errors are left to the engine to find.

    >>> inspect("PREFIX ask: <x:> SELECT ?ask { ?ask ask:SERVICE 1 }").form
    'SELECT'

    :param services: let SERVICE pass; whoever says so sees to it that no engine gets it.
    :raises QueryRefused: an update (`what` is "update"), "SERVICE", "length" or "nesting".
    :raises QuerySyntaxError: not a query, brackets that do not match, or the word service in what is not SPARQL 1.1.
    """
    try:
        too_long = len(text) > max_bytes or len(text.encode()) > max_bytes
    except UnicodeEncodeError as error:
        raise QuerySyntaxError(f"Character {error.start + 1} of the query is half of one, which is no text.") from None
    if too_long:
        raise QueryRefused(
            f"The query has more than {max_bytes:,} bytes; ask in several, or use the files to download.", what="length"
        )
    look = _inspect_cached if len(text) < _CACHED_LENGTH else _inspect
    return look(text, max_depth, services)


def _inspect(text: str, max_depth: int, services: bool) -> InspectedQuery:
    text = lower_booleans(decode_code_points(text.removeprefix("\ufeff")))
    verb, first, depth, numbers, end, froms = _scan(text, max_depth)
    if verb in _UPDATES:
        check_grammar(text, update=True)
        raise QueryRefused(
            f"{verb} would change the data; this endpoint only reads (SELECT, ASK, CONSTRUCT, DESCRIBE).", what="update"
        )
    has_service = False
    if _SERVICE in text.casefold():
        has_service = _check_service(text, services)
    elif verb not in RESULT_KINDS or depth or _LIKE_IRI.search(text):
        check_grammar(text)
    place = Span(end, end)
    found = _STAR.match(text, first) if verb == "SELECT" else None
    star = found.end() - 1 if found else -1
    limit, offset = numbers.get("LIMIT", place), numbers.get("OFFSET", place)
    return InspectedQuery(text, cast(QueryForm, verb), limit, offset, star, froms > 1, has_service)


_inspect_cached = lru_cache(maxsize=512)(_inspect)


def _scan(text: str, max_depth: int) -> tuple[str, int, int, dict[str, Span], int, int]:
    """The verb and its end, how many brackets stay open, outermost LIMIT and OFFSET, where those go, FROMs."""
    verb = ""
    first, depth, place, froms = 0, 0, -1, 0
    numbers: dict[str, Span] = {}
    for match in outline(text):
        kind = match.lastgroup
        if kind == "open":
            depth += 1
            if depth > max_depth:
                raise QueryRefused(
                    f"Brackets are nested more than {max_depth} deep; say it in a flatter way.", what="nesting"
                )
        elif kind == "close":
            depth -= 1
        elif kind == "error":
            return verb, first, 1, numbers, 0, froms
        elif depth == 0:
            word = match["word"].upper() if kind == "word" else ""
            if not verb:
                verb, first = word, match.end()
            elif word in ("LIMIT", "OFFSET") and (number := _NUMBER.match(text, match.end())):
                numbers[word] = Span(number.start(1), number.end(1), int(number[1][:18]))
            elif word == "FROM":
                froms += 1
            elif word in ("VALUES", "") and place < 0:
                place = match.start("word") if word else len(text)
    return verb, first, depth, numbers, place, froms


def expand(name: str, prefixes: Mapping[str, str]) -> str:
    r"""The IRI of a prefixed name; of an unknown prefix only the local part.

    >>> expand(r"a:b\.c", {"a": "http://a/"})
    'http://a/b.c'
    """
    prefix, _, local = name.partition(":")
    return prefixes.get(prefix, "") + re.sub(r"\\(.)", r"\1", local)


def _check_service(text: str, allowed: bool) -> bool:
    """Whether the query, which has the word somewhere, has a SERVICE."""
    found = any(token.kind == "word" and _SERVICE in token.text.casefold() for token in tokens(text))
    if found and not allowed:
        raise QueryRefused(
            "SERVICE asks another server, which this endpoint does not do; ask that server yourself and give what "
            "it says in VALUES.",
            what="SERVICE",
        )
    check_grammar(text)
    return found
