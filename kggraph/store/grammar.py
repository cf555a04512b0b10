"""The SPARQL 1.1 grammar as an LL(1) recogniser: what is wrong with a query, where, and what may stand there.

Engines say that a query is wrong; this says what would be right. It runs only when an engine has refused a query, or
when the guard must be certain how a query is to be read.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from kggraph.errors import QuerySyntaxError
from kggraph.store.lexer import Token, tokens

_TERMINALS: Final = {
    "iri": ("IRIREF", "an IRI"),
    "pname": ("PNAME", "a prefixed name"),
    "variable": ("VARIABLE", "a variable"),
    "string": ("STRING", "a string"),
    "integer": ("INTEGER", "a number"),
    "number": ("NUMBER", "a number"),
    "signed": ("SIGNED", "a number"),
    "blank": ("BLANK", "a blank node"),
    "language": ("LANGTAG", "a language tag"),
    "nil": ("NIL", "`()`"),
    "anon": ("ANON", "`[]`"),
    "end": ("END", "the end of the query"),
}
"""Kinds of token, the names the grammar has for them, and what people call them."""
_SPOKEN: Final = {
    **dict(_TERMINALS.values()),
    "PNAME": "an IRI",
    "Expression": "an expression",
    "UnaryExpression": "an expression",
    "iri": "an IRI",
    "Path": "a property",
    "Verb": "a property",
    "Constraint": "a condition in brackets or a function",
    "GraphPatternNotTriples": "a pattern such as FILTER or OPTIONAL",
    "TriplesBlock": "a triple",
    "TriplesSameSubject": "a triple",
    "GraphNode": "an object",
    "GraphNodePath": "an object",
    "SolutionModifier": "ORDER BY or LIMIT",
    "DataBlockValue": "a value",
    "RDFLiteral": "a literal",
    "NumericLiteral": "a number",
    "BooleanLiteral": "`true` or `false`",
}


_MARKS: Final = ("}", ")", "]", ".", ";", ",", "{", "(", "[")
_SAID: Final = 7
"""Of what may stand at a place, as many are named; beyond that the list helps nobody."""

_BLANK: Final = frozenset({"BLANK", "ANON", "NIL", "'['", "'('"})

Rules = dict[str, list[tuple[str, ...]]]
Table = dict[str, dict[str, tuple[str, ...]]]


def check_grammar(text: str, prefixes: Mapping[str, str] | None = None, *, update: bool = False) -> None:
    """Raises an error that says what is wrong unless the text is SPARQL 1.1 with all its prefixes declared.

    :param prefixes: prefixes that are known here, to say which line a query lacks.
    :param update: whether it is to be an update; a query otherwise.

    >>> check_grammar("ASK { ?s a ?type FILTER ?x = 1 }")
    Traceback (most recent call last):
    kggraph.errors.QuerySyntaxError: Line 1, column 25: found `?x`; expected a condition in brackets or a function.

    :raises QuerySyntaxError: with line, column, what was found there, and what may stand there.
    """
    _, table = grammar()
    stack = ["UpdateUnit" if update else "QueryUnit"]
    before = stack.copy()
    beyond = _BeyondGrammar(prefixes or {})
    for token in tokens(text):
        if token.kind == "error":
            raise _error(text, token, _lexical(token))
        terminal = _terminal(token)
        while stack[-1] in table and terminal in table[stack[-1]]:
            stack.extend(reversed(table[stack.pop()][terminal]))
        if stack[-1] != terminal:
            raise _unexpected(text, token, before)
        stack.pop()
        before = stack.copy()
        if wrong := beyond.check(token, terminal):
            raise _error(text, token, wrong)


class _BeyondGrammar:
    """The rules that are told in words beside the grammar: declared prefixes, and what updates may not hold."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self._prefixes = prefixes
        self._declared: set[str] = set()
        self._last = self._verb = ""
        self._depth = 0

    def check(self, token: Token, terminal: str) -> str:
        """What is wrong with a token, or nothing."""
        wrong = ""
        if token.kind == "pname":
            prefix = token.text.partition(":")[0]
            if self._last == "'PREFIX'":
                self._declared.add(prefix)
            elif prefix not in self._declared:
                wrong = _undeclared(prefix, self._prefixes)
        elif self._verb and self._depth:
            if "DELETE" in self._verb and terminal in _BLANK:
                wrong = "a blank node cannot stand in what is to be deleted; use a variable"
            elif "DATA" in self._verb and terminal == "VARIABLE":
                wrong = "a variable cannot stand in data"
        if terminal in ("'INSERT'", "'DELETE'"):
            self._verb = terminal
        elif terminal == "'DATA'":
            self._verb += terminal
        elif terminal == "'{'":
            self._depth += 1
        elif terminal == "'}'":
            self._depth -= 1
            self._verb = self._verb if self._depth else ""
        self._last = terminal
        return wrong


