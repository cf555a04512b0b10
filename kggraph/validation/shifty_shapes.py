"""Shapes without what can find nothing in the data at hand, so that pyshifty need not look for it.

Two things are left out of the shapes for some data. What is found is the same without them, wherever the shapes use
them, also below `sh:not`.

- A pattern that all its values match (https://www.w3.org/TR/shacl/#PatternConstraintComponent), for which the engine
  would make a regular expression anew for every value. The values of a property shape are at most the objects of its
  predicate; those of a shape that nothing refers to are its focus nodes. A pattern stays that one of them does not
  match, or that Python and the engine could read in two ways.
- A property shape whose predicate is nowhere in the data, if it says something of values only: there are none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from re import Pattern
from typing import Final, NamedTuple, TypeAlias

from kggraph.rdf import ntriples
from kggraph.terms import OWL, RDF, RDFS, SH
from kggraph.validation.shifty_patterns import understood


def _sh(*names: str) -> tuple[bytes, ...]:
    return tuple([f"<{SH}{name}>".encode() for name in names])


_PATH, _PATTERN, _FLAGS, _PROPERTY, _PARAMETER, _OBJECTS = _sh(
    "path", "pattern", "flags", "property", "parameter", "targetObjectsOf"
)
_OTHER_TARGETS: Final = _sh("target", "targetClass", "targetNode", "targetSubjectsOf")
_TYPE: Final = f"<{RDF}type>".encode()
_CLASSES: Final = frozenset({f"<{RDFS}Class>".encode(), f"<{OWL}Class>".encode()})
_SH: Final = f"<{SH}".encode()
_OF_VALUES: Final = frozenset(
    _sh(
        *("and", "class", "closed", "datatype", "disjoint", "ignoredProperties", "in", "languageIn", "lessThan"),
        *("lessThanOrEquals", "maxCount", "maxExclusive", "maxInclusive", "maxLength", "minExclusive", "minInclusive"),
        *("minLength", "node", "nodeKind", "not", "or", "path", "pattern", "flags", "property", "uniqueLang", "xone"),
        *("deactivated", "defaultValue", "description", "group", "message", "name", "order", "severity"),
        *("target", "targetClass", "targetNode", "targetObjectsOf", "targetSubjectsOf"),
    )
)
"""What a property shape may say that no focus node without values is in conflict with, and what is no constraint. Not
sh:equals, which compares with other values, nor what is counted from below, nor queries."""
_LONGEST: Final = 500
"""Characters of a value that is looked at here: the engine's time grows with them, Python's may with their square."""

_Said: TypeAlias = Mapping[bytes, Mapping[bytes, list[bytes]]]
"""Subject and predicate to objects."""


class _Patterned(NamedTuple):
    """A shape with a pattern that can be looked at here."""

    predicate: bytes
    """All its values are objects of that."""
    pattern: Pattern[str]
    line: bytes
    """The triple that gives the shape its pattern."""


class _OnValues(NamedTuple):
    """A property shape that says something of values only."""

    predicate: bytes
    line: bytes
    """The triple by which another shape has it."""


def applicable(shapes: bytes, data: bytes) -> bytes:
    """The shapes without what can find nothing.

    :param shapes: the shapes graph as N-Triples.
    :param data: the data graph as N-Triples.
    """
    patterned, on_values = _parts(shapes)
    if not patterned and not on_values:
        return shapes
    occurring = _objects(data, frozenset([one.predicate for one in patterned]))
    texts = {predicate: [_text(term) for term in terms] for predicate, terms in occurring.items() if terms}
    needless = {one.line for one in patterned if all(map(one.pattern.search, texts.get(one.predicate, ())))}
    needless.update(one.line for one in on_values if one.predicate not in occurring)
    return b"\n".join([line for line in shapes.split(b"\n") if line not in needless]) if needless else shapes


def _objects(data: bytes, asked: frozenset[bytes]) -> dict[bytes, set[bytes] | None]:
    """Every predicate of the data, those that are asked for with their objects."""
    found: dict[bytes, set[bytes] | None] = {}
    for _, predicate, term in ntriples.rows(data):
        try:
            objects = found[predicate]
        except KeyError:
            objects = found[predicate] = set() if predicate in asked else None
        if objects is not None:
            objects.add(term)
    return found


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
def _parts(shapes: bytes) -> tuple[tuple[_Patterned, ...], tuple[_OnValues, ...]]:
    said: defaultdict[bytes, defaultdict[bytes, list[bytes]]] = defaultdict(lambda: defaultdict(list))
    referred: set[bytes] = set()
    for subject, predicate, term in ntriples.rows(shapes):
        said[subject][predicate].append(term)
        referred.add(term)
    # The parameters of constraints that a shapes graph makes itself may be any property.
    on_values = () if any(_PARAMETER in one for one in said.values()) else tuple(_on_values(said))
    return tuple(_patterned(said, referred)), on_values


def _patterned(said: _Said, referred: set[bytes]) -> Iterator[_Patterned]:
    for shape, one in said.items():
        if len(one.get(_PATTERN, ())) != 1 or _FLAGS in one:
            continue
        ways, text = one.get(_PATH) or _sole_target(one, shape in referred), one[_PATTERN][0]
        is_plain = len(ways) == 1 and ntriples.is_iri(ways[0]) and text[:1] == b'"'
        if is_plain and (pattern := understood(ntriples.literal(text).text)):
            yield _Patterned(ways[0], pattern, b"%b %b %b ." % (shape, _PATTERN, text))


def _sole_target(one: Mapping[bytes, list[bytes]], is_referred: bool) -> list[bytes]:
    """The predicate whose objects are all focus nodes of a node shape."""
    is_class = not _CLASSES.isdisjoint(one.get(_TYPE, ()))
    others = is_referred or is_class or any(target in one for target in _OTHER_TARGETS)
    return [] if others else one.get(_OBJECTS, [])


def _on_values(said: _Said) -> Iterator[_OnValues]:
    for shape, one in said.items():
        for term in one.get(_PROPERTY, ()):
            inner = said.get(term, {})
            ways = inner.get(_PATH, [])
            is_on_values = all(predicate in _OF_VALUES for predicate in inner if predicate.startswith(_SH))
            if is_on_values and len(ways) == 1 and ntriples.is_iri(ways[0]):
                yield _OnValues(ways[0], b"%b %b %b ." % (shape, _PROPERTY, term))
