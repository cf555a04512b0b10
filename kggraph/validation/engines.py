"""The SHACL engines: pyshifty, the engine of record, and pySHACL, the reference that must agree with it.

Both take the data graph and the shapes graph as N-Triples and give their W3C validation report as a `Report`. Another
engine is a module like theirs, named in `ENGINES`. Nothing is inferred and nothing is fetched; shapes are never part of
the data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

import pyoxigraph as ox

from kggraph.terms import RDFS, SH
from kggraph.validation.messages import texts_for
from kggraph.validation.narrowing import MARK, OTHER_TARGETS, PLAIN_TARGETS, marked
from kggraph.validation.pyshacl_engine import pyshacl_report
from kggraph.validation.report import Report, Result
from kggraph.validation.shape_texts import ShapeTexts
from kggraph.validation.shifty_engine import shifty_report

Engine: TypeAlias = Callable[[bytes, bytes], str]
"""Data graph and shapes graph as N-Triples to the W3C report as N-Triples."""

_SUBCLASS: Final = f"> <{RDFS}subClassOf> <".encode()


def data_graph(data: bytes, ontology: bytes) -> bytes:
    """What is validated: the data and, of the ontology, only which class is a subclass of which.

    >>> data_graph(b"", b'<a:b> <http://www.w3.org/2000/01/rdf-schema#label> "b" .\\n')
    b''
    """
    axioms = [line + b"\n" for line in ontology.split(b"\n") if _SUBCLASS in line]
    return data + b"".join(axioms)


def validate(data: bytes, shapes: bytes, engine: str = "shifty") -> Report:
    """The report on a data graph; every result has a message in nl and en.

    :param data: the data graph as N-Triples, as `data_graph` gives it.
    :param shapes: the shapes graph as N-Triples.
    :param engine: a key of `ENGINES`.
    :raises ShapesError: the engine cannot use the shapes.
    """
    return Validator(shapes, engine).report(data)


class Validator:
    """Prepared shapes, to validate one data graph after another."""

    def __init__(self, shapes: bytes, engine: str = "shifty", texts: ShapeTexts | None = None) -> None:
        """Take the shapes.

        :param shapes: the shapes graph as N-Triples.
        :param engine: a key of `ENGINES`.
        :param texts: where names and messages are looked up, when not in these shapes.
        """
        self._shapes, self._engine = shapes, ENGINES[engine]
        self._texts = texts or ShapeTexts(shapes)
        self._marked: bytes | None = None
        self._marks: dict[str, bytes] = {}

    @property
    def can_narrow(self) -> bool:
        """Whether `report` may be told the focus nodes: every target is plain, and of a shape with an IRI."""
        lines = self._shapes.splitlines()
        if any(mark in line for line in lines for mark in OTHER_TARGETS):
            return False
        return not any(mark in line and line.startswith(b"_:") for line in lines for mark in PLAIN_TARGETS)

    def report(self, data: bytes, focus: Iterable[tuple[str, str]] | None = None) -> Report:
        """The report on a data graph.

        :param focus: shapes and their focus nodes (in N-Triples form), instead of what the targets say.
        :raises ShapesError: the engine cannot use the shapes.
        """
        if focus is None:
            return read_report(self._engine(data, self._shapes), self._texts)
        if self._marked is None:
            self._marked, self._marks = marked(self._shapes)
        marks = self._marks
        told = [MARK % (marks[shape], node.encode()) for shape, node in focus]
        return read_report(self._engine(data + b"".join(told), self._marked), self._texts)


ENGINES: Final[Mapping[str, Engine]] = {"shifty": shifty_report, "pyshacl": pyshacl_report}


def read_report(report: str, texts: ShapeTexts) -> Report:
    """A W3C validation report as data.

    :param report: the report graph as N-Triples or Turtle.
    :param texts: the shapes it is about.
    """
    found: dict[str, dict[str, list[ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple]]] = {}
    top = set()
    for quad in ox.parse(report, ox.RdfFormat.TURTLE):
        name = quad.predicate.value.removeprefix(SH)
        found.setdefault(str(quad.subject), {}).setdefault(name, []).append(quad.object)
        if name == "result":
            top.add(str(quad.object))
    results = set()
    # Not the results below others (sh:detail), which one engine gives and another leaves out.
    for said in (found[node] for node in sorted(top)):
        one = {name: values[0] for name, values in said.items()}
        shape = _named(one.get("sourceShape"))
        component, severity = _named(one["sourceConstraintComponent"]), _named(one["resultSeverity"])
        path = str(one["resultPath"]) if "resultPath" in one else None
        if path and path.startswith("_:"):
            # A blank node means another one in every report: say the path as SPARQL does.
            path = (texts.path(shape) if shape else None) or "complex path"
        value = str(one["value"]) if "value" in one else None
        given = {(m.language or ""): m.value for m in said.get("resultMessage", ()) if isinstance(m, ox.Literal)}
        messages = texts_for(texts, shape, component, value, given)
        results.add(Result(str(one["focusNode"]), path, value, component, severity, shape, messages))
    return Report.of(results)


def _named(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""
