"""The engine of record finds what a query of SHACL says, brackets or not."""

from __future__ import annotations

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kggraph.errors import ShapesError
from kggraph.terms import RDF, SH, XSD
from kggraph.validation.engines import ENGINES, validate
from kggraph.validation.shifty_queries import readable, readable_query

DATA = f'<e:a> <e:p> "7"^^<{XSD}integer> .\n'.encode()
QUERY = "SELECT $this ?value WHERE {{ $this <e:p> ?value . BIND (5 AS ?five) FILTER ( {} ) }}"


def shape(query: str) -> bytes:
    text = str(ox.Literal(query))
    return (
        f"<e:s> <{RDF}type> <{SH}NodeShape> .\n<e:s> <{SH}targetSubjectsOf> <e:p> .\n<e:s> <{SH}property> <e:q> .\n"
        f"<e:q> <{SH}path> <e:p> .\n<e:q> <{SH}sparql> <e:c> .\n<e:c> <{SH}select> {text} .\n"
    ).encode()


def is_found(expression: str, engine: str = "shifty") -> bool:
    return bool(validate(DATA, shape(QUERY.format(expression)), engine).results)


@pytest.mark.parametrize("engine", sorted(ENGINES))
@pytest.mark.parametrize(
    "expression",
    [
        "(?value + 1) * 2 = 16",
        "16 / (?value + 1) = 2",
        "-(?value + 1) = -8",
        "?value - 1 - 2 = 4",
        "?value - 1 + 2 = 8",
        "24 / 4 / 2 = 3",
        "24 / 4 * 2 = 12",
        "!(?value = 8)",
        "!(?value = 7 && ?five = 6)",
        "!(!(?value = 7))",
        "(?value = 7 && ?five = 6) = false",
        "IF((?value + 1) * 2 = 16, true, false)",
        "?value IN (7, 8) && ?value NOT IN (8, 9)",
        "?value = 8 || !(?five > 5 || ?value = 8)",
        "?value != 8",
        "?value = 7.0",
        "?value != $this && $this != 'a'",
    ],
)
def test_brackets_count(expression: str, engine: str) -> None:
    assert is_found(expression, engine)
    assert not is_found(f"!({expression})", engine)


@pytest.mark.parametrize(
    "query",
    [
        'SELECT $this WHERE { $this <a:p>/(<a:q>|^<a:r>)* ?v . FILTER ( !BOUND(?v) || STR(?v) < "(a - b) - c"@en ) }',
        "SELECT $this (COUNT(DISTINCT ?v) AS ?n) WHERE { $this !(<a:p>|<a:q>) ?v } GROUP BY $this HAVING (MAX(?v) > 1)",
        "ASK { { SELECT ?a (MAX(?b) AS ?c) WHERE { ?a <a:p> ?b } GROUP BY ?a } FILTER REGEX(STR(?c), '^(x|y)$', 'i') }",
        "SELECT $this ?value WHERE { $this <a:p> ?value ; <a:q> ( 1 2 ) . BIND (1 + 2 + 3 * 4 AS ?n) }",
    ],
)
def test_what_needs_no_brackets_is_untouched(query: str) -> None:
    ox.Store().query(query)
    assert readable_query(query) == query
    assert readable(shape(query)) == shape(query)


def test_conditions_on_patterns() -> None:
    assert is_found("NOT EXISTS { $this <e:z>/<e:y>* ?z . FILTER (!(?z = 1)) } && ?value = 7")
    assert not is_found("EXISTS { $this <e:p> ?z . FILTER (!(?z = 7)) } || ?value = 8")
    with pytest.raises(ShapesError, match="FILTER of its own"):
        is_found("!(EXISTS { $this <e:p> ?z } && ?value = 8)")


NUMBERS = st.recursive(
    st.sampled_from(["?value", "?five", "2", "3", "-1"]),
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner) | st.builds("-({})".format, inner)
    ),
    max_leaves=5,
)
TRUTHS = st.recursive(
    st.builds("({} {} {})".format, NUMBERS, st.sampled_from(["=", "!=", "<", ">="]), NUMBERS)
    | st.builds("({} - {} + {} = {})".format, NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["&&", "||", "="]), inner)
        | st.builds("!{}".format, inner)
    ),
    max_leaves=4,
)


@settings(max_examples=150, deadline=None)
@given(TRUTHS)
def test_any_expression_means_the_same(expression: str) -> None:
    store = ox.Store()
    store.load(DATA, format=ox.RdfFormat.N_TRIPLES)
    query = QUERY.format(expression)
    expected = len(list(store.query(query)))  # type: ignore[arg-type]
    assert len(list(store.query(readable_query(query)))) == expected  # type: ignore[arg-type]
    assert is_found(expression) == bool(expected)
