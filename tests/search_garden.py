"""A small library of garden books, to search in: a model, concepts with narrower ones and synonyms, and books."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pyoxigraph as ox

from kggraph.model import Model, load_model
from kggraph.rdf import ntriples
from kggraph.search.index import SearchIndex
from kggraph.search.index_writer import SearchIndexWriter

BASE = "https://example.org/garden/"
PREFIXES = f"""
@prefix g: <{BASE}def#> .
@prefix s: <{BASE}shapes#> .
@prefix id: <{BASE}id/> .
@prefix dash: <http://datashapes.org/dash#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
@prefix kg: <https://w3id.org/kggraph/ns#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
SHAPES = """
s:Book a sh:NodeShape ; rdfs:label "Book"@en, "Boek"@nl ; rdfs:comment "A book."@en ;
    sh:targetClass g:Book ; kg:kind "book" ; kg:plural "Books"@en ; kg:mainClass true ;
    sh:property s:title, s:summary, s:subject, s:writer, s:year .
s:title a sh:PropertyShape ; sh:path dcterms:title ; sh:name "title"@en ; sh:order 1.0 ; sh:datatype rdf:langString ;
    dash:propertyRole dash:LabelRole ; kg:key "title" ; kg:searchWeight 3.0 .
s:summary a sh:PropertyShape ; sh:path dcterms:description ; sh:name "summary"@en ; sh:order 2.0 ;
    sh:datatype rdf:langString ; dash:propertyRole dash:DescriptionRole ; kg:key "summary" ; kg:searchWeight 3.0 .
s:subject a sh:PropertyShape ; sh:path dcterms:subject ; sh:name "subject"@en ; sh:order 3.0 ;
    sh:class skos:Concept ; kg:key "subject" ; kg:facet true ; kg:searchWeight 2.0 .
s:writer a sh:PropertyShape ; sh:path dcterms:creator ; sh:name "writer"@en ; sh:order 4.0 ;
    sh:class foaf:Person ; kg:key "writer" ; kg:facet true ; kg:searchWeight 1.5 .
s:year a sh:PropertyShape ; sh:path dcterms:issued ; sh:name "year"@en ; sh:order 5.0 ; sh:datatype xsd:gYear ;
    kg:key "year" ; kg:facet true .
s:Concept a sh:NodeShape ; rdfs:label "Concept"@en ; rdfs:comment "A concept."@en ; sh:targetClass skos:Concept ;
    sh:property s:prefLabel, s:altLabel .
s:prefLabel a sh:PropertyShape ; sh:path skos:prefLabel ; sh:name "label"@en ; sh:order 1.0 ;
    dash:propertyRole dash:LabelRole ; kg:key "prefLabel" ; kg:searchWeight 3.0 ; sh:datatype rdf:langString .
s:altLabel a sh:PropertyShape ; sh:path skos:altLabel ; sh:name "synonym"@en ; sh:order 2.0 ;
    kg:key "altLabel" ; kg:searchWeight 2.0 ; sh:datatype rdf:langString .
s:Person a sh:NodeShape ; rdfs:label "Person"@en ; rdfs:comment "A person."@en ; sh:targetClass foaf:Person ;
    kg:kind "person" ; kg:plural "People"@en ; sh:property s:name .
s:name a sh:PropertyShape ; sh:path foaf:name ; sh:name "name"@en ; sh:order 1.0 ; sh:datatype xsd:string ;
    dash:propertyRole dash:LabelRole ; kg:key "name" ; kg:searchWeight 3.0 .
"""
CONCEPTS = """
<id/subject/plants> a skos:Concept ; skos:prefLabel "Planten"@nl, "Plants"@en .
<id/subject/vegetables> a skos:Concept ; skos:broader <id/subject/plants> ;
    skos:prefLabel "Groenten"@nl, "Vegetables"@en ; skos:altLabel "moestuin"@nl, "kitchen garden"@en .
<id/subject/tomatoes> a skos:Concept ; skos:broader <id/subject/vegetables> ;
    skos:prefLabel "Tomaten"@nl, "Tomatoes"@en ; skos:altLabel "tomatenteelt"@nl .
<id/subject/pests> a skos:Concept ; skos:prefLabel "Ziekten en plagen"@nl, "Pests and diseases"@en ;
    skos:altLabel "ongedierte"@nl, "bladluis"@nl, "vermin"@en .
<id/subject/water> a skos:Concept ; skos:prefLabel "Waterbeheer"@nl, "Water management"@en .
<id/person/anna> a foaf:Person ; foaf:name "Anna de Tuinder" .
<id/person/bob> a foaf:Person ; foaf:name "Bob Spaders" .
"""
BOOKS = """
<id/book/tomaat> a g:Book ; dcterms:title "De tomaat in eigen tuin"@nl ; dcterms:subject <id/subject/tomatoes> ;
    dcterms:description "Zelf tomaten telen, van zaaien tot oogsten."@nl ,
        "Growing your own, from sowing to picking."@en ;
    dcterms:creator <id/person/anna> ; dcterms:issued "2020"^^xsd:gYear .
<id/book/luis> a g:Book ; dcterms:title "Luizen de baas"@nl ; dcterms:subject <id/subject/pests> ;
    dcterms:description "Wat te doen tegen luizen zonder gif."@nl, "What to do about aphids without poison."@en ;
    dcterms:creator <id/person/bob> ; dcterms:issued "2019"^^xsd:gYear .
<id/book/moestuin> a g:Book ; dcterms:title "Het moestuinboek"@nl ; dcterms:subject <id/subject/vegetables> ;
    dcterms:description "Een jaar in de groentetuin: bodem, compost en bewaren."@nl ;
    dcterms:creator <id/person/anna> ; dcterms:issued "2018"^^xsd:gYear .
<id/book/rain> a g:Book ; dcterms:title "Saving rain"@en ; dcterms:subject <id/subject/water> ;
    dcterms:description "Barrels, ponds and colourful planting for dry summers."@en,
        "Regentonnen, vijvers: water en het beheer ervan."@nl ;
    dcterms:creator <id/person/bob> ; dcterms:issued "2017"^^xsd:gYear .
<id/book/e-mail> a g:Book ; dcterms:title "Co-tuinieren"@nl ; dcterms:subject <id/subject/plants> ;
    dcterms:description "Samen een tuin delen, met een voorbeeld van een e-mail aan de buren."@nl ;
    dcterms:issued "2016"^^xsd:gYear .
"""


