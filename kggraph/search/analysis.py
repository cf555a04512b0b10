"""From text to search terms: words folded to plain letters, stemmed in their language, compounds taken apart.

The engine gets finished terms and never sees a text, so what matches is decided here and nowhere else. A term is a
stem and its language, `eenzam@nl`: a word of one language never meets a look-alike of another. The stemmers are
Snowball's own, from PyStemmer (kept by the Snowball project itself): independent of the engine, and the same on every
machine. Measured: 0.5 us a word; the pure Python twin, `snowballstemmer`, gives the same and takes 70 us.
"""

from __future__ import annotations

import re
import threading
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

import Stemmer

_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_MARKED_WORD: Final = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f\u00ad]|['’ʼ](?=[^\W_]))*")
_HYPHENED: Final = re.compile(r"[^\W_]+(?:-[^\W_]+)+")
_IGNORED: Final = dict.fromkeys(("\u00ad", "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff"), "")
_LETTERS: Final = {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "þ": "th", "ð": "d"}
_MARKS: Final = {"’": "'", "ʼ": "'", "‘": "'", "‐": "-", "‑": "-"} | dict.fromkeys("–—“”„«»…•·€¿¡§°×", " ")
STOP: Final = "="
"""Begins the term of a stop word."""
_PLAIN_BYTES: Final = bytes(
    ord(chr(code).lower()) if chr(code).isalnum() or chr(code) in "'-" else ord(" ") for code in range(128)
).ljust(256)
_FOREIGN: Final = re.compile(r"[^\x00-\x7f]")
_MAX_WORD: Final = 64
_REMEMBERED: Final = 200_000

STEMMERS: Final = {
    "da": "danish",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "it": "italian",
    "nl": "dutch_porter",
    "no": "norwegian",
    "pt": "portuguese",
    "sv": "swedish",
}
"""Language to its Snowball stemmer; other languages match word by word. Dutch has Porter's: the newer one of the
package cuts `ge` out of words (`stagediscriminatie` becomes `stadiscrimineer`, `gezond` becomes `zon`)."""

_AMERICAN: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"our(?=(?:s|al|ally|ed|ing|ful|able|hood|ist)?$)", "or"),
        (r"is(?=(?:e|es|ed|ing|ation|ations|er|ers)$)", "iz"),
        (r"yse(?=[sd]?$)", "yze"),
        (r"ll(?=(?:ing|ed|or|ors|er|ers)$)", "l"),
        (r"ogue(?=s?$)", "og"),
        (r"tre(?=s?$)", "ter"),
        (r"mme(?=s?$)", "m"),
    )
)
_LINKS: Final = {"nl": ("", "s", "e", "en", "n"), "de": ("", "s", "es", "n", "en", "er")}
"""Languages that write compounds as one word, with what may stand between two parts."""
_SHORTEST_PART: Final = 4
SHORTEST_COMPOUND: Final = 2 * _SHORTEST_PART
_SHORTEST_HEAD: Final = 5
_SHORTEST_STEM: Final = 4
_CUT_AGAIN: Final = ("e", "en", "s", "heid", "ing", "end", "ig", "lijk", "baar", "bar")

STOP_WORDS: Final = {
    lang: frozenset(listed.split())
    for lang, listed in tomllib.loads((files("kggraph.search") / "stop_words.toml").read_text("utf-8")).items()
}
"""Language to the words that say nothing of their own in a question; they are in the index all the same."""


def _plain(letter: str) -> str:
    """A small letter without its accents; as it is when there is nothing to take away."""
    apart = unicodedata.normalize("NFKD", letter)
    return "".join(_LETTERS.get(part, part) for part in apart if not unicodedata.combining(part))


_FOLDED: Final = str.maketrans(
    {chr(code): _plain(chr(code)) for code in (*range(0xDF, 0x250), *range(0x1E00, 0x1F00)) if chr(code).islower()}
    | _LETTERS
    | _MARKS
    | _IGNORED
)
_COMBINING: Final = re.compile("[\u0300-\u036f]+")


