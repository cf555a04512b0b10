"""The SPARQL service description: what the endpoint can, and which graphs it has.

https://www.w3.org/TR/sparql11-service-description/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kggraph.publish.triples import Triples, iri, typed
from kggraph.rdf.media import DATASET_FORMATS, RDF_FORMATS, RESULT_FORMATS
from kggraph.terms import DCTERMS, FOAF, SD, VOID

FORMATS: Final = {
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
    "ttl": "Turtle",
    "jsonld": "JSON-LD",
    "nt": "N-Triples",
    "rdf": "RDF_XML",
    "trig": "TriG",
    "nq": "N-Quads",
}
"""Name of a representation to its IRI in https://www.w3.org/ns/formats/."""
FORMATS_NS: Final = "http://www.w3.org/ns/formats/"
SERVICE_PREFIXES: Final = {"formats": FORMATS_NS, "sd": SD, "xsd": "http://www.w3.org/2001/XMLSchema#"}

_REPRESENTATIONS: Final = (*RESULT_FORMATS, *RDF_FORMATS, *DATASET_FORMATS)


def service_description(
    base: str,
    dataset: str,
    triples: int,
    graphs: Mapping[str, int | None],
    title: Mapping[str, str],
    *,
    federates: bool = False,
) -> bytes:
    """The description as N-Triples, without blank nodes.

    :param base: the base of the knowledge base, from which every address is made.
    :param dataset: the IRI of the dataset.
    :param triples: how many the default graph has.
    :param graphs: IRI of each named graph, with its number of triples if that is known.
    :param federates: whether there are endpoints that SERVICE may ask.
    """
    made = Triples()
    endpoint = f"{base}sparql"
    service, offered, default = f"{endpoint}#service", f"{endpoint}#dataset", f"{endpoint}#default-graph"
    made.a(service, f"{SD}Service")
    made.texts(service, f"{DCTERMS}title", title)
    made.add(service, f"{SD}endpoint", iri(endpoint))
    # Neither a union default graph nor FROM out of the web: what is not said is not offered.
    if federates:
        made.add(service, f"{SD}feature", iri(f"{SD}BasicFederatedQuery"))
    made.add(service, f"{SD}supportedLanguage", iri(f"{SD}SPARQL11Query"))
    made.add(service, f"{SD}resultFormat", *(iri(FORMATS_NS + FORMATS[r.name]) for r in _REPRESENTATIONS))
    made.add(service, f"{SD}defaultDataset", iri(offered))
    made.add(service, f"{SD}availableGraphs", iri(offered))
    made.add(service, f"{FOAF}page", iri(endpoint))
    made.a(offered, f"{SD}Dataset", f"{SD}GraphCollection")
    made.add(offered, f"{SD}defaultGraph", iri(default))
    made.add(offered, f"{DCTERMS}isPartOf", iri(dataset))
    made.a(default, f"{SD}Graph")
    made.add(default, f"{VOID}triples", typed(triples, "integer"))
    for name, count in sorted(graphs.items()):
        named = f"{endpoint}#{name.rstrip('/').rpartition('/')[2]}"
        graph = f"{named}-graph"
        made.add(offered, f"{SD}namedGraph", iri(named))
        made.a(named, f"{SD}NamedGraph")
        made.add(named, f"{SD}name", iri(name))
        made.add(named, f"{SD}graph", iri(graph))
        made.a(graph, f"{SD}Graph")
        if count is not None:
            made.add(graph, f"{VOID}triples", typed(count, "integer"))
    return made.ntriples()


def format_iri(media_type: str) -> str | None:
    """The IRI of the format with a media type, if it has one.

    >>> format_iri("text/turtle")
    'http://www.w3.org/ns/formats/Turtle'
    """
    found = next((r for r in _REPRESENTATIONS if r.media_type == media_type), None)
    return FORMATS_NS + FORMATS[found.name] if found else None
