"""Everything in the collected facts is in the Turtle: no record, mapping, synonym, definition or evidence is lost."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pyoxigraph as ox
import pytest

from kggraph.rdf.source import read_folder
from tests.facts import (
    BASE,
    DCAT,
    DCTERMS,
    FOAF,
    KINDS,
    PROV,
    RDF,
    RDFS,
    SKOS,
    SSSOM,
    SW,
    Fact,
    counted,
    curie,
    facts,
    node,
    read,
)

ROOT = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def triples() -> set[ox.Triple]:
    files = read_folder(ROOT / "data", root=ROOT, base_from=BASE, base_to=BASE)
    return {quad.triple for file in files for quad in ox.parse(file.ntriples, ox.RdfFormat.N_TRIPLES)}


@pytest.fixture(scope="module")
def values(triples: set[ox.Triple]) -> dict[tuple[str, str], set[str]]:
    """IRIs and lexical forms by subject and predicate."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for triple in triples:
        found[triple.subject.value, triple.predicate.value].add(triple.object.value)  # type: ignore[union-attr]
    return found


@pytest.fixture(scope="module")
def expected(shared: Path) -> list[Fact]:
    return facts(shared / "source")


def test_nothing_is_lost(expected: list[Fact], triples: set[ox.Triple]) -> None:
    lost = [fact for fact in expected if not any(triple in triples for triple in fact.triples)]
    assert lost == [], f"{len(lost)} facts are not in the data"


def test_as_many_as_the_source_has(expected: list[Fact], shared: Path) -> None:
    """The list of facts is complete: its numbers are those of the files, counted in another way."""
    taxonomy, organisations, items = read(shared / "source")
    concepts = [concept for scheme in taxonomy["schemes"] for concept in scheme["concepts"]]
    number = counted(expected)
    assert number["item"] == len(items) == 498
    assert number["organisation"] == len(organisations["organisations"]) == 90
    assert number["scheme"] == len(taxonomy["schemes"]) == 10
    assert number["concept"] == len(concepts) == 163
    assert number["mapping"] == sum(len(concept["mappings"]) for concept in concepts) == 366
    assert number["crosswalk"] == len(taxonomy["crosswalk"]) == 25
    assert number["label"] == number["definition"] == 2 * len(concepts)
    assert number["synonym"] == sum(len(names) for c in concepts for names in c["altLabels"].values())
    assert number["evidence"] == sum(len(concept["evidence"]) for concept in concepts)
    assert number["related"] == sum(len(concept["related"]) for concept in concepts)
    assert number["description"] == 2 * len(items)
    for key in ("types", "themes", "topics", "groups", "audiences", "sectors", "languages"):
        assert number[key] == sum(len(item[key]) for item in items), key
    for key in ("publishers", "institutions", "authors"):
        assert number[f"{key}, name as printed"] == sum(len(set(item[key])) for item in items), key
    assert number["item evidence"] == sum(len(item["evidence"]) for item in items)


def test_nothing_is_added_to_what_the_source_lists(triples: set[ox.Triple], shared: Path) -> None:
    """There are no more items, concepts of those schemes or mappings than the source has."""
    taxonomy, _, items = read(shared / "source")
    by_type: dict[str, set[str]] = defaultdict(set)
    in_scheme: dict[str, set[str]] = defaultdict(set)
    for triple in triples:
        if triple.predicate.value == f"{RDF}type":
            by_type[triple.object.value].add(triple.subject.value)  # type: ignore[union-attr]
        elif triple.predicate.value == f"{SKOS}inScheme":
            in_scheme[triple.object.value].add(triple.subject.value)  # type: ignore[union-attr]
    assert by_type[f"{SW}Item"] == {node("item", item["slug"]).value for item in items}
    for scheme in taxonomy["schemes"]:
        assert len(in_scheme[node("scheme", scheme["id"]).value]) == len(scheme["concepts"])
    entries = sum(len(c["mappings"]) for s in taxonomy["schemes"] for c in s["concepts"]) + len(taxonomy["crosswalk"])
    assert len(by_type[f"{SSSOM}Mapping"]) == entries == 391


def test_every_mapping_has_its_evidence(values: dict[tuple[str, str], set[str]], shared: Path) -> None:
    taxonomy, _, _ = read(shared / "source")
    vintages = taxonomy["meta"]["vocabulary_vintage"]
    nodes = {
        (next(iter(values[subject, f"{SSSOM}subject_id"])), next(iter(values[subject, f"{SSSOM}object_id"]))): subject
        for subject, predicate in list(values)
        if predicate == f"{SSSOM}subject_id"
    }
    for scheme in taxonomy["schemes"]:
        for concept in scheme["concepts"]:
            for mapping in concept["mappings"]:
                this = nodes[node(KINDS[scheme["id"]], concept["slug"]).value, mapping["uri"]]
                assert values[this, f"{SSSOM}object_label"] == {mapping["label_seen"]}
                assert values[this, f"{SW}evidenceText"] == {mapping["evidence"]}
                assert values[this, f"{SKOS}note"] == ({mapping["note"]} if mapping.get("note") else set())
                stated = values[this, f"{SW}sourceProperty"] or values[this, f"{SSSOM}predicate_id"]
                assert stated == {curie(mapping["property"])}
                kind = mapping.get("target_kind")
                assert values[this, f"{SW}targetKind"] == ({kind} if kind else set())
                (vocabulary,) = values[this, f"{SSSOM}object_source"]
                assert mapping["vocabulary"] in values[vocabulary, f"{SKOS}prefLabel"]
                if vintage := vintages.get(mapping["vocabulary"]):
                    assert values[this, f"{SSSOM}object_source_version"] == {vintage}
    for entry in taxonomy["crosswalk"]:
        start, end = (node(KINDS[s], c).value for s, c in (entry[k].split("/") for k in ("from", "to")))
        assert values[nodes[start, end], f"{SW}basis"] == {entry["basis"]}
        assert values[nodes[start, end], f"{SSSOM}predicate_id"] == {curie(entry["property"])}