def fold(text: str) -> str:
    """Small letters without accents, apostrophes and hyphens of one kind.

    >>> fold("Crème‑brûlée’s")
    "creme-brulee's"
    """
    text = text.lower()
    if not text.isascii():
        # Nearly every text is plain after this; what is not is taken apart by the book.
        text = text.translate(_FOLDED)
        if not text.isascii():
            text = unicodedata.normalize("NFKD", text).lower().translate(_FOLDED)
            text = unicodedata.normalize("NFKC", _COMBINING.sub("", text))
    return text


def words(text: str) -> list[str]:
    """The words of a text, folded; of words with an apostrophe the longest part.

    >>> words("Buddy's: steun één-op-één!")
    ['buddy', 'steun', 'een', 'op', 'een']
    """
    return _words(_plain_text(text))


def words_and_joined(text: str) -> tuple[list[str], list[str]]:
    """The words of a text, and its words with hyphens as if they had none.

    >>> words_and_joined("e-health en co-creatie")
    (['e', 'health', 'en', 'co', 'creatie'], ['ehealth', 'cocreatie'])
    """
    folded = _plain_text(text)
    joined: list[str] = []
    at = folded.find("-")
    while at >= 0:
        # The pattern takes its time: it gets what stands around the hyphen, not the whole text.
        start, end = folded.rfind(" ", 0, at) + 1, folded.find(" ", at)
        end = end if end >= 0 else len(folded)
        joined += [found.replace("-", "") for found in _HYPHENED.findall(folded, start, end)]
        at = folded.find("-", end)
    return _words(folded), joined


def _plain_text(text: str) -> str:
    """A text folded; when it comes down to plain letters, with spaces for all else but `'` and `-`.

    Bytes through a table: a quarter of the time of `fold`, which says the same of the letters.
    """
    if not text.isascii():
        for letter in set(_FOREIGN.findall(text)):
            text = text.replace(letter, _plain_letter(letter))
        if not text.isascii():
            text = fold(text)
            if not text.isascii():
                return text
    return text.encode("ascii").translate(_PLAIN_BYTES).decode("ascii")


@lru_cache(4_096)
def _plain_letter(letter: str) -> str:
    """A letter folded, whatever stands beside it; as it is when that gives no plain letter."""
    folded = fold(letter)
    return folded if folded.isascii() else letter


def _words(folded: str) -> list[str]:
    plain = folded.isascii() and "''" not in folded
    found = folded.replace("-", " ").split() if plain else _WORD.findall(folded)
    if "'" in folded:
        found = [max(word.split("'"), key=len) if "'" in word else word for word in found]
        if "" in found:
            found = [word for word in found if word]
    if _may_have_a_long_word(folded):
        return [word[:_MAX_WORD] for word in found]
    return found


def _may_have_a_long_word(folded: str) -> bool:
    """Whether a word may be longer than is kept: it would fill one of these pieces. Half the time of measuring all."""
    size = _MAX_WORD // 2
    return any(" " not in folded[start : start + size] for start in range(0, len(folded) - size, size))


def spans(text: str) -> Iterator[tuple[int, int, list[str]]]:
    """Where each word of a text stands, with what `words` gives for it.

    >>> list(spans("Één dag"))
    [(0, 3, ['een']), (4, 7, ['dag'])]
    """
    for match in _MARKED_WORD.finditer(text):
        if found := words(match.group()):
            yield match.start(), match.end(), found


@dataclass(frozen=True, slots=True)
class Split:
    """A compound taken apart; `known_head` when only the part that says what it is, the last one, is a known word."""

    parts: tuple[str, ...]
    known_head: bool = False


