"""Answers are kept within bounds, and a new generation is served as soon as it is there."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest
from flask import Flask

from kggraph.build import build
from kggraph.web import create_app, generations
from kggraph.web.cache import Finished, ResponseCache
from kggraph.web.generations import Generations
from tests.http.addresses import ALL
from tests.http.conftest import bridges

HTML = {"Accept": "text/html"}


def finished(size: int) -> Finished:
    """An answer of that many bytes."""
    return Finished(200, (), b"x" * size, '"x"')


def test_the_cache_keeps_the_most_recently_used() -> None:
    cache = ResponseCache(40_000)
    for number in range(5):
        cache.put(("g", str(number)), finished(5_000))
        cache.remember(("g", f"/{number}", "", "*/*"), ("g", str(number)))
    assert cache.get(("g", "0"))
    cache.put(("g", "5"), finished(5_000))
    cache.put(("g", "6"), finished(5_000))
    assert cache.size <= 40_000
    assert cache.get(("g", "0"))
    assert cache.get(("g", "1")) is None
    assert cache.find(("g", "/1", "", "*/*")) is None
    assert cache.find(("g", "/0", "", "*/*")) is cache.get(("g", "0"))


def test_the_cache_takes_nothing_too_large_and_remembers_no_long_request() -> None:
    cache = ResponseCache(40_000)
    cache.put(("g", "large"), finished(20_000))
    assert (cache.size, cache.get(("g", "large"))) == (0, None)
    cache.put(("g", "small"), finished(10))
    cache.remember(("g", "/" + "a" * 2_000, "", ""), ("g", "small"))
    assert cache.find(("g", "/" + "a" * 2_000, "", "")) is None


def test_another_generation_empties_the_cache() -> None:
    cache = ResponseCache(40_000)
    cache.put(("old", "a"), finished(10))
    cache.put(("new", "a"), finished(20))
    assert cache.get(("old", "a")) is None
    assert cache.size < 2_000


def test_without_a_cache_everything_is_made_anew(app: Flask) -> None:
    cache = ResponseCache(0)
    cache.put(("g", "a"), finished(1))
    assert cache.get(("g", "a")) is None


@pytest.fixture
def looks_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers look at every request whether another generation is current."""
    monkeypatch.setattr(generations, "CHECK_EVERY_S", 0.0)


@pytest.mark.usefixtures("looks_each_time")
def test_a_new_generation_is_served_at_once(tmp_path: Path, app: Flask) -> None:
    settings = bridges(tmp_path / "kb")
    build(settings)
    client = create_app(settings, Generations(settings), app.extensions["kggraph.engine"]).test_client()
    path = "/doc/bridge/erasmusbrug"
    first = client.get(path, headers=HTML)
    version = client.get("/readyz").get_json()["generation"]
    assert client.get(path, headers=HTML).data == first.data

    file = settings.data_path / "bridges" / "erasmusbrug.ttl"
    file.write_text(file.read_text("utf-8").replace("Nieuwe Maas", "New Meuse"), "utf-8")
    build(settings)
    second = client.get(path, headers=HTML)
    assert "New Meuse" in second.text
    assert second.headers["ETag"] != first.headers["ETag"]
    assert client.get(path, headers={**HTML, "If-None-Match": first.headers["ETag"]}).status_code == 200
    assert client.get("/readyz").get_json()["generation"] != version


@pytest.mark.usefixtures("looks_each_time")
def test_a_generation_that_cannot_be_opened_leaves_the_old_one(tmp_path: Path, app: Flask) -> None:
    settings = bridges(tmp_path / "kb")
    built = build(settings)
    client = create_app(settings, Generations(settings), app.extensions["kggraph.engine"]).test_client()
    assert client.get("/items", headers=HTML).status_code == 200
    current = settings.build_path / "current"
    broken = built.path.with_name("broken")
    broken.mkdir()
    (broken / "manifest.json").write_text("{", "utf-8")
    current.unlink()
    current.symlink_to(Path("generations") / "broken")
    response = client.get("/items?sort=title", headers=HTML)
    assert response.status_code == 200
    assert client.get("/readyz").get_json()["generation"] == built.hash


@pytest.mark.usefixtures("looks_each_time")
def test_an_old_generation_goes_with_its_last_request(tmp_path: Path, app: Flask) -> None:
    """What is held has its room in memory, and on the disk although it was removed there."""
    settings = bridges(tmp_path / "kb")
    old = build(settings)
    served = Generations(settings)
    client = create_app(settings, served, app.extensions["kggraph.engine"]).test_client()
    gc.collect()
    gc.disable()  # a web worker looks for circles seldom, so there may be none
    try:
        for path in ALL:
            client.get(path, headers=HTML).close()
        kb = served.current()
        held = [weakref.ref(one) for one in (kb, kb.descriptions, kb.facets, kb.text_index.files, kb.explainer)]
        del kb
        (settings.data_path / "bridges" / "erasmusbrug.ttl").unlink()
        build(settings)
        assert client.get("/version").get_json()["generation"] != old.hash
        assert [one() for one in held if one()] == []
        gc.collect()  # what a template was given may be in a circle of Jinja's, but a young one
        opened = [path.readlink() for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
        assert [path for path in opened if path.is_relative_to(old.path)] == []
    finally:
        gc.enable()
