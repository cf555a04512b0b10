"""kill -9 while a generation is published into an engine elsewhere, of kggraph or of the engine."""

from __future__ import annotations

import contextlib
import http.client
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import pytest

from kggraph.build import build
from kggraph.config import Settings, load
from kggraph.errors import EngineError
from kggraph.publish import shelf
from kggraph.publish.generation import current_hash
from kggraph.store.protocol import Task
from kggraph.store.remote import remote_of
from kggraph.store.remote_engine import RemoteDataset
from kggraph.store.remote_publication import Publisher
from tests.faults.conftest import POINTS
from tests.faults.test_killed import change
from tests.live.conftest import environment
from tests.live.engines import Engine, running

pytestmark = pytest.mark.live

COUNT = Task(
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", None, "solutions", "text/csv", None, None, None, 64, 10, 10_000, 1_000
)


class Between(BaseHTTPRequestHandler):
    """Hands requests to an engine, until the one at which something is to happen."""

    engine: ClassVar[str]
    asked: ClassVar[int]
    at: ClassVar[tuple[int, float] | None]
    """Number of a request, and the share of its body that the engine gets before it happens; 1.0 and above: all, and
    from 2.0 on it happens that many seconds less two after the answer."""
    happen: ClassVar[Callable[[], None]] = staticmethod(lambda: None)
    lies: ClassVar[bool] = False
    """Whether it says that it took data, and did not."""
    protocol_version = "HTTP/1.0"

    def do_POST(self) -> None:
        """Hand it on."""
        kind, body = type(self), self.rfile.read(int(self.headers["Content-Length"]))
        number, share = kind.asked, kind.at[1] if kind.at and kind.at[0] == kind.asked else None
        kind.asked, happen = number + 1, kind.happen
        if kind.lies and "graph%2Fdata%2F" in self.path:
            self.send_response(204)
            self.end_headers()
            return
        engine = urlsplit(self.engine)
        connection = http.client.HTTPConnection(engine.hostname or "", engine.port, timeout=60)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.putrequest(self.command, self.path, skip_accept_encoding=True)
            for name in ("Content-Type", "Accept", "Content-Length"):
                if name in self.headers:
                    connection.putheader(name, self.headers[name])
            connection.endheaders()
            if share is not None and share < 1.0:
                connection.send(body[: int(len(body) * share)])
                happen()
                return
            connection.send(body)
            answer = connection.getresponse()
            told = answer.read()
            if share is not None and share < 2.0:
                happen()
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers.get("Content-Type", "text/plain"))
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)
            if share is not None:
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_WR)
                time.sleep(share - 2.0)
                happen()

    do_PUT = do_POST

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextlib.contextmanager
def between(engine: Engine) -> Iterator[tuple[dict[str, str], type[Between]]]:
    """Something between kggraph and an engine; gives the settings that lead there."""
    urls = {name: value for name, value in engine.settings.items() if name.endswith("_URL")}
    origin = "http://" + urlsplit(next(iter(urls.values()))).netloc
    handler = type("Handler", (Between,), {"engine": origin, "asked": 0, "at": None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        here = f"http://127.0.0.1:{server.server_port}"
        yield {**engine.settings, **{name: value.replace(origin, here) for name, value in urls.items()}}, handler
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def count(settings: Settings, version: str) -> int:
    """Triples that queries of a generation see."""
    remote = remote_of(settings)
    assert remote
    found = list(RemoteDataset(remote, version).results(COUNT.text, COUNT))  # type: ignore[arg-type]
    return int(found[0][0].value)


def publish(kb: Path, env: dict[str, str], handler: type[Between], way: str, at: tuple[int, float] | None) -> int:
    """Build, which publishes, and let something happen at a request; gives how many requests there were."""
    command = [sys.executable, "-c", f"{WAYS[way]}; from kggraph.cli import main; main()", "--root", str(kb), "build"]
    handler.asked, handler.at = 0, at
    process = subprocess.Popen(command, env=environment(**env), stderr=subprocess.PIPE, text=True)
    handler.happen = staticmethod(process.kill)  # type: ignore[assignment]
    _, said = process.communicate(timeout=120)
    assert at is not None or process.returncode == 0, said
    return handler.asked


AFTER, AFTER_S = 3, 0.4
"""For how many requests what comes after the last one counts, and how long it takes at most."""
WAYS = {
    "in pieces": "import kggraph.store.remote_publication as p; p._PIECE_BYTES = 4_000; p._PATCH_LINES = 0",
    "as a patch": "pass",
}
"""What makes of the few triples of the bridges a publication of many requests, or one of a difference."""


@pytest.mark.parametrize("way", ["as a patch", pytest.param("in pieces", marks=pytest.mark.thorough)])
def test_publish(way: str, kb: Path, tmp_path: Path, chance: random.Random, figures: Callable[..., None]) -> None:
    with running("oxigraph", tmp_path) as engine, between(engine) as (env, handler):
        settings = load(kb, engine.settings)
        old = build(settings)
        change(kb, 1)
        new = build(load(kb, {}))
        remote = remote_of(settings)
        assert remote
        publisher = Publisher(remote, settings.build_path)

        def back() -> None:
            shelf.make_current(settings.build_path, old.path)
            publisher.forget({old.hash})

        back()
        total, switched = publish(kb, env, handler, way, None), 0
        for number in range(POINTS):
            back()
            at, share = int((number + chance.random()) / POINTS * (total + AFTER)), chance.random()
            # After the last request the generation is put in place here.
            publish(kb, env, handler, way, (at, share * 1.5) if at < total else (total - 1, 2.0 + share * AFTER_S))
            now = current_hash(settings)
            assert now in (old.hash, new.hash)
            assert now == old.hash or new.hash in publisher.complete()
            switched += now == new.hash
            assert count(settings, old.hash) == old.manifest.triples
            publish(kb, env, handler, way, None)
            assert current_hash(settings) == new.hash
            assert publisher.complete() == {old.hash, new.hash}
            for each in (old, new):
                assert count(settings, each.hash) == each.manifest.triples
            assert not list(settings.build_path.glob("remote-*"))
    figures(f"kill -9 during publish ({way})", POINTS, switched=switched, requests_of_one=total)


def test_an_engine_that_lies_is_found_out(kb: Path, tmp_path: Path) -> None:
    with running("oxigraph", tmp_path) as engine, between(engine) as (env, handler):
        settings = load(kb, env)
        handler.lies = True
        with pytest.raises(EngineError, match=r"has 0 triples where \d+ were sent; what was served before stays"):
            build(settings)
        remote = remote_of(settings)
        assert remote and current_hash(settings) is None
        assert not Publisher(remote, settings.build_path).complete()
        handler.lies = False
        made = build(settings)
        assert count(settings, made.hash) == made.manifest.triples
