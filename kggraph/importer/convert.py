"""One record to triples: each key by its column, each mistake a problem with what would be right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import pyoxigraph as ox

from kggraph.importer.catalog import Catalog
from kggraph.importer.literals import better_url, expected, is_language_tag, is_url, literal
from kggraph.importer.problems import Problems, nearest, shown, suggestion
from kggraph.importer.records import Record, bad_character
from kggraph.importer.rules import ATTRIBUTION, LANG_STRING, Column, FieldRule, Rules, name_paths
from kggraph.model.model import Value
from kggraph.rdf.iris import local_name, slugify
from kggraph.terms import DCAT, PROV, RDF, XSD

T = TypeVar("T")

TYPE: Final = ox.NamedNode(f"{RDF}type")
ATTRIBUTED: Final = ox.NamedNode(f"{PROV}qualifiedAttribution")
AGENT: Final = ox.NamedNode(f"{PROV}agent")
HAD_ROLE: Final = ox.NamedNode(f"{DCAT}hadRole")


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who did what for a thing: the agent, and the name as it is printed there."""

    agent: ox.NamedNode
    name: str


@dataclass(slots=True)
class Converted:
    """What a record says, ready to be put in place of what its fields said before."""

    record: Record
    iri: ox.NamedNode
    values: dict[str, list[Value]] = field(default_factory=dict)
    """By property, for every field of every key that the record gives; an empty list clears the field."""
    attributions: dict[str, list[Attribution]] = field(default_factory=dict)
    """By role, in the order of the record."""


@dataclass(slots=True)
class NewThing:
    """A thing that is made because only its name is known."""

    iri: ox.NamedNode
    model: str
    """IRI of its class."""
    name: str
    line: int
    key: str


