"""The analyser: what two spellings of a thing must have in common, and what they must not."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from kggraph.search.analysis import STOP_WORDS, Analyser, Split, fold, spans, split_compound, words, words_and_joined

BOTH = Analyser(["nl", "en"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Suïcidepreventie", ["suicidepreventie"]),
        ("ELK één’s", ["elk", "een"]),
        ("Buddy's", ["buddy"]),
        ("l’étude", ["etude"]),
        ("mbo'ers", ["mbo"]),
        ("stress/prestatiedruk", ["stress", "prestatiedruk"]),
        ("snake_case", ["snake", "case"]),
        ("Straße Ærø Œuvre", ["strasse", "aero", "oeuvre"]),
        ("soft\u00adhyphen zero\u200bwidth", ["softhyphen", "zerowidth"]),
        ("LGBTQIA2S+", ["lgbtqia2s"]),
        ("e\u0301e\u0301n", ["een"]),
        ("... !? -- \x00", []),
        ("", []),
    ],
)
def test_words_are_folded(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_very_long_words_are_cut() -> None:
    assert [len(word) for word in words("a" * 10_000 + " b")] == [64, 1]


def test_spans_lead_back_to_the_text() -> None:
    text = "Suïcide’s «één» e\u0301"
    assert [(text[start:end], found) for start, end, found in spans(text)] == [
        ("Suïcide’s", ["suicide"]),
        ("één", ["een"]),
        ("e\u0301", ["e"]),
    ]


def test_words_with_hyphens_are_also_one_word() -> None:
    own, joined = words_and_joined("E-health, co‑creatie -en- 18-jarig e-")
    assert own == ["e", "health", "co", "creatie", "en", "18", "jarig", "e"]
    assert joined == ["ehealth", "cocreatie", "18jarig"]


@pytest.mark.parametrize(
    ("lang", "one", "other"),
    [
        ("nl", "eenzaam", "eenzame"),
        ("nl", "eenzaam", "eenzaamheid"),
        ("nl", "verlies", "verliezen"),
        ("nl", "huisarts", "huisartsen"),
        ("nl", "psycholoog", "psychologen"),
        ("nl", "tentamen", "tentamens"),
        ("nl", "herken", "herkennen"),
        ("nl", "stoornis", "stoornissen"),
        ("en", "behaviour", "behavior"),
        ("en", "organisations", "organization"),
        ("en", "counselling", "counseling"),
        ("en", "programme", "programs"),
        ("en", "students", "student"),
    ],
)
def test_forms_of_a_word_have_one_term(lang: str, one: str, other: str) -> None:
    assert BOTH.term(one, lang) == BOTH.term(other, lang)


@pytest.mark.parametrize(
    ("lang", "one", "other"),
    [("nl", "peer", "per"), ("nl", "gezond", "zon"), ("en", "mindfulness", "mind"), ("en", "organ", "organizational")],
)
def test_other_words_have_other_terms(lang: str, one: str, other: str) -> None:
    assert BOTH.term(one, lang) != BOTH.term(other, lang)


def test_a_term_says_its_language() -> None:
    assert BOTH.term("stage", "nl") != BOTH.term("stage", "en")
    assert BOTH.variants("stress") == ["stres@nl", "stress@en"]


def test_languages_without_stemmer_match_word_by_word() -> None:
    assert Analyser(["eo-latn"]).term("ĝardeno", "eo") == "ĝardeno@eo"
    assert Analyser([]).languages == ("",)


def test_stop_words_follow_the_language_of_the_page() -> None:
    assert BOTH.stop_words(["men", "seeking", "help"], "en") == frozenset()
    assert BOTH.stop_words(["men", "zoekt", "hulp"], "nl") == {"men"}
    assert BOTH.stop_words(["the", "role", "of", "lecturers"], "nl") == {"the", "of"}


def test_the_lists_of_stop_words_are_folded() -> None:
    for listed in STOP_WORDS.values():
        assert listed == {fold(word) for word in listed}
        assert all(words(word) == [word] for word in listed)


COUNTS = {
    "slaap": 9,
    "problemen": 20,
    "studenten": 90,
    "huis": 3,
    "vesting": 1,
    "huisvesting": 40,
    "stress": 30,
    "druk": 8,
}


def count(word: str) -> int:
    return COUNTS.get(word, 0)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("slaapproblemen", Split(("slaap", "problemen"))),
        ("studentenhuisvesting", Split(("studenten", "huisvesting"))),
        ("blokstress", Split(("stress",), known_head=True)),
        ("slaap", None),
        ("onbekendwoord", None),
        ("slaap2problemen", None),
    ],
)
def test_compounds_are_taken_apart(word: str, expected: Split | None) -> None:
    assert split_compound(word, "nl", count) == expected


def test_a_linking_letter_belongs_to_no_part() -> None:
    counts = {"stad": 4, "vrijheid": 2, "beeld": 7}
    assert split_compound("vrijheidsbeeld", "nl", lambda w: counts.get(w, 0)) == Split(("vrijheid", "beeld"))


def test_english_is_never_taken_apart() -> None:
    assert split_compound("slaapproblemen", "en", count) is None


def test_a_stop_word_is_no_compound(monkeypatch: pytest.MonkeyPatch) -> None:
    assert split_compound("slaapproblemen", "nl", count)
    monkeypatch.setitem(STOP_WORDS, "nl", STOP_WORDS["nl"] | {"slaapproblemen"})
    assert split_compound("slaapproblemen", "nl", count) is None


def test_a_hostile_compound_takes_no_time() -> None:
    assert split_compound("a" * 63, "nl", lambda word: 1) is not None
    assert split_compound("stress" * 10, "nl", count) == Split(("stress",), known_head=True)
    assert split_compound("a" * 64, "nl", lambda word: 1) is None


def test_one_analyser_serves_many_threads() -> None:
    analyser = Analyser(["nl", "en"])
    vocabulary = [
        f"{start}{ending}" for start in ("werk", "leer", "speel", "woon") for ending in ("en", "t", "ing", "baar")
    ]
    expected = [Analyser(["nl", "en"]).variants(word) for word in vocabulary]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            for found in pool.map(lambda _: [analyser.variants(word) for word in vocabulary], range(40)):
                assert found == expected
    finally:
        sys.setswitchinterval(interval)
