"""The shapes of the knowledge base, with small right and wrong examples found in tests/cases/shapes.

A file holds one or more things; what it expects stands in comments, `# expect: <shape> <constraint component>`, one
for each result, and nothing else may come out. All cases are validated together, once by each engine: the IRIs that a
file describes get a number of their own first. `context.ttl` has things that are right, for cases to point at.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from kggraph.rdf.source import read_folder
from kggraph.terms import KG, RDF, SH
from kggraph.validation.engines import ENGINES, validate
from kggraph.validation.report import VIOLATION

ROOT = Path(__file__).resolve().parent.parent.parent
CASES = ROOT / "tests" / "cases" / "shapes"
BASE = "https://w3id.org/studentenwelzijn/"
SHAPE = f"{BASE}shapes#"
FILES = sorted(CASES.glob("*/*valid/*.ttl"))

_EXPECT = re.compile(r"^# expect: (\S+) (\S+)$", re.MULTILINE)
_COMPONENT = re.compile(rf"{re.escape(SH)}(\w+)ConstraintComponent")


def case_name(path: Path) -> str:
    return "/".join(path.relative_to(CASES).with_suffix("").parts)


@dataclass(frozen=True)
class Case:
    """One file, with its things renamed so that no other file has them."""

    ntriples: bytes
    subjects: frozenset[str]
    expected: Counter[tuple[str, str]]


def read_case(path: Path, number: int) -> Case:
    text = path.read_text(encoding="utf-8")
    triples = [quad.triple for quad in ox.parse(text, ox.RdfFormat.TURTLE)]
    described = {triple.subject for triple in triples}

    def renamed(term: object) -> object:
        if not isinstance(term, ox.NamedNode) or term not in described:
            return term
        start, hash_mark, fragment = term.value.partition("#")
        return ox.NamedNode(f"{start}-{number}{hash_mark}{fragment}")

    made = [ox.Triple(renamed(t.subject), t.predicate, renamed(t.object)) for t in triples]  # type: ignore[arg-type]
    return Case(
        ox.serialize(made, format=ox.RdfFormat.N_TRIPLES) or b"",
        frozenset(str(triple.subject) for triple in made),
        Counter(_EXPECT.findall(text)),
    )


@cache
def shapes() -> bytes:
    folder = read_folder(ROOT / "shapes", root=ROOT, blank_nodes=True, base_from=BASE, base_to=BASE)
    return b"".join(file.ntriples for file in folder)


@cache
def real_data() -> bytes:
    return b"".join(file.ntriples for file in read_folder(ROOT / "data", root=ROOT, base_from=BASE, base_to=BASE))


@cache
def cases() -> dict[str, Case]:
    return {case_name(path): read_case(path, number) for number, path in enumerate(FILES, 1)}


@cache
def results(engine: str) -> dict[str, Counter[tuple[str, str]]]:
    """Shape and component of every result, by focus node."""
    context = ox.serialize(
        [quad.triple for quad in ox.parse((CASES / "context.ttl").read_bytes(), ox.RdfFormat.TURTLE)],
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


def shape_graph() -> dict[str, dict[str, list[str]]]:
    graph: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for quad in ox.parse(shapes(), ox.RdfFormat.N_TRIPLES):
        if isinstance(quad.subject, ox.NamedNode):
            graph[quad.subject.value][quad.predicate.value].append(str(quad.object))
    return graph


def test_every_rule_and_every_class_has_a_wrong_example() -> None:
    """A rule is a property shape with a message of its own; of a class its address and its closed list are tried."""
    tried = {shape for case in cases().values() for shape, _ in case.expected}
    rules = {
        iri.removeprefix(SHAPE)
        for iri, said in shape_graph().items()
        if f"{KG}ruleOf" in said or f"{SH}targetClass" in said
    }
    assert rules - tried == set()


def test_every_class_has_a_right_example() -> None:
    folders = {path.parent.parent.name for path in FILES if path.parent.name == "valid"}
    assert folders == {path.stem for path in (ROOT / "shapes").glob("*.ttl")} - {"common"}


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
    types = {
        str(quad.object)
        for quad in ox.parse(real_data(), ox.RdfFormat.N_TRIPLES)
        if quad.predicate.value == f"{RDF}type"
    }
    shaped = [said for said in shape_graph().values() if f"{KG}mayBeEmpty" not in said]
    targets = {target for said in shaped for target in said.get(f"{SH}targetClass", ())}
    assert targets - types == set()


def test_the_real_data_have_no_result_at_all() -> None:
    report = validate(real_data(), shapes())
    assert report.conforms
    assert not report.results, "not even a warning"


def test_only_what_is_unknown_is_a_warning() -> None:
    graph = shape_graph()
    warnings = {iri for iri, said in graph.items() if f"<{SH}Warning>" in said.get(f"{SH}severity", ())}
    assert warnings == {iri for iri, said in graph.items() if f"{SH}closed" in said}
    assert VIOLATION not in warnings
