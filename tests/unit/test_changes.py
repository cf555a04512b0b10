"""The publication log, and the end of things."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from kggraph.build import open_current
from kggraph.config import Settings
from kggraph.publish.changes import Changes, Published, compare, is_recorded, record, record_compared
from kggraph.publish.lifecycle import ending
from kggraph.publish.publication import log_path, log_publication
from kggraph.terms import OWL, XSD

A, B, C, D = (f"https://e.org/id/item/{letter}" for letter in "abcd")


def thing(iri: str, text: str = "x", *, withdrawn: bool = False, sets: tuple[str, ...] = ()) -> Published:
    """A thing as it is published."""
    return Published(iri, "item", f'<{iri}> <a:p> "{text}" .\n'.encode(), withdrawn, sets)


def said(log: Changes) -> dict[str, tuple[str, str, str]]:
    """Thing to first time, last time and what happened."""
    return {change.iri[-1]: (change.first, change.at, change.what) for change in log.since("item")}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A log with two things."""
    path = tmp_path / "changes.sqlite"
    assert record(path, "g1", [thing(A), thing(B)], "2026-01-01T00:00:00Z") == 2
    return path


def test_only_what_differs_gets_a_new_time(path: Path) -> None:
    assert record(path, "g2", [thing(A, "y"), thing(B), thing(C)], "2026-01-02T00:00:00Z") == 2
    assert said(Changes(path)) == {
        "a": ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "changed"),
        "b": ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "created"),
        "c": ("2026-01-02T00:00:00Z", "2026-01-02T00:00:00Z", "created"),
    }


def test_what_is_gone_stays_known_for_ever(path: Path) -> None:
    record(path, "g2", [thing(A)], "2026-01-02T00:00:00Z")
    assert said(Changes(path))["b"] == ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "removed")
    record(path, "g3", [thing(A)], "2026-01-03T00:00:00Z")
    assert said(Changes(path))["b"][1] == "2026-01-02T00:00:00Z"
    record(path, "g4", [thing(A), thing(B)], "2026-01-04T00:00:00Z")
    assert said(Changes(path))["b"] == ("2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z", "changed")


def test_a_tombstone_is_gone(path: Path) -> None:
    record(path, "g2", [thing(A), thing(B, "gone", withdrawn=True)], "2026-01-02T00:00:00Z")
    change = Changes(path).get(B)
    assert change and change.what == "withdrawn" and change.is_gone


def test_going_back_to_an_older_generation_is_a_change(path: Path) -> None:
    record(path, "g2", [thing(A, "y"), thing(B)], "2026-01-02T00:00:00Z")
    record(path, "g1", [thing(A), thing(B)], "2026-01-03T00:00:00Z")
    assert said(Changes(path))["a"][1:] == ("2026-01-03T00:00:00Z", "changed")


def test_the_same_generation_adds_nothing(path: Path) -> None:
    assert record(path, "g1", [], "2026-01-02T00:00:00Z") == 0
    assert len(said(Changes(path))) == 2


def test_which_generation_was_recorded_last(path: Path, tmp_path: Path) -> None:
    assert is_recorded(path, "g1") and not is_recorded(path, "g2")
    assert not is_recorded(tmp_path / "none.sqlite", "g1")
    assert not (tmp_path / "none.sqlite").exists()


def test_a_build_writes_the_log_once(main_settings: Settings) -> None:
    log = Changes(log_path(main_settings.build_path))
    generation = open_current(main_settings)
    assert log.count("item") == generation.manifest.kinds["item"]
    first = log.earliest("item")
    assert log_publication(main_settings.build_path, generation) == 0
    assert log.earliest("item") == first
    assert generation.names().find("ECIO", limit=1)[0].iri.endswith("/ecio")


def test_another_set_is_a_change(path: Path) -> None:
    record(path, "g2", [thing(A, sets=("type:x",)), thing(B)], "2026-01-02T00:00:00Z")
    change = Changes(path).get(A)
    assert change and change.sets == ("type:x",) and change.at == "2026-01-02T00:00:00Z"


def test_a_build_that_breaks_off_leaves_the_log_as_it_was(path: Path) -> None:
    def broken() -> Iterator[Published]:
        yield thing(A, "y")
        raise OSError("disk full")

    before = said(Changes(path))
    with pytest.raises(OSError, match="disk full"):
        record(path, "g2", broken(), "2026-01-02T00:00:00Z")
    assert said(Changes(path)) == before


