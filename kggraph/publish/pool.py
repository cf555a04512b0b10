"""Work over many files, in one process for each processor where these start quickly or there is much to do."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any, Final, TypeVar

from kggraph.errors import GenerationError
from kggraph.store.sandbox import end_with_parent

T = TypeVar("T")
_MOST: Final = 8
_ENDED: Final = "A process of the build was ended from outside; was there too little memory?"


class Pool:
    """Runs functions of a module; results come in the order of the calls, and few calls wait at a time."""

    def __init__(self, many: bool) -> None:
        """Start nothing yet.

        :param many: whether the work is worth the half second that processes take to start where they cannot be
            forked.
        """
        self._processors = min(len(os.sched_getaffinity(0)), _MOST)
        self._executor: ProcessPoolExecutor | None = None
        # A fork is quick, and runs no script twice; but other threads may hold locks that are never freed in it.
        method = "fork" if threading.active_count() == 1 else "spawn"
        if self._processors > 1 and (many or method == "fork"):
            # A process whose parent was killed would wait for work for ever, and hold the lock of the build.
            self._executor = ProcessPoolExecutor(
                self._processors, multiprocessing.get_context(method), end_with_parent, (os.getpid(),)
            )

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._executor:
            self._executor.shutdown(wait=True, cancel_futures=True)

    def map(self, function: Callable[..., T], calls: Iterable[tuple[Any, ...]]) -> Iterator[T]:
        """Results of the calls, in their order; at most two calls a process are under way, so memory is bounded.

        :raises GenerationError: a process was ended, as happens when memory runs out.
        """
        if self._executor is None:
            yield from (function(*call) for call in calls)
            return
        waiting: deque[Future[T]] = deque()
        try:
            for call in calls:
                waiting.append(self._executor.submit(function, *call))
                if len(waiting) >= 2 * self._processors:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BrokenProcessPool:
            raise GenerationError(
                "A process of the build was ended from outside; was there too little memory?"
            ) from None

    def start(self, function: Callable[..., T], *arguments: Any) -> Callable[[], T]:
        """Begin one call; the function given back waits for its result.

        :raises GenerationError: when waiting, a process was ended.
        """
        if self._executor is None:
            result = function(*arguments)
            return lambda: result
        future = self._executor.submit(function, *arguments)

        def wait() -> T:
            try:
                return future.result()
            except BrokenProcessPool:
                raise GenerationError(_ENDED) from None

        return wait
