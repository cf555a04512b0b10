"""Whether shapes are written as SHACL asks: an engine passes over what it does not understand, and then "conforms".

https://www.w3.org/TR/shacl/#syntax-rules
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pyoxigraph as ox

from kggraph.errors import ShapesError
from kggraph.model.graph import ModelGraph, Term, show
from kggraph.rdf.iris import is_iri
from kggraph.terms import RDF, SH, XSD
from kggraph.validation.shape_queries import check_queries
from kggraph.validation.shape_syntax import check_syntax, did_you_mean, place

_NODE_KINDS: Final = frozenset(
    f"{SH}{name}" for name in ("IRI", "BlankNode", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral")
)
_NAMES: Final = (
    "path inversePath alternativePath zeroOrMorePath oneOrMorePath zeroOrOnePath property node not hasValue "
    "targetNode target group defaultValue sparql select ask construct "
    "prefixes declare prefix namespace parameter optional validator nodeValidator "
    "propertyValidator rule condition subject predicate object expression values nodes filterShape "
    "intersection union shapesGraph entailment "
)
_OTHER: Final = frozenset(_NAMES.split())
"""Names that are known and may have any value."""


def check_shapes(shapes: bytes) -> None:
    """Refuse shapes that an engine would pass over, or stumble over.

    That is: with a parameter that SHACL does not have, or with a value that it cannot have; that do not hang together
    (`check_syntax`); with a query that cannot be asked (`check_queries`).

    :param shapes: the shapes graph as N-Triples.
    :raises ShapesError: names the shape, what was found, and what would be right.
    """
    graph = ModelGraph(shapes)
    for node in graph.subjects():
        for predicate, values in graph.triples[node].items():
            name = predicate.removeprefix(SH)
            if name == predicate:
                continue
            if name not in PROPERTIES:
                hint = did_you_mean(name, sorted(PROPERTIES), "remove it.")
                raise ShapesError(f"{place(graph, node)} has sh:{name}, which SHACL does not have; {hint}")
            if name not in _CHECKS:
                continue
            needed, is_right, is_single = _CHECKS[name]
            if is_single and len(values) > 1:
                listed = ", ".join(show(value) for value in values)
                raise ShapesError(
                    f"{place(graph, node)} has {len(values)} values of sh:{name} ({listed}); give it one."
                )
            for value in values:
                if not is_right(graph, value):
                    raise ShapesError(f"{place(graph, node)}: sh:{name} is {show(value)}; it needs {needed}.")
    check_syntax(graph, PROPERTIES)
    check_queries(graph)


def _is_count(_: ModelGraph, value: Term) -> bool:
    return (
        isinstance(value, ox.Literal)
        and value.datatype.value == f"{XSD}integer"
        and value.value.isascii()
        and value.value.isdigit()
    )


def _is_number(_: ModelGraph, value: Term) -> bool:
    numeric = {f"{XSD}{name}" for name in ("integer", "decimal", "double", "float")}
    return isinstance(value, ox.Literal) and value.datatype.value in numeric


def _is_iri(_: ModelGraph, value: Term) -> bool:
    return isinstance(value, ox.NamedNode) and is_iri(value.value)


def _is_node_kind(_: ModelGraph, value: Term) -> bool:
    return isinstance(value, ox.NamedNode) and value.value in _NODE_KINDS


def _is_boolean(_: ModelGraph, value: Term) -> bool:
    is_boolean = isinstance(value, ox.Literal) and value.datatype.value == f"{XSD}boolean"
    return is_boolean and value.value in ("true", "false", "1", "0")


def _is_literal(_: ModelGraph, value: Term) -> bool:
    return isinstance(value, ox.Literal)


def _is_flags(_: ModelGraph, value: Term) -> bool:
    # https://www.w3.org/TR/xpath-functions/#flags
    return isinstance(value, ox.Literal) and set(value.value) <= set("smixq")


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
    **dict.fromkeys(("name", "description", "message", "labelTemplate"), ("a text, in quotes", _is_literal, False)),
    "order": ("a number", _is_number, True),
    "flags": ("letters of smixq, such as i for upper and lower case alike", _is_flags, True),
    "pattern": ("a regular expression that can be read", _is_pattern, False),
    "in": ("a list of values, written as ( ... )", _is_list, True),
    "ignoredProperties": ("a list of properties, written as ( ... )", _is_list, True),
    "languageIn": ("a list of language tags, written as ( ... )", _is_list_of_tags, True),
    "qualifiedValueShape": ("a shape", _is_shape, True),
}
"""Parameter to what it needs, how that is seen, and whether there may be only one value."""
PROPERTIES: Final = frozenset({*_CHECKS, *_OTHER})
"""Local names of the properties of SHACL that may stand in a shapes graph."""
