"""Where in a text the words of a question stand, and the text cut into pieces that are marked or not.

Nothing here is HTML. A page shows `Segment.text` escaped, and puts its own mark around those with `hit`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from kggraph.search.analysis import SHORTEST_COMPOUND, STOP, Analyser, spans
from kggraph.search.index_files import PART, PHRASE

_LETTERS: Final = 260
_BEFORE: Final = 60
_HYPHENS: Final = ("-", "‐", "‑")
_ELLIPSIS: Final = "…"


Parts: TypeAlias = Callable[[str, str], Sequence[str]]


class Segment(NamedTuple):
    """A piece of a text; `hit` when it is what was asked for."""

    text: str
    hit: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """A text of an item, or the part of it around what was found."""

    key: str
    """The field it is from."""
    lang: str
    """Language tag; empty when it has none."""
    segments: tuple[Segment, ...]


class Span(NamedTuple):
    """From one letter of a text to before another."""

    start: int
    end: int


class Glance:
    """Whether some texts may have a term: told at once for all of them, before it is looked for in each."""

    def __init__(self, texts: Iterable[TextWords]) -> None:
        """Look at texts."""
        self._terms: set[str] = set()
        compounds: list[str] = []
        for text in texts:
            self._terms.update(text.terms)
            compounds += text.compounds
        self._compounds = " ".join(compounds)

    def may_have(self, terms: Iterable[str]) -> bool:
        """Whether any of the terms may be there; when not, none is."""
        return not self._terms.isdisjoint(terms) or any(map(self._is_hidden, terms))

    def _is_hidden(self, term: str) -> bool:
        """Whether a part may stand within a compound, or the words of a label of several words be there."""
        if term.endswith(PART):
            return term.partition("@")[0] in self._compounds
        return PHRASE in term and self._terms.issuperset(term.split(PHRASE))


class TextWords:
    """The words of a text, to find terms in; made once, and asked for any question."""

    def __init__(self, text: str, lang: str, analyser: Analyser, parts: Parts) -> None:
        """Read a text.

        :param lang: one of the analyser's languages.
        :param parts: the parts of a compound in a language; none of another word.
        """
        self._lang, self._analyser, self._parts = lang, analyser, parts
        self._at: dict[str, list[Span]] = {}
        self._compounds: list[tuple[str, Span]] = []
        self._telling: list[tuple[Span, Sequence[str]]] = []
        before: tuple[Span, str] | None = None
        for start, end, found in spans(text):
            span, terms = Span(start, end), analyser.terms(found, lang)
            for term in terms:
                self._at.setdefault(term, []).append(span)
            self._compounds += [(word, span) for word in found if len(word) >= SHORTEST_COMPOUND]
            if not all(term.startswith(STOP) for term in terms):
                self._telling.append((span, terms))
            whole = "".join(found)
            if before and text[before[0].end : start] in _HYPHENS:
                whole, start = before[1] + whole, before[0].start
                self._at.setdefault(analyser.term(whole, lang) + PART, []).append(Span(start, end))
            before = (Span(start, end), whole)

    @property
    def terms(self) -> Iterable[str]:
        """The terms of the words that stand in it as they are."""
        return self._at.keys()

    @property
    def compounds(self) -> Iterable[str]:
        """The words that may be compounds."""
        return (word for word, _ in self._compounds)

    def find(self, terms: Iterable[str]) -> set[Span]:
        """Where any of the terms stand; that of a label of several words is found as those words in a row."""
        found: set[Span] = set()
        for term in terms:
            found.update(self._at.get(term, ()))
            if term.endswith(PART) and "@" in term:
                found.update(self._inside(term))
            if PHRASE in term:
                found.update(self._in_a_row(term.split(PHRASE)))
        return found

    def _inside(self, term: str) -> Iterator[Span]:
        """Compounds that have a part; only those with its stem in them are taken apart, for that takes long."""
        stem = term.partition("@")[0]
        for word, span in self._compounds:
            if stem in word and term in [
                self._analyser.term(part, self._lang) + PART for part in self._parts(word, self._lang)
            ]:
                yield span

    def _in_a_row(self, parts: Sequence[str]) -> Iterator[Span]:
        if not all(part in self._at for part in parts):
            return
        for first in range(len(self._telling) - len(parts) + 1):
            row = self._telling[first : first + len(parts)]
            if all(part in terms for part, (_, terms) in zip(parts, row, strict=True)):
                yield Span(row[0][0].start, row[-1][0].end)


def cut(text: str, hits: Iterable[Span], *, whole: bool = False) -> tuple[Segment, ...]:
    """A text in pieces, shortened to what is around the first hits unless it must be whole.

    >>> cut("Steun bij rouw", [Span(10, 14)])
    (Segment(text='Steun bij ', hit=False), Segment(text='rouw', hit=True))
    """
    merged = _merged(hits)
    start, end = (0, len(text)) if whole else _window(text, merged)
    segments = [Segment(_ELLIPSIS, False)] if start else []
    done = start
    for span in merged:
        left, right = max(span.start, start), min(span.end, end)
        if left < right:
            if done < left:
                segments.append(Segment(text[done:left], False))
            segments.append(Segment(text[left:right], True))
            done = right
    if done < end:
        segments.append(Segment(text[done:end], False))
    if end < len(text):
        segments.append(Segment(_ELLIPSIS, False))
    return tuple(segments)


def _merged(hits: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(hits):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def _window(text: str, hits: Sequence[Span]) -> tuple[int, int]:
    """The part to show: around the first hit, between words."""
    if len(text) <= _LETTERS:
        return 0, len(text)
    start = max(0, hits[0].start - _BEFORE) if hits else 0
    start = min(start, len(text) - _LETTERS)
    if start:
        space = text.find(" ", start, hits[0].start if hits else start)
        start = space + 1 if space >= 0 else start
    end = min(len(text), start + _LETTERS)
    if end < len(text):
        space = text.rfind(" ", start, end)
        end = space if space > start else end
    return start, end
