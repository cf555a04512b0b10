"""Named queries: reading, binding, and every query against its case and the real data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from SPARQLWrapper import SPARQLWrapper

from kggraph.errors import BadParameter, SourceError
from kggraph.publish.queries import NamedQuery, read_queries, read_query

ROOT = Path(__file__).resolve().parent.parent.parent
CASES = ROOT / "tests" / "cases" / "queries"
QUERIES = read_queries(ROOT / "queries")
Row = dict[str, tuple[str, ...]]


def solutions(answer: bytes) -> tuple[list[str], list[Row]]:
    """Variables and solutions of a SPARQL result in JSON, with terms that compare."""
    result = json.loads(answer)

    def term(value: dict[str, str]) -> tuple[str, ...]:
        return (value["type"], value["value"], value.get("xml:lang", ""), value.get("datatype", ""))

    rows = [{name: term(value) for name, value in row.items()} for row in result["results"]["bindings"]]
    return result["head"]["vars"], rows


def answer(store: ox.Store, text: str) -> bytes:
    found = store.query(text)
    assert isinstance(found, ox.QuerySolutions)
    return found.serialize(format=ox.QueryResultsFormat.JSON) or b""


@pytest.fixture(scope="module")
def real() -> ox.Store:
    store = ox.Store()
    for path in sorted((ROOT / "data").rglob("*.ttl")):
        store.load(path=str(path), format=ox.RdfFormat.TURTLE)
    return store


# ------------------------------------------------------------------ the queries of the knowledge base
def test_there_are_enough_questions() -> None:
    assert len(QUERIES) >= 14


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_is_told_in_both_languages(name: str) -> None:
    query = QUERIES[name]
    for texts in (query.title, query.description, *(parameter.label for parameter in query.parameters)):
        assert set(texts) == {"nl", "en"}
        assert all(texts.values())


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_has_a_case(name: str) -> None:
    """Add tests/cases/queries/<name>/data.ttl and expected.srj for a new query."""
    assert {path.name for path in (CASES / name).glob("*")} >= {"data.ttl", "expected.srj"}


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_the_file_as_it_is_is_no_update_to_the_usual_client(name: str) -> None:
    """SPARQLWrapper looks for the verb in every second comment too: the "add" of "address" made it send an update."""
    wrapper = SPARQLWrapper("http://example.org/sparql")
    wrapper.setQuery(QUERIES[name].text)
    assert wrapper.queryType == "SELECT"


def test_every_case_has_its_query() -> None:
    assert {path.name for path in CASES.iterdir()} == set(QUERIES)


@pytest.mark.parametrize("name", sorted(path.name for path in CASES.iterdir()))
def test_case(name: str) -> None:
    store = ox.Store()
    store.load(path=str(CASES / name / "data.ttl"), format=ox.RdfFormat.TURTLE)
    expected_variables, expected = solutions((CASES / name / "expected.srj").read_bytes())
    variables, found = solutions(answer(store, QUERIES[name].bind({})))
    assert variables == expected_variables
    assert found == expected
    assert solutions(answer(store, QUERIES[name].text))[1] == expected, "the file as it is gives another answer"


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_finds_something_in_the_real_data(name: str, real: ox.Store) -> None:
    assert solutions(answer(real, QUERIES[name].bind({})))[1]


IN_A_LANGUAGE = sorted(name for name, query in QUERIES.items() if "language" in {p.name for p in query.parameters})


@pytest.mark.parametrize("name", IN_A_LANGUAGE)
def test_names_come_in_the_language_asked(name: str, real: ox.Store) -> None:
    dutch = solutions(answer(real, QUERIES[name].bind({"language": "nl"})))[1]
    english = solutions(answer(real, QUERIES[name].bind({"language": "en"})))[1]
    assert len(dutch) == len(english)
    assert dutch != english or name == "most-used-vocabularies"


def test_parameters_change_the_answer(real: ox.Store) -> None:
    by_default = solutions(answer(real, QUERIES["newest-items"].bind({})))[1]
    older = solutions(answer(real, QUERIES["newest-items"].bind({"since": "2020"})))[1]
    assert len(older) > len(by_default)
    ecio = QUERIES["items-of-organisation"].bind({"organisation": "organisation:ecio"})
    assert {row["role"][1] for row in solutions(answer(real, ecio))[1]} >= {"publisher", "author"}


# ------------------------------------------------------------------ reading and binding
QUERY = """# title.nl: Vraag
# title.en: Question
# description.en: What it asks.
# param: thing iri label.nl "Ding" label.en "Thing"
# param: text literal label.en "Text"
# param: year integer label.en "Year"
# param: tongue language

