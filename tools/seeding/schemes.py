"""Concept schemes: those of the taxonomy with all that it says, and our own lists of values."""

from __future__ import annotations

from typing import Any

import pyoxigraph as ox

from kggraph.terms import DCTERMS, OWL, RDF, RDFS, SKOS
from seeding.facts import Facts, Record, table
from seeding.writing import SW, Folder, Sheet, iri, text, texts, thing

TYPE = iri(RDF, "type")
CONCEPT = iri(SKOS, "Concept")


class Concepts:
    """Every concept of the taxonomy by `<scheme>/<slug>` and by slug, with its kind."""

    def __init__(self, facts: Facts) -> None:
        self.settings = table("schemes")
        self.by_path: dict[str, Record] = {}
        self.scheme_of: dict[str, str] = {}
        for scheme in facts.taxonomy["schemes"]:
            for concept in scheme["concepts"]:
                self.by_path[f"{scheme['id']}/{concept['slug']}"] = concept
                self.scheme_of[concept["slug"]] = scheme["id"]

    def kind(self, scheme: str) -> str:
        return str(self.settings[scheme]["kind"])

    def node(self, slug: str) -> ox.NamedNode:
        return thing(self.kind(self.scheme_of[slug]), slug)


def write_schemes(facts: Facts, folder: Folder) -> None:
    """One file a scheme of the taxonomy, with its concepts, their mappings and the crosswalk triples."""
    concepts = Concepts(facts)
    crosswalk = facts.taxonomy["crosswalk"]
    joined = {frozenset((entry["from"], entry["to"])) for entry in crosswalk}
    for scheme in facts.taxonomy["schemes"]:
        sheet = Sheet()
        node = _scheme(sheet, scheme, concepts.settings[scheme["id"]], facts.taxonomy["meta"]["made"])
        for concept in scheme["concepts"]:
            _concept(sheet, node, scheme["id"], concept, concepts, joined)
        for entry in crosswalk:
            here, slug = entry["from"].split("/")
            if here == scheme["id"]:
                target = concepts.node(entry["to"].split("/")[1])
                sheet.add(concepts.node(slug), _property(entry["property"]), target)
        folder.write(f"schemes/{scheme['id']}.ttl", sheet)


def _scheme(sheet: Sheet, scheme: Record, more: Record, made: str) -> ox.NamedNode:
    """The scheme itself; a list without an edition of its own has the day it was made as its version."""
    node = thing("scheme", scheme["id"])
    sheet.add(node, TYPE, iri(SKOS, "ConceptScheme"))
    sheet.add(node, iri(DCTERMS, "title"), texts(scheme["prefLabel"]))
    sheet.add(node, iri(DCTERMS, "description"), texts(more["description"]))
    sheet.add(node, iri(SKOS, "note"), text(scheme["note"], "en") if scheme.get("note") else None)
    version = more.get("version", made)
    sheet.add(node, iri(OWL, "versionInfo"), text(version))
    sheet.add(node, iri(OWL, "versionIRI"), ox.NamedNode(f"{node.value.replace('/id/', '/doc/')}/{version}"))
    sheet.add(node, iri(DCTERMS, "rightsHolder"), thing("organisation", more["owner"]) if "owner" in more else None)
    return node


def _concept(
    sheet: Sheet, scheme: ox.NamedNode, scheme_id: str, concept: Record, concepts: Concepts, joined: set[frozenset[str]]
) -> None:
    node = concepts.node(concept["slug"])
    sheet.add(node, TYPE, CONCEPT)
    sheet.add(node, iri(SKOS, "inScheme"), scheme)
    sheet.add(node, iri(SKOS, "prefLabel"), texts(concept["prefLabel"]))
    for language, names in concept["altLabels"].items():
        sheet.add(node, iri(SKOS, "altLabel"), [text(name, language) for name in names])
    sheet.add(node, iri(SKOS, "definition"), texts(concept["definition"]))
    _place(sheet, scheme, node, concepts.node(concept["broader"]) if concept["broader"] else None)
    for related in concept["related"]:
        if concepts.scheme_of[related] == scheme_id:
            sheet.add(node, iri(SKOS, "related"), concepts.node(related))
            sheet.add(concepts.node(related), iri(SKOS, "related"), node)
        elif frozenset((f"{scheme_id}/{concept['slug']}", f"{concepts.scheme_of[related]}/{related}")) not in joined:
            # Across schemes SKOS has mapping properties; where the crosswalk says more, that is enough.
            sheet.add(node, iri(SKOS, "relatedMatch"), concepts.node(related))
    sheet.add(node, iri(SW, "status"), thing("certainty", concept["status"]))
    sheet.add(node, iri(SW, "facet"), thing("facet", concept["facet"]) if "facet" in concept else None)
    sheet.add(node, iri(SW, "number"), text(str(concept["number"])) if "number" in concept else None)
    sheet.add(node, iri(SKOS, "notation"), text(concept["notation"]) if "notation" in concept else None)
    sheet.add(node, iri(SW, "urlSection"), text(concept["url_section"]) if "url_section" in concept else None)
    for key, predicate in (
        ("note", iri(SKOS, "note")),
        ("label_note", iri(SW, "labelNote")),
        ("mapping_note", iri(SW, "mappingNote")),
    ):
        sheet.add(node, predicate, text(concept[key], "en") if key in concept else None)
    for mapping in concept["mappings"]:
        sheet.add(node, asserted(mapping), ox.NamedNode(mapping["uri"]))
    sheet.evidence(node, concept["evidence"])


