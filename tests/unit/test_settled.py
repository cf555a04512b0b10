"""What is seen of whole sets, so that the engine is not asked: what it would find is found all the same."""

from __future__ import annotations

import re

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kggraph.config import load
from kggraph.publish.inputs import read_shapes
from kggraph.rdf import ntriples
from kggraph.terms import RDF, SH
from kggraph.validation.certain import _COUNTED, _EACH
from kggraph.validation.engines import validate
from kggraph.validation.report import Report
from kggraph.validation.settled import unsettled
from kggraph.validation.shifty_engine import _SMALL
from kggraph.validation.shifty_patterns import understood
from tests.conftest import ROOT

_PIECES = [
    "a",
    "b",
    "-",
    "/",
    "0",
    " ",
    "\\.",
    ".",
    "\\s",
    "\\d",
    "\n",
    "é",
    "(",
    ")",
    "(?:",
    "|",
    "^",
    "$",
    "*",
    "+",
    "?",
]
_PIECES += [
    "(-[a-z]+)*",
    "(/[a-z0-9]+)*",
    "[a-b]",
    "[^\\s]",
    "[^a\\s-]",
    "[\\s]",
    "[a-]",
    "[]a]",
    "[a&&b]",
    "[[a]]",
    "{2}",
    "{1,}",
    "{,2}",
    "{0,1}",
]
TEXTS = st.text("ab-/0 .\n\x1f\u00a0\u2003é]&", max_size=6)
WEB = '^https?://[^\\s<>"]+$'


