"""What is refused as bad shapes, against judges of others: the W3C's tests, and SHACL-SHACL."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pyoxigraph as ox
import pytest

from kggraph.errors import ShapesError
from kggraph.rdf.source import read_folder
from kggraph.terms import SH
from kggraph.validation.engines import validate
from kggraph.validation.report import Report
from kggraph.validation.shape_syntax import TERMS
from kggraph.validation.well_formed import PROPERTIES, check_shapes

CASES = Path(__file__).parent.parent / "cases" / "bad-shapes"
_REPORT = ("conforms", "focusNode", "sourceConstraint", "sourceConstraintComponent", "sourceShape", "value", "detail")

STRICTER = {
    "core/node/qualified-001-shapes": "a count on a node shape, which the standard ignores",
    "core/property/qualifiedValueShape-001": "its data have a property sh:nodeShape, which is no part of SHACL",
    "sparql/node/prefixes-001": "its prefixes stand behind an owl:imports, which is refused",
}
LEFT_TO_THE_ENGINE = {
    "sparql/pre-binding/pre-binding-006": "an inner SELECT * without a word about $this",
    "sparql/pre-binding/unsupported-sparql-004": "an inner SELECT without $this",
    "sparql/pre-binding/unsupported-sparql-005": "BIND to a variable that is bound before",
    "sparql/pre-binding/unsupported-sparql-006": "the same in an ASK",
}


def asset(name: str) -> bytes:
    """A graph of the W3C, as pySHACL brings it, as N-Triples."""
    found = find_spec("pyshacl")
    assert found is not None and found.origin is not None
    text = (Path(found.origin).parent / "assets" / name).read_bytes()
    return ox.serialize(ox.parse(text, ox.RdfFormat.TURTLE), format=ox.RdfFormat.N_TRIPLES) or b""


def ntriples(path: Path) -> bytes:
    quads = ox.parse(path=path, format=ox.RdfFormat.TURTLE, base_iri=path.absolute().as_uri())
    kept = []
    for quad in quads:
        name = quad.predicate.value.removeprefix(SH)
        is_report = name in _REPORT or name.startswith("result")
        if not is_report and not str(quad.object).startswith(f"<{SH}ValidationRe"):
            kept.append(quad.triple)
    return ox.serialize(kept, format=ox.RdfFormat.N_TRIPLES) or b""


@pytest.mark.shared
def test_the_shapes_of_the_w3c_suite_are_judged_as_it_does(shared: Path) -> None:
    folder = shared / "suites" / "shacl"
    right, refused, passed = 0, set(), set()
    for path in sorted(folder.rglob("*.ttl")):
        if path.name == "manifest.ttl":
            continue
        name = path.relative_to(folder).with_suffix("").as_posix()
        is_failure = b"sht:Failure" in path.read_bytes()
        try:
            check_shapes(ntriples(path))
        except ShapesError:
            refused |= {name} - ({name} if is_failure else set())
        else:
            passed |= {name} if is_failure else set()
        right += not is_failure
    assert right > 120
    assert refused == set(STRICTER)
    assert passed == set(LEFT_TO_THE_ENGINE)


def test_every_term_of_the_vocabulary_is_known() -> None:
    of_javascript = (
        "js jsFunctionName jsLibrary jsLibraryURL returnType suggestedShapesGraph shapesGraphWellFormed update"
    )
    of_reports = (
        "annotationProperty annotationValue annotationVarName conforms detail focusNode result resultAnnotation "
    )
    of_reports += "resultMessage resultPath resultSeverity sourceConstraint sourceConstraintComponent sourceShape value"
    vocabulary = {
        quad.subject.value.removeprefix(SH)
        for quad in ox.parse(asset("shacl.ttl"), ox.RdfFormat.N_TRIPLES)
        if isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(SH)
    }
    unknown = {name for name in vocabulary if "-" not in name and name} - TERMS - set(PROPERTIES)
    assert {name for name in unknown if not name.startswith("JS")} == {*of_javascript.split(), *of_reports.split()}


# ------------------------------------------------------------------ SHACL-SHACL
@cache
def judged(shapes: bytes) -> Report:
    """The report of SHACL-SHACL (https://www.w3.org/TR/shacl/#shacl-shacl) on a shapes graph."""
    return validate(shapes, asset("shacl-shacl.ttl"), "pyshacl")


@pytest.mark.parametrize("folder", [".", "tests/kb_bridges"])
def test_shacl_shacl_has_nothing_to_say_of_our_shapes(root: Path, folder: str) -> None:
    kb = root / folder
    shapes = b"".join(file.ntriples for file in read_folder(kb / "shapes", root=kb, blank_nodes=True))
    assert judged(shapes).results == ()


FOUND_BY_BOTH = (
    "count-on-a-node-shape",
    "less-than-nothing",
    "message-iri",
    "no-path",
    "path-blank",
    "path-literal",
    "path-one-list",
    "path-two-signs",
    "property-literal",
    "severity-literal",
    "target-literal",
    "two-lists",
    "two-paths",
)


def found_by_shacl_shacl() -> set[str]:
    """Bad shapes of which SHACL-SHACL says something; it has no word for names, circles and queries."""
    found = set()
    for path in sorted(CASES.glob("*.ttl")):
        try:
            shapes = ntriples(path)
        except SyntaxError:
            continue
        if path.stem != "path-recursive" and judged(shapes).results:
            found.add(path.stem)
    return found


def test_shacl_shacl_finds_what_is_broken() -> None:
    assert found_by_shacl_shacl() == set(FOUND_BY_BOTH)
