"""What is made before the first visitor comes."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import Environment

from kggraph.config import Settings
from kggraph.web import create_app
from kggraph.web.generations import Generations, KnowledgeBase
from kggraph.web.render import _environment
from kggraph.web.warming import warm
from tests.http.conftest import HTML, bridges


@pytest.fixture
def fresh(settings: Settings, app: Flask) -> Flask:
    """An application that made no page yet."""
    _environment.cache_clear()
    return create_app(settings, Generations(settings), app.extensions["kggraph.engine"])


def test_the_first_visitor_waits_for_no_template(
    settings: Settings,
    fresh: Flask,
    kb: KnowledgeBase,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    warm(fresh)
    assert not caplog.records  # neither a request nor an error

    def compiles(*_: object, **__: object) -> None:
        pytest.fail("a template is compiled for a visitor")

    monkeypatch.setattr(Environment, "compile", compiles)
    client = fresh.test_client()
    items = [kb.addresses.path(iri) for iri in kb.facets.select().iris]
    for path in ("/", "/items", *items):
        for prefix in ("", *(f"/{language}" for language in settings.languages[1:])):
            assert client.get(f"{prefix}{path}", headers=HTML).status_code == 200, path


def test_a_server_starts_when_nothing_can_be_made(tmp_path: Path, app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    empty = bridges(tmp_path / "kb")
    nothing = create_app(empty, Generations(empty), app.extensions["kggraph.engine"])
    warm(nothing)
    assert "No generation was built yet" in caplog.text
    assert nothing.test_client().get("/livez").status_code == 200
