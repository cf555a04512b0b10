"""What an editor has to know of each field: its term, how many values, in which form, an example, and every message."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

import pyoxigraph as ox

from kggraph.model import ClassModel, Field, LangText, Model
from kggraph.model.graph import Term
from kggraph.rdf.iris import local_name
from kggraph.rdf.names import Names
from kggraph.terms import RDF, SH, SKOS, XSD
from kggraph.validation.messages import catalogue, texts_for
from kggraph.validation.shape_texts import ShapeTexts

LANGUAGES: Final = ("nl", "en")
ANY_ADDRESS: Final = "<https://example.org/>"
"""Example of a field of which no other is known."""
_EXAMPLES: Final = {
    f"{RDF}langString": '"…"@nl',
    f"{XSD}string": '"…"',
    f"{XSD}integer": "1",
    f"{XSD}decimal": "1.5",
    f"{XSD}boolean": "true",
    f"{XSD}gYear": '"2024"^^xsd:gYear',
    f"{XSD}gYearMonth": '"2024-05"^^xsd:gYearMonth',
    f"{XSD}date": '"2024-05-17"^^xsd:date',
}
_NOT_RULES: Final = ("value", "model", "unknown", "SPARQL", "Property", "Closed")
"""Parts of the catalogue of messages that are no constraint of one field."""


@dataclass(frozen=True, slots=True)
class FieldGuide:
    """One field, told to who writes it by hand."""

    field: Field
    term: str
    """The property, with its prefix."""
    count: LangText
    """Whether it is required, and how many values there may be."""
    form: LangText
    """How a value is written."""
    example: str
    """A value in Turtle."""
    messages: tuple[LangText, ...]
    """What is said when a value is wrong, with what to do, one for each rule."""


class Guides:
    """The guides of all classes of a model."""

    def __init__(self, shapes: bytes, model: Model, prefixes: Mapping[str, str]) -> None:
        """Take the shapes.

        :param shapes: the shapes graph as N-Triples.
        :param prefixes: those that terms are written with.
        """
        self._texts, self._model, self._names = ShapeTexts(shapes), model, Names(prefixes)
        self._graph = self._texts.graph

    def of(self, found: ClassModel) -> tuple[FieldGuide, ...]:
        """The guide of each field of a class, in the order in which they are shown."""
        return tuple(self._field(field) for field in found.fields if not field.inverse)

    def curie(self, iri: str) -> str:
        """An IRI with its prefix, or in full."""
        named = self._names.name(iri)
        return named[1] if named else f"<{iri}>"

    # ------------------------------------------------------------------ one field
    def _field(self, field: Field) -> FieldGuide:
        return FieldGuide(
            field=field,
            term=self.curie(field.path),
            count={lang: self._count(field, lang) for lang in LANGUAGES},
            form={lang: self._form(field, lang) for lang in LANGUAGES},
            example=self._example(field),
            messages=tuple(self._messages(field)),
        )

    def _count(self, field: Field, lang: str) -> str:
        asking = [self._asks_for_one(rule) for rule in self._texts.rules_about(field.iri)]
        required = "required" if field.min_count > 0 or True in asking else "optional"
        if required == "optional" and False in asking:
            required = "required_together"
        if field.is_translated:
            number = phrase("each_language", lang)
        elif field.max_count is None:
            number = phrase("at_least", lang, number=field.min_count) if field.min_count else phrase("any", lang)
        else:
            name = "exactly" if field.min_count == field.max_count else "at_most"
            number = phrase(name, lang, number=field.max_count)
        return f"{phrase(required, lang)}, {number}"

    def _asks_for_one(self, rule: str) -> bool | None:
        """Whether a rule asks for a value of just this property, or of one of several; nothing: it asks for none."""
        node = ox.NamedNode(rule)
        if not any(self._graph.values(node, f"{SH}{name}") for name in ("minCount", "qualifiedMinCount")):
            return None
        return bool(self._graph.iris(node, f"{SH}path"))

    def _form(self, field: Field, lang: str) -> str:
        options = [self._written(term) for term in self._options(field)]
        if options:
            return phrase("options", lang, options=", ".join(options))
        if field.scheme:
            return phrase("concept", lang, scheme=self.curie(field.scheme))
        if field.node_classes:
            names = (self._class_name(iri, lang) for iri in field.node_classes)
            return phrase("thing", lang, classes=phrase("or", lang).join(names))
        if set(field.datatypes) == {f"{RDF}langString", f"{XSD}string"}:
            return phrase("text", lang)
        if field.datatypes:
            names = (local_name(datatype) for datatype in field.datatypes)
            return phrase("or", lang).join(phrase(name, lang) if name in phrases() else name for name in names)
        if (field.node_kind or "").endswith("Literal"):
            return phrase("literal", lang)
        return phrase("address", lang) if field.node_kind else phrase("anything", lang)

    def _options(self, field: Field) -> list[Term]:
        for shape in (field.iri, *self._texts.rules_about(field.iri)):
            for head in self._graph.values(ox.NamedNode(shape), f"{SH}in"):
                return self._graph.members(head)
        return []

    def _class_name(self, iri: str, lang: str) -> str:
        found = self._model.by_class(iri)
        return text_in(found.label, lang) if found else self.curie(iri)

    def _example(self, field: Field) -> str:
        shape = ox.NamedNode(field.iri)
        for term in (*self._graph.values(shape, f"{SKOS}example"), *self._options(field)):
            return self._written(term)
        for datatype in field.datatypes:
            if datatype in _EXAMPLES:
                return _EXAMPLES[datatype]
        return '"…"' if field.is_literal else ANY_ADDRESS

    def _messages(self, field: Field) -> Iterable[LangText]:
        told: list[LangText] = []
        for shape in (field.iri, *self._texts.rules_about(field.iri)):
            for component in catalogue():
                if component in _NOT_RULES:
                    continue
                iri = f"{SH}{component}ConstraintComponent"
                is_there = bool(self._graph.values(ox.NamedNode(shape), f"{SH}{component[0].lower()}{component[1:]}"))
                if is_there and (texts := texts_for(self._texts, shape, iri, None)) not in told:
                    told.append(texts)
            if (own := self._texts.messages(shape)) and own not in told:
                told.append(own)
        return told

    def _written(self, term: Term) -> str:
        if isinstance(term, ox.NamedNode):
            return self.curie(term.value)
        if not isinstance(term, ox.Literal) or term.language or term.datatype.value == f"{XSD}string":
            return str(term)
        plain = {f"{XSD}integer", f"{XSD}boolean"}
        if term.datatype.value in plain:
            return term.value
        return f'"{term.value}"^^{self.curie(term.datatype.value)}'


def text_in(texts: LangText, lang: str) -> str:
    """A text in a language, else in another."""
    return next((texts[one] for one in (lang, "en", "", *sorted(texts)) if one in texts), "")


def phrase(name: str, lang: str, **values: object) -> str:
    """A phrase of `phrases.toml`, filled."""
    texts = phrases()[name]
    return texts.get(lang, texts["en"]).format(**values)


@cache
def phrases() -> Mapping[str, LangText]:
    """Name to phrase by language."""
    return tomllib.loads(resources.files("kggraph.editing").joinpath("phrases.toml").read_text("utf-8"))
