"""A clock that jumps: dates never go back, limits end, and a server that runs goes on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kggraph.build import build
from kggraph.config import Settings, load
from kggraph.operation.keeping import generations, roll_back
from kggraph.publish import shelf
from kggraph.publish.changes import Changes
from kggraph.publish.generation import open_current
from kggraph.publish.publication import log_path, log_publication
from kggraph.web.rates import Rates
from tests.faults.conftest import visitors
from tests.faults.test_disk import kggraph
from tests.faults.test_killed import change
from tests.live.conftest import environment, started, until
from tests.programs import program

pytestmark = pytest.mark.live


def test_dates_of_changes_never_go_back(kb: Path) -> None:
    settings, now = load(kb, {}), datetime(2030, 1, 1, tzinfo=UTC)
    log = log_path(settings.build_path)
    for number, jump in enumerate((0, -900, 400, -1)):
        change(kb, number)
        last = log.read_bytes() if log.is_file() else b""
        build(settings)
        log.write_bytes(last) if last else log.unlink()
        log_publication(settings.build_path, open_current(settings), now + timedelta(days=jump))
    changes = Changes(log)
    dates = [event.at for event in changes.events(1, 1000)]
    assert dates == sorted(dates)
    newest = changes.since("bridge", start=dates[-1])
    assert [one.iri.rpartition("/")[2] for one in newest] == ["millau"]  # who harvests by date gets it


def test_the_one_before_is_the_one_before(kb: Path) -> None:
    settings, hashes = load(kb, {}), list[str]()
    for number, year in enumerate((2030, 2020, 2010)):
        change(kb, number)
        made = build(settings)
        hashes.append(made.hash)
        os.utime(made.path, (0, 0))
        shelf.make_current(settings.build_path, made.path, datetime(year, 1, 1, tzinfo=UTC).timestamp())
    assert [path.name for path in generations(settings)] == hashes[::-1]
    assert roll_back(settings, None, lambda: None).hash == hashes[1]


def test_a_limit_ends_although_the_clock_was_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    rates, ahead = Rates(Settings(rate_pages="2/minute")), [86_400.0]
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + ahead[0])
    taken = [rates.take("pages", "192.0.2.1") for _ in range(3)]
    assert [one.is_granted for one in taken if one] == [True, True, False]
    ahead[0] = 0.0
    allowance = rates.take("pages", "192.0.2.1")
    assert allowance and allowance.is_granted and allowance.reset_s <= 60


@pytest.mark.thorough
def test_a_server_that_runs(kb: Path, tmp_path: Path, figures: Callable[..., None]) -> None:
    program("faketime", "faketime")
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    clock = tmp_path / "clock"
    clock.write_text("+0")
    faked = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    build(load(kb, {}))
    settings = load(kb, {})
    with (
        started("--generation", "current", root=kb, env=environment(**faked)) as server,
        visitors(server.url).meanwhile() as v,
    ):
        for number, jump in enumerate(("+3650d", "-3650d", "+0")):
            clock.write_text(jump)
            change(kb, number)
            assert kggraph(kb, "build", **faked)[0] == 0
            new = open_current(settings).hash
            assert until(lambda new=new: new.encode() in server.get("/version")[1], 5)  # type: ignore[misc]
            served = v.answered
            assert until(lambda served=served: v.answered > served + 12)  # type: ignore[misc]
    assert v.wrong == [], server.said
    dates = [event.at for event in Changes(log_path(settings.build_path)).events(1, 1000)]
    assert dates == sorted(dates)
    figures("clock jumps by ten years", 3, requests=v.answered, failed=len(v.wrong))
