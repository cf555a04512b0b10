"""Whether shapes hang together as SHACL asks: terms, paths, references without a circle.

https://www.w3.org/TR/shacl/#syntax-rules
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator
from typing import Final

import pyoxigraph as ox

from kggraph.errors import ShapesError
from kggraph.model.graph import ModelGraph, Node, Term, curie, show
from kggraph.terms import RDF, SH, XSD

_COMPONENTS: Final = (
    "And Class Closed Datatype Disjoint Equals Expression HasValue In JS LanguageIn LessThan LessThanOrEquals MaxCount "
    "MaxExclusive MaxInclusive MaxLength MinCount MinExclusive MinInclusive MinLength Node NodeKind Not Or Pattern "
    "Property QualifiedMaxCount QualifiedMinCount SPARQL UniqueLang Xone"
)
_CLASSES: Final = (
    "AbstractResult BlankNode BlankNodeOrIRI BlankNodeOrLiteral ConstraintComponent Function IRI IRIOrLiteral Info "
    "Literal NodeKind NodeShape Parameter Parameterizable PrefixDeclaration PropertyGroup PropertyShape "
    "ResultAnnotation Rule SPARQLAskExecutable SPARQLAskValidator SPARQLConstraint SPARQLConstructExecutable "
    "SPARQLExecutable SPARQLFunction SPARQLRule SPARQLSelectExecutable SPARQLSelectValidator SPARQLTarget "
    "SPARQLTargetType SPARQLUpdateExecutable Severity Shape Target TargetType TripleRule ValidationReport "
    "ValidationResult Validator Violation Warning this"
)
TERMS: Final = frozenset([*_CLASSES.split(), *(f"{name}ConstraintComponent" for name in _COMPONENTS.split())])
"""Local names of what SHACL has that is no property (https://www.w3.org/ns/shacl.ttl)."""

_DATATYPES: Final = (
    "string boolean decimal integer double float date time dateTime dateTimeStamp gYear gMonth gDay gYearMonth "
    "gMonthDay duration yearMonthDuration dayTimeDuration byte short int long unsignedByte unsignedShort unsignedInt "
    "unsignedLong positiveInteger nonNegativeInteger negativeInteger nonPositiveInteger hexBinary base64Binary anyURI "
    "language normalizedString token NMTOKEN Name NCName QName ENTITY ID IDREF NOTATION anySimpleType "
    "anyAtomicType"
)
_REFERENCES: Final = ("node", "property", "not", "qualifiedValueShape")
_LISTS: Final = ("and", "or", "xone")
_SIGNS: Final = ("inversePath", "alternativePath", "zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath")
_OF_A_PROPERTY: Final = (
    "minCount maxCount uniqueLang lessThan lessThanOrEquals qualifiedValueShape qualifiedMinCount qualifiedMaxCount"
)
_A_PATH: Final = "write a property, or a path such as [ sh:inversePath ex:p ] or ( ex:p ex:q )"


def check_syntax(graph: ModelGraph, properties: Collection[str]) -> None:
    """Refuse shapes that do not hang together.

    :param properties: local names of the properties of SHACL.
    :raises ShapesError: names the shape, what was found, and what would be right.
    """
    known = {*TERMS, *properties}
    for node in graph.subjects():
        _check_terms(graph, node, known)
        _check_paths(graph, node)
        _check_references(graph, node)
    _refuse_circles(graph)


def place(graph: ModelGraph, node: Node) -> str:
    """The shape by its IRI; one without by the shape that holds it."""
    seen: set[Node] = set()
    while not isinstance(node, ox.NamedNode):
        seen.add(node)
        holders = (other for other in graph.subjects() if other not in seen and _holds(graph, other, node))
        holder = next(holders, None)
        if holder is None:
            return "A shape without IRI"
        node = holder
    return show(node)


def _holds(graph: ModelGraph, holder: Node, node: Node) -> bool:
    return any(node in values for values in graph.triples[holder].values())


def did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    """A hint at the nearest known name, with its prefix `sh`."""
    near = difflib.get_close_matches(name, list(known), 1)
    return f"did you mean sh:{near[0]}?" if near else otherwise


# ------------------------------------------------------------------ terms
def _check_terms(graph: ModelGraph, node: Node, known: set[str]) -> None:
    for predicate, values in graph.triples[node].items():
        for value in values:
            if not isinstance(value, ox.NamedNode):
                continue
            name = value.value.removeprefix(SH)
            if name != value.value and name not in known:
                hint = did_you_mean(name, sorted(TERMS), "remove it.")
                raise ShapesError(
                    f"{place(graph, node)}: {curie(predicate)} is sh:{name}, which SHACL does not have; {hint}"
                )
            name = value.value.removeprefix(XSD)
            if predicate == f"{SH}datatype" and name != value.value and name not in _DATATYPES.split():
                near = difflib.get_close_matches(name, _DATATYPES.split(), 1)
                hint = f"did you mean xsd:{near[0]}?" if near else "use one such as xsd:string or xsd:date."
                raise ShapesError(f"{place(graph, node)}: there is no datatype xsd:{name}; {hint}")


# ------------------------------------------------------------------ paths
def _check_paths(graph: ModelGraph, node: Node) -> None:
    """https://www.w3.org/TR/shacl/#property-paths"""
    paths = graph.values(node, f"{SH}path")
    if len(paths) > 1:
        listed = ", ".join(show(path) for path in paths)
        raise ShapesError(
            f"{place(graph, node)} has {len(paths)} values of sh:path ({listed}); give it one, or write them as "
            "[ sh:alternativePath ( ... ) ]."
        )
    for path in paths:
        if (wrong := _wrong_path(graph, path, ())) is not None:
            raise ShapesError(f"{place(graph, node)}: sh:path {wrong}; {_A_PATH}.")
    if not paths:
        for name in _OF_A_PROPERTY.split():
            if graph.values(node, f"{SH}{name}"):
                raise ShapesError(
                    f"{place(graph, node)} has sh:{name} and no sh:path, so it would check nothing; say which property "
                    "it is about: sh:property [ sh:path ... ]."
                )


def _wrong_path(graph: ModelGraph, path: Term, trail: tuple[Term, ...]) -> str | None:
    if isinstance(path, ox.Literal):
        return f"is the text {show(path)}"
    if path in trail:
        return "goes round in a circle"
    if isinstance(path, ox.NamedNode):
        return "is an empty list" if path.value == f"{RDF}nil" else None
    said = graph.triples.get(path, {})
    if f"{RDF}first" in said:
        return _wrong_list(graph, path, (*trail, path), "is a list of one")
    signs = [(sign, value) for sign in _SIGNS for value in said.get(f"{SH}{sign}", ())]
    if len(signs) != 1:
        return "is a node that says no path" if not signs else "says two paths in one node"
    sign, inner = signs[0]
    if sign == "alternativePath":
        is_list = not isinstance(inner, ox.Literal) and bool(graph.values(inner, f"{RDF}first"))
        if not is_list:
            return "has a sh:alternativePath that is no list, written as ( ... )"
        return _wrong_list(graph, inner, (*trail, path), "has a sh:alternativePath with one path")
    return _wrong_path(graph, inner, (*trail, path))


def _wrong_list(graph: ModelGraph, head: Term, trail: tuple[Term, ...], one: str) -> str | None:
    members = graph.members(head)
    if len(members) < 2:
        return one
    return next((wrong for member in members if (wrong := _wrong_path(graph, member, trail)) is not None), None)


# ------------------------------------------------------------------ references
def _check_references(graph: ModelGraph, node: Node) -> None:
    for name, value in _named(graph, node):
        is_there = not isinstance(value, ox.Literal) and value in graph.triples
        if not is_there:
            raise ShapesError(
                f"{place(graph, node)}: sh:{name} names {show(value)}, which is not there; write that shape, or "
                "correct the name."
            )
        if name == "property" and not graph.values(value, f"{SH}path"):
            raise ShapesError(
                f"{place(graph, node)}: sh:property names {show(value)}, which has no sh:path; say which property it "
                "is about."
            )
    counted = [name for name in ("qualifiedMinCount", "qualifiedMaxCount") if graph.values(node, f"{SH}{name}")]
    has_shape = bool(graph.values(node, f"{SH}qualifiedValueShape"))
    if counted and not has_shape:
        raise ShapesError(
            f"{place(graph, node)} has sh:{counted[0]} and no sh:qualifiedValueShape, so it would check nothing; say "
            "which values are counted, or use sh:minCount or sh:maxCount."
        )
    if has_shape and not counted:
        raise ShapesError(
            f"{place(graph, node)} has sh:qualifiedValueShape and no count, so it would check nothing; give it "
            "sh:qualifiedMinCount or sh:qualifiedMaxCount."
        )
    if graph.values(node, f"{SH}flags") and not graph.values(node, f"{SH}pattern"):
        raise ShapesError(f"{place(graph, node)} has sh:flags and no sh:pattern; give it one, or remove sh:flags.")


def _named(graph: ModelGraph, node: Term) -> Iterator[tuple[str, Term]]:
    for name in _REFERENCES:
        for value in graph.values(node, f"{SH}{name}"):
            yield name, value
    for name in _LISTS:
        for head in graph.values(node, f"{SH}{name}"):
            if not isinstance(head, ox.Literal) and graph.values(head, f"{RDF}first"):
                yield from ((name, member) for member in graph.members(head))


def _refuse_circles(graph: ModelGraph) -> None:
    """https://www.w3.org/TR/shacl/#shapes-recursion"""
    done: set[Term] = set()
    for start in graph.subjects():
        # An explicit stack: shapes may be nested deeper than Python calls may.
        trail: list[Term] = []
        stack: list[tuple[Term, Iterator[tuple[str, Term]]]] = []
        node: Term | None = start
        while True:
            if node is not None and node not in done:
                if node in trail:
                    circle = [*trail[trail.index(node) :], node]
                    named = [show(one) for one in circle if isinstance(one, ox.NamedNode)]
                    chain = f": {' -> '.join(named)}" if named else ""
                    raise ShapesError(
                        f"Shapes refer to each other in a circle{chain}; SHACL does not say what that means, so remove "
                        "one of these references."
                    )
                trail.append(node)
                stack.append((node, _named(graph, node)))
            if not stack:
                break
            inner = next(stack[-1][1], None)
            node = inner[1] if inner is not None else None
            if inner is None:
                done.add(stack.pop()[0])
                trail.pop()
