"""A thing as the rest of the world describes works: title, makers, publisher, date, identifiers, subjects.

Which field is what, the shapes say (`kg:schemaProperty`, a property of schema.org); the names of the knowledge base's
own properties are nowhere here. Citations, metadata in pages, feeds and harvesters are all made from this.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from kggraph.model import ClassModel, Field, LangText, Model
from kggraph.publish.descriptions import Description
from kggraph.publish.names import Name, name_of, printed_order
from kggraph.publish.statements import Statements, Term, Told, read_statements, unique
from kggraph.rdf.iris import document_iri, is_web_iri, kind_and_slug, local_name
from kggraph.terms import DCAT, FOAF, ORG, RDFS, SCHEMA, SKOS

Labels: TypeAlias = Callable[[Iterable[str]], Mapping[str, LangText]]
Lookup: TypeAlias = Callable[[str], Description | None]

_DOI: Final = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:)?(10\.\d{4,9}/\S+)\Z", re.IGNORECASE)
_TAG: Final = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*\Z")
_CLASSES: Final = {
    f"{FOAF}Person": "Person",
    f"{FOAF}Organization": "Organization",
    f"{ORG}Organization": "Organization",
    f"{FOAF}Agent": "Organization",
    f"{SKOS}Concept": "DefinedTerm",
    f"{SKOS}ConceptScheme": "DefinedTermSet",
    f"{DCAT}Dataset": "Dataset",
}
"""Classes of other vocabularies to those of schema.org."""


@dataclass(frozen=True, slots=True)
class Value:
    """Something that a work is about, for, or from: a thing with its labels, or a text."""

    iri: str
    labels: LangText


@dataclass(frozen=True, slots=True)
class Work:
    """What is told of a thing outside this knowledge base."""

    iri: str
    page: str
    """Address of the document about it."""
    types: tuple[str, ...]
    """Classes of schema.org and FaBiO that it may be, as IRIs; those that its own type says come first."""
    titles: LangText
    """Its own title, in the language it is in."""
    labels: LangText
    """What it is called here, in each language."""
    alternatives: LangText
    description: LangText
    authors: tuple[Name, ...]
    contributors: tuple[Name, ...]
    publishers: tuple[Name, ...]
    issued: str
    """A year, a month or a day."""
    doi: str
    identifiers: tuple[str, ...]
    url: str
    """Where the work itself is."""
    languages: tuple[str, ...]
    genres: tuple[Value, ...]
    subjects: tuple[Value, ...]
    audiences: tuple[Value, ...]
    countries: tuple[Value, ...]
    license: str
    rights: str
    same_as: tuple[str, ...]

    @property
    def language(self) -> str:
        """The language of the title, or the first one of the work."""
        tag = next(iter(self.titles), "")
        return tag or (self.languages[0] if self.languages else "")

    @property
    def title(self) -> str:
        """The title as at the source."""
        return next(iter(self.titles.values()), "") or next(iter(self.labels.values()), "")


class WorkReader:
    """Reads descriptions as works; one object serves all threads of a generation."""

    def __init__(self, model: Model, base: str, get: Lookup, labels: Labels) -> None:
        self._model, self._base, self._get, self._labels = model, base, get, labels
        self._concepts: dict[str, Statements] = {}

    def read(self, description: Description) -> Work:
        """One thing as a work."""
        return self.read_all([description])[0]

    def read_all(self, descriptions: Sequence[Description]) -> list[Work]:
        """Things as works; the labels of all that they name are looked up at once."""
        read = [(description, read_statements(description.ntriples, description.iri)) for description in descriptions]
        named = {
            value for _, said in read for terms in said.thing.terms.values() for value, is_iri, *_ in terms if is_iri
        }
        labels = self._labels(named)
        return [self._work(description, said, labels) for description, said in read]

    def _work(self, description: Description, said: Statements, labels: Mapping[str, LangText]) -> Work:
        model = self._model.of_types(description.types)
        one = _Fields(model, said.thing)
        genres = one.iris("additionalType")
        identifiers = unique(text for text in one.literals("identifier"))
        dois = [found[1] for text in identifiers if (found := _DOI.match(text))]
        return Work(
            iri=description.iri,
            page=document_iri(description.iri, self._base) or description.iri,
            types=unique((*self._types_of(genres), *self._own_types(description.types))),
            titles=one.texts("name"),
            labels=description.labels,
            alternatives=one.texts("alternateName"),
            description=one.texts("description"),
            authors=self._names(one, "author", said, labels),
            contributors=self._names(one, "contributor", said, labels),
            publishers=self._names(one, "publisher", said, labels),
            issued=next(iter(one.literals("datePublished")), ""),
            doi=dois[0] if dois else "",
            identifiers=identifiers,
            url=next((value for value in one.iris("url") if is_web_iri(value)), ""),
            languages=unique(filter(None, map(self._language, one.terms("inLanguage")))),
            genres=_values(genres, labels),
            subjects=_values(one.iris("about"), labels) + _texts(one.literals("keywords")),
            audiences=_values(one.iris("audience"), labels),
            countries=_values((*one.iris("countryOfOrigin"), *one.iris("spatialCoverage")), labels),
            license=next((value for value in one.iris("license") if is_web_iri(value)), ""),
            rights=next(iter(one.literals("copyrightNotice")), ""),
            same_as=one.iris("sameAs"),
        )

    # ------------------------------------------------------------------ classes
    def _types_of(self, genres: Iterable[str]) -> Iterable[str]:
        """What the concepts of its type point at, or the nearest broader one that points at something."""
        for genre in genres:
            seen: set[str] = set()
            above = [genre]
            while above and above[0] not in seen:
                seen.add(above[0])
                told = self._concept(above[0])
                found = told.thing.iris(f"{RDFS}seeAlso")
                if found:
                    yield from found
                    break
                above = list(told.thing.iris(f"{SKOS}broader"))

    def _own_types(self, classes: Iterable[str]) -> Iterable[str]:
        """Classes of schema.org that the ontology puts it under."""
        for iri in classes:
            for above in (iri, *self._model.superclasses.get(iri, ())):
                if above.startswith(SCHEMA):
                    yield above
                elif above in _CLASSES:
                    yield SCHEMA + _CLASSES[above]

    def _concept(self, iri: str) -> Statements:
        if iri not in self._concepts:
            description = self._get(iri)
            self._concepts[iri] = read_statements(description.ntriples if description else b"", iri)
        return self._concepts[iri]

    def _language(self, term: Term) -> str:
        """The tag of a language: the notation of its concept, or else the end of its IRI."""
        if not term.is_iri:
            return term.value if _TAG.match(term.value) else ""
        notation = self._concept(term.value).thing.text(f"{SKOS}notation")
        return next((tag for tag in (notation, local_name(term.value)) if _TAG.match(tag)), "")

    # ------------------------------------------------------------------ names
    def _names(
        self, one: _Fields, schema_property: str, said: Statements, labels: Mapping[str, LangText]
    ) -> tuple[Name, ...]:
        found: list[Name] = []
        for field in one.fields(schema_property):
            order = printed_order(said, field.attribution_role) if field.attribution_role else {}
            terms = sorted(one.of(field), key=lambda term: order.get(term.value, (1 << 30, ""))[0])
            for term in terms:
                printed = order.get(term.value, (0, ""))[1]
                labelled = labels.get(term.value, {}) if term.is_iri else {"": term.value}
                found.append(name_of(term, printed, labelled, is_person=self._is_person(term)))
        return tuple(found)

    def _is_person(self, term: Term) -> bool:
        named = kind_and_slug(term.value, self._base) if term.is_iri else None
        model = self._model.by_kind(named[0]) if named else None
        if model is None:
            return False
        return any(name.endswith("Person") for name in self._own_types((model.iri,)))


@dataclass(frozen=True, slots=True)
class _Fields:
    """The fields of a thing by the names that schema.org has for them."""

    model: ClassModel | None
    told: Told

    def fields(self, name: str) -> tuple[Field, ...]:
        return tuple(f for f in self.model.by_schema(name) if not f.inverse) if self.model else ()

    def of(self, field: Field) -> Sequence[Term]:
        return self.told.all(field.path)

    def terms(self, name: str) -> list[Term]:
        return [term for field in self.fields(name) for term in self.told.all(field.path)]

    def iris(self, name: str) -> tuple[str, ...]:
        return unique(term.value for term in self.terms(name) if term.is_iri)

    def literals(self, name: str) -> tuple[str, ...]:
        return unique(term.value for term in self.terms(name) if not term.is_iri)

    def texts(self, name: str) -> LangText:
        return self.told.texts(*(field.path for field in self.fields(name)))


def _values(iris: Iterable[str], labels: Mapping[str, LangText]) -> tuple[Value, ...]:
    return tuple(Value(iri, labels.get(iri) or {"": local_name(iri)}) for iri in unique(iris))


def _texts(texts: Iterable[str]) -> tuple[Value, ...]:
    return tuple(Value("", {"": text}) for text in texts)
