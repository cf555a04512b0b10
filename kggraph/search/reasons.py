"""Why an item is in a result: for every unit of the question what in the item answers it."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Final, Literal, NamedTuple, TypeAlias

from kggraph.model import Model
from kggraph.rdf import ntriples
from kggraph.search.analysis import Analyser, split_compound
from kggraph.search.expansion import Alternative, Question, Unit
from kggraph.search.index import Found, SearchIndex
from kggraph.search.index_files import Files, KnownThing, Label
from kggraph.search.passages import Glance, Passage, Span, TextWords, cut
from kggraph.search.texts import LABEL_ROLE, OwnText, TextReader

ReasonKind: TypeAlias = Literal["word", "compound", "spelling", "synonym", "concept", "narrower", "name", "part"]
_CACHED: Final = 4_096
_ITEMS: Final = 1_000
"""Items whose words are kept, some 30 kB each."""


class Reason(NamedTuple):
    """Why an item has a unit of the question.

    `word`: the word itself; `compound`: a part of it, or a longer word with it inside; `spelling`: a word that is
    almost it; `synonym`: another name for it, in a text or of the concept that the item is about; `concept`: the item
    is about the concept that is called so; `narrower`: it is about something under that; `name`: it is in the name of
    something that the item links to; `part`: only one of its words or parts, in a result that is relaxed.
    """

    kind: ReasonKind
    asked: str
    matched: str
    """The words or the label that made it match."""
    lang: str
    """Language tag of `matched`; empty when it has none."""
    thing: str | None = None
    """IRI of the concept or thing, where there is one."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an item is in a result, and where."""

    reasons: tuple[Reason, ...]
    """One for each unit that the item has."""
    lacking: tuple[str, ...]
    """Units that it has not, in a result that is relaxed."""
    title: Passage | None
    """The whole title in its first language."""
    passages: tuple[Passage, ...]
    """Other texts with what was found, those in the page's language first."""


class _Placed(NamedTuple):
    """A name at its place among the names of a thing."""

    place: int
    text: str
    lang: str


@dataclass(frozen=True, slots=True)
class _Item:
    """What is read of an item."""

    texts: list[tuple[OwnText, TextWords]]
    linked: list[KnownThing]
    own: Glance
    """What its texts may have."""
    named: Glance
    """What the names of the things that it links to may have."""


@dataclass(slots=True)
class _Text:
    """A text of the item with what was found in it."""

    own: OwnText
    words: TextWords
    hits: set[Span] = field(default_factory=set)


