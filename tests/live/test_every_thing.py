"""Every thing of the main knowledge base, in this process: all formats, one graph, and what the endpoint says."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

import pyoxigraph as ox
import pytest
from flask.testing import FlaskClient
from markupsafe import escape

from kggraph.config import Settings
from kggraph.publish.generation import open_current
from kggraph.rdf.source import read_folder
from kggraph.store.embedded import EmbeddedEngine, open_store
from kggraph.terms import DCTERMS
from kggraph.web import create_app
from kggraph.web.generations import Generations

FORMATS = {
    ".ttl": ox.RdfFormat.TURTLE,
    ".jsonld": ox.RdfFormat.JSON_LD,
    ".nt": ox.RdfFormat.N_TRIPLES,
    ".rdf": ox.RdfFormat.RDF_XML,
    ".trig": ox.RdfFormat.TRIG,
}


@pytest.fixture(scope="module")
def store(main_settings: Settings) -> ox.Store:
    """The store that the endpoint answers from."""
    return open_store(open_current(main_settings).quads_path.parent)


@pytest.fixture(scope="module")
def client(main_settings: Settings, store: ox.Store) -> FlaskClient:
    """The application over the main knowledge base."""
    engine = EmbeddedEngine(store)
    return create_app(main_settings, Generations(main_settings), engine).test_client(use_cookies=False)


def triples(data: bytes, form: ox.RdfFormat) -> set[ox.Triple]:
    """The triples of a document."""
    return {ox.Triple(quad.subject, quad.predicate, quad.object) for quad in ox.parse(data, format=form)}


def by_thing(found: Iterable[ox.Triple]) -> dict[str, set[ox.Triple]]:
    """Triples by the thing that they are about: its own, and those of its parts."""
    things: dict[str, set[ox.Triple]] = defaultdict(set)
    for triple in found:
        if isinstance(triple.subject, ox.NamedNode):  # the ontology alone has blank nodes
            things[triple.subject.value.partition("#")[0]].add(triple)
    return things


def test_everything_is_one_graph_in_all_formats(main_settings: Settings, client: FlaskClient, store: ox.Store) -> None:
    """Of every thing of every kind the five RDF documents say what the source file says, and what the endpoint says.

    The address of the thing leads to them; the page of an item has its title.
    """
    base = main_settings.base_uri
    files = read_folder(main_settings.data_path, root=main_settings.root)
    sources = by_thing(triple for file in files for triple in triples(file.ntriples, ox.RdfFormat.N_TRIPLES))
    answer = store.query("CONSTRUCT WHERE { ?s ?p ?o }")
    assert isinstance(answer, ox.QueryTriples)
    endpoint = by_thing(triples(answer.serialize(format=ox.RdfFormat.N_TRIPLES) or b"", ox.RdfFormat.N_TRIPLES))
    kinds: Counter[str] = Counter()
    for iri, source in sources.items():
        kind = iri.removeprefix(f"{base}id/").partition("/")[0]
        kinds[kind] += 1
        document = f"/doc/{iri.removeprefix(f'{base}id/')}"
        for suffix, form in FORMATS.items():
            graph = triples(client.get(document + suffix).data, form)
            assert graph == source, f"{document}{suffix}: {sorted(map(str, graph ^ source))[:3]}"
        assert endpoint[iri] == source, f"{iri}: {sorted(map(str, endpoint[iri] ^ source))[:3]}"
        assert client.get(f"/id/{iri.removeprefix(f'{base}id/')}").headers["Location"] == document
        if kind == "item":
            title = next(t.object for t in source if t.predicate == ox.NamedNode(f"{DCTERMS}title"))
            assert isinstance(title, ox.Literal)
            assert str(escape(title.value)) in client.get(f"{document}.html").text
    assert kinds == open_current(main_settings).manifest.kinds
    assert kinds["item"] == 498 and kinds["organisation"] > 90 and kinds["topic"] > 40 and kinds["person"] > 400
