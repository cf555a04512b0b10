"""Work over many files, in processes where these start quickly or there is much to do."""

from __future__ import annotations

import gc
import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TypeVar

from kggraph.errors import GenerationError
from kggraph.store.sandbox import end_with_parent

T = TypeVar("T")
_MOST: Final = 8
_ENDED: Final = "A process of the build was ended from outside; was there too little memory?"
_WAITING: Final = 1
"""Processes beyond one for each processor, for what waits: for the disk, or for a process of its own."""
_THREADS: Final = 3
"""Those with which processes are given work, and room to spare."""
_LOOK_S: Final = 2.0
"""Seconds of waiting after which it is looked whether anybody still gives work to the processes."""
_MANAGER: Final = "_ExecutorManagerThread"
_NOT_STARTED: Final = "The processes of the build could not be started; is there too little memory?"


class Pool:
    """Runs functions of a module; results come in the order of the calls, and few calls wait at a time."""

    def __init__(self, many: bool) -> None:
        """Start nothing yet.

        :param many: whether the work is worth the half second that processes take to start where they cannot be
            forked.
        """
        self._processors = min(len(os.sched_getaffinity(0)), _MOST)
        self._executor: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()
        self._running = 0
        self._is_lost = False
        self._others, self._children = frozenset(threading.enumerate()), frozenset(multiprocessing.active_children())
        self._patient: deque[Callable[[], None]] = deque()
        # A fork is quick, and runs no script twice; but other threads may hold locks that are never freed in it.
        method = "fork" if _threads() == 1 else "spawn"
        if self._processors > 1 and (many or method == "fork") and _can_start_threads():
            # A process whose parent was killed would wait for work for ever, and hold the lock of the build.
            self._executor = ProcessPoolExecutor(
                self._processors + _WAITING, multiprocessing.get_context(method), _begin, (os.getpid(),)
            )

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._patient.clear()
        if self._executor and not self._is_lost:
            self._executor.shutdown(wait=True, cancel_futures=True)

    @property
    def has_processes(self) -> bool:
        """Whether what is started goes on beside; otherwise it is done at once."""
        return self._executor is not None

    @property
    def ahead(self) -> int:
        """How many calls may be under way before the first result is waited for, so that memory is bounded."""
        return 2 * self._processors if self._executor else 1

    def map(self, function: Callable[..., T], calls: Iterable[tuple[Any, ...]]) -> Iterator[T]:
        """Results of the calls, in their order; at most `ahead` calls are under way.

        :raises GenerationError: a process was ended, as happens when memory runs out.
        """
        waiting: deque[Callable[[], T]] = deque()
        for call in calls:
            waiting.append(self.start(function, *call))
            if len(waiting) >= self.ahead:
                yield waiting.popleft()()
        while waiting:
            yield waiting.popleft()()

    def start(self, function: Callable[..., T], *arguments: Any) -> Callable[[], T]:
        """Begin one call; the function given back waits for its result.

        :raises GenerationError: when waiting, a process was ended.
        """
        if self._executor is None:
            result = function(*arguments)
            return lambda: result
        promised: Future[T] = Future()
        with self._lock:
            self._running += 1
        self._submit(promised, function, arguments)
        return lambda: self._wait(promised)

    def start_patiently(self, function: Callable[..., T], *arguments: Any) -> Callable[[], T]:
        """Begin one long call as soon as a process has nothing else to do, so that it is in nobody's way.

        :raises GenerationError: when waiting, a process was ended.
        """
        if self._executor is None:
            return self.start(function, *arguments)
        promised: Future[T] = Future()
        with self._lock:
            self._patient.append(lambda: self._submit(promised, function, arguments))
        self._begin_patient()
        return lambda: self._wait(promised)

    def _submit(self, promised: Future[T], function: Callable[..., T], arguments: tuple[Any, ...]) -> None:
        def ended(future: Future[T]) -> None:
            if future.cancelled():
                promised.cancel()
            elif error := future.exception():
                promised.set_exception(error)
            else:
                promised.set_result(future.result())
            with self._lock:
                self._running -= 1
            self._begin_patient()

        if not self._is_lost:
            try:
                if self._executor:
                    self._executor.submit(function, *arguments).add_done_callback(ended)
                return
            except BrokenProcessPool as error:
                promised.set_exception(error)
                return
            except (RuntimeError, OSError, MemoryError):
                self._lose()
        promised.set_exception(GenerationError(_NOT_STARTED))

    def _wait(self, promised: Future[T]) -> T:
        while True:
            try:
                return promised.result(_LOOK_S)
            except BrokenProcessPool:
                raise GenerationError(_ENDED) from None
            except TimeoutError:
                if promised.done():
                    raise
                if not any(type(one).__name__ == _MANAGER for one in threading.enumerate() if one not in self._others):
                    self._lose()
                    raise GenerationError(_NOT_STARTED) from None

    def _lose(self) -> None:
        """End the processes: what gives them work, and would tell them to end, could not be started.

        Without this they and this one would wait for one another for ever.
        """
        self._is_lost = True
        for process in multiprocessing.active_children():
            if process not in self._children:
                process.terminate()

    def _begin_patient(self) -> None:
        while True:
            with self._lock:
                if not self._patient or self._running >= self._processors:
                    return
                begin = self._patient.popleft()
                self._running += 1
            begin()


def _threads() -> int:
    """How many threads this process has, those of engines included, which only the kernel knows."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.is_dir() else threading.active_count()


def _can_start_threads() -> bool:
    """Whether there is memory for the threads that an executor needs: one that fails to start them never answers."""
    done = threading.Event()
    threads = [threading.Thread(target=done.wait) for _ in range(_THREADS)]
    try:
        for thread in threads:
            thread.start()
    except (RuntimeError, MemoryError):
        return False
    finally:
        done.set()
        for thread in threads:
            if thread.ident is not None:
                thread.join()
    return True


def _begin(parent: int) -> None:
    end_with_parent(parent)
    gc.disable()


@contextmanager
def without_collector() -> Iterator[None]:
    """Without looking for circles of objects, of which a build makes none that matter: a tenth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
