"""Facets over the bridges: order, roll-up, paging, and what is said of a wrong request."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from kggraph.build import build
from kggraph.config import load
from kggraph.errors import BadParameter, GenerationError
from kggraph.search.facets import Facet, FacetIndex, FacetValue

ID = "https://example.org/bridges/id"


@pytest.fixture(scope="module")
def index(root: Path, tmp_path_factory: pytest.TempPathFactory) -> FacetIndex:
    """The facets of the small knowledge base of bridges."""
    folder = tmp_path_factory.mktemp("bridges")
    return build(load(root / "tests" / "kb_bridges", {}, {"build_dir": str(folder)})).facets()


def slugs(iris: tuple[str, ...]) -> list[str]:
    return [iri.rpartition("/")[2] for iri in iris]


def counts(values: tuple[FacetValue, ...]) -> dict[str, int]:
    return {value.value.rpartition("/")[2]: value.count for value in values}


def test_facets_follow_the_shapes(index: FacetIndex) -> None:
    assert index.facets == (
        Facet("form", "https://example.org/bridges/def#form", "scheme", f"{ID}/scheme/forms"),
        Facet("opened", "https://example.org/bridges/def#opened", "year", None),
        Facet("designer", "https://example.org/bridges/def#designedBy", "thing", None),
    )
    assert index.size == 8


def test_newest_first_and_without_a_date_last(index: FacetIndex) -> None:
    found = slugs(index.select(limit=100).iris)
    assert found[:4] == ["millau", "akashi-kaikyo", "erasmusbrug", "golden-gate"]
    assert len(found) == 8


def test_titles_in_their_own_order(index: FacetIndex) -> None:
    english = slugs(index.select(sort="title", lang="en", limit=100).iris)
    dutch = slugs(index.select(sort="title", lang="nl", limit=100).iris)
    assert english[0] == "akashi-kaikyo"
    assert sorted(english) == sorted(dutch)
    assert english == slugs(index.select(sort="title", lang="xx", limit=100).iris), "the first language stands in"


def test_narrower_concepts_count_for_the_broader(index: FacetIndex) -> None:
    forms = index.select().facets["form"]
    by_slug = {value.value.rpartition("/")[2]: value for value in forms}
    assert {value.depth for value in forms} == {0, 1}
    for value in forms:
        for broader in value.broader:
            assert by_slug[broader.rpartition("/")[2]].count >= value.count
    parent = next(value for value in forms if any(value.value in other.broader for other in forms))
    children = [value for value in forms if parent.value in value.broader]
    selected = index.select({"form": [parent.value]}, limit=100)
    assert selected.total == parent.count
    assert set(selected.iris) >= set(index.select({"form": [child.value for child in children]}, limit=100).iris)


def test_own_facet_is_left_out_of_its_counts(index: FacetIndex) -> None:
    everything = index.select()
    chosen = index.select({"form": [f"{ID}/form/suspension"]})
    assert counts(chosen.facets["form"]) == counts(everything.facets["form"])
    assert [value.value for value in chosen.facets["form"] if value.selected] == [f"{ID}/form/suspension"]
    assert sum(counts(chosen.facets["opened"]).values()) == chosen.total
    assert 0 in counts(chosen.facets["opened"]).values(), "years without items are there, with 0"
    assert 0 not in counts(chosen.facets["designer"]).values(), "people without items are not"


def test_or_within_and_across(index: FacetIndex) -> None:
    first, second = f"{ID}/form/suspension", f"{ID}/form/cable-stayed"
    union = set(index.select({"form": [first]}, limit=99).iris) | set(index.select({"form": [second]}, limit=99).iris)
    assert set(index.select({"form": [first, second]}, limit=99).iris) == union
    year = {"opened": ["1998"]}
    assert slugs(index.select({"form": [first, second], **year}).iris) == ["akashi-kaikyo"]


def test_pages(index: FacetIndex) -> None:
    whole = index.select(limit=100).iris
    pages = [index.select(offset=offset, limit=3, counts=False) for offset in (0, 3, 6, 9, 10**9)]
    assert tuple(iri for page in pages for iri in page.iris) == whole
    assert {page.total for page in pages} == {8}
    assert all(page.facets == {} for page in pages)
    assert index.select(limit=0).iris == ()
    assert index.select(limit=0).facets["form"]


def test_values_that_are_not_there(index: FacetIndex) -> None:
    assert not index.has("form", "none")
    assert not index.has("none", "none")
    assert index.has("opened", "1998")
    nothing = index.select({"form": ["none"]})
    assert (nothing.total, nothing.iris) == (0, ())
    assert counts(nothing.facets["form"]) == counts(index.select().facets["form"])
    assert index.select({"form": []}).total == 8
    assert index.select({"form": ["none", f"{ID}/form/suspension"]}).total > 0


@pytest.mark.parametrize(
    ("arguments", "parameter"),
    [
        ({"filters": {"colour": ["red"]}}, "colour"),
        ({"offset": -1}, "offset"),
        ({"limit": -1}, "offset"),
        ({"sort": "best"}, "sort"),
    ],
)
def test_wrong_requests(index: FacetIndex, arguments: dict[str, object], parameter: str) -> None:
    with pytest.raises(BadParameter) as refused:
        index.select(**arguments)  # type: ignore[arg-type]
    assert refused.value.parameter == parameter


def test_a_damaged_index(tmp_path: Path) -> None:
    with pytest.raises(GenerationError, match="cannot be read"):
        FacetIndex(tmp_path)
    (tmp_path / "facets.json").write_text("{}")
    with pytest.raises(GenerationError, match="cannot be read"):
        FacetIndex(tmp_path)


def test_it_is_quick(index: FacetIndex) -> None:
    began = time.perf_counter()
    for _ in range(100):
        index.select({"form": [f"{ID}/form/suspension"]})
    assert time.perf_counter() - began < 2, "some 30 us each; far more means that files are read again"
