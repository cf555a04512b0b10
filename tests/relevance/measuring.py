"""The judged questions, and how well an index answers them."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kggraph.search.facets import FacetIndex
from kggraph.search.index import SearchIndex

HERE = Path(__file__).parent
DEPTH = 20
"""Results looked at for the first relevant one."""


@dataclass(frozen=True)
class Judged:
    """A question with the items that answer it."""

    text: str
    lang: str
    kind: str
    unseen: bool
    """Whether it was held back while the search was shaped."""
    grades: Mapping[str, int]
    """Slug to grade: 2 about just this, 1 in part."""


@dataclass(frozen=True)
class Measured:
    """How well questions are answered, in the mean."""

    questions: int
    mrr: float
    recall: float
    ndcg: float

    def __str__(self) -> str:
        return f"{self.questions:4}   MRR {self.mrr:.3f}   recall@10 {self.recall:.3f}   nDCG@10 {self.ndcg:.3f}"


@dataclass(frozen=True)
class Answer:
    """What one question gave."""

    question: Judged
    slugs: tuple[str, ...]

    @property
    def reciprocal_rank(self) -> float:
        """1 for a first result that is relevant, 1/2 for a second, 0 for none at all."""
        return next((1 / place for place, slug in enumerate(self.slugs, 1) if slug in self.question.grades), 0.0)

    @property
    def recall(self) -> float:
        """Relevant ones among the first ten, of those that could be there."""
        found = sum(slug in self.question.grades for slug in self.slugs[:10])
        return found / min(10, len(self.question.grades))

    @property
    def ndcg(self) -> float:
        """Discounted gain of the first ten, of the best that is possible."""
        best = _gain(sorted(self.question.grades.values(), reverse=True)[:10])
        return _gain([self.question.grades.get(slug, 0) for slug in self.slugs[:10]]) / best


def questions() -> list[Judged]:
    """All judged questions."""
    read = tomllib.loads((HERE / "queries.toml").read_text("utf-8"))["query"]
    return [
        Judged(
            one["text"],
            one["lang"],
            one["kind"],
            one.get("set") == "unseen",
            {**dict.fromkeys(one.get("grade1", ()), 1), **dict.fromkeys(one["grade2"], 2)},
        )
        for one in read
    ]


def answers(index: SearchIndex, facets: FacetIndex, asked: Sequence[Judged]) -> Iterator[Answer]:
    """What each question gives."""
    for question in asked:
        ranked = index.rank(index.find(question.text, question.lang), limit=DEPTH)
        yield Answer(question, tuple(facets.iri(hit.number).rpartition("/")[2] for hit in ranked))


def mean(answered: Sequence[Answer]) -> Measured:
    """How well questions were answered."""
    count = len(answered) or 1
    sums = (sum(getattr(one, name) for one in answered) for name in ("reciprocal_rank", "recall", "ndcg"))
    return Measured(len(answered), *(total / count for total in sums))


def _gain(grades: Sequence[int]) -> float:
    return sum(grade / math.log2(place + 1) for place, grade in enumerate(grades, 1))
