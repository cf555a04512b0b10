"""The port and the query host, each on its own; the whole is in tests/live/test_serving.py."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import time
from pathlib import Path

import pytest

from kggraph.build import build
from kggraph.config import Settings, load
from kggraph.errors import ConfigError, KgError, TooBusy
from kggraph.serving import host as serving_host
from kggraph.serving import sources
from kggraph.serving.host import Held, QueryHost, host_limits
from kggraph.serving.port import Port
from kggraph.store.client import QueryClient
from kggraph.store.files import QUADS_NAME
from kggraph.store.limits import HostLimits
from kggraph.store.protocol import QueryRequest

CSV = "text/csv"


# ------------------------------------------------------------------ the port
def test_a_free_port_is_found_and_named() -> None:
    with Port("127.0.0.1", 0) as port:
        assert port.number > 0
        assert port.url == f"http://127.0.0.1:{port.number}/"


@pytest.mark.parametrize(
    ("host", "start"), [("0.0.0.0", "http://127.0.0.1:"), ("localhost", "http://localhost:"), ("::1", "http://[::1]:")]
)
def test_the_address_is_one_that_works_here(host: str, start: str) -> None:
    with Port(host, 0) as port:
        assert port.url.startswith(start)


def test_a_port_that_something_listens_on_is_refused() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        number = other.getsockname()[1]
        with pytest.raises(ConfigError, match=f"Port {number} on 127.0.0.1 cannot be used: Address already in use"):
            Port("127.0.0.1", number)


def test_a_port_that_was_taken_meanwhile_is_refused_at_the_end() -> None:
    with Port("127.0.0.1", 0) as port, socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port.number))
        other.listen()
        with pytest.raises(ConfigError, match="Address already in use"):
            port.release()


@pytest.mark.parametrize(
    ("host", "number", "sentence"),
    [
        ("127.0.0.1", 65536, "65535 at most"),
        ("nowhere.invalid", 0, "host is 'nowhere.invalid'"),
        ("192.0.2.1", 0, "Cannot assign requested address"),
    ],
)
def test_addresses_that_cannot_be_listened_on(host: str, number: int, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        Port(host, number)


# ------------------------------------------------------------------ the query host
class Shelf:
    """Data files that a query host is told to hold, one after another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.held: Held | None = None

    def hold(self, name: str) -> None:
        """From now on a file with one triple, whose object is that name."""
        path = self.folder / f"{name}.nt"
        path.write_text(f'<x:s> <x:p> "{name}" .\n')
        self.held = Held(path, name)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """What to hold; first a file."""
    shelf = Shelf(tmp_path)
    shelf.hold("first")
    return shelf


def asked(socket_path: Path) -> str:
    """What the query host holds."""
    client = QueryClient(socket_path)
    try:
        return client.query(QueryRequest("SELECT ?o { ?s ?p ?o }", CSV)).read().decode().split()[1]
    finally:
        client.close()


def watched(host: QueryHost, seconds: float = 10) -> str:
    """What `watch` says when it says something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if sentence := host.watch():
            return sentence
        time.sleep(0.01)
    raise AssertionError("nothing happened")


def test_it_is_started_replaced_revived_and_stopped(shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "q"
    host = QueryHost(path, lambda: shelf.held, HostLimits(workers=1))
    host.start()
    try:
        assert asked(path) == "first"
        assert host.watch() is None

        shelf.hold("second")
        assert watched(host) == "Generation second is served now."
        assert asked(path) == "second"

        process = host._process
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        assert watched(host) == "The query host stopped (SIGKILL) and was started again."
        assert asked(path) == "second"

        shelf.held = None
        assert host.watch() is None
    finally:
        host.stop()
    assert host.watch() is None
    process = host._process
    assert process is not None and process.poll() is not None


def test_data_that_cannot_be_read_leave_the_old_host(shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "q"
    host = QueryHost(path, lambda: shelf.held, HostLimits(workers=1))
    host.start()
    try:
        bad = tmp_path / "bad.nt"
        bad.write_text("nonsense")
        shelf.held = Held(bad, "bad")
        with pytest.raises(KgError, match=r"bad\.nt"):
            watched(host)
        assert asked(path) == "first"
    finally:
        host.stop()


def test_pages_need_not_wait_for_much_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving_host, "_LARGE_BYTES", 10)
    quads, path = tmp_path / QUADS_NAME, tmp_path / "q"
    quads.write_text("nonsense, and much of it")
    host = QueryHost(path, lambda: Held(tmp_path, "1"), HostLimits(workers=1))
    host.begin()
    try:
        assert host.takes_long
        with pytest.raises(KgError, match=r"quads\.nq"):
            watched(host)
        quads.write_text('<x:a> <x:b> "there" .\n')
        assert not QueryClient(path).is_there()
        assert watched(host, 60) == "Queries are answered now."
        assert QueryClient(path).is_there()
        assert asked(path) == "there"
        assert host.watch() is None
    finally:
        host.stop()


def test_little_data_are_waited_for(shelf: Shelf, tmp_path: Path) -> None:
    host = QueryHost(tmp_path / "q", lambda: shelf.held, HostLimits(workers=1))
    host.begin()
    assert not host.takes_long
    host.start()
    host.stop()


def test_nothing_to_hold_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KgError, match="nothing to query yet"):
        QueryHost(tmp_path / "q", lambda: None, HostLimits(workers=1)).start()


def test_a_look_beside_pages_leaves_them_the_processors(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes as long as this test needs it; what it would build is told by its priority."""
    shutil.copytree(root / "tests" / "kb_bridges", tmp_path / "kb", ignore=shutil.ignore_patterns("build"))
    settings = load(tmp_path / "kb", {"KGGRAPH_START_PATIENCE_S": "0.000001"})
    build(settings)
    told, wait = os.pipe()

    def looked(settings: Settings) -> str:
        os.read(told, 1)
        return ""

    monkeypatch.setattr(sources, "hash_of_files", looked)
    said: list[str] = []

    def build_now() -> None:
        (tmp_path / "built").write_text(f"{os.getpriority(os.PRIO_PROCESS, 0)}")

    with Port("127.0.0.1", 0) as port:
        sources.bring_up_to_date(settings, port, build_now, said.append)
        os.write(wait, b"!")
        os.waitpid(-1, 0)
    assert said == ["Pages are served while the sources are looked at; what changed is built then."]
    assert (tmp_path / "built").read_text() == f"{max(10, os.getpriority(os.PRIO_PROCESS, 0))}"
    os.close(told)
    os.close(wait)


def test_every_limit_of_the_host_is_a_setting(tmp_path: Path) -> None:
    lines = ["workers = 3", "long_workers = 5", "long_after_s = 0.5", "guaranteed_s = 4", "queue = 7"]
    lines += ["queue_each = 2", "queue_s = 9"]
    (tmp_path / "kggraph.toml").write_text("\n".join(f"query_{line}" for line in lines))
    assert host_limits(load(tmp_path, {})) == HostLimits(
        workers=3,
        long_workers=5,
        long_after_s=0.5,
        guaranteed_s=4.0,
        max_waiting=7,
        max_waiting_each=2,
        max_wait_s=9.0,
    )
    assert host_limits(load(tmp_path, {})) != HostLimits()


def test_limits_reach_the_host(shelf: Shelf, tmp_path: Path) -> None:
    path = tmp_path / "q"
    host = QueryHost(path, lambda: shelf.held, HostLimits(workers=0, max_waiting=0))
    host.start()
    try:
        with pytest.raises(TooBusy):
            asked(path)
    finally:
        host.stop()
