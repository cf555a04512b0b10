"""Finished answers, kept as bytes: rendered once for a generation, then sent.

Two steps. What a request literally says (path, query, Accept) points at the canonical key of an answer, and that key at
the bytes; so a hundred Accept headers share one copy. The first step is taken in front of Flask, and costs two
dictionary look-ups.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from http import HTTPStatus
from threading import Lock
from typing import Final, TypeAlias
from wsgiref.types import WSGIEnvironment

Headers: TypeAlias = tuple[tuple[str, str], ...]
Key: TypeAlias = tuple[str, ...]

_OVERHEAD: Final = 1500
"""Bytes of headers and bookkeeping that an entry takes beside its body."""
_MAX_SHORTCUTS: Final = 20_000
_MAX_SHORTCUT: Final = 1_000
"""Characters that a request may have to be remembered: nobody fills the memory with long addresses."""

# https://www.rfc-editor.org/rfc/rfc9110#section-15.4.5: a 304 repeats these, and nothing that describes a body
_NOT_IN_304: Final = frozenset({"content-type", "content-length", "link"})


@dataclass(frozen=True, slots=True)
class Finished:
    """An answer with nothing left to do but sending it."""

    status: int
    headers: Headers
    body: bytes
    etag: str = ""

    def reply(self, if_none_match: str | None) -> tuple[int, list[tuple[str, str]], bytes]:
        """Status, headers and body for a client that may have this answer already."""
        if if_none_match and self.etag and matches(if_none_match, self.etag):
            return 304, [pair for pair in self.headers if pair[0].lower() not in _NOT_IN_304], b""
        return self.status, list(self.headers), self.body


def matches(if_none_match: str, etag: str) -> bool:
    """Whether the header names the entity tag, by weak comparison.

    >>> matches('"x", W/"y"', '"y"'), matches("*", '"y"'), matches('"x"', '"y"')
    (True, True, False)
    """
    return any(part.strip().removeprefix("W/") in (etag, "*") for part in if_none_match.split(","))


def status_line(status: int) -> str:
    """The status as WSGI wants it.

    >>> status_line(304)
    '304 Not Modified'
    """
    return f"{status} {HTTPStatus(status).phrase}"


def literal_key(environ: WSGIEnvironment, version: str) -> Key:
    """The key of a request as it stands."""
    return (
        version,
        environ.get("PATH_INFO", ""),
        environ.get("QUERY_STRING", ""),
        f"{environ.get('HTTP_ACCEPT', '')}\n{environ.get('HTTP_ACCEPT_PROFILE', '')}",
    )


def etag_of(body: bytes) -> str:
    """A short hash of bytes, for addresses that change with their content."""
    return hashlib.blake2b(body, digest_size=6).hexdigest()


class ResponseCache:
    """The most recently used answers of one generation, bounded in bytes; safe for threads.

    The first part of every key is the hash of the generation; the first answer of another one empties the cache.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._generation = ""
        self._answers: OrderedDict[Key, Finished] = OrderedDict()
        self._shortcuts: dict[Key, Key] = {}
        self._lock = Lock()

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return self._bytes

    def find(self, request: Key) -> Finished | None:
        """The answer to a request that literally came before."""
        key = self._shortcuts.get(request)
        return None if key is None else self.get(key)

    def get(self, key: Key) -> Finished | None:
        """The answer with that canonical key, now the most recently used one."""
        found = self._answers.get(key)
        if found is not None:
            with contextlib.suppress(KeyError):  # another thread has just dropped it; the answer is still right
                self._answers.move_to_end(key)
        return found

    def put(self, key: Key, finished: Finished) -> None:
        """Keep an answer, dropping the least recently used ones to make room."""
        size = len(finished.body) + _OVERHEAD
        if size > self._max_bytes // 4:
            return
        with self._lock:
            if key[0] != self._generation:
                self._clear()
                self._generation = key[0]
            self._drop(key)
            self._answers[key] = finished
            self._bytes += size
            while self._bytes > self._max_bytes:
                # In one step: to look for the oldest one first fails when another thread orders them anew meanwhile.
                self._forgotten(self._answers.popitem(last=False)[1])

    def remember(self, request: Key, key: Key) -> None:
        """Let a literal request point at the answer it gets."""
        if sum(map(len, request)) <= _MAX_SHORTCUT and key in self._answers:
            if len(self._shortcuts) >= _MAX_SHORTCUTS:
                self._shortcuts.clear()
            self._shortcuts[request] = key

    def _clear(self) -> None:
        self._answers.clear()
        self._shortcuts.clear()
        self._bytes = 0

    def _drop(self, key: Key) -> None:
        dropped = self._answers.pop(key, None)
        if dropped is not None:
            self._forgotten(dropped)

    def _forgotten(self, dropped: Finished) -> None:
        self._bytes -= len(dropped.body) + _OVERHEAD
