"""The grammar accepts what the W3C accepts, and says of the rest what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest
import rdflib

from kggraph.errors import QuerySyntaxError
from kggraph.store.grammar import check_grammar, expected, grammar, syntax_error

PREFIXES = {"skos": "http://www.w3.org/2004/02/skos/core#"}


def test_the_grammar_is_ll1() -> None:
    """For no rule and terminal are there two alternatives, so that the table is the grammar."""
    rules, table = grammar()
    for name, alternatives in rules.items():
        starts = [first(symbols, rules) for symbols in alternatives]
        assert sum(map(len, starts)) == len(frozenset().union(*starts)), name
        nullable = [symbols for symbols, start in zip(alternatives, starts, strict=True) if "" in start]
        assert len(nullable) <= 1, name
        for symbols, start in zip(alternatives, starts, strict=True):
            assert all(table[name][terminal] == symbols for terminal in start - {""}), name
    symbols = {symbol for alternatives in rules.values() for each in alternatives for symbol in each}
    assert all(symbol in rules or symbol[0] == "'" or symbol.isupper() for symbol in symbols)


def first(symbols: tuple[str, ...], rules: dict[str, list[tuple[str, ...]]]) -> frozenset[str]:
    """Terminals that the symbols can begin with; the empty text when they can be nothing."""
    found: set[str] = set()
    for symbol in symbols:
        more = frozenset().union(*(first(each, rules) for each in rules[symbol])) if symbol in rules else {symbol}
        found |= more - {""}
        if "" not in more:
            return frozenset(found)
    return frozenset(found | {""})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Line 1, column 1: found the end of the query; expected `BASE`"),
        ("SELEC * {}", "Did you mean SELECT?"),
        ("SELECT * { OPTINAL { ?s ?p ?o } }", "Did you mean OPTIONAL?"),
        ("SELECT * {?s skos:x ?o}", "column 14: the prefix `skos:` is not declared; add `PREFIX skos: <http://www.w3"),
        ("SELECT * {?s no:x ?o}", "add `PREFIX no: <...>` at the top"),
        ("SELECT * {\n ?s ?p 'abc }", "Line 2, column 8: the string that begins here does not end"),
        ("SELECT * {?s a <http://e/a b> }", "An IRI stands in < and >, and has no spaces"),
        ("SELECT * {?s ?p ?o", "found the end of the query; expected `}`"),
        ("SELECT * {?s ?p ?o . ?s ?p}", "column 27: found `}`; expected an object"),
        ("SELECT * {?s a ?b ?c ?d}", "column 19: found `?c`; expected `}`, `.`, `;`, `,`"),
        ("SELECT ?a, ?b {}", "column 10: found `,`"),
        ("SELECT COUNT(*) {}", "column 8: found `COUNT`; expected `(`"),
        ("SELECT * {FILTER ?o = 1}", "expected a condition in brackets or a function"),
        ("SELECT * {FILTER(?x > )}", "column 23: found `)`; expected an expression"),
        ("SELECT * {} LIMIT ten", "column 19: found `ten`; expected a number"),
        ("SELECT * {} ORDER BY", "found the end of the query; expected a condition"),
        ("SELECT * {?s ?p é}", "the character 'é' means nothing here"),
        ("SELECT * {?s ?p \\t}", "a backslash means something only in"),
        ("INSERT DATA {}", "found `INSERT`; expected"),
    ],
)
def test_errors_say_what_would_be_right(text: str, message: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        check_grammar(text, PREFIXES)
    assert message in str(caught.value)
    line, column = caught.value.line, caught.value.column
    assert line
    assert column
    assert caught.value.excerpt.splitlines()[-1].strip() == "^"
    pointed = caught.value.excerpt.splitlines()[-1].index("^")
    shown = caught.value.excerpt.splitlines()[0] if text else ""
    assert shown[pointed : pointed + 1] == text.split("\n")[line - 1][column - 1 : column]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT (COUNT(*) AS ?n) (GROUP_CONCAT(DISTINCT ?x; SEPARATOR=',') AS ?g) {} GROUP BY (1 AS ?q) HAVING(?n>1)",
        "SELECT * { ?s <a>/<b>*|^<c>|!(<d>|^a)? ?o ; a ?x , +1 , -1.5 , [ <p> 1 ] , (1 2) . () <p> [] }",
        "SELECT * { { SELECT * {} } UNION { GRAPH ?g {} } MINUS {} VALUES (?a) { (UNDEF) () } BIND(IF(1,2,3) AS ?c) }",
        "CONSTRUCT WHERE { ?s ?p ?o } LIMIT 1 OFFSET 2 VALUES ?x { <a> 'b'@c 'd'^^<e> true }",
        "DESCRIBE <a> ?b FROM <c> FROM NAMED <d> { FILTER(?b+1-1*2/3 NOT IN (1) && !BOUND(?b) || NOT EXISTS {}) }",
        "BASE <x:> PREFIX a: <y> ASK { a:b a:c a: } ORDER BY ASC(?x) STR(?y) DESC(?z)",
    ],
)
def test_valid_queries(text: str) -> None:
    check_grammar(text)


def test_a_rule_beyond_the_grammar_is_told_in_the_engine_s_words() -> None:
    said = 'error at 1:25: expected one of "(", IF, The SELECT contains a variable that is unbound, [_]'
    assert str(syntax_error("SELECT ?x {} GROUP BY ?y", said)) == "The SELECT contains a variable that is unbound."
    assert str(syntax_error("ASK {}", "nothing of use")) == "The query is not SPARQL 1.1."


def test_what_may_come_next_looks_beyond_what_may_be_nothing() -> None:
    assert "the end of the query" in expected(["END", "ValuesClause"])


def manifest_queries(shared: Path) -> list[tuple[bool, Path]]:
    """Syntax tests of the W3C: whether the query is valid, and its file."""
    found = []
    kinds = {
        "PositiveSyntaxTest": True,
        "PositiveSyntaxTest11": True,
        "NegativeSyntaxTest": False,
        "NegativeSyntaxTest11": False,
    }
    for manifest in sorted((shared / "suites" / "sparql").rglob("manifest.ttl")):
        graph = rdflib.Graph().parse(manifest, publicID=manifest.as_uri())
        for test, kind in graph.subject_objects(rdflib.RDF.type):
            name = str(kind).rpartition("#")[2]
            if name in kinds:
                action = graph.value(
                    test, rdflib.URIRef("http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#action")
                )
                found.append((kinds[name], Path(str(action).removeprefix("file://"))))
    return found


@pytest.mark.shared
def test_the_w3c_syntax_tests(shared: Path) -> None:
    wrong = []
    queries = manifest_queries(shared)
    assert len(queries) > 200
    for valid, path in queries:
        try:
            check_grammar(path.read_text("utf-8"))
            accepted = True
        except QuerySyntaxError:
            accepted = False
        if valid and not accepted:
            wrong.append(path.name)
    assert not wrong
