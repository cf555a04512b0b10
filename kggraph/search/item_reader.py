"""From an item's own triples to the terms it is found by.

This is most of the work of an index, so it stands on its own: an `ItemReader` is told once what there is to know and
can then read items in any process.
"""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Iterable, Mapping, Sequence
from json.encoder import encode_basestring
from typing import Final, NamedTuple

from kggraph.model import Model
from kggraph.rdf import ntriples
from kggraph.search.analysis import SHORTEST_COMPOUND, STOP, STOP_WORDS, Analyser, words_and_joined
from kggraph.search.index_files import PART, PHRASE
from kggraph.search.texts import LABEL_ROLE, TextReader

_NONE: Final = frozenset[str]()


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
    links: tuple[int, ...]
    """Numbers of the things that it links to."""
    places: tuple[int, ...]
    """Of each of these the place of the weight of the field that links to it."""
    titles: str
    """Language tag -> title, as JSON."""


class Batch(NamedTuple):
    """Items that were read together.

    Numbers of items are the bytes of an `array("I")`: to send these is quick.
    """

    items: list[ReadItem]
    words: dict[str, dict[str, bytes]]
    """By language: numbers of the items that each word stands in; not of stop words."""
    phrases: dict[str, bytes]
    """Numbers of the items that labels of several words stand in."""
    title_words: dict[str, bytes]
    """Numbers of the items that each word stands in the title of."""


class Lists(dict[str, "array[int]"]):
    """A list of numbers for every key, made when it is first asked for."""

    def __missing__(self, key: str) -> array[int]:
        made = self[key] = array("I")
        return made

    def append(self, keys: Iterable[str], number: int) -> None:
        """Put a number at the end of the list of every key."""
        for key in keys:
            self[key].append(number)

    def packed(self) -> dict[str, bytes]:
        """The lists as bytes."""
        return {key: numbers.tobytes() for key, numbers in self.items()}

    def extend(self, packed: Mapping[str, bytes]) -> None:
        """Put lists after those that are there."""
        for key, numbers in packed.items():
            self[key].frombytes(numbers)


class _Made(NamedTuple):
    """What a batch is made of, as long as items are read."""

    words: Mapping[str, Lists]
    phrases: Lists
    title_words: Lists


class ItemReader:
    """Reads items; give a copy to every process."""

    def __init__(
        self,
        model: Model,
        languages: Sequence[str],
        weights: Sequence[float],
        things: Mapping[bytes, int],
        labels: Iterable[str],
    ) -> None:
        """Keep what is needed for every item.

        :param weights: all weights of searched fields, the highest first.
        :param things: numbers of the things that items may link to, by their IRI in N-Triples form.
        :param labels: those of several words, as `Analyser.key` gives them.
        """
        self._languages = tuple(languages)
        self._places = {
            f"<{found.path}>".encode(): (weights.index(found.search_weight), found.role == LABEL_ROLE)
            for found in reversed(TextReader(model).fields)
        }
        self._buckets = len(weights)
        self._things = things
        self._labels = _by_beginning(labels)
        self._beginnings = frozenset(self._labels)
        self._start()

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "_analyser"}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._start()

    def _start(self) -> None:
        self._analyser = Analyser(self._languages)

    def read(self, items: Iterable[tuple[int, str, bytes]]) -> Batch:
        """Read some items: of each its number in the facets, its IRI and its own triples as sorted N-Triples."""
        made = _Made({lang: Lists() for lang in self._analyser.languages}, Lists(), Lists())
        read = [self._read(*item, made) for item in items]
        words = {lang: lists.packed() for lang, lists in made.words.items()}
        return Batch(read, words, made.phrases.packed(), made.title_words.packed())

    def _read(self, number: int, iri: str, data: bytes, made: _Made) -> ReadItem:
        # This runs for every item of a large knowledge base: one generator less is a tenth of its time.
        places, things, analyser = self._places, self._things, self._analyser
        texts: list[list[str]] = [[] for _ in range(self._buckets)]
        links: list[int] = []
        link_places: list[int] = []
        compounds: list[tuple[str, str]] = []
        inside: list[str] = []
        titles: dict[str, str] = {}
        found: dict[str, set[str]] = {}
        labels: list[str] = []
        for line in _own_lines(iri, data):
            predicate, _, rest = line.partition(b" ")
            place = places.get(predicate)
            if place is None:
                continue
            bucket, is_title = place
            term = rest[:-2]
            if not term.startswith(b'"'):
                if (thing := things.get(term)) is not None:
                    links.append(thing)
                    link_places.append(bucket)
                continue
            text, tag, _ = ntriples.literal(term)
            lang = analyser.language(tag)
            own, joined = words_and_joined(text)
            terms = analyser.terms(own, lang)
            texts[bucket].append(" ".join(terms))
            if phrases := self._phrases_in(terms):
                texts[bucket] += phrases
                labels += phrases
            if lang in analyser.compounding:
                compounds.append((lang, " ".join([word for word in own if len(word) >= SHORTEST_COMPOUND])))
            if joined:
                inside += [term + PART for term in analyser.terms(joined, lang)]
            if is_title:
                titles.setdefault(tag, text)
                made.title_words.append(set(own), number)
            if lang in found:
                found[lang].update(own)
            else:
                found[lang] = set(own)
        for lang, of_language in found.items():
            # What a stop word stands in nobody wants to know, and it is a third of all.
            made.words[lang].append(of_language - STOP_WORDS.get(lang, _NONE), number)
        made.phrases.append(set(labels), number)
        return ReadItem(
            number,
            iri,
            tuple([" ".join(of_weight) for of_weight in texts]),
            tuple(compounds),
            " ".join(inside),
            tuple(links),
            tuple(link_places),
            _as_json(titles),
        )

    def _phrases_in(self, terms: Sequence[str]) -> list[str]:
        """The labels of several words that stand in a text, each as a term of its own."""
        own = [term for term in terms if term[0] != STOP]
        there = self._beginnings.intersection(itertools.pairwise(own))
        if not there:
            return []
        labels, whole = self._labels, f" {' '.join(own)} "
        candidates = sorted([label for beginning in there for label in labels[beginning]])
        return [label.replace(" ", PHRASE) for label in candidates for _ in range(whole.count(f" {label} "))]


def _own_lines(iri: str, data: bytes) -> list[bytes]:
    """Predicate and object of every triple of the item itself, with what ends a line."""
    lines = (b"\n" + data).split(f"\n<{iri}> ".encode())
    # What follows the last line is about other subjects.
    lines[-1] = lines[-1].partition(b"\n")[0]
    return lines[1:]


def _as_json(titles: Mapping[str, str]) -> str:
    told = [f"{encode_basestring(tag)}:{encode_basestring(text)}" for tag, text in titles.items()]
    return f"{{{','.join(told)}}}"


def _by_beginning(labels: Iterable[str]) -> dict[tuple[str, str], list[str]]:
    """Labels under their first two terms."""
    found: dict[tuple[str, str], list[str]] = {}
    for label in labels:
        first, second, *_ = label.split(" ")
        found.setdefault((first, second), []).append(label)
    return found
