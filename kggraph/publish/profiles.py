"""How much of a thing a document tells: profiles, by `?profile=` or `Accept-Profile`.

https://www.w3.org/TR/dx-prof-conneg/. Without a profile a document has the thing's own triples, each exactly as in the
sources and the same that the endpoint gives for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import pyoxigraph as ox

from kggraph.model import ClassModel, LangText
from kggraph.publish.descriptions import Description, Descriptions
from kggraph.publish.jsonld_page import script
from kggraph.publish.lifecycle import ENDINGS
from kggraph.publish.schemaorg import document, work_jsonld
from kggraph.publish.triples import Triples, iri, text, typed
from kggraph.publish.work import WorkReader
from kggraph.rdf import ntriples
from kggraph.terms import DASH, DCTERMS, KG, RDF, RDFS, SCHEMA, SKOS

Labels: TypeAlias = Callable[[Iterable[str]], Mapping[str, LangText]]

INBOUND_SIZE: Final = 500
"""Links to a thing in one page of its full description."""

_HYDRA: Final = "http://www.w3.org/ns/hydra/core#"
_TYPE: Final = f"{RDF}type"
_BRIEF: Final = frozenset((f"{DASH}LabelRole", f"{DASH}DescriptionRole"))
_SKOS_CLASSES: Final = (f"{SKOS}Concept", f"{SKOS}ConceptScheme")


@dataclass(frozen=True, slots=True)
class Profile:
    """A way to tell of a thing."""

    name: str
    """As in `?profile=`."""
    iri: str


FULL: Final = Profile("full", f"{KG}profile-full")
BRIEF: Final = Profile("brief", f"{KG}profile-brief")
SCHEMA_ORG: Final = Profile("schema.org", SCHEMA)
NL_SBB: Final = Profile("nl-sbb", "https://docs.geostandaarden.nl/nl-sbb/nl-sbb/")
PROFILES: Final = {profile.name: profile for profile in (FULL, BRIEF, SCHEMA_ORG, NL_SBB)}
PROFILE_PREFIXES: Final = {"hydra": _HYDRA}


def brief(found: Description, model: ClassModel | None) -> bytes:
    """What a list tells of a thing: its classes, names, what it is and the fields of its card."""
    fields = model.fields if model else ()
    wanted = {field.path for field in fields if not field.inverse and (field.card or field.role in _BRIEF)}
    wanted |= {_TYPE, *(model.label_paths if model else ()), f"{SKOS}prefLabel", f"{RDFS}label", *ENDINGS}
    return _only(found, wanted)


def tombstone(found: Description, model: ClassModel | None) -> bytes:
    """What is left of a thing that was withdrawn: what it was, what it was called, and what took its place."""
    return _only(found, {_TYPE, *(model.label_paths if model else ()), f"{SKOS}prefLabel", f"{RDFS}label", *ENDINGS})


def full(found: Description, descriptions: Descriptions, labels: Labels, page: int, address: str) -> tuple[bytes, int]:
    """Own triples, labels of all that they name, and what links to the thing, 500 links a page.

    :param address: of the document, which counts the links.
    :returns: the triples, and how many links there are in all.
    """
    made = Triples()
    made.take(found.ntriples)
    named = {term for row in ntriples.rows(found.ntriples) for term in row[1:] if ntriples.is_iri(term)}
    links = descriptions.inbound(found.iri, limit=-1, living=True)
    shown = links[(page - 1) * INBOUND_SIZE : page * INBOUND_SIZE]
    for link in shown:
        made.add(link.subject, link.predicate, iri(found.iri))
    iris = {ntriples.iri(term) for term in named} | {link.thing for link in shown} | {link.predicate for link in shown}
    for name, texts in sorted(labels(iris - {found.iri}).items()):
        for lang, value in texts.items():
            made.add(name, f"{RDFS}label", text(value, lang))
    collection = f"{address}#inbound"
    made.a(collection, f"{_HYDRA}Collection")
    made.add(collection, f"{_HYDRA}totalItems", typed(len(links), "integer"))
    made.add(collection, f"{RDFS}seeAlso", iri(found.iri))
    return made.ntriples(), len(links)


def schema_org(found: Description, works: WorkReader, dataset: str) -> bytes:
    """The thing in the words of schema.org, as its page has it."""
    told = document([work_jsonld(works.read(found), lang="", dataset=dataset)])
    read = ox.Dataset(
        ox.Quad(quad.subject, quad.predicate, quad.object)
        for quad in ox.parse(script(told).encode(), format=ox.RdfFormat.JSON_LD)
    )
    read.canonicalize(ox.CanonicalizationAlgorithm.RDFC_1_0)
    return "".join(sorted(f"{quad.triple} .\n" for quad in read)).encode()


def nl_sbb(found: Description, descriptions: Descriptions) -> bytes | None:
    """A concept or scheme as the Dutch profile of SKOS has it: SKOS and where it comes from, with what is narrower.

    https://docs.geostandaarden.nl/nl-sbb/nl-sbb/
    """
    if not any(name in found.types for name in _SKOS_CLASSES):
        return None
    made = Triples()
    names = (SKOS.encode(), f"{DCTERMS}".encode())
    for row in ntriples.rows(found.ntriples):
        skos_type = row[1] == f"<{_TYPE}>".encode() and row[2].startswith(b"<" + names[0])
        if row[0] == f"<{found.iri}>".encode() and (skos_type or row[1][1:].startswith(names)):
            made.take(b"%b %b %b .\n" % row)
    for path, inverse in (("broader", "narrower"), ("topConceptOf", "hasTopConcept")):
        for link in descriptions.inbound(found.iri, predicate=f"{SKOS}{path}", limit=-1, living=True):
            made.add(found.iri, f"{SKOS}{inverse}", iri(link.thing))
    return made.ntriples()


def _only(found: Description, predicates: Iterable[str]) -> bytes:
    wanted = {f"<{name}>".encode() for name in predicates}
    subject = f"<{found.iri}>".encode()
    return b"".join(
        b"%b %b %b .\n" % row for row in ntriples.rows(found.ntriples) if row[0] == subject and row[1] in wanted
    )
