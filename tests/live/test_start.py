"""A start that does not wait for the sources: pages as they were, and then what changed."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live.conftest import REPOSITORY, Server, alive, environment, started, until
from tests.live.test_serving import kb, kggraph

__all__ = ["kb"]
pytestmark = pytest.mark.live

PAGE = "/doc/bridge/golden-gate.html"
AHEAD = "Pages are served while the sources are looked at; what changed is built then."


def edit(kb: Path, old: str, new: str) -> None:
    """Change one file of the sources."""
    file = kb / "data" / "bridges" / "golden-gate.ttl"
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


@contextmanager
def impatient(kb: Path) -> Iterator[tuple[Server, Path]]:
    """A server that waits for nothing, and the file that has what it says."""
    log = kb.parent / "said"
    command = [sys.executable, "-m", "kggraph", "--root", str(kb), "serve", "--port", "0"]
    env = environment(KGGRAPH_START_PATIENCE_S="0.000001")
    with log.open("wb") as said:
        process = subprocess.Popen(command, env=env, stderr=said, text=True, cwd=REPOSITORY)
    try:
        assert until(lambda: "is served at" in log.read_text("utf-8"), 60), log.read_text("utf-8")
        found = re.search(r"is served at (http://[^/]+/)", log.read_text("utf-8"))
        assert found
        yield Server(process, found[1], []), log
        assert process.poll() is None, "it ended by itself"
    finally:
        process.terminate()
        assert process.wait(30) == 0


@pytest.fixture
def built(kb: Path) -> Path:
    """The bridges, built as they are."""
    assert kggraph(kb, "build").returncode == 0
    return kb


def test_what_changed_comes_after_the_first_page(built: Path) -> None:
    edit(built, "Golden Gate Bridge", "Golden Gate Crossing")
    with impatient(built) as (server, said):
        assert server.get(PAGE)[0] == 200
        assert until(lambda: "What had changed in the sources is built." in said.read_text("utf-8"), 60)
        assert until(lambda: b"Golden Gate Crossing" in server.get(PAGE)[1])
        processes = server.processes()
    assert until(lambda: not alive(processes)), alive(processes)
    assert AHEAD in said.read_text("utf-8")
    assert "Traceback" not in said.read_text("utf-8")


def test_what_does_not_conform_is_told_and_nothing_changes(built: Path) -> None:
    current = (built / "build" / "current").readlink()
    edit(built, "br:lengthM 2737", 'br:lengthM "long"')
    with impatient(built) as (server, said):
        assert until(lambda: "What was served before is served on." in said.read_text("utf-8"), 60)
        assert b"2737" in server.get(PAGE.replace(".html", ".ttl"))[1]
    assert "golden-gate.ttl" in said.read_text("utf-8")
    assert (built / "build" / "current").readlink() == current


def test_nothing_is_built_when_nothing_changed(built: Path) -> None:
    current = (built / "build" / "current").readlink()
    with impatient(built) as (server, said):
        assert b"Golden Gate Bridge" in server.get(PAGE)[1]
    assert "is built" not in said.read_text("utf-8").replace(AHEAD, "")
    assert (built / "build" / "current").readlink() == current


def test_with_patience_what_changed_is_there_at_the_first_page(built: Path) -> None:
    edit(built, "Golden Gate Bridge", "Golden Gate Crossing")
    with started(root=built, env=environment(KGGRAPH_START_PATIENCE_S="60")) as server:
        assert AHEAD not in server.said
        assert b"Golden Gate Crossing" in server.get(PAGE)[1]
