"""From an item's own triples to the terms it is found by.

This is most of the work of an index, so it stands on its own: an `ItemReader` is told once what there is to know and
can then read items in any process.
"""

from __future__ import annotations

import itertools
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from json.encoder import encode_basestring
from typing import NamedTuple

from kggraph.model import Model
from kggraph.rdf import ntriples
from kggraph.search.analysis import SHORTEST_COMPOUND, STOP, Analyser, words_and_joined
from kggraph.search.index_files import PART, PHRASE
from kggraph.search.texts import LABEL_ROLE, TextReader

Phrases = Mapping[str, Mapping[str, Sequence[Sequence[str]]]]
"""First term of a label of several words -> second term -> all terms after the first."""


class ReadItem(NamedTuple):
    """The terms of an item; texts with spaces between, since the garbage collector goes through lists."""

    number: int
    iri: str
    texts: tuple[str, ...]
    """Terms of its own texts, by weight."""
    compounds: tuple[tuple[str, str], ...]
    """Words that may be compounds, after their language."""
    joined: str
    """Terms of its words with hyphens, as parts."""
    links: tuple[tuple[int, int], ...]
    """Number of a thing that it links to, with the weight's place."""
    titles: str
    """Language tag -> title, as JSON."""


class Batch(NamedTuple):
    """Items that were read together."""

    items: list[ReadItem]
    words: dict[str, Counter[str]]
    """How often each word was read, by language."""
    terms: dict[str, bytes]
    """Numbers of the items that each term stands in, as the bytes of an `array("I")`: to send these is quick."""
    title_words: dict[str, bytes]
    """The same of the words of titles."""


class ItemReader:
    """Reads items; give a copy to every process."""

    def __init__(
        self,
        model: Model,
        languages: Sequence[str],
        weights: Sequence[float],
        things: Mapping[bytes, int],
        phrases: Phrases,
    ) -> None:
        """Keep what is needed for every item.

        :param weights: all weights of searched fields, the highest first.
        :param things: things that items may link to, in N-Triples form, with their numbers.
        :param phrases: labels of several words.
        """
        self._languages = tuple(languages)
        self._places = {
            f"<{found.path}>".encode(): (weights.index(found.search_weight), found.role == LABEL_ROLE)
            for found in reversed(TextReader(model).fields)
        }
        self._buckets = len(weights)
        self._things = things
        self._phrases = phrases
        self._start()

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "_analyser"}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._start()

    def _start(self) -> None:
        self._analyser = Analyser(self._languages)

    def read(self, items: Iterable[tuple[int, str, Iterable[ntriples.Row]]]) -> Batch:
        """Read some items: of each its number in the facets, its IRI and its own triples."""
        counts: dict[str, Counter[str]] = {lang: Counter() for lang in self._analyser.languages}
        terms: dict[str, array[int]] = {}
        title_words: dict[str, array[int]] = {}
        read = [self._read(*item, counts, terms, title_words) for item in items]
        return Batch(read, counts, _packed(terms), _packed(title_words))

    def _read(
        self,
        number: int,
        iri: str,
        rows: Iterable[ntriples.Row],
        counts: Mapping[str, Counter[str]],
        postings: dict[str, array[int]],
        title_postings: dict[str, array[int]],
    ) -> ReadItem:
        # This runs for every item of a large knowledge base: one generator less is a tenth of its time.
        subject, places, things, analyser = f"<{iri}>".encode(), self._places, self._things, self._analyser
        texts: list[list[str]] = [[] for _ in range(self._buckets)]
        links: list[tuple[int, int]] = []
        compounds: list[tuple[str, str]] = []
        inside: list[str] = []
        titles: dict[str, str] = {}
        title_words: list[str] = []
        for row_subject, predicate, term in rows:
            if row_subject != subject or (place := places.get(predicate)) is None:
                continue
            bucket, is_title = place
            if not term.startswith(b'"'):
                if (thing := things.get(term)) is not None:
                    links.append((thing, bucket))
                continue
            text, tag, _ = ntriples.literal(term)
            lang = analyser.language(tag)
            own, joined = words_and_joined(text)
            terms = analyser.terms(own, lang)
            texts[bucket] += terms
            texts[bucket] += self._phrases_in(terms)
            counts[lang].update(own)
            if lang in analyser.compounding:
                compounds.append((lang, " ".join([word for word in own if len(word) >= SHORTEST_COMPOUND])))
            if joined:
                inside += [term + PART for term in analyser.terms(joined, lang)]
            if is_title:
                titles.setdefault(tag, text)
                title_words += own
        shown = ",".join([f"{encode_basestring(tag)}:{encode_basestring(text)}" for tag, text in titles.items()])
        joined_texts = tuple(map(" ".join, texts))
        append(title_postings, set(title_words), number)
        # What a stop word stands in nobody wants to know, and it is a third of all.
        append(postings, {term for term in itertools.chain.from_iterable(texts) if term[0] != STOP}, number)
        return ReadItem(number, iri, joined_texts, tuple(compounds), " ".join(inside), tuple(links), f"{{{shown}}}")

    def _phrases_in(self, terms: Sequence[str]) -> list[str]:
        """The labels of several words that stand in a text, each as a term of its own."""
        phrases = self._phrases
        if phrases.keys().isdisjoint(terms):
            return []
        own = [term for term in terms if term[0] != STOP]
        return [
            PHRASE.join((term, *rest))
            for place, (term, second) in enumerate(itertools.pairwise(own), 1)
            if term in phrases and second in phrases[term]
            for rest in phrases[term][second]
            if own[place : place + len(rest)] == rest
        ]


def append(lists: dict[str, array[int]], keys: Iterable[str], number: int) -> None:
    """Put a number at the end of the list of every key."""
    for key in keys:
        try:
            lists[key].append(number)
        except KeyError:
            lists[key] = array("I", (number,))


def _packed(lists: Mapping[str, array[int]]) -> dict[str, bytes]:
    return {key: numbers.tobytes() for key, numbers in lists.items()}
