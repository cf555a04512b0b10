"""Finished answers under many threads: what is asked for while others are dropped is given, or is not there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from kggraph.web.cache import Finished, ResponseCache

_KEYS = [("generation", f"/{number}") for number in range(40)]
_ROUNDS = 50_000


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads take turns as often as they can."""
    was = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(was)


@pytest.mark.usefixtures("hurried")
def test_answers_are_asked_for_while_others_are_dropped() -> None:
    cache = ResponseCache(max_bytes=100_000)
    answer = Finished(200, (), b"x" * 2_000)

    def ask(keys: list[tuple[str, str]]) -> None:
        for number in range(_ROUNDS):
            key = keys[number % len(keys)]
            if cache.get(key) is None:
                cache.put(key, answer)

    # Two ask for what stays, and so is put at the end again and again; one for more than there is room for.
    with ThreadPoolExecutor(3) as threads:
        for _ in threads.map(ask, (_KEYS[:3], _KEYS[:3], _KEYS)):
            pass
    assert 0 < cache.size <= 100_000
