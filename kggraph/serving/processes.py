"""Web workers and one query host, started, watched and stopped together.

This process holds no data. It keeps the port, starts the query host (a process of its own, so that it can fork its
workers safely), and runs granian, which forks the web workers. Whatever ends this process ends all of them.
"""

from __future__ import annotations

import gc
import http.client
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, Final, Protocol

from kggraph.config import Settings, forget_environment
from kggraph.errors import KgError
from kggraph.serving.host import Held, QueryHost, host_limits
from kggraph.serving.port import Port
from kggraph.standard_streams import never_waiting
from kggraph.store.sandbox import end_with_parent

WsgiApp = Callable[..., Any]
Say = Callable[[str], None]

_READY_S: Final = 60
_WATCH_EVERY_S: Final = 0.25
_GARBAGE_AFTER: Final = 20_000
"""Objects made and not let go after which a web worker looks for cycles. At Python's own 700 it looks through all kept
answers so often that small queries come at four fifths of the rate."""


class Host(Protocol):
    """What answers queries, as this module uses it; see `QueryHost`."""

    def begin(self) -> None:
        """Let it begin to read its data."""

    def start(self) -> None:
        """Return when it answers; raises KgError when it cannot."""

    @property
    def takes_long(self) -> bool:
        """Whether what was begun takes so long that pages should not wait for it, but `watch` should."""

    def watch(self) -> str | None:
        """Start it anew when it died, or when it should hold other data; a sentence when that happened."""

    def stop(self) -> None:
        """Stop it, and wait until it is gone."""


def serve(
    settings: Settings,
    port: Port,
    held: Callable[[], Held | None],
    load_app: Callable[[], Callable[[Path], WsgiApp]],
    ready: Callable[[], None],
    say: Say,
) -> int:
    """Serve until a signal says stop; gives the exit code.

    :param held: tells what the query host should hold now.
    :param load_app: imports the application while the query host reads its data; what it gives is called in each web
        worker, with the query host's socket.
    :param ready: called once, when the first page can be asked for.
    :param say: takes sentences for the operator, such as that the query host was started anew.
    :raises KgError: the query host or the web workers do not start.
    """
    forget_environment()
    # Short, because a socket's path has some hundred bytes at most.
    with (
        never_waiting(),
        tempfile.TemporaryDirectory(prefix="kggraph-", ignore_cleanup_errors=True) as folder,
    ):
        socket = Path(folder) / "query"
        host = QueryHost(socket, held, host_limits(settings))

        def load() -> Callable[[], WsgiApp]:
            make_app = load_app()
            return lambda: make_app(socket)

        return run(settings, port, host, load, ready=ready, say=say)


def run(
    settings: Settings,
    port: Port,
    host: Host,
    load_app: Callable[[], Callable[[], WsgiApp]],
    *,
    ready: Callable[[], None],
    say: Say,
) -> int:
    """`serve` with a query host that is given.

    :param load_app: imports the application; what it gives is called in each web worker.
    :param ready: called once, when the first page can be asked for.
    :param say: takes sentences for the operator, such as that the query host was started anew.
    :raises KgError: the query host or the web workers do not start.
    """
    stopping = threading.Event()
    previous = signal.signal(signal.SIGTERM, _exit_on_signal)
    try:
        host.begin()
        from kggraph.serving.web_server import WebServer

        make_app = load_app()
        if host.takes_long:
            say("Pages are served while the data for queries are read.")
        else:
            host.start()
        watcher = threading.Thread(target=_watch, args=(host, stopping, say), name="watch-query-host", daemon=True)

        def started() -> None:
            watcher.start()
            threading.Thread(target=_announce, args=(port, stopping, ready, say), daemon=True).start()

        parent = os.getpid()
        server = WebServer(settings, port.number, started)
        port.release()
        server.serve(target_loader=lambda: _worker(make_app, parent), wrap_loader=False)
        return 0
    finally:
        signal.signal(signal.SIGTERM, previous)
        stopping.set()
        host.stop()


def _worker(make_app: Callable[[], WsgiApp], parent: int) -> WsgiApp:
    """In a web worker: end with the parent, however that ends, and leave Ctrl-C to it."""
    end_with_parent(parent)
    os.setpgid(0, 0)
    app = make_app()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE_AFTER)
    return app


def _watch(host: Host, stopping: threading.Event, say: Say) -> None:
    while not stopping.wait(_WATCH_EVERY_S):
        try:
            sentence = host.watch()
        except KgError as error:
            sentence = str(error)
        if sentence and not stopping.is_set():
            say(sentence)


def _announce(port: Port, stopping: threading.Event, ready: Callable[[], None], say: Say) -> None:
    deadline = time.monotonic() + _READY_S
    while not stopping.wait(0.02):
        if _answers(port):
            ready()
            return
        if time.monotonic() > deadline:
            say(f"Nothing answers at {port.url} after {_READY_S} seconds; see the messages above.")
            return


def _answers(port: Port) -> bool:
    connection = http.client.HTTPConnection(port.local_host, port.number, timeout=5)
    try:
        connection.request("GET", "/livez")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _exit_on_signal(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