def test_skos_mappings_point_at_concepts_only(triples: set[ox.Triple], shared: Path) -> None:
    taxonomy, _, _ = read(shared / "source")
    classes = {
        mapping["uri"]
        for scheme in taxonomy["schemes"]
        for concept in scheme["concepts"]
        for mapping in concept["mappings"]
        if mapping.get("target_kind") == "class" or mapping["property"] == "rdfs:seeAlso"
    }
    matches = {f"{SKOS}{kind}Match" for kind in ("exact", "close", "broad", "narrow", "related")}
    assert classes
    for triple in triples:
        if triple.predicate.value in matches:
            assert triple.object.value not in classes  # type: ignore[union-attr]
    assert {t.object.value for t in triples if t.predicate.value == f"{RDFS}seeAlso"} == classes  # type: ignore[union-attr]


def test_what_was_not_verified_is_a_note_and_no_fact(triples: set[ox.Triple], shared: Path) -> None:
    _, organisations, _ = read(shared / "source")
    iris = {triple.object.value for triple in triples if isinstance(triple.object, ox.NamedNode)}
    notes = {(t.subject.value, t.object.value) for t in triples if t.predicate.value == f"{SKOS}editorialNote"}  # type: ignore[union-attr]
    for entry in organisations["unverified"]:
        about = [text for subject, text in notes if subject == node("organisation", entry["id"]).value]
        if "ror" in entry:
            assert entry["ror"] not in iris
        assert any((entry.get("ror") or entry["note"]) in text for text in about), entry
    not_found = {subject for subject, text in notes if text.startswith("Not found:")}
    for slug in ("ecio", "cinop", "trimbos", "113", "vh", "unl", "iso", "lsvb", "ocw", "ggd-ghor", "mbo-raad", "uuk"):
        assert node("organisation", slug).value in not_found, slug


def test_each_printed_name_is_one_organisation_or_person(triples: set[ox.Triple], shared: Path) -> None:
    """One thing for each name, however often it is printed; variants of a name are one thing."""
    _, _, items = read(shared / "source")
    agents: dict[str, set[str]] = defaultdict(set)
    printed = {t.subject.value: t.object.value for t in triples if t.predicate.value == f"{SW}printedName"}  # type: ignore[union-attr]
    for triple in triples:
        if triple.predicate.value == f"{PROV}agent":
            agents[printed[triple.subject.value]].add(triple.object.value)  # type: ignore[union-attr]
    assert set(agents) == {n for i in items for key in ("publishers", "institutions", "authors") for n in i[key]}
    assert {name: found for name, found in agents.items() if len(found) > 1} == {}

    def one(*names: str) -> str:
        (found,) = set().union(*(agents[name] for name in names))
        return found.removeprefix(f"{BASE}id/")

    assert one("UWE Bristol", "University of the West of England Bristol") == "organisation/uwe"
    assert one("Universiteit Gent", "Ghent University") == "organisation/universiteit-gent"
    assert one("Radboud Universiteit", "Radboud University") == "organisation/ru"
    assert one("Expertisecentrum handicap + studie", "ECIO") == "organisation/ecio"
    assert one("Erasmus Universiteit Rotterdam", "Erasmus University Rotterdam") == "organisation/eur"
    assert one("MIND") != one("Mind")
    assert one("Blake Dear", "B F Dear", "Blake F. Dear") == "person/blake-f-dear"


def test_links_of_items_agree_with_their_attributions(values: dict[tuple[str, str], set[str]], shared: Path) -> None:
    _, _, items = read(shared / "source")
    properties = {"Publisher": f"{DCTERMS}publisher", "Institution": f"{SW}institution", "Creator": f"{DCTERMS}creator"}
    for item in items:
        this = node("item", item["slug"]).value
        by_role: dict[str, set[str]] = defaultdict(set)
        for part in values[this, f"{PROV}qualifiedAttribution"]:
            (role,) = values[part, f"{DCAT}hadRole"]
            by_role[role.removeprefix(SW)] |= values[part, f"{PROV}agent"]
        for role, predicate in properties.items():
            assert values[this, predicate] == by_role[role], this


def test_people_have_a_name(values: dict[tuple[str, str], set[str]]) -> None:
    people = {subject for (subject, predicate), found in values.items() if f"{SW}Person" in found}
    assert len(people) > 450
    assert all(len(values[person, f"{FOAF}name"]) == 1 for person in people)
