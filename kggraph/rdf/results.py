"""The formats of query results: which of them fit which form of query."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from kggraph.rdf.media import DATASET_FORMATS, RDF_FORMATS, RESULT_FORMATS, Representation

QueryForm = Literal["SELECT", "ASK", "CONSTRUCT", "DESCRIBE"]
"""The four forms of query of SPARQL 1.1."""
ResultKind = Literal["solutions", "boolean", "graph"]
"""What a query gives: solutions (SELECT), a boolean (ASK) or a graph (CONSTRUCT, DESCRIBE)."""

RESULT_KINDS: Final[Mapping[QueryForm, ResultKind]] = {
    "SELECT": "solutions",
    "ASK": "boolean",
    "CONSTRUCT": "graph",
    "DESCRIBE": "graph",
}

_OFFERS: Final[Mapping[ResultKind, tuple[Representation, ...]]] = {
    "solutions": RESULT_FORMATS,
    "boolean": RESULT_FORMATS,
    "graph": (*RDF_FORMATS, *DATASET_FORMATS),
}


_CLIENT_NAMES: Final = {"turtle": "ttl", "n3": "ttl", "json-ld": "jsonld", "ntriples": "nt", "rdf+xml": "rdf"}
"""What SPARQLWrapper and other clients send as `format`."""


def result_formats(form: QueryForm) -> tuple[Representation, ...]:
    """The formats that the result of such a query can have, the server's favourite first.

    >>> [r.name for r in result_formats("CONSTRUCT")]
    ['ttl', 'jsonld', 'nt', 'rdf', 'trig', 'nq']
    """
    return _OFFERS[RESULT_KINDS[form]]


def result_format(form: QueryForm, name: str) -> Representation | None:
    """The format of that name, media type or suffix, when it fits the query.

    >>> result_format("SELECT", "csv").media_type, result_format("CONSTRUCT", "turtle").media_type
    ('text/csv', 'text/turtle')
    >>> result_format("SELECT", "ttl") is None
    True
    """
    wanted = name.lower().partition(";")[0].strip()
    wanted = _CLIENT_NAMES.get(wanted, wanted)
    for offer in result_formats(form):
        if wanted in (offer.name, offer.media_type, offer.suffix, *offer.aliases):
            return offer
    return None
