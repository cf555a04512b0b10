"""Organisations with every name they go by, and people who are printed in more than one way."""

from __future__ import annotations

import pyoxigraph as ox

from kggraph.terms import FOAF, OWL, RDF, SKOS
from seeding.facts import Facts, Record, table
from seeding.writing import SW, Folder, Sheet, iri, text, texts, thing

SIC = " (sic)"


def write_organisations(facts: Facts, folder: Folder) -> None:
    """One file an organisation of organisations.json, and those few that need several names."""
    printed = table("printed_names")
    kinds = {made["source"]: slug for slug, made in table("own_schemes")["organisation-kinds"]["concepts"].items()}
    remarks = _remarks(facts.organisations)
    for found in facts.organisations["organisations"]:
        sheet = Sheet()
        node = _organisation(sheet, found["id"], found["name"])
        names = [found["shortName"], *found["altNames"]]
        _other_names(sheet, node, found["name"], [name for name in names if name], printed.get(found["id"], []))
        sheet.add(node, iri(SW, "organisationKind"), thing("organisation-kind", kinds[found["kind"]]))
        sheet.add(node, iri(FOAF, "homepage"), ox.NamedNode(found["homepage"]) if found["homepage"] else None)
        for same in (found["ror"], found["wikidata"]):
            sheet.add(node, iri(OWL, "sameAs"), ox.NamedNode(same) if same else None)
        sheet.add(node, iri(SW, "country"), thing("country", found["country"].lower()) if found["country"] else None)
        sheet.add(node, iri(SW, "city"), text(found["city"], "nl") if found["city"] else None)
        sheet.add(node, iri(SKOS, "note"), text(found["role"], "en") if found["role"] else None)
        notes = [found["note"], *remarks.get(found["id"], [])]
        sheet.add(node, iri(SKOS, "editorialNote"), [text(note, "en") for note in notes if note])
        sheet.evidence(node, found["evidence"])
        folder.write(f"organisations/{found['id']}.ttl", sheet)
    for slug, more in table("further_organisations").items():
        sheet = Sheet()
        node = _organisation(sheet, slug, more["name"])
        sheet.add(node, iri(SW, "country"), thing("country", more["country"]))
        sheet.add(node, iri(SW, "certainty"), thing("certainty", "printed-name"))
        sheet.add(node, iri(SKOS, "editorialNote"), text(more["note"], "en") if "note" in more else None)
        folder.write(f"organisations/{slug}.ttl", sheet)


def _organisation(sheet: Sheet, slug: str, name: dict[str, str]) -> ox.NamedNode:
    node = thing("organisation", slug)
    sheet.add(node, iri(RDF, "type"), iri(SW, "Organisation"))
    sheet.add(node, iri(SKOS, "prefLabel"), texts(name))
    return node


def _other_names(sheet: Sheet, node: ox.NamedNode, name: dict[str, str], others: list[str], printed: list[str]) -> None:
    known = set(name.values())
    for other in others:
        if other.endswith(SIC):
            printed = [*printed, other.removesuffix(SIC)]
        elif other not in known:
            sheet.add(node, iri(SKOS, "altLabel"), text(other))
            known.add(other)
    sheet.add(node, iri(SW, "printedName"), [text(variant) for variant in printed if variant not in known])


def _remarks(organisations: Record) -> dict[str, list[str]]:
    """What was not verified or not found, as notes: such ids are not asserted."""
    remarks: dict[str, list[str]] = {}
    for entry in organisations["unverified"]:
        if "ror" in entry:
            why = entry["why"][:1].upper() + entry["why"][1:]
            note = f"ROR id not verified, so not stated: {entry['ror']}. {why}."
        else:
            note = f"Not verified: {entry['note']}."
        remarks.setdefault(entry["id"], []).append(note)
    for found in organisations["organisations"]:
        if found["homepage"] and not found["homepageSeen"]:
            remarks.setdefault(found["id"], []).append("The homepage was not seen.")
        for sentence in organisations["not_found"]:
            heading, _, names = sentence.partition(":")
            listed = {name.strip() for name in names.replace(";", ",").split(",")}
            if {found["shortName"], *found["name"].values()} & listed or found["id"] in {n.lower() for n in listed}:
                remarks.setdefault(found["id"], []).append(f"Not found: {heading.strip()}.")
    return remarks


def write_people(folder: Folder) -> None:
    """One file a person who is printed in more than one way."""
    for slug, person in table("people").items():
        sheet = Sheet()
        node = thing("person", slug)
        sheet.add(node, iri(RDF, "type"), iri(SW, "Person"))
        sheet.add(node, iri(FOAF, "name"), text(person["name"]))
        sheet.add(node, iri(SW, "printedName"), [text(name) for name in person["printed"]])
        sheet.add(node, iri(SW, "certainty"), thing("certainty", "printed-name"))
        sheet.add(node, iri(SKOS, "editorialNote"), text(f"Taken for one person: {person['why']}", "en"))
        folder.write(f"people/{slug}.ttl", sheet)
