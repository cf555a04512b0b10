"""The judged questions, asked of an index that several patches made, find what they find in one that was built."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from kggraph.build import open_current
from kggraph.config import Settings
from kggraph.publish.labels import pick, sort_key
from kggraph.publish.lifecycle import ending
from kggraph.publish.things import thing_reader
from kggraph.search.facet_builder import FacetBuilder
from kggraph.search.facet_patch import patch_facets
from kggraph.search.facets import FacetIndex
from kggraph.search.index import Found, SearchIndex
from kggraph.search.index_writer import SearchIndexWriter
from kggraph.search.item_edits import ItemEdit, ItemState
from kggraph.search.results import search
from kggraph.search.suggest import Suggester
from kggraph.search.text_patch import patch_text_index
from tests.relevance.measuring import answers, mean, questions

States = Mapping[str, ItemState]
Changed = dict[str, ItemState | None]


@dataclass(frozen=True)
class Both:
    patched: Path
    built: Path
    texts: list[tuple[str, str]]
    """Questions with their languages."""


@pytest.fixture(scope="module")
def both(main_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Both:
    generation, folder = open_current(main_settings), tmp_path_factory.mktemp("patched")
    descriptions, model, languages = generation.descriptions(), generation.model(), main_settings.languages
    read, rng = thing_reader(model, main_settings.base_uri), random.Random(7)

    def state(data: bytes) -> ItemState:
        (thing,) = read(data, "")
        return ItemState(
            thing.ntriples, tuple(sort_key(pick(thing.labels, lang, thing.iri).text) for lang in languages)
        )

    others = [
        thing
        for kind in descriptions.kinds()
        for found in (descriptions.each(kind) if kind != model.main.kind else ())
        if not ending(found.ntriples, found.iri).is_over
        for thing in read(found.ntriples, "")
    ]
    facets = generation.facets()
    now: States = {
        iri: state(data)
        for iri, data in descriptions.ntriples(facets.select(limit=facets.size, counts=False).iris).items()
    }

    def pointing(path: str, iri: str) -> set[str]:
        links = descriptions.inbound(iri, predicate=path, limit=-1, living=True)
        return {link.thing for link in links if link.subject == link.thing}

    latest = generation.path / "search"
    for step in range(4):
        changed = _edited(now, step, rng, state)
        edits = [ItemEdit(iri, now.get(iri), then) for iri, then in sorted(changed.items())]
        new = folder / str(step)
        patch_facets(latest / "facets", new / "facets", model, edits, now.__getitem__, pointing)
        patch_text_index(latest / "text", new / "text", new / "facets", model, edits)
        now = {iri: then for iri, then in {**now, **changed}.items() if then}
        latest = new

    builder = FacetBuilder(model, generation.shapes_path.read_bytes(), languages)
    with SearchIndexWriter(folder / "built" / "text", model, languages) as writer:
        for thing in others:
            keys = [sort_key(pick(thing.labels, lang, thing.iri).text) for lang in languages]
            builder.add(thing.iri, thing.rows, keys, item=False)
            writer.add_thing(thing.iri, thing.rows, thing.kind)
        for iri, found in now.items():
            (thing,) = read(found.ntriples, "")
            builder.add(iri, thing.rows, found.titles, item=True)
        builder.write(folder / "built" / "facets")
        built = FacetIndex(folder / "built" / "facets")
        for number in range(built.size):
            writer.add_item(number, built.iri(number), now[built.iri(number)].ntriples)
        writer.finish()
    words = sorted({word for found in now.values() for word in re.findall(r"\w{3,}", found.ntriples.decode())})
    texts = [(one.text, one.lang) for one in questions()]
    texts += [(" ".join(rng.sample(words, rng.randint(1, 2))), rng.choice(languages)) for _ in range(200)]
    return Both(latest, folder / "built", texts)


def _edited(now: States, step: int, rng: random.Random, state: Callable[[bytes], ItemState]) -> Changed:
    """Some items that say what others say, some that are new, some that are gone."""
    iris = sorted(now)
    chosen = rng.sample(iris, 14)
    changed: Changed = {iri: state(_mixed(iri, now[iri], rng.choice(iris), now, rng)) for iri in chosen[:8]}
    for number in range(3):
        iri, other = f"{chosen[0].rpartition('/')[0]}/new-{step}-{number}", rng.choice(iris)
        changed[iri] = state(_said_of(iri, other, now[other]))
    return {**changed, **dict.fromkeys(chosen[8:11])}


def _mixed(iri: str, found: ItemState, other: str, now: States, rng: random.Random) -> bytes:
    lines = _said_of(iri, other, now[other]).splitlines(keepends=True)
    taken = {line.split(b" ")[1] for line in lines if rng.random() < 0.5}
    own = [line for line in found.ntriples.splitlines(keepends=True) if line.split(b" ")[1] not in taken]
    return b"".join(sorted({*own, *(line for line in lines if line.split(b" ")[1] in taken)}))


def _said_of(iri: str, other: str, found: ItemState) -> bytes:
    return re.sub(rb"<%b(?=[>#])" % re.escape(other.encode()), f"<{iri}".encode(), found.ntriples)


def _iris(facets: FacetIndex, found: Found) -> set[str]:
    return {facets.iri(number) for number in found.numbers}


def test_questions_find_the_same_items(both: Both) -> None:
    ours, theirs = (SearchIndex(folder / "text") for folder in (both.patched, both.built))
    our_facets, their_facets = (FacetIndex(folder / "facets") for folder in (both.patched, both.built))
    others = []
    for text, lang in both.texts:
        found, expected = ours.find(text, lang), theirs.find(text, lang)
        if found.question != expected.question:
            # How often words occur decides over compounds and corrections: that is told by the full build.
            others.append(text)
        else:
            assert _iris(our_facets, found) == _iris(their_facets, expected), text
            assert found.relaxed == expected.relaxed
            one, other = (
                search(index, facets, text, lang=lang, order="title", limit=5)
                for index, facets in ((ours, our_facets), (theirs, their_facets))
            )
            assert (one.total, one.iris, one.facets, one.unknown) == (
                other.total,
                other.iris,
                other.facets,
                other.unknown,
            )
    assert len(others) < len(both.texts) / 20


def test_lists_and_filters_are_the_same(both: Both) -> None:
    one, other = (FacetIndex(folder / "facets") for folder in (both.patched, both.built))
    for sort in ("newest", "title"):
        for lang in ("nl", "en"):
            found, expected = (facets.select(sort=sort, lang=lang, limit=1_000) for facets in (one, other))
            assert (found.iris, found.facets, found.unknown) == (expected.iris, expected.facets, expected.unknown)
    for facet in other.facets:
        for value in expected.facets[facet.key]:
            chosen, wanted = (index.select({facet.key: [value.value]}, limit=30) for index in (one, other))
            assert (chosen.iris, chosen.facets) == (wanted.iris, wanted.facets)


def test_suggestions_are_the_same(both: Both) -> None:
    ours, theirs = (Suggester(SearchIndex(folder / "text"), "item") for folder in (both.patched, both.built))
    for text, lang in both.texts:
        for letters in (3, 5, 9):
            assert ours.suggest(text[:letters], lang) == theirs.suggest(text[:letters], lang), text[:letters]


def test_the_first_relevant_result_stands_as_high(both: Both) -> None:
    asked = questions()
    one, other = (
        mean(list(answers(SearchIndex(folder / "text"), FacetIndex(folder / "facets"), asked)))
        for folder in (both.patched, both.built)
    )
    assert abs(one.mrr - other.mrr) < 0.02
