"""The shapes of the knowledge base, with small right and wrong examples found in tests/cases/shapes.

A file holds one or more things; what it expects stands in comments, `# expect: <shape> <constraint component>`, one
for each result, and nothing else may come out. All cases are validated together, once by each engine: the IRIs that a
file describes get a number of their own first, and so do names and mapped concepts elsewhere, which no two concepts of
a scheme share. `context.ttl` has things that are right, for cases to point at.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from kggraph.model import load_model
from kggraph.model.graph import ModelGraph, Term
from kggraph.rdf.source import read_folder
from kggraph.terms import KG, RDF, SH
from kggraph.validation.engines import ENGINES, validate
from kggraph.validation.report import VIOLATION
from kggraph.validation.targets import focus_nodes, read_targets, without_focus_nodes
from tests.shape_cases import CONTEXT, Case, compare, faults_of, read_case

ROOT = Path(__file__).resolve().parent.parent.parent
CASES = ROOT / "tests" / "cases" / "shapes"
BASE = "https://w3id.org/studentenwelzijn/"
SHAPE = f"{BASE}shapes#"
FILES = sorted(CASES.glob("*/*valid/*.ttl"))

_COMPONENT = re.compile(rf"{re.escape(SH)}(\w+)ConstraintComponent")


def case_name(path: Path) -> str:
    return "/".join(path.relative_to(CASES).with_suffix("").parts)


@cache
def shapes() -> bytes:
    folder = read_folder(ROOT / "shapes", root=ROOT, blank_nodes=True, base_from=BASE, base_to=BASE)
    return b"".join(file.ntriples for file in folder)


@cache
def real_data() -> bytes:
    return b"".join(file.ntriples for file in read_folder(ROOT / "data", root=ROOT, base_from=BASE, base_to=BASE))


@cache
def graph_of_shapes() -> ModelGraph:
    return ModelGraph(shapes())


@cache
def cases() -> dict[str, Case]:
    return {case_name(path): read_case(path, number) for number, path in enumerate(FILES, 1)}


@cache
def results(engine: str) -> dict[str, Counter[tuple[str, str]]]:
    """Shape and component of every result, by focus node."""
    context = ox.serialize(
        [quad.triple for quad in ox.parse((CASES / CONTEXT).read_bytes(), ox.RdfFormat.TURTLE)],
        format=ox.RdfFormat.N_TRIPLES,
    )
    report = validate((context or b"") + b"".join(case.ntriples for case in cases().values()), shapes(), engine)
    found: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for result in report.results:
        component = _COMPONENT.fullmatch(result.component)
        assert component, result
        found[result.focus][result.shape.removeprefix(SHAPE), component[1]] += 1
    return found


@pytest.mark.parametrize("engine", sorted(ENGINES))
@pytest.mark.parametrize("name", [case_name(path) for path in FILES])
def test_case(name: str, engine: str) -> None:
    case = cases()[name]
    found = sum((results(engine)[subject] for subject in case.subjects if subject in results(engine)), Counter())
    assert found == case.expected
    assert bool(case.expected) == ("/invalid/" in name), "a right example expects nothing, a wrong one something"


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_context_is_right(engine: str) -> None:
    described = set().union(*(case.subjects for case in cases().values()))
    assert {focus: found for focus, found in results(engine).items() if focus not in described} == {}


@cache
def shape_graph() -> dict[str, dict[str, list[str]]]:
    graph: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for quad in ox.parse(shapes(), ox.RdfFormat.N_TRIPLES):
        if isinstance(quad.subject, ox.NamedNode):
            graph[quad.subject.value][quad.predicate.value].append(str(quad.object))
    return {iri: dict(said) for iri, said in graph.items()}


def held_by(shape: str, graph: ModelGraph) -> set[str]:
    """The shapes with an IRI that values are held against when a shape is."""
    todo: list[Term] = [ox.NamedNode(f"{SHAPE}{shape}")]
    found: set[str] = set()
    while todo:
        node = todo.pop()
        for value in [v for name in ("node", "property", "qualifiedValueShape") for v in graph.values(node, SH + name)]:
            if isinstance(value, ox.NamedNode) and value.value.removeprefix(SHAPE) not in found:
                found.add(value.value.removeprefix(SHAPE))
                todo.append(value)
    return found


def test_every_shape_has_a_wrong_example() -> None:
    """A shape is tried when a file expects a result of it, or of the rule that holds values against it."""
    graph = graph_of_shapes()
    tried = {shape for case in cases().values() for shape, _ in case.expected}
    targeted = {iri.removeprefix(SHAPE) for iri, said in shape_graph().items() if f"{SH}targetClass" in said}
    # Not through the list of a class's own fields: each of them is to be tried itself.
    tried |= {inner for shape in tried - targeted for inner in held_by(shape, graph)}
    kinds = {f"<{SH}NodeShape>", f"<{SH}PropertyShape>"}
    every = {iri.removeprefix(SHAPE) for iri, said in shape_graph().items() if kinds & set(said[f"{RDF}type"])}
    assert len(every) > 250
    used = {inner for shape in every for inner in held_by(shape, graph)}
    # Some shapes only name the kind of the concepts of a scheme, and nothing is held against them.
    naming = {iri for iri in every - used if f"{KG}scheme" in shape_graph()[f"{SHAPE}{iri}"]}
    naming |= {inner for shape in naming for inner in held_by(shape, graph)} - tried
    assert every - naming - tried - {"Ended", "Identifier"} == set(), "these have only fields"


def test_every_constraint_has_a_wrong_example() -> None:
    tried = {fault for case in cases().values() for fault in case.expected}
    faults = faults_of(shapes())
    assert len(faults) > 400
    assert faults - tried == set()


def test_seeded_violations_are_found_and_nothing_else(tmp_path: Path) -> None:
    """The same with more items is in tools/bench_validation.py."""
    out = tmp_path / "kb"
    command = [sys.executable, str(ROOT / "tools" / "generate.py"), "1000", "--violations", "500", "--out", str(out)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    compared = compare(out)
    assert compared.differences == ()
    assert compared.found == compared.seeded
    assert set(compared.seeded) == faults_of(shapes())


def test_every_class_and_every_field_has_a_right_example() -> None:
    folders = {path.parent.parent.name for path in FILES if path.parent.name == "valid"}
    assert folders == {path.stem for path in (ROOT / "shapes").glob("*.ttl")} - {"common"}
    right = b"".join(case.ntriples for name, case in cases().items() if "/valid/" in name)
    given: dict[str, set[str]] = defaultdict(set)
    for quad in ox.parse(right, ox.RdfFormat.N_TRIPLES):
        given[str(quad.subject)].add(quad.predicate.value)
    of_class: dict[str, set[str]] = defaultdict(set)
    for quad in ox.parse(right, ox.RdfFormat.N_TRIPLES):
        if quad.predicate.value == f"{RDF}type" and isinstance(quad.object, ox.NamedNode):
            of_class[quad.object.value] |= given[str(quad.subject)]
    model = load_model(shapes(), b"")
    fields = {(found.iri, field.path) for found in model.classes for field in found.fields if not field.inverse}
    assert len(fields) > 100
    assert {(iri, path) for iri, path in fields if path not in of_class[iri]} == set()


def test_rules_speak_both_languages_and_point_at_their_field() -> None:
    graph = shape_graph()
    for iri, said in graph.items():
        if f"{KG}ruleOf" in said:
            assert {message.rpartition("@")[2] for message in said[f"{SH}message"]} == {"nl", "en"}, iri
            assert graph[said[f"{KG}ruleOf"][0][1:-1]][f"{SH}name"], iri


def test_fields_are_named_and_explained_in_both_languages() -> None:
    for iri, said in shape_graph().items():
        if f"{KG}key" in said:
            for predicate in ("name", "description"):
                assert {text.rpartition("@")[2] for text in said[f"{SH}{predicate}"]} == {"nl", "en"}, iri
            assert said[f"{SH}order"], iri
            assert said[f"{SH}group"], iri


def test_every_shape_has_something_to_check_in_the_real_data() -> None:
    targets = read_targets(shapes())
    used = {shape for shape, _ in focus_nodes(targets, real_data(), {})}
    assert len(used) > 15
    assert without_focus_nodes(targets, used) == []
    # What may be empty is what only a command writes, or what has gone.
    assert {target.shape.removeprefix(SHAPE) for target in targets if target.may_be_empty} == {
        "CheckedHost",
        "Ended",
        "LinkCheck",
    }


def test_a_shape_without_anything_to_check_is_found() -> None:
    nothing = f"<{SHAPE}Typo> <{SH}targetClass> <{BASE}def#Iten> .\n".encode()
    targets = read_targets(shapes() + nothing)
    used = {shape for shape, _ in focus_nodes(targets, real_data(), {})}
    assert without_focus_nodes(targets, used) == [f"{SHAPE}Typo"]


def test_every_class_is_closed() -> None:
    graph = shape_graph()
    closed = {target for said in graph.values() if f"{SH}closed" in said for target in said[f"{SH}targetClass"]}
    assert closed == {target for said in graph.values() for target in said.get(f"{SH}targetClass", ())}


def test_the_real_data_have_no_result_at_all() -> None:
    report = validate(real_data(), shapes())
    assert report.conforms
    assert not report.results, "not even a warning"


def test_only_what_is_unknown_is_a_warning() -> None:
    graph = shape_graph()
    warnings = {iri for iri, said in graph.items() if f"<{SH}Warning>" in said.get(f"{SH}severity", ())}
    assert warnings == {iri for iri, said in graph.items() if f"{SH}closed" in said}
    assert VIOLATION not in warnings
