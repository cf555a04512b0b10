"""Real SPARQL engines on loopback, each started in a folder of its own: Virtuoso and the Oxigraph server."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kggraph.build import build
from kggraph.config import Settings, load
from tests.live.conftest import environment
from tests.programs import missing

ELSEWHERE = os.environ.get("KGGRAPH_TEST_ENGINE", "")
"""Engine that the judges of the site ask instead of the embedded store; empty: none."""
_START_S = 90
_VIRTUOSO = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile = {folder}/temp.db
TransactionFile = {folder}/temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
NumberOfBuffers = 40000
SchedulerInterval = 0
DirsAllowed = {folder}
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = {folder}
[SPARQL]
ResultSetMaxRows = 10000000
"""


@dataclass(frozen=True)
class Engine:
    """A running engine."""

    name: str
    settings: dict[str, str]
    """Environment with which kggraph uses it."""
    process: subprocess.Popen[bytes]

    @property
    def secrets(self) -> list[str]:
        """What must never be shown."""
        return [value for name, value in self.settings.items() if name.endswith(("PASSWORD", "TOKEN"))]


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextlib.contextmanager
def oxigraph(folder: Path) -> Iterator[Engine]:
    """The Oxigraph server of the package `oxigraph`."""
    port = free_port()
    program = Path(sys.executable).with_name("oxigraph")
    command = [str(program), "serve", "--location", str(folder / "data"), "--bind", f"127.0.0.1:{port}"]
    url = f"http://127.0.0.1:{port}"
    settings = {"QUERY_URL": f"{url}/query", "UPDATE_URL": f"{url}/update", "GRAPH_STORE_URL": f"{url}/store"}
    with _running("oxigraph", command, folder, url, settings) as engine:
        yield engine


@contextlib.contextmanager
def virtuoso(folder: Path) -> Iterator[Engine]:
    """Virtuoso, whose password is the one it starts with: it listens on loopback, for as long as a test takes."""
    sql, http = free_port(), free_port()
    ini = folder / "virtuoso.ini"
    ini.write_text(_VIRTUOSO.format(folder=folder, sql=sql, http=http))
    url = f"http://127.0.0.1:{http}"
    settings = {
        "QUERY_URL": f"{url}/sparql-auth",
        "UPDATE_URL": f"{url}/sparql-auth",
        "GRAPH_STORE_URL": f"{url}/sparql-graph-crud-auth",
        "AUTH": "digest",
        "USER": "dba",
        "PASSWORD": "dba",
        "TIMEOUT_PARAMETER": "timeout",
    }
    command = ["virtuoso-t", "+configfile", str(ini), "+foreground"]
    with _running("virtuoso", command, folder, f"{url}/sparql?query=ASK%7B%7D", settings) as engine:
        yield engine


ENGINES = {"oxigraph": oxigraph, "virtuoso": virtuoso}
_PROGRAMS = {"oxigraph": Path(sys.executable).with_name("oxigraph"), "virtuoso": "virtuoso-t"}


@contextlib.contextmanager
def running(name: str, folder: Path) -> Iterator[Engine]:
    """An engine by its name; where it is not installed a test is skipped, and fails where CI is set."""
    if shutil.which(str(_PROGRAMS[name])) is None:
        missing(f"{name} is not installed")
    with ENGINES[name](folder) as engine:
        yield engine


@contextlib.contextmanager
def elsewhere(folder: Path) -> Iterator[dict[str, str]]:
    """Environment with which kggraph uses the engine that is to be judged; nothing when none is."""
    if not ELSEWHERE:
        yield {}
        return
    with running(ELSEWHERE, folder) as engine:
        yield engine.settings


def published(settings: Settings, env: dict[str, str], folder: Path) -> Settings:
    """Settings of a copy of what was built, which an engine has."""
    shutil.copytree(settings.build_path, folder, symlinks=True, dirs_exist_ok=True)
    remote = load(settings.root, env, {"build_dir": str(folder)})
    build(remote)
    return remote


@contextlib.contextmanager
def _running(name: str, command: list[str], folder: Path, ready: str, settings: dict[str, str]) -> Iterator[Engine]:
    log = folder / f"{name}.out"
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, env=environment(), stdout=out, stderr=out)
    try:
        _wait(ready, process, log)
        told = {f"KGGRAPH_REMOTE_{key}": value for key, value in settings.items()}
        if name == "virtuoso":  # the most that it sorts for a LIMIT unless it is told otherwise (MaxSortedTopRows)
            told["KGGRAPH_MAX_SOLUTIONS"] = "10000"
        yield Engine(name, {"KGGRAPH_STORE": "remote", **told}, process)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError(f"{url} did not answer: {log.read_text(errors='replace')[-2000:]}")
