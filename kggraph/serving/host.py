"""The query host as a child process: started, watched, replaced when the data are, and stopped."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Final

from kggraph.config import Settings, environment_with
from kggraph.errors import ConfigError, KgError, QueryHostUnavailable
from kggraph.store.files import is_on_disk
from kggraph.store.limits import HostLimits
from kggraph.store.overlay import QUADS_NAME
from kggraph.store.remote import Remote

_START_S: Final = 600.0
"""A store of many millions of triples takes minutes to read."""
_CHANGE_S: Final = 30.0
_STOP_S: Final = 5.0
_LARGE_BYTES: Final = 200 << 20
"""Quads that take more than a few seconds to be read into memory."""
_ALLOCATOR: Final = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=127"}
"""An engine makes and frees thousands of small pieces for a query: with more of them at hand it needs an eighth less
time for a small one. https://www.gnu.org/software/libc/manual/html_node/Memory-Allocation-Tunables.html"""
_RETRY_S: Final = (0.0, 1.0, 5.0, 30.0)
"""Pauses before a host that died is started again; the last one repeats."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a query host holds."""

    data: Path
    version: str
    remote: Remote | None = None
    """The engine that has the data, if that is not the query host itself."""


def host_limits(settings: Settings) -> HostLimits:
    """The query host's limits as the operator sets them."""
    return HostLimits(
        workers=settings.query_workers,
        long_workers=settings.query_long_workers,
        long_after_s=settings.query_long_after_s,
        guaranteed_s=settings.query_guaranteed_s,
        max_waiting=settings.query_queue,
        max_waiting_each=settings.query_queue_each,
        max_wait_s=settings.query_queue_s,
    )


class QueryHost:
    """One query host at a time, at one socket."""

    def __init__(self, socket: Path, held: Callable[[], Held | None], limits: HostLimits) -> None:
        """Nothing is started yet.

        :param held: tells what the host should hold now; None when that cannot be told just now.
        """
        self._socket, self._held, self._limits = socket, held, limits
        self._process: subprocess.Popen[bytes] | None = None
        self._begun: tuple[subprocess.Popen[bytes], Held] | None = None
        """A host that was begun and is not waited for yet."""
        self._leaving: list[subprocess.Popen[bytes]] = []
        """Hosts that were replaced and end when their queries have."""
        self._holds: Held | None = None
        self._deaths = 0
        self._retry_at = 0.0
        self._is_stopped = False

    def begin(self) -> None:
        """Let it begin to read its data, so that other things can be done meanwhile; `start` waits for it.

        :raises KgError: there is nothing to hold.
        """
        held = self._held()
        if held is None:
            raise QueryHostUnavailable("There is nothing to query yet.")
        self._begun = self._launched(held), held

    def start(self) -> None:
        """Start it and return when it answers.

        :raises KgError: it cannot hold the data, or does not start.
        """
        if self._begun is None:
            self.begin()
        if self._begun is not None:
            try:
                process, held = self._begun
                self._process, self._holds = self._ready(process), held
            finally:
                self._begun = None

    @property
    def takes_long(self) -> bool:
        """Whether what was begun reads so much that pages should not wait for it; `watch` then waits for it."""
        if self._begun is None or self._begun[1].remote is not None or is_on_disk(self._begun[1].data):
            return False
        quads = self._begun[1].data / QUADS_NAME
        return quads.is_file() and quads.stat().st_size > _LARGE_BYTES

    def watch(self) -> str | None:
        """Start it anew when it died, or replace it when it should hold other data; a sentence when that happened.

        One that was begun and not waited for is waited for here.

        :raises KgError: the new one does not start; the old one, when there is one, goes on.
        """
        if self._is_stopped or time.monotonic() < self._retry_at:
            return None
        if self._process is None:
            self._wait_before_another()
            self.start()
            self._deaths = 0
            return "Queries are answered now."
        self._leaving = [process for process in self._leaving if process.poll() is None]
        code = self._process.poll()
        if code is not None:
            _let_go(self._process)
            self._wait_before_another()
            self.start()
            return f"The query host stopped ({_ending(code)}) and was started again."
        held = self._held()
        if held is None or held == self._holds:
            return None
        if self._changes(self._process, held):
            self._holds = held
            return f"Generation {held.version} is served now."
        self._wait_before_another()
        old, self._process, self._holds = self._process, self._ready(self._launched(held)), held
        self._deaths = 0
        old.send_signal(signal.SIGTERM)
        _let_go(old)
        self._leaving.append(old)
        return f"Generation {held.version} is served now."

    def stop(self) -> None:
        """Stop it and its workers, and wait until they are gone."""
        self._is_stopped = True
        begun = self._begun[0] if self._begun else None
        processes = [process for process in (self._process, begun, *self._leaving) if process]
        for process in processes:
            _let_go(process)
        for process in processes:
            process.send_signal(signal.SIGINT)
        for process in processes:
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                _end(process)

    def _wait_before_another(self) -> None:
        self._retry_at = time.monotonic() + _RETRY_S[min(self._deaths, len(_RETRY_S) - 1)]
        self._deaths += 1

    def _launched(self, held: Held) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "kggraph.store.host", "--data", os.fspath(held.data)]
        command += ["--socket", os.fspath(self._socket), "--version", held.version]
        command += ["--parent", str(os.getpid())]
        for name, value in asdict(self._limits).items():
            command += [f"--{name.replace('_', '-')}", str(value)]
        told = b""
        if held.remote is not None:  # not in the command, which everyone on the machine can read
            command.append("--remote")
            told = json.dumps(asdict(held.remote)).encode()
        else:
            command.append("--listen")
        # A session of its own: Ctrl-C in a terminal reaches this process only, which then stops the host.
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            env=environment_with(_ALLOCATOR),
            bufsize=0,
        )
        if process.stdin is not None and held.remote is not None:
            with contextlib.suppress(BrokenPipeError), process.stdin as stdin:
                stdin.write(told)
        return process

    def _changes(self, process: subprocess.Popen[bytes], held: Held) -> bool:
        """Whether a host can hold other data without reading all of them, and now does."""
        if held.remote is not None or process.stdin is None or process.stdin.closed:
            return False
        try:
            asked = {"data": os.fspath(held.data), "version": held.version}
            process.stdin.write(json.dumps(asked).encode() + b"\n")
        except OSError:
            return False
        return bool(_line(process, _CHANGE_S).get("ready"))

    def _ready(self, process: subprocess.Popen[bytes]) -> subprocess.Popen[bytes]:
        """The process, when it has said that it is ready."""
        try:
            told = _line(process, _START_S)
            if told.get("ready") and not self._is_stopped:
                return process
        except BaseException:
            _end(process)
            raise
        if self._is_stopped:
            _end(process)
        _let_go(process)
        process.wait()
        sentence = str(told.get("sentence", "The query host did not start; see the messages above."))
        raise ConfigError(sentence) if told.get("exit_code") == ConfigError.exit_code else KgError(sentence)


def _end(process: subprocess.Popen[bytes]) -> None:
    _let_go(process)
    process.kill()
    process.wait()


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """Say and hear nothing more."""
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()


def _line(process: subprocess.Popen[bytes], within_s: float) -> dict[str, object]:
    """What a host says next."""
    stream: IO[bytes] | None = process.stdout
    if stream is None or stream.closed:
        return {}
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        if not selector.select(within_s):
            return {"sentence": f"The query host was not ready after {within_s:.0f} seconds."}
    line = stream.readline()
    told = json.loads(line) if line.strip() else {}
    return told if isinstance(told, dict) else {}


def _ending(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