class Analyser:
    """Makes terms in the languages of a knowledge base; one object serves all threads."""

    def __init__(self, languages: Sequence[str]) -> None:
        """The first of the languages is that of texts without a language tag or with one that is not listed."""
        self.languages = tuple(dict.fromkeys(lang.partition("-")[0].lower() for lang in languages)) or ("",)
        self.compounding = tuple(lang for lang in self.languages if lang in _LINKS)
        """Those of the languages in which compounds are taken apart."""
        self._terms = {lang: _Terms(lang) for lang in self.languages}

    def language(self, tag: str) -> str:
        """The language that a text with this tag is read in.

        >>> Analyser(["nl", "en"]).language("en-GB"), Analyser(["nl", "en"]).language("fr")
        ('en', 'nl')
        """
        main = tag.partition("-")[0].lower()
        return main if main in self._terms else self.languages[0]

    def term(self, word: str, lang: str) -> str:
        """The term of one word that `words` gave, in one of `languages`.

        >>> Analyser(["nl"]).term("trainingen", "nl")
        'training@nl'
        """
        return self._terms[lang][word]

    def terms(self, found: Iterable[str], lang: str) -> list[str]:
        """The terms of words."""
        return list(map(self._terms[lang].__getitem__, found))

    def variants(self, word: str) -> list[str]:
        """The terms of a word of unknown language, such as one of a question: one for each language.

        >>> Analyser(["nl", "en"]).variants("loneliness")
        ['lonelines@nl', 'loneli@en']
        """
        return [self.term(word, lang) for lang in self.languages]

    def key(self, found: Sequence[str], lang: str) -> str:
        """What a phrase in a language comes down to: equal keys, equal phrases.

        >>> Analyser(["nl"]).key(["mantelzorg", "en", "studie"], "nl")
        'mantelzorg@nl studie@nl'
        """
        stop_words = STOP_WORDS.get(lang, frozenset())
        return " ".join(self.terms([word for word in found if word not in stop_words] or found, lang))

    def bag(self, found: Sequence[str], lang: str, known: Callable[[str], int]) -> str:
        """What a phrase comes down to when compounds and word order do not count; empty for a single part.

        >>> counts = {"docent": 5, "docenten": 9, "welzijn": 30}
        >>> dutch = Analyser(["nl"])
        >>> dutch.bag(["docentwelzijn"], "nl", lambda word: counts.get(word, 0))
        '& docent@nl welzijn@nl'
        >>> dutch.bag(["welzijn", "van", "docenten"], "nl", lambda word: counts.get(word, 0))
        '& docent@nl welzijn@nl'
        """
        stop_words = STOP_WORDS.get(lang, frozenset())
        parts: list[str] = []
        for word in found:
            if word not in stop_words:
                split = split_compound(word, lang, lambda other, whole=word: 0 if other == whole else known(other))  # type: ignore[misc]
                parts += split.parts if split and not split.known_head else (word,)
        terms = sorted(set(self.terms(parts, lang)))
        return " ".join(("&", *terms)) if len(terms) > 1 else ""

    def stop_words(self, found: Sequence[str], lang: str) -> frozenset[str]:
        """Those of the words of a question that say nothing of their own.

        The list of the page's language counts; that of another one only when it clearly fits better, because many a
        stop word is a word of weight elsewhere (`men`, `die`).

        >>> sorted(Analyser(["nl", "en"]).stop_words(["help", "for", "the", "bridges"], "nl"))
        ['for', 'the']
        """
        own = frozenset(found) & STOP_WORDS.get(self.language(lang), frozenset())
        for other in self.languages:
            hits = frozenset(found) & STOP_WORDS.get(other, frozenset())
            if len(hits) > max(1, len(own)):
                own |= hits
        return own


