"""The real command on a free port, as a user starts it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from kggraph.config import Settings

START_S = 60
REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass
class Server:
    """A running `kggraph serve`."""

    process: subprocess.Popen[str]
    url: str
    """With a slash at the end."""
    said: list[str]
    """What it wrote on standard error so far."""

    @property
    def sparql(self) -> str:
        return f"{self.url}sparql"

    def get(self, path: str, accept: str = "*/*") -> tuple[int, bytes]:
        """Status and body of an address."""
        request = urllib.request.Request(self.url.rstrip("/") + path, headers={"Accept": accept})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()

    def processes(self) -> set[int]:
        """Process numbers of all its children and theirs."""
        return descendants(self.process.pid)

    def stop(self, signal_number: int = signal.SIGINT) -> int:
        """End it, and give its exit code."""
        self.process.send_signal(signal_number)
        code = self.process.wait(20)
        if self.process.stderr:
            self.said += self.process.stderr.read().splitlines()
        return code


def descendants(pid: int) -> set[int]:
    """All processes below a process."""
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text().split()):
                found |= {child} | descendants(child)
    return found


def alive(pids: set[int]) -> set[int]:
    """Those of some processes that still run."""
    return {pid for pid in pids if Path(f"/proc/{pid}/stat").exists() and not is_zombie(pid)}


def is_zombie(pid: int) -> bool:
    """Whether a process has ended and only waits to be asked for its exit code."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def environment(**more: str) -> dict[str, str]:
    """The environment of a command, without settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KGGRAPH_")}
    return {**kept, **more}


@contextlib.contextmanager
def started(*arguments: str, root: Path, env: dict[str, str], module: str = "kggraph") -> Iterator[Server]:
    """A server that has said that it serves.

    :param module: what is run as the command.
    """
    command = [sys.executable, "-m", module, "--root", str(root), "serve", "--port", "0", *arguments]
    process = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True, cwd=REPOSITORY)
    said: list[str] = []
    try:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line.rstrip("\n"))
            found = re.search(r"is served at (http://[^/]+/)", line)
            if found:
                yield Server(process, found[1], said)
                break
        else:
            raise AssertionError(f"exit code {process.wait(5)}: {said}")
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.stderr:
            process.stderr.close()


def until(condition: Callable[[], bool], seconds: float = 15) -> bool:
    """Whether a condition comes true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


@pytest.fixture(scope="session")
def server(root: Path, main_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The main knowledge base, served; with an engine elsewhere when KGGRAPH_TEST_ENGINE names one."""
    from tests.live.engines import elsewhere, published

    with elsewhere(tmp_path_factory.mktemp("engine")) as env:
        folder = str(
            published(main_settings, env, tmp_path_factory.mktemp("built")).build_path
            if env
            else main_settings.build_path
        )
        with started(root=root, env=environment(KGGRAPH_BUILD_DIR=folder, **env)) as running:
            yield running
