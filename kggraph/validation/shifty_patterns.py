"""Patterns that all values have are not given to pyshifty, which makes a regular expression anew for every value.

A property shape says of its values with `sh:pattern` that each has to match. When all objects of its predicate do, in
all of the data, it says nothing about them: the shapes are the same without it, wherever they use it
(https://www.w3.org/TR/shacl/#PatternConstraintComponent). So these values are looked at here, each once. A pattern that
one of them does not match stays, as does each that Python and the engine could read in two ways.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import Final, NamedTuple

from kggraph.rdf import ntriples
from kggraph.terms import SH

_PATH, _PATTERN, _FLAGS = (f"<{SH}{name}>".encode() for name in ("path", "pattern", "flags"))
_LONGEST: Final = 500
"""Characters of a value that is looked at here: the engine's time grows with them, Python's may with their square."""
_TOKEN: Final = re.compile(
    r"""(?:[A-Za-z0-9 _/:@\#%&=,;<>"'!~`-] | \\[.\\/+*?()\[\]{}|^$-]
        | \[(?:[A-Za-z]-[A-Za-z]|[0-9]-[0-9]|[A-Za-z0-9_/:@%=,;<>"'!.()+*?|]|\\[.\\/\[\]^-])+-?\]
        | \[\^(?:[A-Za-z]-[A-Za-z]|[0-9]-[0-9]|[A-Za-z0-9_/:@%=,;<>"'!.()+*?|]|\\[.\\/\[\]^s-])+-?\])
        (?P<times>[*+?]|\{[0-9]{1,2}(?:,[0-9]{0,2})?\})?
    | (?:\((?!\?)|\)(?![*+?{])|\||\^|\$)""",
    re.VERBOSE,
)
"""What means the same everywhere: no group is repeated; what is a space differs a little, so it may only be forbidden,
by Python's long list of them."""
_MOST_OPEN: Final = 2
"""Parts that may come any number of times: Python's time grows with a power of them, the engine's does not."""
_MOST_OPTIONAL: Final = 4


class _Patterned(NamedTuple):
    """A property shape with a pattern that can be looked at here."""

    predicate: bytes
    pattern: re.Pattern[str]
    line: bytes
    """The triple that gives the shape its pattern."""


def without_kept_patterns(shapes: bytes, data: bytes) -> bytes:
    """The same shapes without the patterns that all values have.

    :param shapes: the shapes graph as N-Triples.
    :param data: the data graph as N-Triples.
    """
    patterned = _patterned(shapes)
    values: dict[bytes, set[bytes]] = {one.predicate: set() for one in patterned}
    for _, predicate, term in ntriples.rows(data) if values else ():
        if (found := values.get(predicate)) is not None:
            found.add(term)
    texts = {predicate: [_text(term) for term in terms] for predicate, terms in values.items()}
    kept = {one.line for one in patterned if all(map(one.pattern.search, texts[one.predicate]))}
    return b"\n".join([line for line in shapes.split(b"\n") if line not in kept]) if kept else shapes


def _text(term: bytes) -> str:
    """What a pattern is held against; for what none can be said to match here, a text that none matches."""
    if term[:1] == b'"':
        text = ntriples.literal(term).text
    elif term[:1] == b"<" and b"\\" not in term:
        text = ntriples.iri(term)
    else:
        return ""
    return text if len(text) <= _LONGEST else ""


@lru_cache(maxsize=8)
def _patterned(shapes: bytes) -> tuple[_Patterned, ...]:
    paths: dict[bytes, bytes] = {}
    lines: dict[bytes, tuple[bytes, bytes]] = {}
    said: Counter[tuple[bytes, bytes]] = Counter()
    for line in shapes.split(b"\n"):
        subject, _, rest = line.partition(b" ")
        predicate, _, term = rest.partition(b" ")
        if predicate in (_PATH, _PATTERN, _FLAGS):
            said[subject, predicate] += 1
            if predicate == _PATH:
                paths[subject] = term[:-2]
            elif predicate == _PATTERN:
                lines[subject] = line, term[:-2]
    found = []
    for shape, (line, term) in lines.items():
        plain = said[shape, _PATH] == said[shape, _PATTERN] == 1 and not said[shape, _FLAGS]
        if plain and ntriples.is_iri(paths[shape]) and (pattern := understood(ntriples.literal(term).text)):
            found.append(_Patterned(paths[shape], pattern, line))
    return tuple(found)


def understood(pattern: str) -> re.Pattern[str] | None:
    r"""A pattern for Python that matches nothing that the engine's does not; none when that is not sure.

    Nor does it match the empty text.

    >>> understood(r"^10\.[0-9]{4,9}/[^\s]+$").pattern
    '^10\\.[0-9]{4,9}/[^\\s]+\\Z'
    >>> understood(r"\w"), understood("(ab)*"), understood("a*")
    (None, None, None)
    """
    parts, times, place = [], [], 0
    while place < len(pattern):
        token = _TOKEN.match(pattern, place)
        if token is None:
            return None
        # Python's own $ matches before a line's end, too.
        parts.append(r"\Z" if token[0] == "$" else token[0])
        times.append(token["times"] or "")
        place = token.end()
    without_end = [one in ("*", "+") or one.endswith(",}") for one in times]
    optional = [one == "?" or "," in one for one in times]
    if sum(without_end) > _MOST_OPEN or sum(optional) > _MOST_OPTIONAL:
        return None
    try:
        made = re.compile("".join(parts))
    except re.error:
        return None
    return None if made.search("") else made
