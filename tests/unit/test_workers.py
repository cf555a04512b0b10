"""A worker driven over its sockets, in a process of its own."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import RdfFormat, Store

from kggraph.store import wire, workers
from kggraph.store.evaluate import Dataset
from kggraph.store.protocol import QueryRequest
from kggraph.store.task import task_of

CSV = "text/csv"


class Driven:
    """A worker, and the host's end of its socket."""

    def __init__(self) -> None:
        store = Store()
        store.load("\n".join(f"<x:{i}> <x:p> {i} ." for i in range(300)).encode(), format=RdfFormat.TURTLE)
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        parent = os.getpid()
        self.pid = os.fork()
        if self.pid == 0:
            self.control.close()
            workers.run(theirs, Dataset(store), parent=parent, version="v")
        theirs.close()
        self.control.settimeout(20)

    def ask(self, text: str, **limits: object) -> socket.socket:
        """Our end of the socket to which it answers."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        theirs.setblocking(False)
        ours.settimeout(20)
        task = task_of(QueryRequest(text, CSV, **limits))  # type: ignore[arg-type]
        content = wire.REQUEST.pack(1.0, 100, bytes(16)) + wire.dump(task)
        *parts, last = wire.request_packets(5, content)
        for part in parts:
            self.control.send(part)
        socket.send_fds(self.control, [last, wire.WAITED.pack(0.25)], [theirs.fileno()])
        theirs.close()
        return ours

    def hear(self) -> tuple[bytes, bytes, list[int]]:
        """What it says to the host: kind, content, open files."""
        data, ancillary, _, _ = self.control.recvmsg(70_000, socket.CMSG_SPACE(4))
        kind, _, content = wire.unpack(data)
        return kind, content, wire.file_descriptors(ancillary)


@pytest.fixture
def worker() -> Iterator[Driven]:
    driven = Driven()
    assert driven.hear()[0] == wire.READY
    yield driven
    driven.control.close()
    os.waitpid(driven.pid, 0)


def test_a_small_answer_is_one_packet(worker: Driven) -> None:
    for _ in range(3):
        with worker.ask("SELECT ?s { ?s ?p 7 }") as client:
            kind, number, content = wire.unpack(client.recv(70_000))
            assert (kind, number) == (wire.WHOLE, 5)
            assert wire.Outcome.unpack(content) == (wire.Outcome(False, 0.25, "v"), b"s\r\nx:7\r\n")
            assert worker.hear() == (wire.DONE, wire.KEEP, [])


def test_a_long_query_comes_in_parts(worker: Driven) -> None:
    with worker.ask("SELECT ?s { ?s ?p 7 } #" + "x" * 200_000) as client:
        assert wire.unpack(client.recv(70_000))[0] == wire.WHOLE
        assert worker.hear()[0] == wire.DONE


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that wait for a reader on a busy machine."""
    monkeypatch.setattr(workers, "_PATIENCE_MS", 20_000)


def test_a_large_answer_ends_with_its_outcome(patient: None, worker: Driven) -> None:
    with worker.ask("SELECT * { ?s ?p ?o . ?t ?q 7 , ?r . ?u ?v 8 , 8 , 8 . ?w ?x ?y }") as client:
        kinds, size = [], 0
        while not kinds or kinds[-1] == wire.DATA:
            kind, _, content = wire.unpack(client.recv(70_000))
            kinds.append(kind)
            size += len(content) if kind == wire.DATA else 0
        assert kinds[-1] == wire.END
        assert kinds.count(wire.DATA) > 10
        assert size > 1_000_000
        assert worker.hear() == (wire.DONE, wire.KEEP, [])


def test_what_a_client_does_not_take_goes_into_a_file(worker: Driven, tmp_path: Path) -> None:
    text = "SELECT * { ?s ?p ?o . ?t ?q 7 . ?w ?x ?y }"
    with worker.ask(text) as client:
        assert worker.hear()[0] == wire.SPILL
        file = os.open(tmp_path / "rest", os.O_RDWR | os.O_CREAT)
        socket.send_fds(worker.control, [wire.packet(wire.SPILL, 0)], [file])
        os.close(file)
        kind, content, files = worker.hear()
        assert (kind, content[:2]) == (wire.DONE, wire.KEEP + b"e")
        left, _ = wire.Outcome.unpack(content[2:])
        body = b""
        while data := client.recv(70_000):
            body += wire.unpack(data)[2]
        os.lseek(files[0], 0, os.SEEK_SET)
        rest = os.read(files[0], 100_000_000)
        os.close(files[0])
        assert left.left_bytes == len(rest)
        assert (body + rest).count(b"\r\n") == 300 * 300 + 1


def test_a_client_that_is_gone_costs_nothing(worker: Driven) -> None:
    worker.ask("SELECT * { ?s ?p ?o . ?t ?q ?r }").close()
    assert worker.hear() == (wire.DONE, wire.KEEP, [])
    with worker.ask("ASK {}") as client:
        assert wire.unpack(client.recv(70_000))[0] == wire.WHOLE


@pytest.mark.parametrize(
    ("text", "limits", "code"),
    [
        ("SELECT ?x {} GROUP BY ?y", {}, "query-syntax"),
        ("SELECT * { ?s ?p ?o }", {"max_result_bytes": 10}, "result-too-large"),
        ("SELECT * { BIND(<x:f>() AS ?x) }", {}, "query-refused"),
    ],
)
def test_errors(worker: Driven, text: str, limits: dict[str, object], code: str) -> None:
    with worker.ask(text, **limits) as client:
        kind, _, content = wire.unpack(client.recv(70_000))
        assert kind == wire.ERROR
        assert wire.error_of(content).code == code
        assert worker.hear() == (wire.DONE, wire.KEEP, [])


def test_it_ends_when_the_host_hangs_up() -> None:
    driven = Driven()
    driven.hear()
    driven.control.close()
    assert os.waitpid(driven.pid, 0)[1] == 0
