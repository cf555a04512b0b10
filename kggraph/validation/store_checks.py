"""A third opinion: the constraints of the shapes as queries, so that a store says whether what it holds conforms.

Shapes inside others (`sh:node`, `sh:or`, qualified values) and constraints in SPARQL are left to the engines of SHACL.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Template
from typing import Final

import pyoxigraph as ox

from kggraph.model.graph import Term
from kggraph.terms import RDFS, SH, XSD
from kggraph.validation.shape_texts import ShapeTexts
from kggraph.validation.targets import Target, read_targets

_KINDS: Final = {f"{SH}IRI": "isIRI", f"{SH}Literal": "isLiteral", f"{SH}BlankNode": "isBlank"}
_CAST: Final = frozenset(
    XSD + name for name in ("boolean", "date", "dateTime", "decimal", "double", "float", "integer", "time")
)
"""Datatypes that SPARQL converts to, which fails for a literal that is not well-formed."""
_TARGETS: Final = {
    "targetClass": f"?this a/<{RDFS}subClassOf>* {{}} .",
    "targetNode": "VALUES ?this {{ {} }}",
    "targetSubjectsOf": "?this {} ?pointed .",
    "targetObjectsOf": "?pointing {} ?this .",
}


@dataclass(frozen=True, slots=True)
class StoreCheck:
    """One constraint of one shape, as a query."""

    shape: str
    component: str
    query: str
    """A SELECT of `?this` and what is wrong with it: a solution for each result of SHACL."""


def store_checks(shapes: bytes) -> Iterator[StoreCheck]:
    """The constraints that can be asked of a store, of the shapes with a target and of their fields.

    :param shapes: the shapes graph as N-Triples.
    """
    texts = ShapeTexts(shapes)
    by_shape: dict[str, list[Target]] = {}
    for target in read_targets(shapes):
        by_shape.setdefault(target.shape, []).append(target)
    for shape, targets in by_shape.items():
        patterns = [f"{{ {_TARGETS[target.kind].format(target.term.decode())} }}" for target in targets]
        # A node with two of its classes below the target's is still one focus node.
        focus = f"{{ SELECT DISTINCT ?this WHERE {{ {' UNION '.join(patterns)} }} }}"
        todo: list[Term] = [ox.NamedNode(shape)]
        for node in todo:
            if isinstance(node, ox.NamedNode) and not texts.graph.flag(node, f"{SH}deactivated"):
                yield from _checks(texts, node, focus)
                # What is in a field of a field is about other nodes than these.
                if not texts.graph.values(node, f"{SH}path"):
                    todo += texts.graph.values(node, f"{SH}property")


def _checks(texts: ShapeTexts, shape: ox.NamedNode, focus: str) -> Iterator[StoreCheck]:
    graph, path = texts.graph, texts.path(shape.value)
    # The value node of a shape without path is the focus node.
    target = focus if path else f"{focus} BIND(?this AS ?value)"
    for name, templates in _constraints().items():
        parameter = f"{SH}{name[:1].lower()}{name[1:]}"
        for value in graph.values(shape, parameter):
            if name in ("Closed", "UniqueLang") and not graph.flag(shape, parameter):
                continue
            given = {
                "target": target,
                "path": path or "",
                "value": str(value) if not isinstance(value, ox.BlankNode) else "",
                "values": " || ".join(_test(name, member) for member in graph.members(value)) if _is_list(name) else "",
                "cast": _cast(value),
                "kind": _KINDS.get(getattr(value, "value", ""), ""),
                "flags": str(next(iter(graph.values(shape, f"{SH}flags")), ox.Literal(""))),
                "known": ", ".join(_known(texts, shape)),
            }
            if name == "NodeKind" and not given["kind"]:
                continue
            where = (
                templates["where"]
                if path
                else templates["where"].replace("?this $path ?value .", "").replace("?this $path ?value", "")
            )
            pattern = f"WHERE {{ {Template(where).substitute(given)} }}"
            query = f"SELECT DISTINCT * {pattern}"
            if "having" in templates:
                having = Template(templates["having"]).substitute(given)
                query = f"SELECT ?this {pattern} GROUP BY ?this ?key HAVING ({having})"
            yield StoreCheck(shape.value, f"{SH}{name}ConstraintComponent", query)


@cache
def _constraints() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(resources.files("kggraph.validation").joinpath("constraints.toml").read_text("utf-8"))


def _is_list(name: str) -> bool:
    return name in ("In", "LanguageIn")


def _test(name: str, member: Term) -> str:
    return f"sameTerm(?value, {member})" if name == "In" else f"LANGMATCHES(LANG(?value), {member})"


def _cast(datatype: Term) -> str:
    """A test that a literal of a datatype is well-formed."""
    if not isinstance(datatype, ox.NamedNode) or datatype.value not in _CAST:
        return "true"
    return f"BOUND(?value) && STRLEN(STR({datatype}(STR(?value)))) > 0"


def _known(texts: ShapeTexts, shape: ox.NamedNode) -> list[str]:
    """The properties that a closed shape has."""
    paths = (path for field in texts.graph.values(shape, f"{SH}property") for path in _paths(texts, field))
    ignored = (one for head in texts.graph.values(shape, f"{SH}ignoredProperties") for one in texts.graph.members(head))
    return [str(term) for term in (*paths, *ignored) if isinstance(term, ox.NamedNode)]


def _paths(texts: ShapeTexts, field: Term) -> list[Term]:
    return [] if isinstance(field, ox.Literal | ox.Triple) else texts.graph.values(field, f"{SH}path")
