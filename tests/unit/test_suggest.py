"""Suggestions while someone types."""

from __future__ import annotations

from pathlib import Path

import pytest

from kggraph.errors import BadParameter
from kggraph.search import suggest_writer
from kggraph.search.suggest import Suggester, Suggestion
from tests.search_garden import make_index


@pytest.fixture(scope="module")
def suggester(tmp_path_factory: pytest.TempPathFactory) -> Suggester:
    index, _ = make_index(tmp_path_factory.mktemp("garden") / "text")
    return Suggester(index, "book")


def shown(suggestion: Suggestion) -> str:
    return "".join(f"[{text}]" if hit else text for text, hit in suggestion.segments)


def test_things_by_their_name_and_items_by_their_title(suggester: Suggester) -> None:
    found = suggester.suggest("tom", "nl")
    assert [(one.kind, one.label, shown(one), one.items) for one in found] == [
        ("subject", "Tomaten", "[Tom]aten", 1),
        ("book", "De tomaat in eigen tuin", "De [tom]aat in eigen tuin", 0),
    ]


def test_the_synonym_that_hit_is_shown(suggester: Suggester) -> None:
    (found,) = [one for one in suggester.suggest("bladl", "nl") if one.kind == "subject"]
    assert (found.label, found.via, shown(found)) == ("Ziekten en plagen", "bladluis", "[bladl]uis")


def test_the_label_is_in_the_language_of_the_page(suggester: Suggester) -> None:
    assert suggester.suggest("veget", "nl")[0].label == "Groenten"
    assert suggester.suggest("veget", "nl")[0].via == "Vegetables"
    assert suggester.suggest("veget", "en")[0].via is None


def test_a_name_is_found_from_any_of_its_words(suggester: Suggester) -> None:
    assert [shown(one) for one in suggester.suggest("tuinder", "nl") if one.kind == "person"] == ["Anna de [Tuinder]"]
    assert [shown(one) for one in suggester.suggest("Anna de Tu", "nl")] == ["[Anna] [de] [Tu]inder"]


def test_several_words_of_a_title_in_any_order(suggester: Suggester) -> None:
    assert [one.label for one in suggester.suggest("tuin toma", "nl")] == ["De tomaat in eigen tuin"]
    assert suggester.suggest("tuin toma", "nl")[0].segments[1] == ("toma", True)


@pytest.mark.parametrize("text", ["", "t", " \x00 ", "??", "zzzzz", "%", "_", "'", "a' OR 1=1 --"])
def test_nothing_is_suggested_for_nothing(suggester: Suggester, text: str) -> None:
    assert suggester.suggest(text, "nl") == []


def test_a_long_text_is_refused(suggester: Suggester) -> None:
    with pytest.raises(BadParameter):
        suggester.suggest("x" * 1_001, "nl")


def test_never_more_than_asked_for(suggester: Suggester) -> None:
    assert len(suggester.suggest("to", "nl", limit=1)) == 1
    assert suggester.suggest("to", "nl", limit=0) == []


def test_beginnings_that_many_have_give_the_most_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggest_writer, "MANY", 20)
    people = [f'<id/person/p{n}> a foaf:Person ; foaf:name "Piet {n:03} Pieterse" .' for n in range(60)]
    books = [
        f'<id/book/b{n}> a g:Book ; dcterms:title "pluk{chr(97 + n // 10)}{chr(97 + n % 10)} {n}"@nl ; '
        f"dcterms:creator <id/person/p{n}>, <id/person/p42> ."
        for n in range(60)
    ]
    index, _ = make_index(tmp_path / "text", "\n".join(people), books)
    found = Suggester(index, "book").suggest("pi", "nl")
    assert found[0].label == "Piet 042 Pieterse" and found[0].items == 60
    assert len(found) == 8
    assert [one.kind for one in Suggester(index, "book").suggest("pluk", "nl")] == ["book"] * 8
