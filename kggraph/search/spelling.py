"""Words that are almost the one typed, for a word that the index does not know.

Every word is filed under itself with up to two letters left out (of its first letters, as SymSpell does), so that a
look-up is a few dozen keys and never a walk through the vocabulary. Measured: 0.5 ms among 100,000 words.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
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


def filed(words: Sequence[str]) -> bytes:
    """Words under the keys that each is filed under: sorted numbers of 8 bytes, a key and the place of a word in one.

    :param words: at most `KEPT`.
    """
    by_start: dict[tuple[str, int], list[int]] = {}
    for number, word in enumerate(words):
        by_start.setdefault((word[:_FILED_LETTERS], allowed(word)), []).append(number)
    numbers = [key * KEPT + number for start, of in by_start.items() for key in keys(*start) for number in of]
    numbers.sort()
    return array("Q", numbers).tobytes()


def nearest(file: Sequence[int], database: sqlite3.Connection, word: str, limit: int = 3) -> list[Near]:
    """Known words at the smallest distance from one that is not known, the most frequent first.

    :param file: what `filed` gave, as numbers.
    :param database: with the words.
    """
    most = allowed(word)
    if not most:
        return []
    numbers: set[int] = set()
    for key in set(keys(word, most)):
        start = bisect_left(file, key * KEPT)
        numbers.update(number % KEPT for number in file[start : bisect_left(file, (key + 1) * KEPT, start)])
    query = "SELECT word, count FROM words WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
    rows = database.execute(query, (json.dumps(sorted(numbers)),))
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
