"""Counts of groups taken from bitmaps are those of the engine, whatever the data, their patches and the query."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pyoxigraph as ox
from hypothesis import assume, example, given
from hypothesis import strategies as st

from kggraph.rdf.ntriples import rows
from kggraph.store.grouping import counted
from kggraph.store.overlay import Overlay, lay_over
from kggraph.store.tally import Tally, TallyWriter

SUBJECTS = [f"<x:{name}>" for name in ("s1", "s2", "s2#part", "s3", "s4")]
VALUES = st.sampled_from(["<x:1>", "<x:1>", "<x:2>", "<x:2>", "<x:3>", "<x:é>"])
ODD_VALUES = st.sampled_from(["<x:1>", '"1"', '"een"@nl', "_:b", '"1.0"^^<http://www.w3.org/2001/XMLSchema#decimal>'])
IRI_TRIPLE = st.tuples(st.sampled_from(SUBJECTS), st.sampled_from(["<x:p>", "<x:p>", "<x:q>"]), VALUES)
ODD_TRIPLE = st.tuples(st.sampled_from(SUBJECTS), st.just("<x:r>"), ODD_VALUES)
GRAPHS = st.lists(st.one_of(IRI_TRIPLE, IRI_TRIPLE, IRI_TRIPLE, ODD_TRIPLE), max_size=24)
Graph = list[tuple[str, str, str]]
ONE = ("<x:s1>", "<x:p>", "<x:1>")

PROPERTIES = st.sampled_from([*["<x:p>", ":p", ":q", "<x:q>"] * 4, ":r", "a", ":unknown"])
OBJECTS = st.sampled_from([*["?a", "?b", "?c", "$b"] * 5, "<x:1>", ":2", "<x:none>", "<x:1>", '"1"', "?s"])
SUBJECT = st.sampled_from(["?s"] * 40 + ["$s", "?t", "<x:s1>"])
LISTS = st.lists(OBJECTS, min_size=1, max_size=2).map(" , ".join)
SAME_SUBJECT = st.tuples(
    SUBJECT, st.lists(st.tuples(PROPERTIES, LISTS).map(" ".join), min_size=1, max_size=2).map(" ; ".join)
).map(" ".join)
GROUPS = st.lists(SAME_SUBJECT, min_size=1, max_size=2).map(" . ".join)
OTHER = st.sampled_from(
    [""] * 20
    + [" OPTIONAL { ?s :q ?b }", " FILTER(?a != :1)", " . ?a :q ?e", " VALUES ?a { :1 }", " . ?s :p/:q ?e", " ."]
)
WHAT = st.sampled_from(["?s", "*", "DISTINCT ?s", "DISTINCT *", "?s", "?s", "?s", "?a", "DISTINCT ?a"])
KEYS = st.sampled_from([None] * 9 + ["", "?a", "?a ?b", "?s", "(?a)", "(STR(?a) AS ?d)"])
"""None: each variable of the group but the subject."""
SHOWN = st.sampled_from([None] * 5 + ["", "?a", "?b"])
TAILS = st.sampled_from(
    [""] * 4
    + ["ORDER BY ?n", "ORDER BY DESC(?n) ?a", "ORDER BY COUNT(?s)", "HAVING (COUNT(?s) > 1)", "HAVING (?n > 1)"]
    + ["ORDER BY STR(?a) LIMIT 100", "LIMIT 0", "OFFSET 0", "VALUES ?n { 1 2 }"]
)
AROUND = st.sampled_from(
    ["%s"] * 3
    + ["SELECT * { { %s } }", "SELECT * { { %s } FILTER(?n > 1) }", "SELECT ?a ?n ?z { { %s } OPTIONAL { ?a :q ?z } }"]
    + ["SELECT * { ?a :q ?z . { %s } }", "SELECT * { { %s } VALUES ?a { :1 :2 } }", "SELECT (SUM(?n) AS ?m) { { %s } }"]
    + ["SELECT * { ?a :q ?z FILTER EXISTS { { %s } } }", "SELECT * { GRAPH :g { { %s } } }", "ASK { { %s } }"]
    + [
        "SELECT * { { %s } UNION { ?a :p ?z } }",
        "SELECT * { ?z :p ?a MINUS { { %s } } }",
        "SELECT * FROM :g { { %s } }",
    ]
)


@given(GRAPHS, GRAPHS, GROUPS, OTHER, WHAT, KEYS, SHOWN, TAILS, AROUND)
@example(
    [("<x:s1>", "<x:p>", "<x:1>"), ("<x:s1>", "<x:p>", "<x:2>")], [], "?s :p ?a , ?b", "", "?s", "?a ?b", None, "", "%s"
)
@example([("<x:s1>", "<x:p>", "<x:1>")], [], "?s :p <x:none>", "", "?s", "", None, "", "%s")
@example([("<x:s1>", "<x:p>", "<x:1>")], [("<x:s1>", "<x:p>", '"1"')], "?s :p ?a", "", "?s", "?a", None, "", "%s")
def test_the_solutions_are_the_same(
    base: Graph,
    now: Graph,
    group: str,
    other: str,
    what: str,
    keys: str | None,
    shown: str | None,
    tail: str,
    around: str,
) -> None:
    if keys is None:
        keys = " ".join(f"?{name}" for name in dict.fromkeys(re.findall(r"[?$]([abc])", group)))
    columns = keys if shown is None else shown
    select = (
        f"SELECT {columns} (COUNT({what}) AS ?n) WHERE {{ {group}{other} }} {f'GROUP BY {keys}' if keys else ''} {tail}"
    )
    query = f"PREFIX : <x:> {around % select}"
    store, tally = ox.Store(), tally_of(base)
    store.extend(ox.parse(lines(base), format=ox.RdfFormat.N_QUADS))
    store.extend(ox.parse(b"<x:s1> <x:p> <x:1> <x:g> .\n<x:s9> <x:p> <x:2> <x:g> .\n", format=ox.RdfFormat.N_QUADS))
    try:
        before = solutions(store, query)
    except SyntaxError:
        assume(False)
    assert solutions(store, counted(query, tally)) == before, counted(query, tally)
    overlay = patch(base, now)
    lay_over(store, overlay)
    patched = tally.laid_over(overlay)
    assert solutions(store, counted(query, patched)) == solutions(store, query), counted(query, patched)


@given(
    GRAPHS,
    GRAPHS,
    st.sampled_from(
        ["?s :p ?a ; :q ?b", "?s :p ?a , ?b", "?s :p ?a . ?s :p ?b", "?s :p ?a ; :q :1 , ?b ; .", "?s :q :1"]
    ),
    st.sampled_from(["?s", "*", "distinct ?s", "DISTINCT *"]),
    st.sampled_from(["", "ORDER BY DESC(?n) ?b", "LIMIT 1000", "OFFSET 0"]),
)
def test_what_has_the_form_is_not_counted_by_the_engine(
    base: Graph, now: Graph, group: str, what: str, tail: str
) -> None:
    base = [*base, ONE, ("<x:s2>", "<x:q>", "<x:1>")]
    keys, tail = ("?a ?b", tail) if "?a" in group else ("", "")
    select = f"SELECT {keys} (COUNT({what}) AS ?n) {{ {group} }} {keys and f'GROUP BY {keys}'} {tail}"
    query = f"PREFIX : <x:> SELECT * {{ {{ {select} }} }}"
    store, tally = ox.Store(), tally_of(base)
    store.extend(ox.parse(lines(base), format=ox.RdfFormat.N_QUADS))
    text = counted(query, tally)
    assert "COUNT" not in text
    assert "VALUES (" in text
    assert solutions(store, text) == solutions(store, query)
    overlay = patch(base, now)
    lay_over(store, overlay)
    assert solutions(store, counted(query, tally.laid_over(overlay))) == solutions(store, query)


def tally_of(graph: Graph) -> Tally:
    """The tally as a build makes it, in which the last subject is described by the ontology as well."""
    last = SUBJECTS[-1]
    ontology = [row for row in graph if row[0] == last]
    with TemporaryDirectory() as name:
        writer = TallyWriter(rows(lines(ontology)))
        for part in ([row for row in graph if row not in ontology[1:]], ontology[1:]):
            writer.add(rows(lines(part)))
        writer.write(Path(name))
        return Tally(Path(name, "tally").read_bytes(), Overlay())


def patch(base: Graph, now: Graph) -> Overlay:
    """Other triples for the first three things, of which one has two subjects."""
    overlay = Overlay()
    for thing in ("<x:s1>", "<x:s2>", "<x:s3>"):
        of_thing = [
            [row for row in graph if row[0].partition("#")[0].rstrip(">") == thing[:-1]] for graph in (base, now)
        ]
        overlay.replace(thing.encode(), lines(of_thing[0]), lines(of_thing[1]))
    return overlay


def lines(graph: Graph) -> bytes:
    """Sorted N-Triples."""
    return "".join(sorted({f"{subject} {name} {value} .\n" for subject, name, value in graph})).encode()


def solutions(store: ox.Store, query: str) -> list[str]:
    found = store.query(query)
    if isinstance(found, ox.QueryBoolean):
        return [str(bool(found))]
    assert isinstance(found, ox.QuerySolutions)
    names = sorted(variable.value for variable in found.variables)
    return sorted(" ".join(str(one[name]) for name in names) for one in found)
