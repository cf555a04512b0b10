"""From an item's own triples to the terms it is found by.

This is most of the work of an index, so it stands on its own: an `ItemReader` is told once what there is to know and
can then read items in any process.
"""

from __future__ import annotations

import itertools
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from json.encoder import encode_basestring
from typing import NamedTuple

from kggraph.model import Model
from kggraph.rdf import ntriples
from kggraph.search.analysis import SHORTEST_COMPOUND, STOP, Analyser, words_and_joined
from kggraph.search.index_files import PART, PHRASE, about
from kggraph.search.texts import LABEL_ROLE, TextReader


class LinkedTerms(NamedTuple):
    """What an item gets from a thing that it links to; terms with spaces between."""

    number: int
    names: str
    synonyms: str
    about: str
    """The thing itself and everything it is under."""


class ReadItem(NamedTuple):
    """The terms of an item; texts with spaces between, since the garbage collector goes through lists."""

    number: int
    iri: str
    texts: tuple[str, ...]
    """Terms of its own texts and of the names of what it links to, by weight."""
    synonyms: str
    about: str
    compounds: tuple[tuple[str, str], ...]
    """Words that may be compounds, after their language."""
    joined: str
    """Terms of its words with hyphens, as parts."""
    links: tuple[int, ...]
    """Numbers of the things that it links to."""
    titles: str
    """Language tag -> title, as JSON."""


class Batch(NamedTuple):
    """Items that were read together.

    Numbers of items are the bytes of an `array("I")`: to send these is quick.
    """

    items: list[ReadItem]
    words: dict[str, dict[str, bytes]]
    """By language: numbers of the items that each word stands in."""
    terms: dict[str, bytes]
    """Numbers of the items that terms other than those of words stand in: of labels, and of things linked to."""
    title_words: dict[str, bytes]
    """Numbers of the items that each word stands in the title of."""
    links: Counter[tuple[int, int]]
    """How often each thing is linked to from a field of the weight at that place."""


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
    terms: Lists
    title_words: Lists
    links: list[tuple[int, int]]


class ItemReader:
    """Reads items; give a copy to every process."""

    def __init__(
        self,
        model: Model,
        languages: Sequence[str],
        weights: Sequence[float],
        things: Mapping[bytes, LinkedTerms],
        labels: Sequence[str],
    ) -> None:
        """Keep what is needed for every item.

        :param weights: all weights of searched fields, the highest first.
        :param things: things that items may link to, by their IRI in N-Triples form.
        :param labels: those of several words, as `Analyser.key` gives them.
        """
        self._languages = tuple(languages)
        self._places = {
            f"<{found.path}>".encode(): (weights.index(found.search_weight), found.role == LABEL_ROLE)
            for found in reversed(TextReader(model).fields)
        }
        self._buckets = len(weights)
        self._things = things
        self._labels = _by_rarest(labels)
        self._rarest = frozenset(self._labels)
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
        made = _Made({lang: Lists() for lang in self._analyser.languages}, Lists(), Lists(), [])
        read = [self._read(*item, made) for item in items]
        words = {lang: lists.packed() for lang, lists in made.words.items()}
        return Batch(read, words, made.terms.packed(), made.title_words.packed(), Counter(made.links))

    def _read(self, number: int, iri: str, data: bytes, made: _Made) -> ReadItem:
        # This runs for every item of a large knowledge base: one generator less is a tenth of its time.
        things, analyser = self._things, self._analyser
        texts: list[list[str]] = [[] for _ in range(self._buckets)]
        names: list[list[str]] = [[] for _ in range(self._buckets)]
        linked: list[LinkedTerms] = []
        compounds: list[tuple[str, str]] = []
        inside: list[str] = []
        titles: dict[str, str] = {}
        found: dict[str, set[str]] = {}
        others: list[str] = []
        for bucket, is_title, term in self._said(iri, data):
            if not term.startswith(b'"'):
                if (thing := things.get(term)) is not None:
                    linked.append(thing)
                    names[bucket].append(thing.names)
                    made.links.append((thing.number, bucket))
                continue
            text, tag, _ = ntriples.literal(term)
            lang = analyser.language(tag)
            own, joined = words_and_joined(text)
            each = set(own)
            terms = analyser.terms(own, lang)
            texts[bucket].append(" ".join(terms))
            if phrases := self._phrases_in(terms):
                texts[bucket] += phrases
                others += phrases
            if lang in analyser.compounding:
                compounds.append((lang, " ".join([word for word in own if len(word) >= SHORTEST_COMPOUND])))
            if joined:
                inside += [term + PART for term in analyser.terms(joined, lang)]
            if is_title:
                titles.setdefault(tag, text)
                made.title_words.append(each, number)
            if lang in found:
                found[lang] |= each
            else:
                found[lang] = each
        for lang, of_language in found.items():
            made.words[lang].append(of_language, number)
        others += [about(thing.number) for thing in linked]
        made.terms.append(set(others), number)
        return ReadItem(
            number,
            iri,
            tuple([" ".join(own + of_names) for own, of_names in zip(texts, names, strict=True)]),
            " ".join([thing.synonyms for thing in linked]),
            " ".join([thing.about for thing in linked]),
            tuple(compounds),
            " ".join(inside),
            tuple([thing.number for thing in linked]),
            "{"
            + ",".join([f"{encode_basestring(tag)}:{encode_basestring(text)}" for tag, text in titles.items()])
            + "}",
        )

    def _said(self, iri: str, data: bytes) -> Iterator[tuple[int, bool, bytes]]:
        """Objects of the searched properties, each with the place of its weight and whether it is a title."""
        lines = (b"\n" + data).split(f"\n<{iri}> ".encode())
        # What follows the last line is about other subjects.
        lines[-1] = lines[-1].partition(b"\n")[0]
        places = self._places
        for line in lines[1:]:
            predicate, _, term = line.partition(b" ")
            if (place := places.get(predicate)) is not None:
                yield *place, term[:-2]

    def _phrases_in(self, terms: Sequence[str]) -> list[str]:
        """The labels of several words that stand in a text, each as a term of its own."""
        stems, labels = set(terms), self._labels
        there = [label for term in self._rarest & stems for label, all_of in labels[term] if all_of <= stems]
        if not there:
            return []
        own = f" {' '.join([term for term in terms if term[0] != STOP])} "
        return [label.replace(" ", PHRASE) for label in sorted(there) for _ in range(own.count(f" {label} "))]


def _by_rarest(labels: Iterable[str]) -> dict[str, list[tuple[str, frozenset[str]]]]:
    """Labels, each with all of its terms, under the term that the fewest have: most texts are done with few of them."""
    terms = {label: frozenset(label.split()) for label in labels}
    counts = Counter(itertools.chain.from_iterable(terms.values()))
    found: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for label, all_of in terms.items():
        found.setdefault(min(label.split(), key=counts.__getitem__), []).append((label, all_of))
    return found
