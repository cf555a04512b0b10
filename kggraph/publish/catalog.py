"""The dataset as catalogues harvest it: DCAT 3, to the Dutch profile DCAT-AP-NL 3.0.

https://www.w3.org/TR/vocab-dcat-3/ and https://docs.geostandaarden.nl/dcat/dcat-ap-nl30/. Nothing here is made up: what
the data do not say and the build does not know is left out, so a dataset without publisher is described as such.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kggraph.model import LangText
from kggraph.publish.dataset import Agent, DatasetFacts, DumpFile, agent_classes
from kggraph.publish.dqv import DQV, OVERALL, measurement_iri
from kggraph.publish.triples import Triples, iri, text, typed
from kggraph.rdf.iris import slugify
from kggraph.rdf.media import RESULTS_CSV, TRIG
from kggraph.terms import DCAT, DCTERMS, FOAF, PROV, RDFS, VOID

VCARD: Final = "http://www.w3.org/2006/vcard/ns#"
SPDX: Final = "http://spdx.org/rdf/terms#"
CATALOG_PREFIXES: Final = {"dqv": DQV, "spdx": SPDX, "vcard": VCARD, "xsd": "http://www.w3.org/2001/XMLSchema#"}
"""Prefixes of a catalogue beside those of the platform."""

_MEDIA_TYPES: Final = "https://www.iana.org/assignments/media-types/"
_FILE_TYPES: Final = "http://publications.europa.eu/resource/authority/file-type/"
_FILE_TYPE: Final = {
    "ttl": "RDF_TURTLE",
    "nt": "RDF_N_TRIPLES",
    "jsonld": "JSON_LD",
    "rdf": "RDF_XML",
    "trig": "RDF_TRIG",
    "nq": "RDF_N_QUADS",
    "csv": "CSV",
}


@dataclass(frozen=True, slots=True)
class Service:
    """A way to ask for the data, beside the pages."""

    name: str
    path: str
    """Where it is, after the base."""
    description_path: str
    """Where it says what it can."""
    standard: str
    title: LangText
    description: LangText


SERVICES: Final = (
    Service(
        "sparql",
        "sparql",
        "sparql",
        "https://www.w3.org/TR/sparql11-protocol/",
        {"en": "SPARQL endpoint", "nl": "SPARQL-endpoint"},
        {
            "en": "Queries over all published triples (SPARQL 1.1).",
            "nl": "Zoekvragen over alle gepubliceerde triples (SPARQL 1.1).",
        },
    ),
    Service(
        "oai",
        "oai",
        "oai?verb=Identify",
        "http://www.openarchives.org/OAI/2.0/",
        {"en": "OAI-PMH harvesting", "nl": "Harvesten met OAI-PMH"},
        {
            "en": "All items as Dublin Core and RDF, and what changed since a date (OAI-PMH 2.0).",
            "nl": "Alle items als Dublin Core en RDF, en wat er sinds een datum veranderde (OAI-PMH 2.0).",
        },
    ),
    Service(
        "reconcile",
        "reconcile",
        "reconcile",
        "https://reconciliation-api.github.io/specs/0.2/",
        {"en": "Reconciliation service", "nl": "Reconciliatiedienst"},
        {
            "en": "Finds the thing that a name stands for, as in OpenRefine (Reconciliation API 0.2).",
            "nl": "Vindt het ding waar een naam voor staat, zoals in OpenRefine (Reconciliation API 0.2).",
        },
    ),
)


def catalog(facts: DatasetFacts, services: Sequence[Service] = SERVICES) -> bytes:
    """The catalogue with its one dataset, as N-Triples without blank nodes."""
    made = _Catalog(facts)
    made.catalog()
    made.dataset()
    for file in facts.files:
        made.file(file)
    for service in services:
        made.service(service)
    return made.triples.ntriples()


class _Catalog:
    def __init__(self, facts: DatasetFacts) -> None:
        self.facts, self.triples = facts, Triples()
        self.contact = self._contact()

    def part(self, name: str) -> str:
        """An IRI for a part of the description."""
        return f"{self.facts.page}#{name}"

    def catalog(self) -> None:
        add, facts, catalog = self.triples.add, self.facts, self.part("catalog")
        self.triples.a(catalog, f"{DCAT}Catalog")
        self.triples.texts(catalog, f"{DCTERMS}title", facts.title)
        self.triples.texts(catalog, f"{DCTERMS}description", facts.description)
        add(catalog, f"{DCAT}dataset", iri(facts.iri))
        add(catalog, f"{FOAF}homepage", iri(facts.base_uri))
        add(catalog, f"{DCTERMS}modified", typed(facts.modified, "dateTime"))
        self._rights(catalog)
        self._responsible(catalog, creators=False)

    def dataset(self) -> None:
        facts, add = self.facts, self.triples.add
        self.triples.take(facts.own)
        self.triples.a(facts.iri, f"{DCAT}Dataset", f"{VOID}Dataset")
        self.triples.texts(facts.iri, f"{DCTERMS}title", facts.title)
        self.triples.texts(facts.iri, f"{DCTERMS}description", facts.description)
        add(facts.iri, f"{DCTERMS}identifier", text(facts.iri))
        add(facts.iri, f"{DCAT}version", text(facts.version))
        add(facts.iri, f"{DCTERMS}modified", typed(facts.modified, "dateTime"))
        add(facts.iri, f"{PROV}generatedAtTime", typed(facts.modified, "dateTime"))
        add(facts.iri, f"{PROV}wasAttributedTo", *(iri(agent.iri) for agent in facts.creators))
        add(facts.iri, f"{DCTERMS}conformsTo", iri(f"{facts.base_uri}def"), iri(f"{facts.base_uri}shapes"))
        add(facts.iri, f"{FOAF}page", iri(facts.page))
        add(facts.iri, f"{DQV}hasQualityMeasurement", *(iri(measurement_iri(facts.base_uri, n)) for n in OVERALL))
        self.triples.a(facts.page, f"{FOAF}Document")
        self._rights(facts.iri, access=True)
        self._responsible(facts.iri, creators=True)

    def file(self, file: DumpFile) -> None:
        facts, add = self.facts, self.triples.add
        where = self.part(slugify(file.name))
        checksum, address = f"{where}-checksum", f"{facts.base_uri}dumps/{file.name}"
        add(facts.iri, f"{DCAT}distribution", iri(where))
        self.triples.a(where, f"{DCAT}Distribution")
        add(where, f"{DCTERMS}title", *(text(title, lang) for lang, title in _file_titles(file).items()))
        add(where, f"{DCAT}accessURL", iri(facts.page))
        add(where, f"{DCAT}downloadURL", iri(address))
        add(where, f"{DCAT}mediaType", iri(_MEDIA_TYPES + file.media_type))
        if file.is_gzip:
            add(where, f"{DCAT}compressFormat", iri(f"{_MEDIA_TYPES}application/gzip"))
        if file.format in _FILE_TYPE:
            add(where, f"{DCTERMS}format", iri(_FILE_TYPES + _FILE_TYPE[file.format]))
        # DCAT-AP 3.0 asks for this datatype; it never goes through the store, which would rewrite it.
        add(where, f"{DCAT}byteSize", typed(file.size, "nonNegativeInteger"))
        add(where, f"{DCTERMS}modified", typed(facts.files_modified or facts.modified, "dateTime"))
        if facts.files_version:
            add(where, f"{DCAT}version", text(facts.files_version))
            add(where, f"{RDFS}seeAlso", iri(facts.stream))
        self._rights(where)
        add(where, f"{SPDX}checksum", iri(checksum))
        self.triples.a(checksum, f"{SPDX}Checksum")
        add(checksum, f"{SPDX}algorithm", iri(f"{SPDX}checksumAlgorithm_sha256"))
        add(checksum, f"{SPDX}checksumValue", typed(file.sha256, "hexBinary"))

    def service(self, service: Service) -> None:
        facts, add, where = self.facts, self.triples.add, self.part(service.name)
        self.triples.a(where, f"{DCAT}DataService")
        self.triples.texts(where, f"{DCTERMS}title", service.title)
        self.triples.texts(where, f"{DCTERMS}description", service.description)
        add(self.part("catalog"), f"{DCAT}service", iri(where))
        add(where, f"{DCTERMS}identifier", text(where))
        add(where, f"{DCAT}endpointURL", iri(facts.base_uri + service.path))
        add(where, f"{DCAT}endpointDescription", iri(facts.base_uri + service.description_path))
        add(where, f"{DCAT}servesDataset", iri(facts.iri))
        add(where, f"{DCTERMS}conformsTo", iri(service.standard))
        self.triples.a(service.standard, f"{DCTERMS}Standard")
        for theme in facts.told.iris(f"{DCAT}theme"):
            add(where, f"{DCAT}theme", iri(theme))
        self._rights(where, access=True)
        self._responsible(where, creators=False)
        access = self.part(f"{service.name}-access")
        add(facts.iri, f"{DCAT}distribution", iri(access))
        self.triples.a(access, f"{DCAT}Distribution")
        self.triples.texts(access, f"{DCTERMS}title", service.title)
        add(access, f"{DCAT}accessURL", iri(facts.base_uri + service.path))
        add(access, f"{DCAT}accessService", iri(where))
        add(access, f"{DCTERMS}conformsTo", iri(service.standard))
        self._rights(access)

    def _rights(self, subject: str, *, access: bool = False) -> None:
        if self.facts.license:
            self.triples.add(subject, f"{DCTERMS}license", iri(self.facts.license))
        if access:
            self.triples.add(subject, f"{DCTERMS}accessRights", iri(self.facts.access_rights))

    def _responsible(self, subject: str, *, creators: bool) -> None:
        if self.contact:
            self.triples.add(subject, f"{DCAT}contactPoint", iri(self.contact))
        if self.facts.publisher:
            self.triples.add(subject, f"{DCTERMS}publisher", iri(self.facts.publisher.iri))
            self._agent(self.facts.publisher)
        for creator in self.facts.creators if creators else ():
            self.triples.add(subject, f"{DCTERMS}creator", iri(creator.iri))
            self._agent(creator)

    def _agent(self, agent: Agent) -> None:
        self.triples.a(agent.iri, *agent_classes(agent))
        self.triples.texts(agent.iri, f"{FOAF}name", agent.names)
        if agent.home_page:
            self.triples.add(agent.iri, f"{FOAF}homepage", iri(agent.home_page))

    def _contact(self) -> str:
        """Where questions go: as the data say, or else to the publisher's own page."""
        said = self.facts.told.iris(f"{DCAT}contactPoint")
        if said:
            return said[0]
        publisher = self.facts.publisher
        if publisher is None and not self.facts.contact_email:
            return ""
        contact = self.part("contact")
        is_person = publisher is not None and publisher.is_person
        self.triples.a(contact, f"{VCARD}Kind", f"{VCARD}{'Individual' if is_person else 'Organization'}")
        self.triples.texts(contact, f"{VCARD}fn", publisher.names if publisher else self.facts.title)
        if self.facts.contact_email:
            self.triples.add(contact, f"{VCARD}hasEmail", iri(f"mailto:{self.facts.contact_email}"))
        if publisher and publisher.home_page:
            self.triples.add(contact, f"{VCARD}hasURL", iri(publisher.home_page))
        return contact


def _file_titles(file: DumpFile) -> LangText:
    packed = ", gzip" if file.is_gzip else ""
    if file.format == RESULTS_CSV.name:
        return {"en": f"All items as {file.label}{packed}", "nl": f"Alle items als {file.label}{packed}"}
    if file.format == TRIG.name:
        return {"en": f"All graphs as {file.label}{packed}", "nl": f"Alle grafen als {file.label}{packed}"}
    return {"en": f"Everything as {file.label}{packed}", "nl": f"Alles als {file.label}{packed}"}