class Converter:
    """Turns records into triples against one catalog, keeping the things it has to make."""

    def __init__(self, rules: Rules, catalog: Catalog, problems: Problems) -> None:
        self.rules, self.catalog, self.problems = rules, catalog, problems
        self.new: dict[str, NewThing] = {}

    def convert(self, record: Record, *, is_new: bool | None = None) -> Converted:
        """The values of a record; what cannot be converted is left out and is a problem.

        :param is_new: whether there is no such thing yet; as the catalog says when not given.
        """
        kind = self.rules.main.kind
        converted = Converted(record, ox.NamedNode(f"{self.catalog.base}id/{kind}/{record.slug}"))
        for key in record.values:
            column = self.rules.columns.get(key)
            if column:
                self._column(column, record, converted)
        if is_new is None:
            is_new = converted.iri.value not in self.catalog.file_of
        for column in self.rules.columns.values():
            if column.is_required and self._is_missing(column, record, is_new):
                self.problems.add(record.line, column.key, "missing; every item needs one.")
        return converted

    @staticmethod
    def _is_missing(column: Column, record: Record, is_new: bool) -> bool:
        if column.key not in record.values:
            return is_new
        value = record.values[column.key]
        said = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else [value]
        return all(part is None or (isinstance(part, str) and not part.strip()) for part in said)

    # ------------------------------------------------------------------ JSON
    def _column(self, column: Column, record: Record, converted: Converted) -> None:
        for rule in column.rules:
            converted.values[rule.field.path] = []
            if rule.field.attribution_role:
                converted.attributions[rule.field.attribution_role] = []
        if column.language_map:
            self._language_map(column, column.language_map, record, converted)
            return
        for text in self._texts(column, record):
            character = bad_character(text)
            if character:
                self._problem(record, column, f"{shown(text)} holds {character}, which no text may hold; remove it.")
            else:
                self._place(column, text, record, converted)

    def _texts(self, column: Column, record: Record) -> list[str]:
        value = record.values[column.key]
        if value is None or value == "":
            return []
        if column.is_many:
            if not isinstance(value, list):
                self._problem(record, column, f'{shown(value)} is no list; write ["…", "…"], or [] for none.')
                return []
            wrong = [part for part in value if not isinstance(part, str) or not part.strip()]
            for part in wrong:
                self._problem(record, column, f"{shown(part)} in the list is not a text; leave it out or write a text.")
            return [part for part in value if part not in wrong]
        plain = _plain(value, column)
        if plain is None:
            quoted = shown(str(value)) if isinstance(value, int | float) and not isinstance(value, bool) else '"…"'
            self._problem(record, column, f"{shown(value)} is not a text; write {quoted}, or null for none.")
            return []
        return [plain] if plain.strip() else []

    def _language_map(self, column: Column, rule: FieldRule, record: Record, converted: Converted) -> None:
        value = record.values[column.key]
        if value is None:
            return
        example = 'write an object of texts by language, such as {"nl": "…", "en": "…"}'
        if not isinstance(value, dict):
            self._problem(record, column, f"{shown(value)} has no languages; {example}.")
            return
        for tag, text in value.items():
            if not is_language_tag(tag):
                self._problem(record, column, f"{shown(tag)} is no language tag. {_better_tag(tag)}")
            elif text is not None and not isinstance(text, str):
                self._problem(record, column, f"{shown(text)} is not a text; {example}.")
            elif text and (character := bad_character(text)):
                self._problem(record, column, f"{shown(text)} holds {character}, which no text may hold; remove it.")
            elif text and text.strip():
                converted.values[rule.field.path].append(ox.Literal(text, language=tag))

    # ------------------------------------------------------------------ terms
    def _place(self, column: Column, text: str, record: Record, converted: Converted) -> None:
        for rule in column.rules:
            if text in rule.field.import_map:
                _append(converted.values[rule.field.path], rule.field.import_map[text])
        takers = [rule for rule in column.rules if not rule.field.import_map]
        chosen = takers[0] if len(takers) == 1 else _by_form(takers, text)
        if chosen is None:
            return
        value = self._term(chosen, column, text, record)
        if value is not None:
            _append(converted.values[chosen.field.path], value)
            role = chosen.field.attribution_role
            if role and isinstance(value, ox.NamedNode):
                _append(converted.attributions[role], Attribution(value, text))

    def _term(self, rule: FieldRule, column: Column, text: str, record: Record) -> Value | None:
        if rule.field.scheme:
            return self._concept(rule, column, text, record)
        if rule.classes:
            return self._thing(rule, column, text, record)
        if rule.takes_addresses:
            if is_url(text):
                return ox.NamedNode(text)
            hint = suggestion(better_url(text), "Write a whole address, such as https://example.org/page.")
            self._problem(record, column, f"{shown(text)} is no web address. {hint}")
            return None
        if LANG_STRING in rule.field.datatypes:
            return self._tagged(rule, column, text, record)
        value = literal(text, rule.field.datatypes)
        if value is None:
            self._problem(
                record, column, f"{shown(text)} is not right. {expected(text, rule.field.datatypes)}".rstrip()
            )
        return value

    def _tagged(self, rule: FieldRule, column: Column, text: str, record: Record) -> Value | None:
        if rule.field.import_language_key is None:
            return ox.Literal(text, language=rule.field.import_language or "")
        tag = record.values.get(rule.field.import_language_key)
        if isinstance(tag, str) and is_language_tag(tag):
            return ox.Literal(text, language=tag)
        found = "missing" if tag in (None, "") else f"{shown(tag)} is no language tag"
        hint = f'{found}; write the language of "{column.key}", such as "nl" or "en".'
        self.problems.add(record.line, rule.field.import_language_key, hint)
        self.problems.relate(record.line, column.key)
        return None

    def _concept(self, rule: FieldRule, column: Column, text: str, record: Record) -> Value | None:
        scheme = self.catalog.schemes[rule.field.scheme or ""]
        allowed = scheme.having(rule.required)
        iri = scheme.find(text)
        if iri is not None and iri in allowed.values():
            return ox.NamedNode(iri)
        exact = [slug for slug in (scheme.labels.get(text.lower()), slugify(text)) if slug in allowed]
        near = list(dict.fromkeys([*exact, *nearest(text, allowed)]))[:3]
        listed = ", ".join(sorted(allowed)[:12]) + (", …" if len(allowed) > 12 else "")
        found = "is not one of the slugs allowed here" if iri else "is an unknown slug"
        self._problem(record, column, f"{shown(text)} {found}. {suggestion(near, f'There are: {listed}.')}")
        return None

    def _thing(self, rule: FieldRule, column: Column, text: str, record: Record) -> Value | None:
        name = " ".join(text.split())
        known = [iri for found in rule.classes for iri in self.catalog.find_agent(found, name)]
        if len(known) == 1:
            return ox.NamedNode(known[0])
        if known:
            slugs = [local_name(iri) for iri in known]
            self._problem(record, column, f"{shown(text)} names {len(known)} things. {suggestion(slugs)}")
            return None
        if not rule.field.create_missing:
            names = {name for found in rule.classes for name in self.catalog.slugs(found)}
            hint = suggestion(nearest(slugify(name), names), "Make it first, or correct the name.")
            self._problem(record, column, f"{shown(text)} names nothing that is known. {hint}")
            return None
        iri = ox.NamedNode(self.catalog.new_agent(rule.classes[0], name))
        self.new[iri.value] = NewThing(iri, rule.classes[0], name, record.line, column.key)
        return iri

    def _problem(self, record: Record, column: Column, message: str) -> None:
        self.problems.add(record.line, column.key, message)

    # ------------------------------------------------------------------ triples
    def new_triples(self, thing: NewThing) -> list[ox.Triple]:
        """What is said of a thing of which only the name is known."""
        model = self.rules.classes[thing.model]
        return [
            ox.Triple(thing.iri, TYPE, ox.NamedNode(thing.model)),
            ox.Triple(thing.iri, ox.NamedNode(name_paths(model)[0]), ox.Literal(thing.name)),
            *(ox.Triple(thing.iri, ox.NamedNode(path), value) for path, value in model.create_values),
        ]

    def attribution_triples(self, iri: ox.NamedNode, role: str, given: Sequence[Attribution]) -> list[ox.Triple]:
        """One `prov:Attribution` for each name, numbered in their order."""
        triples = []
        for number, attribution in enumerate(given, 1):
            node = attribution_node(iri, role, number)
            triples += [
                ox.Triple(iri, ATTRIBUTED, node),
                ox.Triple(node, TYPE, ox.NamedNode(ATTRIBUTION)),
                ox.Triple(node, AGENT, attribution.agent),
                ox.Triple(node, HAD_ROLE, ox.NamedNode(role)),
            ]
            if self.rules.printed_name:
                triples.append(ox.Triple(node, self.rules.printed_name, ox.Literal(attribution.name)))
            if self.rules.position:
                place = ox.Literal(str(number), datatype=ox.NamedNode(f"{XSD}integer"))
                triples.append(ox.Triple(node, self.rules.position, place))
        return triples


