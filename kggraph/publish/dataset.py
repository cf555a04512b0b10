"""The facts of the dataset as a whole: what the data say of it, and what the build knows of its files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kggraph.model import LangText, Model
from kggraph.publish.descriptions import Descriptions
from kggraph.publish.generation import Manifest
from kggraph.publish.statements import Told, read_statements, unique
from kggraph.rdf.iris import local_name
from kggraph.rdf.media import RESULTS_CSV, rdf_format_of
from kggraph.terms import DCAT, DCTERMS, FOAF, RDFS, SCHEMA, SKOS

PUBLIC: Final = "http://publications.europa.eu/resource/authority/access-right/PUBLIC"
_DUMPS: Final = "dumps/"
_PERSONS: Final = frozenset((f"{FOAF}Person", f"{SCHEMA}Person"))
_NAMES: Final = (f"{SKOS}prefLabel", f"{FOAF}name", f"{DCTERMS}title", f"{RDFS}label", f"{SCHEMA}name")
_HOME_PAGES: Final = (f"{FOAF}homepage", f"{SCHEMA}url", f"{DCAT}landingPage")


@dataclass(frozen=True, slots=True)
class Agent:
    """An organisation or person behind the dataset."""

    iri: str
    names: LangText
    home_page: str
    is_person: bool


@dataclass(frozen=True, slots=True)
class DumpFile:
    """A file to download."""

    name: str
    format: str
    """Name of its representation: `ttl`, `nt`, `csv`."""
    label: str
    media_type: str
    is_gzip: bool
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A field of the things of the main kind: a column of their table."""

    name: str
    iri: str
    label: LangText


@dataclass(frozen=True, slots=True)
class DatasetFacts:
    """What is known of the dataset."""

    iri: str
    base_uri: str
    own: bytes
    """What the data say of it, as N-Triples."""
    told: Told
    title: LangText
    description: LangText
    license: str
    access_rights: str
    publisher: Agent | None
    creators: tuple[Agent, ...]
    version: str
    modified: str
    """When this version was made (xsd:dateTime)."""
    triples: int
    languages: tuple[str, ...]
    """Language tags of the pages."""
    files: tuple[DumpFile, ...]
    variables: tuple[Variable, ...]
    """What is told of each thing of the main kind."""
    contact_email: str = ""
    """Where questions go."""
    files_version: str = ""
    """The version that the files to download are of, when that is an earlier one."""
    files_modified: str = ""
    """When that was made (xsd:dateTime)."""

    @property
    def stream(self) -> str:
        """Address of the stream of all changes."""
        return f"{self.base_uri}ldes"

    @property
    def page(self) -> str:
        """Address of the page about the dataset, with the other descriptions beside it."""
        return f"{self.base_uri}dataset"


def dataset_facts(
    manifest: Manifest,
    model: Model,
    descriptions: Descriptions,
    ontology: bytes,
    languages: tuple[str, ...],
    contact_email: str = "",
) -> DatasetFacts:
    """The facts of a generation.

    The dataset is the first thing that is a dcat:Dataset; without one the ontology says what it is called and under
    which licence it is.
    """
    base = manifest.base_uri
    found = model.by_class(f"{DCAT}Dataset")
    iris = descriptions.iris(found.kind, limit=1) if found and found.kind else []
    description = descriptions.get(iris[0]) if iris else None
    own, iri = (description.ntriples, description.iri) if description else (b"", f"{base}dataset#dataset")
    told = read_statements(own, iri).thing
    schema = read_statements(ontology, f"{base}def").thing
    publishers = _agents(told.iris(f"{DCTERMS}publisher"), model, descriptions)
    rights = told.iris(f"{DCTERMS}accessRights")
    licenses = (*told.iris(f"{DCTERMS}license"), *schema.iris(f"{DCTERMS}license"))
    return DatasetFacts(
        iri=iri,
        base_uri=base,
        own=own,
        told=told,
        title=told.texts(*_NAMES) or schema.texts(*_NAMES) or {"": base},
        description=told.texts(f"{DCTERMS}description") or schema.texts(f"{DCTERMS}description", f"{RDFS}comment"),
        license=licenses[0] if licenses else "",
        access_rights=rights[0] if rights else PUBLIC,
        publisher=publishers[0] if publishers else None,
        creators=_agents(told.iris(f"{DCTERMS}creator"), model, descriptions) or publishers,
        version=manifest.hash,
        modified=manifest.created,
        triples=manifest.triples,
        languages=languages,
        files=dump_files(manifest),
        variables=tuple(Variable(f.key, f.path, f.label) for f in model.main.fields if not (f.inverse or f.hidden)),
        contact_email=contact_email,
        files_version=manifest.base,
        files_modified=manifest.base_created,
    )


def dump_files(manifest: Manifest) -> tuple[DumpFile, ...]:
    """The files to download of a generation, sorted by name."""
    found = []
    for path, entry in sorted(manifest.files.items()):
        name = path.removeprefix(_DUMPS)
        plain = name.removesuffix(".gz")
        format = RESULTS_CSV if plain.endswith(".csv") else rdf_format_of(plain)
        if name != path and format is not None:
            compressed = name.endswith(".gz")
            file = DumpFile(name, format.name, format.label, format.media_type, compressed, entry.size, entry.sha256)
            found.append(file)
    return tuple(found)


def _agents(iris: Iterable[str], model: Model, descriptions: Descriptions) -> tuple[Agent, ...]:
    return tuple(_agent(iri, model, descriptions) for iri in unique(iris))


def _agent(iri: str, model: Model, descriptions: Descriptions) -> Agent:
    description = descriptions.get(iri)
    if description is None:
        return Agent(iri, {"": local_name(iri)}, "", False)
    told = read_statements(description.ntriples, iri).thing
    classes = {above for type_ in description.types for above in (type_, *model.superclasses.get(type_, ()))}
    pages = [page for path in _HOME_PAGES for page in told.iris(path)]
    names = description.labels or {"": local_name(iri)}
    return Agent(iri, names, pages[0] if pages else "", bool(classes & _PERSONS))


def agent_classes(agent: Agent) -> tuple[str, ...]:
    """Classes of an agent that harvesters know."""
    return (f"{FOAF}Agent", f"{FOAF}Person" if agent.is_person else f"{FOAF}Organization")
