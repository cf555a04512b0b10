"""The query host as a process: answers, limits, and what remains when something is killed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kggraph.errors import (
    KgError,
    QueryHostUnavailable,
    QueryOutOfMemory,
    QueryRefused,
    QuerySyntaxError,
    QueryTimeout,
    ResultTooLarge,
    TooBusy,
)
from kggraph.store import wire
from kggraph.store.client import QueryClient, _Connection
from kggraph.store.on_disk import write_on_disk
from kggraph.store.protocol import QueryRequest
from kggraph.store.task import task_of
from tests.live.query_host import CROSS_PRODUCT, CSV, JSON, ORDINARY, ROWS, Hosted, listener, running, until

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def host() -> Iterator[Hosted]:
    with running() as hosted:
        yield hosted


# ------------------------------------------------------------------ answers
def test_an_answer_tells_its_kind_version_and_length(host: Hosted) -> None:
    answer = host.client.query(QueryRequest(ORDINARY, JSON))
    body = answer.read()
    assert json.loads(body)["results"]["bindings"]
    assert (answer.kind, answer.version, answer.truncated, answer.length) == ("solutions", "v1", False, len(body))


@pytest.mark.parametrize(
    ("text", "results", "kind", "start"),
    [
        ("ASK {}", "application/sparql-results+xml", "boolean", b"<?xml"),
        ("SELECT * {} ", "text/tab-separated-values", "solutions", b"\n"),
        ("CONSTRUCT WHERE { ?s ?p 1 }", "application/n-triples", "graph", b"<http://example.org/n1>"),
        ("DESCRIBE <http://example.org/n1>", "application/ld+json", "graph", b'{\n  "@context"'),
    ],
)
def test_every_form_of_query(host: Hosted, text: str, results: str, kind: str, start: bytes) -> None:
    answer = host.client.query(QueryRequest(text, results))
    assert answer.kind == kind
    assert answer.read().startswith(start)


def test_a_large_result_streams_and_is_whole(host: Hosted) -> None:
    answer = host.client.query(QueryRequest("SELECT * { ?s ?p ?o . ?t ?q 5 }", CSV, hold_bytes=10_000))
    assert answer.length is None
    chunks = list(answer.chunks)
    assert len(chunks) > 1
    assert b"".join(chunks) == host.ask("SELECT * { ?s ?p ?o . ?t ?q 5 }", CSV)


@pytest.mark.parametrize("hold_bytes", [0, 1 << 20])
@pytest.mark.parametrize("results", [JSON, CSV, "application/sparql-results+xml", "text/tab-separated-values"])
def test_the_limit_of_solutions_is_exact_and_declared(host: Hosted, results: str, hold_bytes: int) -> None:
    text = "SELECT ?o { ?s <http://example.org/next> ?o }"
    whole = host.ask(text, results)
    for limit, truncated in ((ROWS - 1, True), (ROWS, False), (ROWS + 1, False), (1, True)):
        answer = host.client.query(QueryRequest(text, results, max_solutions=limit, hold_bytes=hold_bytes))
        assert answer.truncated is truncated
        assert answer.read() == (whole if not truncated else host.ask(f"{text} LIMIT {limit}", results))


def test_an_own_limit_is_no_truncation(host: Hosted) -> None:
    answer = host.client.query(QueryRequest("SELECT ?o { ?s ?p ?o } LIMIT 10", CSV, max_solutions=10))
    assert answer.read().count(b"\n") == 11
    assert not answer.truncated


def test_threads_share_a_client(host: Hosted) -> None:
    found: list[bytes] = []

    def ask(number: int) -> None:
        for i in range(20):
            text = f"SELECT ?o {{ <http://example.org/n{number * 20 + i}> <http://example.org/next> ?o }}"
            found.append(host.ask(text, CSV))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 160


def test_a_fork_gets_its_own_connections(host: Hosted) -> None:
    host.ask(ORDINARY)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = 0 if b"thing 7" in host.ask(ORDINARY) else 1
        finally:
            os._exit(code)
    assert b"thing 7" in host.ask(ORDINARY)
    assert os.waitpid(pid, 0)[1] == 0


# ------------------------------------------------------------------ errors and limits
def test_a_syntax_error_says_what_would_be_right(host: Hosted) -> None:
    with pytest.raises(QuerySyntaxError, match="PREFIX skos: <http://www") as caught:
        host.ask("SELECT * {\n  ?s skos:prefLabel ?o }")
    assert (caught.value.line, caught.value.column) == (2, 6)


def test_a_query_over_its_time_is_stopped_while_others_go_on(host: Hosted) -> None:
    with pytest.raises(QueryTimeout) as caught:
        host.ask(CROSS_PRODUCT, timeout_s=0.3)
    assert caught.value.allowed == 0.3
    assert b"thing 7" in host.ask(ORDINARY)


def test_a_memory_bomb_is_stopped(host: Hosted) -> None:
    with pytest.raises(QueryOutOfMemory) as caught:
        host.ask("SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f", memory_mb=40, timeout_s=20)
    assert caught.value.allowed == 40
    assert b"thing 7" in host.ask(ORDINARY)


@pytest.mark.parametrize("hold_bytes", [0, 1 << 24])
def test_a_result_of_too_many_bytes_never_looks_complete(host: Hosted, hold_bytes: int) -> None:
    with pytest.raises(ResultTooLarge):
        host.ask("SELECT * { ?s ?p ?o . ?t ?q 5 }", max_result_bytes=100_000, hold_bytes=hold_bytes)


def test_too_deep_for_the_engine_is_survived(host: Hosted) -> None:
    with pytest.raises(KgError) as caught:
        host.ask("SELECT * { FILTER(" + "||".join(["?x"] * 100_000) + ") }", timeout_s=2)
    assert isinstance(caught.value, QueryRefused | QueryTimeout | QueryOutOfMemory)
    assert b"thing 7" in host.ask(ORDINARY)


def test_a_service_that_passed_the_guard_meets_the_sandbox(host: Hosted) -> None:
    with listener() as (port, connections):
        text = f"SELECT * {{ SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}"
        task = task_of(QueryRequest("SELECT * { }", JSON))._replace(text=text, beyond=None)
        connection = _Connection(os.fspath(host.path))
        kind, content, _ = connection.ask(wire.REQUEST.pack(5.0, 512, bytes(16)) + wire.dump(task), 5.0)
        connection.close()
        assert kind == wire.ERROR
        assert isinstance(error := wire.error_of(content), QueryRefused)
        assert error.what == "SERVICE"
        assert connections() == 0
    assert b"thing 7" in host.ask(ORDINARY)


# ------------------------------------------------------------------ clients that are slow, or gone
def test_a_slow_client_holds_no_worker_and_gets_all(host: Hosted) -> None:
    text = "SELECT * { ?s ?p ?o . ?t ?q 5 , ?r }"
    whole = host.ask(text, CSV)
    slow = [host.client.query(QueryRequest(text, CSV, timeout_s=2.0, hold_bytes=0)) for _ in range(4)]
    start = time.monotonic()
    assert b"thing 7" in host.ask(ORDINARY)
    assert time.monotonic() - start < 1.5
    time.sleep(2.1)  # the time that their queries may run is over
    assert all(answer.read() == whole for answer in slow)


def test_a_query_that_nobody_waits_for_is_stopped(host: Hosted) -> None:
    before = set(host.workers())
    answer = host.client.query(
        QueryRequest("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", CSV, timeout_s=60, hold_bytes=0)
    )
    next(answer.chunks)
    answer.close()
    assert until(lambda: len(before & set(host.workers())) < len(before) or len(host.workers()) == len(before))
    assert b"thing 7" in host.ask(ORDINARY)


def test_half_open_and_nonsense_connections_do_no_harm(host: Hosted) -> None:
    sockets = []
    for data in (b"", b"x", wire.packet(wire.PART, 1, b"half"), wire.packet(wire.ASK, 1, b"short"), os.urandom(2000)):
        each = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        each.connect(os.fspath(host.path))
        if data:
            each.send(data)
        sockets.append(each)
    assert b"thing 7" in host.ask(ORDINARY)
    for each in sockets:
        each.close()
    assert b"thing 7" in host.ask(ORDINARY)


def test_only_this_user_can_connect(host: Hosted) -> None:
    assert host.path.stat().st_mode & 0o777 == 0o600


# ------------------------------------------------------------------ many at once
def test_short_queries_are_answered_beside_long_ones() -> None:
    with running(workers=1, long_workers=2, long_after_s=0.1) as hosted:
        failures: list[KgError] = []

        def hostile() -> None:
            try:
                hosted.ask(CROSS_PRODUCT, timeout_s=1.5)
            except KgError as error:
                failures.append(error)

        threads = [threading.Thread(target=hostile) for _ in range(2)]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        for _ in range(20):
            assert b"thing 7" in hosted.ask(ORDINARY, timeout_s=1.0)
        assert not failures, "the long queries still run"
        for thread in threads:
            thread.join()
        assert [type(failure) for failure in failures] == [QueryTimeout] * 2


def test_when_others_wait_the_oldest_long_query_is_stopped() -> None:
    with running(workers=1, long_workers=1, long_after_s=0.05, guaranteed_s=0.2) as hosted:
        failures: list[KgError] = []

        def hostile() -> None:
            try:
                hosted.ask(CROSS_PRODUCT, timeout_s=30)
            except KgError as error:
                failures.append(error)

        threads = [threading.Thread(target=hostile, daemon=True) for _ in range(2)]
        for thread in threads:
            thread.start()
        time.sleep(0.2)
        assert b"thing 7" in hosted.ask(ORDINARY)
        assert until(lambda: bool(failures))
        assert isinstance(failures[0], TooBusy)
        assert failures[0].retry_after_s
    for thread in threads:
        thread.join()
    hosted.client.close()


def test_who_waits_too_long_is_told_when_to_come_back() -> None:
    with running(workers=1, long_workers=0, max_waiting=1, max_wait_s=0.2) as hosted:
        thread = threading.Thread(target=_fails, args=(hosted,))
        thread.start()
        time.sleep(0.2)
        with pytest.raises(TooBusy) as caught:
            hosted.ask(ORDINARY)
        assert caught.value.retry_after_s
        assert until(lambda: _answers(hosted))
    thread.join()
    hosted.client.close()


def _fails(hosted: Hosted) -> None:
    with contextlib.suppress(KgError):
        hosted.ask(CROSS_PRODUCT, timeout_s=1.5)


def _answers(hosted: Hosted) -> bool:
    try:
        return b"thing 7" in hosted.ask(ORDINARY)
    except TooBusy:
        return False


# ------------------------------------------------------------------ life and death
def test_a_worker_killed_in_its_answer_breaks_it() -> None:
    with running(workers=1) as hosted:
        text = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
        answer = hosted.client.query(QueryRequest(text, CSV, timeout_s=30, hold_bytes=0))
        next(answer.chunks)
        for worker in hosted.workers():
            os.kill(worker, signal.SIGKILL)
        with pytest.raises(KgError):
            answer.read()
        assert b"thing 7" in hosted.ask(ORDINARY)


def test_a_request_that_a_dead_worker_had_not_taken_goes_to_another() -> None:
    with running(workers=1) as hosted:
        (worker,) = hosted.workers()
        os.kill(worker, signal.SIGSTOP)
        assert until(lambda: Path(f"/proc/{worker}/stat").read_text().rpartition(")")[2].split()[0] == "T")
        with ThreadPoolExecutor(1) as threads:
            asked = threads.submit(hosted.ask, ORDINARY)
            time.sleep(0.1)
            os.kill(worker, signal.SIGKILL)
            assert b"thing 7" in asked.result()


def test_a_host_killed_in_an_answer_breaks_it_and_leaves_no_orphans() -> None:
    with running() as hosted:
        text = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
        answer = hosted.client.query(QueryRequest(text, CSV, timeout_s=30, hold_bytes=0))
        next(answer.chunks)
        workers = hosted.workers()
        assert workers
        hosted.process.kill()
        with pytest.raises(QueryHostUnavailable):
            answer.read()
        assert until(lambda: not any(Path(f"/proc/{worker}/exe").exists() for worker in workers))
        with pytest.raises(QueryHostUnavailable):
            hosted.ask(ORDINARY)


def test_a_new_host_takes_over_without_a_gap(tmp_path: Path) -> None:
    new_data = tmp_path / "new.nt"
    new_data.write_text("<x:new> <x:p> <x:new> .")
    with running() as old:
        text = "SELECT * { ?a ?b ?c . ?d ?e ?f }"
        before = old.client.query(QueryRequest(text, CSV, timeout_s=30, hold_bytes=0, max_solutions=100_000))
        next(before.chunks)
        old.ask("ASK {}")
        new = Hosted(new_data, old.path, "new")
        old.process.send_signal(signal.SIGTERM)
        assert until(lambda: old.client.query(QueryRequest("ASK {}", CSV)).version == "new")
        assert old.ask("SELECT * { ?s ?p ?o }", CSV) == b"s,p,o\r\nx:new,x:p,x:new\r\n"
        assert old.process.poll() is None
        assert sum(chunk.count(b"\n") for chunk in before.chunks) > 50_000, "what ran goes on to its end"
        assert old.process.wait(10) == 0
        assert b"true" in new.ask("ASK {}")
        new.stop()
        assert not new.path.exists()


def test_a_host_ends_with_whoever_started_it(tmp_path: Path) -> None:
    (tmp_path / "data.ttl").write_text("<x:a> <x:b> 1 .")
    script = (
        "import os, subprocess, sys, time\n"
        "command = [sys.executable, '-m', 'kggraph.store.host', '--data', sys.argv[1] + '/data.ttl']\n"
        "command += ['--socket', sys.argv[1] + '/q', '--parent', str(os.getpid())]\n"
        "host = subprocess.Popen(command, stdout=subprocess.PIPE); host.stdout.readline()\n"
        "print(host.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        host = int(parent.stdout.readline())
        children = Path(f"/proc/{host}/task/{host}/children").read_text().split()
        parent.kill()
    assert children
    assert until(lambda: not any(Path(f"/proc/{number}/exe").exists() for number in (host, *children)))


@pytest.mark.parametrize(
    ("name", "text", "code", "sentence"),
    [
        ("bad.ttl", "<x:a> <x:b>\n  nonsense .", 1, "bad.ttl:2:3: "),
        ("bad.nq", "<x:a> <x:b> .", 1, "bad.nq:1:"),
        ("bad.rdf", "<rdf", 1, "bad.rdf: "),
        ("data.xlsx", "", 2, "which RDF format"),
        ("none.ttl", None, 2, "no file"),
    ],
)
def test_data_that_cannot_be_read_are_told_in_one_sentence(
    tmp_path: Path, name: str, text: str | None, code: int, sentence: str
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    hosted = Hosted(tmp_path / name, tmp_path / "query")
    assert hosted.process.wait(20) == code == hosted.said["exit_code"]
    assert sentence in hosted.said["sentence"]
    assert "\n" not in hosted.said["sentence"]


def test_a_socket_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "data.ttl").write_text("<x:a> <x:b> 1 .")
    for path, sentence in ((tmp_path / "none" / "q", "cannot be made"), (tmp_path / ("x" * 120), "too long")):
        hosted = Hosted(tmp_path / "data.ttl", path)
        assert hosted.process.wait(20) == 2
        assert sentence in hosted.said["sentence"]


def test_a_database_on_disk_is_served(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    quads = "".join(f"<x:{i}> <x:p> <x:{i + 1}> .\n" for i in range(1000))
    (tmp_path / "store" / "quads.nq").write_text(quads)
    write_on_disk(tmp_path / "store")
    hosted = Hosted(tmp_path / "store", tmp_path / "query", "disk")
    assert hosted.said["ready"]
    assert hosted.ask("SELECT ?o { <x:7> <x:p> ?o }", CSV) == b"o\r\nx:8\r\n"
    assert hosted.ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", CSV) == b"n\r\n1000\r\n"
    with pytest.raises(QueryTimeout):
        hosted.ask(CROSS_PRODUCT, timeout_s=0.3)
    assert hosted.ask("SELECT ?o { <x:8> <x:p> ?o }", CSV) == b"o\r\nx:9\r\n"
    hosted.stop()


def test_a_client_without_a_host_says_so(tmp_path: Path) -> None:
    with pytest.raises(QueryHostUnavailable):
        QueryClient(tmp_path / "query").query(QueryRequest("ASK {}", JSON))