@pytest.mark.parametrize("is_first", [True, False])
def test_what_another_process_compared_is_recorded_alike(path: Path, tmp_path: Path, is_first: bool) -> None:
    new, now = [thing(A, "y"), thing(C, withdrawn=True), thing(D)], "2026-01-02T00:00:00Z"
    other, target = tmp_path / "other.sqlite", tmp_path / "compared"
    if is_first:
        path.unlink()
    else:
        record(path, "g2", [thing(A), thing(B), thing(D)], now)
        other.write_bytes(path.read_bytes())
    compare(path, "g3", new, target)
    assert record_compared(path, "g4", target, now) is None, "it is of another generation"
    assert record_compared(path, "g3", tmp_path / "none", now) is None
    # Time does not go back.
    earlier = "2025-01-02T00:00:00Z"
    assert record_compared(path, "g3", target, earlier) == record(other, "g3", new, earlier) == 3
    assert Changes(path).events(1, 10) == Changes(other).events(1, 10)
    assert Changes(path).since("item") == Changes(other).since("item")
    assert is_recorded(path, "g3")
    assert record_compared(path, "g3", target, now) is None, "the log went on"


def test_a_log_without_a_stream_is_told_what_it_knows(path: Path, tmp_path: Path) -> None:
    for log in (path, other := tmp_path / "other.sqlite"):
        record(log, "g2", [thing(A), thing(B), thing(C, withdrawn=True)], "2026-01-02T00:00:00Z")
        with sqlite3.connect(log) as database:
            database.execute("DROP TABLE event")
        database.close()
    before = said(Changes(path))
    new, now = [thing(A), thing(B, "y"), thing(C, withdrawn=True)], "2026-01-03T00:00:00Z"
    compare(path, "g3", new, tmp_path / "compared")
    assert record_compared(path, "g3", tmp_path / "compared", now) == record(other, "g3", new, now) == 1
    assert Changes(path).events(1, 10) == Changes(other).events(1, 10)
    assert [(event.iri[-1], event.what) for event in Changes(path).events(1, 10)] == [
        ("a", "created"),
        ("b", "changed"),
        ("c", "withdrawn"),
    ]
    assert said(Changes(path)) == before | {"b": (before["b"][0], now, "changed")}


def test_lists_go_on_after_what_is_known(path: Path) -> None:
    record(path, "g2", [thing(A), thing(B), thing(C)], "2026-01-02T00:00:00Z")
    log = Changes(path)
    first = log.since("item", limit=1)
    rest = log.since("item", after=(first[0].at, first[0].iri))
    assert [change.iri for change in (*first, *rest)] == [A, B, C]
    assert [change.iri for change in log.since("item", start="2026-01-02T00:00:00Z")] == [C]
    assert [change.iri for change in log.since("item", end="2026-01-01T23:59:59Z")] == [A, B]
    assert [change.iri for change in log.latest("item", 2)] == [C, A]
    assert (log.count("item"), log.count("item", end="2026-01-01T23:59:59Z"), log.earliest("item")) == (
        3,
        2,
        "2026-01-01T00:00:00Z",
    )
    assert set(log.get_all([A, C, "x"])) == {A, C}
    assert list(log.each_since("item")) == log.since("item")


def test_without_a_log_nothing_is_known(tmp_path: Path) -> None:
    log = Changes(tmp_path / "none.sqlite")
    assert log.since("item") == [] and log.get(A) is None and log.count("item") == 0 and log.earliest("item") == ""


def test_readers_see_what_is_written_later(path: Path) -> None:
    log = Changes(path)
    assert log.count("item") == 2
    record(path, "g2", [thing(A), thing(B), thing(C)], "2026-01-02T00:00:00Z")
    assert log.count("item") == 3
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_endings() -> None:
    deprecated = f'<a:b> <{OWL}deprecated> "true"^^<{XSD}boolean> .\n'.encode()
    assert ending(deprecated, "a:b").withdrawn and ending(deprecated, "a:b").is_over
    assert not ending(deprecated, "a:other").is_over
    assert not ending(deprecated.replace(b"true", b"false"), "a:b").is_over
