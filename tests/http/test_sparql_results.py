"""Results: every format, labels, descriptions as published, cuts, what is kept, what is logged, what helps on."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient

from kggraph.config import Settings
from kggraph.errors import QueryTimeout, TooBusy
from kggraph.store.embedded import EmbeddedEngine
from kggraph.store.protocol import QueryAnswer, QueryRequest
from kggraph.web import create_app
from kggraph.web.generations import Generations, KnowledgeBase

BASE = "https://example.org/bridges/"
BRIDGES = f"PREFIX br: <{BASE}def#> SELECT ?b {{ ?b a br:Bridge }} ORDER BY ?b"
FORMS = f"PREFIX br: <{BASE}def#> SELECT ?b ?form {{ ?b br:form ?form }} ORDER BY ?b ?form"
FORMULA = """SELECT (?t AS ?text) (?n AS ?number) { VALUES (?t ?n) {
  ("=HYPERLINK(\\"http://x\\")" 1) ("+1|cmd" 2.5) ("<script>alert(1)</script>" 3) ("a|b\\nc" "x") } }"""


def ask(client: FlaskClient, query: str, **more: str) -> bytes:
    response = client.get("/sparql", query_string={"query": query, **more})
    assert response.status_code == 200, response.text
    return response.data


def test_a_spreadsheet_has_text_and_numbers_but_no_formulas(client: FlaskClient) -> None:
    response = client.get("/sparql", query_string={"query": FORMULA, "format": "xlsx"})
    assert "attachment" in response.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(response.data)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet and "=HYPERLINK(" in sheet
    assert "<v>2.5</v>" in sheet
    assert b'"=HYPERLINK(""http://x"")"' in ask(client, FORMULA, format="csv"), "machines get it as it is"


def test_markdown_and_html(client: FlaskClient) -> None:
    text = ask(client, FORMULA, format="md").decode()
    lines = text.splitlines()
    assert lines[:2] == ["| text | number |", "| --- | --- |"]
    assert len(lines) == 6 and "a\\|b c" in text and "\\<script\\>" in text
    page = client.get("/sparql", query_string={"query": FORMULA, "format": "table"})
    assert page.mimetype == "text/html" and "<script" not in page.text and "&lt;script&gt;" in page.text
    for format in ("xlsx", "md", "table"):
        assert ask(client, "ASK {}", format=format)


@pytest.mark.parametrize("format", ["json", "csv", "tsv", "xml", "md", "table", "xlsx"])
def test_labels_stand_beside_iris(client: FlaskClient, format: str) -> None:
    body = ask(client, FORMS, format=format, labels="nl")
    if format == "xlsx":
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            body = book.read("xl/worksheets/sheet1.xml")
    for word in ("bLabel", "formLabel", "Erasmusbrug"):
        assert word.encode() in body


def test_labels_in_json_have_their_language(client: FlaskClient) -> None:
    told = json.loads(ask(client, FORMS, labels="en"))
    assert told["head"]["vars"] == ["b", "bLabel", "form", "formLabel"]
    assert all(row["formLabel"]["type"] == "literal" for row in told["results"]["bindings"])


def described(client: FlaskClient, query: str) -> set[ox.Triple]:
    body = client.get("/sparql", query_string={"query": query, "format": "nt"}).data
    return {quad.triple for quad in ox.parse(body, ox.RdfFormat.N_TRIPLES)}


@pytest.mark.parametrize(
    "query",
    [
        f"DESCRIBE <{BASE}id/bridge/erasmusbrug>",
        f"PREFIX b: <{BASE}id/bridge/> DESCRIBE b:erasmusbrug",
        f"DESCRIBE ?x {{ VALUES ?x {{ <{BASE}id/bridge/erasmusbrug> }} }}",
        f"DESCRIBE * WHERE {{ BIND (<{BASE}id/bridge/erasmusbrug> AS ?x) }}",
        f"# DESCRIBE ?y\nDESCRIBE <{BASE}id/bridge/erasmusbrug> ?x {{ BIND ('no' AS ?x) }}",
    ],
)
def test_describe_gives_what_is_published(client: FlaskClient, kb: KnowledgeBase, query: str) -> None:
    known = kb.descriptions.get(f"{BASE}id/bridge/erasmusbrug")
    assert known
    assert described(client, query) == {quad.triple for quad in ox.parse(known.ntriples, ox.RdfFormat.N_TRIPLES)}


def test_describe_of_several_and_of_terms(client: FlaskClient) -> None:
    both = described(client, f"DESCRIBE <{BASE}id/bridge/erasmusbrug> <{BASE}def#Bridge>")
    assert {str(triple.subject) for triple in both} >= {f"<{BASE}id/bridge/erasmusbrug>", f"<{BASE}def#Bridge>"}
    assert described(client, f"DESCRIBE <{BASE}def#Bridge>")
    for format in ("ttl", "jsonld", "rdf", "trig", "nq"):
        assert ask(client, f"DESCRIBE <{BASE}id/bridge/erasmusbrug>", format=format)
    wrong = client.get("/sparql", query_string={"query": "DESCRIBE ?x {\n ?x a foo:Bar }", "format": "nt"})
    assert (wrong.status_code, wrong.get_json(force=True)["line"]) == (400, 2)


# ------------------------------------------------------------------ cuts and limits
@pytest.fixture
def narrow(settings: Settings, generations: Generations, engine: EmbeddedEngine) -> FlaskClient:
    """A client of a server that gives four solutions at a time."""
    return create_app(replace(settings, max_solutions=4), generations, engine).test_client()


def test_a_cut_result_says_so_and_leads_on(narrow: FlaskClient) -> None:
    found: list[str] = []
    address = "/sparql?format=csv&query=" + BRIDGES.replace("#", "%23").replace(" ", "+")
    steps = 0
    for steps in range(3):  # noqa: B007
        response = narrow.get(address)
        found += response.text.split()[1:]
        if "X-Result-Truncated" not in response.headers:
            break
        assert response.headers["X-Result-Truncated"] == "4"
        target, _, rel = response.headers["Link"].partition(">; ")
        assert rel == 'rel="next"'
        parts = urlsplit(target[1:])
        address = f"{parts.path}?{parts.query}"
    assert steps == 2 and len(found) == len(set(found)) == 9


@pytest.mark.parametrize("format", ["md", "table", "xlsx"])
def test_a_file_for_people_says_itself_that_it_was_cut(narrow: FlaskClient, format: str) -> None:
    for query, is_cut in ((BRIDGES, True), (f"{BRIDGES} LIMIT 4", False)):
        body = ask(narrow, query, format=format)
        if format == "xlsx":
            with zipfile.ZipFile(io.BytesIO(body)) as book:
                body = b"".join(book.read(name) for name in book.namelist() if name.startswith("xl/worksheets/sheet2"))
        assert (b"There are more solutions; these are the first 4 of them." in body) == is_cut
    page = narrow.get("/sparql", query_string={"query": BRIDGES}, headers={"Accept": "text/html"})
    assert "These are the first 4" in page.text


def test_a_cut_result_without_a_way_on_is_refused(narrow: FlaskClient) -> None:
    response = narrow.post("/sparql", data={"query": f"{BRIDGES} # {'x' * 8000}"})
    told = response.get_json(force=True)
    assert (response.status_code, told["code"], told["limit"]) == (413, "too-many-solutions", "max_solutions")
    assert any("OFFSET" in hint for hint in told["hint"]) and told["dumps"] == f"{BASE}dumps/"


class Failing:
    """An engine with one answer: no."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def query(self, request: QueryRequest) -> QueryAnswer:
        raise self.error


def test_a_limit_says_which_how_to_ask_for_less_and_where_the_files_are(
    settings: Settings, generations: Generations
) -> None:
    client = create_app(settings, generations, Failing(QueryTimeout("Stopped.", allowed=10))).test_client()
    response = client.get("/sparql?query=ASK{}")
    told = response.get_json(force=True)
    assert (response.status_code, told["limit"], told["dumps"]) == (503, "query_timeout_s", f"{BASE}dumps/")
    assert len(told["hint"]) == 2 and response.headers["Retry-After"]
    client = create_app(settings, generations, Failing(TooBusy("Busy.", retry_after_s=3))).test_client()
    assert client.get("/sparql?query=ASK{}").headers["Retry-After"] == "3"
    assert client.get("/sparql?query=ASK{}", headers={"Accept": "text/html"}).headers["Retry-After"] == "3"


# ------------------------------------------------------------------ errors that help
def test_a_missing_prefix_is_named_with_the_line_to_add(client: FlaskClient) -> None:
    told = client.get("/sparql", query_string={"query": "SELECT * {\n ?s dcterms:title ?t }"}).get_json(force=True)
    assert (told["line"], told["column"]) == (2, 5)
    assert told["add"] == "PREFIX dcterms: <http://purl.org/dc/terms/>"
    assert told["excerpt"].splitlines() == [" ?s dcterms:title ?t }", "    ^"]
    told = client.get("/sparql", query_string={"query": "SELECT * { ?s dct:title ?t"}).get_json(force=True)
    assert told["add"] == "PREFIX dct: <http://purl.org/dc/terms/>", (
        "by another name; and what else is wrong comes later"
    )


def test_a_misspelt_term_of_ours_is_named_with_the_right_one(client: FlaskClient) -> None:
    query = f"PREFIX br: <{BASE}def#> SELECT * {{ ?b a br:Brigde ; <{BASE}def#from> ?f }}"
    for path, said in (
        ("/nl/sparql", "br:Brigde bestaat niet in dit vocabulaire. Bedoelt u br:Bridge?"),
        ("/sparql", "br:Brigde does not exist in this vocabulary. Did you mean br:Bridge?"),
    ):
        page = client.get(path, query_string={"query": query, "partial": "1"}, headers={"Accept": "text/html"})
        assert f'lang="{"nl" if "/nl" in path else "en"}">{said}</p>' in page.text
    told = client.get("/sparql", query_string={"query": f"{query} x"}).get_json(force=True)
    assert any("br:Bridge?" in hint for hint in told["hint"])


SCRIPT = "application/problem+json, text/html;q=0.9"
"""What the script of the page accepts."""


@pytest.mark.parametrize(
    ("path", "language", "title", "detail"),
    [
        ("/nl/sparql", "nl", "Er zit een fout in de vraag", "Regel 1, kolom 12: hier staat `skos`; hier hoort"),
        ("/sparql", "en", "There is an error in the query", "Line 1, column 12: found `skos`; expected"),
    ],
)
def test_errors_speak_the_language_of_the_page(
    client: FlaskClient, path: str, language: str, title: str, detail: str
) -> None:
    query = {"query": "SELECT * { skos }"}
    page = client.get(path, query_string=query, headers={"Accept": "text/html"})
    assert title in page.text and f'lang="{language}" tabindex="0">{detail}' in page.text
    part = client.get(path, query_string={**query, "partial": "1"}, headers={"Accept": SCRIPT})
    told = part.get_json(force=True)
    assert told["detail"].startswith(detail) and part.headers["Content-Language"] == language
    program = client.get(path, query_string=query, headers={"Accept": "application/json"})
    assert program.get_json(force=True)["detail"].startswith("Line 1, column 12: found")
    assert program.headers["Content-Language"] == "en"


# ------------------------------------------------------------------ kept and logged
def test_results_are_kept_for_get_and_post_alike(settings: Settings, generations: Generations) -> None:
    class Counting(EmbeddedEngine):
        asked = 0

        def query(self, request: QueryRequest) -> QueryAnswer:
            self.asked += 1
            return super().query(request)

    engine = Counting(ox.Store())
    client = create_app(settings, generations, engine).test_client()
    first = client.get("/sparql", query_string={"query": "ASK {}"})
    again = client.get("/sparql", query_string={"query": "ASK {}"})
    posted = client.post("/sparql", data={"query": "ASK {}"})
    assert engine.asked == 1
    assert first.data == again.data == posted.data and first.headers["ETag"] == posted.headers["ETag"]
    assert first.headers["Server-Timing"].startswith("queue;dur=")
    assert "kept" in again.headers["Server-Timing"] and "kept" in posted.headers["Server-Timing"]
    assert (
        client.post("/sparql", data={"query": "ASK {}"}, headers={"If-None-Match": first.headers["ETag"]}).status_code
        == 304
    )
    client.get("/sparql", query_string={"query": "ASK {}"}, headers={"Accept": "text/csv"})
    client.get("/sparql", query_string={"query": "ASK {}", "default-graph-uri": "x:y"})
    assert engine.asked == 3


def test_the_log_of_queries_says_what_but_not_who(
    tmp_path: Path, settings: Settings, generations: Generations, engine: EmbeddedEngine
) -> None:
    file = tmp_path / "queries.log"
    client = create_app(replace(settings, query_log=str(file)), generations, engine).test_client()
    for query in ("ASK {}", "ASK {}", "SELECT * { ?s foo:x ?o }"):
        client.get("/sparql", query_string={"query": query}, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [(line["status"], line["cached"]) for line in lines] == [(200, False), (200, True), (400, False)]
    assert lines[0]["query"] == "ASK {}" and "192.0.2" not in file.read_text("utf-8")


# ------------------------------------------------------------------ named queries as an API
def test_named_queries_by_their_names(client: FlaskClient) -> None:
    listed = client.get("/api/queries").get_json()["queries"]
    assert {one["name"] for one in listed} >= {"longest"}
    for one in listed:
        path = urlsplit(one["href"]).path.removeprefix("/bridges")
        response = client.get(path, query_string={"format": "csv"})
        assert response.status_code == 200 and response.headers["ETag"]
        again = client.get(path, query_string={"format": "csv"}, headers={"If-None-Match": response.headers["ETag"]})
        assert again.status_code == 304
    assert client.get("/api/queries/longest", headers={"Accept": "text/html"}).status_code == 303
    assert client.get("/api/queries/longest?nope=1").status_code == 400
    assert client.get("/api/queries/none").status_code == 404


def test_openapi_names_them_all(client: FlaskClient) -> None:
    told = client.get("/openapi.json").get_json(force=True)
    assert told["openapi"].startswith("3.1")
    for one in client.get("/api/queries").get_json()["queries"]:
        parameters = told["paths"][f"/api/queries/{one['name']}"]["get"]["parameters"]
        assert {p["name"] for p in one["parameters"]} <= {p["name"] for p in parameters}
    assert {"get", "post"} <= told["paths"]["/sparql"].keys() and "/items" in told["paths"]


# ------------------------------------------------------------------ the page
def test_a_part_of_the_page_is_only_the_result(client: FlaskClient) -> None:
    accept = {"Accept": "application/problem+json, text/html;q=0.9"}
    part = client.get("/sparql", query_string={"query": FORMS, "partial": "1"}, headers=accept)
    assert part.mimetype == "text/html" and "<html" not in part.text and "data-sparql-results" in part.text
    problem = client.get("/nl/sparql", query_string={"query": "SELEC", "partial": "1"}, headers=accept)
    assert (problem.status_code, problem.mimetype) == (400, "application/problem+json")


def test_the_page_has_the_editor_questions_and_ways_out(client: FlaskClient) -> None:
    page = client.get("/nl/sparql", query_string={"query": FORMS}, headers={"Accept": "text/html"}).text
    assert 'data-completion="/api/completion.json"' in page and "sparql-editor.js" in page
    assert "format=xlsx&amp;labels=nl" in page and "SPARQLWrapper" in page and "curl" in page
    assert "/nl/sparql?name=longest" in page
    named = client.get("/nl/sparql?name=longest", headers={"Accept": "text/html"})
    assert named.status_code == 200 and 'name="name" value="longest"' in named.text and "Akashi" in named.text
    assert client.get("/sparql?name=none", headers={"Accept": "text/html"}).status_code == 400
    told = client.get("/api/completion.json").get_json()
    assert any(one["iri"] == f"{BASE}def#Bridge" and one["count"] for one in told["classes"])