@settings(suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(pattern=st.lists(st.sampled_from(_PIECES), min_size=1, max_size=7).map("".join), data=st.data())
def test_what_matches_here_matches_in_the_engine(pattern: str, data: st.DataObject) -> None:
    known = understood(pattern)
    assume(known is not None)
    assert known is not None
    text = data.draw(st.one_of(TEXTS, st.from_regex(known)))
    assume(known.search(text))
    # So few data are given to the engine with all patterns.
    assert not validate(f"<e:a> <e:p> {ox.Literal(text)} .\n".encode(), _shapes(pattern)).results


@pytest.mark.parametrize(
    "pattern",
    [
        "^([a-z]+)*$",
        "^[a-z]+(-?[a-z]+)*$",
        "(a+)+",
        "\\w+",
        ".",
        "[\\s]",
        "(?i)a",
        "a*",
        "^$",
        "a**",
        "a*a*a*b",
        "a?a?a?a?a?b",
        "[a",
        "(",
    ],
)
def test_what_is_left_to_the_engine(pattern: str) -> None:
    assert understood(pattern) is None


def test_most_patterns_of_the_knowledge_base_are_understood() -> None:
    shapes, _ = read_shapes(load(ROOT, {}))
    patterns = [term for _, name, term in ntriples.rows(shapes) if name == f"<{SH}pattern>".encode()]
    assert sum(understood(ntriples.literal(term).text) is not None for term in patterns) >= len(patterns) - 3 >= 20


def _shapes(pattern: str, constraint: str = "property") -> bytes:
    text = str(ox.Literal(pattern))
    return (
        f"<e:s> <{RDF}type> <{SH}NodeShape> .\n<e:s> <{SH}targetSubjectsOf> <e:p> .\n<e:s> <{SH}{constraint}> <e:q> .\n"
        f"<e:q> <{SH}path> <e:p> .\n<e:q> <{SH}pattern> {text} .\n"
    ).encode()


def _many(*more: str) -> bytes:
    """Enough data for the quick way, all of them addresses, and some more values."""
    values = [*(f"<https://example.org/{number}/{'x' * 60}>" for number in range(_SMALL // 80)), *more]
    return "".join(f"<e:{number}> <e:p> {value} .\n" for number, value in enumerate(values)).encode()


@pytest.mark.parametrize(
    "wrong",
    ["<https://example.org/a\u00a0b>", "<ftp://example.org/>", '"https://example.org/ a"', '"https://example.org/\\n"'],
)
def test_one_wrong_value_of_many_is_found(wrong: str) -> None:
    data, shapes = _many(wrong, '"https://example.org/"'), _shapes(WEB)
    assert len(data) > _SMALL and unsettled(shapes, data)[0]
    (found,) = validate(data, shapes).results
    assert found.component == f"{SH}PatternConstraintComponent" and found.value is not None


def test_the_pattern_that_all_have_is_settled() -> None:
    data, shapes = _many(), _shapes(WEB)
    assert unsettled(shapes, data) == (b"", b"")
    assert not validate(data, shapes).results


def test_what_must_not_match_and_does_is_found() -> None:
    data = _many()
    assert len(validate(data, _shapes(WEB, "not")).results) == data.count(b"\n")


# ---------------------------------------------------------------- each constraint
_SHAPE = f"<e:S> a <{SH}NodeShape> ; <{SH}targetSubjectsOf> <e:p> ; <{SH}property> <e:P> . <e:P> <{SH}path> <e:p>"
_NODE_SHAPE = f"<e:S> a <{SH}NodeShape> ; <{SH}targetSubjectsOf> <e:p>"
_OTHERS = """
<e:C1> <http://www.w3.org/2000/01/rdf-schema#subClassOf> <e:C> . <e:c> a <e:C> . <e:d> a <e:C1> .
<e:a> <e:q> <e:c>, <e:d> . <e:c> <e:r> <e:v> . <e:d> <e:r> <e:v> .
"""
_SETTLED = {
    # A constraint; values of <e:a> that satisfy it for sure; values that do not satisfy it.
    f"<{SH}datatype> <http://www.w3.org/2001/XMLSchema#string>": ('"a", "b \\"c"', '"a"@en', "1", "<e:c>"),
    f"<{SH}datatype> <http://www.w3.org/1999/02/22-rdf-syntax-ns#langString>": ('"a"@en, "b"@nl-be', '"a"', "<e:c>"),
    f"<{SH}datatype> <http://www.w3.org/2001/XMLSchema#integer>": ("1, 23, -4", '"a"', "1.5", '"x"^^xsd:integer'),
    f"<{SH}datatype> <http://www.w3.org/2001/XMLSchema#boolean>": ("true, false", '"true"', '"yes"^^xsd:boolean'),
    f"<{SH}datatype> <http://www.w3.org/2001/XMLSchema#gYear>": ('"2024"^^xsd:gYear', '"2024"', "2024"),
    f"<{SH}datatype> <http://www.w3.org/2001/XMLSchema#gYearMonth>": (
        '"2024-12"^^xsd:gYearMonth, "2024-09"^^xsd:gYearMonth',
        '"2024-12"',
    ),
    f"<{SH}datatype> <http://www.w3.org/2001/XMLSchema#date>": (
        '"2024-02-28"^^xsd:date, "2023-04-30"^^xsd:date, "2023-12-31"^^xsd:date, "2023-10-10"^^xsd:date',
        '"2023-02-29"^^xsd:date',
        '"2023-04-31"^^xsd:date',
        '"2023-01-32"^^xsd:date',
        '"2023-00-01"^^xsd:date',
    ),
    f"<{SH}nodeKind> <{SH}IRI>": ("<e:c>", '"a"', "_:b"),
    f"<{SH}nodeKind> <{SH}Literal>": ('"a", 1', "<e:c>", "_:b"),
    f"<{SH}nodeKind> <{SH}BlankNode>": ("_:b", "<e:c>", '"a"'),
    f"<{SH}nodeKind> <{SH}BlankNodeOrIRI>": ("_:b, <e:c>", '"a"'),
    f"<{SH}nodeKind> <{SH}BlankNodeOrLiteral>": ('_:b, "a"', "<e:c>"),
    f"<{SH}nodeKind> <{SH}IRIOrLiteral>": ('<e:c>, "a"', "_:b"),
    f"<{SH}class> <e:C>": ("<e:c>, <e:d>", "<e:e>", '"e:c"'),
    f'<{SH}in> ( <e:c> 1 "a"@en )': ('<e:c>, 1, "a"@en', '"a"', "2", "<e:d>"),
    f'<{SH}languageIn> ( "en" "nl-BE" )': ('"a"@en, "b"@EN-gb, "c"@nl-be', '"a"', '"a"@nl', '"a"@eng', "<e:c>"),
    f"<{SH}minLength> 1": ('"a", "\\"", <e:c>', '""', '""@en', "_:b"),
    f'<{SH}pattern> "^a[0-9]+$"': ('"a1", "a22"@en', '"a"', '"ba1"', "_:b"),
    f"<{SH}minCount> 1 ; <{SH}maxCount> 1": ("<e:c>", "<e:c>, <e:d>"),
    f"<{SH}hasValue> <e:c>": ("<e:c>, 1", "<e:d>"),
    f"<{SH}uniqueLang> true": ('"a"@en, "a"@nl, "a", "b"', '"a"@en, "b"@EN', '"a"@nl-be, "b"@nl-be'),
    f"<{SH}node> [ <{SH}property> [ <{SH}path> <e:r> ; <{SH}hasValue> <e:v> ] ]": ("<e:c>, <e:d>", "<e:v>", '"a"'),
    f"<{SH}property> [ <{SH}path> <e:r> ; <{SH}minCount> 1 ]": ("<e:c>, <e:d>", "<e:v>", '"a"'),
    f"<{SH}and> ( [ <{SH}class> <e:C> ] [ <{SH}nodeKind> <{SH}IRI> ] )": ("<e:c>, <e:d>", "<e:v>", '"a"'),
    f"<{SH}or> ( [ <{SH}class> <e:C1> ] [ <{SH}nodeKind> <{SH}Literal> ] )": ("<e:d>, 1", "<e:c>", "_:b"),
    f"<{SH}qualifiedValueShape> [ <{SH}class> <e:C> ] ; <{SH}qualifiedMinCount> 1": ("<e:c>, 1", "1", "<e:v>"),
}


@pytest.mark.parametrize("constraint", _SETTLED)
def test_what_satisfies_a_constraint_is_settled_and_what_does_not_is_found(constraint: str) -> None:
    right, *wrong = _SETTLED[constraint]
    shapes = _ntriples(f"{_SHAPE} ; {constraint} .")
    assert unsettled(shapes, _ntriples(f"{_OTHERS} <e:a> <e:p> {right} .")) == (b"", b"")
    for values in wrong:
        # One wrong node beside one that is right.
        data = _ntriples(f"{_OTHERS} <e:a> <e:p> {right} . <e:z> <e:p> {values} .")
        assert validate(data, shapes).results, values
        assert _found(shapes, data) == validate(data, shapes).results, values


def test_each_constraint_that_can_be_certain_is_tried() -> None:
    tried = " ".join([*_SETTLED, *_ON_NODES])
    assert {name for name in {*_EACH, *_COUNTED} if name.decode() not in tried} == set()


_ON_NODES = {
    f"<{SH}closed> true ; <{SH}ignoredProperties> ( <e:q> ) ; <{SH}property> <e:P> . <e:P> <{SH}path> <e:p>": (
        "<e:a> <e:p> 1 ; <e:q> 2 . <e:b> <e:r> 3 .",
        "<e:a> <e:r> 1 .",
    ),
    f"<{SH}hasValue> <e:a>": ("<e:a> <e:p> 1 .", "<e:b> <e:p> 1 ."),
    f"<{SH}nodeKind> <{SH}IRI>": ("<e:a> <e:p> 1 .", "[] <e:p> 1 ."),
    f'<{SH}pattern> "^e:[a-b]+$"': ("<e:a> <e:p> 1 . <e:c> <e:q> 1 .", "<e:c> <e:p> 1 ."),
    f"<{SH}property> [ <{SH}path> [ <{SH}inversePath> <e:q> ] ; <{SH}minCount> 1 ; <{SH}maxCount> 1 ]": (
        "<e:a> <e:p> 1 . <e:b> <e:q> <e:a> .",
        "<e:c> <e:q> <e:a> .",
    ),
    f"<{SH}property> [ <{SH}path> [ <{SH}alternativePath> ( <e:q> <e:r> ) ] ; <{SH}minCount> 1 ]": (
        "<e:a> <e:p> 1 ; <e:q> 2 . <e:b> <e:p> 1 ; <e:r> 2 .",
        "<e:c> <e:p> 1 .",
    ),
}


@pytest.mark.parametrize("constraint", _ON_NODES)
def test_so_it_is_of_focus_nodes(constraint: str) -> None:
    right, wrong = _ON_NODES[constraint]
    shapes, data = _ntriples(f"{_NODE_SHAPE} ; {constraint} ."), _ntriples(right)
    assert unsettled(shapes, data) == (b"", b"")
    data += _ntriples(wrong)
    assert validate(data, shapes).results and _found(shapes, data) == validate(data, shapes).results


_OTHER = f"<{SH}property> [ <{SH}path> <e:q> ; <{SH}maxLength> 1 ]"
"""Something that is never certain, so that a shape stays."""
_UNSETTLED = {
    # Shapes, and data in which the engine finds something.
    "two are asked": (f"{_SHAPE} ; <{SH}minCount> 2 .", "<e:a> <e:p> 1 ."),
    "none is allowed": (f"{_SHAPE} ; <{SH}maxCount> 0 .", "<e:a> <e:p> 1 ."),
    "two of a shape": (
        f"{_SHAPE} ; <{SH}qualifiedMinCount> 2 ; <{SH}qualifiedValueShape> [ <{SH}nodeKind> <{SH}IRI> ] .",
        "<e:a> <e:p> <e:c> .",
    ),
    "other values without own ones": (
        f"<e:S> <{SH}targetSubjectsOf> <e:q> ; <{SH}property> [ <{SH}path> <e:p> ; <{SH}equals> <e:q> ] .",
        "<e:a> <e:q> 1 . <e:b> <e:p> 1 .",
    ),
    "the second constraint of a shape of values": (
        f"{_SHAPE} ; <{SH}node> [ <{SH}nodeKind> <{SH}IRI> ; <{SH}class> <e:C> ] .",
        "<e:a> <e:p> <e:c> .",
    ),
    "spaces of a pattern that mean nothing": (
        f'{_SHAPE} ; <{SH}pattern> "^a b$" ; <{SH}flags> "x" .',
        '<e:a> <e:p> "a b" .',
    ),
    "instances of a class that is a shape": (
        f"{_NODE_SHAPE} ; a <http://www.w3.org/2000/01/rdf-schema#Class> ; {_OTHER} ; "
        f"<{SH}property> [ <{SH}path> <e:p> ; <{SH}minCount> 1 ] .",
        "<e:a> <e:p> 1 ; <e:q> 22 . <e:d> a <e:S> .",
    ),
    "what one shape need not ask and another must": (
        f"{_NODE_SHAPE} ; <{SH}property> [ <{SH}path> <e:p> ; <{SH}minCount> 1 ] ; {_OTHER} . "
        f"<e:O> <{SH}targetSubjectsOf> <e:r> ; <{SH}node> <e:S> .",
        "<e:a> <e:p> 1 ; <e:q> 22 . <e:b> <e:r> 1 .",
    ),
    "focus nodes of a query": (
        f"{_NODE_SHAPE} ; {_OTHER} ; <{SH}property> [ <{SH}path> <e:p> ; <{SH}minCount> 1 ] ; "
        f'<{SH}target> [ a <{SH}SPARQLTarget> ; <{SH}select> "SELECT ?this {{ ?this <e:r> ?value }}" ] .',
        "<e:a> <e:p> 1 ; <e:q> 22 . <e:b> <e:r> 1 .",
    ),
    "prefixes of a query that are imported": (
        f'{_NODE_SHAPE} ; <{SH}sparql> [ <{SH}prefixes> <e:A> ; <{SH}select> "SELECT $this {{ $this z:r ?v }}" ] . '
        f"<e:A> <http://www.w3.org/2002/07/owl#imports> <e:B> . <e:B> <{SH}declare> "
        f'[ <{SH}prefix> "z" ; <{SH}namespace> "e:"^^xsd:anyURI ] .',
        "<e:a> <e:p> 1 ; <e:r> 2 .",
    ),
}


@pytest.mark.parametrize("case", _UNSETTLED)
def test_what_is_not_certain_is_found_by_the_engine(case: str) -> None:
    shapes, data = map(_ntriples, _UNSETTLED[case])
    assert validate(data, shapes).results, "the engine finds nothing at all"
    assert _found(shapes, data) == validate(data, shapes).results


@pytest.mark.parametrize(
    "constraint",
    [
        f"<{SH}closed> <{SH}ByTypes> ; <{SH}ignoredProperties> ( <e:p> )",
        f"<{SH}and> <e:list>",
        f"<{SH}property> [ <{SH}path> [ <{SH}inversePath> <e:q> ; <{SH}zeroOrMorePath> <e:r> ] ; <{SH}class> <e:C> ]",
        f"<{SH}property> [ <{SH}path> <e:p>, <e:q> ; <{SH}nodeKind> <{SH}Literal> ]",
        f"<{SH}property> <e:Nowhere>",
        f"<{SH}property> <e:N> . <e:N> <{SH}nodeKind> <{SH}IRI>",
        f"<{SH}node> <e:Nowhere>",
        f"<{SH}deactivated> true",
    ],
)
def test_what_is_no_shape_of_the_standard_is_left_to_the_engine(constraint: str) -> None:
    assert unsettled(_ntriples(f"{_NODE_SHAPE} ; {constraint} ."), _ntriples("<e:a> <e:p> 1 ."))[0]


def test_a_language_with_a_direction_is_another_datatype() -> None:
    shapes = _ntriples(f"{_SHAPE} ; <{SH}datatype> <{RDF}langString> .")
    assert unsettled(shapes, b'<e:a> <e:p> "a"@en .\n')[0] == b""
    assert unsettled(shapes, b'<e:a> <e:p> "a"@en--ltr .\n')[0]


@pytest.mark.parametrize(
    "more",
    [
        f"<e:Longest> <{SH}parameter> <e:l> . <e:l> <{SH}path> <e:longest> .",
        f"<e:Q> <{SH}path> <e:q> ; <{SH}qualifiedValueShapesDisjoint> true .",
        f'<e:S> <{SH}sparql> [ <{SH}select> "SELECT $this {{ GRAPH $shapesGraph {{ ?s ?p ?o }} }}" ] .',
    ],
)
def test_with_shapes_that_depend_on_others_nothing_is_settled(more: str) -> None:
    shapes, data = _ntriples(f"{_SHAPE} ; <{SH}maxCount> 1 ."), _ntriples("<e:a> <e:p> 1 .")
    assert unsettled(shapes, data) == (b"", b"")
    shapes += _ntriples(more)
    assert unsettled(shapes, data) == (shapes, data)


def test_with_triples_about_triples_nothing_is_settled() -> None:
    shapes, data = _ntriples(f"{_SHAPE} ; <{SH}nodeKind> <{SH}IRI> ."), b"<e:a> <e:p> <<( <e:a> <e:b> <e:c> )>> .\n"
    assert unsettled(shapes, data) == (shapes, data)


def test_a_shape_that_uses_itself_is_left_to_the_engine() -> None:
    shapes = _ntriples(f"{_SHAPE} ; <{SH}node> <e:S> .")
    assert unsettled(shapes, _ntriples("<e:a> <e:p> <e:a> ."))[0]


def test_only_triples_that_shapes_still_ask_about_are_left() -> None:
    shapes = _ntriples(f"{_SHAPE} ; <{SH}nodeKind> <{SH}IRI> ; <{SH}maxLength> 3 . <e:S> <{SH}property> <e:Q> . "
                       f"<e:Q> <{SH}path> <e:q> ; <{SH}class> <e:C> .")  # fmt: skip
    _, left = unsettled(shapes, _ntriples("<e:a> <e:p> <e:c> ; <e:q> <e:d> ; <e:r> 1 . <e:d> a <e:C> ."))
    assert left == b"<e:a> <e:p> <e:c> .\n"


def test_a_query_may_ask_about_all_triples() -> None:
    query = f'<{SH}sparql> [ <{SH}select> "SELECT $this {{ $this <e:r> ?value }}" ]'
    shapes, data = _ntriples(f"{_NODE_SHAPE} ; {query} ."), _ntriples("<e:a> <e:p> 1 ; <e:r> 2 .")
    assert unsettled(shapes, data)[1] == data
    assert unsettled(shapes, _ntriples("<e:a> <e:r> 2 .")) == (b"", b"")


# ---------------------------------------------------------------- random shapes and data
_CONSTRAINTS = [
    *_SETTLED,
    f'<{SH}pattern> "^a/[a-z0-9]+(-[a-z0-9]+)*$"',
    f'<{SH}pattern> "^A" ; <{SH}flags> "i"',
    f"<{SH}minCount> 2",
    f"<{SH}maxCount> 0",
    f"<{SH}equals> <e:p>",
    f"<{SH}disjoint> <e:p>",
    f"<{SH}lessThan> <e:q>",
    f"<{SH}maxLength> 2",
    f"<{SH}property> <e:Q>",
    f"<{SH}node> <e:N>",
    f"<{SH}not> <e:N>",
    f"<{SH}xone> ( <e:N> [ <{SH}class> <e:C> ] )",
    f"<{SH}qualifiedValueShape> <e:N> ; <{SH}qualifiedMinCount> 1",
    f"<{SH}qualifiedValueShape> <e:N> ; <{SH}qualifiedMaxCount> 0",
    f"<{SH}severity> <{SH}Warning>",
    f"<{SH}deactivated> true",
    f'<{SH}sparql> [ <{SH}select> "SELECT $this {{ $this <e:q> ?value }}" ]',
]
_OBJECTS = ["<e:v>", "<e:a>", "<e:c>", '"a/b-c"', '"a/b-"', '"a1"', '"b"@en', '"c"@en', '"b"@nl', "<a/x>", "1", "_:b"]
_PATHS = [
    *("<e:p>", "<e:q>", "<e:r>"),
    f"[ <{SH}inversePath> <e:p> ]",
    f"[ <{SH}alternativePath> ( <e:p> <e:q> ) ]",
    "( <e:p> <e:q> )",
    f"[ <{SH}zeroOrOnePath> <e:p> ]",
]
_PROPERTY = st.tuples(st.sampled_from(_PATHS), st.lists(st.sampled_from(_CONSTRAINTS), max_size=3))
_NODE = st.tuples(
    st.sampled_from(
        [
            f"<{SH}closed> true",
            f"<{SH}closed> true ; <{SH}ignoredProperties> ( <e:t> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> )",
            f'<{SH}pattern> "^e:a"',
            f"<{SH}nodeKind> <{SH}IRI>",
            f"<{SH}class> <e:C>",
            f"<{SH}hasValue> <e:a>",
            f"<{SH}deactivated> true",
            "",
        ]
    ),
    st.sampled_from(
        [
            f"<{SH}targetObjectsOf> <e:t>",
            f"<{SH}targetSubjectsOf> <e:p>",
            f"<{SH}targetSubjectsOf> <e:q> ; <{SH}targetObjectsOf> <e:p>",
            f"<{SH}targetNode> <e:a>",
            f"<{SH}targetClass> <e:C>",
            "a <http://www.w3.org/2000/01/rdf-schema#Class>",
            "",
        ]
    ),
    st.lists(_PROPERTY, min_size=1, max_size=2),
)
_TRIPLES = st.tuples(st.sampled_from("avcd"), st.sampled_from("pqrt"), st.sampled_from(_OBJECTS))


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(
    nodes=st.tuples(_NODE, _NODE),
    inner=_PROPERTY,
    data=st.sets(_TRIPLES, min_size=1, max_size=6),
    typed=st.sets(st.sampled_from(["<e:a> a <e:C>", "<e:c> a <e:C1>", "<e:d> a <e:S>", "<e:v> a <e:N>"])),
)
def test_the_engine_finds_the_same_in_what_is_left(
    nodes: tuple[tuple[str, str, list[tuple[str, list[str]]]], ...],
    inner: tuple[str, list[str]],
    data: set[tuple[str, str, str]],
    typed: set[str],
) -> None:
    """`<e:Q>` may be a property of shapes, `<e:N>` is one that others refer to, and one is for itself."""
    lines = [f"<e:Q> a <{SH}PropertyShape> ; {_told(inner, without='<e:Q>')} ."]
    for name, (constraint, target, properties) in zip("NS", nodes, strict=True):
        told = [f"<{SH}property> [ {_told(one, '<e:N>' if name == 'N' else '')} ]" for one in properties]
        lines.append(f"<e:{name}> {' ; '.join(filter(None, (*told, constraint, target)))} .")
    shapes = _ntriples("\n".join(lines))
    triples = [f"<e:{s}> <e:{p}> {o} ." for s, p, o in sorted(data)]
    below = "<e:C1> <http://www.w3.org/2000/01/rdf-schema#subClassOf> <e:C> ."
    graph = _ntriples("\n".join([*triples, *(f"{one} ." for one in sorted(typed)), below]))
    assert _found(shapes, graph) == validate(graph, shapes).results


def _told(one: tuple[str, list[str]], without: str) -> str:
    """A property shape in Turtle; what would make the shapes recursive is left out."""
    path, constraints = one
    kept, said = [], set[str]()
    for text in constraints:
        # SHACL lets most parameters have one value (https://www.w3.org/TR/shacl/#core-components).
        names = set(re.findall(f"<{SH}[a-zA-Z]+> ", text.split("[")[0].split("(")[0]))
        if not (said & names) and not (without and (without in text or "<e:N>" in text)):
            kept.append(text)
            said |= names
    return " ; ".join([f"<{SH}path> {path}", *kept])


def _found(shapes: bytes, data: bytes) -> tuple[object, ...]:
    """The results of what is left, when anything is."""
    left, asked = unsettled(shapes, data)
    return (validate(asked, left) if left else Report.of([])).results


def _ntriples(turtle: str) -> bytes:
    prefixes = "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n"
    quads = ox.parse(prefixes + turtle, ox.RdfFormat.TURTLE, base_iri="https://example.org/")
    return ox.serialize([quad.triple for quad in quads], format=ox.RdfFormat.N_TRIPLES) or b""
