"""The single model: what classes of things there are and what is said of each, as the shapes tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import pyoxigraph as ox

from kggraph.terms import SCHEMA, SKOS

LangText: TypeAlias = Mapping[str, str]
"""Language tag -> text; the tag of a text without language is the empty string."""

Value: TypeAlias = ox.NamedNode | ox.Literal


@dataclass(frozen=True, slots=True)
class Group:
    """A heading under which fields stand together (`sh:PropertyGroup`)."""

    iri: str
    label: LangText
    order: float


@dataclass(frozen=True, slots=True)
class Field:
    """One property of a class: a property shape."""

    iri: str
    """The property shape."""
    path: str
    """The property, or its inverse when `inverse`."""
    inverse: bool
    key: str
    """Name in JSON, CSV, addresses and facets."""
    label: LangText
    description: LangText
    group: str | None
    order: float
    datatype: str | None
    """The datatype of the values, when there is one."""
    datatypes: tuple[str, ...]
    """All datatypes that values may have (`sh:or`)."""
    node_class: str | None
    """Class that the values have (`sh:class`), when there is one."""
    node_classes: tuple[str, ...]
    scheme: str | None
    """Concept scheme that the values are in."""
    node_kind: str | None
    """`sh:IRI`, `sh:Literal`, ... or nothing."""
    min_count: int
    max_count: int | None
    facet: bool
    search_weight: float
    """Weight in the text search; 0 is not searched."""
    column: bool
    card: bool
    is_date: bool
    """Whether it is the date by which things are put newest first."""
    import_key: str | None
    import_language: str | None
    import_language_key: str | None
    import_map: Mapping[str, Value]
    """Exact text in an import file -> the value it stands for."""
    create_missing: bool
    role: str | None
    """`dash:LabelRole`, `dash:DescriptionRole`, ... or nothing."""
    attribution_role: str | None
    hidden: bool
    schema_property: str | None = None
    """Property of schema.org by which citations, metadata in pages and harvesters get the values."""
    is_identifier: bool = False
    """Whether the values are identifiers of the thing elsewhere, which every such thing should have."""
    low_values: tuple[str, ...] = ()
    """Values that say that the facts of a thing are not certain."""
    is_translated: bool = False
    """Whether there is one text in each language (`sh:uniqueLang`)."""

    @property
    def is_literal(self) -> bool:
        """Whether the values are texts, numbers or dates rather than things."""
        return bool(self.datatypes) or (self.node_kind or "").endswith("Literal")

    @property
    def is_many(self) -> bool:
        """Whether there may be more than one value."""
        return self.max_count is None or self.max_count > 1


@dataclass(frozen=True, slots=True)
class ClassModel:
    """A class of things with its fields: a node shape with `sh:targetClass`."""

    iri: str
    shape: str
    kind: str | None
    """The `{kind}` in `/id/{kind}/{slug}`, where the class has one."""
    label: LangText
    plural: LangText
    description: LangText
    fields: tuple[Field, ...]
    """In the order of their groups and `sh:order`."""
    label_paths: tuple[str, ...]
    """Properties that name a thing, the best first."""
    is_main: bool
    folder: str | None
    """Folder in the data folder for the files of its things."""
    create_values: tuple[tuple[str, Value], ...]
    """Property and value that the importer gives a thing of which only the name is known."""
    printed_name_path: str | None
    position_path: str | None

    def field(self, key: str) -> Field | None:
        """The field with that key, if any."""
        return next((field for field in self.fields if field.key == key), None)

    def by_schema(self, name: str) -> tuple[Field, ...]:
        """The fields with that property of schema.org (its name), in their order."""
        return tuple(field for field in self.fields if field.schema_property == SCHEMA + name)

    def by_path(self, path: str, *, inverse: bool = False) -> Field | None:
        """The first field with that property, if any."""
        return next((f for f in self.fields if f.path == path and f.inverse == inverse), None)

    def facets(self) -> tuple[Field, ...]:
        """The fields to filter lists by."""
        return tuple(field for field in self.fields if field.facet)

    @property
    def date_field(self) -> Field | None:
        """The field by which things are put newest first, if any."""
        return next((field for field in self.fields if field.is_date), None)

    def columns(self) -> tuple[Field, ...]:
        """The fields of lists and tables."""
        return tuple(field for field in self.fields if field.column)

    def searched(self) -> tuple[Field, ...]:
        """The fields whose text is searched."""
        return tuple(field for field in self.fields if field.search_weight > 0)


@dataclass(frozen=True, slots=True)
class SchemeModel:
    """A concept scheme whose concepts have a kind of their own: `kg:scheme` and `kg:kind` on a shape without target."""

    iri: str
    kind: str
    label: LangText
    """What one of its concepts is called; empty when the shape does not say."""
    plural: LangText


@dataclass(frozen=True, slots=True)
class Model:
    """Everything the platform knows about a domain."""

    classes: tuple[ClassModel, ...]
    groups: Mapping[str, Group]
    schemes: tuple[SchemeModel, ...]
    superclasses: Mapping[str, tuple[str, ...]]
    """Class -> all classes above it, nearest first (`rdfs:subClassOf` of the ontology)."""
    unshown: tuple[str, ...] = ()
    """Property shapes that are validated but whose path is too rich to show."""

    @property
    def main(self) -> ClassModel:
        """The class of the items."""
        return next(found for found in self.classes if found.is_main)

    def by_kind(self, kind: str) -> ClassModel | None:
        """The class whose things are at `/id/{kind}/`, if any; kinds of concept schemes hold concepts."""
        found = next((found for found in self.classes if found.kind == kind), None)
        if found is None and self.scheme_by_kind(kind):
            return self.by_class(f"{SKOS}Concept")
        return found

    def scheme_by_kind(self, kind: str) -> SchemeModel | None:
        """The concept scheme whose concepts are at `/id/{kind}/`, if any."""
        return next((scheme for scheme in self.schemes if scheme.kind == kind), None)

    def by_class(self, iri: str) -> ClassModel | None:
        """The class with that IRI, if it has a shape."""
        return next((found for found in self.classes if found.iri == iri), None)

    def of_types(self, types: Iterable[str]) -> ClassModel | None:
        """The class of a thing with these types; a subclass without shape counts as the nearest class above it.

        Of several, the one with a shape for the type itself wins, then the more specific one, then the main class.
        """
        ranked: list[tuple[int, int, bool, int]] = []
        for type_iri in types:
            above = (type_iri, *self.superclasses.get(type_iri, ()))
            for position, found in enumerate(self.classes):
                if found.iri in above:
                    depth = len(self.superclasses.get(found.iri, ()))
                    ranked.append((above.index(found.iri), -depth, not found.is_main, position))
        return self.classes[min(ranked)[3]] if ranked else None
