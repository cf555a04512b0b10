"""The reconciliation service: names found in nl and en, with synonyms and errors, in the words of the specification."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7

from kggraph.build import open_current
from kggraph.config import Settings
from kggraph.errors import BadParameter
from kggraph.publish.name_index import NameIndex, likeness, write_names
from kggraph.publish.named_things import named_things
from kggraph.publish.reconcile import MOST_QUERIES, Reconciler
from kggraph.publish.reconcile_service import (
    extend,
    manifest,
    preview,
    propose_properties,
    suggest_entities,
    suggest_properties,
    suggest_types,
)

Check = Callable[[str, Any], None]


@pytest.fixture(scope="module")
def dutch(main_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reconciler]:
    """The service of the main knowledge base in Dutch."""
    generation = open_current(main_settings)
    descriptions, model = generation.descriptions(), generation.model()
    path = tmp_path_factory.mktemp("names") / "names.sqlite"
    write_names(path, named_things(descriptions, model))
    yield Reconciler(model, descriptions, NameIndex(path), generation.manifest.base_uri, "nl")
    descriptions.close()


@pytest.fixture(scope="module")
def english(dutch: Reconciler) -> Reconciler:
    """The same in English."""
    return Reconciler(dutch.model, dutch.descriptions, dutch.names, dutch.base_uri, "en")


@pytest.fixture(scope="module")
def check(shared: Path) -> Check:
    """Compares an answer with a published schema."""
    folder = shared / "suites" / "reconciliation"
    documents = {path.name: json.loads(path.read_text("utf-8")) for path in folder.glob("*.json")}
    registry = Registry().with_resources(
        (document["$id"], DRAFT7.create_resource(document)) for document in documents.values() if "$id" in document
    )

    def compare(schema: str, answer: Any) -> None:
        written = json.loads(json.dumps(answer))
        validator = Draft7Validator(documents[f"{schema}.json"], registry=registry)
        assert [error.message for error in validator.iter_errors(written)] == []

    return compare


def ask(service: Reconciler, query: str, **more: Any) -> list[dict[str, Any]]:
    """The candidates for a name."""
    found: list[dict[str, Any]] = service.answer({"q": {"query": query, **more}})["q"]["result"]
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("ECIO", "organisation/ecio"),
        ("expertisecentrum inclusief onderwijs", "organisation/ecio"),
        ("Expertise Centre Inclusive Education", "organisation/ecio"),
        ("trimbos instituut", "organisation/trimbos"),
        ("Utrecht Universiteit", "organisation/uu"),
        ("eenzaamhied", "topic/eenzaamheid"),
        ("Loneliness", "topic/eenzaamheid"),
        ("SUICIDEPREVENTIE", "topic/suicidepreventie"),
        ("https://ror.org/04pp8hn57", "organisation/uu"),
        ("https://doi.org/10.1080/01612840.2017.1397231", "item/campus-healthy-sleep-promotion-program"),
        ("10.1080/01612840.2017.1397231", "item/campus-healthy-sleep-promotion-program"),
        ("Caring Universities", "item/caring-universities"),
    ],
)
def test_a_name_finds_its_thing(dutch: Reconciler, query: str, expected: str) -> None:
    found = ask(dutch, query, limit=3)
    assert expected in [one["id"] for one in found]
    assert found[0]["score"] >= 90


def test_names_are_in_the_language_asked_for(dutch: Reconciler, english: Reconciler) -> None:
    assert ask(dutch, "eenzaamheid")[0]["name"] == "Eenzaamheid"
    assert ask(english, "eenzaamheid")[0]["name"] == "Loneliness"
    assert [one["name"] for one in ask(english, "ECIO")[0]["type"]] == ["Organisation"]


def test_only_one_sure_answer_is_a_match(dutch: Reconciler) -> None:
    assert ask(dutch, "ECIO")[0]["match"] is True
    assert ask(dutch, "slaap")[0]["match"] is False
    twice = ask(dutch, "Caring Universities", limit=5)  # an item and the initiative it is about
    assert [one["score"] for one in twice][:2] == [100.0, 100.0] and not any(one["match"] for one in twice)


def test_best_first_and_limit_kept(dutch: Reconciler) -> None:
    scores = [one["score"] for one in ask(dutch, "universiteit", limit=7)]
    assert len(scores) == 7 and scores == sorted(scores, reverse=True)


def test_nothing_like_it(dutch: Reconciler) -> None:
    assert ask(dutch, "zzqx-nothing-like-this") == []
    assert ask(dutch, "") == ask(dutch, "  ?! ") == []


@pytest.mark.parametrize("name", ["topic", "Onderwerp", "https://w3id.org/studentenwelzijn/id/scheme/topics"])
def test_types_by_iri_kind_or_name(dutch: Reconciler, name: str) -> None:
    assert {one["id"].partition("/")[0] for one in ask(dutch, "Studenten", type=name)} == {"topic"}
    assert ask(dutch, "slaap", type=[name])[0]["id"] == "topic/slaap"


def test_an_unknown_type_has_nothing_unless_it_is_only_a_wish(dutch: Reconciler) -> None:
    assert ask(dutch, "ECIO", type="Q5") == []
    assert ask(dutch, "ECIO", type="Q5", type_strict="should")[0]["id"] == "organisation/ecio"


def test_properties_tell_candidates_apart(dutch: Reconciler) -> None:
    plain = {one["id"]: one["score"] for one in ask(dutch, "Caring Universities", limit=10, type="item")}
    told = ask(
        dutch,
        "Caring Universities",
        limit=10,
        type="item",
        properties=[{"pid": "publisher", "v": "Vrije Universiteit Amsterdam"}, {"pid": "creator", "v": [{"id": "x"}]}],
    )
    assert told[0]["id"] == "item/caring-universities"
    assert told[0]["score"] == 80.0 < plain["item/caring-universities"]


def test_properties_alone_find_things(dutch: Reconciler) -> None:
    answer = dutch.answer({"q": {"properties": [{"pid": "publisher", "v": {"id": "organisation/ecio"}}], "limit": 4}})
    found = answer["q"]["result"]
    assert len(found) == 4 and all(one["score"] == 100.0 for one in found)


def test_answers_are_as_specified(dutch: Reconciler, english: Reconciler, check: Check) -> None:
    for service, prefix in ((dutch, ""), (english, "en/")):
        check("manifest", manifest(service, name="Test", prefix=prefix, version="1"))
        batch = {key: {"query": text} for key, text in (("a", "ECIO"), ("b", "slaap"), ("c", "none-of-these"))}
        check("reconciliation-result-batch", service.answer(batch))
        check("suggest-entities-response", suggest_entities(service, "sla", 0))
        check("suggest-types-response", suggest_types(service, "o", 0))
        check("suggest-properties-response", suggest_properties(service, "t", 0))
        check("data-extension-property-proposal", propose_properties(service, "Concept", None))
        properties = [{"id": field.key} for field in service.model.main.fields]
        answer = extend(service, {"ids": ["item/caring-universities", "none/such"], "properties": properties})
        check("data-extension-response", answer)
        assert all(values == [] for values in answer["rows"]["none/such"].values())


def test_suggestions(dutch: Reconciler) -> None:
    assert "topic/slaap" in [one["id"] for one in suggest_entities(dutch, "sla", 0)["result"]]
    assert "topic/slaap" in [one["id"] for one in suggest_entities(dutch, "slaapproblemem", 0)["result"]]
    first = [one["id"] for one in suggest_entities(dutch, "on", 0)["result"]]
    assert not set(first) & {one["id"] for one in suggest_entities(dutch, "on", len(first))["result"]}
    assert suggest_properties(dutch, "them", 0)["result"][0]["id"].endswith("theme")
    assert suggest_entities(dutch, "", 0)["result"] == suggest_types(dutch, "", 0)["result"] == []


def test_values_to_extend_a_table_with(dutch: Reconciler) -> None:
    wanted = {"ids": ["item/caring-universities"], "properties": [{"id": "publisher"}, {"id": "description"}]}
    row = extend(dutch, wanted)["rows"]["item/caring-universities"]
    assert row["publisher"] == [{"id": "organisation/vu", "name": "Vrije Universiteit Amsterdam"}]
    assert row["description"][0]["str"].startswith("Consortium dat")


def test_a_preview_is_a_page(dutch: Reconciler) -> None:
    page = preview(dutch, "topic/slaap", "/icon.svg", "/site.css")
    assert page and "<h1>" in page.decode() and "Slaapkwaliteit" in page.decode()
    assert preview(dutch, "topic/none", "", "") is None
    assert preview(dutch, '"><script>', "", "") is None


@pytest.mark.parametrize(
    "batch",
    [
        [],
        "text",
        None,
        {"q": "text"},
        {"q": {"query": 1}},
        {"q": {"query": "x" * 1_000_000}},
        {"q": {"query": "x", "limit": "many"}},
        {"q": {"query": "x", "limit": 0}},
        {"q": {"query": "x", "type": {}}},
        {"q": {"query": "x", "properties": "p"}},
        {str(number): {"query": "x"} for number in range(MOST_QUERIES + 1)},
    ],
)
def test_bad_batches(dutch: Reconciler, batch: Any) -> None:
    with pytest.raises(BadParameter):
        dutch.answer(batch)


@pytest.mark.parametrize("query", [[], {}, {"ids": "x", "properties": []}, {"ids": [], "properties": [1]}])
def test_bad_extensions(dutch: Reconciler, query: Any) -> None:
    with pytest.raises(BadParameter):
        extend(dutch, query)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
queries = st.fixed_dictionaries(
    {},
    optional={
        "query": st.text(max_size=30),
        "limit": json_values,
        "type": json_values,
        "type_strict": json_values,
        "properties": st.lists(st.fixed_dictionaries({"pid": json_values, "v": json_values}), max_size=2),
    },
)


@given(queries)
def test_no_query_breaks_anything(query: dict[str, Any]) -> None:
    service = test_no_query_breaks_anything.service  # type: ignore[attr-defined]
    try:
        answer = service.answer({"q": query})
    except BadParameter:
        return
    json.dumps(answer)


@pytest.fixture(scope="module", autouse=True)
def _service(dutch: Reconciler) -> None:
    test_no_query_breaks_anything.service = dutch  # type: ignore[attr-defined]


@given(st.text("ab c", max_size=12), st.text("ab c", max_size=12))
def test_likeness_is_a_share(one: str, other: str) -> None:
    if one.split() and other.split():
        like = likeness(" ".join(one.split()), " ".join(other.split()))
        assert 0 <= like <= 1
        assert (like == 1) == (one.split() == other.split())
