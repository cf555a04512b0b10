"""Blank nodes: which of them can be written inside what refers to them, and labels that depend on the graph alone.

RDFC-1.0 in pyoxigraph takes 40 s for a list of 400 members (it is cubic in chains), so it is not used. Here a node
gets a key from what it says and from where it stands, by passes over the graph that are linear; only nodes that are
referred to more than once, or by themselves, need several passes (colour refinement).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Final, TypeAlias

Graph: TypeAlias = Mapping[str, Mapping[str, list[str]]]
"""Subject -> predicate -> objects, each an N-Triples term."""

_MAX_PASSES: Final = 64
_MAX_CHOICES: Final = 64
"""Nodes that look alike and are told apart by choosing one, and passing again; beyond, by their labels as they came."""


class BlankNodes:
    """The blank nodes of a graph."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.references: dict[str, list[tuple[str, str]]] = {}
        for subject, description in graph.items():
            if subject.startswith("_:"):
                self.references.setdefault(subject, [])
            for predicate, values in description.items():
                for value in values:
                    if value.startswith("_:"):
                        self.references.setdefault(value, []).append((subject, predicate))
        self.nested = self._nested()
        self.roots = [node for node, found in self.references.items() if not found]
        self.shared = [node for node in self.references if node not in self.nested and self.references[node]]
        self._up: dict[str, str] = {}
        self._down: dict[str, str] = {}
        self._colours: dict[str, str] = dict.fromkeys(self.shared, "")

    def labels(self) -> dict[str, str]:
        """Label for each blank node, the same for every graph that differs in labels only."""
        order = self._from_the_top()
        self._refine(order)
        for _ in range(_MAX_CHOICES):
            if (tied := self._first_tie()) is None:
                break
            self._colours[tied] = _hash(["chosen", self._colours[tied]])
            self._refine(order)
        keys = {node: self._place(node) for node in self.references}
        return {node: f"_:b{number}" for number, node in enumerate(sorted(keys, key=keys.__getitem__), 1)}

    def _nested(self) -> set[str]:
        """Those referred to once, and not from within themselves."""
        parents = {node: found[0][0] for node, found in self.references.items() if len(found) == 1}
        nested: set[str] = set()
        circular: set[str] = set()
        for node in parents:
            trail: dict[str, None] = {}
            while node in parents and node not in trail and node not in nested and node not in circular:
                trail[node] = None
                node = parents[node]
            (circular if node in trail or node in circular else nested).update(trail)
        return nested

    def _from_the_top(self) -> list[str]:
        """Nested nodes, each after the one it is nested in."""
        order: list[str] = []
        level: Iterable[str] = [subject for subject in self.graph if subject not in self.nested]
        while inside := [child for subject in level for child in self._children(subject)]:
            order += inside
            level = inside
        return order

    def _children(self, subject: str) -> list[str]:
        values = self.graph.get(subject, {}).values()
        return [value for some in values for value in some if value in self.nested]

    # ------------------------------------------------------------------ keys
    def _refine(self, order: list[str]) -> None:
        """Passes until they tell no more nodes apart."""
        kinds = -1
        for _ in range(_MAX_PASSES):
            self._pass(order)
            if len(found := set(self._colours.values())) == kinds:
                return
            kinds = len(found)

    def _pass(self, order: list[str]) -> None:
        for node in reversed(order):
            self._up[node] = self._content(node)
        for node in self.roots:
            self._down[node] = self._content(node)
        for node in order:
            parent, predicate = self.references[node][0]
            self._down[node] = _hash([self._place(parent), predicate, self._up[node]])
        self._colours = {
            node: _hash([self._colours[node], self._content(node), *self._mentions(node)]) for node in self.shared
        }

    def _content(self, node: str) -> str:
        description = self.graph.get(node, {})
        return _hash(sorted(f"{predicate} {self._key(v)}" for predicate, values in description.items() for v in values))

    def _mentions(self, node: str) -> list[str]:
        return sorted(f"{predicate} {self._place(subject)}" for subject, predicate in self.references[node])

    def _key(self, term: str) -> str:
        if not term.startswith("_:"):
            return term
        return self._colours[term] if term in self._colours else self._up[term]

    def _place(self, subject: str) -> str:
        if not subject.startswith("_:"):
            return subject
        return self._colours[subject] if subject in self._colours else self._down[subject]

    def _first_tie(self) -> str | None:
        seen: dict[str, str] = {}
        tied = [seen[colour] for node, colour in self._colours.items() if seen.setdefault(colour, node) != node]
        return min(tied, key=self._colours.__getitem__, default=None)


def _hash(parts: list[str]) -> str:
    return blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()
