"""What the collected facts say, as the triples that must be in the knowledge base: nothing of the source is lost.

Written from the source's own description and not with the code that made the data, so that the two check each other.
Each fact is one or more triples of which at least one must be there, with the kind of fact that it is.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyoxigraph as ox

BASE = "https://w3id.org/studentenwelzijn/"
SW = f"{BASE}def#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
DCTERMS = "http://purl.org/dc/terms/"
DCAT = "http://www.w3.org/ns/dcat#"
PROV = "http://www.w3.org/ns/prov#"
FOAF = "http://xmlns.com/foaf/0.1/"
OWL = "http://www.w3.org/2002/07/owl#"
SSSOM = "https://w3id.org/sssom/"
BIBO = "http://purl.org/ontology/bibo/"
XSD = "http://www.w3.org/2001/XMLSchema#"

KINDS = {
    "themes-stepchange-2020": "theme",
    "stepchange-2017": "stepchange-2017",
    "kennisbank-themas": "site-theme",
    "umhc": "charter",
    "landelijk-kader": "framework",
    "topics": "topic",
    "item-types": "type",
    "audiences": "audience",
    "education-sectors": "sector",
    "quality-criteria": "quality",
}

Term = ox.NamedNode | ox.Literal
Record = dict[str, Any]


@dataclass(frozen=True)
class Fact:
    """One thing that the source says."""

    kind: str
    where: str
    triples: tuple[ox.Triple, ...]
    """Ways in which it may be said; one is enough."""


def node(kind: str, slug: str) -> ox.NamedNode:
    return ox.NamedNode(f"{BASE}id/{kind}/{slug}")


def said(kind: str, subject: ox.NamedNode, predicate: str, value: Term) -> Fact:
    return Fact(kind, subject.value, (ox.Triple(subject, ox.NamedNode(predicate), value),))


def link(kind: str, subject: ox.NamedNode, predicate: str, value: str) -> Fact:
    return said(kind, subject, predicate, ox.NamedNode(value))


def plain(kind: str, subject: ox.NamedNode, predicate: str, value: str, language: str | None = None) -> Fact:
    return said(kind, subject, predicate, ox.Literal(value, language=language) if language else ox.Literal(value))


def read(source: Path) -> tuple[Record, Record, list[Record]]:
    """Taxonomy, organisations and items of the source folder."""
    taxonomy = json.loads((source / "taxonomy.json").read_text(encoding="utf-8"))
    organisations = json.loads((source / "organisations.json").read_text(encoding="utf-8"))
    lines = (source / "items.jsonl").read_text(encoding="utf-8").splitlines()
    return taxonomy, organisations, [json.loads(line) for line in lines if line.strip()]


def facts(source: Path) -> list[Fact]:
    """Everything the three files say."""
    taxonomy, organisations, items = read(source)
    return [
        *taxonomy_facts(taxonomy),
        *organisation_facts(organisations),
        *(fact for item in items for fact in item_facts(item)),
    ]


# ------------------------------------------------------------------ taxonomy.json
def taxonomy_facts(taxonomy: Record) -> Iterator[Fact]:
    for scheme in taxonomy["schemes"]:
        this = node("scheme", scheme["id"])
        yield link("scheme", this, f"{RDF}type", f"{SKOS}ConceptScheme")
        for language, title in scheme["prefLabel"].items():
            yield plain("scheme title", this, f"{DCTERMS}title", title, language)
        yield plain("scheme note", this, f"{SKOS}note", scheme["note"], "en")
        for concept in scheme["concepts"]:
            yield from concept_facts(scheme["id"], concept, taxonomy)
    for entry in taxonomy["crosswalk"]:
        start, end = (node(KINDS[scheme], slug) for scheme, slug in (entry[k].split("/") for k in ("from", "to")))
        yield link("crosswalk", start, curie(entry["property"]), end.value)
    for value, meaning in taxonomy["meta"]["status_values"].items():
        yield plain("status value", node("certainty", value), f"{SKOS}definition", meaning, "en")


def concept_facts(scheme: str, concept: Record, taxonomy: Record) -> Iterator[Fact]:
    this = node(KINDS[scheme], concept["slug"])
    yield link("concept", this, f"{RDF}type", f"{SKOS}Concept")
    yield link("concept in scheme", this, f"{SKOS}inScheme", node("scheme", scheme).value)
    for language in ("nl", "en"):
        yield plain("label", this, f"{SKOS}prefLabel", concept["prefLabel"][language], language)
        yield plain("definition", this, f"{SKOS}definition", concept["definition"][language], language)
        for name in concept["altLabels"].get(language, []):
            yield plain("synonym", this, f"{SKOS}altLabel", name, language)
    yield link("status", this, f"{SW}status", node("certainty", concept["status"]).value)
    if concept["broader"]:
        yield link("broader", this, f"{SKOS}broader", node(KINDS[scheme], concept["broader"]).value)
    else:
        yield link("top concept", this, f"{SKOS}topConceptOf", node("scheme", scheme).value)
    scheme_of = {c["slug"]: s["id"] for s in taxonomy["schemes"] for c in s["concepts"]}
    for slug in concept["related"]:
        other = node(KINDS[scheme_of[slug]], slug)
        # Across schemes a mapping property says it, in the direction of the crosswalk where that has the pair.
        ways = [f"{SKOS}{p}" for p in ("related", "relatedMatch", "closeMatch", "broadMatch", "narrowMatch")]
        pairs = ((this, other), (other, this))
        triples = tuple(ox.Triple(a, ox.NamedNode(way), b) for a, b in pairs for way in ways)
        yield Fact("related", this.value, triples)
    for mapping in concept["mappings"]:
        is_class = mapping.get("target_kind") == "class"
        predicate = f"{RDFS}seeAlso" if is_class else curie(mapping["property"])
        yield link("mapping", this, predicate, mapping["uri"])
    for seen in concept["evidence"]:
        yield link("evidence", this, f"{PROV}wasDerivedFrom", seen)
    if "facet" in concept:
        yield link("facet", this, f"{SW}facet", node("facet", concept["facet"]).value)
    for key, predicate in (
        ("number", f"{SW}number"),
        ("notation", f"{SKOS}notation"),
        ("url_section", f"{SW}urlSection"),
    ):
        if key in concept:
            yield plain(key, this, predicate, str(concept[key]))
    for key, predicate in (
        ("note", f"{SKOS}note"),
        ("label_note", f"{SW}labelNote"),
        ("mapping_note", f"{SW}mappingNote"),
    ):
        if key in concept:
            yield plain("note", this, predicate, concept[key], "en")


def curie(name: str) -> str:
    prefix, local = name.split(":")
    return {"skos": SKOS, "rdfs": RDFS}[prefix] + local


# ------------------------------------------------------------------ organisations.json
def organisation_facts(organisations: Record) -> Iterator[Fact]:
    for found in organisations["organisations"]:
        this = node("organisation", found["id"])
        yield link("organisation", this, f"{RDF}type", f"{SW}Organisation")
        for language, name in found["name"].items():
            yield plain("organisation name", this, f"{SKOS}prefLabel", name, language)
        for name in [found["shortName"], *found["altNames"]]:
            if name and name not in found["name"].values():
                ways = (("altLabel", name), ("printedName", name.removesuffix(" (sic)")))
                triples = [
                    ox.Triple(this, ox.NamedNode((SKOS if local == "altLabel" else SW) + local), ox.Literal(text))
                    for local, text in ways
                ]
                yield Fact("organisation other name", this.value, tuple(triples))
        for key in ("ror", "wikidata"):
            if found[key]:
                yield link(f"organisation {key}", this, f"{OWL}sameAs", found[key])
        if found["homepage"]:
            yield link("organisation homepage", this, f"{FOAF}homepage", found["homepage"])
        if found["country"]:
            yield link("organisation country", this, f"{SW}country", node("country", found["country"].lower()).value)
        if found["city"]:
            yield plain("organisation city", this, f"{SW}city", found["city"], "nl")
        if found["role"]:
            yield plain("organisation role", this, f"{SKOS}note", found["role"], "en")
        if found["note"]:
            yield plain("organisation note", this, f"{SKOS}editorialNote", found["note"], "en")
        kind = re.sub("[^a-z]+", "-", found["kind"].replace("ö", "o"))
        yield link("organisation kind", this, f"{SW}organisationKind", node("organisation-kind", kind).value)
        for seen in found["evidence"]:
            web = seen.startswith("http")
            fact = link if web else plain
            yield fact("organisation evidence", this, f"{PROV}wasDerivedFrom" if web else f"{SW}evidenceText", seen)


# ------------------------------------------------------------------ items.jsonl
def item_facts(item: Record) -> Iterator[Fact]:
    this = node("item", item["slug"])
    yield link("item", this, f"{RDF}type", f"{SW}Item")
    yield plain("title", this, f"{DCTERMS}title", item["title"], item["titleLang"])
    for language, title in item["titleAlt"].items():
        yield plain("other title", this, f"{DCTERMS}alternative", title, language)
    for language, description in item["description"].items():
        yield plain("description", this, f"{DCTERMS}description", description, language)
    yield link("page", this, f"{DCAT}landingPage", item["url"])
    if item["doi"]:
        yield plain("doi", this, f"{BIBO}doi", item["doi"])
    for key, local, kind in (
        ("types", "itemType", "type"),
        ("themes", "theme", "theme"),
        ("topics", "topic", "topic"),
        ("groups", "group", "audience"),
        ("audiences", "audience", "audience"),
        ("sectors", "sector", "sector"),
        ("languages", "language", "language"),
    ):
        for slug in item[key]:
            yield link(key, this, SW + local, node(kind, slug).value)
    if item["country"]:
        yield link("country", this, f"{SW}country", node("country", item["country"].lower()).value)
    yield link("confidence", this, f"{SW}confidence", node("certainty", item["confidence"]).value)
    if item["issued"]:
        datatype = {4: "gYear", 7: "gYearMonth", 10: "date"}[len(item["issued"])]
        date = ox.Literal(item["issued"], datatype=ox.NamedNode(XSD + datatype))
        yield said("issued", this, f"{DCTERMS}issued", date)
    if item["licence"]:
        yield plain("licence", this, f"{DCTERMS}rights", item["licence"])
    if item["notes"]:
        yield plain("item note", this, f"{SKOS}editorialNote", item["notes"], "en")
    for seen in item["evidence"]:
        yield link("item evidence", this, f"{PROV}wasDerivedFrom", seen)
    for key, role in (("publishers", "Publisher"), ("institutions", "Institution"), ("authors", "Creator")):
        for position, name in enumerate(dict.fromkeys(item[key]), 1):
            part = ox.NamedNode(f"{this.value}#{role.lower()}-{position}")
            yield plain(f"{key}, name as printed", part, f"{SW}printedName", name)
            yield link(f"{key}, role", part, f"{DCAT}hadRole", SW + role)


def counted(found: list[Fact]) -> Counter[str]:
    """Number of facts of each kind."""
    return Counter(fact.kind for fact in found)
