"""Errors in the language of a page: `locale/sentences/<language>.toml` has each English sentence and what it is there.

An error is raised where the fact is known, often in another process, and is one sentence in English; programs get that.
On its way to a person it is recognised by its form and said again. A sentence that is not known stays English, and is
marked so.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from kggraph.publish.labels import Label

ENGLISH: Final = "en"
_HOLE: Final = re.compile(r"\{(\w+)\}")
_MOST: Final = 2_000


@dataclass(frozen=True, slots=True)
class _Catalogue:
    sentences: tuple[tuple[re.Pattern[str], str], ...]
    words: Mapping[str, str]
    word: re.Pattern[str]
    """Any of the words, or something quoted, which stays as it is."""


def in_language(sentence: str, language: str) -> Label:
    """A sentence of an error in a language, if it is known there.

    >>> in_language("{x} is not an IRI.", "nl")
    Label(text='{x} is geen IRI.', lang='nl')
    >>> in_language("Nobody ever said this!", "nl")
    Label(text='Nobody ever said this!', lang='en')
    """
    catalogue = _catalogue(language)
    said = _said(sentence, catalogue) if catalogue and len(sentence) < _MOST else None
    return Label(said, language) if said is not None else Label(sentence, ENGLISH)


def _said(sentence: str, catalogue: _Catalogue) -> str | None:
    for pattern, text in catalogue.sentences:
        if match := pattern.fullmatch(sentence):
            return _HOLE.sub(_filler(match, catalogue), text)
    return None


def _filler(match: re.Match[str], catalogue: _Catalogue) -> Callable[[re.Match[str]], str]:
    def fill(hole: re.Match[str]) -> str:
        name, value = hole[1], match[hole[1]]
        if name == "rest":
            said = _said(value, catalogue)
            return value if said is None else said
        if name.startswith("names"):
            return catalogue.word.sub(lambda word: catalogue.words.get(word[0], word[0]), value)
        return value

    return fill


@cache
def _catalogue(language: str) -> _Catalogue | None:
    file = files("kggraph.web") / "locale" / "sentences" / f"{language}.toml"
    if not file.is_file():
        return None
    read = tomllib.loads(file.read_text("utf-8"))
    words: dict[str, str] = read["words"]
    longest_first = sorted(words, key=len, reverse=True)
    return _Catalogue(
        tuple((_pattern(english), text) for english, text in read["sentences"].items()),
        words,
        re.compile("|".join([*map(re.escape, longest_first), "`[^`]*`"])),
    )


def _pattern(english: str) -> re.Pattern[str]:
    parts = _HOLE.split(english)
    pieces = [re.escape(part) if n % 2 == 0 else f"(?P<{part}>.*?)" for n, part in enumerate(parts)]
    return re.compile("".join(pieces), re.DOTALL)
