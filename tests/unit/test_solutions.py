"""Results read into terms, and what their columns can be used for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pyoxigraph import BlankNode, NamedNode, Triple
from pyoxigraph import Literal as RdfLiteral

from kggraph.publish.solutions import Solutions, chartable, moment, number, read_solutions, role, text_of
from kggraph.terms import XSD

EX = "https://example.org/"


def literal(value: object, datatype: str = "") -> dict[str, Any]:
    return {"type": "literal", "value": str(value)} | ({"datatype": XSD + datatype} if datatype else {})


def uri(name: str) -> dict[str, Any]:
    return {"type": "uri", "value": EX + name}


def result(variables: str, *rows: tuple[dict[str, Any] | None, ...]) -> Solutions:
    names = variables.split()
    bindings = [{name: term for name, term in zip(names, row, strict=True) if term} for row in rows]
    read = read_solutions(json.dumps({"head": {"vars": names}, "results": {"bindings": bindings}}).encode())
    assert isinstance(read, Solutions)
    return read


def test_every_kind_of_term_keeps_what_it_is() -> None:
    triple = {"type": "triple", "value": {"subject": uri("s"), "predicate": uri("p"), "object": literal("o")}}
    rows = (
        uri("a"),
        {"type": "bnode", "value": "b0"},
        literal("01.0", "decimal"),
        {"type": "literal", "value": "Één", "xml:lang": "nl"},
        triple,
        None,
    )
    read = result("a b c d e f", rows)
    a, b, c, d, e, f = read.rows[0]
    assert (a, b, f) == (NamedNode(EX + "a"), BlankNode("b0"), None)
    assert isinstance(c, RdfLiteral) and c.value == "01.0"
    assert isinstance(d, RdfLiteral) and (d.value, d.language) == ("Één", "nl")
    assert isinstance(e, Triple) and e.object == RdfLiteral("o")


def test_an_ask_is_a_boolean() -> None:
    assert read_solutions(b'{"head":{},"boolean":true}') is True


@pytest.mark.parametrize(
    ("term", "value"),
    [("12", 12.0), ("-1.5", -1.5), ("1e3", 1000.0), ("INF", None), ("NaN", None), ("x", None)],
)
def test_numbers_are_finite(term: str, value: float | None) -> None:
    assert number(RdfLiteral(term, datatype=NamedNode(f"{XSD}double"))) == value


@pytest.mark.parametrize(
    ("text", "datatype", "variable", "value"),
    [
        ("2020", "gYear", "", 2020.0),
        ("2020Z", "gYear", "", 2020.0),
        ("2020-07", "gYearMonth", "", 2020.5),
        ("2020-01-01", "date", "", 2020.0),
        ("2020-01-01T12:00:00.5+01:00", "dateTime", "", 2020 + 0.5 / 31 / 12),
        ("2020", "integer", "year", 2020.0),
        ("2020", "string", "jaar", 2020.0),
        ("2020", "integer", "n", None),
        ("20200", "integer", "year", None),
        ("nonsense", "date", "", None),
    ],
)
def test_dates_are_places_in_time(text: str, datatype: str, variable: str, value: float | None) -> None:
    found = moment(RdfLiteral(text, datatype=NamedNode(XSD + datatype)), variable)
    assert found == (pytest.approx(value) if value is not None else None)


def test_one_value_that_does_not_fit_makes_a_label() -> None:
    assert role(result("n", (literal(1, "integer"),), (None,)), "n") == "number"
    assert role(result("n", (literal(1, "integer"),), (literal("x"),)), "n") == "label"
    assert role(result("n", (None,)), "n") == "none"


def test_a_label_and_a_number_make_bars_and_the_label_of_an_iri_is_preferred() -> None:
    rows = [(uri(name), literal(name), literal(n, "integer")) for name, n in (("a", 3), ("b", 5))]
    found = chartable(result("theme themeLabel n", *rows))
    assert found is not None
    assert (found.kind, found.x, found.y, found.series) == ("bars", "themeLabel", ("n",), "")


def test_a_date_and_a_number_make_lines_apart_by_label() -> None:
    rows = [
        (literal(domain), literal(year, "gYear"), literal(1, "integer")) for domain in "ab" for year in (2019, 2020)
    ]
    found = chartable(result("domain year n", *rows))
    assert found is not None
    assert (found.kind, found.x, found.series) == ("lines", "year", "domain")


def test_two_labels_and_a_number_make_groups() -> None:
    rows = [(literal(topic), literal(kind), literal(1, "integer")) for topic in "ab" for kind in "xyz"]
    found = chartable(result("topic kind n", *rows))
    assert found is not None
    assert (found.kind, found.x, found.series) == ("bars", "topic", "kind")


@pytest.mark.parametrize(
    "rows",
    [
        [(literal("a"), literal("b"))] * 3,
        [(literal("a"), literal(1, "integer"))],
        [(literal(3, "integer"), literal(1, "integer")), (literal(2, "integer"), literal(1, "integer"))],
    ],
    ids=["no number", "one row", "numbers without order"],
)
def test_what_is_no_chart(rows: list[tuple[dict[str, Any], ...]]) -> None:
    assert chartable(result("x y", *rows)) is None


def test_terms_as_text() -> None:
    assert text_of(NamedNode(f"{EX}def#Item")) == "Item"
    assert text_of(NamedNode(f"{EX}a"), lambda iri: "Label") == "Label"
    assert text_of(None) == ""
