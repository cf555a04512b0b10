"""How records become triples: the import annotations of the model's fields, by the key of a record that fills them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from kggraph.errors import ShapesError
from kggraph.importer.records import SLUG
from kggraph.model import ClassModel, Field, Model
from kggraph.search.value_rules import Rule, value_rules
from kggraph.terms import PROV, RDF, SKOS

ATTRIBUTION: Final = f"{PROV}Attribution"
LANG_STRING: Final = f"{RDF}langString"


@dataclass(frozen=True, slots=True)
class FieldRule:
    """How the values of one key become values of one field."""

    field: Field
    classes: tuple[str, ...]
    """Classes whose things may be named, the first one for a new thing."""
    required: frozenset[Rule]
    """What every value must say of itself, so that only what is allowed is suggested."""

    @property
    def takes_language_map(self) -> bool:
        """Whether the values are an object of texts by language tag."""
        field = self.field
        return LANG_STRING in field.datatypes and not field.import_language and not field.import_language_key

    @property
    def takes_addresses(self) -> bool:
        """Whether the values are web addresses, kept as IRIs."""
        return not (self.field.is_literal or self.field.scheme or self.classes or self.field.import_map)


@dataclass(frozen=True, slots=True)
class Column:
    """One key of a record with the fields it fills."""

    key: str
    rules: tuple[FieldRule, ...]

    @property
    def language_map(self) -> FieldRule | None:
        """The field that takes an object of texts by language tag, if one does."""
        return next((rule for rule in self.rules if rule.takes_language_map), None)

    @property
    def is_many(self) -> bool:
        return any(rule.field.is_many for rule in self.rules if not rule.field.import_map)

    @property
    def is_required(self) -> bool:
        return any(rule.field.min_count > 0 for rule in self.rules)


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything the importer knows about one knowledge base."""

    main: ClassModel
    columns: Mapping[str, Column]
    language_keys: frozenset[str]
    classes: Mapping[str, ClassModel]
    """Classes of things that records name, by IRI."""
    printed_name: ox.NamedNode | None
    position: ox.NamedNode | None

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys that a record may have beside its slug."""
        return (*self.columns, *sorted(self.language_keys - set(self.columns)))


def read_rules(shapes: bytes, model: Model) -> Rules:
    """The rules that the shapes give for records of the main class.

    :raises ShapesError: no field has a `kg:importKey`, or two keys fill one property.
    """
    required = value_rules(model.main.fields, shapes)
    columns: dict[str, list[FieldRule]] = {}
    for field in model.main.fields:
        if field.import_key and not field.inverse:
            classes = tuple(iri for iri in field.node_classes if iri != f"{SKOS}Concept" and not field.scheme)
            columns.setdefault(field.import_key, []).append(FieldRule(field, classes, required[field.key]))
    if not columns:
        raise ShapesError(
            f"Nothing can be imported: no property of <{model.main.shape}> has a kg:importKey; see docs/importing.md."
        )
    _check_paths(columns)
    attribution = model.by_class(ATTRIBUTION)
    named = {iri for rules in columns.values() for rule in rules for iri in rule.classes}
    return Rules(
        main=model.main,
        columns={key: Column(key, tuple(rules)) for key, rules in columns.items()},
        language_keys=frozenset(
            rule.field.import_language_key
            for rules in columns.values()
            for rule in rules
            if rule.field.import_language_key
        ),
        classes={found.iri: found for found in model.classes if found.iri in named and found.kind},
        printed_name=_property(attribution.printed_name_path if attribution else None),
        position=_property(attribution.position_path if attribution else None),
    )


def name_paths(model: ClassModel) -> tuple[str, ...]:
    """Properties that hold names of a class's things, the best first; a new thing's name goes to the first."""
    printed = (model.printed_name_path,) if model.printed_name_path else ()
    return tuple(dict.fromkeys((*model.label_paths, f"{SKOS}altLabel", *printed)))


def folder(model: ClassModel) -> str:
    """Folder in the data folder where new things of a class are written."""
    return model.folder or f"{model.kind}s"


def _check_paths(columns: Mapping[str, list[FieldRule]]) -> None:
    keys: dict[str, str] = {}
    for key, rules in columns.items():
        if key == SLUG:
            raise ShapesError(
                f"<{rules[0].field.iri}>: kg:importKey may not be {SLUG!r}, which names the thing itself."
            )
        for rule in rules:
            other = keys.setdefault(rule.field.path, key)
            if other != key:
                raise ShapesError(
                    f"<{rule.field.iri}>: the keys {other!r} and {key!r} would both fill <{rule.field.path}>; "
                    "give the property to one of them."
                )


def _property(iri: str | None) -> ox.NamedNode | None:
    return ox.NamedNode(iri) if iri else None
