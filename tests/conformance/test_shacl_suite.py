"""The W3C's SHACL tests (`sht:Validate`) through the adapter, by both engines; every exclusion has a name and a reason.

https://w3c.github.io/data-shapes/data-shapes-test-suite/
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from kggraph.errors import ShapesError
from kggraph.model.graph import ModelGraph, Term
from kggraph.terms import RDF, SH
from kggraph.validation.engines import ENGINES, validate
from kggraph.validation.report import Report
from kggraph.validation.settled import unsettled

MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
SHT = "http://www.w3.org/ns/shacl-test#"
COUNTS = {"core": 98, "sparql": 23}

TRUE_AS_ONE = 'takes "1"^^xsd:boolean for true; the standard names only the term true'
EXCLUDED = {
    ("shifty", "property/uniqueLang-002"): TRUE_AS_ONE,
    ("pyshacl", "property/uniqueLang-002"): TRUE_AS_ONE,
    ("pyshacl", "pre-binding/shapesGraph-001"): "does not have $shapesGraph, which is optional",
}
"""Engine and test to the reason."""


@cache
def cases(folder: Path) -> list[Path]:
    """Every file of the suite that holds a test."""
    return sorted(path for path in folder.rglob("*.ttl") if b"sht:Validate" in path.read_bytes())


def ntriples(path: Path) -> bytes:
    quads = ox.parse(path=path, format=ox.RdfFormat.TURTLE, base_iri=path.absolute().as_uri())
    return ox.serialize([quad.triple for quad in quads], format=ox.RdfFormat.N_TRIPLES) or b""


def one(graph: ModelGraph, subject: Term, predicate: str) -> Term | None:
    return next(iter(graph.values(subject, predicate)), None)


def plain(term: object) -> str:
    """A term to compare: blank nodes have no name that two graphs share."""
    return "_:" if term is None or isinstance(term, ox.BlankNode) else str(term)


def expected(graph: ModelGraph, report: Term) -> set[tuple[str, ...]]:
    results = set()
    for result in graph.values(report, f"{SH}result"):
        said = {
            name: one(graph, result, f"{SH}{name}")
            for name in ("focusNode", "resultPath", "value", "sourceConstraintComponent", "resultSeverity")
        }
        path, value = said["resultPath"], said["value"]
        results.add(
            (
                plain(said["focusNode"]),
                "" if path is None else str(path) if isinstance(path, ox.NamedNode) else "path",
                "" if value is None else plain(value),
                str(said["sourceConstraintComponent"]).strip("<>"),
                str(said["resultSeverity"]).strip("<>"),
            )
        )
    return results


def outcome(path: Path, engine: str, is_settled: bool = False) -> tuple[object, object]:
    """What the test expects, and what comes out: each different result, or a failure.

    :param is_settled: leave out what certainly conforms, as is done for much data.
    """
    graph = ModelGraph(ntriples(path))
    validating = ox.NamedNode(f"{SHT}Validate")
    (test,) = [node for node in graph.subjects() if validating in graph.values(node, f"{RDF}type")]
    action, wanted = one(graph, test, f"{MF}action"), one(graph, test, f"{MF}result")
    assert action is not None and wanted is not None
    files = []
    for name in ("dataGraph", "shapesGraph"):
        iri = one(graph, action, f"{SHT}{name}")
        assert isinstance(iri, ox.NamedNode)
        files.append(path if iri.value == path.absolute().as_uri() else path.parent / iri.value.rpartition("/")[2])
    right = "failure" if wanted == ox.NamedNode(f"{SHT}Failure") else expected(graph, wanted)
    try:
        data, shapes = (ntriples(file) for file in files)
        left, asked = unsettled(shapes, data) if is_settled else (shapes, data)
        report = validate(asked, left, engine) if left else Report.of([])
    except ShapesError:
        return right, "failure"
    return right, {
        (
            "_:" if result.focus.startswith("_:") else result.focus,
            (result.path or "") if not result.path or SIMPLE.fullmatch(result.path) else "path",
            "_:" if (result.value or "").startswith("_:") else result.value or "",
            result.component,
            result.severity,
        )
        for result in report.results
    }


SIMPLE = re.compile(r"<[^<>]+>")


@pytest.mark.shared
@pytest.mark.parametrize("part", sorted(COUNTS))
@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_shacl_suite(shared: Path, engine: str, part: str) -> None:
    folder = shared / "suites" / "shacl" / part
    files = cases(folder)
    assert len(files) == COUNTS[part]
    wrong = {}
    for path in files:
        wanted, found = outcome(path, engine)
        if wanted != found:
            wrong[path.relative_to(folder).with_suffix("").as_posix()] = (wanted, found)
    allowed = {name for which, name in EXCLUDED if which == engine and (folder / f"{name}.ttl").is_file()}
    assert set(wrong) == allowed, "\n".join(f"{name}: {wrong.get(name)}" for name in set(wrong) ^ allowed)


@pytest.mark.shared
@pytest.mark.parametrize("part", sorted(COUNTS))
def test_what_is_settled_without_the_engine_is_so(shared: Path, part: str) -> None:
    for path in cases(shared / "suites" / "shacl" / part):
        assert outcome(path, "shifty", is_settled=True) == outcome(path, "shifty"), path
