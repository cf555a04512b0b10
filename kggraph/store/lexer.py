"""SPARQL text as tokens, by the terminals of the SPARQL 1.1 grammar.

A keyword is one only where the grammar reads a word: not in an IRI, a string, a comment, a variable or a prefixed name.
https://www.w3.org/TR/sparql11-query/#sparqlGrammar
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple


class Token(NamedTuple):
    """One token: its kind (a group of the pattern), its text and where it starts, in characters from 0."""

    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


# ASCII is tried before the ranges of Unicode, and repetition never gives back: three times as fast, never slow.
_BASE: Final = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_WORD: Final = f"{_BASE}_0-9"
_CHARS: Final = f"{_WORD}\u00b7\u0300-\u036f\u203f-\u2040\\-"
_ESCAPE: Final = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"
_PLX: Final = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_REST: Final = rf"(?:[A-Za-z0-9_\-]++|\.++(?=[{_CHARS}])|[{_CHARS}])*+"
_LOCAL: Final = rf"(?:(?:[{_WORD}:]|{_PLX})(?:[A-Za-z0-9_:\-]++|\.++(?=[{_CHARS}:]|{_PLX})|[{_CHARS}]|{_PLX})*+)?"
_VARIABLE: Final = rf"[?$][{_WORD}](?:[A-Za-z0-9_]++|[{_WORD}\u00b7\u0300-\u036f\u203f-\u2040])*+"
_IRI: Final = rf"<(?:[^<>\"{{}}|^`\\\x00-\x20]++|{_ESCAPE})*+>"
_STRING: Final = (
    r"\"\"\"(?:\"{0,2}(?:[^\"\\]++|\\.))*+\"\"\"|\"(?!\"\")(?:[^\"\\\r\n]++|\\[^\r\n])*+\""
    r"|'''(?:'{0,2}(?:[^'\\]++|\\.))*+'''|'(?!'')(?:[^'\\\r\n]++|\\[^\r\n])*+'"
)
_DECIMAL: Final = r"(?:[0-9]++\.[0-9]*+|\.[0-9]++|[0-9]++)[eE][+-]?[0-9]++|[0-9]*+\.[0-9]++"
_BLANK: Final = rf"_:[{_WORD}]{_REST}"
_LANGUAGE: Final = r"@[A-Za-z]++(?:-[A-Za-z0-9]++)*+"
_SPACE: Final = r"[ \t\r\n]++|\#[^\r\n]*+"

_TOKEN: Final = rf"""(?:{_SPACE})*+(?:
      (?P<variable>{_VARIABLE})
    | (?P<pname>(?:[{_BASE}]{_REST})?:{_LOCAL})
    | (?P<word>(?:[A-Za-z]|{_ESCAPE})(?:[A-Za-z0-9_]++|{_ESCAPE})*+)
    | (?P<iri>{_IRI})
    | (?P<string>{_STRING})
    | (?P<number>{_DECIMAL})
    | (?P<integer>[0-9]++)
    | (?P<signed>[+-](?:{_DECIMAL}|[0-9]++))
    | (?P<blank>{_BLANK})
    | (?P<language>{_LANGUAGE})
    | (?P<nil>\([ \t\r\n]*+\)) | (?P<anon>\[[ \t\r\n]*+\])
    | (?P<mark>\^\^|&&|\|\||!=|<=|>=|[{{}}()\[\],;.*/+\-<>=!|^?])
    | (?P<end>\Z)
    | (?P<escape>{_ESCAPE})
    | (?P<error>.)
    )"""

OUTLINE_WORDS: Final = (
    *("SELECT", "ASK", "CONSTRUCT", "DESCRIBE"),
    *("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH"),
    *("FROM", "LIMIT", "OFFSET", "VALUES"),
)
"""The words that an outline tells; all others, and all that is no bracket, it passes over."""

_OUTLINE: Final = rf"""(?:{_SPACE}
    | {_VARIABLE}
    | (?!(?i:{"|".join(OUTLINE_WORDS)})(?![A-Za-z0-9_:.\-]))[{_BASE}]{_REST}(?::{_LOCAL})?
    | [;.,*/+\-=>!|^&0-9]++
    | {_IRI} | [<?]
    | :{_LOCAL}
    | {_STRING}
    | {_BLANK} | {_LANGUAGE}
    )*+(?: (?P<open>[{{(\[]) | (?P<close>[}})\]]) | (?P<word>[A-Za-z]++) | (?P<end>\Z) | (?P<error>.) )"""
_CODE_POINT: Final = re.compile(_ESCAPE)
_BOOLEAN: Final = re.compile(r"(?!true|false)(?i:true|false)")


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a query; the last is of kind `end`, or of kind `error` at a character that fits nowhere.

    >>> [(t.kind, t.text) for t in tokens("ASK { ?s a <x:SERVICE> } # SERVICE")][2:]
    [('variable', '?s'), ('word', 'a'), ('iri', '<x:SERVICE>'), ('mark', '}'), ('end', '')]
    """
    for token in _matches(_TOKEN, text):
        if token.kind == "escape":
            yield Token("error", token.text, token.start)
            return
        yield token


