"""Starts, watches and stops a query host as a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from kggraph.errors import ConfigError, KgError, QueryHostUnavailable, SourceError
from kggraph.store.schedule import HostLimits

_STOP_S: Final = 5.0


class HostProcess:
    """A query host that outlives neither this process nor the data it was started with.

    :param source: gives what is to be served now, an RDF file or a store folder, and its version.
    :param socket: where web processes find it.
    :param start_s: seconds it may take to read the data.
    """

    def __init__(
        self,
        source: Callable[[], tuple[Path, str]],
        socket: Path,
        limits: HostLimits | None = None,
        *,
        start_s: float = 3600.0,
    ) -> None:
        self._source, self._socket, self._limits, self._start_s = source, socket, limits or HostLimits(), start_s
        self._process: subprocess.Popen[bytes] | None = None
        self._old: list[subprocess.Popen[bytes]] = []
        self._serves: tuple[Path, str] | None = None
        self.quads = -1
        """Quads it serves; -1 when they are on disk and were not counted."""

    def start(self) -> None:
        """Start it, and return when it answers.

        :raises SourceError: the data are not what their name says; also ConfigError.
        :raises QueryHostUnavailable: it ended, or did not answer in time.
        """
        serves = self._source()
        self._process, self._serves = self._launch(*serves), serves

    def watch(self) -> str | None:
        """Start it anew when it has died, or when the source has changed; a sentence when that happened."""
        self._old = [old for old in self._old if old.poll() is None]
        process, serves = self._process, self._source()
        if process is None:
            return None
        if process.poll() is not None:
            self.start()
            return f"The query host ended ({_ending(process.returncode)}) and was started anew."
        if serves == self._serves:
            return None
        # The new one takes over the socket's place when it is ready; the old one ends with its last query.
        self._process, self._serves = self._launch(*serves), serves
        process.send_signal(signal.SIGTERM)
        self._old.append(process)
        return f"Queries are answered from version {serves[1] or serves[0].name} now."

    def stop(self) -> None:
        """Stop it and its workers, and wait until they are gone."""
        running = [*self._old, *([self._process] if self._process else [])]
        self._process, self._old = None, []
        for process in running:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
        for process in running:
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @property
    def process_id(self) -> int | None:
        """Its process number while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def _launch(self, path: Path, version: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "kggraph.store.host", "--data", os.fspath(path)]
        command += ["--socket", os.fspath(self._socket), "--version", version, "--parent", str(os.getpid())]
        for name, value in asdict(self._limits).items():
            command += [f"--{name.replace('_', '-')}", str(value)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)
        try:
            said = _line(process, self._start_s)
        except BaseException:
            process.kill()
            process.wait()
            raise
        if said.get("ready"):
            self.quads = said["quads"]
            return process
        process.wait()
        raise _start_error(said, process.returncode)


def _line(process: subprocess.Popen[bytes], within_s: float) -> dict[str, Any]:
    """The one line of JSON that a starting host says; empty when it ends without."""
    assert process.stdout is not None
    deadline = time.monotonic() + within_s
    said = b""
    with process.stdout as stream:
        while b"\n" not in said:
            if not select.select([stream], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise QueryHostUnavailable("The query host did not start in time.")
            piece = os.read(stream.fileno(), 65536)
            if not piece:
                break
            said += piece
    try:
        members: dict[str, Any] = json.loads(said)
    except ValueError:
        return {}
    return members


def _start_error(said: dict[str, Any], code: int) -> KgError:
    members = said.get("error")
    if not isinstance(members, dict):
        return QueryHostUnavailable(f"The query host did not start ({_ending(code)}).")
    if members["code"] == SourceError.code:
        return SourceError(
            members["message"], path=members["path"], line=members.get("line"), column=members.get("column")
        )
    if members["code"] == ConfigError.code:
        return ConfigError(members["message"], key=members.get("key"))
    return KgError(members["message"])


def _ending(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"
