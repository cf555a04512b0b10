"""Validating again at each change, until it is stopped."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

import pytest

from kggraph.cli_validation import _watch
from tests.http.conftest import bridges


def test_an_interrupt_that_is_lost_on_the_way_stops_it_all_the_same(tmp_path: Path) -> None:
    """Python loses what is raised while an object is taken apart."""
    before = signal.getsignal(signal.SIGINT)

    def once() -> int:
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        return 0

    with pytest.raises(KeyboardInterrupt):
        _watch(bridges(tmp_path / "kb"), (), once)
    assert signal.getsignal(signal.SIGINT) is before
