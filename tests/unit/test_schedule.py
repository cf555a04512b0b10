"""Which request runs when, on workers that are real processes but only wait."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from kggraph.errors import KgError, QueryTimeout, TooBusy
from kggraph.store import pool
from kggraph.store.limits import HostLimits
from kggraph.store.pool import Connection, Job, Pool, WorkerProcess
from kggraph.store.schedule import Scheduler


class Desk:
    """A scheduler whose workers are told apart by number and never answer by themselves."""

    def __init__(self, **limits: float) -> None:
        self.failed: list[tuple[str, KgError]] = []
        self.workers: list[WorkerProcess] = []
        self.pool = Pool(lambda: pytest.fail("not called"), "", lambda: ())
        self.scheduler = Scheduler(
            self.pool, HostLimits(**limits), fail=self._fail, watch=self.workers.append  # type: ignore[arg-type]
        )  # fmt: skip

    def _fail(self, job: Job, error: KgError) -> None:
        self.failed.append((job.client.decode(), error))

    def submit(self, client: str, timeout_s: float = 60.0) -> Job:
        """A request of a client."""
        job = Job(Connection(_NoSocket()), 1, [b"q"], client.encode(), timeout_s, 1, time.monotonic())  # type: ignore[arg-type]
        self.scheduler.submit(job)
        return job

    def pass_time(self, seconds: float) -> None:
        """Let the clock run."""
        time.sleep(seconds)
        self.scheduler.until_next()
        self.scheduler.keep_time()


class _NoSocket:
    def fileno(self) -> int:
        return 0


@pytest.fixture(autouse=True)
def _waiting_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a worker, wait for the end instead of answering."""
    monkeypatch.setattr(pool.workers, "run", lambda *args, **more: time.sleep(60))
    monkeypatch.setattr(Pool, "fork", _fork)


def _fork(self: Pool) -> WorkerProcess:
    self._make_dataset = lambda: None  # type: ignore[assignment, return-value]
    return _REAL_FORK(self)


_REAL_FORK = Pool.fork


@pytest.fixture
def desks() -> Iterator[list[Desk]]:
    made: list[Desk] = []
    yield made
    for desk in made:
        desk.pool.end()


def desk_with(desks: list[Desk], **limits: float) -> Desk:
    """A desk with its first workers, which are ended after the test."""
    desk = Desk(**limits)
    desks.append(desk)
    desk.scheduler.fill()
    return desk


def test_requests_go_to_free_workers_and_then_wait(desks: list[Desk]) -> None:
    desk = desk_with(desks, workers=2)
    jobs = [desk.submit("a") for _ in range(3)]
    assert [bool(job.worker) for job in jobs] == [True, True, False]
    assert jobs[0].worker
    desk.scheduler.free(jobs[0].worker, keep=True)
    assert jobs[2].worker is jobs[0].worker
    assert len(desk.workers) == 2


def test_a_retired_worker_is_replaced(desks: list[Desk]) -> None:
    desk = desk_with(desks, workers=1)
    first = desk.submit("a").worker
    assert first
    desk.scheduler.free(first, keep=False)
    assert first.is_dying
    assert len(desk.workers) == 2
    assert desk.submit("a").worker is desk.workers[1]


def test_a_query_over_its_time_fails_and_its_worker_is_replaced(desks: list[Desk]) -> None:
    desk = desk_with(desks, workers=1)
    desk.submit("a", timeout_s=0.02)
    desk.pass_time(0.05)
    assert [type(error) for _, error in desk.failed] == [QueryTimeout]
    assert desk.submit("b").worker is desk.workers[1]


def test_a_long_query_moves_aside_when_others_wait(desks: list[Desk]) -> None:
    desk = desk_with(desks, workers=1, long_workers=1, long_after_s=30)
    long = desk.submit("a")
    waiting = desk.submit("b")
    assert not waiting.worker
    desk.pass_time(0.08)
    assert long.worker
    assert long.worker.is_long
    assert waiting.worker is desk.workers[1]
    assert not desk.failed


def test_a_long_query_has_low_priority_only_beside_another(desks: list[Desk]) -> None:
    desk = desk_with(desks, workers=1, long_workers=2, long_after_s=0.01)
    normal = os.getpriority(os.PRIO_PROCESS, 0)
    long = desk.submit("a").worker
    desk.pass_time(0.02)
    assert long
    assert long.is_long
    assert os.getpriority(os.PRIO_PROCESS, long.pid) == normal
    other = desk.submit("b").worker
    assert other
    assert os.getpriority(os.PRIO_PROCESS, long.pid) > normal
    desk.pass_time(0.02)
    assert other.is_long
    assert os.getpriority(os.PRIO_PROCESS, other.pid) > normal, "two that are long leave the processors to all others"


def test_a_long_query_leaves_its_worker_to_the_next_one(desks: list[Desk]) -> None:
    desk = desk_with(desks, workers=2, long_after_s=0.01)
    long = desk.submit("a").worker
    desk.pass_time(0.02)
    assert long
    assert long.is_long
    assert len(desk.workers) == 3
    desk.scheduler.free(long, keep=True)
    assert [worker.is_dying for worker in desk.workers].count(True) == 1, "two are enough again"
    assert not long.is_dying
    assert desk.submit("a").worker is long, "what it has read is in its memory"
    desk.submit("b")
    assert len(desk.workers) == 3


def test_a_worker_that_copied_much_is_replaced(desks: list[Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_MOST_COPIED", 1)
    desk = desk_with(desks, workers=1, long_after_s=0.01)
    long = desk.submit("a").worker
    desk.pass_time(0.02)
    assert long
    assert long.is_long
    desk.scheduler.free(long, keep=True)
    assert long.is_dying


def test_a_worker_of_low_priority_is_replaced(desks: list[Desk]) -> None:
    desk = desk_with(desks, workers=1, long_workers=2, long_after_s=0.01)
    long = desk.submit("a").worker
    desk.pass_time(0.02)
    desk.submit("b")
    assert long
    desk.scheduler.free(long, keep=True)
    assert long.is_dying


def test_when_no_room_is_left_the_client_with_most_gives_way(desks: list[Desk]) -> None:
    desk = desk_with(desks, workers=1, long_workers=3, long_after_s=0.01, guaranteed_s=0.1)
    for client in ("b", "a", "a", "c"):
        desk.submit(client)
        desk.pass_time(0.02)
    assert not desk.failed, "each has its guaranteed time"
    desk.submit("d")
    desk.pass_time(0.15)
    assert [(client, type(error)) for client, error in desk.failed] == [("a", TooBusy)]


def test_who_waits_too_long_fails(desks: list[Desk]) -> None:
    desk = desk_with(desks, workers=1, long_workers=0, max_wait_s=0.05)
    desk.submit("a")
    desk.submit("b")
    desk.pass_time(0.1)
    assert [(client, type(error)) for client, error in desk.failed] == [("b", TooBusy)]


def test_a_dropped_request_frees_its_worker_or_its_place(desks: list[Desk]) -> None:
    desk = desk_with(desks, workers=1)
    running, waiting, last = (desk.submit(client) for client in "abc")
    desk.scheduler.drop(waiting)
    desk.scheduler.drop(running)
    assert last.worker is desk.workers[1]
    assert not desk.failed


def test_the_clock_does_not_spin_when_there_is_no_room(desks: list[Desk]) -> None:
    desk = desk_with(desks, workers=1, long_workers=0, long_after_s=0.01)
    desk.submit("a")
    desk.submit("b")
    desk.pass_time(0.06)
    assert desk.scheduler.until_next() > 0.01
