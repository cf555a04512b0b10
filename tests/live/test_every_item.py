"""Every item of the main knowledge base, in this process: all formats, one graph."""

from __future__ import annotations

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
}


@pytest.fixture(scope="module")
def client(main_settings: Settings) -> FlaskClient:
    """The application over the main knowledge base."""
    engine = EmbeddedEngine(open_store(open_current(main_settings).quads_path.parent))
    return create_app(main_settings, Generations(main_settings), engine).test_client(use_cookies=False)


def triples(data: bytes, form: ox.RdfFormat) -> set[ox.Triple]:
    """The triples of a document."""
    return {ox.Triple(quad.subject, quad.predicate, quad.object) for quad in ox.parse(data, format=form)}


def test_every_item_has_one_graph_in_all_formats(main_settings: Settings, client: FlaskClient) -> None:
    """Each URI leads to its document, and the page and the four RDF documents say what stands in the source file."""
    count = 0
    for file in read_folder(main_settings.data_path / "items", root=main_settings.root):
        iri = file.subjects[0].partition("#")[0]
        path = "/" + iri.removeprefix(main_settings.base_uri)
        document = path.replace("/id/", "/doc/")
        assert client.get(path).headers["Location"] == document
        source = triples(file.ntriples, ox.RdfFormat.N_TRIPLES)
        graphs = {suffix: triples(client.get(document + suffix).data, form) for suffix, form in FORMATS.items()}
        for suffix, graph in graphs.items():
            assert source <= graph, f"{document}{suffix} lacks {sorted(map(str, source - graph))[:3]}"
            assert graph == graphs[".ttl"], f"{document}{suffix}"
        title = next(t.object for t in source if t.predicate == ox.NamedNode(f"{DCTERMS}title"))
        assert isinstance(title, ox.Literal)
        assert str(escape(title.value)) in client.get(f"{document}.html").text
        count += 1
    assert count == 498
