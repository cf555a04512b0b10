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
from typing import Final, Self

import tantivy
from pyroaring import BitMap

from kggraph.model import Model
from kggraph.rdf import ntriples
from kggraph.search import index_files
from kggraph.search.analysis import STOP_WORDS, Analyser, split_compound, words
from kggraph.search.engine_files import MAKING, move_named_by_content, written_by_engine
from kggraph.search.index_files import PART, FileWriter, about, dump
from kggraph.search.item_reader import Batch, ItemReader, Lists, ReadItem
from kggraph.search.linked_terms import LinkedTerms, about_terms, document_of, parts_of_names, terms_of_items
from kggraph.search.suggest_writer import write_names, write_title_words
from kggraph.search.texts import Named, Text, TextReader

_SAMPLE: Final = 50_000
"""Items that are held back to learn the words of the corpus from; of a larger one, the first so many are the sample."""
_HEAP_BYTES: Final = 256_000_000
_BATCH: Final = 10_000


@dataclass(slots=True, kw_only=True)
class _Thing(LinkedTerms):
    """A thing that items link to."""

    named: Named
    linked: array[int] = field(default_factory=lambda: array("I"))
    """Numbers of the items that link to it."""
    items: BitMap = field(default_factory=BitMap)
    """The same, each once, when all are known."""
    places: Counter[int] = field(default_factory=Counter)
    """How often it is linked to from a field of the weight at that place."""


