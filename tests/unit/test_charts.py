"""Charts: well-formed, safe, accessible, deterministic, and true to what is in the rows."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kggraph.publish.charts import MOST_BARS, Bar, Line, Point, bar_chart, bars_of, line_chart, lines_of, series_names
from kggraph.publish.solutions import Suggestion
from kggraph.publish.svg import Caption, Figure, fit, plain_number, px, ticks, width_of
from tests.unit.test_solutions import literal, result, uri

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = "</svg><script>alert(1)</script>\"'&\x00\x1f\u202e\ud800 ]]>"
CAPTION = Caption("Items <by> theme", "What it shows", "c1")


UNWANTED = re.compile(r"\sstyle=|<style|<script|\son[a-z]+=|nan|inf\b|None|href")


def labels(most: int) -> st.SearchStrategy[str]:
    """Texts that do not themselves say what no picture may have."""
    return st.text(max_size=most).filter(lambda text: not UNWANTED.search(f" {text} "))


def parsed(figure: Figure) -> ElementTree.Element:
    """The picture as XML; fails on what no strict Content Security Policy or parser lets pass."""
    assert not UNWANTED.search(figure.svg), figure.svg
    return ElementTree.fromstring(figure.svg.encode())


def numbers_in(root: ElementTree.Element) -> list[float]:
    names = ("x", "y", "width", "height")
    return [float(node.attrib[name]) for node in root.iter() for name in names if name in node.attrib]


def test_a_picture_has_a_name_and_a_description() -> None:
    root = parsed(bar_chart([Bar("a", (1.0,))], CAPTION))
    assert root.attrib["role"] == "img"
    title, desc = root[0], root[1]
    assert (title.tag, title.text, desc.text) == (f"{SVG}title", "Items <by> theme", "What it shows")
    assert root.attrib["aria-labelledby"] == title.attrib["id"] == "c1-title"
    assert root.attrib["aria-describedby"] == desc.attrib["id"]


def test_bars_are_as_long_as_their_amounts() -> None:
    root = parsed(bar_chart([Bar("a", (10.0,)), Bar("b", (5.0,)), Bar("c", (None,)), Bar("d", (0.0,))], CAPTION))
    widths = [float(rect.attrib["width"]) for rect in root.iter(f"{SVG}rect")]
    assert len(widths) == 3, "an unknown amount is no bar"
    assert widths[0] == pytest.approx(2 * widths[1], abs=0.2)
    assert widths[2] < 1


def test_negative_amounts_go_the_other_way() -> None:
    root = parsed(bar_chart([Bar("a", (10.0,)), Bar("b", (-10.0,))], CAPTION))
    plus, minus = root.iter(f"{SVG}rect")
    assert float(minus.attrib["x"]) + float(minus.attrib["width"]) == pytest.approx(float(plus.attrib["x"]), abs=0.2)


def test_every_amount_is_written_beside_its_bar_in_the_language() -> None:
    caption = Caption("t", number=lambda value: f"{value:.1f}".replace(".", ","))
    texts = [node.text for node in parsed(bar_chart([Bar("a", (1.5,))], caption)).iter(f"{SVG}text")]
    assert texts == ["a", "1,5"]


def test_groups_have_a_legend() -> None:
    figure = bar_chart([Bar("2019", (1.0, 2.0)), Bar("2020", (3.0, None))], CAPTION, ["guide", "tool"])
    texts = [node.text for node in parsed(figure).iter(f"{SVG}text")]
    assert texts[:2] == ["guide", "tool"]
    assert (figure.shown, figure.total) == (3, 3)


def test_what_does_not_fit_is_counted() -> None:
    figure = bar_chart([Bar(str(n), (1.0,)) for n in range(MOST_BARS + 7)], CAPTION)
    assert (figure.shown, figure.total, figure.is_cut) == (MOST_BARS, MOST_BARS + 7, True)
    many = bar_chart([Bar("a", (1.0,) * 12)], CAPTION, [str(n) for n in range(12)])
    assert (many.shown, many.total) == (8, 12)


def test_hostile_labels_are_text() -> None:
    bars = bar_chart([Bar(HOSTILE, (1.0, 2.0))], Caption(HOSTILE, HOSTILE), [HOSTILE, HOSTILE])
    points = (Point(1, 1, HOSTILE), Point(2, 3, HOSTILE))
    lines = line_chart([Line(HOSTILE, points), Line("b", points)], Caption(HOSTILE), HOSTILE, HOSTILE)
    for figure in (bars, lines):
        tags = {node.tag.removeprefix(SVG) for node in parsed(figure).iter()}
        assert tags <= {"svg", "title", "desc", "text", "rect", "path"}


def test_lines_have_ticks_marks_and_names() -> None:
    lines = [Line(name, tuple(Point(y, y % 7, str(y)) for y in range(2001, 2024))) for name in ("A", "B")]
    root = parsed(line_chart(lines, CAPTION, "year", "items"))
    texts = [node.text for node in root.iter(f"{SVG}text")]
    assert {"2005", "2010", "2015", "2020", "A", "B", "year", "items", "0"} <= set(texts)
    dashes = {
        path.attrib.get("stroke-dasharray", "") for path in root.iter(f"{SVG}path") if "line" in path.attrib["class"]
    }
    assert len(dashes) >= 2, "lines differ without colour too"
    assert "A, 2001: 6" in {node.text for node in root.iter(f"{SVG}title")}


def test_points_of_all_kinds_of_dates_keep_their_names() -> None:
    points = (Point(2020.0, 1, "2020-01"), Point(2020.5, 2, "2020-07"))
    assert "2020-07" in [node.text for node in parsed(line_chart([Line("n", points)], CAPTION)).iter(f"{SVG}text")]


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(labels(40), st.one_of(st.none(), finite)), max_size=8))
def test_any_bars_give_a_picture_inside_its_frame(rows: list[tuple[str, float | None]]) -> None:
    root = parsed(bar_chart([Bar(label, (value,)) for label, value in rows], Caption("t")))
    assert all(-1 <= value < 5000 for value in numbers_in(root))


@given(st.lists(st.tuples(finite, finite, labels(10)), max_size=12))
def test_any_points_give_a_picture_inside_its_frame(rows: list[tuple[float, float, str]]) -> None:
    points = tuple(Point(x, y, name) for x, y, name in sorted(rows))
    root = parsed(line_chart([Line("n", points)], Caption("t")))
    assert all(-400 <= value < 5000 for value in numbers_in(root))


@given(finite, finite)
def test_ticks_hold_the_range(one: float, two: float) -> None:
    low, high = sorted((one, two))
    found = ticks(low, high)
    assert 2 <= len(found) <= 20
    assert found == sorted(found)


def test_the_same_rows_give_the_same_bytes() -> None:
    rows = [(uri(name), literal(n, "integer")) for name, n in (("b", 2), ("a", 1))]
    wanted = Suggestion("bars", "x", ("n",))
    one, two = (bar_chart(bars_of(result("x n", *rows), wanted), CAPTION).svg for _ in range(2))
    assert one == two


def test_bars_of_solutions_keep_order_series_and_second_amounts() -> None:
    rows = [("a", "x", 1), ("b", "x", 2), ("a", "y", 3), ("a", "x", 4)]
    solutions = result("t k n", *[(literal(t), literal(k), literal(n, "integer")) for t, k, n in rows])
    wanted = Suggestion("bars", "t", ("n",), "k")
    assert series_names(solutions, wanted) == ["x", "y"]
    assert bars_of(solutions, wanted) == [Bar("a", (1.0, 3.0)), Bar("b", (2.0, None)), Bar("a", (4.0, None))]


def test_two_things_of_one_label_stay_two_series() -> None:
    rows = [
        (uri("one"), literal(2020, "gYear"), literal(1, "integer")),
        (uri("two"), literal(2020, "gYear"), literal(2, "integer")),
    ]
    wanted = Suggestion("lines", "year", ("n",), "s")
    lines = lines_of(result("s year n", *rows), wanted, lambda iri: "Same")
    assert [(line.name, line.points[0].y) for line in lines] == [("Same", 1.0), ("Same", 2.0)]


def test_lines_of_solutions_are_sorted_and_leave_out_what_has_no_place() -> None:
    rows = [
        (literal(2021, "gYear"), literal(5, "integer")),
        (literal(2020, "gYear"), literal(3, "integer")),
        (literal(2022, "gYear"), None),
    ]
    (line,) = lines_of(result("year n", *rows), Suggestion("lines", "year", ("n",)))
    assert [(point.name, point.y) for point in line.points] == [("2020", 3.0), ("2021", 5.0)]


def test_texts_are_fitted_and_numbers_short() -> None:
    assert fit("short", 200) == "short"
    assert width_of(fit("a long text that goes on and on", 100)) <= 100
    assert fit("漢字漢字漢字", 40).endswith("…")
    assert [px(value) for value in (1.0, 1.26, -0.04, 1e6)] == ["1", "1.3", "0", "1000000"]
    assert [plain_number(value) for value in (3.0, 2.5, 1e20)] == ["3", "2.5", "1e+20"]
