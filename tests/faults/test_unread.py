"""A log that nobody reads, and pipes where files should be: answers never wait for it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.conftest import visitors
from tests.faults.test_killed import change
from tests.live.conftest import environment, started, until
from tests.live.test_serving import kggraph

pytestmark = pytest.mark.live

MANY = 700
"""Requests whose lines no pipe has room for."""


def test_nobody_reads_the_log(kb: Path, figures: Callable[..., None]) -> None:
    with started(root=kb, env=environment(KGGRAPH_REQUEST_LOG="-", KGGRAPH_SLOW_QUERY_S="0.000001")) as server:
        with visitors(server.url).meanwhile() as v:
            assert until(lambda: v.answered > MANY, 60)
            old = server.get("/version")[1]
            change(kb, 1)
            assert kggraph(kb, "build").returncode == 0
            assert until(lambda: server.get("/version")[1] != old, 5)  # who watches for it waits for no reader either
        assert v.wrong == []
        counted = server.get("/metrics")[1].decode()
        assert "kggraph_log_lines_lost_total 0.0" not in counted
        assert server.process.stderr
        reader = threading.Thread(target=lambda: server.said.extend(server.process.stderr))  # type: ignore[arg-type]
        reader.start()
        assert until(
            lambda: (
                server.get("/about")[0] == 200 and any("lines of this log are lost" in line for line in server.said)
            ),
            20,
        )
        server.process.terminate()
        server.process.wait(20)
        reader.join()
    lost = [json.loads(line)["message"] for line in server.said if "are lost" in line and line.startswith("{")]
    assert lost
    figures("a log that nobody reads", 1, requests=v.answered, failed=len(v.wrong))


def test_logs_that_are_pipes(kb: Path) -> None:
    for name in ("requests.log", "queries.log"):
        os.mkfifo(kb / name)
    env = environment(KGGRAPH_REQUEST_LOG="requests.log", KGGRAPH_QUERY_LOG="queries.log")
    with started(root=kb, env=env) as server:
        with visitors(server.url).meanwhile() as v:
            assert until(lambda: v.answered > 40, 20)
        assert v.wrong == []
        server.stop()
    said = "\n".join(server.said)
    assert "The log requests.log cannot be written" in said and "The log queries.log cannot be written" in said
