"""Patterns that are not given to the engine: what it would find is found all the same."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kggraph.config import load
from kggraph.publish.inputs import read_shapes
from kggraph.terms import RDF, SH
from kggraph.validation.engines import validate
from kggraph.validation.shifty_engine import _SMALL
from kggraph.validation.shifty_patterns import understood, without_kept_patterns
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
_PIECES += ["[a-b]", "[^\\s]", "[^a\\s-]", "[\\s]", "[a-]", "[]a]", "[a&&b]", "[[a]]", "{2}", "{1,}", "{,2}", "{0,1}"]
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
        "^[a-z]+(-[a-z]+)*$",
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
    left, mark = without_kept_patterns(shapes, b""), f"<{SH}pattern>".encode()
    assert shapes.count(mark) - left.count(mark) > 10


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
    assert len(data) > _SMALL and without_kept_patterns(shapes, data) == shapes
    (found,) = validate(data, shapes).results
    assert found.component == f"{SH}PatternConstraintComponent" and found.value is not None


def test_the_pattern_that_all_have_is_left_out() -> None:
    data, shapes = _many(), _shapes(WEB)
    assert b"pattern" not in without_kept_patterns(shapes, data)
    assert not validate(data, shapes).results


def test_what_must_not_match_and_does_is_found() -> None:
    data = _many()
    assert len(validate(data, _shapes(WEB, "not")).results) == data.count(b"\n")


def test_flags_and_paths_of_several_steps_are_left_to_the_engine() -> None:
    shapes = _shapes(WEB)
    assert without_kept_patterns(shapes + f'<e:q> <{SH}flags> "i" .\n'.encode(), b"").count(b"pattern>") == 1
    inverse = shapes.replace(f"<{SH}path> <e:p>".encode(), f"<{SH}path> _:b".encode())
    assert without_kept_patterns(inverse, b"") == inverse
