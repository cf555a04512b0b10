"""The single model: what classes of things there are and what is said of each, as the shapes tell it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

LangText: TypeAlias = Mapping[str, str]
"""Language tag -> text; the tag of a text without language is the empty string."""


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
    node_class: str | None
    """Class that the values have (`sh:class`)."""
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
    import_key: str | None
    create_missing: bool
    role: str | None
    """`dash:LabelRole`, `dash:DescriptionRole`, ... or nothing."""
    attribution_role: str | None
    hidden: bool

    @property
    def is_literal(self) -> bool:
        """Whether the values are texts, numbers or dates rather than things."""
        return self.datatype is not None or (self.node_kind or "").endswith("Literal")

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

    def field(self, key: str) -> Field | None:
        """The field with that key, if any."""
        return next((field for field in self.fields if field.key == key), None)

    def by_path(self, path: str, *, inverse: bool = False) -> Field | None:
        """The first field with that property, if any."""
        return next((f for f in self.fields if f.path == path and f.inverse == inverse), None)

    def facets(self) -> tuple[Field, ...]:
        """The fields to filter lists by."""
        return tuple(field for field in self.fields if field.facet)

    def columns(self) -> tuple[Field, ...]:
        """The fields of lists and tables."""
        return tuple(field for field in self.fields if field.column)

    def searched(self) -> tuple[Field, ...]:
        """The fields whose text is searched."""
        return tuple(field for field in self.fields if field.search_weight > 0)


@dataclass(frozen=True, slots=True)
class SchemeModel:
    """A concept scheme whose concepts have a kind of their own: `<scheme> kg:kind "theme"` beside the shapes."""

    iri: str
    kind: str
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
        """The class whose things are at `/id/{kind}/`, if any."""
        return next((found for found in self.classes if found.kind == kind), None)

    def by_class(self, iri: str) -> ClassModel | None:
        """The class with that IRI, if it has a shape."""
        return next((found for found in self.classes if found.iri == iri), None)

    def of_types(self, types: Iterable[str]) -> ClassModel | None:
        """The most specific class that a thing with these types is of; a subclass counts as its superclass."""
        raise NotImplementedError
