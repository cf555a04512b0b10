"""What is made of a generation once: kept for as long as it is served, and not longer."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")


class Once:
    """What was made of one generation."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Any] | None = {}

    def get(self, key: Hashable, make: Callable[[], _Made]) -> _Made:
        """What was made before under a key, or is made now."""
        kept = {} if self._kept is None else self._kept
        if key not in kept:
            kept[key] = make()
        found: _Made = kept[key]
        return found

    def let_go(self) -> None:
        """Keep nothing from now on.

        What is made of a generation refers to it, so that the two would hold one another until someone looks for such
        circles; and a file that is open has its room on the disk, although a build removed it.
        """
        self._kept = None


class _HasOnce(Protocol):
    @property
    def once(self) -> Once: ...


_Base = TypeVar("_Base", bound=_HasOnce)


def once_a_generation(
    make: Callable[Concatenate[_Base, _Given], _Made],
) -> Callable[Concatenate[_Base, _Given], _Made]:
    """A function of a knowledge base that makes what it gives once for each generation and the same arguments."""

    @wraps(make)
    def kept(kb: _Base, /, *args: _Given.args, **more: _Given.kwargs) -> _Made:
        return kb.once.get((make, *args, *more.items()), lambda: make(kb, *args, **more))

    return kept
