"""A server whose engine elsewhere hangs, lies, sends half or fails, and all that is secret in its settings."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path

import pytest

from kggraph.build import build
from kggraph.config import load
from tests.faults.conftest import POINTS, THOROUGH, Visitors
from tests.live.conftest import Server, environment, started, until
from tests.live.test_remote_faults import SECRET, Backend
from tests.programs import program

pytestmark = pytest.mark.live

REDIS_SECRET = "s3cret-of-the-rates"
STATUS = {"hangs": 503, "500": 502, "503": 503, "401": 503, "half": 503, "a page": 503, "a part": 503, "echo": 502}
"""How an engine fails, and what a query is answered with then."""
WAYS = list(STATUS) if POINTS >= THOROUGH else ["half", "echo"]


class Echoing(Backend):
    """Also one that tells in its error what it was asked with."""

    def do_POST(self) -> None:
        """Answer."""
        if self.way == "echo":
            self.rfile.read(int(self.headers["Content-Length"]))
            self._send(500, f"cannot handle {self.headers['Authorization']} here".encode())
        else:
            super().do_POST()


@contextmanager
def backend() -> Iterator[tuple[str, type[Echoing]]]:
    """An engine whose way can be changed; its address."""
    handler = type("Way", (Echoing,), {"way": "well", "asked": 0})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/sparql", handler
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def asked(server: Server, number: int = 0, accept: str = "text/csv") -> tuple[int, str]:
    """Status of a query that no cache knows, with all that is said."""
    query = urllib.parse.quote(f"SELECT ?s {{ ?s ?p ?o }} # {time.monotonic()} {number}")
    request = urllib.request.Request(f"{server.sparql}?query={query}", headers={"Accept": accept})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, f"{answer.headers}{answer.read().decode()}"
    except urllib.error.HTTPError as error:
        with error:
            return error.code, f"{error.headers}{error.read().decode()}"


def secret_settings(url: str, key: str) -> dict[str, str]:
    """Settings with a secret of every kind, for an engine at an address."""
    return {
        "KGGRAPH_STORE": "remote",
        "KGGRAPH_REMOTE_AUTH": "bearer",
        "KGGRAPH_REMOTE_TOKEN": SECRET,
        "KGGRAPH_REMOTE_PASSWORD": f"{SECRET}-2",
        "KGGRAPH_RATE_STORE": f"redis://:{REDIS_SECRET}@127.0.0.1:1/0",
        "KGGRAPH_TRUSTED_PROXIES": "127.0.0.1",
        "KGGRAPH_SIGNING_KEY": key,
        "KGGRAPH_QUERY_TIMEOUT_S": "2",
        "KGGRAPH_REQUEST_LOG": "requests.jsonl",
        "KGGRAPH_SLOW_QUERY_S": "0.000001",
        "KGGRAPH_METRICS_OPEN": "true",
        **{f"KGGRAPH_REMOTE_{name}_URL": url for name in ("QUERY", "UPDATE", "GRAPH_STORE")},
    }


@pytest.fixture
def key() -> str:
    """A private key."""
    command = [program("openssl", "openssl"), "genpkey", "-algorithm", "ed25519"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout


def assert_no_secret(told: str, key: str) -> None:
    """Show where a secret is, if one is."""
    for secret in (SECRET, REDIS_SECRET, *key.splitlines()[1:-1]):
        assert secret not in told, told[max(0, told.index(secret) - 300) :][:600]


def test_pages_go_on_and_no_secret_is_told(kb: Path, key: str, figures: Callable[..., None]) -> None:
    build(load(kb, {"KGGRAPH_SIGNING_KEY": key}))
    told: list[str] = []
    with backend() as (url, handler):
        env = secret_settings(url, key)
        env["MARK"] = "as it was"
        arguments = {"root": kb, "env": environment(**env), "module": "tests.faults.exposed"}
        with started("--generation", "current", **arguments) as server:  # type: ignore[arg-type]
            # All that reaches the application, and environments of processes: an error page or log may take it there.
            told.append(server.get("/exposed")[1].decode())
            assert told[0].count("as it was") == 2
            for process in (Path(f"/proc/{pid}") for pid in server.processes()):
                if b"kggraph.store.host" in (process / "cmdline").read_bytes():
                    told.append((process / "environ").read_text())
            pages = Visitors(server.url, ("/", "/doc/bridge/millau.ttl", "/items?q=bridge"))
            with pages.meanwhile():
                for way in WAYS:
                    handler.way = way
                    began = time.monotonic()
                    code, said = asked(server, accept="text/html" if way == "echo" else "text/csv")
                    assert code == STATUS[way], (way, said)
                    assert time.monotonic() - began < 15
                    told += [said, server.get("/readyz")[1].decode()]
                    handler.way = "well"
                    assert until(lambda: asked(server)[0] == 200, 20)
            assert pages.wrong == []
            for path in ("/version", "/metrics", "/openapi.json", "/about", "/dataset.ttl"):
                told.append(server.get(path)[1].decode())
            request = urllib.request.Request(f"{server.url}about", headers={"X-Forwarded-For": "203.0.113.7"})
            with urllib.request.urlopen(request, timeout=20) as answer:
                told.append(str(answer.headers))
            server.stop()
        told += [*server.said, (kb / "requests.jsonl").read_text()]
        for arguments in (("build",), ("doctor",), ("check",), ("rollback",), ("gc",)):
            done = subprocess.run(
                [*kggraph_command(kb), *arguments], env=environment(**env), capture_output=True, text=True, timeout=60
            )
            told += [done.stdout, done.stderr]
    assert_no_secret("\n".join(told), key)
    assert any("store of rates cannot be reached" in line for line in server.said)
    figures("an engine that fails", len(WAYS), requests=pages.answered, failed=len(pages.wrong))


def kggraph_command(kb: Path) -> list[str]:
    """The command for a knowledge base."""

    return [sys.executable, "-m", "kggraph", "--root", str(kb)]
