"""The SHACL engines: pyshifty, the engine of record, and pySHACL, the reference that must agree with it.

Both take the data graph and the shapes graph as N-Triples and give their W3C validation report as a `Report`. Another
engine is another function in `ENGINES`. Nothing is inferred and nothing is fetched; shapes are never part of the data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Final, TypeAlias

import pyoxigraph as ox
from shifty import _shifty

from kggraph.errors import ShapesError
from kggraph.terms import OWL, RDF, RDFS, SH
from kggraph.validation.messages import texts_for
from kggraph.validation.report import Report, Result
from kggraph.validation.shape_texts import ShapeTexts

Engine: TypeAlias = Callable[[bytes, bytes], str]
"""Data graph and shapes graph as N-Triples to the W3C report as N-Triples."""

_SUBCLASS: Final = f"> <{RDFS}subClassOf> <".encode()
_SMALL: Final = 200_000
"""Bytes of data whose report takes less time than to make shapes for the second of two runs."""

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
        if any(mark in line for line in lines for mark in _OTHER_TARGETS):
            return False
        return not any(mark in line and line.startswith(b"_:") for line in lines for mark in _PLAIN_TARGETS)

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
        told = [_MARK % (marks[shape], node.encode()) for shape, node in focus]
        return read_report(self._engine(data + b"".join(told), self._marked), self._texts)


def _shifty_report(data: bytes, shapes: bytes) -> str:
    try:
        validator = _prepared(shapes)
        problems = list(validator.diagnostics)
        if len(data) < _SMALL:
            result = validator.validate_w3c(
                data, data_format="ntriples", graph_mode="data", run_infer=False, on_unsupported="error"
            )
            if problems := [*problems, *result.diagnostics]:
                raise ShapesError(f"The shapes cannot be used: {_one_line(problems[0])}")
            return str(result._report_ntriples)
        # Evaluates the same without making a report: 2.5 times as quick, and mostly there is nothing to report.
        quick = validator.validate_algebra(
            data, data_format="ntriples", graph_mode="data", run_infer=False, on_unsupported="error"
        )
        problems += quick.diagnostics
        report = ""
        if quick.violations or not quick.conforms:
            found = [(violation.shape_name, violation.focus_node) for violation in quick.violations]
            result = _shifty.PreparedValidator(narrowed(shapes, found), shapes_format="ntriples").validate_w3c(
                data, data_format="ntriples", graph_mode="data", run_infer=False, on_unsupported="error"
            )
            problems += result.diagnostics
            # Not report_turtle, which writes "01"^^xsd:integer as 1.
            report = result._report_ntriples
    except (ValueError, RuntimeError) as error:
        raise ShapesError(f"The shapes cannot be used: {_one_line(error)}") from None
    if problems:
        raise ShapesError(f"The shapes cannot be used: {_one_line(problems[0])}")
    return report


@lru_cache(maxsize=32)
def _prepared(shapes: bytes) -> _shifty.PreparedValidator:
    return _shifty.PreparedValidator(shapes, shapes_format="ntriples")


def narrowed(shapes: bytes, found: Iterable[tuple[str | None, str]]) -> bytes:
    """The same shapes with these focus nodes as their only targets, so that a report takes no longer than it must.

    :param shapes: the shapes graph as N-Triples.
    :param found: IRI of a shape and a focus node in N-Triples form; unchanged shapes come back when a shape has no
        IRI, or when a target is not a plain one.
    """
    pairs = set(found)
    lines = shapes.splitlines(keepends=True)
    if any(shape is None or focus.startswith("_:") for shape, focus in pairs) or any(
        mark in line for line in lines for mark in _OTHER_TARGETS
    ):
        return shapes
    kept = [line for line in lines if not any(mark in line for mark in _PLAIN_TARGETS)]
    targets = (f"<{shape}> <{SH}targetNode> {focus} .\n".encode() for shape, focus in sorted(pairs, key=str))
    return b"".join([*kept, *targets])


_MARK: Final = b"<urn:kggraph:validate> %b %b .\n"


def marked(shapes: bytes) -> tuple[bytes, dict[str, bytes]]:
    """The same shapes with, for each that has a target, the objects of a property of its own as the only target.

    So the focus nodes can be told in the data graph, and the shapes are prepared once for all runs.

    :param shapes: the shapes graph as N-Triples; all targets are plain, and of shapes with an IRI.
    :returns: the shapes, and that property by the IRI of the shape.
    """
    lines = shapes.splitlines(keepends=True)
    with_target = dict.fromkeys(
        line[1 : line.index(b"> ")].decode() for line in lines if any(mark in line for mark in _PLAIN_TARGETS)
    )
    marks = {shape: f"<urn:kggraph:validate:{number}>".encode() for number, shape in enumerate(with_target)}
    kept = [line for line in lines if not any(mark in line for mark in _PLAIN_TARGETS)]
    targets = [f"<{shape}> <{SH}targetObjectsOf> ".encode() + mark + b" .\n" for shape, mark in marks.items()]
    return b"".join([*kept, *targets]), marks


_PLAIN_TARGETS: Final = tuple(f" <{SH}target{kind}> ".encode() for kind in ("Class", "Node", "SubjectsOf", "ObjectsOf"))
_OTHER_TARGETS: Final = (
    f" <{SH}target> ".encode(),
    f" <{RDF}type> <{RDFS}Class> .".encode(),
    f" <{RDF}type> <{OWL}Class> .".encode(),
)
"""Targets by a query, and shapes that are classes (https://www.w3.org/TR/shacl/#implicit-targetClass)."""


def _pyshacl_report(data: bytes, shapes: bytes) -> str:
    # These take 0.5 s, and are only there to check the other engine.
    import pyshacl
    import rdflib

    rdflib.NORMALIZE_LITERALS = False
    data_rdf, shapes_rdf = rdflib.Graph(), rdflib.Graph()
    data_rdf.parse(data=data, format="nt")
    shapes_rdf.parse(data=shapes, format="nt")
    # It does not look for declarations behind owl:imports; these are here, so that nothing is fetched.
    for _, _, declared in shapes_rdf.triples((None, rdflib.URIRef(f"{SH}declare"), None)):
        prefix, namespace = (shapes_rdf.value(declared, rdflib.URIRef(SH + n)) for n in ("prefix", "namespace"))
        for graph in (data_rdf, shapes_rdf):
            graph.bind(str(prefix), str(namespace))
    try:
        _, report, text = pyshacl.validate(
            data_rdf, shacl_graph=shapes_rdf, inference="none", do_owl_imports=False, meta_shacl=False
        )
    except Exception as error:
        # A bare Exception is what rdflib raises for a query with an unknown prefix.
        known = (pyshacl.errors.ReportableRuntimeError, NotImplementedError)
        if type(error) is not Exception and not isinstance(error, known):
            raise
        raise ShapesError(f"The shapes cannot be used: {_one_line(error)}") from None
    finally:
        # pySHACL leaves this switched on, and rdflib would rewrite every literal that it reads from then on.
        rdflib.NORMALIZE_LITERALS = False
    if not isinstance(report, rdflib.Graph):
        raise ShapesError(f"The shapes cannot be used: {_one_line(text)}")
    return report.serialize(format="nt")


ENGINES: Final[Mapping[str, Engine]] = {"shifty": _shifty_report, "pyshacl": _pyshacl_report}


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
            path = texts.path(shape) or "complex path"
        value = str(one["value"]) if "value" in one else None
        given = {(m.language or ""): m.value for m in said.get("resultMessage", ()) if isinstance(m, ox.Literal)}
        messages = texts_for(texts, shape, component, value, given)
        results.add(Result(str(one["focusNode"]), path, value, component, severity, shape, messages))
    return Report.of(results)


def _named(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""


def _one_line(error: object) -> str:
    text = _LOCATION.sub(" ", str(error)).strip()
    return text if len(text) <= 500 else f"{text[:500]} ..."
