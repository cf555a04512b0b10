"""What the guard knows of a query, what it refuses, and how it limits."""

from __future__ import annotations

import pytest
from pyoxigraph import QuerySolutions, Store

from kggraph.errors import QueryRefused, QuerySyntaxError
from kggraph.store.guard import MAX_DEPTH, inspect


@pytest.mark.parametrize(
    ("text", "form", "kind"),
    [
        ("select*{}", "SELECT", "solutions"),
        ("BASE <x:> PREFIX select: <x:> ASK {}", "ASK", "boolean"),
        ("# SELECT\nPREFIX : <x:ask> construct where {}", "CONSTRUCT", "graph"),
        ("\ufeffDESCRIBE <x:a>", "DESCRIBE", "graph"),
        (r"S\u0045LECT * {}", "SELECT", "solutions"),
    ],
)
def test_forms(text: str, form: str, kind: str) -> None:
    query = inspect(text)
    assert (query.form, query.kind) == (form, kind)


@pytest.mark.parametrize(
    "text",
    [
        "LOAD <x:a>",
        "insert data { <x:a> <x:b> <x:c> }",
        "PREFIX select: <x:> DELETE WHERE { ?s ?p ?o }",
        "WITH <x:g> DELETE { ?s ?p ?o } INSERT { ?s ?p 1 } WHERE { ?s ?p ?o }",
        "CLEAR ALL",
        "drop silent graph <x:g>",
        "CREATE GRAPH <x:g>",
        "ADD <x:a> TO <x:b>",
        "MOVE DEFAULT TO <x:b>",
        "COPY <x:a> TO DEFAULT",
        r"INS\u0045RT DATA {}",
        "INSERT DATA { GRAPH <x:g> { <x:a> <x:b> _:c } } ; DELETE DATA { <x:a> <x:b> 'SELECT' }",
    ],
)
def test_updates_are_refused(text: str) -> None:
    with pytest.raises(QueryRefused) as caught:
        inspect(text)
    assert caught.value.what == "update"
    assert caught.value.status == 403


@pytest.mark.parametrize(
    "text", ["", "   # nothing", "SELEC * {}", "SELECT * {", "SELECT * { ?s ?p 'x }", "}{", "\ud800"]
)
def test_what_is_no_query_is_a_syntax_error(text: str) -> None:
    with pytest.raises(QuerySyntaxError):
        inspect(text)


def test_length_is_counted_in_bytes() -> None:
    inspect("ASK {} #" + "x" * 92, max_bytes=100)
    for text in ("ASK {} #" + "x" * 93, "ASK {} #" + "é" * 47):
        with pytest.raises(QueryRefused) as caught:
            inspect(text, max_bytes=100)
        assert caught.value.what == "length"


def test_nesting_is_limited() -> None:
    inspect("ASK " + "{" * MAX_DEPTH + "}" * MAX_DEPTH)
    inspect("ASK { ?s ?p '" + "{" * 1000 + "' } #" + "(" * 1000)
    with pytest.raises(QueryRefused) as caught:
        inspect("ASK " + "{" * (MAX_DEPTH + 1) + "}" * (MAX_DEPTH + 1))
    assert caught.value.what == "nesting"


