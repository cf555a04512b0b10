"""Asks the query host from another process; may be shared by all threads of it."""

from __future__ import annotations

import os
import socket
import struct
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from hashlib import blake2s
from pathlib import Path
from typing import Final

from kggraph.errors import QueryHostUnavailable, QuerySyntaxError
from kggraph.store import wire
from kggraph.store.protocol import QueryAnswer, QueryRequest, Task
from kggraph.store.task import explained, task_of

_GRACE_S: Final = 15.0
"""Beyond a query's own time: the longest wait for a worker, and some."""
_ATTEMPTS: Final = 3
_KEPT: Final = 64
_Packet = tuple[bytes, bytes, list[int]]


class QueryClient:
    """A `QueryEngine` that is another process.

    :param path: the query host's socket; it may be put there later, and anew.
    :param prefixes: prefixes to name when a query lacks one.
    """

    def __init__(self, path: Path, prefixes: Mapping[str, str] | None = None) -> None:
        self._path, self._prefixes = os.fspath(path), dict(prefixes or {})
        self._free: list[_Connection] = []
        self._process = os.getpid()

    def query(self, request: QueryRequest) -> QueryAnswer:
        """See `QueryEngine.query`."""
        task = task_of(request, self._prefixes)
        head = wire.REQUEST.pack(request.timeout_s, request.memory_mb, _key(request.client))
        connection, first = self._ask(head + wire.dump(task), request.timeout_s)
        try:
            return self._answer(connection, first, task)
        except QuerySyntaxError as error:
            raise explained(error, request.text, self._prefixes) from None

    def is_there(self) -> bool:
        """Whether a query host has put its socket there: it does so when it has read its data."""
        return Path(self._path).exists()

    def close(self) -> None:
        """Hang up; the client can be used again."""
        while self._free:
            self._free.pop().close()

    def _ask(self, content: bytes, timeout_s: float) -> tuple[_Connection, _Packet]:
        """A connection, and the first packet of the answer that has come on it."""
        if self._process != os.getpid():  # a fork shares its parent's sockets, and must not use them
            self._process, self._free = os.getpid(), []
        for attempt in range(_ATTEMPTS):
            try:
                connection = self._free.pop()
            except IndexError:
                connection = _Connection(self._path)
            try:
                return connection, connection.ask(content, timeout_s)
            except QueryHostUnavailable:
                connection.close()
                raise
            except ConnectionError:
                # A host that has been replaced hangs up on who has nothing running; the next one is at the same path.
                # So would the other connections that are kept: they are all to the host that leaves.
                connection.close()
                self.close()
                if attempt == _ATTEMPTS - 1:
                    raise QueryHostUnavailable("The query service stopped before it answered; ask again.") from None
        raise AssertionError

    def _answer(self, connection: _Connection, first: _Packet, task: Task) -> QueryAnswer:
        if first[0] == wire.WHOLE:  # all there is, as nearly always: nothing to keep track of
            self._release(connection, whole=True)
            (truncated, queued_s, version, _), body = wire.Outcome.unpack(first[1])
            return QueryAnswer(task.results, task.kind, iter((body,)), truncated, len(body), queued_s, version)
        stream = _Stream(connection, self._release)
        stream.read_ahead(first)
        return QueryAnswer(
            task.results,
            task.kind,
            stream,
            truncated=stream.outcome.truncated,
            length=sum(map(len, stream.held)) if stream.is_over else None,
            queued_s=stream.outcome.queued_s,
            version=stream.outcome.version,
            closing=stream.close,
        )

    def _release(self, connection: _Connection, whole: bool) -> None:
        """Keep a connection whose answer has been read to its end; hang up on any other, which stops its query."""
        if whole and len(self._free) < _KEPT:
            self._free.append(connection)
        else:
            connection.close()


@lru_cache(maxsize=4096)
def _key(client: str) -> bytes:
    """Whom a request is counted by, in a form that tells nobody who it is."""
    return blake2s(client.encode(), digest_size=16).digest() if client else bytes(16)


class _Connection:
    """One socket to the host, for one request at a time."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._number = 0
        self._timeout_s = -1.0
        self._receiver = wire.Receiver()
        try:
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise QueryHostUnavailable("The query service does not run just now; ask again in a moment.") from None

    def ask(self, content: bytes, timeout_s: float) -> _Packet:
        """Send a request and receive the first packet of the answer."""
        self._number = (self._number + 1) % (1 << 32)
        if timeout_s != self._timeout_s:
            self._timeout_s = timeout_s
            wait = struct.pack("@ll", int(timeout_s + _GRACE_S), 0)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, wait)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, wait)
        for packet in wire.request_packets(self._number, content):
            self._socket.send(packet)
        return self.receive()

    def receive(self) -> _Packet:
        """The next packet of the answer: kind, content, open files.

        :raises ConnectionError: the host hung up.
        """
        while True:
            try:
                packet = self._receiver.receive(self._socket)
            except BlockingIOError:
                raise QueryHostUnavailable("The query service does not answer; ask again in a moment.") from None
            if packet is None:
                raise ConnectionResetError
            kind, number, content, files = packet
            if number == self._number:
                return kind, content, files
            for file in files:  # of a query that was stopped in the same moment as it ended
                os.close(file)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


class _Stream:
    """The bytes of a result: those held back, then those that are still to come."""

    def __init__(self, connection: _Connection, release: Callable[[_Connection, bool], None]) -> None:
        self._connection, self._release = connection, release
        self.held: deque[bytes] = deque()
        self.outcome = wire.Outcome()
        self.is_over = False
        self._file = -1

    def read_ahead(self, packet: _Packet) -> None:
        """Read on from the first packet until the result is whole, or too large to be held back."""
        while not self._take(packet):
            packet = self._receive()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        while not self.held:
            if self.is_over:
                raise StopIteration
            if self._file >= 0 and (piece := os.read(self._file, wire.PACKET_BYTES)):
                return piece
            self._take(self._receive())
        return self.held.popleft()

    def close(self) -> None:
        """Let go of the result; what still runs for it is stopped."""
        self.held.clear()
        if not self.is_over:
            self._end(whole=False)

    def __del__(self) -> None:
        self.close()

    def _take(self, packet: _Packet) -> bool:
        """Take in a packet; whether the outcome is known."""
        kind, content, files = packet
        if kind == wire.DATA:
            self.held.append(content)
        elif kind in (wire.OUTCOME, wire.END):
            self.outcome, _ = wire.Outcome.unpack(content)
            if kind == wire.END:
                self._end(whole=True)
        elif kind == wire.REST:
            self.outcome, _ = wire.Outcome.unpack(content)
            self._file = files[0]
            os.lseek(self._file, 0, os.SEEK_SET)
        else:
            self._end(whole=True)
            self.held.clear()
            raise wire.error_of(content)
        return kind != wire.DATA

    def _receive(self) -> _Packet:
        try:
            return self._connection.receive()
        except (ConnectionError, QueryHostUnavailable):
            self._end(whole=False)
            raise QueryHostUnavailable("The answer broke off; ask again.") from None

    def _end(self, *, whole: bool) -> None:
        self.is_over = True
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        self._release(self._connection, whole)