class _Terms(dict[str, str]):
    """Word to term in one language, made when it is first asked for; a dictionary, since it is asked so often."""

    def __init__(self, lang: str) -> None:
        super().__init__()
        self._lang = lang
        self._stop_words = STOP_WORDS.get(lang, frozenset())
        name = STEMMERS.get(lang)
        stemmer: Any = Stemmer.Stemmer(name, 0) if name else None
        self._stem: Callable[[str], str] = stemmer.stemWord if stemmer else str
        # A stemmer holds the word it works on.
        self._lock = threading.Lock()

    def __missing__(self, word: str) -> str:
        with self._lock:
            if len(self) >= _REMEMBERED:
                self.clear()
            # A stop word stays what it is, and never meets the stem of another word (`per` and `peer`).
            bare = f"{STOP}{word}" if word in self._stop_words else self._stemmed(word)
            term = self[word] = f"{bare}@{self._lang}"
        return term

    def _stemmed(self, word: str) -> str:
        if word.isdigit() or len(word) < 3:
            return word
        if self._lang == "en":
            word = _one_english(word)
        stem = self._stem(word) or word
        if self._lang == "en" and 2 * len(stem) < len(word):
            # Cut too deep: mindfulness is not mind, organizational not organ.
            return word
        return stem if self._lang != "nl" else _dutch(stem, self._stem)


def _one_english(word: str) -> str:
    """British and American spellings as one; nothing else than the look-up of a stem is made of it."""
    if len(word) > _SHORTEST_HEAD:
        for pattern, replacement in _AMERICAN:
            word = pattern.sub(replacement, word)
    return word


def _dutch(stem: str, again: Callable[[str], str]) -> str:
    """One stem for forms that Porter's rules leave apart: verlies and verliezen, herken and herkennen."""
    for _ in range(3):
        if stem[-1] in "zv" and len(stem) > 2:
            stem = stem[:-1] + {"z": "s", "v": "f"}[stem[-1]]
        if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] in "bfglmnprs":
            stem = stem[:-1]
        # To stem again costs as much as the first time, and only these endings are ever cut.
        shorter = again(stem) if stem.endswith(_CUT_AGAIN) else stem
        if shorter == stem or len(shorter) < _SHORTEST_STEM:
            break
        stem = shorter
    if len(stem) > _SHORTEST_STEM and stem[-1] == "s" and stem[-2] not in "aeiouys":
        stem = stem[:-1]
    return stem


def split_compound(word: str, lang: str, known: Callable[[str], int]) -> Split | None:
    """A compound taken apart into known words, or at least one whose last part, which says what it is, is known.

    A stop word is none.

    :param lang: its language; nothing is done in languages that write compounds apart.
    :param known: how often another word occurs in the corpus; 0 is not known.

    >>> split_compound("faalangsttraining", "nl", lambda w: {"faalangst": 3, "training": 9, "angst": 4}.get(w, 0))
    Split(parts=('faalangst', 'training'), known_head=False)
    """
    links = _LINKS.get(lang)
    if not links or not word.isalpha() or not SHORTEST_COMPOUND <= len(word) < _MAX_WORD:
        return None
    if word in STOP_WORDS.get(lang, frozenset()):
        return None
    if found := _parts(word, links, known, 3):
        return Split(found[1])
    for start in range(2, len(word) - _SHORTEST_HEAD + 1):
        if known(word[start:]):
            return Split((word[start:],), known_head=True)
    return None


def _parts(
    word: str, links: Sequence[str], known: Callable[[str], int], most: int
) -> tuple[tuple[int, int], tuple[str, ...]] | None:
    """At least two and at most `most` parts: the fewest; then those whose rarest is the most frequent."""
    best: tuple[tuple[int, int], tuple[str, ...]] | None = None
    for cut in range(_SHORTEST_PART, len(word) - _SHORTEST_PART + 1):
        left, right = word[:cut], word[cut:]
        first = next((part for link in links if (part := _without(left, link)) and known(part)), None)
        if not first:
            continue
        frequency = known(first)
        found: tuple[tuple[int, int], tuple[str, ...]] | None = None
        if rest := known(right):
            found = (-2, min(frequency, rest)), (first, right)
        elif most > 2 and (deeper := _parts(right, links, known, most - 1)):
            (count, rarest), parts = deeper
            found = (count - 1, min(frequency, rarest)), (first, *parts)
        if found and (best is None or found > best):
            best = found
    return best


def _without(left: str, link: str) -> str | None:
    part = left.removesuffix(link) if link else left
    return part if len(part) >= _SHORTEST_PART and (part != left or not link) else None
