"""Whether the queries of shapes are such as SHACL allows, so that none fails, fetches or checks nothing.

https://www.w3.org/TR/shacl/#sparql-constraints
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pyoxigraph as ox

from kggraph.errors import ShapesError
from kggraph.model.graph import ModelGraph, Node
from kggraph.terms import SH
from kggraph.validation.shape_syntax import place

_NOT_CODE: Final = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""'
    r"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'(?:[^'\\\n]|\\.)*'"
    r"|<[^<>\s]*>|#[^\n]*|[?$]\w+"
)
"""Texts, IRIs, comments and variables."""
_NAME: Final = re.compile(r"(PREFIX\s+)?\b([A-Za-z][\w.-]*)?:[\w.-]*", re.IGNORECASE)
"""A name with a prefix, or the declaration of one."""
_REFUSED: Final = re.compile(r"\b(SERVICE|FROM|MINUS|VALUES)\b", re.IGNORECASE)
_WHERE: Final = re.compile(r"at (\d+):(\d+)")
_PATH: Final = re.compile(r"[$?]PATH\b")


def check_queries(graph: ModelGraph) -> None:
    """Refuse shapes with a query that cannot be asked.

    :raises ShapesError: names the shape, what was found, and what would be right.
    """
    for node in graph.subjects():
        for kind in ("select", "ask"):
            for query in graph.values(node, f"{SH}{kind}"):
                if not isinstance(query, ox.Literal):
                    raise ShapesError(f"{place(graph, node)}: sh:{kind} is no text; write the query in quotes.")
                _check(graph, node, kind, query.value)


def _check(graph: ModelGraph, node: Node, kind: str, query: str) -> None:
    code = _NOT_CODE.sub(" ", query)
    names = list(_NAME.finditer(code))
    if found := _REFUSED.search(_NAME.sub(" ", code)):
        word = found[0].upper()
        why = "nothing is fetched" if word in ("SERVICE", "FROM") else "SHACL does not allow it"
        raise ShapesError(
            f"{place(graph, node)}: the query of sh:{kind} has {word}, and {why}; ask only about the data graph."
        )
    declared = dict(_prefixes(graph, node))
    unknown = {name[2] or "" for name in names} - {name[2] or "" for name in names if name[1]} - set(declared)
    if unknown:
        raise ShapesError(
            f"{place(graph, node)}: the query of sh:{kind} has the prefix {min(unknown)}:, which is not declared; "
            "declare it with sh:declare on what sh:prefixes names."
        )
    prefixes = " ".join(f"PREFIX {prefix}: <{namespace}>" for prefix, namespace in declared.items())
    # On an empty store there is nothing to wait for, and the words that could go out are refused.
    try:
        answer = ox.Store().query(f"{prefixes}\n{_PATH.sub('<urn:path>', query)}")
    except SyntaxError as error:
        raise _unreadable(graph, node, kind, str(error)) from None
    if kind == "ask":
        if not isinstance(answer, ox.QueryBoolean):
            raise ShapesError(f"{place(graph, node)}: the query of sh:ask is no ASK; write ASK {{ ... }}.")
    elif not isinstance(answer, ox.QuerySolutions):
        raise ShapesError(f"{place(graph, node)}: the query of sh:select is no SELECT; write SELECT $this ...")
    elif all(variable.value != "this" for variable in answer.variables):
        raise ShapesError(f"{place(graph, node)}: the query of sh:select does not give $this; write SELECT $this ...")


def _prefixes(graph: ModelGraph, node: Node) -> Iterator[tuple[str, str]]:
    """https://www.w3.org/TR/shacl/#sparql-prefixes"""
    for declared in graph.values(node, f"{SH}prefixes"):
        for declaration in graph.values(declared, f"{SH}declare"):
            prefix, namespace = (graph.text(declaration, f"{SH}{name}") for name in ("prefix", "namespace"))
            if prefix is not None and namespace is not None:
                yield prefix, namespace


def _unreadable(graph: ModelGraph, node: Node, kind: str, said: str) -> ShapesError:
    found = _WHERE.search(said)
    at = f" at line {int(found[1]) - 1}, column {found[2]}" if found else ""
    return ShapesError(f"{place(graph, node)}: the query of sh:{kind} cannot be read{at}; correct it.")
