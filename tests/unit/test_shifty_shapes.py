"""Parts of shapes that are not given to the engine: what it would find is found all the same."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kggraph.config import load
from kggraph.publish.inputs import read_shapes
from kggraph.terms import RDF, SH
from kggraph.validation.engines import validate
from kggraph.validation.narrowing import marked
from kggraph.validation.shifty_engine import _SMALL
from kggraph.validation.shifty_patterns import understood
from kggraph.validation.shifty_shapes import applicable
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
    shapes, _ = marked(shapes)
    left, mark = applicable(shapes, b""), f"<{SH}pattern>".encode()
    assert shapes.count(mark) - left.count(mark) > 20


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
    assert len(data) > _SMALL and applicable(shapes, data) == shapes
    (found,) = validate(data, shapes).results
    assert found.component == f"{SH}PatternConstraintComponent" and found.value is not None


def test_the_pattern_that_all_have_is_left_out() -> None:
    data, shapes = _many(), _shapes(WEB)
    assert b"pattern" not in applicable(shapes, data)
    assert not validate(data, shapes).results


def test_what_must_not_match_and_does_is_found() -> None:
    data = _many()
    assert len(validate(data, _shapes(WEB, "not")).results) == data.count(b"\n")


def test_flags_and_paths_of_several_steps_are_left_to_the_engine() -> None:
    shapes = _shapes(WEB)
    assert applicable(shapes + f'<e:q> <{SH}flags> "i" .\n'.encode(), b"").count(b"pattern>") == 1
    inverse = shapes.replace(f"<{SH}path> <e:p>".encode(), f"<{SH}path> _:b".encode())
    assert applicable(inverse, b"") == inverse


_ADDRESS = f"""<e:A> a <{SH}NodeShape> ; <{SH}targetObjectsOf> <e:p> ; <{SH}pattern> "/[a-z0-9]+(-[a-z0-9]+)*$" ."""


def test_the_pattern_that_all_focus_nodes_have_is_left_out() -> None:
    data = _ntriples("<e:a> <e:p> <e:x/a-b-1>, <e:x/c> .")
    assert b"pattern>" not in applicable(_ntriples(_ADDRESS), data)
    assert b"pattern>" in applicable(_ntriples(_ADDRESS), data + _ntriples("<e:a> <e:p> <e:x/a--b> ."))


@pytest.mark.parametrize(
    "more",
    [
        f"<e:A> <{SH}targetNode> <e:z> .",
        f"<e:A> <{SH}targetSubjectsOf> <e:p> .",
        f"<e:A> <{SH}targetClass> <e:C> .",
        f"<e:A> <{SH}targetObjectsOf> <e:q> .",
        "<e:A> a <http://www.w3.org/2000/01/rdf-schema#Class> .",
        f"<e:B> <{SH}targetSubjectsOf> <e:p> ; <{SH}node> <e:A> .",
        f"<e:B> <{SH}targetSubjectsOf> <e:p> ; <{SH}not> <e:A> .",
    ],
)
def test_a_pattern_with_other_focus_nodes_stays(more: str) -> None:
    shapes = _ntriples(f"{_ADDRESS}\n{more}")
    assert applicable(shapes, _ntriples("<e:a> <e:p> <e:x/a> .")) == shapes


def test_with_constraints_of_ones_own_every_property_stays() -> None:
    shapes = _ntriples(f"<e:S> a <{SH}NodeShape> ; <{SH}property> <e:P> . <e:P> <{SH}path> <e:p> ; <e:longest> 5 .")
    assert applicable(shapes, b"") != shapes
    own = shapes + _ntriples(f"<e:Longest> <{SH}parameter> <e:l> . <e:l> <{SH}path> <e:longest> .")
    assert applicable(own, b"") == own


_CONSTRAINTS = [
    f'<{SH}pattern> "^a/[a-z0-9]+(-[a-z0-9]+)*$"',
    f'<{SH}pattern> "^a"',
    f"<{SH}minCount> 1",
    f"<{SH}maxCount> 1",
    f"<{SH}hasValue> <e:v>",
    f"<{SH}equals> <e:p>",
    f"<{SH}disjoint> <e:p>",
    f"<{SH}nodeKind> <{SH}IRI>",
    f"<{SH}class> <e:C>",
    f"<{SH}property> <e:Q>",
    f"<{SH}node> <e:N>",
    f"<{SH}not> <e:N>",
    f"<{SH}qualifiedValueShape> <e:N> ; <{SH}qualifiedMinCount> 1",
    f"<{SH}qualifiedValueShape> <e:N> ; <{SH}qualifiedMaxCount> 0",
    f"<{SH}severity> <{SH}Warning>",
]
_OBJECTS = ["<e:v>", "<e:a>", '"a/b-c"', '"a/b-"', '"b"', "<a/x>", "1"]
_PROPERTY = st.tuples(st.sampled_from("pqr"), st.lists(st.sampled_from(_CONSTRAINTS), max_size=3))
_NODE = st.tuples(
    st.sampled_from([f"<{SH}closed> true", f'<{SH}pattern> "^e:a"', f"<{SH}nodeKind> <{SH}IRI>", ""]),
    st.sampled_from([f"<{SH}targetObjectsOf> <e:t>", f"<{SH}targetSubjectsOf> <e:p>", f"<{SH}targetNode> <e:a>", ""]),
    _PROPERTY,
)


@settings(max_examples=150)
@given(
    nodes=st.tuples(_NODE, _NODE),
    inner=_PROPERTY,
    data=st.sets(
        st.tuples(st.sampled_from("av"), st.sampled_from("pqt"), st.sampled_from(_OBJECTS)), min_size=1, max_size=6
    ),
)
def test_what_is_left_out_finds_nothing(
    nodes: tuple[tuple[str, str, tuple[str, list[str]]], ...],
    inner: tuple[str, list[str]],
    data: set[tuple[str, str, str]],
) -> None:
    """`<e:Q>` may be a property of shapes, `<e:N>` is one that others refer to, and one is for itself."""
    lines = [f"<e:Q> a <{SH}PropertyShape> ; {_told(inner, without='<e:Q>')} ."]
    for name, (constraint, target, one) in zip("NS", nodes, strict=True):
        told = f"<{SH}property> [ {_told(one, '<e:N>' if name == 'N' else '')} ]"
        lines.append(f"<e:{name}> {' ; '.join(filter(None, (told, constraint, target)))} .")
    shapes = _ntriples("\n".join(lines))
    graph = _ntriples("\n".join(f"<e:{s}> <e:{p}> {o} ." for s, p, o in sorted(data)))
    assert validate(graph, applicable(shapes, graph)).results == validate(graph, shapes).results


def _told(one: tuple[str, list[str]], without: str) -> str:
    """A property shape in Turtle; what would make the shapes recursive is left out."""
    predicate, constraints = one
    kept = [text for text in constraints if not (without and (f"{without}" in text or "<e:N>" in text))]
    return " ; ".join([f"<{SH}path> <e:{predicate}>", *dict.fromkeys(kept)])


def _ntriples(turtle: str) -> bytes:
    quads = ox.parse(turtle, ox.RdfFormat.TURTLE, base_iri="https://example.org/")
    return ox.serialize([quad.triple for quad in quads], format=ox.RdfFormat.N_TRIPLES) or b""
