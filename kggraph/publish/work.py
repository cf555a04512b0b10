"""A thing as the rest of the world describes works: title, makers, publisher, date, identifiers, subjects.

Which field is what, the shapes say (`kg:schemaProperty`, a property of schema.org); the names of the knowledge base's
own properties are nowhere here. Citations, metadata in pages, feeds and harvesters are all made from this.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from kggraph.model import Field, LangText, Model
from kggraph.publish.descriptions import Description
from kggraph.publish.kept import Kept
from kggraph.publish.names import Name, PrintedOrders, name_of
from kggraph.publish.statements import Term, Told, texts_of, unique
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


class Value(NamedTuple):
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
    def maker_iris(self) -> tuple[str, ...]:
        """The authors that are things."""
        return tuple([name.iri for name in self.authors if name.iri])

    @property
    def language(self) -> str:
        """The language of the title, or the first one of the work."""
        tag = next(iter(self.titles), "")
        return tag or (self.languages[0] if self.languages else "")

    @property
    def title(self) -> str:
        """The title as at the source."""
        return next(iter(self.titles.values()), "") or next(iter(self.labels.values()), "")


class Signposts(NamedTuple):
    """The part of a work that links of documents name: read without its texts and names."""

    iri: str
    page: str
    types: tuple[str, ...]
    doi: str
    maker_iris: tuple[str, ...]
    url: str
    license: str


class WorkReader:
    """Reads descriptions as works; one object serves all threads of a generation."""

    def __init__(self, model: Model, base: str, get: Lookup, labels: Labels) -> None:
        self._model, self._base, self._get, self._labels = model, base, get, labels
        # What depends on the model and on concepts alone is found out once.
        self._works = Kept[str, Work]()
        self._classes: dict[tuple[str, ...], _Class] = {}
        self._genres: dict[str, tuple[str, ...]] = {}
        self._tags: dict[str, str] = {}
        self._person_kinds: dict[str, bool] = {}

    def read(self, description: Description) -> Work:
        """One thing as a work."""
        known = self._works.get(description.iri)
        if known is None:
            known = self._work(description, self._labels(description.said.thing.named()))
            self._works.keep(description.iri, known)
        return known

    def read_all(self, descriptions: Sequence[Description]) -> list[Work]:
        """Things as works; the labels of all that they name are looked up at once."""
        labels = self._labels({name for description in descriptions for name in description.said.thing.named()})
        return [self._work(description, labels) for description in descriptions]

    def signposts(self, description: Description) -> Signposts:
        """What the links of the document about a thing name."""
        one = self._fields(description)
        makers = [term for term in one.terms("author") if term.is_iri]
        if len(makers) > 1:
            ordered = _in_printed_order(one, "author", description.printed)
            makers = [term for term, _ in ordered if term.is_iri]
        return Signposts(
            iri=description.iri,
            page=document_iri(description.iri, self._base) or description.iri,
            types=self._types(one),
            doi=_doi(one.literals("identifier")),
            maker_iris=tuple([term.value for term in makers]),
            url=_first_web_iri(one.iris("url")),
            license=_first_web_iri(one.iris("license")),
        )

    def _work(self, description: Description, labels: Mapping[str, LangText]) -> Work:
        description.said.thing.terms  # noqa: B018 (read once: nearly all of them are needed)
        one = self._fields(description)
        orders = description.printed
        identifiers = one.literals("identifier")
        return Work(
            iri=description.iri,
            page=document_iri(description.iri, self._base) or description.iri,
            types=self._types(one),
            titles=one.texts("name"),
            labels=description.labels,
            alternatives=one.texts("alternateName"),
            description=one.texts("description"),
            authors=self._names(one, "author", orders, labels),
            contributors=self._names(one, "contributor", orders, labels),
            publishers=self._names(one, "publisher", orders, labels),
            issued=next(iter(one.literals("datePublished")), ""),
            doi=_doi(identifiers),
            identifiers=identifiers,
            url=_first_web_iri(one.iris("url")),
            languages=unique(filter(None, map(self._language, one.terms("inLanguage")))),
            genres=_values(one.iris("additionalType"), labels),
            subjects=_values(one.iris("about"), labels) + _texts(one.literals("keywords")),
            audiences=_values(one.iris("audience"), labels),
            countries=_values((*one.iris("countryOfOrigin"), *one.iris("spatialCoverage")), labels),
            license=_first_web_iri(one.iris("license")),
            rights=next(iter(one.literals("copyrightNotice")), ""),
            same_as=one.iris("sameAs"),
        )

    def _fields(self, description: Description) -> _Fields:
        found = self._classes.get(description.types)
        if found is None:
            model = self._model.of_types(description.types)
            fields = [field for field in (model.fields if model else ()) if field.schema_property and not field.inverse]
            named = [((f.schema_property or "").removeprefix(SCHEMA), f"<{f.path}>", f) for f in fields]
            found = _Class(tuple(named), tuple(self._own_types(description.types)))
            self._classes[description.types] = found
        return _Fields(found, description.said.thing)

    # ------------------------------------------------------------------ classes
    def _types(self, one: _Fields) -> tuple[str, ...]:
        genres = [iri for genre in one.iris("additionalType") for iri in self._types_of(genre)]
        return unique((*genres, *one.of_class.types))

    def _types_of(self, genre: str) -> tuple[str, ...]:
        """What a concept of types points at, or the nearest broader one that points at something."""
        if genre not in self._genres:
            seen: set[str] = set()
            above = [genre]
            found: tuple[str, ...] = ()
            while above and above[0] not in seen and not found:
                seen.add(above[0])
                told = self._concept(above[0])
                found = told.iris(f"{RDFS}seeAlso")
                above = list(told.iris(f"{SKOS}broader"))
            self._genres[genre] = found
        return self._genres[genre]

    def _own_types(self, classes: Iterable[str]) -> Iterable[str]:
        """Classes of schema.org that the ontology puts it under."""
        for iri in classes:
            for above in (iri, *self._model.superclasses.get(iri, ())):
                if above.startswith(SCHEMA):
                    yield above
                elif above in _CLASSES:
                    yield SCHEMA + _CLASSES[above]

    def _concept(self, iri: str) -> Told:
        description = self._get(iri)
        return description.said.thing if description else Told(iri, {})

    def _language(self, term: Term) -> str:
        """The tag of a language: the notation of its concept, or else the end of its IRI."""
        if not term.is_iri:
            return term.value if _TAG.match(term.value) else ""
        if term.value not in self._tags:
            names = (self._concept(term.value).text(f"{SKOS}notation"), local_name(term.value))
            self._tags[term.value] = next((tag for tag in names if _TAG.match(tag)), "")
        return self._tags[term.value]

    # ------------------------------------------------------------------ names
    def _names(
        self, one: _Fields, name: str, orders: PrintedOrders, labels: Mapping[str, LangText]
    ) -> tuple[Name, ...]:
        found: list[Name] = []
        for term, printed in _in_printed_order(one, name, orders):
            labelled = labels.get(term.value, {}) if term.is_iri else {"": term.value}
            found.append(name_of(term, printed, labelled, is_person=self._is_person(term)))
        return tuple(found)

    def _is_person(self, term: Term) -> bool:
        named = kind_and_slug(term.value, self._base) if term.is_iri else None
        if named is None:
            return False
        if named[0] not in self._person_kinds:
            model = self._model.by_kind(named[0])
            classes = self._own_types((model.iri,)) if model else ()
            self._person_kinds[named[0]] = any(above.endswith("Person") for above in classes)
        return self._person_kinds[named[0]]


class _Class(NamedTuple):
    """What the model says of things with the same types."""

    fields: Sequence[tuple[str, str, Field]]
    """Each with the name that schema.org has for it, and its property in N-Triples form."""
    types: tuple[str, ...]
    """Classes of schema.org."""


class _Fields:
    """The fields that a thing has, by the names that schema.org has for them."""

    def __init__(self, of_class: _Class, told: Told) -> None:
        self.of_class, self._told = of_class, told
        self._named: dict[str, list[Field]] = {}
        written = told.written
        for name, path, field in of_class.fields:
            if path in written:
                self._named.setdefault(name, []).append(field)

    def each(self, name: str) -> list[tuple[Field, Sequence[Term]]]:
        """The fields of that name with what is said in them."""
        return [(field, self._told.all(field.path)) for field in self._named.get(name, ())]

    def terms(self, name: str) -> list[Term]:
        return [term for _, terms in self.each(name) for term in terms]

    def iris(self, name: str) -> tuple[str, ...]:
        if name not in self._named:
            return ()
        return unique([iri for field in self._named[name] for iri in self._told.iris(field.path)])

    def literals(self, name: str) -> tuple[str, ...]:
        if name not in self._named:
            return ()
        return unique([term.value for term in self.terms(name) if not term.is_iri])

    def texts(self, name: str) -> LangText:
        """Those of the first field that has any."""
        return next((found for _, terms in self.each(name) if (found := texts_of(terms))), {})


def _in_printed_order(one: _Fields, name: str, orders: PrintedOrders) -> Iterator[tuple[Term, str]]:
    """Makers with the names that the source prints, in its order."""
    for field, terms in one.each(name):
        order = orders.get(field.attribution_role or "", {})
        if len(terms) > 1:
            terms = sorted(terms, key=lambda term: order.get(term.value, (1 << 30, ""))[0])
        for term in terms:
            yield term, order.get(term.value, (0, ""))[1]


def _doi(identifiers: Iterable[str]) -> str:
    return next((found[1] for text in identifiers if (found := _DOI.match(text))), "")


def _first_web_iri(iris: Iterable[str]) -> str:
    return next((iri for iri in iris if is_web_iri(iri)), "")


def _values(iris: Iterable[str], labels: Mapping[str, LangText]) -> tuple[Value, ...]:
    return tuple([Value(iri, labels.get(iri) or {"": local_name(iri)}) for iri in dict.fromkeys(iris)])


def _texts(texts: Iterable[str]) -> tuple[Value, ...]:
    return tuple([Value("", {"": text}) for text in texts])
