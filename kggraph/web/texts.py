"""The words of the pages in each language: `locale/<language>.toml`, with the same keys in every file."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

_DATE: Final = re.compile(r"(-?\d{4,})(?:-(\d\d)(?:-(\d\d))?)?(?:T.*)?(?:Z|[+-]\d\d:\d\d)?\Z")


class Texts:
    """The words of one language; called with a key it gives the text, with `{names}` filled in.

    >>> Texts("en", {"greeting": "Hello {name}"})("greeting", name="you")
    'Hello you'
    """

    def __init__(self, language: str, words: Mapping[str, str]) -> None:
        self.language = language
        self._words = words

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key; a key that does not exist is a mistake of ours, so a `KeyError`."""
        text = self._words[key]
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self._words

    def keys(self) -> tuple[str, ...]:
        """Every key, sorted."""
        return tuple(sorted(self._words))

    def count(self, key: str, number: int, **values: object) -> str:
        """The text of `key.one` or `key.other` with `{n}` as the number."""
        return self(f"{key}.{'one' if number == 1 else 'other'}", n=self.number(number), **values)

    def number(self, number: int) -> str:
        """A whole number with the thousands of this language: 12.345 or 12,345."""
        return f"{number:,}".replace(",", self("format.thousands"))

    def percent(self, part: float) -> str:
        """A share as a whole number of percents; what is little is not told as nothing.

        >>> Texts("en", {}).percent(0.125), Texts("en", {}).percent(0.001)
        ('12%', '<1%')
        """
        return "<1%" if 0 < part < 0.01 else f"{part:.0%}"

    def date(self, lexical: str) -> str:
        """A year, month or day as people write it; what is no date stays as it is."""
        match = _DATE.match(lexical)
        if not match:
            return lexical
        year, month, day = match.groups()
        if not month or not 1 <= int(month) <= 12:
            return year
        words = [self(f"format.month_{int(month)}"), year]
        return " ".join([str(int(day)), *words] if day else words)


@cache
def texts(language: str) -> Texts:
    """The words of a language; those of English when we have none in it."""
    folder = files("kggraph.web") / "locale"
    file = folder / f"{language}.toml"
    if not file.is_file():
        file = folder / "en.toml"
    return Texts(language, dict(_flat(tomllib.loads(file.read_text("utf-8")))))


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", str(value)
