"""The VoID description of a generation: what is in the dataset, counted, and where it links to.

https://www.w3.org/TR/void/. It is a named graph of the endpoint, `void.nt` in the generation, and a page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from kggraph.publish.triples import Triples, iri, text, typed
from kggraph.rdf import ntriples
from kggraph.terms import DCAT, DCTERMS, OWL, RDFS, SKOS, VOID

DUMPS: Final = ("dump.nt.gz", "dump.ttl.gz", "dump.jsonld.gz")
"""Names of the files that hold the default graph."""

_FORMATS: Final = "http://www.w3.org/ns/formats/"
_FEATURES: Final = ("Turtle", "JSON-LD", "N-Triples", "RDF_XML")
_SEE_ALSO: Final = f"<{RDFS}seeAlso>".encode()
_LINKS: Final = frozenset(
    f"<{predicate}>".encode()
    for predicate in (
        *(f"{SKOS}{name}Match" for name in ("exact", "close", "broad", "narrow", "related")),
        f"{OWL}sameAs",
        f"{OWL}equivalentClass",
        f"{OWL}equivalentProperty",
        "https://schema.org/sameAs",
    )
) | {_SEE_ALSO}


@dataclass(slots=True)
class LinkCounter:
    """Counts the links to other vocabularies, by property and namespace."""

    base: bytes
    """Begin of our own IRIs, in N-Triples form: `<https://e.org/`."""
    known: frozenset[bytes]
    """Namespaces that have a prefix; only to these a `rdfs:seeAlso` is a link between data."""
    counts: Counter[tuple[bytes, bytes]] = field(default_factory=Counter)

    def add(self, rows: Iterable[ntriples.Row]) -> None:
        """Count the links among these triples."""
        for _, predicate, term in rows:
            if predicate in _LINKS and term.startswith(b"<http") and not term.startswith(self.base):
                space = term[1 : max(term.rfind(b"/"), term.rfind(b"#")) + 1]
                if space.count(b"/") > 2 and (predicate != _SEE_ALSO or space in self.known):
                    self.counts[predicate, space] += 1


def link_counter(base: str, prefixes: Mapping[str, str]) -> LinkCounter:
    """A counter for a knowledge base with these prefixes."""
    return LinkCounter(f"<{base}".encode(), frozenset(namespace.encode() for namespace in prefixes.values()))


def describe(
    base: str,
    hash: str,
    triples: int,
    classes: Mapping[str, int],
    predicates: Mapping[str, int],
    *,
    dataset: str = "",
    linksets: Mapping[tuple[str, str], int] | None = None,
    examples: Iterable[str] = (),
    dumps: Iterable[str] = DUMPS,
    dumps_version: str = "",
) -> bytes:
    """The description as N-Triples, without blank nodes.

    :param hash: version of the dataset.
    :param triples: how many triples the default graph has.
    :param classes: class IRI to number of things.
    :param predicates: predicate IRI to number of triples.
    :param dataset: IRI of the dataset; one of the description's own when not given.
    :param linksets: property and namespace of others to number of links.
    :param examples: some things to begin with.
    :param dumps_version: version of the dumps, when that is an earlier one.
    """
    made = Triples()
    dataset = dataset or f"{base}void#dataset"
    page = f"{base}void"
    made.a(page, f"{VOID}DatasetDescription")
    made.add(page, "http://xmlns.com/foaf/0.1/primaryTopic", iri(dataset))
    made.a(dataset, f"{VOID}Dataset")
    made.add(dataset, f"{DCTERMS}hasVersion", text(hash))
    for name, number in (
        ("triples", triples),
        ("entities", sum(classes.values())),
        ("classes", len(classes)),
        ("properties", len(predicates)),
    ):
        made.add(dataset, f"{VOID}{name}", typed(number, "integer"))
    made.add(dataset, f"{VOID}uriSpace", text(f"{base}id/"))
    made.add(dataset, f"{VOID}sparqlEndpoint", iri(f"{base}sparql"))
    made.add(dataset, f"{VOID}dataDump", *(iri(f"{base}dumps/{name}") for name in dumps))
    for name in dumps if dumps_version else ():
        made.add(f"{base}dumps/{name}", f"{DCAT}version", text(dumps_version))
        made.add(f"{base}dumps/{name}", f"{RDFS}seeAlso", iri(f"{base}ldes"))
    made.add(dataset, f"{VOID}exampleResource", *map(iri, examples))
    made.add(dataset, f"{VOID}feature", *(iri(_FORMATS + name) for name in _FEATURES))
    made.add(dataset, f"{VOID}vocabulary", *map(iri, sorted({_namespace(i) for i in (*classes, *predicates)})))
    _partitions(made, base, dataset, classes, predicates)
    _linksets(made, base, dataset, linksets or {})
    return made.ntriples()


def _partitions(
    made: Triples, base: str, dataset: str, classes: Mapping[str, int], predicates: Mapping[str, int]
) -> None:
    for number, (name, count) in enumerate(sorted(classes.items()), 1):
        part = f"{base}void#class-{number}"
        made.add(dataset, f"{VOID}classPartition", iri(part))
        made.a(part, f"{VOID}Dataset")
        made.add(part, f"{VOID}class", iri(name))
        made.add(part, f"{VOID}entities", typed(count, "integer"))
    for number, (name, count) in enumerate(sorted(predicates.items()), 1):
        part = f"{base}void#property-{number}"
        made.add(dataset, f"{VOID}propertyPartition", iri(part))
        made.a(part, f"{VOID}Dataset")
        made.add(part, f"{VOID}property", iri(name))
        made.add(part, f"{VOID}triples", typed(count, "integer"))


def _linksets(made: Triples, base: str, dataset: str, linksets: Mapping[tuple[str, str], int]) -> None:
    spaces = sorted({space for _, space in linksets})
    targets = {space: f"{base}void#target-{number}" for number, space in enumerate(spaces, 1)}
    for space, target in targets.items():
        made.a(target, f"{VOID}Dataset")
        made.add(target, f"{VOID}uriSpace", text(space))
    for number, ((predicate, space), count) in enumerate(sorted(linksets.items()), 1):
        linkset = f"{base}void#links-{number}"
        made.a(linkset, f"{VOID}Linkset")
        made.add(dataset, f"{VOID}subset", iri(linkset))
        made.add(linkset, f"{VOID}linkPredicate", iri(predicate))
        made.add(linkset, f"{VOID}subjectsTarget", iri(dataset))
        made.add(linkset, f"{VOID}objectsTarget", iri(targets[space]))
        made.add(linkset, f"{VOID}triples", typed(count, "integer"))


def _namespace(name: str) -> str:
    """The vocabulary that a term is of: its IRI up to the last hash or slash."""
    return name[: max(name.rfind("#"), name.rfind("/")) + 1]
