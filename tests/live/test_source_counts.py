"""From the collected facts to the endpoint: no record, concept, mapping or synonym is lost on the way."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from SPARQLWrapper import JSON, POST, SPARQLWrapper

from kggraph.terms import BIBO, DCAT, DCTERMS, PROV, RDFS, SKOS, SSSOM
from tests.live.conftest import Server

pytestmark = [pytest.mark.live, pytest.mark.shared]

BASE = "https://w3id.org/studentenwelzijn/"
SW = f"{BASE}def#"

Facts = dict[str, dict[str, set[tuple[str, str]]]]
"""Subject to property to values, each with its language tag."""


def ask(server: Server, query: str) -> list[dict[str, Any]]:
    """The solutions of a query, by the endpoint."""
    endpoint = SPARQLWrapper(server.sparql)
    endpoint.setMethod(POST)
    endpoint.setReturnFormat(JSON)
    endpoint.setQuery(query)
    return list(endpoint.queryAndConvert()["results"]["bindings"])


def facts(server: Server, pattern: str) -> Facts:
    """Everything that is said of the ?s of a pattern."""
    found: Facts = defaultdict(lambda: defaultdict(set))
    for row in ask(server, f"SELECT ?s ?p ?o {{ {pattern} ?s ?p ?o }}"):
        found[row["s"]["value"]][row["p"]["value"]].add((row["o"]["value"], row["o"].get("xml:lang", "")))
    return found


@pytest.fixture(scope="module")
def records(shared: Path) -> list[dict[str, Any]]:
    """The records of the items."""
    return [json.loads(line) for line in (shared / "source" / "items.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def taxonomy(shared: Path) -> dict[str, Any]:
    """The concept schemes."""
    return dict(json.loads((shared / "source" / "taxonomy.json").read_text("utf-8")))


@pytest.fixture(scope="module")
def concepts(taxonomy: dict[str, Any]) -> list[dict[str, Any]]:
    """The concepts of all schemes."""
    return [concept for scheme in taxonomy["schemes"] for concept in scheme["concepts"]]


@pytest.fixture(scope="module")
def items(server: Server) -> Facts:
    """What the endpoint says of the items."""
    return facts(server, f"?s a <{SW}Item> .")


@pytest.fixture(scope="module")
def said(server: Server) -> Facts:
    """What the endpoint says of the concepts, by slug."""
    found = facts(server, f"?s a <{SKOS}Concept> .")
    by_slug: Facts = defaultdict(lambda: defaultdict(set))
    for iri, properties in found.items():
        for name, values in properties.items():
            by_slug[iri.rpartition("/")[2]][name] |= values
    return by_slug


def slugs(values: set[tuple[str, str]]) -> set[str]:
    """Last parts of IRIs."""
    return {value.rpartition("/")[2] for value, _ in values}


def test_every_item_arrives_with_all_its_texts(records: list[dict[str, Any]], items: Facts) -> None:
    assert {iri.rpartition("/")[2] for iri in items} == {record["slug"] for record in records}
    for record in records:
        item = items[f"{BASE}id/item/{record['slug']}"]
        assert item[f"{DCTERMS}title"] == {(record["title"], record["titleLang"])}
        assert item[f"{DCTERMS}alternative"] == {(text, tag) for tag, text in record["titleAlt"].items()}
        assert item[f"{DCTERMS}description"] == {(text, tag) for tag, text in record["description"].items()}
        assert item[f"{DCAT}landingPage"] == {(record["url"], "")}
        assert item[f"{BIBO}doi"] == ({(record["doi"], "")} if record["doi"] else set())
        assert item[f"{DCTERMS}issued"] == ({(record["issued"], "")} if record["issued"] else set())
        assert item[f"{DCTERMS}rights"] == ({(record["licence"], "")} if record["licence"] else set())
        assert item[f"{SKOS}editorialNote"] == ({(record["notes"], "en")} if record["notes"] else set())
        assert {value for value, _ in item[f"{PROV}wasDerivedFrom"]} == set(record["evidence"])


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("types", "itemType"),
        ("themes", "theme"),
        ("topics", "topic"),
        ("groups", "group"),
        ("audiences", "audience"),
        ("sectors", "sector"),
        ("languages", "language"),
        ("country", "country"),
        ("confidence", "confidence"),
    ],
)
def test_every_classification_arrives(records: list[dict[str, Any]], items: Facts, key: str, name: str) -> None:
    for record in records:
        value = record[key]
        wanted = {part.lower() for part in (value if isinstance(value, list) else [value] if value else [])}
        assert slugs(items[f"{BASE}id/item/{record['slug']}"][SW + name]) == wanted


@pytest.mark.parametrize(
    ("key", "role"), [("publishers", "Publisher"), ("institutions", "Institution"), ("authors", "Creator")]
)
def test_every_printed_name_arrives_in_its_place(
    server: Server, records: list[dict[str, Any]], key: str, role: str
) -> None:
    query = f"""
        SELECT ?item ?name ?position {{
          ?item <{PROV}qualifiedAttribution> [
            <{DCAT}hadRole> <{SW}{role}> ; <{SW}printedName> ?name ; <{SW}position> ?position ]
        }}"""
    found: dict[str, dict[int, str]] = defaultdict(dict)
    for row in ask(server, query):
        found[row["item"]["value"].rpartition("/")[2]][int(row["position"]["value"])] = row["name"]["value"]
    told = {slug: [names[place] for place in sorted(names)] for slug, names in found.items()}
    assert told == {record["slug"]: record[key] for record in records if record[key]}


def test_every_concept_arrives_with_labels_synonyms_and_definition(concepts: list[dict[str, Any]], said: Facts) -> None:
    for concept in concepts:
        facts_of = said[concept["slug"]]
        assert {(text, tag) for tag, text in concept["prefLabel"].items() if text} <= facts_of[f"{SKOS}prefLabel"]
        wanted = {(text, tag) for tag, texts in concept["altLabels"].items() for text in texts}
        missing = wanted - facts_of[f"{SKOS}altLabel"] - facts_of[f"{SKOS}hiddenLabel"] - facts_of[f"{SKOS}prefLabel"]
        assert not missing, concept["slug"]
        assert {(text, tag) for tag, text in concept["definition"].items() if text} <= facts_of[f"{SKOS}definition"]
        if concept["broader"]:
            assert slugs(facts_of[f"{SKOS}broader"]) >= {concept["broader"].rpartition("/")[2]}


def test_every_mapping_arrives_with_its_evidence(server: Server, concepts: list[dict[str, Any]], said: Facts) -> None:
    links = (*(f"{SKOS}{name}Match" for name in ("exact", "close", "broad", "narrow", "related")), f"{RDFS}seeAlso")
    wanted = set()
    for concept in concepts:
        stated = {value for link in links for value, _ in said[concept["slug"]][link]}
        for mapping in concept["mappings"]:
            assert mapping["uri"] in stated, concept["slug"]
            wanted.add((concept["slug"], mapping["uri"], mapping["label_seen"], mapping["evidence"]))
    query = f"""
        SELECT ?s ?o ?label ?evidence {{
          ?m a <{SSSOM}Mapping> ; <{SSSOM}subject_id> ?s ; <{SSSOM}object_id> ?o ;
             <{SSSOM}object_label> ?label ; <{SW}evidenceText> ?evidence }}"""
    found = {
        (row["s"]["value"].rpartition("/")[2], *(row[name]["value"] for name in ("o", "label", "evidence")))
        for row in ask(server, query)
    }
    assert found == wanted
    assert len(wanted) == 366


def test_the_crosswalk_arrives(server: Server, taxonomy: dict[str, Any]) -> None:
    query = f"""
        SELECT ?s ?o {{
          ?m a <{SSSOM}Mapping> ; <{SSSOM}subject_id> ?s ; <{SSSOM}object_id> ?o ; <{SW}basis> ?basis }}"""
    found = {tuple(row[name]["value"].rpartition("/")[2] for name in ("s", "o")) for row in ask(server, query)}
    wanted = {tuple(entry[end].rpartition("/")[2] for end in ("from", "to")) for entry in taxonomy["crosswalk"]}
    assert found == wanted


def test_every_organisation_arrives_with_its_identifiers(server: Server, shared: Path) -> None:
    told = json.loads((shared / "source" / "organisations.json").read_text("utf-8"))["organisations"]
    found = facts(server, f"?s a <{SW}Organisation> .")
    for organisation in told:
        values = {
            value for values in found[f"{BASE}id/organisation/{organisation['id']}"].values() for value, _ in values
        }
        for name in (
            organisation["name"]["nl"],
            organisation["ror"],
            organisation["wikidata"],
            organisation["homepage"],
        ):
            assert not name or name in values, organisation["id"]
    assert len(found) > len(told)
