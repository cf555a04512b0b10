"""Which of the items found stand first: a question as a query of the engine.

Every unit is scored by the best of its texts, and on top of that by the concepts it names; an item's score is the sum
over the units, and words that follow each other as asked add to it. The engine's own BM25 weighs rare words and short
texts. The numbers in `Ranking` were fitted to the judged questions in `tests/relevance` by changing them one at a time;
none of them knows a question, and none moves the result by more than two per cent.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import tantivy
from tantivy import Occur, Query

from kggraph.search.expansion import Alternative, Question, Unit
from kggraph.search.index_files import ABOUT, PART, PARTS, SYNONYMS, Files, text_field


@dataclass(frozen=True, slots=True)
class Ranking:
    """How much what is found counts, each relative to a word found in a text of weight 1."""

    spread: float = 0.36
    """Power of the weights in the shapes: 5 and 1 count as 1.8 and 1, for BM25 knows already that a title is short."""
    synonyms: float = 1.2
    """A word in a synonym of something the item links to."""
    parts: float = 1.6
    """A part of a compound; rare enough to be worth it."""
    other_language: float = 0.6
    """A word of another language than the page's."""
    tie: float = 0.33
    """Share of the other places that a word is found in, beside the best one."""
    tie_unit: float = 0.35
    """Share of the other alternatives of a unit, beside the best one."""
    loose: float = 0.78
    """The words of a label of several words, wherever they stand."""
    phrase: float = 0.76
    """A label of several words as it is."""
    compound: float = 0.88
    """The parts of a compound instead of itself, or the reverse."""
    synonym: float = 0.6
    """Another label of the concept that the question names."""
    spelling: float = 0.8
    """A word that is almost the one typed."""
    concept: float = 0.75
    """Being about the concept that the question names, times how rare that is."""
    narrower: float = 0.56
    """Being about a concept under it."""
    label_words: float = 0.87
    """Power of the number of words in the label that names the concept: more words, less chance."""
    not_preferred: float = 0.7
    """Share that is left when the question is only a synonym of the concept."""
    order: float = 0.75
    """Words of the question that follow each other as asked."""


class Ranker:
    """Makes queries of questions; one object serves all threads."""

    def __init__(self, files: Files, ranking: Ranking) -> None:
        self._files = files
        self._schema: tantivy.Schema = files.engine.schema
        self._size: int = files.engine.searcher().num_docs
        self._ranking = ranking
        own = frozenset(files.about["own"])
        self._buckets = [
            (text_field(bucket), weight**ranking.spread, bucket in own)
            for bucket, weight in enumerate(files.about["weights"])
        ]

    def query(self, question: Question, *, every_unit: bool = False) -> Query:
        """The engine's query; it also matches items that the question does not find.

        :param every_unit: whether what is found has every unit, so that the engine may skip what has not; the scores
            are the same.
        """
        units = [unit for unit in question.units if unit.known]
        needed = Occur.Must if every_unit else Occur.Should
        clauses = [(needed, self._unit(unit, question.lang)) for unit in units]
        clauses += [(Occur.Should, query) for query in self._in_order(units)]
        return Query.boolean_query(clauses)

    def _unit(self, unit: Unit, lang: str) -> Query:
        # One flat list for the engine: dozens of synonyms, each a query of its own, take it more than twice as long.
        words, texts, concepts = unit.text.count(" ") + 1, [], []
        # Concepts share names, and a name may be the word itself: a term counts once, as the best that it is.
        told: set[str] = set()
        for found in sorted(unit.alternatives, key=lambda one: not one.preferred):
            if found.kind == "concept":
                concepts += self._concept(found, words)
            elif found.kind != "synonym" or not told.issuperset(found.terms[0]):
                texts += self._text(found, lang)
                told.update(found.terms[0] if len(found.terms) == 1 else ())
        parts = [_best(found, tie) for found, tie in ((texts, self._ranking.tie_unit), (concepts, 0.0)) if found]
        return parts[0] if len(parts) == 1 else Query.boolean_query([(Occur.Should, part) for part in parts])

    def _concept(self, alternative: Alternative, words: int) -> list[Query]:
        ranking = self._ranking
        direct, *rolled = alternative.terms[0]
        rarity = math.log((self._size + 1) / (self._files.count(rolled[0] if rolled else direct) + 1))
        worth = rarity * alternative.weight**ranking.spread * words**ranking.label_words
        worth *= 1.0 if alternative.preferred else ranking.not_preferred
        queries = [Query.const_score_query(self._term(ABOUT, direct), ranking.concept * worth)]
        return queries + [Query.const_score_query(self._term(ABOUT, term), ranking.narrower * worth) for term in rolled]

    def _text(self, alternative: Alternative, lang: str) -> list[Query]:
        """One query; of a synonym, of which there are dozens, one for each place."""
        worth = self._worth(alternative)
        words = [
            [place for term in terms for place in self._places(term, lang, worth, own=alternative.own)]
            for terms in alternative.terms
        ]
        if alternative.kind == "synonym" and len(words) == 1:
            return words[0]
        best = [_best(places, self._ranking.tie) for places in words]
        return best if len(best) == 1 else [Query.boolean_query([(Occur.Should, query) for query in best])]

    def _worth(self, alternative: Alternative) -> float:
        ranking = self._ranking
        if alternative.kind == "word":
            return 1.0 if len(alternative.terms) == 1 else ranking.loose
        if alternative.kind == "synonym":
            return ranking.synonym * (1.0 if alternative.preferred else ranking.not_preferred)
        return {"phrase": ranking.phrase, "compound": ranking.compound}.get(alternative.kind, ranking.spelling)

    def _places(self, term: str, lang: str, worth: float, *, own: bool) -> Iterator[Query]:
        """A term in every field that it can stand in."""
        ranking = self._ranking
        factor = worth * (1.0 if f"@{lang}" in term else ranking.other_language)
        if term.endswith(PART):
            yield Query.boost_query(self._term(PARTS, term), ranking.parts * factor)
            return
        for field, weight, is_own in self._buckets:
            if is_own or not own:
                yield Query.boost_query(self._term(field, term), weight * factor)
        if not own:
            yield Query.boost_query(self._term(SYNONYMS, term), ranking.synonyms * factor)

    def _in_order(self, units: Sequence[Unit]) -> Iterator[Query]:
        found = itertools.chain.from_iterable(unit.alternatives for unit in units)
        asked = [terms for alternative in found if alternative.kind == "word" for terms in alternative.terms]
        for of_language in zip(*asked, strict=True) if len(asked) > 1 else ():
            phrase: list[str | tuple[int, str]] = list(of_language)
            for field, weight, is_own in self._buckets:
                if is_own:
                    query = Query.phrase_query(self._schema, field, phrase, slop=2)
                    yield Query.boost_query(query, weight * self._ranking.order)

    def only(self, query: Query, field: str, numbers: Iterable[int]) -> Query:
        """A query for some items only, with the same scores."""
        chosen = Query.const_score_query(Query.term_set_query(self._schema, field, list(numbers)), 0.0)
        return Query.boolean_query([(Occur.Must, query), (Occur.Must, chosen)])

    def _term(self, field: str, term: str) -> Query:
        return Query.term_query(self._schema, field, term)


def _best(queries: list[Query], tie: float) -> Query:
    return queries[0] if len(queries) == 1 else Query.disjunction_max_query(queries, tie)
