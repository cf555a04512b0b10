"""The search answers the judged questions well enough; the figures are printed by `make relevance`."""

from __future__ import annotations

from collections import Counter

import pytest

from kggraph.build import open_current
from kggraph.config import Settings
from tests.relevance.measuring import Answer, answers, mean, questions


@pytest.fixture(scope="module")
def answered(main_settings: Settings) -> list[Answer]:
    generation = open_current(main_settings)
    return list(answers(generation.text_index(), generation.facets(), questions()))


def test_the_questions_are_enough_and_judged_completely(main_settings: Settings) -> None:
    asked = questions()
    per_language = Counter(one.lang for one in asked)
    assert per_language["nl"] >= 40 and per_language["en"] >= 20
    assert len({(one.text, one.lang) for one in asked}) == len(asked)
    facets = open_current(main_settings).facets()
    slugs = {iri.rpartition("/")[2] for iri in facets.select(limit=facets.size, counts=False).iris}
    for one in asked:
        assert one.grades and set(one.grades) <= slugs, one.text
        assert 2 in one.grades.values(), one.text


def test_the_first_relevant_result_stands_high(answered: list[Answer]) -> None:
    for lang in ("nl", "en"):
        assert mean([one for one in answered if one.question.lang == lang]).mrr >= 0.90, lang


def test_relevant_items_are_among_the_first_ten(answered: list[Answer]) -> None:
    assert mean(answered).recall >= 0.85


def test_questions_that_nothing_was_shaped_on_are_answered_too(answered: list[Answer]) -> None:
    held_back = mean([one for one in answered if one.question.unseen])
    assert held_back.mrr >= 0.90
    assert held_back.recall >= 0.78


def test_every_question_finds_something(answered: list[Answer]) -> None:
    assert [one.question.text for one in answered if not one.slugs] == []
