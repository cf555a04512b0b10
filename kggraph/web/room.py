"""Room for clients that are slow: each has a thread for as long as it sends its body, or takes an answer that is long.

Threads are made when they are needed, and there are many. The last of them are kept for requests that need one for a
moment, so that however many clients are slow, pages and short queries are answered.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Final
from wsgiref.types import WSGIEnvironment

from kggraph.errors import TooBusy

_KEPT_FREE: Final = 64
_RETRY_S: Final = 10


class Room:
    """Counts the threads that are in use; safe for threads."""

    def __init__(self, threads: int) -> None:
        """
        :param threads: all that there are.
        """
        self._for_slow = max(threads - _KEPT_FREE, threads // 2)
        self._in_use = 0
        self._lock = threading.Lock()

    def enter(self) -> bool:
        """Take a thread; gives whether there is none left for who may be slow."""
        with self._lock:
            self._in_use += 1
            return self._in_use > self._for_slow

    def leave(self) -> None:
        """Give it back."""
        with self._lock:
            self._in_use -= 1


class Taken:
    """An answer that is taken bit by bit; says once that it is at its end, or that nobody wants the rest of it."""

    def __init__(self, answer: Iterable[bytes], ended: Callable[[], None]) -> None:
        self._answer, self._ended = answer, ended
        self._is_ended = False

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer
        self._end()

    def close(self) -> None:
        """Called by the server, also when the client went away."""
        try:
            if close := getattr(self._answer, "close", None):
                close()
        finally:
            self._end()

    def __del__(self) -> None:
        self._end()

    def _end(self) -> None:
        if not self._is_ended:
            self._is_ended = True
            self._ended()


def has_body(environ: WSGIEnvironment) -> bool:
    """Whether a request has something to read."""
    return environ.get("CONTENT_LENGTH", "0") not in ("", "0") or "HTTP_TRANSFER_ENCODING" in environ


def too_full() -> TooBusy:
    """The refusal when only the last threads are left."""
    return TooBusy(
        f"Too many slow clients are served just now; ask again in {_RETRY_S} seconds.", retry_after_s=_RETRY_S
    )
