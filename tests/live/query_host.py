"""A query host on small data, for the tests of what is done with it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from kggraph.store.client import QueryClient
from kggraph.store.protocol import QueryRequest
from kggraph.store.remote import Remote

JSON = "application/sparql-results+json"
CSV = "text/csv"
ORDINARY = "SELECT ?o { <http://example.org/n7> <http://example.org/name> ?o }"
CROSS_PRODUCT = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
ROWS = 1000


def data() -> str:
    """A ring of a thousand things with names, and two named graphs that share a triple."""
    lines = ["@prefix : <http://example.org/> ."]
    for i in range(ROWS):
        lines.append(f':n{i} :next :n{(i + 1) % ROWS} ; :name "thing {i}"@en , {i} .')
    lines.append(":g1 { :a :p 1 , 2 } :g2 { :a :p 2 , 3 }")
    return "\n".join(lines)


class Hosted:
    """A query host that runs `python -m kggraph.store.host`, and a client of it."""

    def __init__(
        self, data: Path, path: Path, version: str = "v1", remote: Remote | None = None, **limits: float
    ) -> None:
        self.path = path
        self.client = QueryClient(path, {"skos": "http://www.w3.org/2004/02/skos/core#"})
        command = [sys.executable, "-m", "kggraph.store.host", "--data", str(data), "--socket", str(path)]
        command += ["--version", version, "--parent", str(os.getpid())]
        command += [f"--{name.replace('_', '-')}={value}" for name, value in limits.items()]
        command += ["--remote"] if remote else []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.process.stdin and self.process.stdout
        with self.process.stdin as stdin:
            stdin.write(json.dumps(asdict(remote)).encode() if remote else b"")
        with self.process.stdout:
            self.said = json.loads(self.process.stdout.readline() or b"{}")

    def ask(self, text: str, results: str = JSON, **limits: object) -> bytes:
        """The whole result of a query."""
        return self.client.query(QueryRequest(text, results, **{"timeout_s": 5.0, **limits})).read()  # type: ignore[arg-type]

    def workers(self) -> list[int]:
        """Process numbers of the workers."""
        number = self.process.pid
        return [int(pid) for pid in Path(f"/proc/{number}/task/{number}/children").read_text().split()]

    def stop(self) -> None:
        """End it at once."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(10)
        # Only now: what was answered at the very end gives its connection back.
        self.client.close()


@contextmanager
def running(**limits: float) -> Iterator[Hosted]:
    """A query host that is stopped afterwards."""
    with tempfile.TemporaryDirectory(prefix="kg-") as folder:
        file = Path(folder) / "data.trig"
        file.write_text(data())
        hosted = Hosted(file, Path(folder) / "query", **limits)
        assert hosted.said["ready"]
        try:
            yield hosted
        finally:
            hosted.stop()


def until(condition: Callable[[], bool], within_s: float = 10.0) -> bool:
    """Whether the condition comes true in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


@contextmanager
def listener() -> Iterator[tuple[int, Callable[[], int]]]:
    """A port on this machine, and how many connections have been made to it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        count = 0

        def connections() -> int:
            nonlocal count
            try:
                while True:
                    server.accept()[0].close()
                    count += 1
            except BlockingIOError:
                return count

        yield server.getsockname()[1], connections
