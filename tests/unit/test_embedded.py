"""Queries in this process: datasets, formats, exact limits, errors."""

from __future__ import annotations

import csv
import io
import json
import xml.etree.ElementTree as ET

import pytest
from pyoxigraph import RdfFormat, Store, parse

from kggraph.errors import BadParameter, KgError, NotAcceptable, QueryRefused, QuerySyntaxError, ResultTooLarge
from kggraph.rdf.results import result_formats
from kggraph.store.embedded import EmbeddedEngine
from kggraph.store.protocol import QueryRequest

JSON = "application/sparql-results+json"
DATA = b"""
@prefix : <http://e/> .
:a :p 7 , "comma, \\"quote\\"\\nline" , "tab\\there"@en , true , <http://e/b> , "<&>" .
:g1 { :a :p 1 , 2 } :g2 { :a :p 2 , 3 } :g3 { :a :p 9 }
"""


@pytest.fixture(scope="module")
def engine() -> EmbeddedEngine:
    store = Store()
    store.load(DATA, format=RdfFormat.TRIG)
    return EmbeddedEngine(store, {"skos": "http://www.w3.org/2004/02/skos/core#"})


def values(engine: EmbeddedEngine, text: str, **parameters: object) -> list[str]:
    """The values of the one variable of a query, sorted."""
    answer = engine.query(QueryRequest(text, JSON, **parameters))  # type: ignore[arg-type]
    bindings = json.loads(answer.read())["results"]["bindings"]
    return sorted(next(iter(row.values()))["value"] for row in bindings)


# ------------------------------------------------------------------ datasets: SPARQL 1.1 Protocol, section 2.1.4
NUMBERS = "SELECT ?o { ?s <http://e/p> ?o FILTER(ISNUMERIC(?o)) }"
GRAPHS = "SELECT DISTINCT ?g { GRAPH ?g { ?s ?p ?o } }"
G1, G2, G3 = "http://e/g1", "http://e/g2", "http://e/g3"


def test_the_default_graph_is_not_a_union(engine: EmbeddedEngine) -> None:
    assert values(engine, NUMBERS) == ["7"]
    assert values(engine, GRAPHS) == [G1, G2, G3]


@pytest.mark.parametrize(
    ("text", "parameters", "expected"),
    [
        (f"SELECT ?o FROM <{G1}> {{ ?s ?p ?o }}", {}, ["1", "2"]),
        (f"SELECT ?g FROM <{G1}> {{ GRAPH ?g {{ ?s ?p ?o }} }}", {}, []),
        (f"SELECT ?o FROM NAMED <{G1}> {{ ?s ?p ?o }}", {}, []),
        (f"SELECT DISTINCT ?g FROM NAMED <{G1}> {{ GRAPH ?g {{ ?s ?p ?o }} }}", {}, [G1]),
        (f"SELECT ?o FROM NAMED <{G1}> {{ GRAPH <{G2}> {{ ?s ?p ?o }} }}", {}, []),
        (f"SELECT ?o FROM <{G1}> FROM <{G2}> {{ ?s ?p ?o }}", {}, ["1", "2", "3"]),
        (f"SELECT ?o FROM <{G1}> FROM <{G3}> {{ ?s ?p ?o }}", {}, ["1", "2", "9"]),
        ("BASE <http://e/> SELECT ?o FROM <g1> FROM <g2> { ?s ?p ?o }", {}, ["1", "2", "3"]),
        ("SELECT ?o FROM <g1> FROM <g2> { ?s ?p ?o }", {"base_iri": "http://e/"}, ["1", "2", "3"]),
        ("SELECT ?o FROM <http://e/none> { ?s ?p ?o }", {}, []),
        (NUMBERS, {"default_graphs": (G1,)}, ["1", "2"]),
        (NUMBERS, {"default_graphs": (G1, G2)}, ["1", "2", "3"]),
        (NUMBERS, {"default_graphs": (G1, G2, G3)}, ["1", "2", "3", "9"]),
        (GRAPHS, {"default_graphs": (G1,)}, []),
        (GRAPHS, {"named_graphs": (G1, G3)}, [G1, G3]),
        (NUMBERS, {"named_graphs": (G1,)}, []),
        (f"SELECT ?o FROM <{G1}> {{ ?s ?p ?o }}", {"default_graphs": (G3,)}, ["9"]),
        (f"SELECT ?o FROM <{G1}> {{ ?s ?p ?o }}", {"named_graphs": (G3,)}, []),
        (GRAPHS, {"default_graphs": (G1, G2), "named_graphs": (G2,)}, [G2]),
        (
            f"SELECT DISTINCT ?g FROM <{G1}> FROM <{G2}> FROM NAMED <{G3}> {{ ?s ?p ?o GRAPH ?g {{ ?s ?p ?q }} }}",
            {},
            [G3],
        ),
        ("ASK { ?s ?p ?o }", {"default_graphs": (), "named_graphs": ()}, None),
    ],
)
def test_datasets(engine: EmbeddedEngine, text: str, parameters: dict[str, object], expected: list[str] | None) -> None:
    if expected is None:
        assert engine.query(QueryRequest(text, "text/csv", **parameters)).read() == b"false"  # type: ignore[arg-type]
    else:
        assert values(engine, text, **parameters) == expected


