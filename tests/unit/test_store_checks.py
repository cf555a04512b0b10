"""The third opinion: a store that is asked the constraints as queries says what both engines of SHACL say."""

from __future__ import annotations

from dataclasses import replace

import pyoxigraph as ox
import pytest

from kggraph.config import Settings
from kggraph.operation.store_opinion import ask_store, compare
from kggraph.publish.generation import open_current
from kggraph.rdf.iris import local_name
from kggraph.store.embedded import EmbeddedEngine
from kggraph.validation.engines import validate
from kggraph.validation.store_checks import StoreCheck, store_checks
from tests.shape_cases import CONTEXT, faults_of, read_triples
from tests.unit.test_shape_cases import CASES, cases, shapes

REWRITTEN = {
    f"{component} of <https://w3id.org/studentenwelzijn/shapes#{shape}>"
    for component, shape in (("Datatype", "Attribution-position"), ("Pattern", "Attribution-position-pattern"))
}
"""Broken by "01" and by an xsd:int, which the store has as 1 and as an xsd:integer (issue 526 of Oxigraph)."""


def store_of(data: bytes) -> EmbeddedEngine:
    store = ox.Store()
    store.bulk_load(data, ox.RdfFormat.N_TRIPLES)
    return EmbeddedEngine(store)


def test_the_store_finds_what_the_engine_finds() -> None:
    context = ox.serialize(read_triples(CASES / CONTEXT), format=ox.RdfFormat.N_TRIPLES) or b""
    data = context + b"".join(case.ntriples for case in cases().values())
    checks = list(store_checks(shapes()))
    opinion = compare(store_of(data), checks, validate(data, shapes()).results)
    assert {difference.partition(": ")[0] for difference in opinion.differences} == REWRITTEN
    asked = {(local_name(c.shape), local_name(c.component).removesuffix("ConstraintComponent")) for c in checks}
    faults = faults_of(shapes())
    # A node kind of focus nodes can be asked, but not broken.
    assert {fault for fault in asked - faults if fault[1] != "NodeKind"} == set()
    assert {component for _, component in faults - asked} == {"Node", "Or", "QualifiedMinCount", "SPARQL"}
    assert opinion.results > 390


def test_the_store_that_is_served_says_what_the_report_says(main_settings: Settings) -> None:
    opinion = ask_store(main_settings)
    assert opinion.checks > 300
    assert opinion.differences == ()
    assert opinion.results == sum(open_current(main_settings).manifest.results.values())


P = "<https://example.org/p>"
SHAPES = """
PREFIX sh: <http://www.w3.org/ns/shacl#> PREFIX ex: <https://example.org/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
ex:S {target} ; sh:property ex:S-p . ex:S-p sh:path {path} ; {constraint} .
ex:S-off sh:targetNode ex:a ; sh:property ex:S-off-p . ex:S-off-p sh:deactivated true ; sh:path ex:p ; sh:minCount 9 .
"""
DATA = """
PREFIX ex: <https://example.org/> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
ex:a a ex:C ; ex:p 1, 5, "text", "tekst"@nl, "2024-13-01"^^xsd:date, ex:b ; ex:q 3, 5 .
ex:b a ex:D ; ex:q ex:a ; ex:r ex:a .
ex:D <http://www.w3.org/2000/01/rdf-schema#subClassOf> ex:C .
"""


@pytest.mark.parametrize("target", ["sh:targetClass ex:C", "sh:targetSubjectsOf ex:r", "sh:targetObjectsOf ex:q"])
@pytest.mark.parametrize("path", ["ex:p", "[ sh:inversePath ex:q ]", "( ex:p ex:q )"])
@pytest.mark.parametrize(
    "constraint",
    [
        "sh:minCount 2",
        "sh:maxCount 1",
        "sh:datatype xsd:date",
        "sh:nodeKind sh:Literal",
        "sh:class ex:C",
        "sh:pattern '^T' ; sh:flags 'i'",
        "sh:minLength 5",
        "sh:maxLength 4",
        "sh:in ( 1 'text' ex:b )",
        "sh:hasValue 5",
        "sh:languageIn ( 'nl' )",
        "sh:minInclusive 3",
        "sh:maxInclusive 3",
        "sh:minExclusive 5",
        "sh:maxExclusive 5",
        "sh:disjoint ex:q",
        "sh:lessThan ex:q",
        "sh:lessThanOrEquals ex:q",
        "sh:uniqueLang true",
    ],
)
def test_each_component(constraint: str, path: str, target: str) -> None:
    turtle = SHAPES.format(constraint=constraint, path=path, target=target)
    graph = ox.serialize(ox.parse(turtle, ox.RdfFormat.TURTLE), format=ox.RdfFormat.N_TRIPLES) or b""
    data = ox.serialize(ox.parse(DATA, ox.RdfFormat.TURTLE), format=ox.RdfFormat.N_TRIPLES) or b""
    checks = list(store_checks(graph))
    assert len(checks) == 1
    assert compare(store_of(data), checks, validate(data, graph).results).differences == ()


def test_a_store_that_differs_is_told() -> None:
    check = StoreCheck("https://example.org/S-p", "http://www.w3.org/ns/shacl#MinCountConstraintComponent", "")
    wrong = replace(check, query="SELECT ?this WHERE { VALUES ?this { 1 2 } }")
    opinion = compare(store_of(b""), [wrong], ())
    assert opinion.differences == ("MinCount of <https://example.org/S-p>: 2 in the store, 0 in the report",)
