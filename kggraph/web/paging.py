"""Lists in pages: which page is asked for, and the links to the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kggraph.errors import BadParameter
from kggraph.web.render import query_of

Pairs = Sequence[tuple[str, str]]

_AROUND = 2
"""Numbers shown on either side of the current page."""


@dataclass(frozen=True, slots=True)
class Pager:
    """Where in a list a page is; `numbers` has 0 where pages are left out."""

    page: int
    size: int
    total: int
    path: str
    pairs: tuple[tuple[str, str], ...]

    @property
    def pages(self) -> int:
        """How many pages the list has; an empty list has one."""
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """Number of the first thing on this page."""
        return (self.page - 1) * self.size + 1 if self.total else 0

    @property
    def last(self) -> int:
        """Number of the last thing on this page."""
        return min(self.page * self.size, self.total)

    @property
    def numbers(self) -> list[int]:
        """The pages to link to."""
        near = range(self.page - _AROUND, self.page + _AROUND + 1)
        shown = sorted({1, self.pages, *(n for n in near if 1 <= n <= self.pages)})
        found: list[int] = []
        for number in shown:
            if found and number - found[-1] == 2:
                found.append(number - 1)
            elif found and number - found[-1] > 2:
                found.append(0)
            found.append(number)
        return found

    def href(self, page: int) -> str:
        """Address of another page of this list."""
        query = query_of([*self.pairs, *([("page", str(page))] if page > 1 else [])])
        return f"{self.path}?{query}" if query else self.path


def parse_page(text: str | None) -> int:
    """The page number that a parameter asks for.

    :raises BadParameter: it is not a whole number from 1.
    """
    if not text:
        return 1
    if not (text.isascii() and text.isdigit()) or len(text) > 9 or int(text) < 1:
        raise BadParameter("The page must be a whole number from 1.", parameter="page")
    return int(text)


def pager(page: int, total: int, *, size: int, path: str, pairs: Pairs = ()) -> Pager:
    """The pager of a list.

    :raises BadParameter: the list has fewer pages.
    """
    made = Pager(page, size, total, path, tuple(pairs))
    if page > made.pages:
        raise BadParameter(f"There is no page {page}; the list has {made.pages}.", parameter="page")
    return made
