"""The workers of a query host: forked, given requests, killed and replaced."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from kggraph.errors import KgError, QueryRefused
from kggraph.store import wire, workers
from kggraph.store.evaluate import Dataset, out_of_memory

_LOW_PRIORITY: Final = 15
_MOST_COPIED: Final = 2 << 30
"""Bytes of pages that a worker may have made its own, of the data and for itself. Up to that a warm worker is worth its
memory; data that are larger would otherwise be there once for each worker after a while."""
_HAND_OVER: Final = struct.pack("@ll", 5, 0)
"""Seconds and microseconds in which a worker takes a request."""


@dataclass(eq=False, slots=True)
class Job:
    """One request, waiting or running."""

    connection: Connection
    number: int
    packets: list[bytes]
    client: bytes
    timeout_s: float
    memory_mb: int
    arrived: float
    worker: WorkerProcess | None = None
    tries: int = 0
    """Workers that were gone before they began with it."""


@dataclass(eq=False, slots=True)
class Connection:
    """A client's connection; it has one request at a time."""

    socket: socket.socket
    parts: list[bytes] = field(default_factory=list)
    part_bytes: int = 0
    job: Job | None = None
    next_job: Job | None = None
    """A request that came before the worker said that it was done with the one before."""
    outbox: list[tuple[bytes, int]] = field(default_factory=list)
    """Packets that the client has yet to take, each with an open file or -1."""


@dataclass(eq=False, slots=True)
class WorkerProcess:
    """A worker as the host sees it."""

    pid: int
    control: socket.socket
    job: Job | None = None
    started: float = 0.0
    deadline: float = 0.0
    long_at: float = 0.0
    looked_at: float = 0.0
    """When there was last no room aside for its query."""
    is_long: bool = False
    """Its query was moved aside, so that a fresh worker is there for the next."""
    is_low: bool = False
    """It has a low priority."""
    is_dying: bool = False
    is_outdated: bool = False
    """Whether the data are others by now: it ends what it does, and gets nothing more."""


class Pool:
    """Forks workers and hands them requests.

    :param make_dataset: gives a worker its data: what the host has in memory, or a database it opens itself.
    :param close_in_worker: gives the host's sockets, which a worker must not hold.
    """

    def __init__(
        self, make_dataset: Callable[[], Dataset], version: str, close_in_worker: Callable[[], Iterable[socket.socket]]
    ) -> None:
        self._make_dataset, self._version, self._close_in_worker = make_dataset, version, close_in_worker
        self.all: dict[int, WorkerProcess] = {}
        """By the file descriptor of their control sockets."""

    def renew(self, make_dataset: Callable[[], Dataset], version: str) -> None:
        """New workers have other data from now on."""
        self._make_dataset, self._version = make_dataset, version
        for worker in self.all.values():
            worker.is_outdated = True

    def fork(self) -> WorkerProcess:
        """A new worker."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        host = os.getpid()
        pid = os.fork()
        if pid == 0:
            try:
                for each in (ours, *(worker.control for worker in self.all.values()), *self._close_in_worker()):
                    os.close(each.detach())
                workers.run(theirs, self._make_dataset(), parent=host, version=self._version)
            finally:
                os._exit(1)
        theirs.close()
        # By the kernel: with Python's own timeout every packet takes one system call more.
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _HAND_OVER)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _HAND_OVER)
        worker = WorkerProcess(pid, ours)
        self.all[ours.fileno()] = worker
        return worker

    def assign(self, worker: WorkerProcess, job: Job, long_after_s: float) -> bool:
        """Hand a request, with the client's socket, to a free worker; whether the worker took it."""
        now = time.monotonic()
        worker.job, job.worker = job, worker
        worker.started, worker.looked_at = now, 0.0
        worker.deadline = now + job.timeout_s
        worker.long_at = now + long_after_s
        last = (job.packets[-1], wire.WAITED.pack(now - job.arrived))
        try:
            for data in job.packets[:-1]:
                worker.control.send(data)
            wire.send_with_file(worker.control, last, job.connection.socket.fileno())
        except OSError:
            return False
        return True

    def yield_to_others(self) -> None:
        """Let long queries go on only when no other needs the processor, for as long as they run.

        Not before there is another: one that is alone need not wait for what else the machine does, and what a process
        once gave away it cannot take back.
        """
        for worker in self.all.values():
            if worker.is_long and not worker.is_low:
                worker.is_low = True
                with contextlib.suppress(OSError):
                    os.setpriority(os.PRIO_PROCESS, worker.pid, _LOW_PRIORITY)

    def has_copied_much(self, worker: WorkerProcess) -> bool:
        """Whether it should make room for a fresh one, which has all data in common with the host."""
        try:
            told = Path(f"/proc/{worker.pid}/stat").read_text("utf-8", "replace")
        except OSError:
            return False  # it is gone, or the machine does not tell
        minor_faults = int(told.rpartition(")")[2].split()[7])  # man 5 proc: the tenth field
        return minor_faults * resource.getpagesize() > _MOST_COPIED

    def kill(self, worker: WorkerProcess) -> None:
        """End a worker at once; `reap` follows when it hangs up."""
        worker.is_dying = True
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker.pid, signal.SIGKILL)

    def reap(self, worker: WorkerProcess) -> int:
        """Take leave of a worker that has hung up; gives its exit code, negative for a signal."""
        del self.all[worker.control.fileno()]
        worker.control.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker.pid, signal.SIGKILL)
        _, status = os.waitpid(worker.pid, 0)
        return os.waitstatus_to_exitcode(status)

    def end(self) -> None:
        """End all workers."""
        for worker in list(self.all.values()):
            self.kill(worker)
        for worker in list(self.all.values()):
            self.reap(worker)


def death_error(code: int, job: Job) -> KgError:
    """Why a worker that nobody killed is gone, judged by its exit code."""
    if code == -signal.SIGSYS:
        return QueryRefused("The query asks another server, which this endpoint does not do.", what="SERVICE")
    if code in (-signal.SIGSEGV, -signal.SIGBUS):
        return QueryRefused(
            "The query is nested too deeply, or has too long a chain of operators, for the engine.", what="nesting"
        )
    if code in (-signal.SIGABRT, -signal.SIGKILL):
        return out_of_memory(job.memory_mb)
    return KgError("The engine failed on this query.")