def attribution_node(iri: ox.NamedNode, role: str, number: int) -> ox.NamedNode:
    """The part of a thing that holds one attribution: `…/x#creator-1`."""
    return ox.NamedNode(f"{iri.value}#{slugify(local_name(role))}-{number}")


def _plain(value: Any, column: Column) -> str | None:
    if isinstance(value, str):
        return value
    datatypes = {datatype for rule in column.rules for datatype in rule.field.datatypes}
    if isinstance(value, bool):
        return str(value).lower() if f"{XSD}boolean" in datatypes else None
    if isinstance(value, int | float) and datatypes & {f"{XSD}integer", f"{XSD}decimal"}:
        return str(value)
    return None


def _better_tag(tag: str) -> str:
    better = tag.lower().replace("_", "-")
    return suggestion(
        [better] if is_language_tag(better) and len(better) < 8 else [], 'Write one such as "nl" or "en".'
    )


def _by_form(takers: Iterable[FieldRule], text: str) -> FieldRule | None:
    # A key with two fields: addresses to the field of IRIs, other texts to the field of texts.
    ordered = sorted(takers, key=lambda rule: not rule.takes_addresses)
    return next((rule for rule in ordered if rule.takes_addresses == is_url(text)), ordered[-1] if ordered else None)


def _append(values: list[T], value: T) -> None:
    if value not in values:
        values.append(value)
