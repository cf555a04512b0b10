"""Charts of query results as SVG made by the server: bars and lines, each the twin of a table.

Pure and deterministic: the same rows give the same bytes. Series differ by dash, mark and name as well as by colour.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from kggraph.publish.solutions import Solutions, Suggestion, Term, moment, number, role, text_of
from kggraph.publish.svg import Caption, Figure, escape, fit, frame, plain_number, px, text, ticks, width_of

WIDTH: Final = 760
MOST_BARS: Final = 50
MOST_SERIES: Final = 8
MOST_POINTS: Final = 2000

_DASHES: Final = ("", "7 4", "2 3", "9 3 2 3", "4 2", "12 4", "1 4", "6 2 1 2")
_SHADES: Final = (0.85, 0.55, 0.3, 0.7, 0.42, 0.2, 0.62, 0.12)


@dataclass(frozen=True, slots=True)
class Bar:
    """One label with an amount in each series (`None`: none known, which is not 0)."""

    label: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the x axis, its name there, and an amount."""

    x: float
    y: float
    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """One series of points."""

    name: str
    points: tuple[Point, ...]


# ------------------------------------------------------------------ from solutions
def bars_of(solutions: Solutions, wanted: Suggestion, labels: Callable[[str], str] | None = None) -> list[Bar]:
    """The bars of a result, in its order; rows of one label are one bar when a column tells the series."""
    label_column = solutions.column(wanted.x)
    if not wanted.series:
        columns = [[number(term) for term in solutions.column(name)] for name in wanted.y]
        amounts = zip(*columns, strict=True)
        return [Bar(text_of(term, labels), values) for term, values in zip(label_column, amounts, strict=True)]
    terms = _series(solutions, wanted)
    found: dict[tuple[Term | None, int], dict[Term | None, float | None]] = {}
    rows = zip(label_column, solutions.column(wanted.series), solutions.column(wanted.y[0]), strict=True)
    for term, series, amount in rows:
        again = 0  # a second amount for the same bar is a bar of its own, never lost
        while series in found.setdefault((term, again), {}):
            again += 1
        found[term, again][series] = number(amount)
    return [Bar(text_of(term, labels), tuple(map(values.get, terms))) for (term, _), values in found.items()]


def lines_of(solutions: Solutions, wanted: Suggestion, labels: Callable[[str], str] | None = None) -> list[Line]:
    """The lines of a result, each sorted along x; a row without a place or an amount is no point."""
    places = solutions.column(wanted.x)
    is_date = role(solutions, wanted.x) == "date"
    where = [moment(term, wanted.x) if is_date else number(term) for term in places]
    of_series = solutions.column(wanted.series) if wanted.series else (None,) * len(places)
    points: dict[tuple[str, Term | None], list[Point]] = {}
    for variable in wanted.y:
        for term, x, amount, series in zip(places, where, solutions.column(variable), of_series, strict=True):
            y = number(amount)
            line = points.setdefault((variable, series), [])
            if x is not None and y is not None:
                line.append(Point(x, y, text_of(term)))
    return [
        Line(text_of(series, labels) if wanted.series else name, tuple(sorted(found, key=lambda p: (p.x, p.y, p.name))))
        for (name, series), found in points.items()
    ]


def series_names(solutions: Solutions, wanted: Suggestion, labels: Callable[[str], str] | None = None) -> list[str]:
    """Names of the series: the values of the series column as they come, or the number columns."""
    return [text_of(term, labels) for term in _series(solutions, wanted)] if wanted.series else list(wanted.y)


def _series(solutions: Solutions, wanted: Suggestion) -> list[Term | None]:
    return list(dict.fromkeys(solutions.column(wanted.series)))


