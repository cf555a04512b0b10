"""Facets after any row of edits, each a patch of the one before, equal those that a full build makes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from kggraph.publish.labels import sort_key
from kggraph.search.facet_builder import FacetBuilder
from kggraph.search.facet_patch import patch_facets
from kggraph.search.facet_table import UNKNOWN
from kggraph.search.facets import FacetIndex
from kggraph.search.item_edits import ItemEdit, ItemState
from kggraph.search.patched_items import UnpatchableError
from tests.properties.test_facets import (
    KEYS,
    MODEL,
    NTRIPLES,
    Item,
    concept_rows,
    concepts,
    dates,
    project_rows,
    projects,
    real_places,
    texts,
)

BROADER = {0: (1, 2), 1: (3,), 2: (), 3: (), 4: (3, 9)}
numbers = st.integers(0, 8)
items = st.builds(lambda *parts: parts, texts, st.frozensets(concepts), st.frozensets(real_places), dates)
States = Mapping[int, Item]
states = st.dictionaries(numbers, items, max_size=9).map(
    lambda found: {number: Item(number, *parts) for number, parts in found.items()}
)
steps = st.lists(st.dictionaries(numbers, st.none() | items, min_size=1, max_size=4), min_size=1, max_size=5)
Pointers = Mapping[str, frozenset[int]]


def theme(number: int) -> str:
    return f"https://example.org/id/theme/{number}"


def titles(item: Item) -> tuple[str, str]:
    return sort_key(item.title), sort_key(item.title[::-1])


def state(item: Item | None) -> ItemState | None:
    return item and ItemState(b"".join(sorted(b"%b %b %b .\n" % row for row in item.rows())), titles(item))


def write(folder: Path, found: Iterable[Item], about: Pointers) -> None:
    builder = FacetBuilder(MODEL, NTRIPLES, ("nl", "en"))
    for number, broader in BROADER.items():
        rows = concept_rows(theme(number), tuple(map(theme, broader)), right=True)
        builder.add(theme(number), rows, (theme(number), theme(-number)), item=False)
    for item in found:
        builder.add(item.iri, item.rows(), titles(item), item=True)
    for project, pointed in about.items():
        builder.add(project, project_rows(project, pointed), (project, project), item=False)
    builder.write(folder)


def told(index: FacetIndex) -> object:
    """All that can be asked of an index."""
    whole = [index.select(sort=sort, lang=lang, limit=50) for sort in ("newest", "title") for lang in ("nl", "en")]
    single = []
    for key in KEYS:
        for value in (UNKNOWN, *(found.value for found in whole[0].facets[key])):
            for sort in ("newest", "title"):
                found = index.select({key: [value]}, sort=sort, lang="en", offset=1, limit=2)
                single.append((key, value, found.total, found.iris, found.facets, found.unknown))
            later = index.select({key: [value]}, offset=3, limit=3, counts=False)
            single.append(later.iris)
            crossed = index.select({key: [value], "place": ["https://example.org/id/place/1"]}, limit=3, most=1)
            single.append((crossed.total, crossed.iris, crossed.facets, crossed.unknown))
    has = [[index.has(key, value) for value in ("2019", theme(9), "https://example.org/id/place/2")] for key in KEYS]
    kinds = [(facet.key, facet.kind) for facet in index.facets]
    return index.size, [(found.iris, found.facets, found.unknown) for found in whole], single, has, kinds


@settings(max_examples=150, deadline=None)
@given(states, steps, st.dictionaries(projects, st.frozensets(numbers, max_size=4), max_size=3))
def test_patches_equal_a_full_build(first: States, edits: list[Mapping[int, tuple]], about: Pointers) -> None:
    now = dict(first)
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base"
        write(base, now.values(), about)
        before = {file.name: file.read_bytes() for file in base.iterdir()}
        latest = base
        for step, edit in enumerate(edits):
            then = dict(now)
            for number, parts in edit.items():
                then.pop(number, None)
                if parts is not None:
                    then[number] = Item(number, *parts)

            def look(iri: str, known: States = now) -> ItemState:
                found = state(known[int(iri.rpartition("/")[2])])
                assert found
                return found

            def pointing(path: str, iri: str) -> list[str]:
                assert path == "https://example.org/about"
                return [thing for thing, pointed in about.items() if int(iri.rpartition("/")[2]) in pointed]

            changed = [
                ItemEdit(Item(n, "", frozenset(), frozenset(), "").iri, state(now.get(n)), state(then.get(n)))
                for n in edit
            ]
            full, patched = Path(folder) / f"full-{step}", Path(folder) / f"patched-{step}"
            write(full, then.values(), about)
            now = then
            expected = FacetIndex(full)
            try:
                patch_facets(latest, patched, MODEL, changed, look, pointing)
            except UnpatchableError:
                # Only for a facet whose sort its values tell, and only where it has none or its first.
                assert {facet.kind for facet in FacetIndex(latest).facets} != {facet.kind for facet in expected.facets}
                return
            assert told(FacetIndex(patched)) == told(expected)
            latest = patched
        assert {file.name: file.read_bytes() for file in base.iterdir()} == before
