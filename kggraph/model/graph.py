"""A small graph in memory to read the model from: subject -> predicate -> objects, with typed look-ups."""

from __future__ import annotations

import difflib
import math
from collections import defaultdict
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import TypeAlias, TypeVar

import pyoxigraph as ox

from kggraph.errors import ShapesError
from kggraph.terms import KG, PREFIXES, RDF

Node: TypeAlias = ox.NamedNode | ox.BlankNode
Term: TypeAlias = Node | ox.Literal
ValueT = TypeVar("ValueT")


@cache
def known_annotations() -> frozenset[str]:
    """Local names of the `kg:` annotations that exist: those that `kggraph/vocabulary.ttl` defines."""
    text = (files("kggraph") / "vocabulary.ttl").read_bytes()
    named = {
        str(quad.subject.value)
        for quad in ox.parse(text, ox.RdfFormat.TURTLE)
        if isinstance(quad.subject, ox.NamedNode)
    }
    return frozenset(iri.removeprefix(KG) for iri in named if iri.startswith(KG))


class ModelGraph:
    """Triples of a shapes graph or an ontology, by subject."""

    def __init__(self, ntriples: bytes) -> None:
        self.triples: dict[Term, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        self.objects: set[Term] = set()
        for quad in ox.parse(ntriples, ox.RdfFormat.N_TRIPLES):
            values = self.triples[_term(quad.subject)][quad.predicate.value]
            if (value := _term(quad.object)) not in values:
                values.append(value)
                self.objects.add(value)

    def subjects(self) -> list[Node]:
        """All subjects, IRIs first, sorted."""
        nodes = [node for node in self.triples if isinstance(node, ox.NamedNode | ox.BlankNode)]
        return sorted(nodes, key=lambda node: (isinstance(node, ox.BlankNode), node.value))

    def values(self, subject: Term, predicate: str) -> list[Term]:
        """Objects of a predicate, in the order of the file."""
        return self.triples.get(subject, {}).get(predicate, [])

    def value(self, subject: Term, predicate: str) -> Term | None:
        """The one object of a predicate, or nothing.

        :raises ShapesError: there is more than one.
        """
        found = self.values(subject, predicate)
        if len(found) > 1:
            listed = ", ".join(show(value) for value in found)
            raise ShapesError(f"{show(subject)} has {len(found)} values of {curie(predicate)} ({listed}); give it one.")
        return found[0] if found else None

    def iris(self, subject: Term, predicate: str) -> list[str]:
        """IRIs among the objects of a predicate."""
        return [value.value for value in self.values(subject, predicate) if isinstance(value, ox.NamedNode)]

    def iri(self, subject: Term, predicate: str) -> str | None:
        """The one IRI of a predicate, or nothing.

        :raises ShapesError: there is more than one value, or it is not an IRI.
        """
        return self._typed(subject, predicate, "IRI", lambda v: v.value if isinstance(v, ox.NamedNode) else None)

    def text(self, subject: Term, predicate: str) -> str | None:
        """The one text of a predicate, or nothing.

        :raises ShapesError: there is more than one value, or it is not a text.
        """
        return self._typed(subject, predicate, "text", lambda v: v.value if isinstance(v, ox.Literal) else None)

    def number(self, subject: Term, predicate: str) -> float | None:
        """The one number of a predicate, or nothing.

        :raises ShapesError: there is more than one value, or it is not a number.
        """
        return self._typed(subject, predicate, "number, such as 1.5", _as_number)

    def flag(self, subject: Term, predicate: str) -> bool:
        """Whether a predicate is true; false when it is not there.

        :raises ShapesError: there is more than one value, or it is neither true nor false.
        """
        return bool(self._typed(subject, predicate, "boolean, true or false", _as_boolean))

    def labels(self, subject: Term, *predicates: str) -> dict[str, str]:
        """Language tag -> text of the first predicate that has it; the first text of a language counts."""
        found: dict[str, str] = {}
        for predicate in predicates:
            for value in self.values(subject, predicate):
                if isinstance(value, ox.Literal):
                    found.setdefault((value.language or "").lower(), value.value)
        return found

    def members(self, head: Term) -> list[Term]:
        """Members of an RDF list.

        :raises ShapesError: it is not a list, or goes round in a circle.
        """
        found: list[Term] = []
        seen: set[Term] = set()
        while head != ox.NamedNode(f"{RDF}nil"):
            first, rest = self.value(head, f"{RDF}first"), self.value(head, f"{RDF}rest")
            if first is None or rest is None or head in seen:
                raise ShapesError(f"{show(head)} should be an RDF list, written as ( ... ), and is not a whole one.")
            seen.add(head)
            found.append(first)
            head = rest
        return found

    def check_annotations(self) -> None:
        """Refuses `kg:` annotations that do not exist: a misspelt one would be silently without effect.

        :raises ShapesError: names the annotation, where it is, and the nearest one that exists.
        """
        for subject in self.subjects():
            for predicate in self.triples[subject]:
                name = predicate.removeprefix(KG)
                if name == predicate or name in known_annotations():
                    continue
                near = difflib.get_close_matches(name, known_annotations(), 1)
                hint = (
                    f"did you mean kg:{near[0]}?"
                    if near
                    else f"known are kg:{', kg:'.join(sorted(known_annotations()))}."
                )
                raise ShapesError(f"{show(subject)} has kg:{name}, which does not exist; {hint}")

    def _typed(
        self, subject: Term, predicate: str, needed: str, convert: Callable[[Term], ValueT | None]
    ) -> ValueT | None:
        value = self.value(subject, predicate)
        if value is None:
            return None
        converted = convert(value)
        if converted is None:
            raise ShapesError(f"{show(subject)}: {curie(predicate)} is {show(value)}; it needs one {needed}.")
        return converted


def show(term: Term) -> str:
    """A term as people write it in a message: an IRI in angle brackets, a literal in quotes.

    >>> show(ox.NamedNode("https://example.org/shapes#Book"))
    '<https://example.org/shapes#Book>'
    """
    if isinstance(term, ox.BlankNode):
        return "a node without IRI"
    return f"<{term.value}>" if isinstance(term, ox.NamedNode) else f'"{term.value}"'


def curie(iri: str) -> str:
    """The IRI with one of the platform's prefixes where it has one, else in angle brackets.

    >>> curie("http://www.w3.org/ns/shacl#name")
    'sh:name'
    """
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace):
            return f"{prefix}:{iri[len(namespace) :]}"
    return f"<{iri}>"


def _as_number(value: Term) -> float | None:
    try:
        number = float(value.value)
    except ValueError:
        return None
    return number if isinstance(value, ox.Literal) and math.isfinite(number) else None


def _as_boolean(value: Term) -> bool | None:
    if not isinstance(value, ox.Literal):
        return None
    return {"true": True, "1": True, "false": False, "0": False}.get(value.value)


def _term(term: object) -> Term:
    if isinstance(term, ox.NamedNode | ox.BlankNode | ox.Literal):
        return term
    raise ShapesError("The shapes hold a triple term (RDF 1.2), which is not read; say it with plain triples.")
