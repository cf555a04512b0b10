"""The processes of a build: results in order, long calls in nobody's way, and what is said when one is ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

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


def printed(code: str) -> list[str]:
    """What a program prints in which threads cannot be started after `without_room()`, as when memory is short."""
    begin = "import threading\nfrom kggraph.publish.pool import Pool\nfrom tests.unit.test_pool import double\n"
    begin += "def without_room(): threading.stack_size(1 << 46)\n"
    done = subprocess.run([sys.executable, "-c", begin + code], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()


def test_without_room_for_threads_all_is_done_in_this_process() -> None:
    code = """
without_room()
with Pool(many=True) as pool:
    print(*pool.map(double, [(1,), (2,)]), pool.start_patiently(double, 3)())
"""
    assert printed(code) == ["2 4 6"]


def test_processes_that_get_no_work_for_want_of_memory_are_ended() -> None:
    code = """
with Pool(many=True) as pool:
    without_room()
    for wait in [pool.start(double, 1), pool.start_patiently(double, 2)]:
        try:
            wait()
        except Exception as error:
            print(type(error).__name__, error)
"""
    assert printed(code) == 2 * [
        "GenerationError The processes of the build could not be started; is there too little memory?"
    ]


def test_a_process_in_which_the_engine_has_threads_is_not_forked(tmp_path: Path) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "quads.nq").write_bytes(b"<x:a> <x:b> <x:c> .\n")
    code = f"""
from pathlib import Path
from kggraph.store.on_disk import write_on_disk

write_on_disk(Path({os.fspath(tmp_path / "here")!r}))
with Pool(many=True) as pool:
    print(pool.start(write_on_disk, Path({os.fspath(tmp_path / "there")!r}))())
"""
    assert printed(code) == ["None"]
