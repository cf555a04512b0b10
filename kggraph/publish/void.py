"""The VoID description of a generation, for its own named graph: what is in it, counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kggraph.terms import DCTERMS, RDF, VOID, XSD


def describe(base: str, hash: str, triples: int, classes: Mapping[str, int], predicates: Mapping[str, int]) -> bytes:
    """The description as N-Triples, without blank nodes.

    :param hash: version of the dataset.
    :param triples: how many triples the default graph has.
    :param classes: class IRI to number of things.
    :param predicates: predicate IRI to number of triples.
    """
    dataset = f"{base}void#dataset"
    lines = [
        _line(dataset, f"{RDF}type", f"<{VOID}Dataset>"),
        _line(dataset, f"{DCTERMS}hasVersion", f'"{hash}"'),
        _line(dataset, f"{VOID}triples", _number(triples)),
        _line(dataset, f"{VOID}entities", _number(sum(classes.values()))),
        _line(dataset, f"{VOID}classes", _number(len(classes))),
        _line(dataset, f"{VOID}properties", _number(len(predicates))),
        _line(dataset, f"{VOID}uriSpace", f'"{base}id/"'),
        _line(dataset, f"{VOID}sparqlEndpoint", f"<{base}sparql>"),
        *(_line(dataset, f"{VOID}dataDump", f"<{base}dumps/{name}>") for name in DUMPS),
    ]
    for number, (iri, count) in enumerate(sorted(classes.items()), 1):
        part = f"{base}void#class-{number}"
        lines += [
            _line(dataset, f"{VOID}classPartition", f"<{part}>"),
            _line(part, f"{VOID}class", f"<{iri}>"),
            _line(part, f"{VOID}entities", _number(count)),
        ]
    for number, (iri, count) in enumerate(sorted(predicates.items()), 1):
        part = f"{base}void#property-{number}"
        lines += [
            _line(dataset, f"{VOID}propertyPartition", f"<{part}>"),
            _line(part, f"{VOID}property", f"<{iri}>"),
            _line(part, f"{VOID}triples", _number(count)),
        ]
    return "".join(lines).encode()


DUMPS: Final = ("dump.nt.gz", "dump.ttl.gz")
"""Names of the files to download."""


def _line(subject: str, predicate: str, term: str) -> str:
    return f"<{subject}> <{predicate}> {term} .\n"


def _number(count: int) -> str:
    return f'"{count}"^^<{XSD}integer>'
