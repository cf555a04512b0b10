"""What the SPARQL page shows of a result, as a view and through its templates."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, PackageLoader, StrictUndefined
from werkzeug.datastructures import MultiDict

from kggraph.errors import BadParameter
from kggraph.rdf.iris import is_web_iri
from kggraph.web import markup
from kggraph.web.sparql_view import (
    ChartChoice,
    Reader,
    ResultView,
    chart_choice,
    editor_strings,
    view_of_graph,
    view_of_solutions,
    with_ways_out,
)
from kggraph.web.texts import Texts, texts

ROOT = Path(__file__).parents[2]
EX = "https://example.org/"
LABELS = {f"{EX}a": {"en": "Aap", "nl": "Aap"}, f"{EX}p": {"en": "part of"}}
XSD = "http://www.w3.org/2001/XMLSchema#"


def words(language: str) -> Texts:
    """The texts of the pages."""
    return texts(language)


def reader(language: str = "en") -> Reader:
    return Reader(
        words(language),
        lambda iris: {iri: LABELS[iri] for iri in iris if iri in LABELS},
        lambda iri: (iri, True) if is_web_iri(iri) else (None, False),
        {"ex": EX, "xsd": XSD},
    )


def body(variables: str, *rows: tuple[Any, ...]) -> bytes:
    def term(value: Any) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        if isinstance(value, int):
            return {"type": "literal", "value": str(value), "datatype": f"{XSD}integer"}
        kind = "uri" if ":" in value else "literal"
        return {"type": kind, "value": value}

    names = variables.split()
    bindings = [{n: term(v) for n, v in zip(names, row, strict=True) if v is not None} for row in rows]
    return json.dumps({"head": {"vars": names}, "results": {"bindings": bindings}}).encode()


def rendered(view: ResultView | None, template: str = "sparql/results.html", **more: Any) -> str:
    environment = Environment(
        loader=PackageLoader("kggraph.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update({filter.__name__: filter for filter in markup.FILTERS})
    environment.globals.update({piece.__name__: piece for piece in markup.PIECES})
    context = {
        "hints": [],
        "detail": None,
        "to_add": "",
        "t": words("en"),
        "lang": "en",
        "prefix": "",
        "result": view,
        "fields": [("query", "ASK {}")],
    } | more
    return environment.get_template(template).render(context)


def test_terms_are_shown_with_label_name_and_datatype() -> None:
    date = {"type": "literal", "value": "2020", "datatype": f"{XSD}gYear"}
    dutch = {"type": "literal", "value": "hallo", "xml:lang": "nl"}
    view = view_of_solutions(
        body("a b c d e f", (f"{EX}a", f"{EX}x", "javascript:alert(1)", 12, date, dutch)),
        reader(),
        ChartChoice(),
        truncated=False,
    )
    a, b, c, d, e, f = view.rows[0]
    assert (a.text, a.short, a.href, a.external) == ("Aap", "ex:a", f"{EX}a", True)
    assert (b.text, b.short) == ("ex:x", "")
    assert (c.text, c.href) == ("javascript:alert(1)", None)
    assert (d.value, d.is_number) == ("12", True)
    assert (e.text, e.datatype) == ("2020", "xsd:gYear")
    assert (f.text, f.lang) == ("hallo", "nl")


def test_an_unbound_variable_is_an_empty_cell() -> None:
    view = view_of_solutions(body("a b", ("x", None)), reader(), ChartChoice(), truncated=False)
    assert view.rows[0][1].text == ""


def test_a_chart_is_suggested_and_can_be_chosen() -> None:
    counts = body("name n m", ("one", 3, 1), ("two", 5, 2))
    auto = view_of_solutions(counts, reader(), ChartChoice(), truncated=False).chart
    assert auto and auto.shown and (auto.shown.kind, auto.shown.y) == ("bars", ("n",))
    other = view_of_solutions(counts, reader(), ChartChoice("bars", y="m"), truncated=False).chart
    assert other and other.shown and other.shown.y == ("m",)
    none = view_of_solutions(counts, reader(), ChartChoice("none"), truncated=False).chart
    assert none and none.figure is None
    assert view_of_solutions(body("a", ("x",)), reader(), ChartChoice(), truncated=False).chart is None


@pytest.mark.parametrize(
    ("choice", "parameter"),
    [(ChartChoice("bars", x="nope"), "x"), (ChartChoice(y="name"), "y"), (ChartChoice("lines"), "chart")],
)
def test_a_choice_that_cannot_be_is_an_error(choice: ChartChoice, parameter: str) -> None:
    with pytest.raises(BadParameter) as raised:
        view_of_solutions(body("name n", ("one", 3), ("two", 5)), reader(), choice, truncated=False)
    assert raised.value.parameter == parameter


def test_parameters_of_a_chart() -> None:
    assert chart_choice(MultiDict({"chart": "lines", "x": "year"})) == ChartChoice("lines", "year")
    assert chart_choice(MultiDict()) == ChartChoice()
    with pytest.raises(BadParameter):
        chart_choice(MultiDict({"chart": "pie"}))


def test_a_graph_is_a_table_and_a_drawing() -> None:
    graph = f'<{EX}a> <{EX}p> <{EX}b> .\n<{EX}a> <{EX}q> "tekst"@nl .\n_:b <{EX}q> "1"^^<{XSD}integer> .\n'.encode()
    view = view_of_graph(graph, reader(), truncated=False)
    assert [cell.text for cell in view.rows[0]] == ["Aap", "part of", "ex:b"]
    assert [cell.text for cell in view.rows[2]] == ["_:b", "ex:q", "1"]
    assert view.drawing and view.drawing.shown == 3
    starred = f"<{EX}a> <{EX}p> <<( <{EX}a> <{EX}p> <{EX}b> )>> .\n".encode()
    assert view_of_graph(starred, reader(), truncated=False).drawing
    assert view_of_graph(b"", reader(), truncated=False).drawing is None


@pytest.mark.parametrize("language", ["nl", "en"])
def test_the_editor_has_all_its_texts(language: str) -> None:
    strings = json.loads(editor_strings(words(language)))
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "frontend" / "src").glob("*.js"))
    used = set(re.findall(r"\btext\.([a-zA-Z]+)\b(?!\()", sources)) - {"length", "js"}
    assert len(used) > 15 and not used - set(strings)
    assert set(strings["kinds"]) == {"class", "property", "concept"}


def test_numbers_in_charts_are_written_in_the_language() -> None:
    view = view_of_solutions(body("name n", ("one", 12345), ("two", 5)), reader("nl"), ChartChoice(), truncated=False)
    assert view.chart and view.chart.figure and ">12.345<" in view.chart.figure.svg


HOSTILE = "</td><script>alert(1)</script>\"'"


def test_the_results_template_holds_everything_and_escapes_it() -> None:
    view = view_of_solutions(
        body("name n", (HOSTILE, 3), ("two", 5), (f"{EX}a", None)), reader(), ChartChoice(), truncated=True
    )
    view = with_ways_out(view, [("CSV", "/sparql?format=csv")], [("curl", "curl", HOSTILE)])
    html = rendered(view, fields=[("query", HOSTILE)])
    assert "<script" not in html and "style=" not in html
    assert "data-sparql-results" in html and "data-summary" in html and "<svg" in html
    assert 'data-value="3"' in html and "There are more rows" in html
    assert '<button class="button quiet" type="button" data-copy="code-curl" hidden>' in html


def test_the_results_template_for_other_results() -> None:
    yes = with_ways_out(ResultView(boolean=True), [], [])
    assert "Yes, that is so." in rendered(yes)
    graph = view_of_graph(f"<{EX}a> <{EX}p> <{EX}b> .\n".encode(), reader(), truncated=False)
    html = rendered(graph)
    assert "1 triple<" in html and ">Property</th>" in html and "<svg" in html
    assert "data-sparql-results" in rendered(None)


def test_the_other_parts_of_the_page() -> None:
    form = rendered(
        None,
        "sparql/form.html",
        text="</textarea>",
        problem=None,
        completion="/c.json",
        strings=editor_strings(words("en")),
    )
    assert "&lt;/textarea&gt;" in form and 'data-completion="/c.json"' in form
    attribute = re.search(r'data-strings="([^"]*)"', form)
    assert attribute
    history = rendered(None, "sparql/history.html")
    assert "data-history-clear" in history
    said = markup.Label("Title", "en")
    gallery = rendered(None, "sparql/gallery.html", gallery=[(said, said, "/sparql?name=x")])
    assert 'href="/sparql?name=x"' in gallery
    field = {"name": "topic", "label": said, "value": "b", "options": [("a", "A"), ("b", "B")]}
    named = {
        "name": "x",
        "title": said,
        "description": said,
        "parameters": [field, field | {"name": "y", "options": []}],
    }
    parameters = rendered(None, "sparql/parameters.html", named=named)
    assert '<option value="b" selected>B</option>' in parameters and 'id="p-y"' in parameters