def test_a_graph_of_the_protocol_that_is_no_iri(engine: EmbeddedEngine) -> None:
    with pytest.raises(BadParameter) as caught:
        values(engine, NUMBERS, named_graphs=("not an iri",))
    assert caught.value.parameter == "named-graph-uri"


# ------------------------------------------------------------------ formats
ALL = "SELECT ?o ?none { ?s <http://e/p> ?o } ORDER BY STR(?o)"


def test_csv(engine: EmbeddedEngine) -> None:
    body = engine.query(QueryRequest(ALL, "text/csv")).read().decode()
    rows = list(csv.reader(io.StringIO(body, newline="")))
    assert rows[0] == ["o", "none"]
    assert {row[0] for row in rows[1:]} == {"7", 'comma, "quote"\nline', "tab\there", "true", "http://e/b", "<&>"}
    assert body.startswith("o,none\r\n")


def test_tsv(engine: EmbeddedEngine) -> None:
    body = engine.query(QueryRequest(ALL, "text/tab-separated-values")).read().decode()
    rows = [line.split("\t") for line in body.splitlines()]
    assert rows[0] == ["?o", "?none"]
    assert {row[0] for row in rows[1:]} == {
        "7", '"comma, \\"quote\\"\\nline"', '"tab\\there"@en', "true", "<http://e/b>", '"<&>"',
    }  # fmt: skip


def test_xml(engine: EmbeddedEngine) -> None:
    root = ET.fromstring(engine.query(QueryRequest(ALL, "application/sparql-results+xml")).read())
    space = "{http://www.w3.org/2005/sparql-results#}"
    assert [v.get("name") for v in root.iter(f"{space}variable")] == ["o", "none"]
    assert len(list(root.iter(f"{space}result"))) == 6
    assert "<&>" in [v.text for v in root.iter(f"{space}literal")]


def test_ask_in_every_format(engine: EmbeddedEngine) -> None:
    for offer in result_formats("ASK"):
        assert b"true" in engine.query(QueryRequest("ASK { ?s ?p ?o }", offer.media_type)).read()


@pytest.mark.parametrize("form", ["CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", "DESCRIBE <http://e/a>"])
def test_graphs_are_the_same_in_every_format(engine: EmbeddedEngine, form: str) -> None:
    graphs = []
    for offer in result_formats("CONSTRUCT"):
        body = engine.query(QueryRequest(form, offer.media_type)).read()
        rdf_format = RdfFormat.from_media_type(offer.media_type)
        assert rdf_format
        graphs.append({str(quad) for quad in parse(body, format=rdf_format)})
    assert len(graphs[0]) == 6
    assert all(graph == graphs[0] for graph in graphs)


def test_graphs_are_written_for_people(engine: EmbeddedEngine) -> None:
    text = "PREFIX e: <http://e/> CONSTRUCT { ?s skos:note ?o } { ?s e:p ?o FILTER(?o = 7) }"
    text = f"PREFIX skos: <http://www.w3.org/2004/02/skos/core#> {text}"
    turtle = engine.query(QueryRequest(text, "text/turtle")).read().decode()
    assert "e:a\n    skos:note 7 ;" in turtle
    assert turtle.count("PREFIX") == 2
    context = json.loads(engine.query(QueryRequest(text, "application/ld+json")).read())["@context"]
    assert context["skos"] == "http://www.w3.org/2004/02/skos/core#"


@pytest.mark.parametrize("offer", result_formats("CONSTRUCT"), ids=lambda offer: offer.name)
def test_long_graphs_are_the_same_in_every_format(offer: object) -> None:
    store = Store()
    lines = "".join(f'<http://e/{i}> <http://e/p> "{i}: some text that is long"@en .\n' for i in range(20_000))
    store.load(lines.encode(), format=RdfFormat.N_TRIPLES)
    media_type = offer.media_type  # type: ignore[attr-defined]
    answer = EmbeddedEngine(store).query(QueryRequest("CONSTRUCT WHERE { ?s ?p ?o }", media_type))
    rdf_format = RdfFormat.from_media_type(media_type)
    assert rdf_format
    assert set(parse(answer.read(), format=rdf_format)) == set(store)


