"""Which nodes conform to a shape for sure, seen of whole sets of them.

Held to one rule: a node counts as conforming only if it does (https://www.w3.org/TR/shacl/#validation). Beyond that
this may be as incomplete as it likes. Constraints that are not in the tables below are never certain, nor are patterns
that Python and the engine could read in two ways, lexical forms that two versions of XSD judge differently, and
equality of values that are written differently.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Set
from functools import cached_property
from typing import Final, TypeAlias

from kggraph.rdf import ntriples
from kggraph.terms import OWL, RDF, RDFS, SH, XSD
from kggraph.validation.shifty_patterns import understood

Said: TypeAlias = Mapping[bytes, list[bytes]]
"""Predicate to objects."""
Nodes: TypeAlias = Set[bytes]
"""Terms in N-Triples form."""


def sh(name: str) -> bytes:
    """A term of SHACL in N-Triples form.

    >>> sh("path")
    b'<http://www.w3.org/ns/shacl#path>'
    """
    return f"<{SH}{name}>".encode()


SHACL: Final = f"<{SH}".encode()
TYPE, FIRST, REST, _NIL = (f"<{RDF}{name}>".encode() for name in ("type", "first", "rest", "nil"))
SUBCLASS: Final = f"<{RDFS}subClassOf>".encode()
CLASSES: Final = frozenset({f"<{RDFS}Class>".encode(), f"<{OWL}Class>".encode()})
"""Types that make a shape a class (https://www.w3.org/TR/shacl/#implicit-targetClass)."""
PATH, PROPERTY, IGNORED = map(sh, ("path", "property", "ignoredProperties"))
_FLAGS, _VALUE_SHAPE, _INVERSE, _ALTERNATIVE = map(
    sh, ("flags", "qualifiedValueShape", "inversePath", "alternativePath")
)
TARGET: Final = f"<{SH}target".encode()
TARGETS: Final = tuple(map(sh, ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf")))
FOR_FORMS: Final = frozenset(map(sh, ("name", "description", "order", "group", "defaultValue")))
"""https://www.w3.org/TR/shacl/#nonValidation"""
UNCONSTRAINING: Final = frozenset(
    [*FOR_FORMS, *TARGETS, *map(sh, ("message", "severity")), PATH, IGNORED, _FLAGS, _VALUE_SHAPE]
)
"""What constrains nothing by itself; the last three belong to another constraint."""
OF_VALUES: Final = frozenset(
    sh(name)
    for name in (
        *("and", "class", "datatype", "disjoint", "in", "languageIn", "lessThan", "lessThanOrEquals", "maxCount"),
        *("maxExclusive", "maxInclusive", "maxLength", "minExclusive", "minInclusive", "minLength", "node", "nodeKind"),
        *("not", "or", "pattern", "property", "uniqueLang", "xone"),
    )
)
"""Constraints of a property shape that no focus node without values is in conflict with. Not sh:equals, which compares
with other values, nor what is counted from below, nor queries."""
_NONE: Final[frozenset[bytes]] = frozenset()
_STRING, _LANG_STRING = f"<{XSD}string>".encode(), f"<{RDF}langString>".encode()
_ONE: Final = f'"1"^^<{XSD}integer>'.encode()
_TRUE: Final = f'"true"^^<{XSD}boolean>'.encode()
_LONGEST: Final = 500
"""Characters of a value that a pattern is held against here: the engine's time grows with them, Python's may with
their square."""

_KINDS: Final = {
    sh("IRI"): b"<",
    sh("Literal"): b'"',
    sh("BlankNode"): b"_",
    sh("BlankNodeOrIRI"): b"_<",
    sh("BlankNodeOrLiteral"): b'_"',
    sh("IRIOrLiteral"): b'<"',
}
"""How terms of a kind may begin."""
_MONTH: Final = rb"(?:0[1-9]|1[0-2])"
_LEXICAL: Final = {
    f"<{XSD}{name}>".encode(): re.compile(rb'"%b"\^\^<%b%b>\Z' % (form, re.escape(XSD.encode()), name.encode()))
    for name, form in (
        ("boolean", rb"(?:true|false)"),
        ("integer", rb"-?[0-9]{1,15}"),
        ("gYear", rb"[1-9][0-9]{3}"),
        ("gYearMonth", rb"[1-9][0-9]{3}-%b" % _MONTH),
        (
            "date",
            rb"[1-9][0-9]{3}-(?:%b-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
            % _MONTH,
        ),
    )
}
"""Literals of a datatype that are well-formed for sure."""


class Shapes:
    """A shapes graph."""

    def __init__(self, rows: list[ntriples.Row]) -> None:
        self.said: dict[bytes, dict[bytes, list[bytes]]] = {}
        for subject, predicate, term in rows:
            self.said.setdefault(subject, {}).setdefault(predicate, []).append(term)

    def listed(self, node: bytes) -> list[bytes]:
        """The members of a list (https://www.w3.org/TR/shacl/#lists)."""
        found: list[bytes] = []
        seen = {_NIL}
        while node not in seen:
            seen.add(node)
            one = self.said.get(node, {})
            found += one.get(FIRST, ())
            node = one.get(REST, [_NIL])[0]
        return found


class TripleSets:
    """Triples by predicate, as sets; so are the nodes that other paths lead from and to."""

    def __init__(self, data: bytes) -> None:
        self._pairs: dict[bytes, tuple[list[bytes], list[bytes]]] = {}
        pairs = self._pairs
        # As `ntriples.rows`, whose generator is a quarter of the time here.
        for line in filter(None, data.split(b"\n")):
            subject, predicate, rest = line.split(b" ", 2)
            try:
                subjects, objects = pairs[predicate]
            except KeyError:
                subjects, objects = pairs[predicate] = [], []
            subjects.append(subject)
            objects.append(rest[:-2])
        self.predicates = frozenset(pairs)
        self._subjects: dict[bytes, Nodes] = {}
        self._objects: dict[bytes, Nodes] = {}

    def of(self, path: bytes) -> tuple[list[bytes], list[bytes]]:
        """The nodes that a path leads from, and where it leads from each."""
        return self._pairs.get(path, ([], []))

    def know(self, path: bytes, subjects: list[bytes], objects: list[bytes]) -> None:
        """Where a path leads that is no predicate."""
        self._pairs[path] = subjects, objects

    def pairs(self, path: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Subject and object of each triple."""
        return zip(*self.of(path), strict=True)

    def subjects(self, path: bytes) -> Nodes:
        """All that it leads from."""
        if path not in self._subjects:
            self._subjects[path] = frozenset(self.of(path)[0])
        return self._subjects[path]

    def objects(self, path: bytes) -> Nodes:
        """All that it leads to."""
        if path not in self._objects:
            self._objects[path] = frozenset(self.of(path)[1])
        return self._objects[path]

    def more_than_one(self, path: bytes) -> Nodes:
        """What it leads from more than once."""
        subjects = self.of(path)[0]
        if len(subjects) == len(self.subjects(path)):
            return _NONE
        return {subject for subject, times in Counter(subjects).items() if times > 1}

    def instances(self, class_: bytes) -> Nodes:
        """SHACL instances (https://www.w3.org/TR/shacl/#dfn-shacl-instance)."""
        below, new = {class_}, [class_]
        while new:
            new = [lower for one in new for lower in self._below.get(one, ()) if lower not in below]
            below.update(new)
        return _NONE.union(*[self._typed.get(one, ()) for one in below])

    @cached_property
    def _below(self) -> dict[bytes, list[bytes]]:
        found: dict[bytes, list[bytes]] = {}
        for lower, upper in self.pairs(SUBCLASS):
            found.setdefault(upper, []).append(lower)
        return found

    @cached_property
    def _typed(self) -> dict[bytes, list[bytes]]:
        found: dict[bytes, list[bytes]] = {}
        for subject, class_ in self.pairs(TYPE):
            found.setdefault(class_, []).append(subject)
        return found

    def lines(self, predicate: bytes) -> bytes:
        """The triples with a predicate as N-Triples."""
        return b"".join([b"%b %b %b .\n" % (subject, predicate, term) for subject, term in self.pairs(predicate)])


class _Tags(dict[bytes, bytes]):
    """The language tag of each term, empty when it has none."""

    def __missing__(self, term: bytes) -> bytes:
        tag = term[term.rindex(b'"') + 1 :] if term[:1] == b'"' else b""
        found = self[term] = tag[1:].lower() if tag[:1] == b"@" and b"--" not in tag else b""
        return found


class Certain:
    """Which nodes conform to which shape for sure."""

    def __init__(self, shapes: Shapes, triples: TripleSets) -> None:
        self.shapes, self.triples, self.tags = shapes, triples, _Tags()
        self._open: set[bytes] = set()

    def conforming(self, shape: bytes, nodes: Nodes) -> Nodes:
        """Those of the nodes that conform to a shape for sure."""
        if not nodes:
            return nodes
        one = self.shapes.said.get(shape)
        # What a shape that uses itself means is left open (https://www.w3.org/TR/shacl/#shapes-recursion).
        if one is None or shape in self._open:
            return _NONE
        self._open.add(shape)
        if PATH in one:
            nodes = self._by_values(one, nodes)
        else:
            for name in filter(constrains, one):
                for term in one[name]:
                    nodes = self.satisfying(one, name, term, nodes)
        self._open.remove(shape)
        return nodes

    def _by_values(self, one: Said, nodes: Nodes) -> Nodes:
        """What conforms to a property shape: whose values are right, and as many as they may be."""
        path = one[PATH][0]
        if len(one[PATH]) > 1 or not self._is_followed(path):
            return _NONE
        values = right = self.triples.objects(path)
        for name in filter(constrains, one):
            for term in one[name]:
                if name in _COUNTED:
                    nodes = _COUNTED[name](self, one, term, path, nodes)
                elif name in OF_VALUES:
                    right = self.satisfying(one, name, term, right)
                else:
                    return _NONE
        if len(right) == len(values):
            return nodes
        return nodes - {subject for subject, term in self.triples.pairs(path) if term not in right}

    def _is_followed(self, path: bytes) -> bool:
        """Whether it is known where a path leads: a predicate, the inverse of one, or one of several."""
        if not ntriples.is_iri(path):
            one = self.shapes.said.get(path, {})
            ways = one.get(_INVERSE) or [way for node in one.get(_ALTERNATIVE, ()) for way in self.shapes.listed(node)]
            if len(one) != 1 or not ways or not all(map(ntriples.is_iri, ways)):
                return False
            ends = [self.triples.of(way)[:: -1 if _INVERSE in one else 1] for way in ways]
            self.triples.know(path, *([node for end in ends for node in end[side]] for side in (0, 1)))
        return True

    def satisfying(self, one: Said, name: bytes, term: bytes, nodes: Nodes) -> Nodes:
        """Those of the nodes, or values, that satisfy a constraint of a shape for sure.

        :param one: all that the shape says.
        :param name: the parameter of the constraint, with its value `term`.
        """
        holds = _EACH.get(name)
        return holds(self, one, term, nodes) if holds else _NONE

    # ------------------------------------------------------------------ of each node or value
    def _class(self, _: Said, term: bytes, nodes: Nodes) -> Nodes:
        return nodes & self.triples.instances(term) if ntriples.is_iri(term) else _NONE

    def _closed(self, one: Said, term: bytes, nodes: Nodes) -> Nodes:
        if term != _TRUE:
            return _NONE
        allowed = {member for node in one.get(IGNORED, ()) for member in self.shapes.listed(node)}
        for shape in one.get(PROPERTY, ()):
            allowed.update(self.shapes.said.get(shape, {}).get(PATH, ()))
        for predicate in self.triples.predicates - allowed:
            nodes = nodes - self.triples.subjects(predicate)
        return nodes

    def _node(self, _: Said, term: bytes, nodes: Nodes) -> Nodes:
        return self.conforming(term, nodes)

    def _property(self, _: Said, term: bytes, nodes: Nodes) -> Nodes:
        return self.conforming(term, nodes) if PATH in self.shapes.said.get(term, {}) else _NONE

    def _and(self, _: Said, term: bytes, nodes: Nodes) -> Nodes:
        listed = self.shapes.listed(term)
        for shape in listed:
            nodes = self.conforming(shape, nodes)
        return nodes if listed else _NONE

    def _or(self, _: Said, term: bytes, nodes: Nodes) -> Nodes:
        return _NONE.union(*[self.conforming(shape, nodes) for shape in self.shapes.listed(term)])

    def _in(self, _: Said, term: bytes, nodes: Nodes) -> Nodes:
        return nodes & {member for member in self.shapes.listed(term) if _is_said(member)}

    def _language_in(self, _: Said, term: bytes, nodes: Nodes) -> Nodes:
        ranges = {ntriples.literal(member).text.lower().encode() for member in self.shapes.listed(term)}
        return {node for node in nodes if (tag := self.tags[node]) and (tag in ranges or tag.split(b"-")[0] in ranges)}

    # ------------------------------------------------------------------ of how many values there are
    def _min_count(self, _: Said, term: bytes, path: bytes, nodes: Nodes) -> Nodes:
        return nodes & self.triples.subjects(path) if term == _ONE else _NONE

    def _max_count(self, _: Said, term: bytes, path: bytes, nodes: Nodes) -> Nodes:
        return nodes - self.triples.more_than_one(path) if term == _ONE else _NONE

    def _has_value(self, _: Said, term: bytes, path: bytes, nodes: Nodes) -> Nodes:
        pairs = self.triples.pairs(path) if _is_said(term) else ()
        return nodes & {subject for subject, value in pairs if value == term}

    def _some(self, one: Said, term: bytes, path: bytes, nodes: Nodes) -> Nodes:
        if term != _ONE or len(one.get(_VALUE_SHAPE, ())) != 1:
            return _NONE
        values = self.conforming(one[_VALUE_SHAPE][0], self.triples.objects(path))
        return nodes & {subject for subject, value in self.triples.pairs(path) if value in values}

    def _unique_lang(self, _: Said, __: bytes, path: bytes, nodes: Nodes) -> Nodes:
        several = self.triples.more_than_one(path)
        tagged = [(subject, self.tags[value]) for subject, value in self.triples.pairs(path) if subject in several]
        return nodes - {subject for (subject, tag), times in Counter(tagged).items() if tag and times > 1}


def constrains(name: bytes) -> bool:
    """Whether a property of a shape is the parameter of a constraint."""
    return name.startswith(SHACL) and name not in UNCONSTRAINING


def _is_said(term: bytes) -> bool:
    """Whether a term is the same in both graphs; a blank node is another one in each."""
    return term[:1] != b"_"


def _datatype(certain: Certain, _: Said, term: bytes, nodes: Nodes) -> Nodes:
    if term == _LANG_STRING:
        return {node for node in nodes if certain.tags[node]}
    if term == _STRING:
        return {node for node in nodes if node[:1] == b'"' == node[-1:]}
    form = _LEXICAL.get(term)
    return {node for node in nodes if form.match(node)} if form else _NONE


def _min_length(_: Certain, __: Said, term: bytes, nodes: Nodes) -> Nodes:
    return {node for node in nodes if _is_said(node) and node[:2] != b'""'} if term == _ONE else _NONE


def _node_kind(_: Certain, __: Said, term: bytes, nodes: Nodes) -> Nodes:
    beginnings = _KINDS.get(term, b"")
    return {node for node in nodes if node[:1] in beginnings}


def _is_value(_: Certain, __: Said, term: bytes, nodes: Nodes) -> Nodes:
    return nodes & {term} if _is_said(term) else _NONE


def _pattern(_: Certain, one: Said, term: bytes, nodes: Nodes) -> Nodes:
    pattern = understood(ntriples.literal(term).text) if _FLAGS not in one else None
    return {node for node in nodes if pattern.search(_text(node))} if pattern else _NONE


def _text(term: bytes) -> str:
    """What a pattern is held against; for what none can be said to match here, a text that none matches."""
    if term[:1] == b'"':
        text = ntriples.literal(term).text
    elif term[:1] == b"<" and b"\\" not in term:
        text = ntriples.iri(term)
    else:
        return ""
    return text if len(text) <= _LONGEST else ""


_EACH: Final[Mapping[bytes, Callable[[Certain, Said, bytes, Nodes], Nodes]]] = {
    sh("and"): Certain._and,
    sh("class"): Certain._class,
    sh("closed"): Certain._closed,
    sh("datatype"): _datatype,
    sh("hasValue"): _is_value,
    sh("in"): Certain._in,
    sh("languageIn"): Certain._language_in,
    sh("minLength"): _min_length,
    sh("node"): Certain._node,
    sh("nodeKind"): _node_kind,
    sh("or"): Certain._or,
    sh("pattern"): _pattern,
    sh("property"): Certain._property,
}
"""Constraints that can be certain of a focus node or a value by itself."""
_COUNTED: Final[Mapping[bytes, Callable[[Certain, Said, bytes, bytes, Nodes], Nodes]]] = {
    sh("hasValue"): Certain._has_value,
    sh("maxCount"): Certain._max_count,
    sh("minCount"): Certain._min_count,
    sh("qualifiedMinCount"): Certain._some,
    sh("uniqueLang"): Certain._unique_lang,
}
"""Constraints of a property shape that can be certain of all values of a focus node together."""
