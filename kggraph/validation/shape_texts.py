"""What the shapes graph says about a shape: its name, path, messages and parameters, for reports and messages."""

from __future__ import annotations

from collections.abc import Mapping

import pyoxigraph as ox

from kggraph.model import LangText
from kggraph.model.graph import ModelGraph, Term
from kggraph.rdf.iris import local_name
from kggraph.terms import KG, RDF, RDFS, SH

_PATH_SIGNS: Mapping[str, tuple[str, str]] = {
    "inversePath": ("^", ""),
    "zeroOrMorePath": ("", "*"),
    "oneOrMorePath": ("", "+"),
    "zeroOrOnePath": ("", "?"),
}


class ShapeTexts:
    """Look-ups in a shapes graph by the IRI of a shape."""

    def __init__(self, shapes: bytes) -> None:
        """Read the graph.

        :param shapes: the shapes graph as N-Triples.
        """
        self.graph = ModelGraph(shapes)
        self._rules: dict[str, list[str]] = {}
        for node in self.graph.subjects():
            if isinstance(node, ox.NamedNode):
                for field in self.graph.iris(node, f"{KG}ruleOf"):
                    self._rules.setdefault(field, []).append(node.value)

    def name(self, shape: str) -> LangText:
        """The field's name in each language, of the shape or of the shape it is a rule of; empty when it has none."""
        if not shape:
            return {}
        node = ox.NamedNode(shape)
        for named in (node, *(ox.NamedNode(of) for of in self.graph.iris(node, f"{KG}ruleOf"))):
            if texts := self.graph.labels(named, f"{SH}name", f"{RDFS}label"):
                return texts
        return {}

    def rule_of(self, shape: str) -> list[str]:
        """The fields that it is a rule of."""
        return self.graph.iris(ox.NamedNode(shape), f"{KG}ruleOf") if shape else []

    def rules_about(self, field: str) -> list[str]:
        """The shapes that are rules of a field, sorted."""
        return self._rules.get(field, [])

    def messages(self, shape: str) -> LangText:
        """Its `sh:message` in each language; empty when it has none."""
        return self.graph.labels(ox.NamedNode(shape), f"{SH}message")

    def path(self, shape: str) -> str | None:
        """Its `sh:path`: a property's IRI in angle brackets, or a property path as in SPARQL."""
        paths = self.graph.values(ox.NamedNode(shape), f"{SH}path")
        return self._path(paths[0]) if paths else None

    def parameter(self, shape: str, component: str) -> str:
        """What the shape asks in that component, as people write it: `1`, `date`, `nl, en`."""
        name = component.removeprefix(SH).removesuffix("ConstraintComponent")
        predicate = f"{SH}{name[:1].lower()}{name[1:]}"
        return ", ".join(self._show(value) for value in self.graph.values(ox.NamedNode(shape), predicate))

    def _show(self, value: Term) -> str:
        if isinstance(value, ox.NamedNode):
            return local_name(value.value)
        if isinstance(value, ox.Literal):
            return value.value
        if self.graph.values(value, f"{RDF}first"):
            return ", ".join(self._show(member) for member in self.graph.members(value))
        return ""

    def _path(self, node: Term) -> str:
        if isinstance(node, ox.NamedNode):
            return f"<{node.value}>"
        for name, (before, after) in _PATH_SIGNS.items():
            for inner in self.graph.values(node, f"{SH}{name}"):
                return f"{before}{self._inside(inner)}{after}"
        for choices in self.graph.values(node, f"{SH}alternativePath"):
            return "|".join(self._inside(member) for member in self.graph.members(choices))
        return "/".join(self._inside(member) for member in self.graph.members(node))

    def _inside(self, node: Term) -> str:
        inverse = self.graph.values(node, f"{SH}inversePath")
        plain = isinstance(node, ox.NamedNode) or all(isinstance(inner, ox.NamedNode) for inner in inverse or [node])
        return self._path(node) if plain else f"({self._path(node)})"
