"""The SHACL engines: pyshifty, the engine of record, and pySHACL, the reference that must agree with it.

Both take the data graph and the shapes graph as N-Triples and give their W3C validation report as a `Report`. Another
engine is another function in `ENGINES`. Nothing is inferred and nothing is fetched; shapes are never part of the data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import pyoxigraph as ox
import rdflib
from shifty import _shifty

import kggraph.rdf.source  # noqa: F401  (rdflib keeps lexical forms once this is imported)
from kggraph.errors import ShapesError
from kggraph.terms import RDFS, SH
from kggraph.validation.messages import texts_for
from kggraph.validation.report import Report, Result
from kggraph.validation.shape_texts import ShapeTexts

Engine: TypeAlias = Callable[[bytes, bytes], str]
"""Data graph and shapes graph as N-Triples to the W3C report as Turtle."""

_SUBCLASS: Final = f"> <{RDFS}subClassOf> <".encode()
_LOCATION: Final = re.compile(r"\s+")


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

    def __init__(self, shapes: bytes, engine: str = "shifty") -> None:
        """Take the shapes.

        :param shapes: the shapes graph as N-Triples.
        :param engine: a key of `ENGINES`.
        """
        self._shapes, self._engine = shapes, ENGINES[engine]
        self._texts = ShapeTexts(shapes)

    def report(self, data: bytes) -> Report:
        """The report on a data graph.

        :raises ShapesError: the engine cannot use the shapes.
        """
        return read_report(self._engine(data, self._shapes), self._texts)


def _shifty_report(data: bytes, shapes: bytes) -> str:
    try:
        validator = _shifty.PreparedValidator(shapes, shapes_format="ntriples")
        result = validator.validate_w3c(
            data, data_format="ntriples", graph_mode="data", run_infer=False, on_unsupported="error"
        )
    except (ValueError, RuntimeError) as error:
        raise ShapesError(f"The shapes cannot be used: {_one_line(error)}") from None
    if problems := [*validator.diagnostics, *result.diagnostics]:
        raise ShapesError(f"The shapes cannot be used: {_one_line(problems[0])}")
    return str(result.report_turtle)


def _pyshacl_report(data: bytes, shapes: bytes) -> str:
    import pyshacl  # Takes 0.4 s, and is only there to check the other engine.

    data_rdf, shapes_rdf = rdflib.Graph(), rdflib.Graph()
    data_rdf.parse(data=data, format="nt")
    shapes_rdf.parse(data=shapes, format="nt")
    try:
        _, report, text = pyshacl.validate(
            data_rdf, shacl_graph=shapes_rdf, inference="none", do_owl_imports=False, meta_shacl=False
        )
    except pyshacl.errors.ReportableRuntimeError as error:
        raise ShapesError(f"The shapes cannot be used: {_one_line(error)}") from None
    if not isinstance(report, rdflib.Graph):
        raise ShapesError(f"The shapes cannot be used: {_one_line(text)}")
    return report.serialize(format="nt")


ENGINES: Final[Mapping[str, Engine]] = {"shifty": _shifty_report, "pyshacl": _pyshacl_report}


def read_report(turtle: str, texts: ShapeTexts) -> Report:
    """A W3C validation report as data.

    :param turtle: the report graph.
    :param texts: the shapes it is about.
    """
    found: dict[str, dict[str, list[ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple]]] = {}
    for quad in ox.parse(turtle, ox.RdfFormat.TURTLE):
        said = found.setdefault(str(quad.subject), {})
        said.setdefault(quad.predicate.value.removeprefix(SH), []).append(quad.object)
    results = set()
    for said in found.values():
        if "focusNode" not in said:
            continue
        one = {name: values[0] for name, values in said.items()}
        shape = _named(one.get("sourceShape"))
        component, severity = _named(one["sourceConstraintComponent"]), _named(one["resultSeverity"])
        path = str(one["resultPath"]) if "resultPath" in one else None
        if path and path.startswith("_:"):
            # A blank node means another one in every report: say the path as SPARQL does.
            path = texts.path(shape) or "complex path"
        value = str(one["value"]) if "value" in one else None
        given = {(m.language or ""): m.value for m in said.get("resultMessage", ()) if isinstance(m, ox.Literal)}
        messages = texts_for(texts, shape, component, value, given)
        results.add(Result(str(one["focusNode"]), path, value, component, severity, shape, messages))
    return Report(tuple(sorted(results, key=lambda result: result.key)))


def _named(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""


def _one_line(error: object) -> str:
    text = _LOCATION.sub(" ", str(error)).strip()
    return text if len(text) <= 500 else f"{text[:500]} ..."
