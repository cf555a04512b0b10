"""Completion data: what is counted, in what order, and what is said when it is cut."""

from __future__ import annotations

import json

from kggraph.publish.completion import CompletionLimits, completion_data, encode_completion
from kggraph.terms import OWL, RDF, RDFS, SKOS

BASE = "https://example.org/"


def triple(subject: str, predicate: str, object_: str) -> str:
    return f"<{subject}> <{predicate}> {object_} .\n"


ONTOLOGY = "".join(
    (
        triple(f"{BASE}def#Item", f"{RDF}type", f"<{OWL}Class>"),
        triple(f"{BASE}def#Item", f"{RDFS}label", '"Item"@en'),
        triple(f"{BASE}def#Item", f"{RDFS}label", '"Stuk"@nl'),
        triple(f"{BASE}def#Item", f"{RDFS}label", '"Ding"@de'),
        triple(f"{BASE}def#unused", f"{RDF}type", f"<{OWL}ObjectProperty>"),
        triple(f"{BASE}def#theme", f"{RDF}type", f"<{OWL}ObjectProperty>"),
        triple(f"{BASE}def#theme", f"{SKOS}definition", f'"{"long " * 100}"@en'),
    )
)
SCHEME = "".join(
    (
        triple(f"{BASE}id/topic/sleep", f"{RDF}type", f"<{SKOS}Concept>"),
        triple(f"{BASE}id/topic/sleep", f"{SKOS}prefLabel", '"Sleep"@en'),
        triple(f"{BASE}id/topic/sleep", f"{SKOS}altLabel", r'"\"Insomnia\""@en'),
        triple(f"{BASE}id/topic/sleep", f"{SKOS}altLabel", '"Schlaf"@de'),
        triple(f"{BASE}id/topic/sleep", f"{SKOS}inScheme", f"<{BASE}id/scheme/topics>"),
        triple(f"{BASE}id/scheme/topics", f"{SKOS}hasTopConcept", f"<{BASE}id/topic/sleep>"),
        triple(f"{BASE}id/scheme/topics", f"{SKOS}prefLabel", '"Topics"@en'),
        triple(f"{BASE}id/topic/nap", f"{RDF}type", f"<{SKOS}Concept>"),
        triple(f"{BASE}id/topic/nap", f"{SKOS}broader", f"<{BASE}id/topic/sleep>"),
    )
)
ITEMS = "".join(
    (
        triple(f"{BASE}id/item/a", f"{RDF}type", f"<{BASE}def#Item>"),
        triple(f"{BASE}id/item/a", f"{BASE}def#theme", f"<{BASE}id/topic/sleep>"),
        triple(f"{BASE}id/item/b", f"{RDF}type", f"<{BASE}def#Item>"),
        triple(f"{BASE}id/item/b", f"{BASE}def#theme", f"<{BASE}id/topic/sleep>"),
    )
)
SOURCES = [part.encode() for part in (ITEMS, SCHEME, ONTOLOGY)]


def data(**options: object) -> dict[str, list[dict[str, object]]]:
    arguments = {"prefixes": {"ex": f"{BASE}def#"}, "languages": ("nl", "en"), "within": BASE} | options
    return completion_data(SOURCES, **arguments)  # type: ignore[arg-type]


def test_classes_have_counts_and_labels_in_our_languages() -> None:
    found = {term["iri"]: term for term in data()["classes"]}
    assert found[f"{BASE}def#Item"] == {
        "iri": f"{BASE}def#Item",
        "label": {"en": "Item", "nl": "Stuk"},
        "count": 2,
    }


def test_properties_are_there_by_use_and_those_only_declared_last() -> None:
    properties = data()["properties"]
    counts = [term["count"] for term in properties]
    assert counts == sorted(counts, key=lambda count: -int(str(count)))
    assert properties[-1] == {"iri": f"{BASE}def#unused", "count": 0}
    theme = next(term for term in properties if term["iri"] == f"{BASE}def#theme")
    definition = theme["definition"]
    assert isinstance(definition, dict) and len(definition["en"]) <= 240 and definition["en"].endswith("…")


def test_concepts_count_their_use_not_their_place_in_a_scheme() -> None:
    sleep, nap = data()["concepts"]
    assert sleep == {
        "iri": f"{BASE}id/topic/sleep",
        "label": {"en": "Sleep"},
        "count": 2,
        "scheme": 0,
        "alt": ['"Insomnia"'],
    }
    assert nap == {"iri": f"{BASE}id/topic/nap", "count": 0}
    assert data()["schemes"] == [{"iri": f"{BASE}id/scheme/topics", "label": {"en": "Topics"}}]


def test_own_vocabularies_are_known_whole_unless_cut() -> None:
    assert data()["complete"] == [f"{BASE}def#"]
    assert data(within="")["complete"] == []
    cut = data(limits=CompletionLimits(properties=2, concepts=1))
    assert cut["complete"] == []
    assert cut["cut"] == {"properties": {"shown": 2, "total": 10}, "concepts": {"shown": 1, "total": 2}}
    assert len(cut["properties"]) == 2


def test_the_order_of_sources_does_not_matter() -> None:
    other = completion_data(SOURCES[::-1], prefixes={"ex": f"{BASE}def#"}, languages=("nl", "en"), within=BASE)
    assert encode_completion(data()) == encode_completion(other)
    assert json.loads(encode_completion(other)) == other


def test_nothing_gives_nothing() -> None:
    empty = completion_data([], prefixes={}, languages=("en",))
    assert [empty[key] for key in ("classes", "properties", "concepts", "cut")] == [[], [], [], {}]
