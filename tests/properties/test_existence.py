"""EXISTS written as look-ups one within the other has the same solutions, whatever the data and the query are."""

from __future__ import annotations

import pyoxigraph as ox
from hypothesis import given
from hypothesis import strategies as st

from kggraph.store.existence import nested

NAMES = ("a", "b", "c", "d", "e")
TERMS = st.sampled_from(["<x:1>", "<x:2>", "<x:3>", '"1"', '"1"@nl', "1", "true"])
TRIPLES = st.lists(st.tuples(st.sampled_from(["<x:1>", "<x:2>", "<x:3>"]), st.sampled_from("pqr"), TERMS), max_size=12)
VARIABLES = st.sampled_from([*(f"?{name}" for name in NAMES), *(f"${name}" for name in NAMES[:2])])
PLACES = st.one_of(VARIABLES, VARIABLES, TERMS)
STEPS = st.sampled_from(["<x:p>", ":q", "^<x:r>", "<x:p>*", ":q+", "<x:r>?", "(<x:p>|:q)", "(:q/<x:r>)*", "^(:q/:p)"])
PATHS = st.one_of(
    VARIABLES,
    STEPS,
    st.lists(STEPS, min_size=2, max_size=3).map("/".join),
    st.lists(STEPS, min_size=2, max_size=3).map("|".join),
    st.tuples(STEPS, STEPS, STEPS).map(lambda three: f"{three[0]}/{three[1]} | {three[2]}"),
)
OBJECTS = st.lists(PLACES, min_size=1, max_size=2).map(" , ".join)
SAME_SUBJECT = st.tuples(
    st.one_of(VARIABLES, st.sampled_from(["<x:1>", "<x:2>"])),
    st.lists(st.tuples(PATHS, OBJECTS).map(" ".join), min_size=1, max_size=2).map(" ; ".join),
    st.sampled_from([" . ", " ; . ", " .# }\n"]),
).map(lambda parts: f"{parts[0]} {parts[1]}{parts[2]}")


def filters(groups: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(VARIABLES, st.sampled_from(["=", "!="]), PLACES).map(lambda parts: f"FILTER({' '.join(parts)}) "),
        VARIABLES.map(lambda name: f"FILTER isIRI({name}) . "),
        groups.map(lambda group: f"FILTER EXISTS {{{group}}} "),
        groups.map(lambda group: f"FILTER NOT EXISTS {{{group}}} "),
    )


def groups(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    part = st.one_of(SAME_SUBJECT, SAME_SUBJECT, filters(inner))
    other = st.sampled_from(["OPTIONAL { ?a <x:p> ?e } ", "{ ?b :q ?c } UNION { ?c :p ?b } ", "VALUES ?d { <x:1> } "])
    return st.lists(st.one_of(part, part, part, part, part, other), min_size=1, max_size=3).map("".join)


GROUPS = st.recursive(st.lists(SAME_SUBJECT, min_size=1, max_size=3).map("".join), groups, max_leaves=4)


@given(
    TRIPLES,
    GROUPS,
    st.sampled_from(["", "NOT "]),
    st.sampled_from(
        ["?a ?p ?b .", "?a <x:p> ?b . ?b <x:q> ?c .", "?a <x:p> ?b OPTIONAL { ?b <x:q> ?c }", "VALUES ?a { 1 }"]
    ),
)
def test_the_solutions_are_the_same(triples: list[tuple[str, str, str]], group: str, no: str, outside: str) -> None:
    store = ox.Store()
    data = "".join(f"{subject} <x:{name}> {term} .\n" for subject, name, term in triples)
    store.load(data.encode(), format=ox.RdfFormat.TURTLE)
    query = f"PREFIX : <x:> SELECT * {{ {outside} FILTER {no}EXISTS {{ {group}}} }}"
    assert rows(store, nested(query)) == rows(store, query), nested(query)


def rows(store: ox.Store, query: str) -> list[str]:
    found = store.query(query)
    assert isinstance(found, ox.QuerySolutions)
    return sorted((found.serialize(format=ox.QueryResultsFormat.TSV) or b"").decode().splitlines())