class Explainer:
    """Explains results; one object serves all threads."""

    def __init__(self, index: SearchIndex, model: Model) -> None:
        self._analyser = index.analyser
        self._reader = TextReader(model)
        # None of these refers to this object, so that it goes when nobody needs it, and the open files with it.
        self._thing = lru_cache(_CACHED)(index.files.thing)
        self._words_of = partial(_words_of, index.analyser, lru_cache(_CACHED)(partial(_parts_of, index.files)))
        self._words = lru_cache(_CACHED)(self._words_of)
        self._names = lru_cache(_CACHED)(partial(_names_of, self._thing, self._words))
        self._above = lru_cache(_CACHED)(partial(_what_is_above, self._thing))
        self._items: dict[str, _Item] = {}

    def explain(self, found: Found, iri: str, rows: Iterable[ntriples.Row], *, passages: int = 2) -> Explanation:
        """Why an item is among those found.

        :param rows: its own triples.
        :param passages: how many texts to show at most, beside the title.
        """
        item = self._items.get(iri) or self._read(iri, rows)
        texts = [_Text(*text) for text in item.texts]
        reasons = [self._reason(unit, found.question, texts, item) for unit in found.question.units]
        lacking = tuple(unit.text for unit, why in zip(found.question.units, reasons, strict=True) if why is None)
        title, others = self._shown(texts, found.question.lang)
        return Explanation(tuple(why for why in reasons if why), lacking, title, tuple(others[:passages]))

    def meant(self, question: Question) -> set[str]:
        """The concepts that words of a question are a name of, as IRIs."""
        named = [one.thing for unit in question.units for one in unit.alternatives if one.kind == "concept"]
        things = (self._thing(number) for number in named if number is not None)
        return {thing.iri for thing in things if thing}

    def _read(self, iri: str, rows: Iterable[ntriples.Row]) -> _Item:
        """The texts of an item and what it links to, kept for the next question."""
        texts: list[tuple[OwnText, TextWords]] = []
        linked: list[KnownThing] = []
        for found in self._reader.read(iri, rows):
            if isinstance(found, OwnText):
                own = found._replace(text=unicodedata.normalize("NFC", found.text))
                texts.append((own, self._words_of(own.text, own.lang)))
            elif thing := self._thing(found.iri):
                linked.append(thing)
        if len(self._items) >= _ITEMS:
            self._items.clear()
        names = (self._words(*label) for thing in linked for label in (*thing.names, *thing.synonyms))
        item = _Item(texts, linked, Glance(words for _, words in texts), Glance(names))
        return self._items.setdefault(iri, item)

    def _reason(self, unit: Unit, question: Question, texts: Sequence[_Text], item: _Item) -> Reason | None:
        """The best reason; what stands in the texts is marked for every alternative."""
        found: list[Reason] = []
        for alternative in unit.alternatives:
            if alternative.kind == "concept":
                found += self._in_concepts(unit, alternative, question.lang, item.linked)
                continue
            # A concept has two dozen names, and hardly any of them stands in this item.
            if all(map(item.own.may_have, alternative.terms)):
                found += self._in_texts(unit, alternative, texts)
            if not alternative.own and not found:
                found += itertools.islice(self._in_names(unit, alternative, item), 1)
        found.sort(key=lambda reason: reason.kind == "name")
        return found[0] if found else self._part(unit, texts, item)

    def _part(self, unit: Unit, texts: Sequence[_Text], item: _Item) -> Reason | None:
        """One word of several, or one part of a compound, when that is all there is."""
        for alternative in unit.alternatives:
            for terms in alternative.terms if len(alternative.terms) > 1 else ():
                one = replace(alternative, terms=(terms,))
                for reason in self._in_texts(unit, one, texts):
                    return reason._replace(kind="part")
                if not alternative.own:
                    for reason in self._in_names(unit, one, item):
                        return reason._replace(kind="part")
        return None

    def _in_texts(self, unit: Unit, alternative: Alternative, texts: Sequence[_Text]) -> Iterator[Reason]:
        found = [[text.words.find(terms) for text in texts] for terms in alternative.terms]
        if not all(any(per_text) for per_text in found):
            return
        for per_text in found:
            for text, hits in zip(texts, per_text, strict=True):
                text.hits |= hits
        text, hits = next((text, hits) for text, hits in zip(texts, found[0], strict=True) if hits)
        first = min(hits)
        thing = self._thing(alternative.thing) if alternative.thing is not None else None
        kind: ReasonKind = "word" if alternative.kind in ("word", "phrase") else alternative.kind  # type: ignore[assignment]
        matched = text.own.text[first.start : first.end] if len(found) == 1 else alternative.text
        yield Reason(kind, unit.text, matched, text.own.lang, thing.iri if thing else None)

    def _in_concepts(
        self, unit: Unit, alternative: Alternative, lang: str, linked: Sequence[KnownThing]
    ) -> Iterator[Reason]:
        kind: ReasonKind = "concept" if alternative.preferred else "synonym"
        for thing in linked:
            if thing.number == alternative.thing:
                yield Reason(kind, unit.text, *_name(thing, lang), thing.iri)
        if len(alternative.terms[0]) > 1:
            for thing in linked:
                if alternative.thing in self._above(thing.number):
                    yield Reason("narrower", unit.text, *_name(thing, lang), thing.iri)

    def _in_names(self, unit: Unit, alternative: Alternative, item: _Item) -> Iterator[Reason]:
        if not any(map(item.named.may_have, alternative.terms)):
            return
        kind: ReasonKind = "spelling" if alternative.kind == "spelling" else "name"
        asked = list(itertools.chain.from_iterable(alternative.terms))
        for thing in item.linked:
            names = self._names(thing.number)
            for _, text, lang in sorted(names[term] for term in asked if term in names)[:1]:
                yield Reason(kind, unit.text, text, lang, thing.iri)
        # What is left stands inside a compound, or in a row.
        for thing in item.linked:
            for label in (*thing.names, *thing.synonyms):
                if any(map(self._words(*label).find, alternative.terms)):
                    yield Reason(kind, unit.text, label.text, label.lang, thing.iri)

    def _shown(self, texts: Sequence[_Text], lang: str) -> tuple[Passage | None, list[Passage]]:
        title: Passage | None = None
        others: list[tuple[tuple[bool, int, int], Passage]] = []
        for place, text in enumerate(texts):
            is_title = text.own.field.role == LABEL_ROLE
            if text.hits or (is_title and title is None):
                segments = cut(text.own.text, text.hits, whole=is_title)
                passage = Passage(text.own.field.key, text.own.lang, segments)
                if is_title and title is None:
                    title = passage
                else:
                    foreign = self._analyser.language(text.own.lang) != lang
                    others.append(((foreign, -len(text.hits), place), passage))
        return title, [passage for _, passage in sorted(others, key=lambda entry: entry[0])]


def _name(thing: KnownThing, lang: str) -> Label:
    """What a thing is called in a language, or in any."""
    named = thing.names or thing.synonyms
    return next((label for label in named if label.lang.partition("-")[0] == lang), named[0])


def _what_is_above(thing_of: Callable[[int], KnownThing | None], thing: int) -> frozenset[int]:
    """Everything that a thing is under."""
    found: set[int] = set()
    todo = [thing]
    while todo:
        if known := thing_of(todo.pop()):
            todo += [number for number in known.broader if number not in found]
            found.update(known.broader)
    return frozenset(found)


def _names_of(
    thing_of: Callable[[int], KnownThing | None], words: Callable[[str, str], TextWords], number: int
) -> dict[str, _Placed]:
    """The terms in the names of a thing, each with the first name that has it."""
    thing = thing_of(number)
    found: dict[str, _Placed] = {}
    for place, label in enumerate((*thing.names, *thing.synonyms) if thing else ()):
        for term in words(*label).terms:
            found.setdefault(term, _Placed(place, *label))
    return found


def _words_of(analyser: Analyser, parts: Callable[[str, str], tuple[str, ...]], text: str, lang: str) -> TextWords:
    return TextWords(text, analyser.language(lang), analyser, parts)


def _parts_of(files: Files, word: str, lang: str) -> tuple[str, ...]:
    split = split_compound(word, lang, files.counter(lang, word))
    return split.parts if split and not split.known_head else ()