@pytest.mark.parametrize(
    ("text", "limited", "beyond"),
    [
        ("SELECT * {}", "SELECT * {}\nLIMIT 7\n", "SELECT * {}\nOFFSET 7\n\nLIMIT 1\n"),
        ("SELECT * {} # LIMIT 9", "SELECT * {} # LIMIT 9\nLIMIT 7\n", "SELECT * {} # LIMIT 9\nOFFSET 7\n\nLIMIT 1\n"),
        ("SELECT * {} LIMIT 5", "SELECT * {} LIMIT 5", None),
        ("SELECT * {} LIMIT 7", "SELECT * {} LIMIT 7", None),
        ("SELECT * {} limit#9\n99", "SELECT * {} limit#9\n7", "SELECT * {} limit#9\n1\nOFFSET 7\n"),
        ("SELECT * {} OFFSET 3 LIMIT 9", "SELECT * {} OFFSET 3 LIMIT 7", "SELECT * {} OFFSET 10 LIMIT 1"),
        ("SELECT * {} LIMIT 9 OFFSET 3", "SELECT * {} LIMIT 7 OFFSET 3", "SELECT * {} LIMIT 1 OFFSET 10"),
        (
            "SELECT ?limit { { SELECT * {} LIMIT 2 } } ORDER BY ?offset VALUES ?x { 1 }",
            "SELECT ?limit { { SELECT * {} LIMIT 2 } } ORDER BY ?offset \nLIMIT 7\nVALUES ?x { 1 }",
            "SELECT ?limit { { SELECT * {} LIMIT 2 } } ORDER BY ?offset \nOFFSET 7\n\nLIMIT 1\nVALUES ?x { 1 }",
        ),
        ("SELECT * {} LIMIT 99999999999999999999999", "SELECT * {} LIMIT 7", "SELECT * {} LIMIT 1\nOFFSET 7\n"),
    ],
)
def test_limits_are_put_in_the_right_place(text: str, limited: str, beyond: str | None) -> None:
    query = inspect(text)
    assert query.limited(7) == limited
    assert query.beyond(7) == beyond


def test_the_dataset_clause() -> None:
    query = inspect(
        r"BASE <http://e/> PREFIX a: <b/> PREFIX : <x:> SELECT * FROM a:c FROM NAMED :d\,e FROM <f> { GRAPH <g> {} }",
    )
    assert query.merges_graphs
    assert query.dataset() == (("http://e/b/c", "http://e/f"), ("x:d,e",))
    construct = inspect("CONSTRUCT { ?s ?p <x:t> } FROM <x:a> FROM <x:b> WHERE { ?s ?p <x:o> } ORDER BY <x:f>(1)")
    assert construct.dataset() == (("x:a", "x:b"), ())
    assert not inspect("SELECT * FROM <x:a> { ?from <x:from> 'FROM' }").merges_graphs
    assert inspect("SELECT * FROM <a> FROM <b> {}").dataset("http://h/") == (("http://h/a", "http://h/b"), ())


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("SELECT * { ?s ?p ?o }", "s p o"),
        ("SELECT DISTINCT * WHERE { $z a <x:?y> ; <x:z>? ?a . ?c ?d ?a . } LIMIT 5 # ?e", "z a c d"),
        ("SELECT *#?q\n WHERE#?r\n{ ?t ?a _:x }\nOFFSET 0 LIMIT 4", "t a"),
    ],
)
def test_columns_of_a_plain_query_need_no_engine(text: str, columns: str) -> None:
    query = inspect(text)
    ordered = query.ordered(query.limited(3))
    assert ordered and list(inspect(ordered).variables())[: len(columns.split())] == columns.split()
    results = Store().query(ordered)
    assert isinstance(results, QuerySolutions)
    every = Store().query(text)
    assert isinstance(every, QuerySolutions)
    assert [variable.value for variable in results.variables] == columns.split()
    assert {variable.value for variable in every.variables} == set(columns.split())


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?s ?p ?o FILTER(?x) }",
        "SELECT * { ?s ?p 'a ?x' }",
        "SELECT * { ?s ?p ?o # ?x\n }",
        "SELECT * { { ?s ?p ?o } }",
        "SELECT * { ?s ?p ?o } VALUES ?q { 1 }",
        "SELECT * { ?s ?p ?o } ORDER BY ?q",
        "SELECT * { ?s ?p ?o\u00b7x }",
        "SELECT * FROM <x:g> { ?s ?p ?o }",
        "SELECT * { <a:b> <c:d> <e:f> }",
        "SELECT ?s { ?s ?p ?o }",
        "ASK { ?s ?p ?o }",
    ],
)
def test_where_only_an_engine_knows_the_columns(text: str) -> None:
    assert inspect(text).ordered(text) is None
