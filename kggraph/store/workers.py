"""A query worker: a process forked from the query host that runs one query at a time and may be killed at any moment.

It writes its answer straight to the client's socket, which the host passes to it with each request. It never waits for
a slow client: what the socket does not take goes into a file, and the file to the client.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import socket
import time
from typing import Final, NoReturn

from kggraph.errors import KgError, QueryOutOfMemory
from kggraph.store import sandbox, wire
from kggraph.store.evaluate import Dataset, Result, out_of_memory
from kggraph.store.protocol import Task

_PATIENCE_MS: Final = 50
_PAGE: Final = resource.getpagesize()
_GROWTH_BYTES: Final = 256 * 1024 * 1024
_SHORT_S: Final = 0.005
"""A query that takes no longer cannot have taken much memory; only every so many of them is it measured."""
_MEASURE_EVERY: Final = 16


class ClientGone(Exception):
    """Nobody reads the answer any more."""


def run(control: socket.socket, dataset: Dataset, *, parent: int, version: str) -> NoReturn:
    """The life of a worker; never returns.

    :param control: socket to the host, over which requests come.
    :param parent: process number of the host, without which there is no worker.
    :param version: version of the data, told with every answer.
    """
    code = 1
    try:
        sandbox.end_with_parent(parent)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_RDWR), 2)  # the engine's last words when memory ends
        Worker(control, dataset, version).serve()
        code = 0
    finally:
        os._exit(code)


class Worker:
    """Takes requests from the host until it hangs up."""

    def __init__(self, control: socket.socket, dataset: Dataset, version: str) -> None:
        self.control, self.dataset, self.version = control, dataset, version
        self._receiver = wire.Receiver()
        self._statm = os.open("/proc/self/statm", os.O_RDONLY)
        self.control.send(wire.packet(wire.READY, 0, sandbox.enter(network=dataset.needs_network).encode()))
        self._size = self._first_size = self._measure()
        self._allowed = self._unmeasured = 0

    def serve(self) -> None:
        """Answer one request after another."""
        content = b""
        keep = True
        while keep:
            packet = self._receiver.receive(self.control)
            if packet is None:
                return
            kind, number, piece, files = packet
            content += piece
            if kind == wire.ASK:
                answer = Answer(self.control, files[0], number)
                keep = self._answer(answer, content)
                content = b""

    def _answer(self, answer: Answer, content: bytes) -> bool:
        """Answer a request; whether this worker is still good for another."""
        began = time.monotonic()
        task = Task(*wire.load(content[wire.REQUEST.size : -wire.WAITED.size]))
        (waited,) = wire.WAITED.unpack(content[-wire.WAITED.size :])
        answer.outcome = wire.Outcome(queued_s=waited, version=self.version)
        keep = True
        try:
            self._limit_memory(task.memory_mb)
            self._run(answer, task)
        except ClientGone:
            pass
        except KgError as error:
            keep = not isinstance(error, QueryOutOfMemory)
            answer.fail(error)
        except MemoryError:
            keep = False
            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            answer.fail(out_of_memory(task.memory_mb))
        except BaseException as error:  # noqa: BLE001 - a panic of the engine comes as one
            keep = False
            answer.fail(KgError(f"The engine failed on this query ({type(error).__name__})."))
        self._unmeasured += 1
        if self._unmeasured >= _MEASURE_EVERY or time.monotonic() - began > _SHORT_S:
            self._size, self._unmeasured = self._measure(), 0
        keep = keep and self._size - self._first_size < _GROWTH_BYTES
        answer.done(wire.KEEP if keep else wire.RETIRE)
        return keep

    def _run(self, answer: Answer, task: Task) -> None:
        result = Result(
            self.dataset, task, piece_bytes=wire.PACKET_BYTES - 1024, send=answer.send_data, settle=answer.settle
        )
        truncated = result.run()
        answer.finish(result.rest, truncated)

    def _limit_memory(self, megabytes: int) -> None:
        # Beyond its soft limit a process gets no more memory; the hard limit stays, so that the next query has its own.
        allowed = self._size + megabytes * 1024 * 1024
        if allowed != self._allowed:
            _, hard = resource.getrlimit(resource.RLIMIT_AS)
            resource.setrlimit(resource.RLIMIT_AS, (allowed, hard))
            self._allowed = allowed

    def _measure(self) -> int:
        """Bytes of address space in use."""
        return int(os.pread(self._statm, 64, 0).split(None, 1)[0]) * _PAGE


class Answer:
    """The answer to one request, on its way to the client."""

    def __init__(self, control: socket.socket, client: int, number: int) -> None:
        self.control, self.client, self.number = control, client, number
        self.outcome = wire.Outcome()
        self._started = False
        self._file = -1
        self._in_file = 0
        self._error = b""

    def send_data(self, piece: bytes) -> None:
        """Pass on bytes of the result."""
        self._started = True
        if not self._send(wire.DATA, piece):
            view = memoryview(piece)
            try:
                while view:
                    view = view[os.write(self._file, view) :]
            except OSError as error:
                raise KgError(f"There is no room for the rest of the result ({error.strerror}).") from None
            self._in_file += len(piece)

    def settle(self, truncated: bool) -> None:
        """Tell what is known of a result that is too large to be held back."""
        self.outcome = self.outcome._replace(truncated=truncated)
        self._send(wire.OUTCOME, self.outcome.pack())

    def finish(self, rest: bytes, truncated: bool) -> None:
        """The result is whole."""
        if truncated:
            self.outcome = self.outcome._replace(truncated=True)
        outcome = self.outcome.pack()
        if not self._started and self._send(wire.WHOLE, outcome, rest):
            return
        if rest:
            self.send_data(rest)
        self._send(wire.END, outcome)

    def fail(self, error: KgError) -> None:
        """The answer ends with an error."""
        self._error = wire.error_content(error)
        with contextlib.suppress(ClientGone):
            self._send(wire.ERROR, self._error)

    def done(self, verdict: bytes) -> None:
        """Tell the host that this worker is free, and leave it to give the client what that has yet to take."""
        data = wire.packet(wire.DONE, self.number, verdict)
        os.close(self.client)
        if self._file < 0:
            self.control.send(data)
            return
        left = b"x" + self._error if self._error else b"e" + self.outcome._replace(left_bytes=self._in_file).pack()
        wire.send_with_file(self.control, (data, left), self._file)
        os.close(self._file)

    def _send(self, kind: bytes, *content: bytes) -> bool:
        """Send a packet to the client; once its socket has not taken one in time, all goes into a file."""
        while self._file < 0:
            try:
                os.writev(self.client, (wire.packet(kind, self.number), *content))
                return True
            except BlockingIOError:
                poll = select.poll()
                poll.register(self.client, select.POLLOUT)
                if not poll.poll(_PATIENCE_MS):
                    self._file = self._ask_for_file()
            except OSError:
                raise ClientGone from None
        return False

    def _ask_for_file(self) -> int:
        self.control.send(wire.packet(wire.SPILL, self.number))
        _, ancillary, _, _ = self.control.recvmsg(64, socket.CMSG_SPACE(4))
        return wire.file_descriptors(ancillary)[0]
