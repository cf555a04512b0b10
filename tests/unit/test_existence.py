"""Which EXISTS are taken apart, into what, and which are left alone."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from kggraph.store.embedded import EmbeddedEngine
from kggraph.store.existence import nested
from kggraph.store.protocol import QueryRequest


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        # What is joined to something known outside comes first, whatever has fewer triples.
        ("?x a <C> . ?x <p> ?a .", "?x <p> ?a FILTER EXISTS { ?x a <C> }"),
        ("?x <p> ?a , ?a2 ; <q> 5 ; .", "?x <p> ?a FILTER EXISTS { ?x <q> 5 FILTER EXISTS { ?x <p> ?a2 } }"),
        ("?a <p>/<q> ?x", "?a <p> ?_step1 FILTER EXISTS { ?_step1 <q> ?x }"),
        ("?a ^<p>/(<q>|<r>)* 'x'@nl", "?a ^ <p> ?_step1 FILTER EXISTS { ?_step1 ( <q> | <r> ) * 'x'@nl }"),
        ("?a <p>|<q>/<r> ?x ; <s> ?y", "?a <p> | <q> / <r> ?x FILTER EXISTS { ?a <s> ?y }"),
        ("?y <r> ?x . ?x <p>* ?a", "?x <p> * ?a FILTER EXISTS { ?y <r> ?x }"),
        # A filter stays where all variables have their values.
        ("?x <p> ?a FILTER(?y > 1) ?x <q> ?y", "?x <p> ?a FILTER EXISTS { ?x <q> ?y FILTER(?y > 1)  }"),
    ],
)
def test_is_written_as_look_ups(group: str, expected: str) -> None:
    query = "SELECT ?a {{ ?a a <D> FILTER NOT EXISTS {{ {0} }} }} LIMIT 5 # EXISTS"
    assert nested(query.format(group)) == query.format(expected)


@pytest.mark.parametrize(
    "query",
    [
        "ASK { ?a ?b ?c FILTER EXISTS { ?a <p> ?x } }",
        "ASK { ?a ?b ?c FILTER EXISTS { ?a <p> [] ; <q> ?x } }",
        "ASK { ?a ?b ?c FILTER EXISTS { ?a <p> _:b . _:b <q> ?x } }",
        "ASK { ?a ?b ?c FILTER EXISTS { ?a <p> (1 2) ; <q> ?x } }",
        "ASK { ?a ?b ?c FILTER EXISTS { ?a !(<p>) ?x ; <q> ?x } }",
        "ASK { ?a ?b ?c FILTER EXISTS { ?a <p> ?x OPTIONAL { ?x <q> ?y } ?x <r> ?z } }",
        "ASK { ?a ?b ?c FILTER EXISTS { { ?a <p> ?x } UNION { ?a <q> ?x } ?x <r> ?z } }",
        "ASK { ?a ?b ?c FILTER EXISTS { GRAPH ?g { ?a <p> ?x . ?x <q> ?y } } }",
        "ASK { ?a ?b ?c FILTER EXISTS { SELECT ?x { ?a <p> ?x . ?x <q> ?y } } }",
        "ASK { ?exists <EXISTS> 'EXISTS { ?a <p> ?x . ?x <q> ?y }' }",
        # What is wrong stays as it is, for the engine to say so.
        "ASK { ?a ?b ?c FILTER EXISTS { ?a <p> ?x ?x <q> ?y } }",
        "ASK { ?a ?b ?c FILTER EXISTS { ?a <p> ?x . . ?x <q> ?y } }",
        "ASK { ?a ?b ?c FILTER EXISTS { ?a <p> ?x , . ?x <q> ?y } }",
        "ASK { ?a ?b ?c FILTER EXISTS { ?a <p> ?x . FILTER ?x ?x <q> ?y } }",
        "ASK { ?a ?b ?c FILTER EXISTS { ?a <p> ?x . ?x <q> ?y ) }",
        "ASK { ?a ?b ?c FILTER EXISTS { ?a <p> ?x . ?x <q> 'y } }",
        "ASK { ?a ?b ?c FILTER EXISTS",
        "",
    ],
)
def test_is_left_alone(query: str) -> None:
    assert nested(query) == query


def test_an_exists_in_an_exists_and_in_what_is_left_alone() -> None:
    query = "ASK { ?a ?b ?c FILTER EXISTS { ?a <p> ?x ; <q> ?y FILTER EXISTS { ?x <r>/<s> ?c } } }"
    inner = "?x <r> ?_step1 FILTER EXISTS { ?_step1 <s> ?c }"
    assert nested(query) == (
        f"ASK {{ ?a ?b ?c FILTER EXISTS {{ ?a <p> ?x FILTER EXISTS {{ ?a <q> ?y FILTER EXISTS {{ {inner} }}  }} }} }}"
    )
    query = "ASK { ?a ?b ?c FILTER EXISTS { OPTIONAL { ?a <p> ?x } FILTER EXISTS { ?x <r>/<s> ?c } } }"
    assert inner in nested(query)


def test_a_name_of_ours_is_none_of_the_query() -> None:
    assert "?_step_1" in nested("ASK { ?_step1 ?b ?c FILTER EXISTS { ?_step1 <p>/<q> ?c } }")


def test_many_within_each_other_take_no_time_that_doubles() -> None:
    query = "?a <p> ?b . ?b <q> ?c . "
    for _ in range(60):
        query = f"?a <p> ?b . ?b <q> ?c . FILTER EXISTS {{ {query} }} "
    assert nested(f"ASK {{ {query} }}").count("EXISTS") == 60 * 2


def test_a_query_that_compared_all_with_all_is_answered() -> None:
    """Two properties of 3,000 things: the engine by itself reads all of both for each of the 3,000."""
    store = ox.Store()
    lines = (f"<x:{n}> <x:p> <x:{n + 1}> ; <x:q> <x:{n + 2}> .\n" for n in range(3000))
    store.load("".join(lines).encode(), format=ox.RdfFormat.TURTLE)
    query = "SELECT (COUNT(*) AS ?n) { ?a <x:p> ?b FILTER NOT EXISTS { ?x <x:q> ?y . ?b <x:p> ?x . } }"
    answer = EmbeddedEngine(store).query(QueryRequest(query, "text/csv")).read()
    assert answer == b"n\r\n2\r\n"