def to_ntriples(turtle: str) -> bytes:
    """Turtle with the prefixes above as N-Triples."""
    data = (PREFIXES + turtle).encode()
    return ox.serialize(ox.parse(data, ox.RdfFormat.TURTLE, base_iri=BASE), format=ox.RdfFormat.N_TRIPLES)


def garden_model() -> Model:
    """The model of the library."""
    return load_model(to_ntriples(SHAPES), b"")


def things(turtle: str) -> list[tuple[str, list[ntriples.Row]]]:
    """Each thing of a Turtle text with its own triples, in the order of the text."""
    found: dict[str, list[ntriples.Row]] = {}
    for row in ntriples.rows(to_ntriples(turtle)):
        found.setdefault(ntriples.iri(row[0]), []).append(row)
    return list(found.items())


def make_index(
    folder: Path, concepts: str = CONCEPTS, books: str | Iterable[str] = BOOKS, languages: Sequence[str] = ("nl", "en")
) -> tuple[SearchIndex, list[str]]:
    """An index of a library, and the IRIs of its books by number."""
    iris = []
    with SearchIndexWriter(folder, garden_model(), languages) as writer:
        for iri, rows in things(concepts):
            writer.add_thing(iri, rows, iri.split("/")[-2])
        for iri, rows in things(books if isinstance(books, str) else "\n".join(books)):
            writer.add_item(len(iris), iri, b"".join(b"%b %b %b .\n" % row for row in rows))
            iris.append(iri)
        writer.finish()
    return SearchIndex(folder), iris
