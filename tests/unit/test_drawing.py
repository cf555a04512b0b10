"""Small graphs: every triple that fits is drawn, nothing lies on another box, the same graph is the same bytes."""

from __future__ import annotations

import random
import re
from xml.etree import ElementTree

from pyoxigraph import BlankNode, NamedNode
from pyoxigraph import Literal as RdfLiteral

from kggraph.publish.drawing import MOST_NODES, Edge, drawable, graph_drawing
from kggraph.publish.svg import Caption, Figure
from tests.unit.test_solutions import literal, result, uri

SVG = "{http://www.w3.org/2000/svg}"


def node(name: str) -> NamedNode:
    return NamedNode(f"https://example.org/{name}")


def edge(subject: str, predicate: str, object_: str) -> Edge:
    return node(subject), node(predicate), node(object_)


TREE: list[Edge] = [
    edge("item", "theme", "sleep"),
    edge("item", "theme", "stress"),
    edge("sleep", "broader", "health"),
    edge("stress", "broader", "health"),
    edge("health", "related", "item"),
    edge("stress", "related", "stress"),
    (node("item"), node("title"), RdfLiteral("A title", language="en")),
    (BlankNode("b"), node("knows"), node("item")),
]


def parsed(figure: Figure) -> ElementTree.Element:
    assert not re.search(r"\sstyle=|<style|<script|nan|href", figure.svg)
    return ElementTree.fromstring(figure.svg.encode())


def boxes(root: ElementTree.Element) -> list[tuple[float, float]]:
    return [(float(rect.attrib["x"]), float(rect.attrib["y"])) for rect in root.iter(f"{SVG}rect")]


def test_every_thing_and_triple_is_drawn_once() -> None:
    figure = graph_drawing(TREE, Caption("Graph"))
    root = parsed(figure)
    assert (figure.shown, figure.total) == (8, 8)
    assert len(boxes(root)) == len(set(boxes(root))) == 6
    arrows = [path for path in root.iter(f"{SVG}path") if path.attrib.get("class") == "arrow"]
    assert len(arrows) == 8
    texts = {"".join(text.itertext()) for text in root.iter(f"{SVG}text")}
    assert {"item", "health", "theme", "broader", "“A title”"} <= texts


def test_order_of_triples_does_not_matter() -> None:
    shuffled = TREE[:]
    random.Random(3).shuffle(shuffled)
    assert graph_drawing(shuffled, Caption("Graph")).svg == graph_drawing(TREE, Caption("Graph")).svg


def test_several_triples_between_two_things_share_an_arrow() -> None:
    both = [edge("a", "p", "b"), edge("a", "q", "b")]
    root = parsed(graph_drawing(both, Caption("Graph")))
    assert "p, q" in {"".join(text.itertext()) for text in root.iter(f"{SVG}text")}


def test_a_large_graph_is_cut_and_says_so() -> None:
    star = [edge("middle", "p", f"n{number:03}") for number in range(200)]
    figure = graph_drawing(star, Caption("Graph"))
    assert len(boxes(parsed(figure))) == MOST_NODES
    assert (figure.shown, figure.total, figure.is_cut) == (MOST_NODES - 1, 200, True)


def test_random_networks_stay_in_their_frame() -> None:
    draw = random.Random(5)
    for _ in range(20):
        edges = [edge(f"n{draw.randrange(20)}", "p", f"n{draw.randrange(20)}") for _ in range(30)]
        root = parsed(graph_drawing(edges, Caption("Graph")))
        width, height = float(root.attrib["width"]), float(root.attrib["height"])
        sides = ("x", "width", "y", "height")
        rects = [[float(rect.attrib[name]) for name in sides] for rect in root.iter(f"{SVG}rect")]
        assert all(0 <= x <= width - wide and 0 <= y <= height - high for x, wide, y, high in rects)


def test_a_column_is_as_wide_as_its_longest_name_needs() -> None:
    def wide(name: str) -> tuple[float, str]:
        root = parsed(graph_drawing([edge("a", "p", name)], Caption("Graph")))
        boxed = max(root.iter(f"{SVG}rect"), key=lambda rect: float(rect.attrib["x"]))
        return float(boxed.attrib["width"]), ["".join(text.itertext()) for text in root.iter(f"{SVG}text")][-1]

    short, middle, long = wide("b"), wide("a-name-of-thirty-letters-or-so"), wide("n" * 200)
    assert short[0] == 110 and 110 < middle[0] < 300 == long[0]
    assert "…" not in middle[1] and long[1] != "n" * 200


def test_nothing_to_draw_is_an_empty_picture() -> None:
    figure = graph_drawing([], Caption("Graph"))
    assert (figure.shown, figure.total) == (0, 0)
    parsed(figure)


def test_labels_and_hostile_texts() -> None:
    hostile = [(node("a"), node("p"), RdfLiteral("</svg><script>\x00"))]
    figure = graph_drawing(hostile, Caption("<b>"), lambda iri: f"Label <{iri[-1]}>")
    texts = {"".join(text.itertext()) for text in parsed(figure).iter(f"{SVG}text")}
    assert "Label <a>" in texts


def test_three_columns_of_triples_can_be_drawn() -> None:
    assert drawable(result("s p o", (uri("a"), uri("p"), literal("x")))) == [(node("a"), node("p"), RdfLiteral("x"))]
    assert drawable(result("s p o", (uri("a"), literal("p"), literal("x")))) is None
    assert drawable(result("s p", (uri("a"), uri("p")))) is None
    assert drawable(result("s p o")) is None
