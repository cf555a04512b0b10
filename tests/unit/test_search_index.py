"""The text index: what a question finds, in which order, and why."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pyroaring import BitMap

from kggraph.errors import BadParameter, GenerationError
from kggraph.search.index import ENOUGH, Found, SearchIndex
from kggraph.search.passages import Passage, Span, cut
from kggraph.search.reasons import Explainer, Explanation
from tests.search_garden import BOOKS, garden_model, make_index, things

Garden = tuple[SearchIndex, list[str]]
BY_IRI = dict(things(BOOKS))


@pytest.fixture(scope="module")
def garden(tmp_path_factory: pytest.TempPathFactory) -> Garden:
    return make_index(tmp_path_factory.mktemp("garden") / "text")


def slugs(garden: Garden, found: Found, within: BitMap | None = None) -> list[str]:
    index, iris = garden
    return [iris[hit.number].rpartition("/")[2] for hit in index.rank(found, within)]


def asked(garden: Garden, text: str, lang: str = "nl") -> list[str]:
    return slugs(garden, garden[0].find(text, lang))


def explained(garden: Garden, text: str, slug: str, lang: str = "nl") -> Explanation:
    index, iris = garden
    found = index.find(text, lang)
    iri = next(iri for iri in iris if iri.endswith(f"/{slug}"))
    assert iris.index(iri) in found.numbers
    return Explainer(index, garden_model()).explain(found, iri, BY_IRI[iri])


def marked(passage: Passage | None) -> str:
    assert passage is not None
    return "".join(f"[{text}]" if hit else text for text, hit in passage.segments)


# ------------------------------------------------------------------ what is found
@pytest.mark.parametrize(
    ("text", "lang", "first"),
    [
        ("tomaten", "nl", "tomaat"),
        ("TOMAAT", "nl", "tomaat"),
        ("aphids", "nl", "luis"),
        ("Anna Tuinder", "nl", "tomaat"),
        ("colorful", "en", "rain"),
        ("e-mail", "nl", "e-mail"),
        ("email", "nl", "e-mail"),
        ("cotuinieren", "nl", "e-mail"),
        ("regenton", "nl", "rain"),
    ],
)
def test_words_find_their_forms(garden: Garden, text: str, lang: str, first: str) -> None:
    assert asked(garden, text, lang)[0] == first


def test_a_synonym_finds_what_is_about_its_concept(garden: Garden) -> None:
    assert asked(garden, "bladluis")[0] == "luis"
    assert asked(garden, "vermin", "en")[0] == "luis"
    reason = explained(garden, "ongedierte", "luis").reasons[0]
    assert (reason.kind, reason.asked, reason.matched) == ("synonym", "ongedierte", "Ziekten en plagen")
    assert reason.thing == "https://example.org/garden/id/subject/pests"


def test_a_label_finds_what_is_about_narrower_concepts(garden: Garden) -> None:
    found = asked(garden, "groenten")
    assert found[0] == "moestuin" and "tomaat" in found
    reason = explained(garden, "groenten", "tomaat").reasons[0]
    assert (reason.kind, reason.matched) == ("narrower", "Tomaten")


def test_a_label_of_several_words_is_one_unit(garden: Garden) -> None:
    found = garden[0].find("boeken over ziekten en plagen", "nl")
    assert [unit.text for unit in found.question.units] == ["boeken", "ziekten plagen"]


def test_a_label_may_be_in_the_other_language(garden: Garden) -> None:
    assert asked(garden, "water management")[0] == "rain"
    reason = explained(garden, "kitchen garden", "moestuin").reasons[0]
    assert (reason.kind, reason.matched) == ("synonym", "Groenten")


def test_a_compound_and_the_words_it_is_made_of_find_each_other(garden: Garden) -> None:
    assert "moestuin" in asked(garden, "tuin groenten")
    assert explained(garden, "zaaitomaten", "tomaat").reasons[0].kind == "compound"
    bag = garden[0].find("beheer van water", "nl").question.units
    assert [unit.text for unit in bag] == ["beheer water"], "the label is Waterbeheer"


def test_only_words_that_are_not_known_are_corrected(garden: Garden) -> None:
    found = garden[0].find("compots", "nl")
    assert found.question.did_you_mean == "compost"
    assert slugs(garden, found) == ["moestuin"]
    reason = explained(garden, "compots", "moestuin").reasons[0]
    assert (reason.kind, reason.matched) == ("spelling", "compost")
    assert garden[0].find("compost", "nl").question.did_you_mean is None


def test_a_misspelling_that_ends_as_another_word_is_still_one(tmp_path: Path) -> None:
    books = [
        '<id/book/alone> a g:Book ; dcterms:title "Loneliness of gardeners"@en .',
        '<id/book/lines> a g:Book ; dcterms:title "Sowing in lines"@en .',
        '<id/book/course> a g:Book ; dcterms:title "Een training voor snoeiers"@nl .',
    ]
    garden = make_index(tmp_path / "lines", books=books)
    found = garden[0].find("lonelines", "en")
    assert (found.question.did_you_mean, slugs(garden, found)) == ("loneliness", ["alone"])
    assert asked(garden, "groeitraining") == ["course"], "a sort of training that nobody wrote of, and no slip"
    assert garden[0].find("groeitraining", "nl").question.did_you_mean is None


def test_all_units_are_wanted_and_any_when_few_have_all(tmp_path: Path) -> None:
    both = [f'<id/book/both{n}> a g:Book ; dcterms:title "snoeien wilgen {n}"@nl .' for n in range(ENOUGH)]
    one = [f'<id/book/one{n}> a g:Book ; dcterms:title "snoeien {n}"@nl .' for n in range(3)]
    garden = make_index(tmp_path / "enough", books=[*both, *one])
    found = garden[0].find("snoeien wilgen", "nl")
    assert not found.relaxed and found.total == ENOUGH
    garden = make_index(
        tmp_path / "few", books=[*both[1:], *one, *(b.replace("wilgen", "x").replace("snoeien", "y") for b in both[1:])]
    )
    found = garden[0].find("snoeien wilgen", "nl")
    assert found.relaxed and found.total == ENOUGH - 1 + 3
    assert ENOUGH == 5
    assert all(slug.startswith("both") for slug in slugs(garden, found)[: ENOUGH - 1])


def test_a_relaxed_result_says_what_an_item_lacks(garden: Garden) -> None:
    found = garden[0].find("compost vijvers", "nl")
    assert found.relaxed
    assert explained(garden, "compost vijvers", "rain").lacking == ("compost",)
    assert explained(garden, "compost vijvers", "moestuin").lacking == ("vijvers",)


def test_words_that_nothing_has_are_named(garden: Garden) -> None:
    found = garden[0].find("xyzzyq compost", "nl")
    assert found.question.missing == ("xyzzyq",)
    assert found.relaxed and slugs(garden, found) == ["moestuin"]


def test_nothing_is_found_by_what_nothing_has(garden: Garden) -> None:
    found = garden[0].find("xyzzyq", "nl")
    assert (found.total, found.question.missing, found.asks_nothing) == (0, ("xyzzyq",), False)
    assert garden[0].rank(found) == []


# ------------------------------------------------------------------ bad input
@pytest.mark.parametrize("text", ["", "   ", "?!", "\x00\x01\x1f", '""', "\u202e", "-- // **"])
def test_a_question_without_words_asks_nothing(garden: Garden, text: str) -> None:
    found = garden[0].find(text, "nl")
    assert found.asks_nothing and found.total == 0


def test_only_stop_words_are_looked_for_as_they_are(garden: Garden) -> None:
    found = garden[0].find("in de", "nl")
    assert found.question.only_stop_words
    assert slugs(garden, found)[0] in ("tomaat", "luis", "moestuin")


@pytest.mark.parametrize(
    "text",
    [
        "title:tomaat",
        "tomaat AND NOT luizen",
        "+tomaat -luizen",
        '"tomaat"',
        "tomaat^9 luizen~2",
        "tomaat*",
        "[tomaat TO z]",
        "tomaat)(",
        "{tomaat}",
        "tomaat\\",
        "IN [tomaat]",
        "'tomaat'; DROP TABLE items --",
    ],
)
def test_no_query_syntax_is_understood(garden: Garden, text: str) -> None:
    assert "tomaat" in asked(garden, text)


def test_a_question_that_is_too_long_is_refused(garden: Garden) -> None:
    with pytest.raises(BadParameter, match=r"10,240 characters.*1,000") as caught:
        garden[0].find("stress " * 1462 + "123456", "nl")
    assert caught.value.parameter == "q"


def test_words_beyond_the_sixteenth_are_left_out_and_named(garden: Garden) -> None:
    found = garden[0].find(" ".join(f"woord{chr(97 + n)}" for n in range(20)), "nl")
    assert found.question.left_out == ("woordq", "woordr", "woords", "woordt")


def test_a_language_without_list_or_label_is_no_trouble(garden: Garden) -> None:
    assert asked(garden, "compost", "xx") == ["moestuin"]


# ------------------------------------------------------------------ ranking
def test_ranking_is_limited_to_what_the_facets_left(garden: Garden) -> None:
    index, iris = garden
    found = index.find("groenten", "nl")
    only = BitMap([iris.index("https://example.org/garden/id/book/tomaat"), 4_000_000])
    assert slugs(garden, found, only) == ["tomaat"]
    assert slugs(garden, found, BitMap()) == []


def test_pages_follow_each_other(tmp_path: Path) -> None:
    books = [f'<id/book/b{n}> a g:Book ; dcterms:title "snoei {"snoei " * (n % 3)}{n}"@nl .' for n in range(50)]
    index, _ = make_index(tmp_path / "text", books=books)
    found = index.find("snoei", "nl")
    whole = index.rank(found, limit=50)
    paged = [hit for start in range(0, 60, 7) for hit in index.rank(found, offset=start, limit=7)]
    assert paged == whole and len({hit.number for hit in whole}) == 50
    assert whole == sorted(whole, key=lambda hit: (-hit.score, hit.number))
    assert index.rank(found, offset=10**9) == [] and index.rank(found, limit=0) == []


def test_large_results_are_ranked_as_small_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    books = [f'<id/book/b{n}> a g:Book ; dcterms:title "{"snoei " * (n % 5 + 1)} nr{n}"@nl .' for n in range(60)]
    index, _ = make_index(tmp_path / "text", books=books)
    found = index.find("snoei", "nl")
    odd = BitMap(range(1, 60, 2))
    small = [hit.number for hit in index.rank(found, odd, offset=3, limit=9)]
    monkeypatch.setattr("kggraph.search.index._FEW", 4)
    assert [hit.number for hit in index.rank(found, odd, offset=3, limit=9)] == small


# ------------------------------------------------------------------ passages
def test_what_was_found_is_marked_and_nothing_is_html(garden: Garden) -> None:
    why = explained(garden, "compost", "moestuin")
    assert marked(why.title) == "Het moestuinboek"
    assert [(p.key, p.lang, marked(p)) for p in why.passages] == [
        ("summary", "nl", "Een jaar in de groentetuin: bodem, [compost] en bewaren.")
    ]


def test_passages_in_the_language_of_the_page_come_first(garden: Garden) -> None:
    assert [p.lang for p in explained(garden, "pests and diseases", "luis", "en").passages] == []
    assert explained(garden, "luizen", "luis").passages[0].lang == "nl"


def test_a_long_text_is_cut_around_what_was_found() -> None:
    text = "woord " * 100 + "hier staat het. " + "en nog meer " * 100
    at = text.index("staat")
    segments = cut(text, [Span(at, at + 5)])
    shown = "".join(segment.text for segment in segments)
    assert ("staat", True) in segments
    assert shown.startswith("…woord") and shown.endswith("…") and len(shown) < 270


def test_spans_that_touch_or_overlap_are_one() -> None:
    assert cut("abcdef", [Span(0, 2), Span(1, 3), Span(3, 4)]) == (("abcd", True), ("ef", False))


# ------------------------------------------------------------------ the files
def test_the_same_library_gives_the_same_files(tmp_path: Path) -> None:
    def content(folder: Path) -> list[tuple[str, list[object]]]:
        database = sqlite3.connect(folder / "search.sqlite")
        tables = [
            name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1")
        ]
        return [(name, database.execute(f"SELECT * FROM {name}").fetchall()) for name in tables]

    for name in ("one", "two"):
        make_index(tmp_path / name)
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert (tmp_path / "one" / "postings.bin").read_bytes() == (tmp_path / "two" / "postings.bin").read_bytes()


def test_an_empty_library_is_searched_without_trouble(tmp_path: Path) -> None:
    index, _ = make_index(tmp_path / "text", "", "")
    found = index.find("tomaat en luis", "nl")
    assert found.total == 0 and index.rank(found) == []


def test_a_folder_without_an_index_is_named(tmp_path: Path) -> None:
    with pytest.raises(GenerationError, match="build anew"):
        SearchIndex(tmp_path)


def test_an_index_of_another_version_is_refused(tmp_path: Path) -> None:
    make_index(tmp_path / "text")
    database = sqlite3.connect(tmp_path / "text" / "search.sqlite")
    ((about,),) = database.execute("SELECT value FROM about").fetchall()
    database.execute("UPDATE about SET value = ?", (re.sub(r'"version":\d+', '"version":0', about),))
    database.commit()
    with pytest.raises(GenerationError, match="another version"):
        SearchIndex(tmp_path / "text")


def test_files_of_the_engine_are_named_by_what_they_hold(tmp_path: Path) -> None:
    def files(folder: Path) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in (folder / "engine").iterdir()}

    for name, books in (("one", BOOKS), ("two", BOOKS), ("other", BOOKS.replace("Luizen", "Vlooien"))):
        make_index(tmp_path / name, books=books)
    one, other = files(tmp_path / "one"), files(tmp_path / "other")
    assert one == files(tmp_path / "two"), "opening an index wrote in its folder, or a build is not reproducible"
    assert len(one) == 7 and not any(name.startswith(".") for name in one)
    assert one.keys() & other.keys() == {"meta.json"}


def test_an_index_that_nobody_may_write_to_is_read(tmp_path: Path) -> None:
    make_index(tmp_path / "text")
    before = {file.name for file in (tmp_path / "text" / "engine").iterdir()}
    (tmp_path / "text" / "engine").chmod(0o555)
    assert SearchIndex(tmp_path / "text").find("tomaat", "nl").total == 1
    assert {file.name for file in (tmp_path / "text" / "engine").iterdir()} == before


def test_one_index_serves_many_threads(garden: Garden) -> None:
    questions = ["groenten", "bladluis", "compots", "water management", "e-mail"] * 8
    expected = [asked(garden, text) for text in questions]

    def ask(texts: Iterable[str]) -> list[list[str]]:
        return [asked(garden, text) for text in texts]

    with ThreadPoolExecutor(6) as pool:
        assert all(found == expected for found in pool.map(ask, [questions] * 6))
