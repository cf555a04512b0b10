"""Text, facets and order together, against a count by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from kggraph.errors import BadParameter
from kggraph.search.facet_builder import FacetBuilder
from kggraph.search.facets import FacetIndex
from kggraph.search.index import SearchIndex
from kggraph.search.index_writer import SearchIndexWriter
from kggraph.search.results import search, without_each
from tests.search_garden import BASE, BOOKS, CONCEPTS, SHAPES, garden_model, things, to_ntriples

VEGETABLES, TOMATOES = (f"{BASE}id/subject/{name}" for name in ("vegetables", "tomatoes"))
ANNA, BOB = (f"{BASE}id/person/{name}" for name in ("anna", "bob"))
Both = tuple[SearchIndex, FacetIndex]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Both:
    folder: Path = tmp_path_factory.mktemp("garden")
    builder = FacetBuilder(garden_model(), to_ntriples(SHAPES), ["nl", "en"])
    for turtle, item in ((BOOKS, True), (CONCEPTS, False)):
        for iri, rows in things(turtle):
            builder.add(iri, rows, [iri, iri], item=item)
    builder.write(folder / "facets")
    facets = FacetIndex(folder / "facets")
    own = dict(things(BOOKS))
    with SearchIndexWriter(folder / "text", garden_model(), ["nl", "en"]) as writer:
        for iri, rows in things(CONCEPTS):
            writer.add_thing(iri, rows)
        for number in range(facets.size):
            data = b"".join(b"%b %b %b .\n" % row for row in own[facets.iri(number)])
            writer.add_item(number, facets.iri(number), data)
        writer.finish()
    return SearchIndex(folder / "text"), facets


def names(iris: tuple[str, ...]) -> list[str]:
    return [iri.rpartition("/")[2] for iri in iris]


def test_without_text_everything_newest_first(both: Both) -> None:
    for text in ("", " ?! "):
        found = search(*both, text, lang="nl")
        assert (found.total, found.order) == (5, "newest")
        assert names(found.iris) == ["tomaat", "luis", "moestuin", "rain", "e-mail"]


def test_facets_are_counted_over_what_the_text_found(both: Both) -> None:
    found = search(*both, "groenten", lang="nl")
    assert found.order == "relevance" and found.found is not None
    assert found.total == found.found.total == 2
    assert names(found.iris) == ["moestuin", "tomaat"]
    counts = {value.value: value.count for value in found.facets["subject"] if value.count}
    assert counts == {TOMATOES: 1, VEGETABLES: 1}
    assert {value.value: value.count for value in found.facets["writer"]} == {ANNA: 2}
    assert {value.value: value.count for value in found.facets["year"] if value.count} == {"2020": 1, "2018": 1}


def test_a_filter_keeps_the_counts_of_its_own_facet(both: Both) -> None:
    found = search(*both, "groenten", {"year": ["2020"]}, lang="nl")
    assert names(found.iris) == ["tomaat"]
    assert {value.value: value.count for value in found.facets["year"] if value.count} == {"2020": 1, "2018": 1}
    assert {value.value: value.count for value in found.facets["writer"]} == {ANNA: 1}


@pytest.mark.parametrize(("order", "expected"), [("newest", ["tomaat", "moestuin"]), ("title", ["moestuin", "tomaat"])])
def test_the_order_may_be_another(both: Both, order: str, expected: list[str]) -> None:
    assert names(search(*both, "groenten", lang="nl", order=order).iris) == expected  # type: ignore[arg-type]


def test_pages_and_counts_may_be_left_out(both: Both) -> None:
    found = search(*both, "groenten", lang="nl", offset=1, limit=1, counts=False)
    assert (names(found.iris), found.total, dict(found.facets)) == (["tomaat"], 2, {})


def test_no_result_says_what_each_filter_costs(both: Both) -> None:
    index, facets = both
    filters = {"writer": [BOB], "year": ["2020"]}
    found = search(index, facets, "groenten", filters, lang="nl")
    assert (found.total, found.iris) == (0, ())
    assert without_each(facets, filters, found.found) == {"writer": 1, "year": 0}
    assert without_each(facets, filters) == {"writer": 1, "year": 2}


@pytest.mark.parametrize(
    "wrong", [{"order": "best"}, {"offset": -1}, {"limit": -1}, {"filters": {"colour": ["red"]}}, {"text": "x" * 1_001}]
)
def test_what_is_wrong_is_a_bad_parameter(both: Both, wrong: dict[str, object]) -> None:
    for text in ("groenten", ""):
        with pytest.raises(BadParameter):
            search(*both, **{"text": text, "lang": "nl", **wrong})  # type: ignore[arg-type]
