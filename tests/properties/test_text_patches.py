"""Search and suggestions after any row of edits, each a patch of the one before, equal those of a full build.

What is told of the whole corpus stays that of the full build: what is a compound, and what a word is corrected to.
Questions that the two read differently, and parts of compounds, are left out of the comparison; nothing else is.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from kggraph.rdf import ntriples
from kggraph.search.expansion import Question
from kggraph.search.facet_builder import FacetBuilder
from kggraph.search.facet_patch import patch_facets
from kggraph.search.facets import FacetIndex
from kggraph.search.index import SearchIndex
from kggraph.search.index_files import PART
from kggraph.search.index_writer import SearchIndexWriter
from kggraph.search.item_edits import ItemEdit, ItemState
from kggraph.search.results import search
from kggraph.search.suggest import Suggester
from kggraph.search.text_patch import patch_text_index
from tests.search_garden import BASE, CONCEPTS, SHAPES, garden_model, things, to_ntriples

LANGUAGES = ("nl", "en")
WORDS = ["tomaat", "tomaten", "buren", "compost", "de", "e-mail", "tuin", "regenton", "plagen", "Ziekten en plagen"]
WORDS += ["kitchen garden", "vermin", "rain", "moestuinboek", "groenten"]
CREATORS, SUBJECTS = ["anna", "bob"], ["plants", "vegetables", "tomatoes", "pests", "water"]
QUESTIONS = [*WORDS, "tomaten telen", "ongedierte", "planten", "moestuin", "tuin buren", "spaders", "waterbeheer", "de"]
QUESTIONS += ["compost of regen", "water management", "plagen in de tuin", "anna de tuinder", "vegetables"]
BEGINNINGS = ["to", "tom", "anna", "gro", "veg", "zie", "plan", "kit", "reg", "bur", "tuin b", "com", "moestuin", "wat"]
numbers = st.integers(0, 7)


@dataclass(frozen=True)
class Book:
    title: tuple[str, ...]
    summary: tuple[str, ...]
    lang: str
    subjects: frozenset[str]
    creators: frozenset[str]
    issued: str

    def state(self, number: int) -> ItemState:
        said = [f'dcterms:title "{" ".join(self.title)}"@{self.lang}']
        said += [f'dcterms:description "{" ".join(self.summary)}"@{self.lang}'] if self.summary else []
        said += [f"dcterms:subject <id/subject/{one}>" for one in self.subjects]
        said += [f"dcterms:creator <id/person/{one}>" for one in self.creators]
        said += [f'dcterms:issued "{self.issued}"^^xsd:gYear'] if self.issued else []
        lines = to_ntriples(f"<id/book/{number}> a g:Book ; {' ; '.join(said)} .").splitlines(keepends=True)
        return ItemState(b"".join(sorted(lines)), (" ".join(self.title).lower(), " ".join(self.title).lower()))


texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(tuple)
books = st.builds(
    Book,
    texts,
    st.just(()) | texts,
    st.sampled_from(LANGUAGES),
    st.frozensets(st.sampled_from(SUBJECTS), max_size=2),
    st.frozensets(st.sampled_from(CREATORS), max_size=2),
    st.sampled_from(["", "2019", "2020"]),
)
Books = Mapping[int, Book]
MODEL, SHAPES_GRAPH = garden_model(), to_ntriples(SHAPES)


def iri_of(number: int) -> str:
    return f"{BASE}id/book/{number}"


def states_of(found: Books) -> dict[str, ItemState]:
    return {iri_of(number): book.state(number) for number, book in sorted(found.items())}


def write(folder: Path, states: Mapping[str, ItemState]) -> None:
    builder = FacetBuilder(MODEL, SHAPES_GRAPH, LANGUAGES)
    for iri, rows in things(CONCEPTS):
        builder.add(iri, rows, (iri, iri), item=False)
    for iri, state in states.items():
        builder.add(iri, list(ntriples.rows(state.ntriples)), state.titles, item=True)
    builder.write(folder / "facets")
    facets = FacetIndex(folder / "facets")
    with SearchIndexWriter(folder / "text", MODEL, LANGUAGES) as writer:
        for iri, rows in things(CONCEPTS):
            writer.add_thing(iri, rows, iri.split("/")[-2])
        for number in range(facets.size):
            writer.add_item(number, facets.iri(number), states[facets.iri(number)].ntriples)
        writer.finish()


def patch(base: Path, folder: Path, before: Mapping[str, ItemState], after: Mapping[str, ItemState]) -> None:
    differing = [iri for iri in before.keys() | after.keys() if before.get(iri) != after.get(iri)]
    edits = [ItemEdit(iri, before.get(iri), after.get(iri)) for iri in sorted(differing)]
    patch_facets(base / "facets", folder / "facets", MODEL, edits, before.__getitem__, lambda path, iri: [])
    patch_text_index(base / "text", folder / "text", folder / "facets", MODEL, edits)


def uses_parts(question: Question) -> bool:
    """Whether it depends on which words are compounds, or what they are corrected to."""
    alternatives = [one for unit in question.units for one in unit.alternatives]
    parts = any(term.endswith(PART) and term[0] != "#" for one in alternatives for terms in one.terms for term in terms)
    return parts or any(one.kind in ("compound", "spelling") for one in alternatives)


def compare(patched: Path, full: Path) -> int:
    """Compares two folders; gives how many questions were."""
    ours, theirs = SearchIndex(patched / "text"), SearchIndex(full / "text")
    our_facets, their_facets = FacetIndex(patched / "facets"), FacetIndex(full / "facets")
    compared = 0
    for text in QUESTIONS:
        for lang in LANGUAGES:
            one, other = ours.find(text, lang), theirs.find(text, lang)
            if one.question != other.question or uses_parts(one.question):
                continue
            compared += 1
            found = [
                {facets.iri(number) for number in found.numbers}
                for facets, found in ((our_facets, one), (their_facets, other))
            ]
            assert found[0] == found[1], text
            assert one.relaxed == other.relaxed
            ranked = ours.rank(one, limit=50)
            assert {hit.number for hit in ranked} == set(one.numbers)
            assert [hit for start in range(0, 50, 2) for hit in ours.rank(one, offset=start, limit=2)] == ranked
            pages = [
                search(index, facets, text, {"writer": [f"{BASE}id/person/anna"]}, lang=lang, order="newest", limit=2)
                for index, facets in ((ours, our_facets), (theirs, their_facets))
            ]
            for page in pages[:1]:
                assert (page.iris, page.facets, page.total) == (pages[1].iris, pages[1].facets, pages[1].total)
    for begun in BEGINNINGS:
        for lang in LANGUAGES:
            suggested = [Suggester(index, "book").suggest(begun, lang) for index in (ours, theirs)]
            assert suggested[0] == suggested[1], begun
    for iri, _ in things(CONCEPTS):
        assert ours.files.thing(iri) == theirs.files.thing(iri)
    return compared


@settings(max_examples=15, deadline=None)
@given(
    st.dictionaries(numbers, books, min_size=1, max_size=8),
    st.lists(st.dictionaries(numbers, st.none() | books, min_size=1, max_size=3), min_size=1, max_size=4),
)
def test_patches_equal_a_full_build(first: Books, edits: list[Mapping[int, Book | None]]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="kggraph-patches-"))
    try:
        now = dict(first)
        write(folder / "0", states_of(now))
        before = {file: file.read_bytes() for file in (folder / "0").rglob("*") if file.is_file()}
        for step, edit in enumerate(edits):
            then = {number: book for number, book in {**now, **edit}.items() if book}
            patch(folder / str(step), folder / str(step + 1), states_of(now), states_of(then))
            now = then
        write(folder / "full", states_of(now))
        assert compare(folder / str(len(edits)), folder / "full") > len(QUESTIONS) / 2
        assert {file: file.read_bytes() for file in (folder / "0").rglob("*") if file.is_file()} == before
    finally:
        shutil.rmtree(folder)


def test_many_patches_one_after_another(tmp_path: Path) -> None:
    """The engine puts small segments together after some patches, and an item is again what it was before."""
    first, other = (Book((word, "tuin"), (), "nl", frozenset(["water"]), frozenset(), "") for word in ("rain", "buren"))
    now: dict[int, Book] = dict.fromkeys(range(4), first)
    write(tmp_path / "0", states_of(now))
    for step in range(12):
        then = {**now, step % 2: other if now[step % 2] == first else first, 10 + step: other}
        patch(tmp_path / str(step), tmp_path / str(step + 1), states_of(now), states_of(then))
        now = then
        shutil.rmtree(tmp_path / str(step))
    write(tmp_path / "full", states_of(now))
    assert compare(tmp_path / "12", tmp_path / "full") > len(QUESTIONS) / 2
    kept = {file.stem.partition(".")[0] for file in (tmp_path / "12" / "text" / "engine").iterdir()}
    assert len(kept) < 12, "a segment for every patch, and none was put together or removed"
