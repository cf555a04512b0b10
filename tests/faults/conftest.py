"""What the tests of faults share: how many random points, by which seed, visitors meanwhile, and the figures."""

from __future__ import annotations

import contextlib
import json
import os
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.live.test_serving import kb as kb

SEED = int(os.environ.get("KGGRAPH_TEST_SEED", "20261126"))
POINTS = int(os.environ.get("KGGRAPH_TEST_POINTS", "2"))
"""How many random points are tried of each fault; `make faults` tries 50."""
THOROUGH = 10
"""From so many points on, the tests that are marked as thorough run as well."""
FIGURES = os.environ.get("KGGRAPH_TEST_FIGURES", "")
"""File for what was counted, a line of JSON each; empty: nothing is written."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what takes long to `make faults`."""
    later = [item for item in items if item.get_closest_marker("thorough") and POINTS < THOROUGH]
    if later:
        config.hook.pytest_deselected(items=later)
        items[:] = [item for item in items if item not in later]


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Random numbers that are the same in every run of a test."""
    return random.Random(f"{SEED} {request.node.name}")


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Takes what was counted of a fault, for docs/reliability.md."""

    def tell(fault: str, points: int, **counted: Any) -> None:
        if FIGURES:
            with Path(FIGURES).open("a") as file:
                file.write(json.dumps({"fault": fault, "points": points, **counted}) + "\n")

    return tell


@dataclass
class Visitors:
    """Requests that are made one after another meanwhile, and what they gave."""

    base: str
    paths: tuple[str, ...]
    answered: int = 0
    wrong: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    def ask(self) -> None:
        """Ask until told to stop."""
        while not self._stop.is_set():
            for path in self.paths:
                began = time.monotonic()
                try:
                    with urllib.request.urlopen(self.base.rstrip("/") + path, timeout=30) as answer:
                        answer.read()
                    self.answered += 1
                except urllib.error.HTTPError as error:
                    self.wrong.append(f"{path}: {error.code} {error.read()[:300]!r}")
                except OSError as error:
                    self.wrong.append(f"{path}: {error}")
                self.slowest_s = max(self.slowest_s, time.monotonic() - began)
            self._stop.wait(0.02)

    @contextlib.contextmanager
    def meanwhile(self) -> Iterator[Visitors]:
        """Ask for as long as something else is done."""
        thread = threading.Thread(target=self.ask)
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()


def visitors(url: str) -> Visitors:
    """Visitors of the knowledge base of bridges: a page, a document, a search, a query."""
    query = "/sparql?query=ASK%7B%3Fs%20%3Fp%20%3Fo%7D"
    return Visitors(url, ("/", "/doc/bridge/millau.ttl", "/items?q=bridge", query))
