"""What shapes look at beyond their focus nodes."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from kggraph.rdf.source import read_folder
from kggraph.validation.reach import looked_at


def seen(turtle: str) -> set[str] | None:
    prefixes = "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <https://example.org/> . "
    prefixes += "@prefix kg: <https://w3id.org/kggraph/ns#> . "
    graph = ox.serialize(ox.parse(prefixes + turtle, ox.RdfFormat.TURTLE), format=ox.RdfFormat.N_TRIPLES) or b""
    found = looked_at(graph)
    return None if found is None else {term.decode()[21:-1] for term in found if b"example.org" in term}


@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        ("sh:path ex:p ; sh:minCount 1 ; sh:class ex:C ; sh:equals ex:q", set()),
        ("sh:path ( ex:p ex:q )", {"p", "q"}),
        ("sh:path [ sh:inversePath ex:p ]", {"p"}),
        ("sh:path [ sh:oneOrMorePath [ sh:alternativePath ( ex:p ex:q ) ] ]", {"p", "q"}),
        ("sh:path ex:p ; sh:node [ sh:property [ sh:path ex:q ; sh:lessThan ex:r ] ]", {"q", "r"}),
        ("sh:path ex:p ; sh:or ( [ sh:class ex:C ] [ sh:not [ sh:property [ sh:path ex:q ] ] ] )", {"q"}),
        ("sh:path ex:p ; sh:qualifiedValueShape [ sh:node ex:Other ] ; sh:qualifiedMinCount 1", {"o"}),
        ("sh:path ex:p ; sh:property [ sh:path ex:q ; sh:node [ sh:property [ sh:path ex:r ] ] ]", {"q", "r"}),
        ("sh:path ex:p ; sh:node [ sh:closed true ]", None),
        ("sh:path ex:p ; sh:sparql [ kg:looksAt ( ex:q [ sh:inversePath ex:r ] ), ex:s ]", {"q", "r", "s"}),
        ("sh:path ex:p ; sh:sparql [ sh:select 'SELECT $this WHERE { $this ?p ?o }' ]", None),
    ],
)
def test_looked_at(constraint: str, expected: set[str] | None) -> None:
    shapes = f"""
        ex:S sh:targetClass ex:C ; sh:closed true ; sh:property ex:S-p, [ sh:path ex:plain ] . ex:S-p {constraint} .
        ex:Other sh:property [ sh:path ex:o ] . ex:Unused sh:property [ sh:path ex:u ] .
    """
    assert seen(shapes) == expected


def test_the_real_shapes_look_at_little(root: Path) -> None:
    files = read_folder(root / "shapes", root=root, blank_nodes=True)
    found = looked_at(b"".join(file.ntriples for file in files))
    assert found is not None
    assert len(found) < 24
