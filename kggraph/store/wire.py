"""Packets between the web process, the query host and its workers.

All three speak over Unix sockets of type SEQPACKET, which keep packets whole: a worker that is killed while it writes
never leaves half a packet, so the host can still say on the same socket why the answer ends. A packet is one byte for
its kind, four for the number of the request on its connection, then its content.
"""

from __future__ import annotations

import errno
import json
import socket
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from kggraph.errors import (
    EngineError,
    EngineUnavailable,
    KgError,
    NotAcceptable,
    QueryHostUnavailable,
    QueryOutOfMemory,
    QueryRefused,
    QuerySyntaxError,
    QueryTimeout,
    ResultTooLarge,
    TooBusy,
    TooManyRequests,
)

PACKET_BYTES: Final = 64 * 1024
"""Content of the largest packet; a socket's buffer holds three of them."""
_HEAD: Final = struct.Struct("<cI")
_FILE: Final = struct.Struct("@i")
_ANCILLARY: Final = socket.CMSG_SPACE(_FILE.size)
Malformed = struct.error
HEAD_BYTES: Final = _HEAD.size

# From the client, and from the host to a worker
PART: Final = b"p"
"""A piece of a long request; more follows."""
ASK: Final = b"q"
"""A request, or the last piece of it."""

# To the client
WHOLE: Final = b"a"
"""A small answer: its outcome, and all bytes of the result."""
DATA: Final = b"d"
"""Bytes of the result."""
OUTCOME: Final = b"o"
"""What is known of a large result before its end, so that it may be passed on."""
REST: Final = b"r"
"""All further bytes of the result are in the file that comes with this packet; for a client slower than the engine."""
END: Final = b"e"
"""The result is whole; its outcome. Without this packet an answer is broken."""
ERROR: Final = b"x"
"""The answer ends here, and why."""

# From a worker to the host
READY: Final = b"h"
"""The worker has shut itself off; or a sentence on what it could not give up."""
DONE: Final = b"f"
"""The worker is free; with a file and the last packets when the client is slower than the engine."""
SPILL: Final = b"s"
"""The worker asks for a file to put the rest of a result in."""


REQUEST: Final = struct.Struct("<dI16s")
"""In front of a request, for the host: seconds it may run, megabytes it may use, and whoever asks."""
WAITED: Final = struct.Struct("<f")
"""Behind a request, put there by the host: seconds it waited for a worker."""
CREDENTIALS: Final = struct.Struct("3i")
"""Process, user and group at the other end of a Unix socket."""
_OUTCOME: Final = struct.Struct("<?fQB")
KEEP: Final = b"k"
RETIRE: Final = b"r"
"""The worker has grown, or met what it may not recover from; the host ends it and forks another."""


def packet(kind: bytes, number: int, content: bytes = b"") -> bytes:
    """A packet's bytes.

    >>> unpack(packet(DATA, 7, b"x"))
    (b'd', 7, b'x')
    """
    return _HEAD.pack(kind, number) + content


def unpack(data: bytes) -> tuple[bytes, int, bytes]:
    """Kind, number of the request, and content of a packet."""
    kind, number = _HEAD.unpack_from(data)
    return kind, number, data[HEAD_BYTES:]


