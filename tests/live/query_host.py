"""A query host on small data, for the tests of what is done with it."""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kggraph.store.client import QueryClient
from kggraph.store.process import HostProcess
from kggraph.store.protocol import QueryRequest
from kggraph.store.schedule import HostLimits

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
    """A running query host and a client of it."""

    def __init__(self, process: HostProcess, path: Path) -> None:
        self.process, self.path = process, path
        self.client = QueryClient(path, {"skos": "http://www.w3.org/2004/02/skos/core#"})

    def ask(self, text: str, results: str = JSON, **limits: object) -> bytes:
        """The whole result of a query."""
        return self.client.query(QueryRequest(text, results, **{"timeout_s": 5.0, **limits})).read()  # type: ignore[arg-type]

    def workers(self) -> list[int]:
        """Process numbers of the workers."""
        number = self.process.process_id
        return [int(pid) for pid in Path(f"/proc/{number}/task/{number}/children").read_text().split()]


@contextmanager
def running(source: Callable[[], tuple[Path, str]] | None = None, **limits: float) -> Iterator[Hosted]:
    """A query host that is stopped afterwards."""
    with tempfile.TemporaryDirectory(prefix="kg-") as folder:
        file = Path(folder) / "data.trig"
        file.write_text(data())
        path = Path(folder) / "query"
        process = HostProcess(source or (lambda: (file, "v1")), path, HostLimits(**limits))  # type: ignore[arg-type]
        process.start()
        try:
            hosted = Hosted(process, path)
            yield hosted
            hosted.client.close()
        finally:
            process.stop()


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