@cache
def grammar() -> tuple[Rules, Table]:
    """The rules of `sparql11.txt`, and for each rule and terminal the alternative to take."""
    text = (files("kggraph.store") / "sparql11.txt").read_text("utf-8")
    reader = _Reader()
    for line in re.sub(r"\n  +", " ", re.sub(r"(?m)^#.*\n", "", text)).strip().splitlines():
        name, _, body = line.partition(" ::= ")
        reader.rules[name] = reader.choice(name, re.findall(r"'[^']*'|[A-Za-z0-9]+|[()|?*+]", body), [0])
    return reader.rules, _table(reader.rules)


UNDECLARED: Final = "is not declared"
"""What the error says of a prefix, and of nothing else."""


def syntax_error(text: str, said: str, prefixes: Mapping[str, str] | None = None) -> QuerySyntaxError:
    """The error for a query that an engine refused.

    :param said: the engine's own words, used when the grammar finds nothing wrong: a rule beyond the grammar.
    """
    try:
        check_grammar(text, prefixes)
    except QuerySyntaxError as error:
        return error
    # Oxigraph: "error at 1:25: expected one of "(", IF, The SELECT contains a variable that is unbound, [_]", where the
    # place is only how far its parser came.
    sentence = re.search(r"\b[A-Z][a-z]+(?: [\w'?<>:/#.-]+){2,}", said)
    return QuerySyntaxError(f"{sentence[0].rstrip('. ') if sentence else 'The query is not SPARQL 1.1'}.")


def expected(stack: Sequence[str]) -> list[str]:
    """What may come next, in people's words: marks first, then kinds of things, then keywords.

    :param stack: symbols still to be read, the next one last.
    """
    rules, _ = grammar()
    found: dict[str, None] = {}
    seen: set[str] = set()

    def collect(symbol: str) -> bool:
        """Whether the symbol may be nothing, so that what follows it counts as well."""
        if symbol not in rules:
            found[_SPOKEN.get(symbol) or f"`{symbol.strip(chr(39))}`"] = None
            return False
        if symbol in _SPOKEN:
            found[_SPOKEN[symbol]] = None
            return _is_empty(symbol)
        if symbol not in seen:
            seen.add(symbol)
            for alternative in rules[symbol]:
                all(collect(part) for part in alternative)
        return _is_empty(symbol)

    for symbol in reversed(stack):
        if not collect(symbol):
            break
    return sorted(found, key=_rank)


def _rank(name: str) -> tuple[int, int]:
    """Brackets and separators first, as they are forgotten most; then things, keywords, operators."""
    if name[0] != "`":
        return 1, 0
    mark = name[1:-1]
    return (2, 0) if mark.isalpha() else (0, _MARKS.index(mark)) if mark in _MARKS else (3, 0)


@cache
def _is_empty(symbol: str) -> bool:
    rules, _ = grammar()
    return symbol in rules and any(all(map(_is_empty, each)) for each in rules[symbol] if symbol not in each)


def _terminal(token: Token) -> str:
    if token.kind in _TERMINALS:
        return _TERMINALS[token.kind][0]
    return f"'{token.text if token.text == 'a' else token.text.upper()}'"


@cache
def _keywords() -> tuple[str, ...]:
    rules, _ = grammar()
    symbols = {symbol.strip("'") for alternatives in rules.values() for each in alternatives for symbol in each}
    return tuple(sorted(symbol for symbol in symbols if len(symbol) > 2 and symbol.isupper()))


def _undeclared(prefix: str, prefixes: Mapping[str, str]) -> str:
    known = f"PREFIX {prefix}: <{prefixes[prefix]}>" if prefix in prefixes else f"PREFIX {prefix}: <...>"
    return f"the prefix `{prefix}:` {UNDECLARED}; add `{known}` at the top"


def _lexical(token: Token) -> str:
    if token.text in "\"'":
        return "the string that begins here does not end; a string over several lines needs three quotes at both ends"
    if token.text == "\\":
        return "a backslash means something only in a string, an IRI or a prefixed name"
    return f"the character {token.text!r} means nothing here"