def request_packets(number: int, content: bytes) -> Iterator[bytes]:
    """A request as as many packets as it needs.

    >>> [unpack(p)[0] for p in request_packets(1, bytes(70_000))]
    [b'p', b'q']
    """
    last = max(0, (len(content) - 1) // PACKET_BYTES)
    for place in range(last + 1):
        piece = content[place * PACKET_BYTES : (place + 1) * PACKET_BYTES]
        yield packet(ASK if place == last else PART, number, piece)


class Receiver:
    """Packets taken in through one buffer.

    A new one of this size for each packet makes the allocator put all its small pieces in order each time: measured, a
    sixth of a query's time in a worker.
    """

    def __init__(self) -> None:
        self._buffer = bytearray(PACKET_BYTES + 1024)
        self._view, self._buffers = memoryview(self._buffer), [self._buffer]

    def receive(self, source: socket.socket) -> tuple[bytes, int, bytes, list[int]] | None:
        """Kind, number, content and open files of the next packet; None when the other end has hung up.

        :raises OSError: there is none, or none in time, or it is larger than any is to be.
        """
        size, ancillary, flags, _ = source.recvmsg_into(self._buffers, _ANCILLARY)
        if not size:
            return None
        if flags & socket.MSG_TRUNC:
            raise ConnectionAbortedError(errno.EMSGSIZE, "A packet is larger than any is to be.")
        kind, number = _HEAD.unpack_from(self._buffer)
        return kind, number, bytes(self._view[HEAD_BYTES:size]), file_descriptors(ancillary) if ancillary else []

    def receive_whole(self, source: socket.socket) -> bytes:
        """A packet as it is, without files; empty when the other end has hung up.

        :raises OSError: there is none.
        """
        return bytes(self._view[: source.recv_into(self._buffer)])


def send_with_file(to: socket.socket, parts: Sequence[bytes], file: int) -> None:
    """Send one packet, and an open file with it."""
    to.sendmsg(parts, [(socket.SOL_SOCKET, socket.SCM_RIGHTS, _FILE.pack(file))])


def file_descriptors(ancillary: list[tuple[int, int, bytes]]) -> list[int]:
    """The open files that came with a packet."""
    found: list[int] = []
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            found += struct.unpack(f"{len(data) // 4}i", data[: len(data) // 4 * 4])
    return found


_encode: Final = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode
_decode: Final = json.JSONDecoder().decode


def dump(value: Mapping[str, Any] | Sequence[Any]) -> bytes:
    """A mapping or list of plain values as bytes."""
    return _encode(value).encode("utf-8", "surrogatepass")


def load(content: bytes) -> Any:
    """What `dump` wrote."""
    return _decode(content.decode("utf-8", "surrogatepass"))


class Outcome(NamedTuple):
    """What is known of an answer besides its bytes."""

    truncated: bool = False
    queued_s: float = 0.0
    version: str = ""
    left_bytes: int = 0
    """Bytes in the file that comes with a `REST` packet."""

    def pack(self) -> bytes:
        """As bytes, in front of anything else.

        >>> Outcome.unpack(Outcome(True, 0.5, "v1").pack() + b"rest")
        (Outcome(truncated=True, queued_s=0.5, version='v1', left_bytes=0), b'rest')
        """
        version = self.version.encode()[:255]
        return _OUTCOME.pack(self.truncated, self.queued_s, self.left_bytes, len(version)) + version

    @classmethod
    def unpack(cls, content: bytes) -> tuple[Outcome, bytes]:
        """The outcome at the beginning of some bytes, and the bytes after it."""
        truncated, queued_s, left_bytes, length = _OUTCOME.unpack_from(content)
        start = _OUTCOME.size
        version = content[start : start + length].decode("utf-8", "replace")
        return cls(truncated, queued_s, version, left_bytes), content[start + length :]


def error_content(error: KgError) -> bytes:
    """An error as the content of a packet.

    >>> error_of(error_content(QueryTimeout("Stopped.", allowed=2)))
    QueryTimeout('Stopped.')
    """
    typed = {name: value for name, value in vars(error).items() if not name.startswith("_")}
    return dump({"code": error.code, **typed})


_ERRORS: Final[Mapping[str, Callable[[dict[str, Any]], KgError]]] = {
    QuerySyntaxError.code: lambda m: QuerySyntaxError(m["message"], line=m["line"], column=m["column"]),
    QueryRefused.code: lambda m: QueryRefused(m["message"], what=m["what"]),
    QueryTimeout.code: lambda m: QueryTimeout(m["message"], allowed=m["allowed"]),
    QueryOutOfMemory.code: lambda m: QueryOutOfMemory(m["message"], allowed=m["allowed"]),
    ResultTooLarge.code: lambda m: ResultTooLarge(m["message"], allowed=m["allowed"]),
    NotAcceptable.code: lambda m: NotAcceptable(m["message"], available=tuple(m["available"])),
    TooBusy.code: lambda m: TooBusy(m["message"], retry_after_s=m["retry_after_s"]),
    TooManyRequests.code: lambda m: TooManyRequests(m["message"], retry_after_s=m["retry_after_s"]),
    QueryHostUnavailable.code: lambda m: QueryHostUnavailable(m["message"]),
    EngineUnavailable.code: lambda m: EngineUnavailable(m["message"]),
    EngineError.code: lambda m: EngineError(m["message"]),
}


def error_of(content: bytes) -> KgError:
    """The error in the content of a packet."""
    members = load(content)
    make = _ERRORS.get(members["code"])
    return make(members) if make else KgError(members["message"])
