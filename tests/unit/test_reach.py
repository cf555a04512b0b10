"""How far shapes look, and that a chunk with so much around it gives what the whole gives."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from kggraph.rdf.source import read_folder
from kggraph.validation.reach import Reach, read_reach

PREFIXES = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <https://example.org/> .
@prefix kg: <https://w3id.org/kggraph/ns#> .
"""


def reach_of(turtle: str) -> Reach | None:
    graph = ox.serialize(ox.parse(PREFIXES + turtle, ox.RdfFormat.TURTLE), format=ox.RdfFormat.N_TRIPLES) or b""
    return read_reach(graph)


def names(predicates: frozenset[bytes] | None) -> str:
    return "any" if predicates is None else " ".join(sorted(p.decode()[21:-1] for p in predicates if b"example" in p))


@pytest.mark.parametrize(
    ("constraint", "read", "forwards", "backwards", "hops"),
    [
        ("sh:path ex:p ; sh:minCount 1 ; sh:equals ex:q", "", "", "", 0),
        ("sh:path ex:p ; sh:class ex:C", "", "p", "", 1),
        ("sh:path ( ex:p ex:q )", "q", "p", "", 1),
        ("sh:path [ sh:inversePath ex:p ]", "p", "", "p", 1),
        ("sh:path ( ex:p [ sh:inversePath ex:p ] ex:q )", "p q", "p", "p", 2),
        ("sh:path [ sh:oneOrMorePath [ sh:alternativePath ( ex:p ex:q ) ] ]", "p q", "p q", "", 0),
        ("sh:path ( [ sh:zeroOrMorePath ex:p ] ex:q ex:r )", "p q r", "p q", "", 1),
        ("sh:path ex:p ; sh:node [ sh:property [ sh:path ex:q ; sh:lessThan ex:r ] ]", "q r", "p", "", 1),
        ("sh:path ex:p ; sh:or ( [ sh:class ex:C ] [ sh:not [ sh:property [ sh:path ex:q ] ] ] )", "q", "p", "", 1),
        ("sh:path ex:p ; sh:qualifiedValueShape [ sh:node ex:Other ] ; sh:qualifiedMinCount 1", "o", "p", "", 1),
        ("sh:path ex:p ; sh:property [ sh:path ex:q ; sh:node [ sh:property [ sh:path ex:r ] ] ]", "q r", "p q", "", 2),
        ("sh:path ex:p ; sh:node [ sh:closed true ]", "any", "p", "", 1),
        ("sh:path ex:p ; sh:sparql [ kg:looksAt ( ex:q [ sh:inversePath ex:r ] ), ex:s ]", "r", "q", "r", 2),
    ],
)
def test_reach(constraint: str, read: str, forwards: str, backwards: str, hops: int) -> None:
    found = reach_of(f"""
        ex:S sh:targetClass ex:C ; sh:closed true ; sh:property ex:S-p, [ sh:path ex:plain ] . ex:S-p {constraint} .
        ex:Other sh:property [ sh:path ex:o ] . ex:Unused sh:property [ sh:path ex:u ] .
    """)
    assert found is not None
    told = (names(found.predicates), names(found.forwards), names(found.backwards), found.hops)
    assert told == (read, forwards, backwards, hops)


def test_a_query_that_does_not_say_what_it_looks_at_has_no_reach() -> None:
    query = "[ sh:select 'SELECT $this WHERE { $this ?p ?o }' ]"
    assert reach_of(f"ex:S sh:targetClass ex:C ; sh:property [ sh:path ex:p ; sh:sparql {query} ] .") is None


@pytest.mark.parametrize("target", ["[] sh:targetClass ex:C", "ex:S sh:target [ sh:select 'SELECT ?this WHERE {}' ]"])
def test_a_shape_whose_focus_nodes_cannot_be_told_has_no_reach(target: str) -> None:
    assert reach_of(f"{target} ; sh:property [ sh:path ( ex:p ex:q ) ; sh:minCount 1 ] .") is None


def test_a_focus_node_that_is_pointed_at_may_be_elsewhere() -> None:
    found = reach_of("ex:S sh:targetObjectsOf ex:p ; sh:property [ sh:path ex:q ; sh:minCount 1 ] .")
    assert found is not None and (names(found.predicates), names(found.forwards), found.hops) == ("q", "p", 1)


def test_the_real_shapes_look_at_little(root: Path) -> None:
    files = read_folder(root / "shapes", root=root, blank_nodes=True)
    found = read_reach(b"".join(file.ntriples for file in files))
    assert found is not None and found.predicates is not None
    assert len(found.predicates) < 24
    assert found.hops < 4
