"""The service description, and the graphs of the dataset as documents (SPARQL 1.1 Graph Store Protocol, reading).

https://www.w3.org/TR/sparql11-service-description/ and https://www.w3.org/TR/sparql11-http-rdf-update/
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from flask import Blueprint, Response, request

from kggraph.errors import BadParameter, NotAcceptable, ThingNotFound
from kggraph.publish.dumps import unpacked
from kggraph.publish.service import SERVICE_PREFIXES, service_description
from kggraph.rdf.iris import is_iri
from kggraph.rdf.media import (
    N_QUADS,
    N_TRIPLES,
    RDF_FORMATS,
    RESULTS_JSON,
    TRIG,
    TURTLE,
    Representation,
    negotiate,
)
from kggraph.rdf.results import result_format
from kggraph.rdf.turtle import serialize
from kggraph.web.http import Document, Stream, deliver, kept_response, version
from kggraph.web.render import Here, here
from kggraph.web.sparql_answer import run
from kggraph.web.sparql_request import ACCEPT_QUERY, Asked, read_fields

blueprint = Blueprint("service", __name__)

GRAPH_FORMATS: Final = (*RDF_FORMATS, TRIG)
_IN_MEMORY: Final = 32 * 1024 * 1024
"""N-Triples of a graph that is written in a format which needs all of it."""
_GRAPHS: Final = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
_COUNT: Final = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


def service_document(place: Here) -> Document:
    """What this endpoint can, for RDF clients."""

    def make(representation: Representation) -> bytes:
        return serialize(_description(place), representation, SERVICE_PREFIXES)

    return Document("/sparql", make, offers=RDF_FORMATS, headers=(ACCEPT_QUERY,))


def _description(place: Here) -> bytes:
    base = place.site.settings.base_uri
    graphs = {row["g"]: int(row["n"]) for row in _rows(place, _GRAPHS) if "g" in row}
    federates = bool(place.site.settings.service_allow)
    if place.site.generations is None:
        triples = int(_rows(place, _COUNT)[0]["n"])
        return service_description(base, base, triples, graphs, {}, federates=federates)
    kb = place.kb
    dataset = kb.dataset.iri if kb.dataset else f"{base}void#dataset"
    return service_description(base, dataset, kb.manifest.triples, graphs, kb.about["title"], federates=federates)


def _rows(place: Here, text: str) -> list[dict[str, str]]:
    told = json.loads(run(place, Asked(text), RESULTS_JSON, 1000).read())
    return [{name: term["value"] for name, term in row.items()} for row in told["results"]["bindings"]]


# ------------------------------------------------------------------ graphs
@blueprint.get("/graphs")
def graphs() -> Response:
    """A graph named by a parameter: `?default`, or `?graph=` with its IRI."""
    fields = read_fields()
    names, default = fields.getlist("graph"), "default" in fields
    if len(names) + default != 1:
        raise BadParameter("Name one graph: /graphs?default or /graphs?graph=IRI.", parameter="graph")
    if not default and not is_iri(names[0]):
        raise BadParameter(f"{names[0][:80]!r} is not an IRI.", parameter="graph")
    return _graph("" if default else names[0], fields.get("format", ""))


@blueprint.get("/graph/<name>")
def graph(name: str) -> Response:
    """A graph at its own address."""
    return _graph(f"{here().site.settings.base_uri}graph/{name}", request.args.get("format", ""))


def _graph(iri: str, name: str) -> Response:
    place = here()
    format = _format(name)
    key = (version(), "/graphs", iri, format.name)
    if again := kept_response(key, literally=True):
        return again
    chunks = _of_engine(place, iri, format) if place.site.generations is None else _of_sources(place, iri, format)
    return deliver(Stream(format.content_type, chunks, lambda: None, key=key, literally=True))


def _format(name: str) -> Representation:
    found = result_format("CONSTRUCT", name) if name else negotiate(request.headers.get("Accept"), GRAPH_FORMATS)
    if name and (found is None or found is N_QUADS):
        known = ", ".join(one.name for one in GRAPH_FORMATS)
        raise BadParameter(f"A graph has no format {name[:40]!r}; it has {known}.", parameter="format")
    if found is None:
        media_types = tuple(one.media_type for one in GRAPH_FORMATS)
        raise NotAcceptable(f"A graph can be {', '.join(media_types)}.", available=media_types)
    return found


def _of_sources(place: Here, iri: str, format: Representation) -> Iterator[bytes]:
    """A graph of the generation, with the lexical forms of the sources."""
    generation, base = place.kb.generation, place.kb.addresses.base_uri
    files = {
        f"{base}graph/ontology": generation.ontology_path,
        f"{base}graph/shapes": generation.shapes_path,
        f"{base}graph/void": generation.void_path,
    }
    limit = place.site.settings.max_result_mb * 1024 * 1024
    if not iri:
        if format in (N_TRIPLES, TURTLE, TRIG):
            suffix = "nt" if format is N_TRIPLES else "ttl"
            return unpacked(generation.dumps_path / f"dump.{suffix}.gz", limit)
        source = generation.dumps_path / "dump.nt.gz"
    elif iri in files:
        source = files[iri]
    else:
        raise _no_graph()
    ntriples = b"".join(unpacked(source, min(limit, _IN_MEMORY)))
    return iter([serialize(ntriples, format, place.kb.prefixes)])


def _of_engine(place: Here, iri: str, format: Representation) -> Iterator[bytes]:
    pattern = f"GRAPH <{iri}> {{ ?s ?p ?o }}" if iri else "?s ?p ?o"
    if iri and b"true" not in run(place, Asked(f"ASK {{ {pattern} }}"), RESULTS_JSON, 1).read():
        raise _no_graph()
    text = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {pattern} }}"
    return run(place, Asked(text), format, place.site.settings.max_solutions).chunks


def _no_graph() -> ThingNotFound:
    return ThingNotFound("There is no such graph; the service description at /sparql lists those there are.")
