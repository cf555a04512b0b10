"""A file is validated against the generation and what changed since, and the answer is that of reading everything."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from kggraph import checking
from kggraph.build import build
from kggraph.checking import validate_files
from kggraph.config import Settings
from kggraph.publish import inputs, seen
from kggraph.validation.report_formats import render
from tests.http.conftest import bridges

BRIDGE = """<https://example.org/bridges/id/bridge/{name}> a <https://example.org/bridges/def#Bridge> ;
  <http://www.w3.org/2000/01/rdf-schema#label> "{name}"@en ;
  <https://example.org/bridges/def#form> <https://example.org/bridges/id/form/{form}> ;
  <https://example.org/bridges/def#designer> <https://example.org/bridges/id/designer/{designer}> .
"""


def _text(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def _move(data: Path) -> None:
    other = data.parent / "other"
    shutil.copytree(data / "designers", other)
    (other / "norman-foster.ttl").unlink()
    (data / "designers").rename(data.parent / "away")
    other.rename(data / "designers")


EDITS: dict[str, Callable[[Path], object]] = {
    "nothing": lambda data: None,
    "a file that it points at is gone": lambda data: (data / "designers" / "norman-foster.ttl").unlink(),
    "a file that it points at says something else": lambda data: _text(
        data / "designers" / "norman-foster.ttl", "Designer", "Bridge"
    ),
    "a folder is gone": lambda data: shutil.rmtree(data / "designers"),
    "a folder is in the place of another": _move,
    "a concept is gone": lambda data: _text(data / "schemes" / "forms.ttl", "form:arch\n", "form:arches\n"),
    "a new file": lambda data: (data / "bridges" / "new.ttl").write_text(
        BRIDGE.format(name="new", form="arch", designer="norman-foster"), "utf-8"
    ),
    "a new folder": lambda data: (
        (data / "more").mkdir(),
        (data / "more" / "new.ttl").write_text(BRIDGE.format(name="new", form="arch", designer="nobody"), "utf-8"),
    ),
}


@pytest.fixture
def kb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The bridges, built, and trusted though their files were written just now."""
    monkeypatch.setattr(seen, "_RECENT_NS", 0)
    settings = bridges(tmp_path / "kb")
    (settings.build_path).mkdir(exist_ok=True)
    build(settings)
    return settings


@pytest.mark.parametrize("edit", EDITS)
def test_it_is_that_of_reading_everything(kb: Settings, edit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    EDITS[edit](kb.data_path)
    used: list[bool] = []
    published = checking._published
    monkeypatch.setattr(checking, "_published", lambda *asked: used.append(True) or published(*asked))
    paths = [*sorted((kb.data_path / "bridges").glob("*.ttl")), kb.root / "draft.ttl"]
    paths[-1].write_text(BRIDGE.format(name="draft", form="arch", designer="norman-foster"), "utf-8")

    def told() -> list[str]:
        answers = [validate_files(kb, [path], lang="en") for path in [*paths, kb.data_path / "schemes" / "forms.ttl"]]
        return [render("json", found, shapes) for found, shapes in answers]

    quick = told()
    assert used and inputs.data_since(kb, (kb.build_path / "current").resolve().name) is not None
    (kb.build_path / "current").unlink()
    assert quick == told()
    if edit.startswith("a f"):
        assert any('"conforms": false' in one for one in quick)


def test_only_what_changed_is_read(kb: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    of_file = checking.read_file
    monkeypatch.setattr(checking, "read_file", lambda path, **more: read.append(path.name) or of_file(path, **more))
    millau, brooklyn = (kb.data_path / "bridges" / f"{name}.ttl" for name in ("millau", "brooklyn"))
    validate_files(kb, [millau])
    assert read == ["millau.ttl"]
    for path in (millau, brooklyn):
        path.write_bytes(path.read_bytes())
    read.clear()
    validate_files(kb, [millau])
    assert sorted(read) == ["brooklyn.ttl", "millau.ttl", "millau.ttl"], "the given file, and what changed beside it"


def test_a_generation_of_another_base_is_not_asked(kb: Settings) -> None:
    build(replace(kb, base_uri="http://localhost/"))
    (kb.data_path / "designers" / "norman-foster.ttl").unlink()
    found, _ = validate_files(kb, [kb.data_path / "bridges" / "millau.ttl", kb.data_path / "bridges" / "brooklyn.ttl"])
    assert not found.conforms
    assert checking._published(kb, [], b"") is None
