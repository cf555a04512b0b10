"""Shapes that an engine would silently pass over are refused, with what would be right."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from kggraph.errors import ShapesError
from kggraph.rdf.source import read_folder
from kggraph.validation.well_formed import check_shapes

S = "<https://example.org/S-p>"


def ntriples(constraint: str) -> bytes:
    turtle = f"""
        @prefix sh: <http://www.w3.org/ns/shacl#> . @prefix ex: <https://example.org/> .
        ex:S sh:targetNode ex:a ; sh:property ex:S-p . ex:S-p sh:path ex:p ; {constraint} .
    """
    return ox.serialize(ox.parse(turtle, ox.RdfFormat.TURTLE), format=ox.RdfFormat.N_TRIPLES) or b""


@pytest.mark.parametrize(
    ("constraint", "said"),
    [
        ("sh:pattern '('", 'sh:pattern is "("; it needs a regular expression that can be read.'),
        ("sh:minCount 'x'", 'sh:minCount is "x"; it needs a whole number, 0 or more.'),
        ("sh:maxCount -1", 'sh:maxCount is "-1"; it needs a whole number, 0 or more.'),
        ("sh:minLength 1.0", 'sh:minLength is "1.0"; it needs a whole number, 0 or more.'),
        ("sh:datatype 'date'", 'sh:datatype is "date"; it needs an IRI.'),
        ("sh:class 'Ship'", 'sh:class is "Ship"; it needs an IRI.'),
        ("sh:uniqueLang 'maybe'", 'sh:uniqueLang is "maybe"; it needs true or false.'),
        ("sh:in 'x'", 'sh:in is "x"; it needs a list of values, written as ( ... ).'),
        ("sh:languageIn ( ex:nl )", "sh:languageIn is a node without IRI; it needs a list of language tags"),
        ("sh:or ( ex:none )", "sh:or is a node without IRI; it needs a list of shapes, written as ( ... )."),
        ("sh:nodeKind ex:Iri", "sh:nodeKind is <https://example.org/Iri>; it needs sh:IRI, sh:Literal or sh:BlankNode"),
        ("sh:minInclusive ex:a", "sh:minInclusive is <https://example.org/a>; it needs a number, a date or another"),
        ("sh:or ( [ sh:minCount 'x' ] )", 'sh:minCount is "x"; it needs a whole number, 0 or more.'),
    ],
)
def test_wrong_values(constraint: str, said: str) -> None:
    with pytest.raises(ShapesError) as refused:
        check_shapes(ntriples(constraint))
    assert str(refused.value).startswith(f"{S}: {said}")


def test_two_values_of_what_there_is_one_of() -> None:
    with pytest.raises(ShapesError) as refused:
        check_shapes(ntriples("sh:minCount 1, 2"))
    assert str(refused.value) == f'{S} has 2 values of sh:minCount ("1", "2"); give it one.'


def test_a_misspelt_parameter() -> None:
    with pytest.raises(ShapesError) as refused:
        check_shapes(ntriples("sh:minCont 1"))
    assert str(refused.value) == f"{S} has sh:minCont, which SHACL does not have; did you mean sh:minCount?"


@pytest.mark.parametrize(
    "constraint",
    [
        r"sh:pattern '^\\p{L}+$', '^a'",
        "sh:in ()",
        "sh:class ex:A, ex:B",
        "sh:deactivated '1'^^<http://www.w3.org/2001/XMLSchema#boolean>",
        "sh:or ( [ sh:class ex:A ] [ sh:nodeKind sh:IRIOrLiteral ] )",
        "sh:qualifiedValueShape [ sh:languageIn ( 'nl' ) ] ; sh:qualifiedMinCount 0",
        "sh:lessThan ex:q ; sh:severity ex:Mine ; sh:defaultValue 3",
    ],
)
def test_right_values(constraint: str) -> None:
    check_shapes(ntriples(constraint))


def test_the_shapes_of_the_repository_are_right(root: Path) -> None:
    for folder in (root, root / "tests" / "kb_bridges"):
        files = read_folder(folder / "shapes", root=folder, blank_nodes=True)
        check_shapes(b"".join(file.ntriples for file in files))
