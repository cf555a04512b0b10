"""Too little memory: a build that is refused, processes that are ended, and a server that goes on."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import urllib.error
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import pytest

from kggraph.build import build
from kggraph.config import load
from kggraph.publish.generation import open_current
from tests.faults.conftest import POINTS, visitors
from tests.faults.test_killed import change, left_over
from tests.live.conftest import environment, started, until

pytestmark = pytest.mark.live

BOMB = "SELECT (GROUP_CONCAT(CONCAT(STR(?a), STR(?d), STR(?g))) AS ?all) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


@pytest.mark.thorough
def test_a_build_with_little_memory(kb: Path, figures: Callable[..., None]) -> None:
    settings = load(kb, {})
    old = build(settings).hash
    change(kb, 1)
    refused = 0
    for megabytes in range(90, 1200, 100 // max(POINTS // 2, 4)):
        limit = megabytes * 1024 * 1024
        done = subprocess.run(
            [sys.executable, "-m", "kggraph", "--root", str(kb), "build", "--whole"],
            env=environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            preexec_fn=lambda limit=limit: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),  # type: ignore[misc]
        )
        now = open_current(settings)
        now.verify()
        if done.returncode == 0:
            break
        refused += 1
        assert now.hash == old, done.stderr
        assert "Traceback" not in done.stderr, megabytes
    assert refused
    assert build(settings).hash != old
    assert left_over(settings.build_path / "generations") == []
    figures("a build with too little memory", refused, refused=refused)


def test_a_query_that_takes_too_much(kb: Path) -> None:
    env = environment(KGGRAPH_QUERY_MEMORY_MB="64", KGGRAPH_QUERY_TIMEOUT_S="20")
    with started(root=kb, env=env) as server:
        with visitors(server.url).meanwhile() as v:
            with pytest.raises(urllib.error.HTTPError) as caught:
                server.get(f"/sparql?query={urllib.parse.quote(BOMB)}")
            with caught.value as answer:
                assert answer.code == 503
                assert b"memory" in answer.read()
        assert v.wrong == [], server.said
        assert server.get("/sparql?query=ASK%7B%7D")[0] == 200


@pytest.mark.thorough
def test_processes_that_are_ended_from_outside(kb: Path, figures: Callable[..., None]) -> None:
    """As the kernel does to the largest one when memory runs out."""
    with started(root=kb, env=environment()) as server:
        ended = 0
        for _ in range(3):
            for pid in sorted(server.processes()):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue  # it ended with its parent
                ended += 1
                assert until(lambda: all_answer(server), 30), server.said
    figures("a process of a server killed", ended)


def all_answer(server: object) -> bool:
    """Whether pages and queries are answered, several times in a row."""
    try:
        for _ in range(6):
            server.get("/")  # type: ignore[attr-defined]
            server.get("/items?q=bridge")  # type: ignore[attr-defined]
            server.get("/sparql?query=ASK%7B%7D")  # type: ignore[attr-defined]
    except OSError:
        return False
    return True
