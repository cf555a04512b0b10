"""An answer that breaks halfway never looks complete, whatever it is that breaks: through the real server."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from tests.live.conftest import Server, descendants, environment, started, until

pytestmark = pytest.mark.live

LONG = "SELECT * { ?a ?b ?c . ?d ?e ?f } LIMIT 1000000"
"""Some 100 MB, most of it after the engine has said that it will be an answer."""


@pytest.fixture
def pairs(tmp_path: Path) -> Iterator[Server]:
    """A thousand triples, whose pairs are a million."""
    lines = (f"<http://example.org/{n}> <http://example.org/name> 'thing number {n}' .\n" for n in range(1000))
    (tmp_path / "data.ttl").write_text("".join(lines))
    with started("--data", str(tmp_path / "data.ttl"), root=tmp_path, env=environment()) as server:
        yield server


@contextlib.contextmanager
def ask(server: Server) -> Iterator[http.client.HTTPResponse]:
    parts = urlsplit(server.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    try:
        connection.request("GET", f"/sparql?query={quote(LONG)}", headers={"Accept": "text/csv"})
        with connection.getresponse() as response:
            yield response
    finally:
        connection.close()


def spooled(pid: int) -> int:
    """Bytes in the nameless files that a process has open."""
    found = 0
    with contextlib.suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if "(deleted)" in str(entry.readlink()):
                    found += entry.stat().st_size
    return found


def host_and_workers(server: Server) -> tuple[set[int], set[int]]:
    """The query host, and its workers."""
    children = server.processes()
    hosts = set()
    for pid in children:
        with contextlib.suppress(OSError):  # a worker may have ended since it was listed
            if b"kggraph.store.host" in Path(f"/proc/{pid}/cmdline").read_bytes():
                hosts.add(pid)
    workers = {worker for pid in hosts for worker in descendants(pid)}
    return hosts - workers, workers


@pytest.mark.parametrize("victim", ["worker", "host"])
def test_what_makes_the_result_is_killed(pairs: Server, victim: str) -> None:
    answers: list[tuple[int, str | None, bytes]] = []

    def client() -> None:
        with ask(pairs) as response:
            answers.append((response.status, response.headers["Content-Type"], response.read()))

    thread = threading.Thread(target=client)
    thread.start()
    hosts, workers = host_and_workers(pairs)
    others = pairs.processes() - hosts - workers
    assert until(lambda: any(spooled(pid) > 1_000_000 for pid in others)), "half of a result is there"
    for pid in hosts if victim == "host" else host_and_workers(pairs)[1]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    thread.join()
    (status, kind, body) = answers[0]
    assert status >= 500 and kind == "application/problem+json"
    assert json.loads(body)["status"] == status


def test_what_sends_the_result_is_killed(pairs: Server) -> None:
    with ask(pairs) as response:
        assert response.status == 200
        length = int(response.headers["Content-Length"])
        read = len(response.read(100_000))
        hosts, workers = host_and_workers(pairs)
        senders = [pid for pid in pairs.processes() - hosts - workers if spooled(pid) > 1_000_000]
        assert senders
        for pid in senders:
            os.kill(pid, signal.SIGKILL)
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            while piece := response.read(1 << 20):
                read += len(piece)
            if read < length:  # `read` with a size says nothing of what is missing
                raise http.client.IncompleteRead(b"", length - read)
    assert read < length
