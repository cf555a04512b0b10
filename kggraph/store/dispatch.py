"""What the query host does all day: it listens, reads requests, hears its workers, and passes on what they leave."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Final

from kggraph.errors import ConfigError, KgError
from kggraph.store import wire
from kggraph.store.evaluate import Dataset
from kggraph.store.limits import HostLimits
from kggraph.store.pool import Connection, Job, Pool, WorkerProcess
from kggraph.store.schedule import Scheduler

_MAX_REQUEST_BYTES: Final = 8 * 1024 * 1024
_MAX_CONNECTIONS: Final = 1024
_PATH_BYTES: Final = 107


class Dispatcher:
    """Connections, the queue, and the clock.

    :param make_dataset: called in each worker.
    :param version: version of the data, told with every answer.
    """

    def __init__(
        self, path: Path, make_dataset: Callable[[], Dataset], limits: HostLimits, *, version: str = ""
    ) -> None:
        self._path = path
        self._connections: dict[int, Connection] = {}
        self._pool = Pool(make_dataset, version, self._sockets)
        self._schedule = Scheduler(self._pool, limits, fail=self._fail, watch=self._watch)
        self._receiver = wire.Receiver()
        self._poll = select.epoll()
        self._wake, self._woken = socket.socketpair()
        self._listener = _listen(path)
        self._inode = path.stat().st_ino
        self._others: dict[int, Callable[[], bool]] = {}
        self._stop = self._drain = False
        self._warned = False

    def listen_to(self, number: int, hear: Callable[[], bool]) -> None:
        """Call a function whenever there is something to read, until it says that nothing more will come.

        :param number: of the open file.
        """
        self._others[number] = hear
        self._poll.register(number, select.EPOLLIN)

    def renew(self, make_dataset: Callable[[], Dataset], version: str) -> None:
        """Answer from other data from now on; what is being answered ends with the old ones."""
        self._pool.renew(make_dataset, version)
        self._schedule.renew()

    def _sockets(self) -> Iterator[socket.socket]:
        yield from (self._listener, self._wake, self._woken)
        yield from (connection.socket for connection in self._connections.values())

    def run(self, ready: Callable[[], None]) -> None:
        """Serve until SIGTERM (when the queries that run have ended) or SIGINT (at once)."""
        for each in (self._wake, self._woken):
            each.setblocking(False)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._signalled)
        signal.signal(signal.SIGINT, self._signalled)
        for each in (self._woken, self._listener):
            self._poll.register(each.fileno(), select.EPOLLIN)
        self._schedule.fill()
        ready()
        try:
            while not self._stop and not (self._drain and self._has_drained()):
                for number, events in self._poll.poll(self._schedule.until_next()):
                    self._handle(number, events)
                self._schedule.keep_time()
        finally:
            self._unlink()
            self._pool.end()

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        self._stop = self._stop or self._drain or number == signal.SIGINT
        self._drain = True

    def _has_drained(self) -> bool:
        """Whether nothing is left to do; who has nothing running is sent to the next host."""
        self._unlink()
        if self._listener.fileno() >= 0:
            self._poll.unregister(self._listener.fileno())
            self._listener.close()
        for connection in list(self._connections.values()):
            if not (connection.job or connection.outbox):
                self._close(connection)
        return not self._connections

    def _unlink(self) -> None:
        """Take away our socket, unless another host has put its own in that place."""
        with contextlib.suppress(OSError):
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()

    # ------------------------------------------------------------------ events
    def _handle(self, number: int, events: int) -> None:
        if worker := self._pool.all.get(number):
            self._hear(worker)
        elif connection := self._connections.get(number):
            if events & select.EPOLLOUT:
                self._flush(connection)
            if events & ~select.EPOLLOUT:
                self._read(connection)
        elif number == self._listener.fileno():
            self._accept()
        elif number == self._woken.fileno():
            with contextlib.suppress(BlockingIOError):
                self._woken.recv(64)
        elif (hear := self._others.get(number)) and not hear():
            self._poll.unregister(number)
            del self._others[number]

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError:
            return
        credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, wire.CREDENTIALS.size)
        _, user, _ = wire.CREDENTIALS.unpack(credentials)
        if user not in (os.getuid(), 0) or len(self._connections) >= _MAX_CONNECTIONS:
            client.close()
            return
        client.setblocking(False)
        self._connections[client.fileno()] = Connection(client)
        self._poll.register(client.fileno(), select.EPOLLIN)

    def _read(self, connection: Connection) -> None:
        try:
            data = self._receiver.receive_whole(connection.socket)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        connection.part_bytes += len(data)
        if len(data) < wire.HEAD_BYTES or connection.part_bytes > _MAX_REQUEST_BYTES or connection.next_job:
            self._close(connection)
            return
        connection.parts.append(data)
        if data[:1] != wire.ASK:
            return
        packets, connection.parts, connection.part_bytes = connection.parts, [], 0
        _, number, content = wire.unpack(packets[0])
        try:
            timeout_s, memory_mb, client = wire.REQUEST.unpack_from(content)
        except wire.Malformed:
            self._close(connection)
            return
        job = Job(connection, number, packets, client, timeout_s, memory_mb, time.monotonic())
        if connection.job:
            connection.next_job = job
        else:
            self._start(job)

    def _hear(self, worker: WorkerProcess) -> None:
        """A worker has something to say, or is gone."""
        untaken = False
        try:
            packet = self._receiver.receive(worker.control)
        except OSError as error:
            # https://man7.org/linux/man-pages/man7/unix.7.html: reset when the other end went with packets unread
            packet, untaken = None, isinstance(error, ConnectionResetError)
        kind, _, content, files = packet or (b"", 0, b"", [])
        job = worker.job
        if packet is None:
            self._poll.unregister(worker.control.fileno())
            self._schedule.gone(worker, untaken=untaken)
        elif kind == wire.SPILL:
            with tempfile.TemporaryFile() as file, contextlib.suppress(OSError):
                wire.send_with_file(worker.control, [wire.packet(wire.SPILL, 0)], file.fileno())
        elif kind == wire.READY and content and not self._warned:
            self._warned = True
            sys.stderr.write(f"query host: {content.decode()}\n")
            sys.stderr.flush()
        elif kind == wire.DONE and job and not worker.is_dying:
            self._leave(job, content[1:], files)
            self._schedule.free(worker, keep=content[:1] == wire.KEEP)
            self._finished(job.connection)
            files = []
        for unused in files:
            os.close(unused)

    # ------------------------------------------------------------------ answers
    def _watch(self, worker: WorkerProcess) -> None:
        self._poll.register(worker.control.fileno(), select.EPOLLIN)

    def _start(self, job: Job) -> None:
        job.connection.job = job
        self._schedule.submit(job)

    def _fail(self, job: Job, error: KgError) -> None:
        self._send(job.connection, wire.packet(wire.ERROR, job.number, wire.error_content(error)))
        self._finished(job.connection)

    def _finished(self, connection: Connection) -> None:
        job, connection.job, connection.next_job = connection.next_job, None, None
        if job and connection.socket.fileno() >= 0:
            self._start(job)

    def _leave(self, job: Job, left: bytes, files: list[int]) -> None:
        """Give a slow client, when it has taken what is before, what its worker has left for it."""
        if left[:1] == b"x":
            self._send(job.connection, wire.packet(wire.ERROR, job.number, left[1:]))
            for file in files:
                os.close(file)
        elif left and files:
            self._send(job.connection, wire.packet(wire.REST, job.number, left[1:]), files[0])
            self._send(job.connection, wire.packet(wire.END, job.number, left[1:]))

    def _send(self, connection: Connection, data: bytes, file: int = -1) -> None:
        connection.outbox.append((data, file))
        self._flush(connection)

    def _flush(self, connection: Connection) -> None:
        waits = False
        while connection.outbox and not waits:
            data, file = connection.outbox[0]
            try:
                if file >= 0:
                    wire.send_with_file(connection.socket, [data], file)
                else:
                    connection.socket.send(data)
            except BlockingIOError:
                waits = True
                break
            except OSError:
                pass  # the client has hung up, which its socket tells as well
            if file >= 0:
                os.close(file)
            del connection.outbox[0]
        with contextlib.suppress(OSError, ValueError):
            self._poll.modify(connection.socket.fileno(), select.EPOLLIN | (select.EPOLLOUT if waits else 0))

    def _close(self, connection: Connection) -> None:
        """The client has hung up: nobody waits for its query any more."""
        number = connection.socket.fileno()
        self._poll.unregister(number)
        del self._connections[number]
        connection.socket.close()
        for _, file in connection.outbox:
            if file >= 0:
                os.close(file)
        connection.outbox.clear()
        connection.next_job = None
        if connection.job:
            self._schedule.drop(connection.job)


def _listen(path: Path) -> socket.socket:
    """A listening socket that only this user can connect to, put in its place at once, over one that is there."""
    if len(os.fsencode(path)) > _PATH_BYTES - 12:
        raise ConfigError(f"The socket's path {path} is too long; choose a shorter folder.", key="socket")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    mask = os.umask(0o177)
    try:
        listener.bind(os.fspath(fresh))
        listener.listen(256)
        listener.setblocking(False)
        fresh.rename(path)
    except OSError as error:
        listener.close()
        raise ConfigError(f"The socket {path} cannot be made: {error.strerror}.", key="socket") from None
    finally:
        os.umask(mask)
    return listener
