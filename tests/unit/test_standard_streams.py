"""A log that nobody reads: writing never waits, what is lost is counted, and said when there is a reader again."""

from __future__ import annotations

import contextlib
import io
import os
import re
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kggraph.standard_streams import Unheard, never_waiting

LINE = b"x" * 99 + b"\n"
MANY = 20_000


def read(descriptor: int) -> bytes:
    """What can be read at once."""
    os.set_blocking(descriptor, False)
    found = b""
    with contextlib.suppress(BlockingIOError):
        while some := os.read(descriptor, 1 << 20):
            found += some
    return found


@pytest.fixture(params=["pipe", "socket", "terminal"])
def ends(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """Both ends of what a log may be written to: where it is read, where it is written."""
    if request.param == "pipe":
        pair = os.pipe()
    elif request.param == "socket":
        pair = tuple(one.detach() for one in socket.socketpair())  # type: ignore[assignment]
    else:
        pair = os.openpty()
    yield pair
    for end in pair:
        os.close(end)


def test_what_is_not_read_is_lost_and_that_is_said(ends: tuple[int, int]) -> None:
    reading, writing = ends
    lost: list[int] = []
    log = Unheard(writing)
    log.on_lost = lost.append
    for _ in range(MANY):
        assert log.write(LINE) == len(LINE)
    assert os.get_blocking(writing)  # as it was, for all others that write there
    before = read(reading)
    assert 0 < len(before) < MANY * len(LINE)
    log.write(b"now\n")
    rest = read(reading)
    text = (before + rest).replace(b"\r\n", b"\n")
    said = re.findall(rb"^(\d+) lines of this log are lost, as they were not read in time\.$", text, re.MULTILINE)
    assert sum(map(int, said)) == len(lost)
    assert text.endswith(b" in time.\nnow\n")
    assert text.split(b"\n").count(LINE[:-1]) >= MANY - len(lost) - len(said)  # before each, one may be torn
    log.close()


def test_who_reads_has_gone() -> None:
    reading, writing = os.pipe()
    log = Unheard(writing)
    os.close(reading)
    assert log.write(LINE) == len(LINE)
    log.close()
    os.close(writing)


def test_a_file_is_added_to(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as file:
        file.write(b"before\n")
        file.flush()
        log = Unheard(file.fileno())
        log.write(LINE)
        file.write(b"after\n")
        log.close()
    assert (tmp_path / "log").read_bytes() == b"before\n" + LINE + b"after\n"


def test_the_standard_streams_are_such_and_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    kept = io.StringIO()
    with os.fdopen(writing, "w", encoding="utf-8") as error:
        monkeypatch.setattr(sys, "stderr", error)
        monkeypatch.setattr(sys, "stdout", kept)
        with never_waiting():
            assert sys.stdout is kept  # has no descriptor
            for _ in range(MANY):
                sys.stderr.write("één regel\n")
        assert sys.stderr is error
    assert read(reading).startswith("één regel\n".encode() * 1_000)
    os.close(reading)


def test_threads_write_at_once(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as file:
        log = Unheard(file.fileno())
        threads = [threading.Thread(target=lambda: [log.write(LINE) for _ in range(2_000)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        log.close()
    assert (tmp_path / "log").read_bytes() == LINE * 8_000
