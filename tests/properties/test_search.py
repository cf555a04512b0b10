"""Search, whatever is typed and whatever is in the texts."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from kggraph.errors import BadParameter
from kggraph.rdf import ntriples
from kggraph.search import spelling
from kggraph.search.analysis import Analyser, fold, spans, words
from kggraph.search.index import SearchIndex
from kggraph.search.passages import Span, cut
from kggraph.search.reasons import Explainer
from kggraph.search.suggest import Suggester
from tests.search_garden import BASE, BOOKS, garden_model, make_index, things

ANYTHING = st.text(max_size=1_100)
PIECES = st.lists(
    st.one_of(
        st.sampled_from(["tomaat", "tomaten", "groenten", "e-mail", "co-", "'s", "é", "e\u0301", "½", "ﬁ", "ß", "İ"]),
        st.sampled_from(['"', "AND", "*", "~2", "(", ")", "\\", "%", "title:", "\x00", "\u202e", "\U0001f600"]),
        st.sampled_from(["een", "de", "onbekendwoordje", "ziekten en plagen", "compots", "watertuin"]),
    ),
    max_size=12,
).map(" ".join)
LANGUAGES = st.sampled_from(["nl", "en", "", "de", "zz-ZZ"])
# No @, which would be a language tag after the quotes; what is escaped is told apart by the parser of N-Triples.
TEXTS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=60)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> SearchIndex:
    return make_index(tmp_path_factory.mktemp("garden") / "text")[0]


@pytest.fixture(scope="module")
def explainer(index: SearchIndex) -> Iterator[Explainer]:
    yield Explainer(index, garden_model())


ROWS = dict(things(BOOKS))


@settings(max_examples=300, deadline=None)
@given(text=ANYTHING | PIECES, lang=LANGUAGES)
def test_any_question_has_a_clear_outcome(index: SearchIndex, explainer: Explainer, text: str, lang: str) -> None:
    try:
        found = index.find(text, lang)
    except BadParameter:
        assert len(text) > 1_000
        return
    ranked = index.rank(found, limit=50)
    assert {hit.number for hit in ranked} == set(found.numbers), "the engine ranks what the bitmaps hold"
    assert found.asks_nothing == (not words(text))
    for hit in ranked:
        iri = list(ROWS)[hit.number]
        why = explainer.explain(found, iri, ROWS[iri])
        asked = {unit.text for unit in found.question.units}
        assert {reason.asked for reason in why.reasons} | set(why.lacking) == asked
        assert why.reasons, "every item found is explained"
        if not found.relaxed:
            assert not why.lacking
        assert "".join(segment.text for segment in why.title.segments) == _title(iri) if why.title else False


@settings(max_examples=200, deadline=None)
@given(text=ANYTHING | PIECES, lang=LANGUAGES)
def test_any_beginning_has_a_clear_outcome(index: SearchIndex, text: str, lang: str) -> None:
    suggester = Suggester(index, "book")
    try:
        found = suggester.suggest(text, lang, limit=5)
    except BadParameter:
        assert len(text) > 1_000
        return
    assert len(found) <= 5
    for one in found:
        assert any(hit for _, hit in one.segments)
        assert "".join(shown for shown, _ in one.segments) == (one.via or one.label)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(titles=st.lists(TEXTS, min_size=1, max_size=8), question=st.data())
def test_every_text_is_found_by_its_own_words(titles: list[str], question: st.DataObject) -> None:
    books = [
        f'<{BASE}id/book/b{number}> a <{BASE}def#Book> ; dcterms:title "{_escaped(title)}"@nl .'
        for number, title in enumerate(titles)
    ]
    with TemporaryDirectory() as folder:
        index, iris = make_index(Path(folder, "text"), books=books)
        number = question.draw(st.integers(0, len(titles) - 1))
        own = words(titles[number])
        found = index.find(titles[number], "nl")
        if own and len(set(own)) <= 16:
            assert iris.index(f"{BASE}id/book/b{number}") in found.numbers
        assert {hit.number for hit in index.rank(found, limit=9)} == set(found.numbers)


@given(text=st.text())
def test_words_and_where_they_stand_agree(text: str) -> None:
    text = unicodedata.normalize("NFC", text)
    found = list(spans(text))
    assert [word for _, _, of in found for word in of] == [
        word for start, end, _ in found for word in words(text[start:end])
    ]
    for (start, end, _), (after, _, _) in itertools.pairwise(found):
        assert start < end <= after


@given(text=st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert all(word == "".join(words(word)) for word in words(text))


@given(
    word=st.text(st.characters(codec="ascii", categories=("Ll",)), min_size=1, max_size=30),
    lang=st.sampled_from(["nl", "en"]),
)
def test_a_term_is_one_word_of_one_language(word: str, lang: str) -> None:
    term = Analyser(["nl", "en"]).term(word, lang)
    assert term.endswith(f"@{lang}") and len(term.split()) == 1 and len(term) > 3


LETTERS = st.text("abcde", min_size=1, max_size=9)


@given(one=LETTERS, other=LETTERS)
def test_words_that_are_near_are_filed_so_that_they_meet(one: str, other: str) -> None:
    most = spelling.allowed(one)
    if most and spelling.within(one, other, most) is not None and len(other) >= spelling.SHORTEST:
        filed = set(spelling.keys(other, max(most, spelling.allowed(other))))
        assert filed & set(spelling.keys(one, most))


@given(one=LETTERS, other=LETTERS)
def test_distance_is_the_same_both_ways(one: str, other: str) -> None:
    assert spelling.within(one, other, 2) == spelling.within(other, one, 2)
    assert (spelling.within(one, other, 2) == 0) == (one == other)


@given(text=st.text(max_size=600), hits=st.lists(st.tuples(st.integers(0, 600), st.integers(1, 30)), max_size=6))
def test_a_whole_text_in_pieces_is_the_text(text: str, hits: list[tuple[int, int]]) -> None:
    spans_of = [Span(start, min(len(text), start + size)) for start, size in hits if start < len(text)]
    segments = cut(text, spans_of, whole=True)
    assert "".join(segment.text for segment in segments) == text
    assert all(segment.text for segment in segments)
    marked = BitMap(place for span in spans_of for place in range(span.start, span.end))
    assert sum(len(segment.text) for segment in segments if segment.hit) == len(marked)
    assert len("".join(segment.text for segment in cut(text, spans_of))) <= max(262, len(text))


def _title(iri: str) -> str:
    return next(ntriples.literal(term).text for _, predicate, term in ROWS[iri] if predicate.endswith(b"/title>"))


def _escaped(text: str) -> str:
    return "".join(f"\\U{ord(letter):08X}" for letter in text)
