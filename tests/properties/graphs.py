"""Strategies for graphs with every nastiness that RDF allows."""

from __future__ import annotations

import pyoxigraph as ox
from hypothesis import strategies as st

from kggraph.rdf.iris import is_iri
from kggraph.terms import RDF, XSD

EX = "https://example.org/"
PREFIXES = {
    "ex": f"{EX}id/",
    "def": f"{EX}def#",
    "odd": f"{EX}odd-",
    "rdf": RDF,
    "xsd": XSD,
    "urn": "urn:example:",
    "xml": "https://example.org/xml/",
    "_b": f"{EX}bad/",
    "": f"{EX}default/",
}

locals_ = st.sampled_from(
    ["a", "b10", "b9", "Straße", "x.y", "x.", "-a", "1a", "a-", "a_b", "é", "a%20b", "a:b", "a/b", "a#b", "~x"]
)
namespaces = st.sampled_from(
    [f"{EX}id/", f"{EX}def#", f"{EX}odd-", "urn:example:", f"{EX}bad/", f"{EX}default/", "http://é.nl/ü/"]
)
iris = st.builds(str.__add__, namespaces, locals_).filter(is_iri).map(ox.NamedNode) | st.sampled_from(
    [
        ox.NamedNode(iri)
        for iri in ("mailto:a@b.nl", "urn:x", "def:x", "ex:a", "http://a/?b=1&c='2'", "http://a/\u202eb", EX)
    ]
)
predicates = st.sampled_from(
    [ox.NamedNode(f"{EX}def#{name}") for name in ("a", "b2", "b10", "c.d", "e-f", "é")]
    + [
        ox.NamedNode(iri)
        for iri in (f"{RDF}type", f"{RDF}value", f"{RDF}_1", "urn:example:p", "def:q", "http://a/b?c=d")
    ]
)
characters = st.characters(
    exclude_categories=["Cs"], exclude_characters=[*map(chr, [*range(9), 11, 12, *range(14, 32)]), "\ufffe", "\uffff"]
)
plain = ["", " ", "\n", "\r", "\r\n", "\t", "a\nb\n", "a\rb\nc", "é", "e\u0301", "\U0001f600"]
quotes = ['"', '""', '"""', 'a"""b', '\n"', '\n""', '\n"""', "\n\\", "\\", "\\n", "\\u0041"]
invisible = ["\u202eabc", "\x7f\x85\x9f", "\u2028", "\ufeff", "\u200d"]
syntax = ["]]>", "<script>", "&amp;", "{{x}}", "@nl", "^^", " .", "<a:b> <c:d> .\n"]
texts = st.text(characters, max_size=20) | st.sampled_from([*plain, *quotes, *invisible, *syntax])
right_numbers = ["1", "01", "+1", "-0", "1.0", "10.00", ".5", "1e3", "1E+03", "1.e1", ".1e1", "1234567890123456789.10"]
wrong_numbers = ["NaN", "INF", "-INF", "true", "1.", "1 ", "", "0x1", "١"]
numbers = st.sampled_from([*right_numbers, *wrong_numbers])
datatypes = st.sampled_from(
    [
        ox.NamedNode(f"{XSD}{name}")
        for name in ("integer", "decimal", "double", "boolean", "date", "int", "float", "anyURI")
    ]
    + [ox.NamedNode(f"{EX}def#type"), ox.NamedNode(f"{RDF}HTML"), ox.NamedNode("urn:x:y")]
)
languages = st.sampled_from(["nl", "en", "nl-be", "zh-hant-tw", "x-klingon"])
literals = (
    texts.map(ox.Literal)
    | st.builds(lambda text, tag: ox.Literal(text, language=tag), texts, languages)
    | st.builds(lambda text, datatype: ox.Literal(text, datatype=datatype), numbers | texts, datatypes)
)
triples = st.builds(ox.Triple, iris, predicates, iris | literals)
graphs = st.lists(triples, min_size=1, max_size=12, unique=True)

blank_nodes = st.integers(0, 5).map(lambda number: ox.BlankNode(f"x{number}"))
blank_triples = st.builds(ox.Triple, iris | blank_nodes, predicates, iris | literals | blank_nodes)
blank_graphs = st.lists(blank_triples, min_size=1, max_size=14, unique=True)


def ntriples(graph: list[ox.Triple]) -> bytes:
    """The graph as the N-Triples that the platform moves."""
    return ox.serialize(graph, format=ox.RdfFormat.N_TRIPLES)


def lists(items: list[list[ox.NamedNode | ox.Literal]]) -> list[ox.Triple]:
    """RDF lists, each the value of a property."""
    found = []
    for number, members in enumerate(items):
        cells = [ox.BlankNode(f"l{number}x{position}") for position in range(len(members))]
        ends: list[ox.NamedNode | ox.BlankNode] = [*cells, ox.NamedNode(f"{RDF}nil")]
        found.append(ox.Triple(ox.NamedNode(f"{EX}id/list"), ox.NamedNode(f"{EX}def#list{number}"), ends[0]))
        for position, (cell, member) in enumerate(zip(cells, members, strict=True)):
            found.append(ox.Triple(cell, ox.NamedNode(f"{RDF}first"), member))
            found.append(ox.Triple(cell, ox.NamedNode(f"{RDF}rest"), ends[position + 1]))
    return found
