"""An engine that hangs, lies, sends half or sends elsewhere: one clear sentence, and never half a result."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from kggraph.errors import EngineError, EngineUnavailable, KgError, QueryTimeout, ResultTooLarge
from kggraph.rdf.media import RESULTS_XML
from kggraph.store.protocol import Task
from kggraph.store.remote import Remote, remote_of
from kggraph.store.remote_engine import Breaker, RemoteDataset

pytestmark = pytest.mark.live

YES = b'<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head/><boolean>true</boolean></sparql>'
ROW = b'<result><binding name="s"><uri>http://example.org/a</uri></binding></result>'
TABLE = (
    b'<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head><variable name="s"/></head><results>'
    + ROW * 50
    + b"</results></sparql>"
)
SELECT = Task("SELECT ?s { ?s ?p ?o }", None, "solutions", "text/csv", None, None, None, 64, 100, 10_000, 1_000)
SECRET = "s3cret-of-the-engine"


class Backend(BaseHTTPRequestHandler):
    """Answers the look for the generation as it should, and everything else in its way."""

    way: ClassVar[str] = "well"
    asked: ClassVar[int] = 0
    protocol_version = "HTTP/1.0"

    def do_POST(self) -> None:
        """Answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if b"ASK" in body:
            return self._send(200, YES)
        type(self).asked += 1
        match self.way:
            case "hangs":
                time.sleep(3)
            case "500":
                self._send(500, b"Internal <b>secrets</b>\nat line 5 of /srv/engine.c")
            case "500 in a page":
                self._send(500, b"<html>\n<head><title>500 Internal Server Error</title></head></html>")
            case "503" | "503 once" if self.way == "503" or self.asked == 1:
                self._send(503, b"busy")
            case "401":
                self._send(401, b"who are you")
            case "elsewhere":
                self._send(307, b"", Location=f"http://127.0.0.1:{self.server.server_port}/other")  # type: ignore[attr-defined]
            case "half":
                self._send(200, TABLE[:900])
            case "short of its length":
                self._send(200, TABLE[:900], length=len(TABLE))
            case "a page":
                self._send(200, b"<html><body>Welcome</body></html>")
            case "a part":
                self._send(200, TABLE, **{"X-SQL-State": "S1TAT"})
            case "endless":
                self._send(200, TABLE * 100)
            case _:
                self._send(200, TABLE)
        return None

    def _send(self, status: int, body: bytes, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", RESULTS_XML.media_type)
        self.send_header("Content-Length", str(length or len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture(autouse=True)
def results_end_in_their_thread() -> Iterator[None]:
    """Results of the engine may only be dropped by the thread that made them, so none is left to the next test's."""
    yield
    gc.collect()


@contextmanager
def backend(way: str) -> Iterator[Remote]:
    """A backend that answers in one way."""
    handler = type("Way", (Backend,), {"way": way, "asked": 0})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    gc.collect()
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/sparql"
        yield Remote(url, auth="bearer", token=SECRET, timeout_s=1.0, base="http://example.org/")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("way", "error", "sentence"),
    [
        ("hangs", EngineUnavailable, "did not answer in time"),
        ("500", EngineError, "Internal <b>secrets</b>."),
        ("500 in a page", EngineError, "answers with status 500."),
        ("503", EngineUnavailable, "does not answer just now"),
        ("401", EngineUnavailable, "refuses the credentials"),
        ("elsewhere", EngineUnavailable, "sends elsewhere"),
        ("half", EngineUnavailable, "breaks off"),
        ("short of its length", EngineUnavailable, "breaks off"),
        ("a page", EngineUnavailable, "is no result"),
        ("a part", QueryTimeout, "was stopped"),
        ("endless", ResultTooLarge, "The result has more than"),
    ],
)
def test_a_bad_backend_gives_one_sentence(way: str, error: type[KgError], sentence: str) -> None:
    with backend(way) as remote:
        dataset = RemoteDataset(remote, "v")
        with pytest.raises(error) as caught:
            dataset.results(SELECT.text, SELECT)
    assert sentence in str(caught.value)
    assert SECRET not in str(caught.value)
    assert "/srv/" not in str(caught.value)
    assert SECRET not in repr(remote)


def test_what_passes_is_asked_again() -> None:
    with backend("503 once") as remote:
        found = RemoteDataset(remote, "v").results(SELECT.text, SELECT)
        assert len(list(found)) == 50  # type: ignore[arg-type]


def test_blank_nodes_have_names_that_can_be_written() -> None:
    row = ROW.replace(b"<uri>http://example.org/a</uri>", b"<bnode>nodeID://b1</bnode>")
    with backend("well") as remote, pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.live.test_remote_faults.TABLE", TABLE.replace(ROW, row))
        found = RemoteDataset(remote, "v").results(SELECT.text, SELECT)
        assert {str(row["s"]) for row in found} == {"_:nodeID___b1"}  # type: ignore[union-attr, index, call-overload]


def test_an_error_of_syntax_is_told_here() -> None:
    with backend("well") as remote, pytest.raises(SyntaxError):
        RemoteDataset(remote, "v").results("SELECT ?s { ?s }", SELECT)
    with backend("well") as remote:  # a function that only the engine may have is its own affair
        text = "SELECT ?s { ?s ?p ?o FILTER(<https://example.org/own>(?o)) }"
        assert RemoteDataset(remote, "v").results(text, SELECT)


def test_after_failures_it_is_left_alone_and_looked_at_again() -> None:
    now = [0.0]
    breaker = Breaker(10.0, lambda: now[0])
    for _ in range(5):
        breaker.check()
        breaker.failed()
    with pytest.raises(EngineUnavailable):
        breaker.check()
    now[0] += 6
    breaker.check()  # one may look
    with pytest.raises(EngineUnavailable):
        breaker.check()
    breaker.worked()
    breaker.check()


def test_one_that_says_nothing_is_left_alone_too() -> None:
    now = [0.0]
    breaker = Breaker(10.0, lambda: now[0])
    for _ in range(8):  # long queries, all at the same time
        breaker.check()
    now[0] += 9
    breaker.check()
    now[0] += 2
    breaker.check()  # none was answered in the time that it had: one may look
    with pytest.raises(EngineUnavailable):
        breaker.check()
    now[0] += 6
    breaker.check()
    with pytest.raises(EngineUnavailable):
        breaker.check()
    breaker.worked()
    for _ in range(8):
        now[0] += 9
        breaker.check()
        breaker.worked()


def test_who_waits_is_counted_although_it_is_ended() -> None:
    with backend("hangs") as remote:
        dataset = RemoteDataset(remote, "v")
        dataset._is_there = True  # nothing is answered any more, not even the look for the generation
        for _ in range(5):
            child = os.fork()
            if child == 0:
                with contextlib.suppress(BaseException):
                    dataset.results(SELECT.text, SELECT)
                os._exit(1)
            time.sleep(0.25)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        with pytest.raises(EngineUnavailable, match="did not answer in time"):  # one that looks again
            dataset.results(SELECT.text, SELECT)
        with pytest.raises(EngineUnavailable, match="does not answer just now"):
            dataset.results(SELECT.text, SELECT)


def test_secrets_come_from_the_environment_only(tmp_path: object) -> None:
    from kggraph.config import Settings

    settings = Settings(store="remote", remote_query_url="http://x/", remote_password=SECRET, remote_token=SECRET)
    assert SECRET not in repr(settings)
    assert SECRET not in repr(remote_of(settings))
