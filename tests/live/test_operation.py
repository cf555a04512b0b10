"""Running it: what several web processes count together, a log that a machine reads, and a stop that breaks nothing."""

from __future__ import annotations

import json
import re
import signal
import threading
import urllib.error
import urllib.parse
from pathlib import Path

import pytest

from tests.live.conftest import environment, started, until
from tests.live.test_serving import kb as kb
from tests.live.test_serving import kggraph

pytestmark = pytest.mark.live

SLOW = (
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . "
    "?d ?e ?f . ?g ?h ?i . ?j ?k ?l "
    "FILTER(STRLEN(STR(?c)) + STRLEN(STR(?f)) + STRLEN(STR(?i)) + STRLEN(STR(?l)) = 99999) }"
)


def test_all_web_processes_count_together(kb: Path) -> None:
    with started(root=kb, env=environment(KGGRAPH_WEB_WORKERS="2")) as server:
        for _ in range(20):
            server.get("/about")
        told = [server.get("/metrics")[1].decode() for _ in range(6)]
    counts = [re.search(r'_count\{kind="pages",status="200"\} ([0-9.]+)', text) for text in told]
    assert {found[1] if found else "" for found in counts} == {"20.0"}


def test_the_log_is_json_and_says_which_request(kb: Path) -> None:
    with started(root=kb, env=environment(KGGRAPH_REQUEST_LOG="-", KGGRAPH_SLOW_QUERY_S="0.000001")) as server:
        server.get("/about?name=jansen")
        server.get("/sparql?query=" + urllib.parse.quote("ASK { ?s ?p 'jansen' }"))
        server.stop()
    lines = [json.loads(line) for line in server.said if line.startswith("{")]
    assert {"request", "slow query"} <= {line["message"] for line in lines}
    assert any(line.get("path") == "/about" and line["request"] for line in lines)
    assert "jansen" not in "\n".join(server.said)


def test_a_stop_lets_requests_end(kb: Path) -> None:
    with started(root=kb, env=environment(KGGRAPH_QUERY_TIMEOUT_S="2")) as server:
        answered: list[int] = []

        def ask() -> None:
            try:
                answered.append(server.get("/sparql?query=" + urllib.parse.quote(SLOW))[0])
            except urllib.error.HTTPError as error:
                answered.append(error.code)

        asking = threading.Thread(target=ask)
        asking.start()
        threading.Event().wait(0.7)
        assert server.stop(signal.SIGTERM) == 0
        asking.join(10)
        assert answered == [503]  # the query's own time was over; the connection was not cut


def test_no_request_fails_while_generations_change(kb: Path) -> None:
    with started(root=kb, env=environment(KGGRAPH_WEB_WORKERS="2")) as server:
        stop, wrong, seen = threading.Event(), list[str](), set[str]()

        def load() -> None:
            while not stop.is_set():
                try:
                    seen.add(json.loads(server.get("/version")[1])["generation"])
                    server.get("/doc/bridge/millau", "text/turtle")
                    server.get("/sparql?query=ASK%7B%7D")
                except urllib.error.HTTPError as error:
                    wrong.append(f"{error.code} {error.read()!r}")
                except OSError as error:
                    wrong.append(repr(error))

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        for number in range(3):
            file = kb / "data" / "bridges" / "millau.ttl"
            file.write_text(re.sub(r"2460|24\d\d", str(2461 + number), file.read_text()))
            assert kggraph(kb, "build").returncode == 0
            now = (kb / "build" / "current").readlink().name
            assert until(lambda now=now: now in seen, 5)  # type: ignore[misc]
        stop.set()
        for thread in threads:
            thread.join()
        assert wrong == [], server.said
        assert len(seen) == 4