# ------------------------------------------------------------------ bars
def bar_chart(bars: Sequence[Bar], caption: Caption, series: Sequence[str] = ()) -> Figure:
    """Horizontal bars, a group for each label, with the amount written beside each bar.

    >>> bar_chart([Bar("a", (2.0,)), Bar("b", (1.0,))], Caption("Amounts")).svg.count("<rect")
    2
    """
    shown = bars[:MOST_BARS]
    many = min(max((len(bar.values) for bar in shown), default=1), MOST_SERIES)
    known = [v for bar in shown for v in bar.values[:many] if v is not None and math.isfinite(v)]
    low, high = min([0.0, *known]), max([0.0, *known])
    label_width = min(max((width_of(bar.label) for bar in shown), default=0.0), 300.0)
    amounts = [caption.number(value) for value in known]
    amount_width = max(map(width_of, amounts), default=0.0) + 8
    left = label_width + 12 + (amount_width if low < 0 else 0)
    scale = _scale(low, high, left, WIDTH - amount_width - 4)
    thick = 20 if many == 1 else 14
    legend, top = _legend(series[:many]) if many > 1 else ([], 4.0)
    parts = [*legend]
    y = top
    for bar in shown:
        middle = y + thick * many / 2 + 4.5
        parts.append(text(label_width, middle, fit(bar.label, label_width), anchor="end", whole=bar.label))
        for index, value in enumerate(bar.values[:many]):
            if value is not None and math.isfinite(value):
                parts.append(_bar(scale, y + index * thick, thick - 1.5, value, index, caption))
        y += thick * many + (8 if many == 1 else 12)
    zero = scale(0.0)
    parts.append(_path(f"M{px(zero)} {px(top - 2)}V{px(max(y - 4, top))}", "axis"))
    svg = frame(WIDTH, max(y, 24), parts, caption, css="bars")
    return Figure(svg, len(known), sum(v is not None for bar in bars for v in bar.values))


def _bar(scale: Callable[[float], float], y: float, thick: float, value: float, index: int, caption: Caption) -> str:
    start, end = sorted((scale(0.0), scale(value)))
    rect = (
        f'<rect class="series-{index + 1}" x="{px(start)}" y="{px(y)}" width="{px(max(end - start, 0.5))}"'
        f' height="{px(thick)}" fill-opacity="{_SHADES[index % len(_SHADES)]}"/>'
    )
    at, anchor = (start - 5, "end") if value < 0 else (end + 5, "start")
    return rect + text(at, y + thick / 2 + 4.5, caption.number(value), anchor=anchor, css="amount")


# ------------------------------------------------------------------ lines
def line_chart(lines: Sequence[Line], caption: Caption, x_name: str = "", y_name: str = "") -> Figure:
    """Lines over time or numbers, with round numbers at the axes and each line's name at its end.

    >>> "<path" in line_chart([Line("n", (Point(2020, 1, "2020"), Point(2021, 3, "2021")))], Caption("By year")).svg
    True
    """
    total = sum(len(line.points) for line in lines)
    finite = [[p for p in line.points if math.isfinite(p.x) and math.isfinite(p.y)] for line in lines]
    drawable = [(line, found) for line, found in zip(lines, finite, strict=True) if found]
    shown = [Line(line.name, tuple(found[:MOST_POINTS])) for line, found in drawable[:MOST_SERIES]]
    points = [point for line in shown for point in line.points]
    y_ticks = ticks(min([0.0, *(p.y for p in points)]), max([0.0, *(p.y for p in points)]))
    tick_names = [caption.number(value) for value in y_ticks]
    names_width = min(max((width_of(line.name) for line in shown), default=0.0), 200.0) if len(shown) > 1 else 0.0
    left, right = max(map(width_of, tick_names)) + 14, WIDTH - names_width - 20
    top, bottom = 28.0 if y_name else 12.0, 320.0
    x_scale = _scale(min((p.x for p in points), default=0), max((p.x for p in points), default=1), left, right)
    y_scale = _scale(y_ticks[0], max(y_ticks[-1], *(p.y for p in points)) if points else y_ticks[-1], bottom, top)
    parts = [text(0, 12, fit(y_name, 300), css="axis-name")] if y_name else []
    for value, name in zip(y_ticks, tick_names, strict=True):
        parts.append(_path(f"M{px(left)} {px(y_scale(value))}H{px(right)}", "axis" if value == 0 else "grid"))
        parts.append(text(left - 7, y_scale(value) + 4.5, name, anchor="end"))
    for x, name in _x_ticks(points):
        parts.append(text(x_scale(x), bottom + 20, fit(name, 90), anchor="middle"))
    if x_name:
        parts.append(text(right, bottom + 38, fit(x_name, 300), anchor="end", css="axis-name"))
    ends = _spread([y_scale(line.points[-1].y) + 4.5 for line in shown], 16)
    for index, line in enumerate(shown):
        parts.append(_line(line, index, x_scale, y_scale, caption))
        if len(shown) > 1:
            name = fit(line.name, names_width)
            parts.append(text(right + 10, ends[index], name, css=f"name-{index + 1}", whole=line.name))
    height = max(bottom + (44 if x_name else 28), *(end + 8 for end in ends)) if ends else bottom + 44
    svg = frame(WIDTH, height, parts, caption, css="lines")
    return Figure(svg, len(points), total)