def _unexpected(text: str, token: Token, stack: Sequence[str]) -> QuerySyntaxError:
    names = expected(stack)
    listed = names if len(names) <= _SAID else names[: _SAID - 1]
    joint = " or " if " or " not in listed[-1] else ", or "
    several = joint.join((", ".join(listed[:-1]), listed[-1])) if len(listed) > 1 else "".join(listed)
    if len(listed) < len(names):
        several = f"{', '.join(listed)} ..."
    found = "the end of the query" if token.kind == "end" else f"`{token.text[:40]}`"
    message = f"found {found}; expected {several}"
    if token.kind == "word":
        near = difflib.get_close_matches(token.text.upper(), _keywords(), 1, 0.8)
        message += f". Did you mean {near[0]}?" if near and near[0] != token.text.upper() else ""
    elif token.text == "<" and "`<`" not in names:
        message += ". An IRI stands in < and >, and has no spaces or quotes in it"
    return _error(text, token, message, tuple(names))


def _error(text: str, token: Token, message: str, names: tuple[str, ...] = ()) -> QuerySyntaxError:
    start = text.rfind("\n", 0, token.start) + 1
    line, column = text.count("\n", 0, token.start) + 1, token.start - start + 1
    end = text.find("\n", start)
    shown = text[max(start, token.start - 60) : len(text) if end < 0 else end][:120].replace("\t", " ")
    excerpt = f"{shown}\n{' ' * min(column - 1, 60)}^"
    full = f"Line {line}, column {column}: {message}{'' if message[-1] in '.?' else '.'}"
    return QuerySyntaxError(full, line=line, column=column, expected=names, excerpt=excerpt)


class _Reader:
    """EBNF to rules of plain alternatives; what is in brackets becomes a rule of its own."""

    def __init__(self) -> None:
        self.rules: Rules = {}

    def choice(self, name: str, symbols: Sequence[str], at: list[int]) -> list[tuple[str, ...]]:
        found: list[tuple[str, ...]] = []
        current: list[str] = []
        while at[0] < len(symbols) and symbols[at[0]] != ")":
            symbol = symbols[at[0]]
            at[0] += 1
            if symbol == "|":
                found.append(tuple(current))
                current = []
                continue
            if symbol == "(":
                inner = self._new(name, self.choice(name, symbols, at))
                at[0] += 1
                symbol = inner
            if at[0] < len(symbols) and symbols[at[0]] in "?*+":
                symbol = self._repeated(name, symbol, symbols[at[0]])
                at[0] += 1
            current.append(symbol)
        return [*found, tuple(current)]

    def _new(self, name: str, alternatives: list[tuple[str, ...]]) -> str:
        fresh = f"{name}/{len(self.rules)}"
        self.rules[fresh] = alternatives
        return fresh

    def _repeated(self, name: str, symbol: str, how: str) -> str:
        many = self._new(name, [])
        self.rules[many] = [(symbol,) if how == "?" else (symbol, many), ()]
        return self._new(name, [(symbol, many)]) if how == "+" else many


def _table(rules: Rules) -> Table:
    """For each rule and terminal the alternative to take; the grammar is LL(1), which a test holds."""
    first: dict[str, set[str]] = {name: set() for name in rules}
    follow: dict[str, set[str]] = {name: set() for name in rules}

    def starts(symbols: Sequence[str]) -> set[str]:
        found: set[str] = set()
        for symbol in symbols:
            more = first[symbol] if symbol in rules else {symbol}
            found |= more - {""}
            if "" not in more:
                return found
        return found | {""}

    size = -1
    while size != (size := sum(map(len, (*first.values(), *follow.values())))):
        for name, alternatives in rules.items():
            for symbols in alternatives:
                first[name] |= starts(symbols)
                for place, symbol in enumerate(symbols):
                    if symbol in rules:
                        after = starts(symbols[place + 1 :])
                        follow[symbol] |= after - {""} | (follow[name] if "" in after else set())
    table: Table = {name: {} for name in rules}
    for name, alternatives in rules.items():
        for symbols in sorted(alternatives, key=lambda each: "" in starts(each), reverse=True):
            begin = starts(symbols)
            for terminal in begin - {""} | (follow[name] if "" in begin else set()):
                table[name][terminal] = symbols
    return table
