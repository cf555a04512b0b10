"""What was worked out last, kept in memory: so much, and no more."""

from __future__ import annotations

from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Kept(dict[K, V]):
    """A mapping that starts anew when it is full; safe for threads, as each step is one of the dictionary's own.

    It is for what costs more to make than to keep, and is asked for again in another form: a thing is looked at as a
    page in each language, as a graph and as a citation.
    """

    def __init__(self, most: int = 1_000) -> None:
        """Empty.

        :param most: values that it holds before it forgets them all.
        """
        super().__init__()
        self._most = most

    def keep(self, key: K, value: V) -> V:
        """Keep a value, and give it back.

        >>> few = Kept[str, int](2)
        >>> few.keep("a", 1), few.keep("b", 2), few.keep("c", 3), dict(few)
        (1, 2, 3, {'c': 3})
        """
        if len(self) >= self._most:
            self.clear()
        self[key] = value
        return value