PREFIX ex: <https://example.org/kb/id/>
PREFIX other: <https://elsewhere.example/>
# VALUES ?thing { ex:comment }
SELECT * {
  VALUES ?thing { ex:a }
  VALUES ?text { "VALUES ?year { 1 }" }
  values ?year { 2020 }
  VALUES ?tongue { "nl" }
  VALUES (?x ?y) { (1 2) }
}
"""


@pytest.fixture
def query(tmp_path: Path) -> NamedQuery:
    path = tmp_path / "a-question.rq"
    path.write_text(QUERY, encoding="utf-8")
    return read_query(path)


def row(query: NamedQuery, **values: str) -> dict[str, Any]:
    found = ox.Store().query(query.bind(values))
    assert isinstance(found, ox.QuerySolutions)
    first = next(found)
    return {variable.value: first[variable] for variable in found.variables}


def test_header(query: NamedQuery) -> None:
    assert query.name == "a-question"
    assert query.title == {"nl": "Vraag", "en": "Question"}
    assert query.description == {"en": "What it asks."}
    assert [(p.name, p.type, p.default_text) for p in query.parameters] == [
        ("thing", "iri", "https://example.org/kb/id/a"),
        ("text", "literal", "VALUES ?year { 1 }"),
        ("year", "integer", "2020"),
        ("tongue", "language", "nl"),
    ]
    assert query.parameters[0].label == {"nl": "Ding", "en": "Thing"}
    assert query.body.startswith("PREFIX")


def test_defaults_stay(query: NamedQuery) -> None:
    assert row(query) == {
        "thing": ox.NamedNode("https://example.org/kb/id/a"),
        "text": ox.Literal("VALUES ?year { 1 }"),
        "year": ox.Literal(2020),
        "tongue": ox.Literal("nl"),
        "x": ox.Literal(1),
        "y": ox.Literal(2),
    }


@pytest.mark.parametrize(
    ("name", "text", "term"),
    [
        ("thing", "other:b", ox.NamedNode("https://elsewhere.example/b")),
        ("thing", "https://example.org/x?a=b&c#d", ox.NamedNode("https://example.org/x?a=b&c#d")),
        ("thing", "<urn:isbn:1>", ox.NamedNode("urn:isbn:1")),
        ("text", 'a " } \\ UNION { ?s ?p ?o\n', ox.Literal('a " } \\ UNION { ?s ?p ?o\n')),
        ("text", "", ox.Literal("")),
        ("text", "é 日本 \U0001f600", ox.Literal("é 日本 \U0001f600")),
        ("year", "+0007", ox.Literal(7)),
        ("year", "-3", ox.Literal(-3)),
        ("tongue", "EN-gb", ox.Literal("en-gb")),
    ],
)
def test_values_become_terms(query: NamedQuery, name: str, text: str, term: object) -> None:
    assert row(query, **{name: text}) == {**row(query), name: term}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("thing", "not an iri"),
        ("thing", "https://example.org/a> } DROP ALL { <x:y"),
        ("thing", ""),
        ("year", "2020 } UNION {"),
        ("year", "1.5"),
        ("year", "9" * 40),
        ("tongue", 'nl"'),
        ("tongue", ""),
        ("text", "\x00"),
        ("thin", "https://example.org/a"),
        ("x", "1"),
    ],
)
def test_wrong_values_are_refused(query: NamedQuery, name: str, text: str) -> None:
    with pytest.raises(BadParameter) as caught:
        query.bind({name: text})
    assert caught.value.parameter == name


def test_near_names_are_named(query: NamedQuery) -> None:
    with pytest.raises(BadParameter, match="Did you mean thing"):
        query.bind({"thin": "https://example.org/a"})


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("SELECT * { ?s ?p ?o }", "no title", 1),
        ("# title.en: T\n# param: a\nSELECT * { ?s ?p ?o }", "is no parameter", 2),
        ("# title.en: T\n# param: a number\nSELECT * { ?s ?p ?o }", "type 'number'", 2),
        ('# title.en: T\n# param: a iri name "x"\nSELECT * { ?s ?p ?o }', "is not understood", 2),
        ("# title.en: T\n# param: a iri\nSELECT * { ?s ?p ?o }", "has no default", 2),
        ("# title.en: T\n# param: a iri\nSELECT * { VALUES ?a { 1 } }", "needs one iri", 2),
        ("# title.en: T\n# param: a integer\nSELECT * { VALUES ?a { 1 2 } }", "needs one integer", 2),
        ("# title.en: T\nSELECT * { ?s ?p }", "SPARQL", 2),
        ("# title.en: T\nSELECT * { SERVICE <https://example.org/> { ?s ?p ?o } }", "SERVICE", None),
        ("# title.en: T\nDROP ALL", "DROP|pdate", None),
    ],
)
def test_wrong_files_say_what_and_where(tmp_path: Path, text: str, message: str, line: int | None) -> None:
    path = tmp_path / "wrong.rq"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match=message) as caught:
        read_query(path)
    assert caught.value.path == "wrong.rq"
    if line is not None:
        assert caught.value.line == line


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "bytes.rq").write_bytes(b"# title.en: \xff\nSELECT * {}")
    with pytest.raises(SourceError, match="UTF-8"):
        read_queries(tmp_path)
    with pytest.raises(SourceError, match="cannot be read"):
        read_query(tmp_path / "absent.rq")
    assert read_queries(tmp_path / "absent") == {}


def test_another_base_is_mapped_in_iris_only(tmp_path: Path) -> None:
    path = tmp_path / "based.rq"
    path.write_text(
        "# title.en: T\n# param: a iri\nPREFIX ex: <https://old.example/id/>\n"
        'SELECT * { VALUES ?a { ex:x } BIND ("https://old.example/" AS ?text) BIND (<https://old.example/y> AS ?b) }',
        encoding="utf-8",
    )
    found = row(read_query(path, base_from="https://old.example/", base_to="http://localhost:8000/"))
    assert found == {
        "a": ox.NamedNode("http://localhost:8000/id/x"),
        "b": ox.NamedNode("http://localhost:8000/y"),
        "text": ox.Literal("https://old.example/"),
    }
