"""The text search of a generation: questions in, items out, as a bitmap for the facets and ranked for the page.

All units of a question must be found, each by any of its alternatives. When that gives fewer than five items, those
that have any unit are taken in as well, and the result says so.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple, cast

from pyroaring import BitMap
from tantivy import Query

from kggraph.search.analysis import Analyser
from kggraph.search.expansion import COMMON, Alternative, Expander, Question, Unit
from kggraph.search.index_files import LABEL, NUMBER, Files
from kggraph.search.ranking import Ranker, Ranking

ENOUGH: Final = 5
"""Fewer items than this, and items that lack a unit are taken in."""
_FEW: Final = 2_000
"""Up to so many items the engine is told which to rank; above, it ranks all and the others are skipped."""
_BITMAPS: Final = 512


class Ranked(NamedTuple):
    """An item found, with its score."""

    number: int
    score: float


@dataclass(frozen=True, slots=True)
class Found:
    """All items that answer a question."""

    question: Question
    numbers: BitMap
    """The items, by their number in the facets; not to be changed."""
    relaxed: bool
    """Whether items are among them that lack a part of the question, because few have all of it."""

    @property
    def total(self) -> int:
        """How many items there are."""
        return len(self.numbers)

    @property
    def asks_nothing(self) -> bool:
        """Whether the question has no words, so that there is nothing to find by."""
        return not self.question.units


class SearchIndex:
    """Searches one generation; immutable, so one object serves all threads."""

    def __init__(self, folder: Path, ranking: Ranking | None = None) -> None:
        """Open the index in a folder.

        :raises GenerationError: there is none, or one of another version.
        """
        self.files = Files(folder)
        self.analyser = Analyser(self.files.about["languages"])
        self._searcher = self.files.engine.searcher()
        self._size: int = self._searcher.num_docs
        self._expander = Expander(self.files, self.analyser)
        self._ranker = Ranker(self.files, ranking or Ranking())
        self._with_term = lru_cache(_BITMAPS)(self.files.items)

    def find(self, text: str, lang: str) -> Found:
        """All items that answer a question; none for one without words.

        :param lang: language of the page it was asked on.
        :raises BadParameter: the question is too long.
        """
        question = self._expander.read(text, lang)
        if question.only_stop_words:
            titles = [self.files.items(unit.text, "title_words") for unit in question.units]
            return Found(question, BitMap.intersection(*titles), False)
        units = [items for items in map(self._having_unit, question.units) if items]
        found = BitMap.intersection(*units) if units else BitMap()
        if len(found) < ENOUGH:
            wider = self._having_any(question, units)
            if len(wider) > len(found):
                return Found(question, wider, True)
        return Found(question, found, len(units) < len(question.units))

    def rank(self, found: Found, within: BitMap | None = None, *, offset: int = 0, limit: int = 20) -> list[Ranked]:
        """A page of the items found, the best first; equal ones as the engine has them, those patched last.

        :param within: items to choose from, such as those that the facets left.
        """
        wanted = found.numbers if within is None else found.numbers & within
        if offset >= len(wanted) or limit <= 0:
            return []
        query = self._ranker.query(found.question, every_unit=not found.relaxed)
        needed = min(offset + limit, len(wanted))
        if len(wanted) <= _FEW:
            return self._top(self._ranker.only(query, NUMBER, wanted), wanted, needed)[offset:]
        most = int(needed * len(found.numbers) / len(wanted) * 1.5) + 50
        while True:
            ranked = self._top(query, wanted, most)
            if len(ranked) >= needed or most >= self._size:
                return ranked[offset : offset + limit]
            most = min(most * 4, self._size)

    def _top(self, query: Query, wanted: BitMap, most: int) -> list[Ranked]:
        """The wanted among the best items of a query."""
        hits = self._searcher.search(query, most, count=False).hits
        numbers = cast(list[int], self._searcher.fast_field_values(NUMBER, [address for _, address in hits]))
        # The engine's own order, also of equal ones: only so do the pages of a result follow each other.
        return [Ranked(n, score) for n, (score, _) in zip(numbers, hits, strict=True) if n in wanted]

    def _having_unit(self, unit: Unit) -> BitMap:
        return BitMap.union(BitMap(), *map(self._having, unit.alternatives))

    def _having(self, alternative: Alternative) -> BitMap:
        return BitMap.intersection(*(self._having_one(terms, alternative.own) for terms in alternative.terms))

    def _having_one(self, terms: Iterable[str], own: bool) -> BitMap:
        """Items with any of the terms: in their own texts, or also in names of what they link to."""
        keys = terms if own else itertools.chain.from_iterable((term, term + LABEL) for term in terms)
        return BitMap.union(BitMap(), *map(self._with_term, keys))

    def _having_any(self, question: Question, units: Sequence[BitMap]) -> BitMap:
        """Items with any of the units, or any part of one; what most items have says too little to count."""
        parts = [
            self._having_one(terms, found.own)
            for unit in question.units
            for found in unit.alternatives
            if len(found.terms) > 1
            for terms in found.terms
        ]
        telling = [items for items in (*units, *parts) if len(items) <= self._size * COMMON]
        return BitMap.union(BitMap(), *(telling or units))