def outline(text: str) -> Iterator[re.Match[str]]:
    """Only the brackets and the `OUTLINE_WORDS` of a query; much faster than all tokens.

    Each match has one group: `open`, `close`, `word`, `end`, or `error` at a character that fits nowhere.

    >>> [(m.lastgroup, m[m.lastgroup]) for m in outline("ASK { ?limit a <x:ask> } LIMIT 5")][:4]
    [('word', 'ASK'), ('open', '{'), ('close', '}'), ('word', 'LIMIT')]
    """
    return _compiled(_OUTLINE).finditer(text)


def decode_code_points(text: str) -> str:
    r"""The query with `\uXXXX` outside of IRIs and strings written as the characters they stand for.

    SPARQL 1.1 allows them anywhere (section 19.2); engines read them in IRIs and strings only.

    >>> decode_code_points("SEL\\u0045CT * { ?s ?p '\\u0045' }")
    "SELECT * { ?s ?p '\\u0045' }"
    """
    if "\\u" not in text and "\\U" not in text:
        return text
    pieces, done = [], 0
    for token in _matches(_TOKEN, text):
        if token.kind in ("word", "escape") and "\\" in token.text:
            pieces += [text[done : token.start], unescape(token.text)]
            done = token.end
    return "".join(pieces) + text[done:]


def lower_booleans(text: str) -> str:
    """The query with `TRUE` and `False` in lower case: keywords have no case, but not every engine knows it of these.

    >>> lower_booleans("ASK { ?s ?TRUE 'TRUE' FILTER(TRUE) }")
    "ASK { ?s ?TRUE 'TRUE' FILTER(true) }"
    """
    folded = text.casefold()  # quicker than a pattern without case
    if not ("true" in folded or "false" in folded) or not _BOOLEAN.search(text):
        return text
    pieces, done = [], 0
    for token in _matches(_TOKEN, text):
        if token.kind == "word" and _BOOLEAN.fullmatch(token.text):
            pieces += [text[done : token.start], token.text.lower()]
            done = token.end
    return "".join(pieces) + text[done:]


def unescape(text: str) -> str:
    r"""A piece of a query with each `\uXXXX` as the character it stands for.

    >>> unescape("\\u0041")
    'A'
    """
    return _CODE_POINT.sub(_character, text)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    # Only when it is first used: the ranges of Unicode take some 50 ms, and the query host never reads a query.
    return re.compile(pattern, re.VERBOSE | re.DOTALL)


def _matches(pattern: str, text: str) -> Iterator[Token]:
    for match in _compiled(pattern).finditer(text):
        kind = match.lastgroup or "error"
        yield Token(kind, match[kind], match.start(kind))
        if kind in ("end", "error"):
            return


def _character(match: re.Match[str]) -> str:
    number = int(match[0][2:], 16)
    # A surrogate or a number beyond Unicode stands for no character: left as it is, it is a syntax error.
    return chr(number) if number <= 0x10FFFF and not 0xD800 <= number <= 0xDFFF else match[0]
