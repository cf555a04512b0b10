"""Starting, changing and stopping: one port, no orphans, and what is served stays whole."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.parse
from pathlib import Path

import pytest

from tests.live.conftest import Server, alive, environment, started, until

pytestmark = pytest.mark.live

BRIDGES = Path(__file__).parent.parent / "kb_bridges"
COUNT = "SELECT (COUNT(*) AS ?n) { ?b a <https://example.org/bridges/def#Bridge> }"


@pytest.fixture
def kb(tmp_path: Path) -> Path:
    """A copy of the knowledge base of bridges."""
    return Path(shutil.copytree(BRIDGES, tmp_path / "kb", ignore=shutil.ignore_patterns("build")))


def bridges(server: Server) -> int:
    """How many bridges the endpoint counts."""
    body = server.get("/sparql?query=" + urllib.parse.quote(COUNT), "application/sparql-results+json")[1]
    return int(json.loads(body)["results"]["bindings"][0]["n"]["value"])


def kggraph(kb: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [sys.executable, "-m", "kggraph", "--root", str(kb), *arguments]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60, check=False)


def test_another_domain_is_served_with_no_python_of_its_own(kb: Path) -> None:
    assert list(kb.rglob("*.py")) == []
    with started(root=kb, env=environment()) as server:
        assert server.said[-1].startswith("Bridges is served at http://127.0.0.1:")
        assert bridges(server) == 8
        assert b"Golden Gate Bridge" in server.get("/doc/bridge/golden-gate.html")[1]
        assert b"hangbrug" in server.get("/nl/doc/bridge/golden-gate.html")[1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_everything(kb: Path, number: int) -> None:
    with started(root=kb, env=environment()) as server:
        processes = server.processes()
        assert len(processes) >= 4
        assert server.stop(number) == 0
        assert until(lambda: not alive(processes)), alive(processes)
        assert "Traceback" not in "".join(server.said)


def test_when_it_is_killed_nothing_stays_behind(kb: Path) -> None:
    with started(root=kb, env=environment()) as server:
        processes = server.processes()
        server.process.kill()
        server.process.wait()
        assert until(lambda: not alive(processes)), alive(processes)


def test_a_query_host_that_dies_is_started_again(kb: Path) -> None:
    with started(root=kb, env=environment()) as server:
        hosts = [pid for pid in server.processes() if b"kggraph.store.host" in cmdline(pid)]
        os.kill(min(hosts), signal.SIGKILL)
        assert server.get("/")[0] == 200

        def answers() -> bool:
            try:
                return bridges(server) == 8
            except OSError:
                return False

        assert until(answers)


def cmdline(pid: int) -> bytes:
    """The command line of a process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_a_new_generation_is_served_without_a_restart(kb: Path) -> None:
    with started(root=kb, env=environment()) as server:
        (kb / "new.jsonl").write_text('{"slug": "rialto", "name": {"en": "Rialto"}, "forms": ["arch"]}\n')
        assert kggraph(kb, "import", str(kb / "new.jsonl")).returncode == 0
        assert bridges(server) == 8
        assert kggraph(kb, "build").returncode == 0
        assert until(lambda: bridges(server) == 9)
        assert until(lambda: b"Rialto" in server.get("/bridges", "text/html")[1])


def test_nonconforming_sources_are_not_served(kb: Path) -> None:
    file = kb / "data" / "bridges" / "millau.ttl"
    file.write_text(file.read_text().replace("2460", "0"))
    refused = kggraph(kb, "serve", "--port", "0")
    assert refused.returncode == 1
    assert refused.stderr.startswith("data/bridges/millau.ttl:17: length (m): A length is a whole number")


def test_what_is_served_stays_when_the_sources_break(kb: Path) -> None:
    with started(root=kb, env=environment()) as server:
        file = kb / "data" / "bridges" / "millau.ttl"
        file.write_text("this is no Turtle")
        refused = kggraph(kb, "build")
        assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
        assert refused.stderr.startswith("data/bridges/millau.ttl:1:")
        assert bridges(server) == 8
        assert b"Millau" in server.get("/doc/bridge/millau.html")[1]


def test_a_taken_port_is_one_line_before_anything_starts(kb: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = kggraph(kb, "serve", "--port", str(port))
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert refused.stderr == (
        f"Port {port} on 127.0.0.1 cannot be used: Address already in use. "
        f"Choose another with --port {port + 1} (or make serve PORT={port + 1}).\n"
    )
    assert not (kb / "build").exists()


def test_a_reader_that_goes_away_is_no_traceback(kb: Path) -> None:
    (kb / "new.jsonl").write_text(
        "".join(f'{{"slug": "b-{n}", "name": {{"en": "B{n}"}}, "forms": ["arch"]}}\n' for n in range(3000))
    )
    command = f"{sys.executable} -m kggraph --root {kb} import {kb}/new.jsonl --dry-run | head -1"
    told = subprocess.run(
        ["bash", "-c", command], env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    assert told.stdout == "new      data/bridges/b-0.ttl\n"
    assert told.stderr == ""
