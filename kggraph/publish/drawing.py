"""A small graph drawn by the server: things in columns from left to right, an arrow with its name for each triple.

Columns follow the distance from where the graph begins, so a description reads as a tree and a network stays legible.
Deterministic: the same triples, in any order, give the same bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from pyoxigraph import BlankNode, NamedNode
from pyoxigraph import Literal as RdfLiteral

from kggraph.publish.solutions import Solutions, Term, text_of
from kggraph.publish.svg import FONT_SIZE, Caption, Figure, fit, frame, px, text, width_of

Edge = tuple[Term, NamedNode, Term]

MOST_NODES: Final = 40
MOST_EDGES: Final = 80
_BOX: Final = (110.0, 300.0)
"""The least and most width of a box; those of a column are as wide as the longest name needs."""
_GAP: Final = 130.0
_ROW: Final = 44.0
_HIGH: Final = 28.0
_ROUNDS: Final = 6
_PARTS: Final = (0.62, 0.48, 0.74, 0.36, 0.25)
"""Where on its arrow a name may lie, the best first."""

_Four = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class _Place:
    x: float
    y: float
    wide: float


def drawable(solutions: Solutions) -> list[Edge] | None:
    """The triples in a SELECT result of three columns whose middle one holds only IRIs, as of `SELECT ?s ?p ?o`."""
    if len(solutions.variables) != 3 or not solutions.rows:
        return None
    edges: list[Edge] = []
    for subject, predicate, object_ in solutions.rows:
        if not isinstance(subject, NamedNode | BlankNode) or not isinstance(predicate, NamedNode) or object_ is None:
            return None
        edges.append((subject, predicate, object_))
    return edges


def graph_drawing(edges: Iterable[Edge], caption: Caption, labels: Callable[[str], str] | None = None) -> Figure:
    """The graph of some triples, at most `MOST_NODES` things and `MOST_EDGES` triples of it.

    >>> a, p = NamedNode("https://example.org/a"), NamedNode("https://example.org/p")
    >>> graph_drawing([(a, p, RdfLiteral("x"))], Caption("Graph")).svg.count("<rect")
    2
    """
    whole = sorted(set(edges), key=lambda edge: tuple(map(str, edge)))
    shown = _some(whole)
    columns = _columns(shown)
    places = _places(columns, lambda term: _width(term, text_of(term, labels)))
    width = max((place.x + place.wide for place in places.values()), default=_BOX[0]) + 1 + _room_right(shown, places)
    height = max((len(column) for column in columns), default=1) * _ROW
    parts = [_arrow_head(caption.ident)] if shown else []
    together: dict[tuple[Term, Term], list[str]] = defaultdict(list)
    for subject, predicate, object_ in shown:
        together[subject, object_].append(text_of(predicate, labels))
    parts += _arrows({pair: ", ".join(names) for pair, names in together.items()}, places, caption.ident)
    parts += [_box(term, place, text_of(term, labels)) for term, place in places.items()]
    return Figure(frame(width, height, parts, caption, css="graph"), len(shown), len(whole))


def _some(edges: Sequence[Edge]) -> list[Edge]:
    """The first triples whose things fit, those of the best-connected subjects first."""
    degree: dict[Term, int] = defaultdict(int)
    for subject, _, object_ in edges:
        degree[subject] += 1
        degree[object_] += 1
    nodes: set[Term] = set()
    chosen: list[Edge] = []
    for edge in sorted(edges, key=lambda e: (-degree[e[0]], tuple(map(str, e)))):
        more = nodes | {edge[0], edge[2]}
        if len(more) <= MOST_NODES and len(chosen) < MOST_EDGES:
            nodes = more
            chosen.append(edge)
    return chosen


def _columns(edges: Sequence[Edge]) -> list[list[Term]]:
    """Things by distance from the roots (what nothing points at, else the best connected), each column in an order
    that keeps arrows short: the mean row of the neighbours, some rounds of it."""
    out: dict[Term, set[Term]] = defaultdict(set)
    into: dict[Term, set[Term]] = defaultdict(set)
    for subject, _, object_ in edges:
        if subject != object_:
            out[subject].add(object_)
            into[object_].add(subject)
    nodes = sorted({term for s, _, o in edges for term in (s, o)}, key=str)
    depth: dict[Term, int] = {}
    while len(depth) < len(nodes):
        left = [node for node in nodes if node not in depth]
        roots = [node for node in left if not into[node] and out[node]]
        front = roots or [max(left, key=lambda node: (len(out[node]) + len(into[node]), len(out[node])))]
        depth.update((node, 0) for node in front)
        while front:
            reached = {o for node in front for o in out[node] | (set() if roots else into[node]) if o not in depth}
            step = depth[front[0]] + 1
            front = sorted(reached, key=str)
            depth.update((node, step) for node in front)
    columns: list[list[Term]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for node in nodes:
        columns[depth[node]].append(node)
    return _ordered(columns, out, into)


def _ordered(
    columns: list[list[Term]], out: Mapping[Term, set[Term]], into: Mapping[Term, set[Term]]
) -> list[list[Term]]:
    for _ in range(_ROUNDS):
        rows = {node: index / len(column) for column in columns for index, node in enumerate(column)}
        for column in columns:
            near = {
                node: fmean([rows[other] for other in sorted(out[node] | into[node], key=str)] or [rows[node]])
                for node in column
            }
            column.sort(key=lambda node: (near[node], str(node)))
            rows.update((node, index / len(column)) for index, node in enumerate(column))
    return columns


def _places(columns: Sequence[Sequence[Term]], width: Callable[[Term], float]) -> dict[Term, _Place]:
    tallest = max((len(column) for column in columns), default=0)
    places: dict[Term, _Place] = {}
    x = 1.0
    for column in columns:
        wide = max(map(width, column))
        places |= {n: _Place(x, (index + 0.5) * _ROW * tallest / len(column), wide) for index, n in enumerate(column)}
        x += wide + _GAP
    return places


def _width(term: Term, words: str) -> float:
    least, most = _BOX
    return min(max(width_of(_said(term, words)) + 20, least), most)


def _room_right(edges: Sequence[Edge], places: Mapping[Term, _Place]) -> float:
    """Arrows inside the last column bend out to the right of it."""
    last = max((place.x for place in places.values()), default=0.0)
    return _GAP * 0.8 if any(places[s].x == places[o].x == last for s, _, o in edges) else 0.0


def _box(term: Term, place: _Place, words: str) -> str:
    css, radius = ("literal", 2) if isinstance(term, RdfLiteral) else ("thing", 14)
    said, wide = _said(term, words), place.wide
    shape = (
        f'<rect class="{css}" x="{px(place.x)}" y="{px(place.y - _HIGH / 2)}" width="{px(wide)}" height="{px(_HIGH)}"'
        f' rx="{radius}" fill="none" stroke="currentColor"/>'
    )
    return shape + text(place.x + wide / 2, place.y + 4.5, fit(said, wide - 20), anchor="middle", whole=said)


def _said(term: Term, words: str) -> str:
    return f"“{words}”" if isinstance(term, RdfLiteral) else words


def _arrows(edges: Mapping[tuple[Term, Term], str], places: Mapping[Term, _Place], ident: str) -> Iterator[str]:
    """From box to box; each name lies on its arrow, at the first of some places where no other name is."""
    taken: list[tuple[float, float, float]] = []  # middle, height and half the width of the names so far
    for (subject, object_), name in edges.items():
        x, y = _curve(places[subject], places[object_])
        d = f"M{px(x[0])} {px(y[0])}C{px(x[1])} {px(y[1])} {px(x[2])} {px(y[2])} {px(x[3])} {px(y[3])}"
        yield f'<path class="arrow" d="{d}" fill="none" stroke="currentColor" marker-end="url(#{ident}-head)"/>'
        shown = fit(name, _GAP - 14)
        half = width_of(shown) / 2
        spots = [(_on_curve(x, part), _on_curve(y, part) - 4) for part in _PARTS]
        free = (spot for spot in spots if not any(_meet(spot, half, other) for other in taken))
        at = next(free, spots[0])
        taken.append((*at, half))
        yield text(max(at[0], half), at[1], shown, anchor="middle", css="arrow-name", whole=name)


def _meet(spot: tuple[float, float], half: float, other: tuple[float, float, float]) -> bool:
    return abs(spot[0] - other[0]) < half + other[2] and abs(spot[1] - other[1]) < FONT_SIZE


def _curve(start: _Place, end: _Place) -> tuple[_Four, _Four]:
    y1, y2 = (start.y, end.y) if start != end else (start.y - 7, end.y + 7)
    if start.x < end.x:
        x1, x2 = start.x + start.wide, end.x - 2
        return (x1, x1 + _GAP * 0.45, x2 - _GAP * 0.55, x2), (y1, y1, y2, y2)
    if start.x > end.x:  # a little lower, so that there and back are two arrows
        x1, x2 = start.x - 2, end.x + end.wide + 2
        return (x1, x1 - _GAP * 0.45, x2 + _GAP * 0.55, x2), (y1 + 7, y1 + 7, y2 + 7, y2 + 7)
    right = start.x + start.wide
    x, bend = right + 1, right + _GAP * (0.7 if start != end else 0.5)
    return (x, bend, bend, x), (y1, y1, y2, y2)


def _on_curve(points: _Four, t: float) -> float:
    a, b, c, d = points
    rest = 1 - t
    return a * rest**3 + 3 * b * rest * rest * t + 3 * c * rest * t * t + d * t**3


def _arrow_head(ident: str) -> str:
    return (
        f'<defs><marker id="{ident}-head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
        ' orient="auto"><path d="M0 0L8 4L0 8z" fill="currentColor"/></marker></defs>'
    )
