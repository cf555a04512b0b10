"""The fair queue."""

from __future__ import annotations

import pytest

from kggraph.errors import TooBusy, TooManyRequests
from kggraph.store.waiting import FairQueue


def test_each_client_in_turn() -> None:
    queue: FairQueue[str] = FairQueue(100, 100)
    for item in ("a1", "a2", "a3", "b1", "c1", "c2"):
        queue.push(item[0], item)
    assert len(queue) == 6
    assert sorted(queue) == ["a1", "a2", "a3", "b1", "c1", "c2"]
    assert [queue.pop() for _ in range(7)] == ["a1", "b1", "c1", "a2", "c2", "a3", None]
    assert len(queue) == 0


def test_it_is_bounded_for_all_and_for_each() -> None:
    queue: FairQueue[int] = FairQueue(3, 2)
    queue.push("a", 1)
    queue.push("a", 2)
    with pytest.raises(TooManyRequests):
        queue.push("a", 3)
    queue.push("b", 4)
    with pytest.raises(TooBusy) as caught:
        queue.push("c", 5)
    assert caught.value.retry_after_s > 0


def test_what_is_no_longer_wanted_is_taken_out() -> None:
    queue: FairQueue[int] = FairQueue(10, 10)
    queue.push("a", 1)
    queue.push("a", 2)
    queue.push("b", 3)
    queue.remove("a", 1)
    queue.remove("a", 9)
    queue.remove("b", 3)
    assert list(queue) == [2]
    assert len(queue) == 1
