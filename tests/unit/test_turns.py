"""Turns: few requests run Python at a time, and who waits for something else stands in nobody's way."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator

import pytest
from werkzeug.exceptions import ClientDisconnected

from kggraph.web.turns import Body, Turns, give_back


@pytest.fixture(autouse=True)
def without_turn() -> Iterator[None]:
    yield
    give_back()


def others(turns: Turns, number: int) -> tuple[list[threading.Thread], threading.Event, list[int]]:
    """Threads that take a turn, tell so, and keep it until the event."""
    end, running = threading.Event(), list[int]()

    def work(one: int) -> None:
        turns.take()
        running.append(one)
        end.wait(30)
        give_back()

    threads = [threading.Thread(target=work, args=(one,)) for one in range(number)]
    for thread in threads:
        thread.start()
    return threads, end, running


def until_waiting(threads: list[threading.Thread], running: list[int], number: int) -> None:
    while len(running) < number:
        threads[0].join(0.01)
    threads[0].join(0.05)


def test_as_many_run_as_there_are_turns() -> None:
    turns = Turns(2)
    threads, end, running = others(turns, 5)
    until_waiting(threads, running, 2)
    assert len(running) == 2
    end.set()
    for thread in threads:
        thread.join(30)
    assert sorted(running) == [0, 1, 2, 3, 4]


def test_who_has_a_turn_takes_no_second_one_and_gives_it_back_once() -> None:
    turns = Turns(1)
    turns.take()
    turns.take()
    give_back()
    give_back()
    threads, end, running = others(turns, 2)
    until_waiting(threads, running, 1)
    assert len(running) == 1
    end.set()
    for thread in threads:
        thread.join(30)


def test_a_body_is_waited_for_without_a_turn() -> None:
    turns = Turns(1)
    turns.take()

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            threads, end, running = others(turns, 1)
            until_waiting(threads, running, 1)
            assert running == [0]
            end.set()
            threads[0].join(30)
            return super().read(size)

    assert Body(Slow(b"ASK {} "), 6, turns).read(100) == b"ASK {}"
    threads, end, running = others(turns, 1)
    threads[0].join(0.05)
    assert running == []  # all has come, and this thread has the turn again
    give_back()
    end.set()
    threads[0].join(30)
    assert running == [0]


def test_a_body_without_a_length_is_read_to_its_end() -> None:
    assert Body(io.BytesIO(b"ASK {}"), None, Turns(1)).readall() == b"ASK {}"


def test_a_body_that_is_cut_off_is_no_body() -> None:
    body = Body(io.BytesIO(b"DROP"), 9, Turns(1))
    with pytest.raises(ClientDisconnected, match="4 of 9 bytes"):
        body.readall()
