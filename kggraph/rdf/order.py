"""N-Triples as a graph of terms, grouped by subject and in the order that every format of ours has.

Order: ontologies, concept schemes and datasets, then other things, by IRI; of a thing the type, then names, then the
other properties by IRI; IRIs before texts, texts by language; numbers within IRIs and texts count as numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, TypeAlias

from kggraph.rdf.blank import BlankNodes
from kggraph.terms import DCAT, DCTERMS, FOAF, OWL, RDF, RDFS, SH, SKOS

Description: TypeAlias = dict[str, list[str]]
"""Predicate -> objects."""
Graph: TypeAlias = dict[str, Description]
"""Subject -> its description; every term is written as in N-Triples."""

TYPE: Final = f"<{RDF}type>"
_EARLY: Final = {
    f"<{iri}>": rank
    for rank, iri in enumerate(
        (
            f"{RDF}type",
            f"{SH}targetClass",
            f"{SH}path",
            f"{RDFS}label",
            f"{SKOS}prefLabel",
            f"{DCTERMS}title",
            f"{FOAF}name",
            f"{SH}name",
        )
    )
}
"""Properties that come before the others."""

_TOP: Final = {f"<{iri}>" for iri in (f"{OWL}Ontology", f"{SKOS}ConceptScheme", f"{DCAT}Catalog", f"{DCAT}Dataset")}
"""Types of things that come before the others of a file."""

_DIGITS: Final = re.compile(r"[0-9]+")


def grouped(ntriples: bytes) -> Graph:
    """Subject -> predicate -> objects, each an N-Triples term and there once.

    >>> grouped(b'<a:b> <a:c> "d" .\\n')
    {'<a:b>': {'<a:c>': ['"d"']}}
    """
    graph: Graph = {}
    last, description = "", {}
    for line in ntriples.decode().split("\n"):
        if not line:
            continue
        subject, predicate, rest = line.split(" ", 2)
        if subject != last:
            last, description = subject, graph.setdefault(subject, {})
        values = description.setdefault(predicate, [])
        if (value := rest[:-2]) not in values:
            values.append(value)
    return graph


def with_stable_labels(graph: Graph) -> Graph:
    """The same graph with labels of blank nodes that depend on nothing but the graph.

    >>> with_stable_labels({"_:x": {"<a:p>": ["_:x"]}})
    {'_:b1': {'<a:p>': ['_:b1']}}
    """
    labels = BlankNodes(graph).labels()
    return {
        labels.get(subject, subject): {
            predicate: [labels.get(value, value) for value in values] for predicate, values in description.items()
        }
        for subject, description in graph.items()
    }


def in_order(description: Description) -> list[str]:
    """The predicates of a description: the type, then names, then the others by IRI.

    >>> in_order({"<a:b>": [], f"<{RDF}type>": []})[1]
    '<a:b>'
    """
    return sorted(description, key=_predicate_rank)


def sorted_subjects(graph: Graph, subjects: Iterable[str] | None = None) -> list[str]:
    """Subjects in their order: IRIs before blank nodes, ontologies, schemes and datasets before other things.

    >>> sorted_subjects({"<a:b10>": {}, "<a:b9>": {}})
    ['<a:b9>', '<a:b10>']
    """

    def rank(subject: str) -> tuple[bool, bool, tuple[str, ...]]:
        types = graph[subject].get(TYPE, ())
        is_blank = subject[0] == "_"
        return is_blank, _TOP.isdisjoint(types), _natural(subject) if is_blank else _natural_iri(subject)

    return sorted(graph if subjects is None else subjects, key=rank)


def sorted_objects(objects: list[str]) -> list[str]:
    """Objects in their order: blank nodes, IRIs, texts without language, texts by language, others by datatype.

    >>> sorted_objects(['"a"@nl', '"b"@en', "<a:b>"])
    ['<a:b>', '"b"@en', '"a"@nl']
    """
    return sorted(objects, key=_object_rank) if len(objects) > 1 else objects


@lru_cache(maxsize=4096)
def _predicate_rank(predicate: str) -> tuple[int, str]:
    return _EARLY.get(predicate, len(_EARLY)), predicate[:-1]


@lru_cache(maxsize=65_536)
def _natural_iri(term: str) -> tuple[str, str, str, str]:
    return ("<", "", *_natural(term[:-1]))


def _natural(text: str) -> tuple[str, str]:
    return _DIGITS.sub(lambda match: match[0].zfill(12), text), text


def _object_rank(term: str) -> tuple[str, str, str, str]:
    if term.startswith("<"):
        return _natural_iri(term)
    body, _, rest = term.rpartition('"')
    if body:
        return ("=", rest, *_natural(body))
    return ("", "", term, "")
