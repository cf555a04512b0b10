"""Edits that follow one another faster than a server looks, while what is old is removed: every request is answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kggraph.build import build
from kggraph.config import load
from kggraph.operation.keeping import collect_garbage
from kggraph.publish.generation import open_current
from tests.faults.conftest import POINTS, visitors
from tests.faults.test_killed import change
from tests.live.conftest import environment, started

pytestmark = [pytest.mark.live, pytest.mark.thorough]


def test_edits_and_removals_under_readers(kb: Path, figures: Callable[..., None]) -> None:
    settings = replace(load(kb, {}), keep_generations=1)
    build(settings)
    folder = settings.build_path / "generations"
    with (
        started("--generation", "current", root=kb, env=environment()) as server,
        visitors(server.url).meanwhile() as v,
    ):
        for number in range(2 * POINTS):
            change(kb, number % 90)
            assert build(settings).manifest.patches == (number + 1) % 101
            collect_garbage(settings, 1, lambda: None)
            assert len([*folder.iterdir()]) <= 4  # the current one, and those that two processes still read
    assert v.wrong == [], server.said
    assert v.answered
    open_current(settings).verify()
    assert [path.name for path in folder.iterdir() if path.name.startswith(".")] == []
    figures("edits that take away what is read", 2 * POINTS, requests=v.answered, failed=len(v.wrong))
