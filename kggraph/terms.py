"""Namespaces and the prefixes used in our own Turtle, and nothing else: a leaf that everything may import."""

from __future__ import annotations

from typing import Final

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
OWL: Final = "http://www.w3.org/2002/07/owl#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"
SH: Final = "http://www.w3.org/ns/shacl#"
DASH: Final = "http://datashapes.org/dash#"
SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
DCTERMS: Final = "http://purl.org/dc/terms/"
DCAT: Final = "http://www.w3.org/ns/dcat#"
FOAF: Final = "http://xmlns.com/foaf/0.1/"
ORG: Final = "http://www.w3.org/ns/org#"
PROV: Final = "http://www.w3.org/ns/prov#"
SCHEMA: Final = "https://schema.org/"
BIBO: Final = "http://purl.org/ontology/bibo/"
FABIO: Final = "http://purl.org/spar/fabio/"
SSSOM: Final = "https://w3id.org/sssom/"
VANN: Final = "http://purl.org/vocab/vann/"
VOID: Final = "http://rdfs.org/ns/void#"
SD: Final = "http://www.w3.org/ns/sparql-service-description#"

KG: Final = "https://w3id.org/kggraph/ns#"
"""The platform's own annotations on shapes (`kggraph/vocabulary.ttl`)."""

PREFIXES: Final[dict[str, str]] = {
    "bibo": BIBO,
    "dash": DASH,
    "dcat": DCAT,
    "dcterms": DCTERMS,
    "fabio": FABIO,
    "foaf": FOAF,
    "kg": KG,
    "org": ORG,
    "owl": OWL,
    "prov": PROV,
    "rdf": RDF,
    "rdfs": RDFS,
    "schema": SCHEMA,
    "sh": SH,
    "skos": SKOS,
    "sssom": SSSOM,
    "vann": VANN,
    "void": VOID,
    "xsd": XSD,
}
"""Prefixes every knowledge base has; `[prefixes]` in `kggraph.toml` adds its own."""

WELL_KNOWN: Final[dict[str, str]] = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "dct": DCTERMS,
    "sd": SD,
    "sdo": SCHEMA,
}
"""Other names in wide use (https://prefix.cc), told to who forgot to declare them."""
