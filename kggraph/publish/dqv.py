"""The quality of a generation in RDF: metrics, and a measurement of each, by the W3C's Data Quality Vocabulary.

https://www.w3.org/TR/vocab-dqv/. A measurement is of the whole dataset; one about a field has the shape of that field
as its subject, and one about a language the tag of that language.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final, NamedTuple

from kggraph.model import LangText
from kggraph.publish.quality_data import Finding, FindingList, Quality
from kggraph.publish.triples import Object, Triples, iri, text, typed
from kggraph.rdf.iris import local_name
from kggraph.terms import DCTERMS, PROV, SH, SKOS, XSD

DQV: Final = "http://www.w3.org/ns/dqv#"
DIMENSIONS: Final = "http://www.w3.org/2016/05/ldqd#"
OA: Final = "http://www.w3.org/ns/oa#"
DQV_PREFIXES: Final = {"dqv": DQV, "ldqd": DIMENSIONS, "oa": OA, "sh": SH}


class Metric(NamedTuple):
    """Something that is measured."""

    name: str
    dimension: str
    """Of https://www.w3.org/2016/05/ldqd."""
    datatype: str
    label: LangText
    definition: LangText


METRICS: Final = (
    Metric(
        "warnings",
        "consistency",
        "integer",
        {"en": "Warnings", "nl": "Waarschuwingen"},
        {
            "en": "Number of results of severity sh:Warning when the data are validated with the shapes.",
            "nl": "Aantal resultaten van ernst sh:Warning als de data met de shapes worden gevalideerd.",
        },
    ),
    Metric(
        "infos",
        "consistency",
        "integer",
        {"en": "Hints", "nl": "Tips"},
        {
            "en": "Number of results of severity sh:Info when the data are validated with the shapes.",
            "nl": "Aantal resultaten van ernst sh:Info als de data met de shapes worden gevalideerd.",
        },
    ),
    Metric(
        "completeness",
        "completeness",
        "decimal",
        {"en": "Completeness", "nl": "Volledigheid"},
        {
            "en": "Share of all fields of all things that has a value, from 0 to 1.",
            "nl": "Deel van alle velden van alle dingen dat een waarde heeft, van 0 tot 1.",
        },
    ),
    Metric(
        "filled",
        "completeness",
        "decimal",
        {"en": "Filled field", "nl": "Ingevuld veld"},
        {
            "en": "Share of the things of a class that have the field, from 0 to 1.",
            "nl": "Deel van de dingen van een klasse dat het veld heeft, van 0 tot 1.",
        },
    ),
    Metric(
        "translated",
        "completeness",
        "decimal",
        {"en": "Text in a language", "nl": "Tekst in een taal"},
        {
            "en": "Share of the things with a text in the field that have it in the language, from 0 to 1.",
            "nl": "Deel van de dingen met een tekst in het veld die hem in de taal hebben, van 0 tot 1.",
        },
    ),
    Metric(
        "findings",
        "completeness",
        "integer",
        {"en": "Findings", "nl": "Bevindingen"},
        {
            "en": "Number of things on a list of what is missing or not certain.",
            "nl": "Aantal dingen op een lijst van wat ontbreekt of niet zeker is.",
        },
    ),
)
OVERALL: Final = ("warnings", "infos", "completeness", "findings")
"""Metrics of which there is one measurement of everything."""


def measurement_iri(base: str, name: str) -> str:
    """The IRI of the measurement of a metric over everything.

    >>> measurement_iri("https://e.org/", "warnings")
    'https://e.org/quality#measured-warnings'
    """
    return f"{base}quality#measured-{name}"


