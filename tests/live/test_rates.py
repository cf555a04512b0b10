"""Rates that two nodes count together in a real Redis, and what happens when that is away."""

from __future__ import annotations

import json
import signal
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest

from kggraph.build import build
from kggraph.config import load
from tests.live.conftest import Server, environment, started, until
from tests.live.redis_server import redis
from tests.live.test_replicas import replica as replica
from tests.live.test_serving import kb as kb
from tests.live.test_serving import kggraph

pytestmark = pytest.mark.live
SECRET = "s3cret-of-redis"
VISITOR = {"X-Forwarded-For": "203.0.113.9"}


def asked(server: Server, visitor: Mapping[str, str] = VISITOR, path: str = "/about") -> tuple[int, Mapping[str, str]]:
    """Status and header of an answer to a visitor who came by the proxy."""
    try:
        with urllib.request.urlopen(
            urllib.request.Request(server.url.rstrip("/") + path, headers=dict(visitor)), timeout=20
        ) as a:
            return a.status, a.headers
    except urllib.error.HTTPError as error:
        error.close()
        return error.code, error.headers


pause = threading.Event()
"""Never set: what waits for it waits."""


def test_nodes_count_together_and_go_on_without(kb: Path, replica: Path, tmp_path: Path) -> None:
    build(load(kb, {}))
    assert kggraph(replica, "pull", str(kb / "build")).returncode == 0
    with redis(tmp_path, SECRET) as store:
        settings = {
            "KGGRAPH_RATE_STORE": store.url,
            "KGGRAPH_RATE_PAGES": "6/hour",
            "KGGRAPH_RATE_SEARCH": "1000/hour",
            "KGGRAPH_TRUSTED_PROXIES": "127.0.0.1",
            "KGGRAPH_REQUEST_LOG": "-",
        }
        with (
            started("--generation", "current", root=kb, env=environment(**settings)) as one,
            started("--generation", "current", root=replica, env=environment(**settings)) as two,
        ):
            answers = [asked(node) for _ in range(4) for node in (one, two)]
            assert [status for status, _ in answers] == [200] * 6 + [429] * 2
            left = [headers["RateLimit"].split(";")[1] for _, headers in answers]
            assert left == ["r=5", "r=4", "r=3", "r=2", "r=1", "r=0", "r=0", "r=0"]
            assert 3500 < int(answers[-1][1]["Retry-After"]) <= 3600
            assert asked(two, {"X-Forwarded-For": "203.0.113.10"})[0] == 200
            assert asked(one, path="/items?q=bridge")[0] == 200  # another kind is counted apart
            found = kggraph(kb, "doctor")
            store.stop()
            began = time.monotonic()
            away = [asked(node) for _ in range(6) for node in (one, two)]
            assert [status for status, _ in away] == [200] * 12
            assert all("RateLimit" not in headers for _, headers in away)
            assert time.monotonic() - began < 10  # nobody waits for it twice
            store.start()
            # Nobody reads the log meanwhile, so not too many lines of it.
            assert until(lambda: pause.wait(0.5) or "RateLimit" in asked(one)[1], 25)
            assert store.process
            store.process.send_signal(signal.SIGSTOP)
            began = time.monotonic()
            assert [asked(one)[0] for _ in range(6)] == [200] * 6
            assert time.monotonic() - began < 10
            for node in (one, two):
                node.stop()
    assert found.returncode == 0
    for node in (one, two):
        said = "\n".join(node.said)
        assert "The store of rates cannot be reached, nothing is limited" in said
        assert SECRET not in said and "203.0.113.9" not in said and str(store.port) not in said
        lines = [json.loads(line) for line in node.said if line.startswith("{")]
        # Each web process says it once in ten seconds, not for every request.
        assert sum("store of rates" in line["message"] for line in lines) <= 4