def _line(line: Line, index: int, x: Callable[[float], float], y: Callable[[float], float], caption: Caption) -> str:
    path = "L".join(f"{px(x(point.x))} {px(y(point.y))}" for point in line.points)
    dash = _DASHES[index % len(_DASHES)]
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    css = f"line series-{index + 1}"
    drawn = f'<path class="{css}" d="M{path}" fill="none" stroke="currentColor" stroke-width="2"{dashes}/>'
    if len(line.points) > 100:
        return drawn
    marks = "".join(
        f"{_mark(index, x(point.x), y(point.y))}<title>"
        f"{escape(f'{line.name}, {point.name}: {caption.number(point.y)}')}</title></path>"
        for point in line.points
    )
    return drawn + marks


def _mark(index: int, x: float, y: float) -> str:
    """The start of a mark's path: circle, square, diamond or triangle, so that lines differ without colour too."""
    shapes = (
        f"M{px(x - 3.5)} {px(y)}a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0z",
        f"M{px(x - 3.5)} {px(y - 3.5)}h7v7h-7z",
        f"M{px(x)} {px(y - 4.5)}l4.5 4.5l-4.5 4.5l-4.5 -4.5z",
        f"M{px(x)} {px(y - 4.5)}l4.5 8h-9z",
    )
    return f'<path class="mark series-{index + 1}" d="{shapes[index % len(shapes)]}">'


def _x_ticks(points: Sequence[Point]) -> list[tuple[float, str]]:
    """Round whole numbers when all places are whole (years, counts), else some of the places themselves."""
    places: Mapping[float, str] = {p.x: p.name for p in sorted(points, key=lambda p: (p.x, p.name), reverse=True)}
    if not places:
        return []
    if len(places) > 10 and all(x == int(x) for x in places):
        low, high = min(places), max(places)
        return [(x, plain_number(x)) for x in ticks(low, high, 8) if low <= x <= high and x == int(x)]
    xs = sorted(places)
    step = max(1, math.ceil(len(xs) / 10))
    return [(x, places[x]) for x in xs[::step]]


# ------------------------------------------------------------------ both
def _scale(low: float, high: float, start: float, end: float) -> Callable[[float], float]:
    """Maps [low, high] on [start, end]; a range of no width is in the middle, unless it begins at 0."""
    span = high - low
    if not math.isfinite(span):  # values near the largest double
        return lambda value: start + (value / 2 - low / 2) / (high / 2 - low / 2) * (end - start)
    if span == 0:
        return lambda value: start if low == 0 else (start + end) / 2
    return lambda value: start + (value - low) / span * (end - start)


def _legend(series: Sequence[str]) -> tuple[list[str], float]:
    parts: list[str] = []
    x, y = 0.0, 6.0
    for index, name in enumerate(series):
        shown = fit(name, 200)
        if x and x + width_of(shown) + 22 > WIDTH:
            x, y = 0.0, y + 20
        shade = _SHADES[index % len(_SHADES)]
        parts.append(
            f'<rect class="series-{index + 1}" x="{px(x)}" y="{px(y)}" width="12" height="12" fill-opacity="{shade}"/>'
        )
        parts.append(text(x + 17, y + 11, shown, whole=name))
        x += width_of(shown) + 40
    return parts, y + 26


def _spread(places: Sequence[float], apart: float) -> list[float]:
    """The places moved down as far as needed to be `apart`, in the order they have."""
    order = sorted(range(len(places)), key=lambda index: (places[index], index))
    moved = list(places)
    for one, two in pairwise(order):
        moved[two] = max(moved[two], moved[one] + apart)
    return moved


def _path(d: str, css: str) -> str:
    opacity = ' stroke-opacity="0.2"' if css == "grid" else ""
    return f'<path class="{css}" d="{d}" fill="none" stroke="currentColor"{opacity}/>'
