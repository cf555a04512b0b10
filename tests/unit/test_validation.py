"""Validation: the two engines agree on the real data, right and spoilt; reports are read as the standard says."""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from shifty import _shifty

from kggraph.model import load_model
from kggraph.rdf.source import read_folder
from kggraph.validation.engines import ENGINES, Validator, data_graph, read_report, validate
from kggraph.validation.narrowing import narrowed
from kggraph.validation.report import VIOLATION, WARNING
from kggraph.validation.shape_texts import ShapeTexts
from kggraph.validation.targets import focus_nodes, read_targets, without_focus_nodes

BASE = "https://w3id.org/studentenwelzijn/"
PREFIXES = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <https://example.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix kg: <https://w3id.org/kggraph/ns#> .
"""


def to_ntriples(turtle: str) -> bytes:
    return ox.serialize(ox.parse(PREFIXES + turtle, ox.RdfFormat.TURTLE), format=ox.RdfFormat.N_TRIPLES) or b""


def folder(root: Path, name: str, blank_nodes: bool = False) -> list[bytes]:
    return [file.ntriples for file in read_folder(root / name, root=root, blank_nodes=blank_nodes)]


@pytest.fixture(scope="module")
def shapes(root: Path) -> bytes:
    return b"".join(folder(root, "shapes", blank_nodes=True))


@pytest.fixture(scope="module")
def neighbourhood(root: Path) -> bytes:
    """Sixty real items with the own triples of what they refer to, and of what these refer to."""
    own: dict[bytes, list[bytes]] = defaultdict(list)
    for file in folder(root, "data"):
        for line in file.splitlines(keepends=True):
            own[whole(line.split(b" ", 1)[0])].append(line)
    items = sorted(thing for thing in own if thing.startswith(f"<{BASE}id/item/".encode()))
    taken = set(random.Random(60).sample(items, 60))
    for _ in range(2):
        lines = [line for thing in sorted(taken) for line in own[thing] if b"hasTopConcept" not in line]
        taken |= {found for line in lines if (found := whole(line.split(b" ", 2)[2][:-3])) in own}
    ontology = b"".join(folder(root, "ontology", blank_nodes=True))
    return data_graph(b"".join(line for thing in sorted(taken) for line in own[thing]), ontology)


def whole(term: bytes) -> bytes:
    """An IRI in N-Triples form without its fragment."""
    start, fragment, _ = term.partition(b"#")
    return start + b">" if fragment else term


def spoilt(data: bytes, seed: int, share: float) -> bytes:
    """The data with a share of the triples left out, doubled, or given another predicate or object."""
    chance = random.Random(seed)
    lines: dict[bytes, None] = {}
    for line in data.splitlines(keepends=True):
        subject, predicate, term = line.split(b" ", 2)
        kind = chance.randrange(6) if chance.random() < share else None
        wrong = {
            1: [subject + b" " + predicate + b' "wrong" .\n'],
            2: [subject + b" " + predicate + f" <{BASE}id/theme/none> .\n".encode()],
            3: [subject + b" <https://example.org/new> " + term],
            4: [line, subject + b" " + predicate + b' "more"@xx .\n'],
            5: [subject + b" " + predicate + b' "2024-02-31"^^<http://www.w3.org/2001/XMLSchema#date> .\n'],
        }
        lines.update(dict.fromkeys([line] if kind is None else wrong.get(kind, [])))
    return b"".join(lines)


@pytest.mark.parametrize("share", [0.0, 0.05])
def test_engines_agree(shapes: bytes, neighbourhood: bytes, share: float) -> None:
    data = spoilt(neighbourhood, 1, share)
    keys = {engine: [result.key for result in validate(data, shapes, engine).results] for engine in ENGINES}
    assert keys["shifty"] == keys["pyshacl"]
    if share:
        assert len(keys["shifty"]) > 200
        assert len({result[3] for result in keys["shifty"]}) > 8
        assert {result[4] for result in keys["shifty"]} == {VIOLATION, WARNING}


def test_narrowed_shapes_give_the_same_report(shapes: bytes, neighbourhood: bytes) -> None:
    data = spoilt(neighbourhood, 3, 0.02)
    full = _shifty.PreparedValidator(shapes, shapes_format="ntriples").validate_w3c(
        data, data_format="ntriples", graph_mode="data", run_infer=False
    )
    found = validate(data, shapes).results
    assert found == read_report(full._report_ntriples, ShapeTexts(shapes)).results
    shape = next(target.shape for target in read_targets(shapes))
    assert narrowed(shapes, [(shape, found[0].focus)]) != shapes


def test_shapes_that_cannot_be_narrowed_stay_as_they_are() -> None:
    implicit = to_ntriples("ex:C a sh:NodeShape, rdfs:Class ; sh:property [ sh:path ex:p ; sh:minCount 1 ] .")
    assert narrowed(implicit, [("https://example.org/C", "<https://example.org/a>")]) == implicit
    nameless = to_ntriples("[] sh:targetClass ex:C ; sh:property [ sh:path ex:p ; sh:minCount 1 ] .")
    assert narrowed(nameless, [(None, "<https://example.org/a>")]) == nameless
    for graph in (implicit, nameless):
        (found,) = validate(to_ntriples("ex:a a ex:C ."), graph).results
        assert (found.focus, found.path) == ("<https://example.org/a>", "<https://example.org/p>")


def test_only_subclass_axioms_of_the_ontology_are_data() -> None:
    ontology = to_ntriples('ex:Ferry rdfs:subClassOf ex:Ship ; rdfs:label "ferry" . ex:Ship a rdfs:Class .')
    graph = data_graph(to_ntriples("ex:a a ex:Ferry ."), ontology)
    assert graph.count(b"\n") == 2
    shapes = to_ntriples("ex:S sh:targetClass ex:Ship ; sh:property ex:S-p . ex:S-p sh:path ex:p ; sh:minCount 1 .")
    for engine in ENGINES:
        (found,) = validate(graph, shapes, engine).results
        assert found.shape == "https://example.org/S-p"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("ex:p", "<https://example.org/p>"),
        ("[ sh:inversePath ex:p ]", "^<https://example.org/p>"),
        ("( ex:p ex:q )", "<https://example.org/p>/<https://example.org/q>"),
        ("[ sh:alternativePath ( ex:p ex:q ) ]", "<https://example.org/p>|<https://example.org/q>"),
        ("[ sh:oneOrMorePath ex:p ]", "<https://example.org/p>+"),
        (
            "[ sh:zeroOrOnePath ( ex:p [ sh:inversePath ex:q ] ) ]",
            "(<https://example.org/p>/^<https://example.org/q>)?",
        ),
    ],
)
def test_paths_are_said_as_in_sparql(path: str, shown: str) -> None:
    shapes = to_ntriples(f"ex:S sh:targetNode ex:a ; sh:property ex:S-p . ex:S-p sh:path {path} ; sh:minCount 9 .")
    for engine in ENGINES:
        (found,) = validate(b"", shapes, engine).results
        assert found.path == shown


def test_values_keep_their_lexical_form() -> None:
    shapes = to_ntriples("ex:S sh:targetNode ex:a ; sh:property ex:S-p . ex:S-p sh:path ex:p ; sh:nodeKind sh:IRI .")
    values = ['"01"^^<http://www.w3.org/2001/XMLSchema#integer>', '"1.0"^^<http://www.w3.org/2001/XMLSchema#decimal>']
    values += [r'"a\n\"b\" \\ é"@nl', '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>']
    data = "".join(f"<https://example.org/a> <https://example.org/p> {value} .\n" for value in values).encode()
    for engine in ENGINES:
        assert sorted(result.value or "" for result in validate(data, shapes, engine).results) == sorted(values)
        if engine == "pyshacl":
            assert str(rdflib.Literal("01", datatype=rdflib.XSD.integer)) == "01"


def test_results_below_others_are_left_out() -> None:
    turtle = f"""{PREFIXES}
        [] a sh:ValidationReport ; sh:result [ sh:focusNode ex:a ; sh:resultSeverity sh:Info ; sh:sourceShape ex:S ;
            sh:sourceConstraintComponent sh:NodeConstraintComponent ;
            sh:detail [ sh:focusNode ex:b ; sh:resultSeverity sh:Violation ;
                sh:sourceConstraintComponent sh:MinCountConstraintComponent ] ] .
    """
    report = read_report(turtle, ShapeTexts(b""))
    assert [result.focus for result in report.results] == ["<https://example.org/a>"]
    assert report.conforms, "an Info does not block"


def test_shapes_without_focus_nodes_are_named() -> None:
    shapes = to_ntriples("""
        ex:Ship a sh:NodeShape ; sh:targetClass ex:Ship . ex:Boat a sh:NodeShape ; sh:targetClass ex:Baot .
        ex:Later a sh:NodeShape ; sh:targetClass ex:Later ; kg:mayBeEmpty true .
        ex:Off a sh:NodeShape ; sh:targetClass ex:Off ; sh:deactivated true .
        ex:Out a sh:NodeShape ; sh:targetSubjectsOf ex:p . ex:In a sh:NodeShape ; sh:targetObjectsOf ex:q .
        ex:One a sh:NodeShape ; sh:targetNode ex:b . ex:None a sh:NodeShape ; sh:targetNode ex:nothing .
        ex:Either a sh:NodeShape ; sh:targetClass ex:Baot, ex:Ship . ex:Help a sh:NodeShape .
    """)
    data = to_ntriples("ex:a a ex:Ferry ; ex:p ex:b .")
    superclasses = {"https://example.org/Ferry": ("https://example.org/Ship",)}
    targets = read_targets(shapes)
    focus = focus_nodes(targets, data, superclasses)
    assert sorted((shape[20:], node[21:-1]) for shape, node in focus) == [
        ("Either", "a"),
        ("One", "b"),
        ("Out", "a"),
        ("Ship", "a"),
    ]
    unused = without_focus_nodes(targets, {shape for shape, _ in focus})
    assert unused == [f"https://example.org/{name}" for name in ("Boat", "In", "None")]


def test_told_focus_nodes_give_what_targets_give(shapes: bytes, neighbourhood: bytes, root: Path) -> None:
    data = spoilt(neighbourhood, 4, 0.02)
    model = load_model(shapes, b"".join(folder(root, "ontology", blank_nodes=True)))
    focus = focus_nodes(read_targets(shapes), data, model.superclasses)
    validator = Validator(shapes)
    assert validator.can_narrow
    assert validator.report(data, focus) == validator.report(data)
    some = focus[::3]
    part = validator.report(data, some).results
    assert set(part) < set(validator.report(data).results)
    assert {result.focus for result in part} <= {node for _, node in some}
