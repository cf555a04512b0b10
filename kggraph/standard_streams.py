"""Standard output and error of a server, which goes on when nobody reads them."""

from __future__ import annotations

import contextlib
import io
import os
import select
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from typing import Final, TextIO

_LOST: Final = "{} lines of this log are lost, as they were not read in time.\n"


class Unheard(io.RawIOBase):
    """Writes what can be written at once and loses the rest, so that no answer ever waits for who reads a log.

    How much was lost is said before what can be written next.
    """

    def __init__(self, descriptor: int) -> None:
        """
        :param descriptor: of a pipe, socket, terminal or file; it stays as it is.
        """
        self._socket: socket.socket | None = None
        self._descriptor = self._opened(descriptor)
        self._lost = 0
        self._is_torn = False
        """Whether of the last line only the beginning was written."""
        self.say_lost: Callable[[int], str] = _LOST.format
        """Makes the line that says how many are lost."""
        self.on_lost: Callable[[int], None] = lambda lines: None
        """Called with the number of lines whenever some are lost."""

    def _opened(self, descriptor: int) -> int:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISSOCK(mode):
            self._socket = socket.socket(fileno=os.dup(descriptor))
            return self._socket.fileno()
        if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
            # Opened anew, so that it does not wait here only: flags are of all that share what was opened once.
            with contextlib.suppress(OSError):
                return os.open(f"/dev/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
        return os.dup(descriptor)

    def close(self) -> None:
        """Close the descriptor of its own."""
        if not self.closed:
            super().close()
            self._socket.close() if self._socket else os.close(self._descriptor)

    def writable(self) -> bool:
        """It is."""
        return True

    def fileno(self) -> int:
        """A descriptor of its own."""
        return self._descriptor

    def isatty(self) -> bool:
        """Whether someone sits before it."""
        return os.isatty(self._descriptor)

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Write, or lose; gives the length in any case."""
        data = bytes(data)
        told = self.say_lost(self._lost).encode() if self._lost else b""
        if told and self._send(told):
            self._lost = 0
        if self._lost or not self._send(data):
            lines = data.count(b"\n") or 1
            self._lost += lines
            self.on_lost(lines)
        return len(data)

    def _send(self, data: bytes) -> bool:
        """Whether at least the beginning could be written."""
        if self._is_torn:
            data = b"\n" + data
        room = select.poll()  # of this call: a thread may not use that of another
        room.register(self._descriptor, select.POLLOUT)
        try:
            if not room.poll(0):
                return False
            sent = self._socket.send(data, socket.MSG_DONTWAIT) if self._socket else os.write(self._descriptor, data)
        except OSError:
            return False
        self._is_torn = sent < len(data)
        return True


@contextlib.contextmanager
def never_waiting() -> Iterator[None]:
    """Let standard output and error be such, in this process and those that are forked from it."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = map(_never_waiting, before)
    try:
        yield
    finally:
        ours = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = before
        for stream in set(ours) - set(before):
            stream.close()


def _never_waiting(stream: TextIO) -> TextIO:
    try:
        stream.flush()
        raw = Unheard(stream.fileno())
    except (AttributeError, OSError):
        return stream  # closed, or one that is kept in memory
    return io.TextIOWrapper(raw, "utf-8", "backslashreplace", line_buffering=True, write_through=True)  # type: ignore[type-var]
