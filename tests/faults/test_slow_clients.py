"""A thousand clients that send or read a byte now and then: others are answered as before."""

from __future__ import annotations

import resource
import selectors
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.faults.conftest import visitors
from tests.live.conftest import Server, environment, started, until

pytestmark = pytest.mark.live

MANY = 1_000
BODY = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 99\r\n\r\n"
WAYS = {
    "header": b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "body": BODY,
    "answer": b"GET /generations/current/store/quads.nq HTTP/1.1\r\nHost: x\r\n\r\n",
}
"""What a client has sent when it becomes slow: at sending its header, its body, or at taking a long answer."""


@contextmanager
def slow_clients(url: str, number: int, begin: bytes) -> Iterator[list[socket.socket]]:
    """Clients that began a request and do not go on."""
    address = urlsplit(url)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * number)), hard))
    with ExitStack() as stack:
        clients = []
        for _ in range(number):
            client = stack.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            client.settimeout(60)
            client.connect((address.hostname, address.port))
            client.sendall(begin)
            clients.append(client)
        yield clients
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture
def long_answer(kb: Path) -> Path:
    """The bridges with a name that no buffer of a connection has room for."""
    file = kb / "data" / "bridges" / "millau.ttl"
    file.write_text(file.read_text().replace('"Millau Viaduct"', f'"Millau Viaduct {"x" * 12_000_000}"', 1))
    return kb


def go_on(way: str, client: socket.socket) -> None:
    """One byte more."""
    client.recv(1) if way == "answer" else client.send(b"a")


@pytest.mark.parametrize(
    "way", ["body", *(pytest.param(way, marks=pytest.mark.thorough) for way in ("header", "answer"))]
)
def test_others_are_answered(way: str, request: pytest.FixtureRequest, kb: Path, figures: Callable[..., None]) -> None:
    if way == "answer":
        request.getfixturevalue("long_answer")
    with started(root=kb, env=environment(KGGRAPH_SHARE_GENERATIONS="true")) as server:
        with slow_clients(server.url, MANY, WAYS[way]) as clients, visitors(server.url).meanwhile() as v:
            for _ in range(3):
                for client in clients[::5]:
                    go_on(way, client)
            assert until(lambda: v.answered >= 40, 60)
        assert v.wrong == [], server.said
        assert is_alive(server)
    figures(f"1,000 clients slow at the {way}", MANY, requests=v.answered, failed=0, slowest_s=round(v.slowest_s, 2))


@pytest.mark.parametrize("ending", ["whole", "cut off"])
def test_all_end_at_once_on_a_full_machine(ending: str, kb: Path, figures: Callable[..., None]) -> None:
    with started(root=kb, env=environment()) as server, full_machine():
        with slow_clients(server.url, MANY, BODY) as clients:
            assert is_alive(server)
            if ending == "whole":
                for client in clients:
                    client.sendall(b"A" * 99)
            else:
                for client in clients:
                    client.close()
            with visitors(server.url).meanwhile() as v:
                for _ in range(10):
                    assert is_alive(server)
                assert until(lambda: v.answered >= 20, 60)
            if ending == "whole":  # each one is told, at least that too many ask
                assert all(client.recv(9) == b"HTTP/1.1 " for client in clients)
        assert v.wrong == [], server.said
    figures(f"1,000 bodies {ending} at once, on a full machine", MANY, requests=v.answered + 10, failed=0)


@contextmanager
def full_machine() -> Iterator[None]:
    """Two programs that never rest."""
    with ExitStack() as stack:
        for _ in range(2):
            program = stack.enter_context(subprocess.Popen([sys.executable, "-c", "while True: pass"]))
            stack.callback(program.kill)
        yield


@pytest.mark.thorough
def test_more_than_there_is_room_for(kb: Path) -> None:
    env = environment(KGGRAPH_WEB_WORKERS="1", KGGRAPH_WEB_THREADS="80")
    with started(root=kb, env=env) as server:
        with slow_clients(server.url, 100, BODY) as clients, visitors(server.url).meanwhile() as v:
            with selectors.DefaultSelector() as waiting:
                for client in clients:
                    waiting.register(client, selectors.EVENT_READ)
                assert until(lambda: len(waiting.select(0)) >= 100 - 80, 30)
                told = [key.fileobj.recv(9000) for key, _ in waiting.select(0)]  # type: ignore[union-attr]
            assert all(b"503 Service Unavailable" in each and b"retry-after: 10" in each for each in told)
            assert until(lambda: v.answered >= 20, 60)
        assert v.wrong == []
        assert until(lambda: answers_a_body(server), 30)


def is_alive(server: Server) -> bool:
    """Whether it answers; one that does not in half a minute raises TimeoutError."""
    return server.get("/livez")[0] == 200


def answers_a_body(server: Server) -> bool:
    """Whether a query in a body is answered."""
    headers = {"Content-Type": "application/sparql-query", "Accept": "text/csv"}
    try:
        with urllib.request.urlopen(urllib.request.Request(server.sparql, b"ASK {}", headers), timeout=20) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        assert error.code == 503
        return False
