"""The evidence of every mapping and of every entry of the crosswalk, as SSSOM mappings."""

from __future__ import annotations

import pyoxigraph as ox

from kggraph.rdf.iris import slugify
from kggraph.terms import RDF, SKOS, SSSOM
from seeding.facts import Facts, Record, table
from seeding.schemes import Concepts, asserted
from seeding.writing import SW, Folder, Sheet, iri, text, texts, thing

UNSPECIFIED = ox.NamedNode("https://w3id.org/semapv/vocab/UnspecifiedMatching")
"""The source says that each address was checked, not how the pair was found."""


def write_mappings(facts: Facts, folder: Folder) -> None:
    """One file a scheme, and one for the crosswalk."""
    concepts = Concepts(facts)
    vocabularies = {
        made["source"]: (slug, made) for slug, made in table("own_schemes")["vocabularies"]["concepts"].items()
    }
    vintages = facts.taxonomy["meta"]["vocabulary_vintage"]
    for scheme in facts.taxonomy["schemes"]:
        sheet = Sheet()
        for concept in scheme["concepts"]:
            for mapping in concept["mappings"]:
                slug, vocabulary = vocabularies[mapping["vocabulary"]]
                node = _mapping(sheet, concepts, concept["slug"], asserted(mapping), ox.NamedNode(mapping["uri"]), slug)
                _details(sheet, node, mapping)
                sheet.add(node, iri(SSSOM, "object_source"), thing("vocabulary", slug))
                seen = vintages.get(vocabulary.get("vintage", ""))
                sheet.add(node, iri(SSSOM, "object_source_version"), text(seen) if seen else None)
        if sheet.triples:
            folder.write(f"mappings/{scheme['id']}.ttl", sheet)
    sheet = Sheet()
    for entry in facts.taxonomy["crosswalk"]:
        start, end = entry["from"].split("/")[1], entry["to"]
        target = concepts.node(end.split("/")[1])
        kind = concepts.kind(end.split("/")[0])
        node = _mapping(sheet, concepts, start, asserted(entry), target, kind)
        sheet.add(node, iri(SSSOM, "object_label"), texts(concepts.by_path[end]["prefLabel"]))
        sheet.add(node, iri(SW, "basis"), text(entry["basis"], "en"))
    folder.write("mappings/crosswalk.ttl", sheet)


def _mapping(
    sheet: Sheet, concepts: Concepts, slug: str, predicate: ox.NamedNode, target: ox.NamedNode, vocabulary: str
) -> ox.NamedNode:
    subject = concepts.node(slug)
    local = slugify(target.value.rstrip("/").rpartition("/")[2].rpartition("#")[2])
    node = thing("mapping", f"{concepts.kind(concepts.scheme_of[slug])}-{slug}-{vocabulary}-{local}")
    if any(triple.subject == node for triple in sheet.triples):
        raise ValueError(f"two mappings would be called {node.value}")
    sheet.add(node, iri(RDF, "type"), iri(SSSOM, "Mapping"))
    sheet.add(node, iri(SSSOM, "subject_id"), subject)
    sheet.add(node, iri(SSSOM, "predicate_id"), predicate)
    sheet.add(node, iri(SSSOM, "object_id"), target)
    sheet.add(node, iri(SSSOM, "mapping_justification"), UNSPECIFIED)
    return node


def _details(sheet: Sheet, node: ox.NamedNode, mapping: Record) -> None:
    sheet.add(node, iri(SSSOM, "object_label"), text(mapping["label_seen"]))
    sheet.add(node, iri(SW, "evidenceText"), text(mapping["evidence"]))
    sheet.add(node, iri(SKOS, "note"), text(mapping["note"], "en") if mapping.get("note") else None)
    if mapping.get("target_kind"):
        sheet.add(node, iri(SW, "targetKind"), text(mapping["target_kind"]))
        sheet.add(node, iri(SW, "sourceProperty"), iri(SKOS, mapping["property"].split(":")[1]))
