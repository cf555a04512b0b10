"""Which request runs when: workers for short queries, room for long ones, a fair queue, and the clock.

Short queries are always to be answered. So a query that takes long is moved aside: a fresh worker takes its place, and
as soon as another query runs it goes on at low priority. When there is no more room aside and others wait, the oldest
of those that had their guaranteed time is stopped.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from kggraph.errors import Busy, KgError, QueryTimeout, TooBusy
from kggraph.store.limits import HostLimits
from kggraph.store.pool import Job, Pool, WorkerProcess, death_error
from kggraph.store.waiting import FairQueue

_IDLE_S: Final = 3600.0
_MOST_TRIES: Final = 4
"""Workers that a request is given to, one after another, when each is gone before it began."""
_LONG_WHEN_OTHERS_WAIT_S: Final = 0.05


class Scheduler:
    """Brings requests and workers together.

    :param fail: tells a request's client an error, which ends the request.
    :param watch: called with each new worker, to hear of it.
    """

    def __init__(
        self,
        pool: Pool,
        limits: HostLimits,
        *,
        fail: Callable[[Job, KgError], None],
        watch: Callable[[WorkerProcess], None],
    ) -> None:
        self._pool, self._limits, self._fail, self._watch = pool, limits, fail, watch
        self._queue: FairQueue[Job] = FairQueue(limits.max_waiting, limits.max_waiting_each)
        self._idle: list[WorkerProcess] = []
        self._next = 0.0

    def submit(self, job: Job) -> None:
        """Run a request now, or let it wait; or fail it, when too many wait."""
        if self._idle and not self._queue:
            self._assign(self._idle.pop(), job)
            return
        try:
            self._queue.push(job.client, job)
        except Busy as error:
            self._fail(job, error)

    def drop(self, job: Job) -> None:
        """Nobody waits for this request any more."""
        if job.worker:
            self._end(job.worker)
        else:
            self._queue.remove(job.client, job)

    def free(self, worker: WorkerProcess, *, keep: bool) -> None:
        """A worker has done its request: the next one, or retirement.

        It gets the next one before any other: what it read of the data is its own by now, and to copy that from the
        host (each page, when it is first touched) takes longer than most queries.
        """
        worker.job = None
        if keep and not (
            worker.is_low or worker.is_outdated or (worker.is_long and self._pool.has_copied_much(worker))
        ):
            worker.is_long = False
            self._idle.append(worker)
        else:
            self._pool.kill(worker)
        self.fill()

    def gone(self, worker: WorkerProcess, *, untaken: bool) -> None:
        """A worker has hung up.

        :param untaken: before it read its request, which another can answer then.
        """
        code = self._pool.reap(worker)
        job, worker.job = worker.job, None
        if worker in self._idle:
            self._idle.remove(worker)
        if job and untaken:
            self._again(job)
        elif job:
            self._fail(job, death_error(code, job))
        self.fill()

    def fill(self) -> None:
        """Fork until workers are enough for short queries, give them what waits, and end those that are too many."""
        short = sum(not (worker.is_long or worker.is_dying) for worker in self._pool.all.values())
        for _ in range(self._limits.workers - short):
            worker = self._pool.fork()
            self._watch(worker)
            self._idle.insert(0, worker)
        while self._idle and (job := self._queue.pop()):
            self._assign(self._idle.pop(), job)
        for worker in self._idle[: max(0, short - self._limits.workers)]:
            self._idle.remove(worker)
            self._pool.kill(worker)

    def renew(self) -> None:
        """The workers have old data: those that are free are replaced now, the others when they are free."""
        idle, self._idle = self._idle, []
        for worker in idle:
            self._pool.kill(worker)
        self.fill()

    def until_next(self) -> float:
        """Seconds until the clock has something to do."""
        now = time.monotonic()
        self._next = now + _IDLE_S
        for worker in self._pool.all.values():
            if worker.job and not worker.is_dying:
                self._next = min(self._next, worker.deadline if worker.is_long else self._long_at(worker))
        for job in self._queue:
            self._next = min(self._next, job.arrived + self._limits.max_wait_s)
        return max(0.0, self._next - now)

    def keep_time(self) -> None:
        """Stop what has run or waited too long, and move long queries aside."""
        now = time.monotonic()
        if now < self._next:
            return
        for worker in self._running():
            job = worker.job
            if job and now >= worker.deadline:
                self._stop(worker, _timeout(job.timeout_s))
            elif now >= self._long_at(worker) and not worker.is_long:
                if self._has_room(now):
                    worker.is_long = True
                    if len(self._running()) > 1:
                        self._pool.yield_to_others()
                    self.fill()
                else:
                    worker.looked_at = now
                    worker.long_at = max(worker.long_at, now + _LONG_WHEN_OTHERS_WAIT_S)
        for job in [job for job in self._queue if now >= job.arrived + self._limits.max_wait_s]:
            self._queue.remove(job.client, job)
            self._fail(job, TooBusy("No query slot became free in time; ask again in a few seconds.", retry_after_s=5))

    def _running(self) -> list[WorkerProcess]:
        return [worker for worker in self._pool.all.values() if worker.job and not worker.is_dying]

    def _long_at(self, worker: WorkerProcess) -> float:
        """When a short query is to be moved aside or, being without room there, stopped."""
        soon = worker.started + _LONG_WHEN_OTHERS_WAIT_S
        at = (
            min(worker.long_at, max(soon, worker.looked_at + _LONG_WHEN_OTHERS_WAIT_S))
            if self._queue
            else worker.long_at
        )
        return min(at, worker.deadline)

    def _has_room(self, now: float) -> bool:
        """Whether one more query can be moved aside; when others wait, one is stopped for that."""
        aside = [worker for worker in self._running() if worker.is_long]
        if len(aside) < self._limits.long_workers:
            return True
        each = Counter(worker.job.client for worker in aside if worker.job)
        had_their_time = [worker for worker in aside if now - worker.started >= self._limits.guaranteed_s]
        if not (self._queue and had_their_time):
            return False
        victim = max(had_their_time, key=lambda w: (each[w.job.client] if w.job else 0, now - w.started))
        ran_s = now - victim.started
        self._stop(
            victim,
            TooBusy(
                f"The query was stopped after {ran_s:.1f} s because others were waiting; ask for less at a time, or "
                "again when it is quieter.",
                retry_after_s=30,
            ),
        )
        return True

    def _assign(self, worker: WorkerProcess, job: Job) -> None:
        self._pool.yield_to_others()
        if not self._pool.assign(worker, job, self._limits.long_after_s):
            worker.job = None
            self._pool.kill(worker)
            self._again(job)

    def _again(self, job: Job) -> None:
        """Another worker for a request whose worker did not begin with it."""
        job.worker = None
        job.tries += 1
        if job.tries > _MOST_TRIES:
            self._fail(job, KgError("The worker that was to answer this query is gone; ask again."))
        else:
            self.submit(job)

    def _stop(self, worker: WorkerProcess, error: KgError) -> None:
        job = worker.job
        self._end(worker)
        if job:
            self._fail(job, error)

    def _end(self, worker: WorkerProcess) -> None:
        """Kill a worker with its query, and have another in its place."""
        worker.job = None
        self._pool.kill(worker)
        self.fill()


def _timeout(allowed_s: float) -> QueryTimeout:
    return QueryTimeout(
        f"The query ran longer than {allowed_s:g} s and was stopped; ask for less at a time (LIMIT, fewer patterns, a "
        "narrower FILTER), or use the files to download.",
        allowed=allowed_s,
    )