def quality_graph(quality: Quality, base: str, dataset: str, at: str) -> bytes:
    """Metrics and measurements as N-Triples without blank nodes.

    :param dataset: IRI of the dataset.
    :param at: when it was measured (xsd:dateTime).
    """
    made = _Writer(base, dataset, at)
    for metric in METRICS:
        made.metric(metric)
    overall = {"completeness": _share(quality.completeness), "findings": _count(quality.findings)}
    for name in OVERALL:
        value = overall.get(name) or _count(int(quality.totals.get(name, 0)))
        made.measurement(name, measurement_iri(base, name), value)
    for filled in quality.filled:
        if filled.total:
            made.measurement("filled", "", _share(filled.filled / filled.total), shape=filled.shape)
    for told in quality.translated:
        made.measurement("translated", "", _share(told.filled / told.total), shape=told.shape, lang=told.lang)
    for one in quality.lists:
        target = f"{base}quality#list-{one.name}"
        made.measurement("findings", target, _count(one.findings), shape=one.shape, lang=one.lang)
    return made.triples.ntriples()


def findings_graph(found: Iterable[tuple[FindingList, Finding]], base: str, at: str) -> bytes:
    """Findings as annotations of the things that they are about (https://www.w3.org/TR/vocab-dqv/#dqv:QualityAnnotation).

    :param found: findings, each with its list.
    :param at: when it was measured (xsd:dateTime).
    """
    made = Triples()
    counts: Counter[str] = Counter()
    for one, row in found:
        name = f"{one.name}-{row.thing.removeprefix(f'{base}id/').replace('/', '-')}"
        counts[name] += 1
        target = f"{base}quality#finding-{name}" + (f"-{counts[name]}" if counts[name] > 1 else "")
        made.a(target, f"{DQV}QualityAnnotation")
        made.add(target, f"{OA}motivatedBy", iri(f"{DQV}qualityAssessment"))
        made.add(target, f"{OA}hasTarget", iri(row.thing))
        made.add(target, f"{DCTERMS}subject", iri(one.shape))
        made.add(target, f"{DCTERMS}isPartOf", iri(f"{base}quality#list-{one.name}"))
        made.add(target, f"{DCTERMS}language", text(one.lang) if one.lang else None)
        made.add(target, f"{PROV}generatedAtTime", typed(at, "dateTime"))
        made.texts(target, f"{DCTERMS}description", row.message)
        if row.value:
            made.take(f"<{target}> <{SH}value> {row.value} .\n".encode())
    return made.ntriples()


class _Writer:
    def __init__(self, base: str, dataset: str, at: str) -> None:
        self.base, self.dataset, self.at = base, dataset, at
        self.triples = Triples()

    def metric(self, metric: Metric) -> None:
        target = f"{self.base}quality#{metric.name}"
        self.triples.a(target, f"{DQV}Metric")
        self.triples.texts(target, f"{SKOS}prefLabel", metric.label)
        self.triples.texts(target, f"{SKOS}definition", metric.definition)
        self.triples.add(target, f"{DQV}inDimension", iri(DIMENSIONS + metric.dimension))
        self.triples.add(target, f"{DQV}expectedDataType", iri(XSD + metric.datatype))

    def measurement(self, metric: str, target: str, value: Object, *, shape: str = "", lang: str = "") -> None:
        target = target or f"{self.base}quality#{'-'.join(filter(None, (metric, local_name(shape), lang)))}"
        self.triples.a(target, f"{DQV}QualityMeasurement")
        self.triples.add(target, f"{DQV}computedOn", iri(self.dataset))
        self.triples.add(target, f"{DQV}isMeasurementOf", iri(f"{self.base}quality#{metric}"))
        self.triples.add(target, f"{DQV}value", value)
        self.triples.add(target, f"{PROV}generatedAtTime", typed(self.at, "dateTime"))
        self.triples.add(target, f"{DCTERMS}subject", iri(shape) if shape else None)
        self.triples.add(target, f"{DCTERMS}language", text(lang) if lang else None)
        self.triples.add(self.dataset, f"{DQV}hasQualityMeasurement", iri(target))


def _share(value: float) -> Object:
    """A share in canonical form: at least one digit on both sides of the point."""
    digits = f"{value:.4f}".rstrip("0")
    return typed(f"{digits}0" if digits.endswith(".") else digits, "decimal")


def _count(value: int) -> Object:
    return typed(value, "integer")
