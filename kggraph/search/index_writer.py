"""Making the text index of a generation; `search/index.py` reads it.

Two things are made of the same terms. The engine (tantivy) ranks: one field for each weight that the shapes give, one
for synonyms, one for parts of compounds, one for what an item is about. Beside it `postings.bin` holds for every term
the bitmap of the items that have it: a whole result is there as a bitmap without the engine giving out a hit, so that
facets are counted over it in no time (211,000 hits: 235 ms out of the engine, 0.1 ms as a bitmap).
"""

from __future__ import annotations

import itertools
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import tantivy
from pyroaring import BitMap

from kggraph.model import Model
from kggraph.rdf import ntriples
from kggraph.search import index_files
from kggraph.search.analysis import STOP, STOP_WORDS, Analyser, hyphened, split_compound, words
from kggraph.search.index_files import LABEL, PART, PHRASE, FileWriter, dump
from kggraph.search.suggest_writer import write_names, write_title_words
from kggraph.search.texts import LABEL_ROLE, Linked, Named, Text, TextReader

_SAMPLE: Final = 50_000
"""Items that are held back to learn the words of the corpus from; of a larger one, the first so many are the sample."""
_HEAP_BYTES: Final = 256_000_000
_BATCH: Final = 10_000


@dataclass(slots=True)
class _Thing:
    """A thing that items link to, with its terms."""

    named: Named
    number: int
    names: list[str]
    synonyms: list[str]
    parts: list[str] = field(default_factory=list)
    about: str = ""
    items: array[int] = field(default_factory=lambda: array("I"))
    buckets: Counter[int] = field(default_factory=Counter)


@dataclass(slots=True)
class _Item:
    """An item that waits to be given to the engine."""

    number: int
    texts: list[list[str]]
    compounds: set[tuple[str, str]]
    joined: list[str]
    things: list[_Thing]
    buckets: list[int]


