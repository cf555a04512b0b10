"""Turns at running Python: a few requests of a process at a time, however many threads there are.

One thread of a process runs Python at any moment, and all that want to ask for it two hundred times a second. When a
thousand slow bodies ended at once, that alone kept a full machine busy, and `/livez` waited more than half a minute.
So a request waits in line, asleep, until a turn is free. Who waits for something else (a client, the query host) gives
its turn back before.
"""

from __future__ import annotations

import io
import threading
from typing import Final, Protocol

from werkzeug.exceptions import ClientDisconnected

TURNS: Final = 8
"""At a time in one process: some may wait for the disk, and few ask for one lock."""

_of_thread = threading.local()


class Turns:
    """The turns of one process; safe for threads."""

    def __init__(self, number: int = TURNS) -> None:
        self._free = threading.Semaphore(number)

    def take(self) -> None:
        """Wait for a turn, which is this thread's until it calls `give_back`; a thread has one at most."""
        if getattr(_of_thread, "turns", None) is None:
            self._free.acquire()
            _of_thread.turns = self

    def _give_back(self) -> None:
        _of_thread.turns = None
        self._free.release()


def give_back() -> None:
    """Let another request go on, because this one has ended or waits for something; without a turn nothing happens."""
    turns: Turns | None = getattr(_of_thread, "turns", None)
    if turns is not None:
        turns._give_back()


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class Body(io.RawIOBase):
    """What a client sends: waited for without a turn, which is taken again when all of it has come."""

    def __init__(self, body: _Readable, length: int | None, turns: Turns) -> None:
        """
        :param length: bytes that the client said it would send, when it said so.
        """
        self._body, self._length, self._turns = body, length, turns
        self._read = 0

    def readable(self) -> bool:
        """See `io.IOBase.readable`."""
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """See `io.RawIOBase.readinto`.

        :raises ClientDisconnected: the client went away before all had come; nobody would take an answer.
        """
        wanted = len(buffer) if self._length is None else min(len(buffer), self._length - self._read)
        if not wanted:
            return 0
        give_back()
        piece = self._body.read(wanted)
        self._read += len(piece)
        buffer[: len(piece)] = piece
        if not piece or self._read == self._length:
            self._turns.take()
        if not piece and self._length is not None:
            raise ClientDisconnected(f"The body ended after {self._read:,} of {self._length:,} bytes.")
        return len(piece)
