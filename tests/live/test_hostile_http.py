"""Harm over HTTP: each request ends inside the limits with the right status, while ordinary queries keep answering."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import select
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from tests.http.conftest import BRIDGES
from tests.live.conftest import Server, environment, started
from tests.live.query_host import listener

pytestmark = pytest.mark.live

CASES = Path(__file__).parent.parent / "cases" / "hostile"
ORDINARY = "SELECT * { <https://example.org/bridges/id/bridge/erasmusbrug> ?p ?o }"
STATUS = {
    "ok": 200,
    "timeout": 503,
    "memory": 503,
    "result-too-large": 413,
    "syntax": 400,
    "refused SERVICE": 403,
    "refused update": 403,
    "refused length": 403,
    "refused nesting": 403,
    "refused function": 403,
}
LIMITS = {"KGGRAPH_QUERY_TIMEOUT_S": "0.5", "KGGRAPH_QUERY_MEMORY_MB": "200", "KGGRAPH_MAX_RESULT_MB": "10"}


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The bridges, served with tight limits."""
    build = str(tmp_path_factory.mktemp("hostile") / "build")
    with started(root=BRIDGES, env=environment(KGGRAPH_BUILD_DIR=build, **LIMITS)) as server:
        yield server


def send(server: Server, method: str, path: str, body: bytes = b"", kind: str = "") -> tuple[int, str, bytes]:
    """Status, media type and body of an answer."""
    parts = urlsplit(server.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        headers = {"Accept": "application/json", **({"Content-Type": kind} if kind else {})}
        connection.request(method, path, body or None, headers)
        answer = connection.getresponse()
        return answer.status, (answer.headers["Content-Type"] or "").partition(";")[0], answer.read()
    except (BrokenPipeError, ConnectionResetError):
        return 0, "", b""
    finally:
        connection.close()


def is_well(server: Server) -> None:
    """An ordinary query, never asked before, is answered at once and in whole."""
    began = time.monotonic()
    status, _, body = send(server, "GET", f"/sparql?query={quote(f'{ORDINARY} #{began}')}")
    assert status == 200 and json.loads(body)["results"]["bindings"]
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("path", sorted(CASES.glob("*.rq")), ids=lambda path: path.stem)
def test_hostile_queries(narrow: Server, path: Path) -> None:
    text = path.read_text("utf-8")
    expected = re.match(r"# expect: (.*)\n", text)
    assert expected
    with listener() as (port, connections):
        body = text.replace("127.0.0.1:9/", f"127.0.0.1:{port}/").encode()
        began = time.monotonic()
        status, kind, answer = send(narrow, "POST", "/sparql", body, "application/sparql-query")
        assert time.monotonic() - began < 8
        assert status in {STATUS[word] for word in expected[1].split(", ")} | {503}
        if status != 200:
            assert kind == "application/problem+json" and json.loads(answer)["status"] == status
        is_well(narrow)
        assert connections() == 0


@pytest.mark.parametrize(
    ("body", "kind", "statuses"),
    [
        (b"ASK {} #" + b"x" * 10_000_000, "application/sparql-query", {413, 0}),
        (b"query=ASK%7B%7D&x=" + b"y" * 10_000_000, "application/x-www-form-urlencoded", {413, 0}),
        (b"ASK {} #" + b"x" * 2_000_000, "application/sparql-query", {403}),
        (b"ASK " + b"{" * 10_000 + b"}" * 10_000, "application/sparql-query", {403}),
        (bytes(range(256)), "application/sparql-query", {400}),
        (b"\x00" * 1000, "application/sparql-query", {400}),
        (b"&".join(b"a=b" for _ in range(50_000)), "application/x-www-form-urlencoded", {400, 413}),
        (b"", "application/sparql-query", {400}),
    ],
    ids=["10 MB", "10 MB form", "2 MB", "braces", "binary", "nulls", "fields", "empty"],
)
def test_hostile_bodies(narrow: Server, body: bytes, kind: str, statuses: set[int]) -> None:
    status, _, _ = send(narrow, "POST", "/sparql", body, kind)
    assert status in statuses, "0: hung up on before it had sent everything"
    is_well(narrow)


def test_half_open_sockets_keep_nobody_waiting(narrow: Server) -> None:
    address = (urlsplit(narrow.url).hostname or "", urlsplit(narrow.url).port or 0)
    opened = []
    try:
        for half in (b"", b"GET /sp", b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nASK") * 40:
            opened.append(socket.create_connection(address, 5))
            opened[-1].sendall(half)
        is_well(narrow)
    finally:
        for one in opened:
            one.close()
    is_well(narrow)


def test_a_flood_of_heavy_queries_is_told_to_come_back_and_others_are_answered(tmp_path: Path) -> None:
    env = environment(KGGRAPH_BUILD_DIR=str(tmp_path / "build"), KGGRAPH_TRUSTED_PROXIES="127.0.0.1")
    heavy = quote("SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }")
    with started(root=BRIDGES, env=env | {"KGGRAPH_QUERY_TIMEOUT_S": "60"}) as server, contextlib.ExitStack() as opened:
        parts = urlsplit(server.url)
        flood = []
        for number in range(80):
            flood.append(opened.enter_context(socket.create_connection((parts.hostname, parts.port), 20)))
            asked = f"GET /sparql?query={heavy}%23{number} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.1\r\n\r\n"
            flood[-1].sendall(asked.encode())
        refused = select.select(flood, [], [], 20)[0]
        assert any(b" 429 " in one.recv(4096).partition(b"\r\n")[0] for one in refused)
        for number in range(3):
            path = f"/sparql?query={quote(f'{ORDINARY} #{number}')}"
            connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
            connection.request("GET", path, headers={"X-Forwarded-For": "198.51.100.7"})
            with contextlib.closing(connection):
                assert connection.getresponse().status == 200