def _place(sheet: Sheet, scheme: ox.NamedNode, node: ox.NamedNode, broader: ox.NamedNode | None) -> None:
    if broader is not None:
        sheet.add(node, iri(SKOS, "broader"), broader)
        return
    sheet.add(node, iri(SKOS, "topConceptOf"), scheme)
    sheet.add(scheme, iri(SKOS, "hasTopConcept"), node)


def asserted(mapping: Record) -> ox.NamedNode:
    """The property that the data assert: SKOS mappings point at concepts only, so a class gets rdfs:seeAlso."""
    return iri(RDFS, "seeAlso") if mapping.get("target_kind") == "class" else _property(mapping["property"])


def _property(curie: str) -> ox.NamedNode:
    prefix, local = curie.split(":")
    return iri({"skos": SKOS, "rdfs": RDFS}[prefix], local)


def write_own_schemes(facts: Facts, folder: Folder) -> None:
    """Our own lists: certainty, roles, kinds of organisations, external vocabularies, countries and languages."""
    schemes = table("own_schemes")
    vintages = facts.taxonomy["meta"]["vocabulary_vintage"]
    for concept in schemes["vocabularies"]["concepts"].values():
        concept.update(_vocabulary(concept, vintages))
    schemes["countries"] = _codes(
        "country", "countries", {"nl": "Landen", "en": "Countries"}, "ISO 3166-1", ("Land", "Country"), str.upper
    )
    schemes["languages"] = _codes(
        "language", "languages", {"nl": "Talen", "en": "Languages"}, "ISO 639-1", ("Taal", "Language"), str.lower
    )
    for scheme_id, scheme in schemes.items():
        sheet = Sheet()
        node = _scheme(sheet, {"id": scheme_id, "prefLabel": scheme["title"]}, scheme, facts.taxonomy["meta"]["made"])
        for slug, concept in scheme["concepts"].items():
            _value(sheet, node, thing(scheme["kind"], slug), concept)
        folder.write(f"schemes/{scheme_id}.ttl", sheet)


def _value(sheet: Sheet, scheme: ox.NamedNode, node: ox.NamedNode, concept: Record) -> None:
    sheet.add(node, TYPE, CONCEPT)
    sheet.add(node, iri(SKOS, "inScheme"), scheme)
    _place(sheet, scheme, node, None)
    sheet.add(node, iri(SKOS, "prefLabel"), texts(concept["label"]))
    sheet.add(node, iri(SKOS, "definition"), texts(concept["definition"]))
    sheet.add(node, iri(SW, "facet"), thing("facet", concept["facet"]) if "facet" in concept else None)
    sheet.add(node, iri(SKOS, "notation"), text(concept["notation"]) if "notation" in concept else None)


def _vocabulary(concept: Record, vintages: dict[str, str]) -> Record:
    seen = vintages.get(concept.get("vintage", ""))
    state = {"nl": f"bekeken in de stand: {seen}" if seen else "de stand is niet genoteerd"}
    state["en"] = f"looked at in the state: {seen}" if seen else "its state was not noted"
    return {
        "label": {"nl": concept["source"], "en": concept["source"]},
        "definition": {
            "nl": f"Externe woordenlijst waar begrippen naar verwijzen; {state['nl']}.",
            "en": f"External vocabulary that concepts are mapped to; {state['en']}.",
        },
    }


def _codes(kind: str, name: str, title: dict[str, str], standard: str, noun: tuple[str, str], case: Any) -> Record:
    return {
        "kind": kind,
        "title": title,
        "description": {
            "nl": f"{title['nl']} met hun code volgens {standard}.",
            "en": f"{title['en']} with their code by {standard}.",
        },
        "concepts": {
            code.lower(): {
                "label": label,
                "notation": case(code),
                "definition": {
                    "nl": f"{noun[0]} met {standard}-code {case(code)}.",
                    "en": f"{noun[1]} with {standard} code {case(code)}.",
                },
            }
            for code, label in table(name).items()
        },
    }