class SearchIndexWriter:
    """Takes in the things that items link to, then the items, then writes a folder.

    Items may be read elsewhere: `reader()` gives what reads them once all things are known, `take` takes what it gave.
    """

    def __init__(self, folder: Path, model: Model, languages: Sequence[str]) -> None:
        """Start an index in a new folder.

        :param languages: those of the knowledge base, the first being that of texts without a language.
        :raises ShapesError: a searched field is an inverse property.
        """
        self._model = model
        self._texts = TextReader(model)
        self._analyser = Analyser(languages)
        self._weights = sorted({found.search_weight for found in self._texts.fields}, reverse=True)
        self._things: dict[str, _Thing] = {}
        self._numbered: list[_Thing] = []
        self._phrases: dict[str, None] = {}
        self._words = {lang: Lists() for lang in self._analyser.languages}
        self._label_words: dict[str, Counter[str]] = {lang: Counter() for lang in self._analyser.languages}
        self._reader: ItemReader | None = None
        self._waiting: list[ReadItem] | None = []
        self._parts = {lang: _Parts(self._parts_of, lang) for lang in self._analyser.compounding}
        self._postings, self._title_words = Lists(), Lists()
        self._rows: list[tuple[int, str, str]] = []
        self._making, self._finished = folder / MAKING, folder / "engine"
        self._making.mkdir(parents=True)
        literal = {self._weights.index(found.search_weight) for found in self._texts.fields if found.is_literal}
        about = {"languages": self._analyser.languages, "weights": self._weights, "own": sorted(literal)}
        self._files = FileWriter(folder, about)
        # One thread keeps the items in one order, so that a build gives the same ranking every time.
        with written_by_engine():
            engine = tantivy.Index(index_files.schema(len(self._weights), literal), str(self._making))
            self._engine = engine.writer(_HEAP_BYTES, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def add_thing(self, iri: str, rows: Iterable[ntriples.Row], kind: str = "") -> None:
        """Take in a thing that items may link to, such as a concept or an organisation; before the items.

        :param rows: its own triples.
        :param kind: the {kind} in its address.
        """
        named = self._texts.named(iri, rows, kind)
        if named.names or named.synonyms:
            if named.is_concept:
                self._learn_phrases((*named.names, *named.synonyms))
            names, synonyms = (" ".join(self._terms(texts)) for texts in (named.names, named.synonyms))
            thing = _Thing(len(self._numbered), names, synonyms, named=named)
            self._things[iri] = thing
            self._numbered.append(thing)

    def reader(self) -> ItemReader:
        """What reads items, here or in another process; from now on no thing is added."""
        if self._reader is None:
            for thing in self._numbered:
                thing.about = about_terms(thing.number, self._broader)
            things = {f"<{iri}>".encode(): thing.number for iri, thing in self._things.items()}
            self._reader = ItemReader(self._model, self._analyser.languages, self._weights, things, self._phrases)
        return self._reader

    def add_item(self, number: int, iri: str, data: bytes) -> None:
        """Read and take in an item.

        :param number: its number in the facets; each once.
        :param data: its own triples as N-Triples.
        """
        self.take(self.reader().read([(number, iri, data)]))

    def take(self, batch: Batch) -> None:
        """Take in items that a reader gave."""
        for lang, words_of_language in batch.words.items():
            self._words[lang].extend(words_of_language)
        self._postings.extend(batch.phrases)
        self._title_words.extend(batch.title_words)
        self._rows += [(item.number, item.iri, item.titles) for item in batch.items]
        if self._waiting is None:
            self._give(batch.items)
        else:
            self._waiting += batch.items
        if len(self._rows) >= _BATCH:
            self._files.insert("items", 3, self._rows)
            self._rows.clear()
        if self._waiting is not None and len(self._waiting) >= _SAMPLE:
            self._start()

    def finish(self) -> None:
        """Write everything; the folder is complete when this returns."""
        if self._waiting is not None:
            self._start()
        with written_by_engine():
            self._engine.commit()
            self._engine.wait_merging_threads()
        move_named_by_content(self._making, self._finished)
        bitmaps = self._bitmaps()
        for thing in self._numbered:
            if thing.linked:
                thing.items = bitmaps[about(thing.number)] = BitMap(thing.linked)
                _spread(thing, bitmaps)
        files = self._files
        files.add_bitmaps("terms", bitmaps)
        files.add_bitmaps("title_words", {word: BitMap(numbers) for word, numbers in self._title_words.items()})
        files.add_words([self._counts(lang) for lang in self._words])
        files.insert("items", 3, self._rows)
        for lang, split in self._parts.items():
            files.insert("compounds", 3, ((lang, word, " ".join(split[word])) for word in sorted(split) if split[word]))
        files.insert("things", 9, map(self._thing_row, self._numbered))
        files.insert("labels", 5, itertools.chain.from_iterable(map(self._labels, self._numbered)))
        write_title_words(files, {word: len(numbers) for word, numbers in self._title_words.items()})
        used = ((thing.number, thing.named, len(thing.items)) for thing in self._suggested())
        write_names(files, used, self._analyser)
        files.finish()

    def _bitmaps(self) -> dict[str, BitMap]:
        """The items of every term; words of one stem, and compounds with the same part, come together here."""
        bitmaps = {term: BitMap(numbers) for term, numbers in self._postings.items()}
        self._postings.clear()
        for lang, lists in self._words.items():
            parts: Mapping[str, list[str]] = self._parts.get(lang, {})
            for word, numbers in lists.items():
                items = BitMap(numbers)
                for term in (self._analyser.term(word, lang), *parts.get(word, ())):
                    bitmaps[term] = bitmaps[term] | items if term in bitmaps else items
        return bitmaps

    def _suggested(self) -> list[_Thing]:
        """Things that items link to, and concepts that these are under."""
        found = {thing.number for thing in self._numbered if thing.items}
        todo = list(found)
        while todo:
            for above in self._above(self._numbered[todo.pop()]):
                if above.number not in found:
                    found.add(above.number)
                    todo.append(above.number)
        return [self._numbered[number] for number in sorted(found)]

    def _above(self, thing: _Thing) -> list[_Thing]:
        return [self._things[iri] for iri in thing.named.broader if iri in self._things]

    def _broader(self, number: int) -> list[int]:
        return [above.number for above in self._above(self._numbered[number])]

    def _learn_phrases(self, labels: Iterable[Text]) -> None:
        for label in labels:
            key = self._analyser.key(words(label.text), self._analyser.language(label.lang))
            if " " in key:
                self._phrases[key] = None

    def _terms(self, texts: Iterable[Text]) -> list[str]:
        terms: list[str] = []
        for text in texts:
            lang = self._analyser.language(text.lang)
            own = words(text.text)
            self._label_words[lang].update(own)
            terms += self._analyser.terms(own, lang)
        return terms

    def _start(self) -> None:
        """Everything that compounds are taken apart by is known now: give the engine what waited."""
        waiting, self._waiting = self._waiting or [], None
        for thing in self._numbered:
            thing.parts = parts_of_names(thing.named.names, self._analyser, lambda word, lang: self._parts[lang][word])
        self._give(waiting)

    def _parts_of(self, word: str, lang: str) -> list[str]:
        """The terms of the parts of a compound."""
        count = self._counter(lang)
        found = split_compound(word, lang, lambda other: 0 if other == word else count(other))
        whole = found.parts if found and not found.known_head else ()
        return [self._analyser.term(part, lang) + PART for part in whole]

    def _counter(self, lang: str) -> Callable[[str], int]:
        """In how many items and labels a word stands; stop words not counted."""
        items, labels, stop_words = self._words[lang], self._label_words[lang], STOP_WORDS.get(lang, frozenset())
        return lambda word: 0 if word in stop_words else len(items.get(word, ())) + labels.get(word, 0)

    def _counts(self, lang: str) -> Counter[str]:
        return self._label_words[lang] + Counter({word: len(items) for word, items in self._words[lang].items()})

    def _give(self, items: Iterable[ReadItem]) -> None:
        with written_by_engine():
            for item in items:
                self._engine.add_document(self._document(item))

    def _document(self, item: ReadItem) -> tantivy.Document:
        """What the engine gets of an item; what it links to is noted on the way."""
        parts = item.joined.split()
        self._postings.append(set(parts), item.number)
        for lang, own in item.compounds:
            parts += self._parts[lang].all_in(own.split())
        linked = [self._numbered[number] for number in item.links]
        for thing, place in zip(linked, item.places, strict=True):
            thing.linked.append(item.number)
            thing.places[place] += 1
        return document_of(item, parts, linked)

    def _thing_row(self, thing: _Thing) -> tuple[object, ...]:
        named = thing.named
        weight = self._weights[thing.places.most_common(1)[0][0]] if thing.places else 1.0
        known = (thing.number, named.iri, named.kind, int(named.is_concept), len(thing.items), weight)
        return (*known, dump(named.names), dump(named.synonyms), dump(self._broader(thing.number)))

    def _labels(self, thing: _Thing) -> Iterator[tuple[object, ...]]:
        """What a phrase of a question must be equal to, stem by stem, to mean this concept."""
        if thing.named.is_concept:
            for preferred, texts in ((1, thing.named.names), (0, thing.named.synonyms)):
                for text in texts:
                    lang, own = self._analyser.language(text.lang), words(text.text)
                    for key in (self._analyser.key(own, lang), self._analyser.bag(own, lang, self._counter(lang))):
                        if key:
                            yield key, thing.number, preferred, text.lang, text.text


class _Parts(dict[str, list[str]]):
    """Word to the terms of its parts, none when it is no compound; taken apart when it is first asked for."""

    def __init__(self, take_apart: Callable[[str, str], list[str]], lang: str) -> None:
        super().__init__()
        self._take_apart, self._lang = take_apart, lang

    def __missing__(self, word: str) -> list[str]:
        found = self[word] = self._take_apart(word, self._lang)
        return found

    def all_in(self, own: Iterable[str]) -> list[str]:
        """The terms of the parts of all compounds among words."""
        return list(itertools.chain.from_iterable(map(self.__getitem__, own)))


def _spread(thing: _Thing, bitmaps: dict[str, BitMap]) -> None:
    """Give the items of a thing the terms of its names, and of what it is about."""
    for term in terms_of_items(thing):
        bitmaps[term] = bitmaps[term] | thing.items if term in bitmaps else thing.items
