"""A JSON Schema for one record of an import, from the model and the rules of the import.

https://json-schema.org/draft/2020-12. What a schema cannot say is left to the import itself: two records with one slug,
a name that several things have, a key that is given twice, and what the shapes ask beyond a single value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import pyoxigraph as ox

from kggraph.config import Settings
from kggraph.importer.catalog import Catalog
from kggraph.importer.records import MAX_SLUG, SLUG
from kggraph.importer.rules import LANG_STRING, Column, FieldRule, Rules, read_rules
from kggraph.model import Field, load_model
from kggraph.model.graph import ModelGraph
from kggraph.publish.inputs import read_graph, read_shapes
from kggraph.rdf.source import read_folder
from kggraph.terms import KG, SH, XSD

MOST_LISTED: Final = 10_000
"""Things that are listed, so that their records may leave keys out; of more it is not said which keys are needed."""

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_TAG: Final = "^[a-z]{2,3}(-[a-z0-9]{1,8})*$"
_NO_CONTROL: Final = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]*$"
_NOT_EMPTY: Final = r"\S"
_NO_IRI: Final = r"\s<>\"{}|\\^`"
_HOST: Final = rf"[^/?#@:%{_NO_IRI}]+\.[^/?#@:%.{_NO_IRI}]+|[Ll][Oo][Cc][Aa][Ll][Hh][Oo][Ss][Tt]"
_REST: Final = rf"([^%#{_NO_IRI}]|%[0-9A-Fa-f]{{2}})*"
_URL: Final = rf"^[Hh][Tt][Tt][Pp][Ss]?://({_HOST})(:[0-9]*)?([/?]{_REST})?(#{_REST})?$"
_YEAR: Final = r"(?!0000)[0-9]{4}"
_LEAP: Final = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)"
_DATE: Final = (
    rf"{_YEAR}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
    rf"|(?!0000){_LEAP}-02-29"
)
_FORMS: Final[Mapping[str, str]] = {
    f"{XSD}gYear": f"^{_YEAR}$",
    f"{XSD}gYearMonth": f"^{_YEAR}-(0[1-9]|1[0-2])$",
    f"{XSD}date": f"^({_DATE})$",
    f"{XSD}integer": "^(0|-?[1-9][0-9]*)$",
    f"{XSD}decimal": r"^-?(0|[1-9][0-9]*)\.[0-9]+$",
    f"{XSD}boolean": "^(true|false)$",
    f"{XSD}anyURI": _URL,
}

Schema = dict[str, Any]


def record_schema(rules: Rules, catalog: Catalog, shapes: bytes, lang: str, address: str) -> Schema:
    """The schema of one record.

    :param lang: language of titles and descriptions.
    :param address: IRI of the schema.
    """
    return _Writer(rules, catalog, ModelGraph(shapes), lang).schema(address)


def import_schema(settings: Settings, lang: str) -> Schema:
    """The schema of the records that `kggraph import` takes for a knowledge base as it is now.

    :param lang: language of titles and descriptions.
    :raises ShapesError: the shapes cannot be used, or nothing can be imported by them.
    :raises SourceError: a file of the data cannot be read.
    """
    settings = replace(settings, base_uri=settings.source_base_uri)
    shapes, ontology = read_shapes(settings)[0], read_graph(settings.ontology_path, settings)[0]
    rules = read_rules(shapes, load_model(shapes, ontology))
    files = read_folder(settings.data_path, root=settings.root, prefixes=settings.all_prefixes)
    catalog = Catalog(files, {rules.main.iri: rules.main, **rules.classes}, settings.base_uri)
    return record_schema(rules, catalog, shapes, lang, f"{settings.base_uri}import.schema.json")


class _Writer:
    def __init__(self, rules: Rules, catalog: Catalog, graph: ModelGraph, lang: str) -> None:
        self.rules, self.catalog, self.graph, self.lang = rules, catalog, graph, lang

    def schema(self, address: str) -> Schema:
        columns = self.rules.columns
        tags = {key: {"type": ["string", "null"]} for key in sorted(self.rules.language_keys - set(columns))}
        schema: Schema = {
            "$schema": _DIALECT,
            "$id": address,
            "title": self._text(self.rules.main.label),
            "description": self._text(self.rules.main.description),
            "type": "object",
            "required": [SLUG],
            "properties": {
                SLUG: {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": MAX_SLUG},
                **{key: self._column(column) for key, column in columns.items()},
                **tags,
            },
            "additionalProperties": False,
            "$defs": {"text": {"type": "string", "pattern": _NO_CONTROL}},
        }
        if tagged := [self._tag_of(column) for column in columns.values() if self._language_key(column)]:
            schema["allOf"] = tagged
        required = [column for column in columns.values() if column.is_required]
        # A record of a thing that is there may leave out what it does not change.
        for column in required:
            schema["properties"][column.key]["allOf"] = [self._filled(column)]
        known = self.catalog.slugs(self.rules.main.iri)
        if required and len(known) <= MOST_LISTED:
            schema["if"] = {"properties": {SLUG: {"enum": known}}}
            schema["then"] = {}
            schema["else"] = {"required": [column.key for column in required]}
        return schema

    def _text(self, texts: Mapping[str, str]) -> str:
        return next((texts[one] for one in (self.lang, "en", "", *sorted(texts)) if one in texts), "")

    # ------------------------------------------------------------------ one key
    def _column(self, column: Column) -> Schema:
        field = column.rules[0].field
        told: Schema = {"title": self._text(field.label)}
        if field.description:
            told["description"] = self._text(field.description)
        if column.language_map is not None:
            return {**told, **self._language_map(column.language_map.field)}
        nothing = {"enum": [None, ""]}
        value = self._value(column)
        if column.is_many:
            item = {"allOf": [{"$ref": "#/$defs/text"}, {"pattern": _NOT_EMPTY}, value]}
            return {**told, "anyOf": [{"type": "array", "items": item}, nothing]}
        datatypes = {datatype for rule in column.rules for datatype in rule.field.datatypes}
        plain: list[Schema] = [{"allOf": [{"$ref": "#/$defs/text"}, value]}, nothing]
        if f"{XSD}boolean" in datatypes:
            plain.append({"type": "boolean"})
        if datatypes & {f"{XSD}integer", f"{XSD}decimal"}:
            plain.append({"type": "integer" if f"{XSD}decimal" not in datatypes else "number", **self._bounds(field)})
        plain.append({"type": "string", "pattern": r"^\s*$"})
        return {**told, "anyOf": plain}

    def _language_map(self, field: Field) -> Schema:
        text = {"anyOf": [{"allOf": [{"$ref": "#/$defs/text"}, *self._patterns(field)]}, {"enum": [None, ""]}]}
        schema: Schema = {
            "type": ["object", "null"],
            "propertyNames": {"pattern": _TAG},
            "additionalProperties": text,
        }
        needed = sorted(self._languages(field))
        if needed:
            schema["required"] = needed
            schema["properties"] = {tag: {"allOf": [text, {"type": "string", "pattern": _NOT_EMPTY}]} for tag in needed}
        return schema

    def _value(self, column: Column) -> Schema:
        takers = [rule for rule in column.rules if not rule.field.import_map]
        if not takers:
            return {}
        mapped = sorted({text for rule in column.rules for text in rule.field.import_map})
        if len(takers) == 1:
            options = [self._term(takers[0])]
        else:
            # As the import chooses: an address goes to the field of addresses, all else to the field of texts.
            options = [
                self._term(rule) if rule.takes_addresses else {"not": {"pattern": _URL}, **self._term(rule)}
                for rule in takers
            ]
        if mapped:
            options.append({"enum": mapped})
        return options[0] if len(options) == 1 else {"anyOf": options}

    def _term(self, rule: FieldRule) -> Schema:
        field = rule.field
        if field.scheme:
            scheme = self.catalog.schemes[field.scheme]
            allowed = set(scheme.having(rule.required).values())
            names = {**scheme.slugs, **scheme.notations}
            return {"enum": sorted(name for name in names if scheme.find(name) in allowed)}
        if rule.classes:
            return {}
        if rule.takes_addresses:
            return {"pattern": _URL}
        forms = [_FORMS[datatype] for datatype in field.datatypes if datatype in _FORMS]
        is_text = LANG_STRING in field.datatypes or not field.datatypes or f"{XSD}string" in field.datatypes
        form: Schema = {} if is_text or not forms else {"anyOf": [{"pattern": pattern} for pattern in forms]}
        patterns = self._patterns(field)
        return {"allOf": [form, *patterns]} if patterns else form

    def _tag_of(self, column: Column) -> Schema:
        """A text whose language is in another key needs that key."""
        key = self._language_key(column)
        says = {"type": "array", "minItems": 1} if column.is_many else {"type": "string", "pattern": _NOT_EMPTY}
        return {
            "if": {"required": [column.key], "properties": {column.key: says}},
            "then": {"required": [key], "properties": {key: {"type": "string", "pattern": _TAG}}},
        }

    @staticmethod
    def _language_key(column: Column) -> str | None:
        keys = (rule.field.import_language_key for rule in column.rules if LANG_STRING in rule.field.datatypes)
        return next((key for key in keys if key), None)

    @staticmethod
    def _filled(column: Column) -> Schema:
        if column.language_map is not None:
            # A text in at least one language.
            text = {"type": "string", "pattern": _NOT_EMPTY}
            return {"type": "object", "not": {"additionalProperties": {"not": text}}}
        if column.is_many:
            return {"type": "array", "contains": {"type": "string", "pattern": _NOT_EMPTY}}
        return {"not": {"anyOf": [{"type": "null"}, {"type": "string", "pattern": r"^\s*$"}]}}

    # ------------------------------------------------------------------ what shapes ask of a single value
    def _shapes_of(self, field: Field) -> Iterable[ox.NamedNode]:
        yield ox.NamedNode(field.iri)
        for node in self.graph.subjects():
            if isinstance(node, ox.NamedNode) and field.iri in self.graph.iris(node, f"{KG}ruleOf"):
                yield node

    def _patterns(self, field: Field) -> list[Schema]:
        found = []
        for shape in self._shapes_of(field):
            for pattern in self.graph.values(shape, f"{SH}pattern"):
                if not self.graph.values(shape, f"{SH}flags") and _is_common(pattern.value):
                    found.append({"pattern": pattern.value})
        return found

    def _languages(self, field: Field) -> set[str]:
        """Languages in which there has to be a text."""
        found = set()
        for shape in self._shapes_of(field):
            if (self.graph.number(shape, f"{SH}qualifiedMinCount") or 0) >= 1:
                for asked in self.graph.values(shape, f"{SH}qualifiedValueShape"):
                    for head in self.graph.values(asked, f"{SH}languageIn"):
                        tags = [member.value for member in self.graph.members(head)]
                        found |= set(tags) if len(tags) == 1 else set()
        return found

    def _bounds(self, field: Field) -> Schema:
        names = {
            "minInclusive": "minimum",
            "maxInclusive": "maximum",
            "minExclusive": "exclusiveMinimum",
            "maxExclusive": "exclusiveMaximum",
        }
        shapes = list(self._shapes_of(field))
        found = ((names[name], self.graph.number(shape, f"{SH}{name}")) for shape in shapes for name in names)
        return {name: number for name, number in found if number is not None}


def _is_common(pattern: str) -> bool:
    """Whether a pattern of XPath means the same in JSON Schema: no Unicode categories, blocks or subtractions."""
    if re.search(r"\\[pPicIC]|-\[", pattern):
        return False
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True