class SearchIndexWriter:
    """Takes in the things that items link to, then the items, then writes a folder."""

    def __init__(self, folder: Path, model: Model, languages: Sequence[str]) -> None:
        """Start an index in a new folder.

        :param languages: those of the knowledge base, the first being that of texts without a language.
        :raises ShapesError: a searched field is an inverse property.
        """
        self._folder = folder
        self._reader = TextReader(model)
        self._analyser = Analyser(languages)
        self._weights = sorted({found.search_weight for found in self._reader.fields}, reverse=True)
        self._bucket = {found.iri: self._weights.index(found.search_weight) for found in self._reader.fields}
        self._things: dict[str, _Thing] = {}
        self._postings: dict[str, array[int]] = {}
        self._phrases: dict[str, list[list[str]]] = {}
        self._words: Counter[tuple[str, str]] = Counter()
        self._waiting: list[_Item] | None = []
        self._parts: dict[tuple[str, str], list[str]] = {}
        self._title_words: dict[str, array[int]] = {}
        self._rows: list[tuple[int, str, str]] = []
        (folder / "engine").mkdir(parents=True)
        literal = {self._bucket[found.iri] for found in self._reader.fields if found.is_literal}
        about = {"languages": self._analyser.languages, "weights": self._weights, "own": sorted(literal)}
        self._files = FileWriter(folder, about)
        self._schema = index_files.schema(len(self._weights))
        # One thread keeps the items in one order, so that a build gives the same ranking every time.
        self._engine = tantivy.Index(self._schema, str(folder / "engine")).writer(_HEAP_BYTES, 1)

    def add_thing(self, iri: str, rows: Iterable[ntriples.Row], kind: str = "") -> None:
        """Take in a thing that items may link to, such as a concept or an organisation; before the items.

        :param rows: its own triples.
        :param kind: the {kind} in its address.
        """
        named = self._reader.named(iri, rows, kind)
        if named.names or named.synonyms:
            names, synonyms = self._terms(named.names), self._terms(named.synonyms)
            if named.is_concept:
                self._learn_phrases((*named.names, *named.synonyms))
            self._things[iri] = _Thing(named, len(self._things), names, synonyms)

    def add_item(self, number: int, iri: str, rows: Iterable[ntriples.Row]) -> None:
        """Take in an item.

        :param number: its number in the facets; each once.
        :param rows: its own triples.
        """
        analyser = self._analyser
        item = _Item(number, [[] for _ in self._weights], set(), [], [], [])
        titles: dict[str, str] = {}
        for found in self._reader.read(iri, rows):
            bucket = self._bucket[found.field.iri]
            if isinstance(found, Linked):
                if thing := self._things.get(found.iri):
                    item.things.append(thing)
                    item.buckets.append(bucket)
                continue
            lang = analyser.language(found.lang)
            own = words(found.text)
            terms = analyser.terms(own, lang)
            item.texts[bucket] += terms
            item.texts[bucket] += self._phrases_in(terms)
            self._count(own, lang)
            if lang in analyser.compounding:
                item.compounds.update(zip(own, itertools.repeat(lang)))
            if "-" in found.text:
                item.joined += self._joined(found.text, lang)
            if found.field.role == LABEL_ROLE:
                titles.setdefault(found.lang, found.text)
                for word in dict.fromkeys(own):
                    _append(self._title_words, word, number)
        self._keep(number, iri, titles)
        if self._waiting is None:
            self._give(item)
            return
        self._waiting.append(item)
        if len(self._waiting) == _SAMPLE:
            self._start()

    def finish(self) -> None:
        """Write everything; the folder is complete when this returns."""
        if self._waiting is not None:
            self._start()
        self._engine.commit()
        self._engine.wait_merging_threads()
        bitmaps = {term: BitMap(numbers) for term, numbers in self._postings.items()}
        self._postings.clear()
        for thing in self._things.values():
            self._spread(thing, bitmaps)
        files = self._files
        files.add_bitmaps("terms", bitmaps)
        files.add_bitmaps("title_words", {word: BitMap(numbers) for word, numbers in self._title_words.items()})
        files.add_words(self._words)
        files.insert("items", 3, self._rows)
        files.insert("things", 9, map(self._thing_row, self._things.values()))
        files.insert("labels", 5, itertools.chain.from_iterable(map(self._labels, self._things.values())))
        write_title_words(files, {word: len(numbers) for word, numbers in self._title_words.items()})
        used = ((thing.number, thing.named, len(set(thing.items))) for thing in self._suggested())
        write_names(files, used, self._analyser)
        files.close()

    def _suggested(self) -> list[_Thing]:
        """Things that items link to, and concepts that these are under."""
        found = {iri for iri, thing in self._things.items() if thing.items}
        todo = list(found)
        while todo:
            for above in self._things[todo.pop()].named.broader:
                if above in self._things and above not in found:
                    found.add(above)
                    todo.append(above)
        return [thing for iri, thing in self._things.items() if iri in found]

    def _learn_phrases(self, labels: Iterable[Text]) -> None:
        for label in labels:
            key = self._analyser.key(words(label.text), self._analyser.language(label.lang))
            first, *rest = key.split() or ("",)
            if rest and rest not in self._phrases.setdefault(first, []):
                self._phrases[first].append(rest)

    def _phrases_in(self, terms: Sequence[str]) -> list[str]:
        """The labels of several words that stand in a text, each as a term of its own."""
        starts = [term for term in terms if term in self._phrases]
        if not starts:
            return []
        own = [term for term in terms if not term.startswith(STOP)]
        return [
            PHRASE.join((term, *rest))
            for place, term in enumerate(own)
            for rest in self._phrases.get(term, ())
            if own[place + 1 : place + 1 + len(rest)] == rest
        ]

    def _terms(self, texts: Iterable[Text]) -> list[str]:
        terms: list[str] = []
        for text in texts:
            lang = self._analyser.language(text.lang)
            own = words(text.text)
            self._count(own, lang)
            terms += self._analyser.terms(own, lang)
        return terms

    def _count(self, own: Iterable[str], lang: str) -> None:
        self._words.update(zip(own, itertools.repeat(lang)))

    def _joined(self, text: str, lang: str) -> list[str]:
        return [self._analyser.term("".join(parts), lang) + PART for parts in hyphened(text)]

    def _start(self) -> None:
        """Everything that compounds are taken apart by is known now: give the engine what waited."""
        waiting, self._waiting = self._waiting or [], None
        for thing in self._things.values():
            thing.about = self._about_terms(thing)
            for text in thing.named.names:
                lang = self._analyser.language(text.lang)
                thing.parts += self._joined(text.text, lang)
                if lang in self._analyser.compounding:
                    for word in words(text.text):
                        thing.parts += self._parts_of((word, lang))
        for item in waiting:
            self._give(item)

    def _about_terms(self, thing: _Thing) -> str:
        """The thing itself, and everything it is under: `#3 #3+ #1+`."""
        above, todo = {thing.number}, list(thing.named.broader)
        while todo:
            broader = self._things.get(todo.pop())
            if broader and broader.number not in above:
                above.add(broader.number)
                todo.extend(broader.named.broader)
        return " ".join((f"#{thing.number}", *(f"#{number}{PART}" for number in sorted(above))))

    def _parts_of(self, compound: tuple[str, str]) -> list[str]:
        """The terms of the parts of a word of a language; none of a word that is not a compound."""
        parts = self._parts.get(compound)
        if parts is None:
            word, lang = compound
            count = self._counter(lang)
            found = split_compound(word, lang, lambda other: 0 if other == word else count(other))
            whole = found.parts if found and not found.known_head else ()
            parts = self._parts[compound] = [self._analyser.term(part, lang) + PART for part in whole]
        return parts

    def _counter(self, lang: str) -> Callable[[str], int]:
        counts, stop_words = self._words, STOP_WORDS.get(lang, frozenset())
        return lambda word: 0 if word in stop_words else counts.get((word, lang), 0)

    def _give(self, item: _Item) -> None:
        parts = list(itertools.chain(item.joined, *map(self._parts_of, sorted(item.compounds))))
        own = set(itertools.chain(parts, *item.texts))
        fields: dict[str, Any] = {index_files.NUMBER: item.number}
        synonyms: list[str] = []
        about: list[str] = []
        for thing, bucket in zip(item.things, item.buckets, strict=True):
            item.texts[bucket] += thing.names
            synonyms += thing.synonyms
            parts += thing.parts
            about.append(thing.about)
            thing.buckets[bucket] += 1
            if not thing.items or thing.items[-1] != item.number:
                thing.items.append(item.number)
        for bucket, terms in enumerate(item.texts):
            fields[index_files.text_field(bucket)] = " ".join(terms)
        fields[index_files.SYNONYMS] = " ".join(synonyms)
        fields[index_files.PARTS] = " ".join(parts)
        fields[index_files.ABOUT] = " ".join(about)
        self._engine.add_document(tantivy.Document.from_dict(fields, self._schema))
        for term in own:
            _append(self._postings, term, item.number)

    def _spread(self, thing: _Thing, bitmaps: dict[str, BitMap]) -> None:
        """Give the items of a thing the terms of its names, and of what it is about."""
        items = BitMap(thing.items)
        if items:
            terms = {term + LABEL for term in (*thing.names, *thing.synonyms, *thing.parts)}
            for term in terms | set(thing.about.split()):
                bitmaps[term] = bitmaps[term] | items if term in bitmaps else items

    def _keep(self, number: int, iri: str, titles: Mapping[str, str]) -> None:
        self._rows.append((number, iri, dump(titles)))
        if len(self._rows) == _BATCH:
            self._files.insert("items", 3, self._rows)
            self._rows.clear()

    def _thing_row(self, thing: _Thing) -> tuple[object, ...]:
        named = thing.named
        broader = [self._things[iri].number for iri in named.broader if iri in self._things]
        weight = self._weights[thing.buckets.most_common(1)[0][0]] if thing.buckets else 1.0
        known = (thing.number, named.iri, named.kind, int(named.is_concept), len(set(thing.items)), weight)
        return (*known, dump(named.names), dump(named.synonyms), dump(broader))

    def _labels(self, thing: _Thing) -> Iterator[tuple[object, ...]]:
        """What a phrase of a question must be equal to, stem by stem, to mean this concept."""
        if thing.named.is_concept:
            for preferred, texts in ((1, thing.named.names), (0, thing.named.synonyms)):
                for text in texts:
                    lang, own = self._analyser.language(text.lang), words(text.text)
                    for key in (self._analyser.key(own, lang), self._analyser.bag(own, lang, self._counter(lang))):
                        if key:
                            yield key, thing.number, preferred, text.lang, text.text


def _append(lists: dict[str, array[int]], key: str, number: int) -> None:
    numbers = lists.get(key)
    if numbers is None:
        numbers = lists[key] = array("I")
    numbers.append(number)
