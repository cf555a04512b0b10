"""What a question means to the index: its words, each with everything that may stand for it.

A question is never parsed: quotes, brackets, operators and field names are marks between words. What is left is cut
into units, the longest label of a concept first, and each unit gets its alternatives: the words themselves, the
concept that has this label with all that is narrower, its other labels in every language, the parts of a compound,
and, for words that the index does not know, those that are nearly the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from kggraph.errors import BadParameter
from kggraph.search.analysis import Analyser, Split, fold, split_compound, words
from kggraph.search.index_files import PART, PHRASE, Files, about

MAX_LETTERS: Final = 1_000
MAX_WORDS: Final = 16
COMMON: Final = 0.5
"""What more than this share of all items have says nothing about any of them."""
_LONGEST_LABEL: Final = 6
_MOST_LABELS: Final = 24
_RARE: Final = 5
_ORDER: Final = ("word", "phrase", "concept", "synonym", "compound", "spelling")

Kind: TypeAlias = Literal["word", "phrase", "compound", "synonym", "concept", "spelling"]


@dataclass(frozen=True, slots=True)
class Alternative:
    """One thing that may stand for a unit: all of its words, or a concept."""

    kind: Kind
    terms: tuple[tuple[str, ...], ...]
    """For every word the terms of which one is enough."""
    text: str
    """The words that are looked for, as a person reads them."""
    thing: int | None = None
    """The concept it comes from."""
    weight: float = 1.0
    """Of the concept in the shapes."""
    preferred: bool = True
    """Whether the unit is what the concept is called, and not only a synonym."""
    own: bool = False
    """Whether only texts of the items themselves count, not names of what they link to."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A part of a question that must be found: a word, a compound or the label of a concept."""

    text: str
    alternatives: tuple[Alternative, ...]
    """The most direct ones first."""

    @property
    def known(self) -> bool:
        """Whether anything can stand for it."""
        return bool(self.alternatives)


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the index understands it."""

    text: str
    """As asked, with control characters taken out and spaces made single."""
    lang: str
    units: tuple[Unit, ...]
    left_out: tuple[str, ...] = ()
    """Words beyond the sixteen that are looked for."""
    only_stop_words: bool = False
    """Whether all words are so common that only titles are looked at."""
    did_you_mean: str | None = None
    """The question with words that are not known put right, if any are."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Words that nothing stands for."""
        return tuple(unit.text for unit in self.units if not unit.known)


def clean(text: str) -> str:
    r"""A question without control characters and with single spaces.

    >>> clean("stress\x00 \n  'AND' (druk)")
    "stress 'AND' (druk)"

    :raises BadParameter: it is longer than anyone asks.
    """
    if len(text) > MAX_LETTERS:
        found = f"The question has {len(text):,} characters; questions of up to {MAX_LETTERS:,} are searched."
        raise BadParameter(found, parameter="q", reason="length", found=str(len(text)))
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


