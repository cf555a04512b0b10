"""Whether shapes are written as SHACL asks: an engine passes over what it does not understand, and then "conforms".

https://www.w3.org/TR/shacl/#syntax-rules
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Final

import pyoxigraph as ox

from kggraph.errors import ShapesError
from kggraph.model.graph import ModelGraph, Node, Term, show
from kggraph.rdf.iris import is_iri
from kggraph.terms import RDF, SH, XSD

_NODE_KINDS: Final = frozenset(
    f"{SH}{name}" for name in ("IRI", "BlankNode", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral")
)
_NAMES: Final = (
    "path inversePath alternativePath zeroOrMorePath oneOrMorePath zeroOrOnePath property node not hasValue "
    "targetNode target name description message order group defaultValue flags sparql select ask construct "
    "prefixes declare prefix namespace parameter optional labelTemplate validator nodeValidator "
    "propertyValidator rule condition subject predicate object expression values nodes filterShape "
    "intersection union shapesGraph entailment "
)
_OTHER: Final = frozenset(_NAMES.split())
"""Names that are known and may have any value."""


def check_shapes(shapes: bytes) -> None:
    """Refuse shapes with a parameter that SHACL does not have, or with a value that it cannot have.

    :param shapes: the shapes graph as N-Triples.
    :raises ShapesError: names the shape, what was found, and what would be right.
    """
    graph = ModelGraph(shapes)
    for node in graph.subjects():
        for predicate, values in graph.triples[node].items():
            name = predicate.removeprefix(SH)
            if name == predicate:
                continue
            if name not in _CHECKS and name not in _OTHER:
                near = difflib.get_close_matches(name, [*_CHECKS, *_OTHER], 1)
                hint = f"did you mean sh:{near[0]}?" if near else "remove it."
                raise ShapesError(f"{_place(graph, node)} has sh:{name}, which SHACL does not have; {hint}")
            if name not in _CHECKS:
                continue
            needed, is_right, is_single = _CHECKS[name]
            if is_single and len(values) > 1:
                listed = ", ".join(show(value) for value in values)
                raise ShapesError(
                    f"{_place(graph, node)} has {len(values)} values of sh:{name} ({listed}); give it one."
                )
            for value in values:
                if not is_right(graph, value):
                    raise ShapesError(f"{_place(graph, node)}: sh:{name} is {show(value)}; it needs {needed}.")


def _place(graph: ModelGraph, node: Node) -> str:
    """The shape by its IRI; one without by the shape that holds it."""
    while not isinstance(node, ox.NamedNode):
        holder = next((other for other in graph.subjects() if _holds(graph, other, node)), None)
        if holder is None:
            return "A shape without IRI"
        node = holder
    return show(node)


def _holds(graph: ModelGraph, holder: Node, node: Node) -> bool:
    return any(node in values for values in graph.triples[holder].values())


def _is_count(_: ModelGraph, value: Term) -> bool:
    return (
        isinstance(value, ox.Literal)
        and value.datatype.value == f"{XSD}integer"
        and value.value.isascii()
        and value.value.isdigit()
    )


def _is_iri(_: ModelGraph, value: Term) -> bool:
    return isinstance(value, ox.NamedNode) and is_iri(value.value)


def _is_node_kind(_: ModelGraph, value: Term) -> bool:
    return isinstance(value, ox.NamedNode) and value.value in _NODE_KINDS


def _is_boolean(_: ModelGraph, value: Term) -> bool:
    is_boolean = isinstance(value, ox.Literal) and value.datatype.value == f"{XSD}boolean"
    return is_boolean and value.value in ("true", "false", "1", "0")


def _is_literal(_: ModelGraph, value: Term) -> bool:
    return isinstance(value, ox.Literal)


def _is_list(graph: ModelGraph, value: Term) -> bool:
    is_list = not isinstance(value, ox.Literal) and (value == _NIL or bool(graph.values(value, f"{RDF}first")))
    return is_list and graph.members(value) is not None


def _is_list_of_shapes(graph: ModelGraph, value: Term) -> bool:
    return _is_list(graph, value) and all(_is_shape(graph, member) for member in graph.members(value))


def _is_list_of_tags(graph: ModelGraph, value: Term) -> bool:
    return _is_list(graph, value) and all(_is_literal(graph, member) for member in graph.members(value))


def _is_shape(graph: ModelGraph, value: Term) -> bool:
    return not isinstance(value, ox.Literal) and value in graph.triples


def _is_pattern(_: ModelGraph, value: Term) -> bool:
    if not isinstance(value, ox.Literal):
        return False
    query = "SELECT ?pattern (REGEX('', ?pattern) AS ?found) WHERE {}"
    solutions = ox.Store().query(query, substitutions={ox.Variable("pattern"): ox.Literal(value.value)})
    return all(solution["found"] is not None for solution in solutions)  # type: ignore[union-attr]


_NIL: Final = ox.NamedNode(f"{RDF}nil")
_COUNT = ("a whole number, 0 or more", _is_count, True)
_IRI = ("an IRI", _is_iri, False)
_ONE_IRI = ("an IRI", _is_iri, True)
_BOUND = ("a number, a date or another literal", _is_literal, True)
_TRUTH = ("true or false", _is_boolean, True)
_SHAPES = ("a list of shapes, written as ( ... )", _is_list_of_shapes, False)
_CHECKS: Final[dict[str, tuple[str, Callable[[ModelGraph, Term], bool], bool]]] = {
    **dict.fromkeys(
        ("minCount", "maxCount", "minLength", "maxLength", "qualifiedMinCount", "qualifiedMaxCount"), _COUNT
    ),
    **dict.fromkeys(("minExclusive", "minInclusive", "maxExclusive", "maxInclusive"), _BOUND),
    **dict.fromkeys(("class", "equals", "disjoint", "lessThan", "lessThanOrEquals"), _IRI),
    **dict.fromkeys(("targetClass", "targetSubjectsOf", "targetObjectsOf"), _IRI),
    **dict.fromkeys(("datatype", "severity"), _ONE_IRI),
    **dict.fromkeys(("uniqueLang", "closed", "deactivated", "qualifiedValueShapesDisjoint"), _TRUTH),
    **dict.fromkeys(("and", "or", "xone"), _SHAPES),
    "nodeKind": ("sh:IRI, sh:Literal or sh:BlankNode, or two of them as in sh:IRIOrLiteral", _is_node_kind, True),
    "pattern": ("a regular expression that can be read", _is_pattern, False),
    "in": ("a list of values, written as ( ... )", _is_list, True),
    "ignoredProperties": ("a list of properties, written as ( ... )", _is_list, True),
    "languageIn": ("a list of language tags, written as ( ... )", _is_list_of_tags, True),
    "qualifiedValueShape": ("a shape", _is_shape, True),
}
"""Parameter to what it needs, how that is seen, and whether there may be only one value."""
