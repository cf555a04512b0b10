"""Whatever a graph holds, every format gives the same graph back, to two parsers that share no code."""

from __future__ import annotations

import logging

import pyoxigraph as ox
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib.compare import isomorphic

from kggraph.rdf.media import JSON_LD, N_QUADS, N_TRIPLES, RDF_XML, TRIG, TURTLE, Representation
from kggraph.rdf.turtle import canonical, serialize
from tests.properties.graphs import PREFIXES, blank_graphs, graphs, iris, lists, literals, ntriples

RDFLIB_NAMES = {TURTLE: "turtle", JSON_LD: "json-ld", N_TRIPLES: "nt", RDF_XML: "xml"}
FORMATS = [TURTLE, JSON_LD, N_TRIPLES, RDF_XML, TRIG, N_QUADS]

# rdflib warns of its own old names, and of numbers that are none.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib"),
    pytest.mark.filterwarnings("ignore:Serializing weird numerical"),
]
logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)

every_format = pytest.mark.parametrize("representation", FORMATS, ids=lambda representation: representation.name)


def by_pyoxigraph(data: bytes, representation: Representation) -> ox.Dataset:
    """The graph as pyoxigraph reads it."""
    return ox.Dataset(ox.parse(data, ox.RdfFormat.from_media_type(representation.media_type)))


def by_rdflib(data: bytes, representation: Representation) -> rdflib.Graph:
    """The graph as rdflib reads it."""
    return rdflib.Graph().parse(data=data, format=RDFLIB_NAMES[representation])


def equal(one: ox.Dataset, other: ox.Dataset) -> bool:
    """Whether two graphs are the same but for the labels of blank nodes."""
    for dataset in (one, other):
        dataset.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return one == other


@every_format
@given(graph=graphs)
def test_pyoxigraph_reads_the_same_graph(representation: Representation, graph: list[ox.Triple]) -> None:
    source = ntriples(graph)
    assert by_pyoxigraph(serialize(source, representation, PREFIXES), representation) == by_pyoxigraph(
        source, N_TRIPLES
    )


@pytest.mark.parametrize("representation", RDFLIB_NAMES, ids=lambda representation: representation.name)
@settings(max_examples=30)
@given(graph=graphs)
def test_rdflib_reads_the_same_graph(representation: Representation, graph: list[ox.Triple]) -> None:
    source = ntriples(graph)
    expected = set(by_rdflib(source, N_TRIPLES))
    assert set(by_rdflib(serialize(source, representation, PREFIXES), representation)) == expected


@every_format
@given(graph=blank_graphs)
def test_blank_nodes_keep_the_shape_of_the_graph(representation: Representation, graph: list[ox.Triple]) -> None:
    source = ntriples(graph)
    assert equal(
        by_pyoxigraph(serialize(source, representation, PREFIXES), representation), by_pyoxigraph(source, N_TRIPLES)
    )


@settings(max_examples=30)
@given(graph=blank_graphs)
def test_blank_nodes_to_rdflib(graph: list[ox.Triple]) -> None:
    source = ntriples(graph)
    assert isomorphic(by_rdflib(canonical(source, PREFIXES).encode(), TURTLE), by_rdflib(source, N_TRIPLES))


@pytest.mark.parametrize("representation", [TURTLE, JSON_LD, RDF_XML], ids=lambda representation: representation.name)
@given(graph=blank_graphs, random=st.randoms())
def test_order_and_labels_do_not_matter(representation: Representation, graph: list[ox.Triple], random: object) -> None:
    source = ntriples(graph)
    lines = source.replace(b"_:x", b"_:y1x").splitlines(keepends=True)
    random.shuffle(lines)  # type: ignore[attr-defined]
    assert serialize(source, representation, PREFIXES) == serialize(b"".join(lines), representation, PREFIXES)


@given(graph=blank_graphs)
def test_canonical_turtle_is_its_own_canonical_form(graph: list[ox.Triple]) -> None:
    text = canonical(ntriples(graph), PREFIXES)
    again = ox.serialize(ox.parse(text, ox.RdfFormat.TURTLE), format=ox.RdfFormat.N_QUADS)
    assert canonical(again, PREFIXES) == text


@given(st.lists(st.lists(iris | literals, max_size=4), min_size=1, max_size=3))
def test_lists_are_written_as_lists(items: list[list[ox.NamedNode | ox.Literal]]) -> None:
    source = ntriples(lists(items))
    text = canonical(source, PREFIXES)
    assert "rdf:first" not in text
    assert equal(by_pyoxigraph(text.encode(), TURTLE), by_pyoxigraph(source, N_TRIPLES))


@given(graph=graphs)
def test_only_prefixes_that_are_used_are_declared(graph: list[ox.Triple]) -> None:
    head, _, body = canonical(ntriples(graph), PREFIXES).rpartition("PREFIX")
    for line in (head + "PREFIX" + body.partition("\n")[0]).splitlines() if head or body.startswith(" ") else []:
        prefix = line.removeprefix("PREFIX ").partition(":")[0]
        assert f"{prefix}:" in body.partition("\n")[2]
