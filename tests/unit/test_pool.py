"""The processes of a build: results in order, long calls in nobody's way, and what is said when one is ended."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from kggraph.errors import GenerationError
from kggraph.publish.pool import Pool


def double(number: int) -> int:
    return 2 * number


def begun(_: int) -> int:
    return time.monotonic_ns()


def fail(number: int) -> int:
    raise ValueError(f"no {number}")


def end() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def pool() -> Iterator[Pool]:
    with Pool(many=True) as made:
        yield made


def test_results_come_in_the_order_of_the_calls(pool: Pool) -> None:
    assert list(pool.map(double, [(number,) for number in range(50)])) == [2 * number for number in range(50)]


def test_long_calls_wait_for_the_others_and_all_end(pool: Pool) -> None:
    first = [pool.start(begun, number) for number in range(2 * pool.ahead)]
    patient = [pool.start_patiently(begun, number) for number in range(4)]
    others = [wait() for wait in first]
    assert min(wait() for wait in patient) > sorted(others)[-pool.ahead]


def test_what_goes_wrong_in_a_process_is_told_by_who_waits(pool: Pool) -> None:
    patient, plain = pool.start_patiently(fail, 1), pool.start_patiently(double, 2)
    with pytest.raises(ValueError, match="no 1"):
        patient()
    assert plain() == 4


def test_a_process_that_was_ended_is_told(pool: Pool) -> None:
    waiting = [pool.start_patiently(end), *(pool.start_patiently(double, number) for number in range(9))]
    with pytest.raises(GenerationError, match="ended from outside"):
        for wait in waiting:
            wait()
    with pytest.raises(GenerationError, match="ended from outside"):
        pool.start(double, 1)()


def test_leaving_does_not_wait_for_what_has_not_begun() -> None:
    with Pool(many=True) as pool:
        for number in range(1000):
            pool.start_patiently(double, number)