def test_what_the_engine_cannot_write_as_xml(engine: EmbeddedEngine) -> None:
    xml = "application/rdf+xml"
    body = engine.query(QueryRequest("CONSTRUCT { <x:a> <x:b> 'a\\rb' } {}", xml)).read()
    assert next(iter(parse(body, format=RdfFormat.RDF_XML))).object.value == "a\rb"  # type: ignore[union-attr]
    with pytest.raises(NotAcceptable):
        engine.query(QueryRequest("CONSTRUCT { <x:a> <http://e/123> 'a' } {}", xml))


def test_a_format_that_does_not_fit_is_not_acceptable(engine: EmbeddedEngine) -> None:
    with pytest.raises(NotAcceptable) as caught:
        engine.query(QueryRequest("ASK {}", "text/turtle"))
    assert JSON in caught.value.available


# ------------------------------------------------------------------ limits and errors
@pytest.mark.parametrize("offer", result_formats("SELECT"), ids=lambda offer: offer.name)
def test_solutions_are_cut_exactly(engine: EmbeddedEngine, offer: object) -> None:
    media_type = offer.media_type  # type: ignore[attr-defined]
    for text in (ALL, "SELECT ?none { ?s <http://e/p> ?o }", "SELECT ?s { ?s ?p ?o } OFFSET 1"):
        count = 5 if "OFFSET" in text else 6
        for limit in range(9):
            answer = engine.query(QueryRequest(text, media_type, max_solutions=limit))
            wanted = engine.query(QueryRequest(f"{text} LIMIT {limit}", media_type)).read()
            assert answer.read() == wanted
            assert answer.truncated is (limit < count)


def test_bytes_are_limited(engine: EmbeddedEngine) -> None:
    with pytest.raises(ResultTooLarge):
        engine.query(QueryRequest(ALL, JSON, max_result_bytes=100))
    size = engine.query(QueryRequest(ALL, JSON)).length or 0
    assert engine.query(QueryRequest(ALL, JSON, max_result_bytes=size)).length == size
    with pytest.raises(ResultTooLarge):
        engine.query(QueryRequest(ALL, JSON, max_result_bytes=size - 1))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("SELECT ?x {} GROUP BY ?y", "The SELECT contains a variable that is unbound"),
        ("SELECT (1 AS ?x) (2 AS ?x) {}", "Duplicated variable name in SELECT"),
        ("ASK { ?s skos:prefLabel ?o }", "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>"),
    ],
)
def test_errors_of_the_engine_are_told_better(engine: EmbeddedEngine, text: str, message: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        engine.query(QueryRequest(text, JSON))
    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["ASK { SERVICE <http://127.0.0.1:9/> {} }", "LOAD <http://127.0.0.1:9/>"])
def test_it_asks_nobody_else(engine: EmbeddedEngine, text: str) -> None:
    with pytest.raises(QueryRefused):
        engine.query(QueryRequest(text, JSON))


def test_a_function_that_is_not_there_is_refused(engine: EmbeddedEngine) -> None:
    """Not a syntax error; and an error in each row, as the standard would have it, would go unseen."""
    with pytest.raises(QueryRefused, match="<http://e/f> is not supported") as caught:
        engine.query(QueryRequest("ASK { BIND(<http://e/f>(1) AS ?x) }", JSON))
    assert caught.value.what == "function"


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("SELECT * { ?s ?p ?o }", b"s,p,o"),
        ("SELECT DISTINCT # all\n* { ?z ?p ?o OPTIONAL { ?o ?a ?z } }", b"z,p,o,a"),
        ("select*{?z ?y ?x FILTER NOT EXISTS { ?x ?hidden ?z }}LIMIT 5", b"z,y,x"),
        ("SELECT * { { SELECT ?o ?a { ?a ?b ?o } } # ?zzz\n ?zzz ?b2 ?o }", b"o,a,zzz,b2"),
        ("SELECT ?o ?a { ?a ?b ?o }", b"o,a"),
        ("SELECT (COUNT(*) AS ?z) ?o { ?a ?b ?o } GROUP BY ?o", b"z,o"),
    ],
)
def test_variables_come_in_the_order_of_the_query(engine: EmbeddedEngine, text: str, header: bytes) -> None:
    assert engine.query(QueryRequest(text, "text/csv")).read().split(b"\r\n")[0] == header
    assert engine.query(QueryRequest(text, "text/csv", max_solutions=1)).read().split(b"\r\n")[0] == header


def test_an_answer_can_be_closed(engine: EmbeddedEngine) -> None:
    answer = engine.query(QueryRequest("ASK {}", JSON))
    answer.close()
    assert isinstance(KgError("x"), Exception)
