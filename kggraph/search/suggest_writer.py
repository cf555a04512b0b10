"""What is suggested while someone types: the names of things, filed under every word they may be typed from."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from kggraph.search.analysis import Analyser, spans
from kggraph.search.index_files import FileWriter
from kggraph.search.texts import Named

_LONGEST_KEY: Final = 48
LONGEST_TOP: Final = 8
"""Beginnings of up to so many letters that many names have are answered from a list made beforehand."""
MANY: Final = 250
"""More names than this with one beginning, and such a list is made."""
KEPT: Final = 40
"""Names kept in such a list."""


class NameRow(NamedTuple):
    """A name under one of its words."""

    key: str
    thing: int
    start: int
    """Where in the text that word stands."""
    rank: int
    """How many items link to the thing."""
    preferred: int
    lang: str
    text: str


def write_names(files: FileWriter, things: Iterable[tuple[int, Named, int]], analyser: Analyser) -> None:
    """File the names of things, each with its number and how many items link to it."""
    rows = sorted(itertools.chain.from_iterable(name_rows(*thing, analyser) for thing in things))
    files.insert("names", 8, ((number, *row) for number, row in enumerate(rows)))
    files.insert("name_tops", 2, _tops([row.key for row in rows], [row.rank for row in rows]))


def write_title_words(files: FileWriter, counts: dict[str, int]) -> None:
    """File the most frequent words of titles under beginnings that many have."""
    words = sorted(counts)
    tops = _tops(words, [counts[word] for word in words])
    files.insert("title_tops", 2, ((beginning, words[number]) for beginning, number in tops))


def name_rows(number: int, named: Named, rank: int, analyser: Analyser) -> Iterator[NameRow]:
    """A row for every word of every name, but stop words inside."""
    for preferred, texts in ((1, named.names), (0, named.synonyms)):
        for text in texts:
            own = [(start, word) for start, _, found in spans(text.text) for word in found[:1]]
            stop_words = analyser.stop_words([word for _, word in own], analyser.language(text.lang))
            for place, (start, word) in enumerate(own):
                if not place or word not in stop_words:
                    key = " ".join(word for _, word in own[place:])[:_LONGEST_KEY]
                    yield NameRow(key, number, start, rank, preferred, text.lang, text.text)


def _tops(keys: list[str], ranks: list[int]) -> Iterator[tuple[str, int]]:
    """For every beginning that many of the sorted keys have, the places of those that rank highest."""
    for letters in range(1, LONGEST_TOP + 1):
        for beginning, group in itertools.groupby(range(len(keys)), key=lambda place: keys[place][:letters]):
            places = list(group)
            if len(beginning) == letters and len(places) > MANY:
                best = heapq.nsmallest(KEPT, places, key=lambda place: (-ranks[place], place))
                yield from ((beginning, place) for place in best)