class Expander:
    """Turns questions into units; one object serves all threads."""

    def __init__(self, files: Files, analyser: Analyser) -> None:
        self._files = files
        self._analyser = analyser
        self._most = int(files.engine.searcher().num_docs * COMMON)

    def read(self, text: str, lang: str) -> Question:
        """What a question asks for.

        :param lang: language of the page it was asked on.
        :raises BadParameter: it is too long.
        """
        asked = clean(text)
        found = list(dict.fromkeys(words(asked)))
        stop_words = self._analyser.stop_words(found, lang)
        rest = [word for word in found if word not in stop_words]
        only_stop_words = bool(found) and not rest
        rest = rest or found
        kept, left_out = rest[:MAX_WORDS], rest[MAX_WORDS:]
        units: list[Unit] = []
        corrections: dict[str, str] = {}
        place = 0
        while place < len(kept):
            size = 1 if only_stop_words else self._label_size(kept, place)
            phrase = kept[place : place + size]
            units.append(self._bare(phrase) if only_stop_words else self._unit(phrase, corrections))
            place += size
        better = " ".join(corrections.get(word, word) for word in words(asked)) if corrections else None
        return Question(asked, lang, tuple(units), tuple(left_out), only_stop_words, better)

    def _label_size(self, kept: Sequence[str], place: int) -> int:
        """How many words from here are the label of a concept, or one word written apart; 1 when they are neither."""
        for size in range(min(_LONGEST_LABEL, len(kept) - place), 1, -1):
            phrase = kept[place : place + size]
            if self._concepts(phrase):
                return size
            if size == 2 and self._analyser.compounding and self._is_known("".join(phrase)):
                return size
        return 1

    def _unit(self, phrase: Sequence[str], corrections: dict[str, str]) -> Unit:
        text = " ".join(phrase)
        alternatives: list[Alternative] = []
        terms = tuple(tuple(self._analyser.variants(word)) for word in phrase)
        if all(any(map(self._files.knows, variants)) for variants in terms):
            alternatives.append(Alternative("word", terms, text))
        if len(phrase) > 1:
            keys = (self._analyser.key(phrase, lang).replace(" ", PHRASE) for lang in self._analyser.languages)
            if exact := tuple(key for key in keys if self._files.count(key)):
                alternatives.append(Alternative("phrase", (exact,), text, own=True))
        alternatives += self._compounds(phrase)
        alternatives += self._of_concepts(phrase)
        if not alternatives and len(phrase) == 1:
            alternatives += self._spelled(text, corrections)
        return Unit(text, tuple(sorted(alternatives, key=lambda one: _ORDER.index(one.kind))))

    def _bare(self, phrase: Sequence[str]) -> Unit:
        """Stop words as they are: of these the index only knows the titles they stand in."""
        terms = tuple(tuple(self._analyser.variants(word)) for word in phrase)
        return Unit(" ".join(phrase), (Alternative("word", terms, " ".join(phrase), own=True),))

    def _compounds(self, phrase: Sequence[str]) -> list[Alternative]:
        whole = "".join(phrase)
        found = []
        inside = tuple(term + PART for term in self._analyser.variants(whole) if self._files.knows(term + PART))
        if inside:
            found.append(Alternative("compound", (inside,), whole))
        if len(phrase) > 1:
            terms = tuple(term for term in self._analyser.variants(whole) if self._files.knows(term))
            return [*found, Alternative("compound", (terms,), whole)] if terms else found
        for lang in self._analyser.compounding:
            split = split_compound(whole, lang, self._files.counter(lang, whole))
            if split and self._needs_parts(whole, split, bool(found)):
                terms_of = tuple((term, term + PART) for term in self._analyser.terms(split.parts, lang))
                found.append(Alternative("compound", terms_of, " ".join(split.parts), own=True))
        return found

    def _needs_parts(self, whole: str, split: Split, is_part: bool) -> bool:
        """Whether a compound has too few items of its own; its last part alone must do when nothing else does."""
        if split.known_head:
            return not is_part and not self._is_known(whole) and not self._is_misspelt(whole, split.parts[0])
        return sum(map(self._files.count, self._analyser.variants(whole))) < _RARE

    def _is_misspelt(self, word: str, head: str) -> bool:
        """Whether one letter makes it a known word with another last part: `lonelines` is no sort of `lines`."""
        return any(near.distance == 1 and not near.word.endswith(head) for near in self._files.nearest(word))

    def _of_concepts(self, phrase: Sequence[str]) -> list[Alternative]:
        """The concepts with this label, with what is under them; and their other labels.

        A question that is the preferred label means the concept, and so all its labels. One that is a synonym may
        mean a part of it: what it brings counts for less.
        """
        found: list[Alternative] = []
        own = fold(" ".join(phrase))
        for thing, preferred, weight in self._concepts(phrase):
            if terms := self._about(thing):
                found.append(Alternative("concept", (terms,), "", thing, weight, preferred, own=True))
            rows = self._files.database.execute(
                "SELECT DISTINCT key, preferred, text FROM labels WHERE thing = ? AND key NOT LIKE '&%'"
                " ORDER BY preferred DESC, rowid LIMIT ?",
                (thing, _MOST_LABELS),
            )
            for key, is_preferred, label in rows:
                term = key.replace(" ", PHRASE)
                if fold(label) != own and self._files.count(term):
                    means = preferred or bool(is_preferred)
                    found.append(Alternative("synonym", ((term,),), label, thing, weight, means, own=True))
        return found

    def _about(self, thing: int) -> tuple[str, ...]:
        """The terms of a concept, with what is under it unless that is most of everything."""
        direct, rolled = about(thing), about(thing, rolled=True)
        count = self._files.count(rolled)
        if not count:
            return ()
        return (direct, rolled) if count <= self._most else (direct,)

    def _spelled(self, word: str, corrections: dict[str, str]) -> list[Alternative]:
        near = self._files.nearest(word)
        if near:
            corrections[word] = near[0].word
        return [Alternative("spelling", (tuple(self._analyser.variants(other.word)),), other.word) for other in near]

    def _concepts(self, phrase: Sequence[str]) -> list[tuple[int, bool, float]]:
        """The concepts with this label, whether it is the preferred one, and the weight of the concept."""
        # A label may be written in one word, with a hyphen or apart.
        written = (phrase, ["".join(phrase)])
        keys = {self._analyser.key(words, lang) for words in written for lang in self._analyser.languages}
        keys |= {self._analyser.bag(phrase, lang, self._files.counter(lang)) for lang in self._analyser.compounding}
        marks = ",".join("?" * len(keys))
        rows = self._files.database.execute(
            "SELECT l.thing, max(l.preferred), t.weight FROM labels l JOIN things t ON t.number = l.thing"
            f" WHERE l.key IN ({marks}) GROUP BY l.thing ORDER BY l.thing",
            sorted(keys),
        )
        return [(int(thing), bool(preferred), float(weight)) for thing, preferred, weight in rows]

    def _is_known(self, word: str) -> bool:
        return any(map(self._files.knows, self._analyser.variants(word)))
