"""A small knowledge base of bridges with hostile things in it, built once and served in this process."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kggraph.build import build
from kggraph.config import Settings, load
from kggraph.store.embedded import EmbeddedEngine, open_store
from kggraph.web import create_app
from kggraph.web.generations import Generations, KnowledgeBase

HERE = Path(__file__).parent
BRIDGES = HERE.parent / "kb_bridges"
HTML = {"Accept": "text/html"}


def bridges(root: Path) -> Settings:
    """A copy of the bridges with the hostile things added."""
    shutil.copytree(BRIDGES, root, ignore=shutil.ignore_patterns("build"))
    shutil.copytree(HERE / "hostile", root, dirs_exist_ok=True)
    return load(root, {})


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of the knowledge base, which is built."""
    settings = bridges(tmp_path_factory.mktemp("bridges") / "kb")
    build(settings)
    return settings


@pytest.fixture(scope="session")
def generations(settings: Settings) -> Generations:
    """The generations of the knowledge base."""
    return Generations(settings)


@pytest.fixture(scope="session")
def kb(generations: Generations) -> KnowledgeBase:
    """The knowledge base itself."""
    return generations.current()


@pytest.fixture(scope="session")
def engine(kb: KnowledgeBase) -> EmbeddedEngine:
    """Answers queries in this process."""
    return EmbeddedEngine(open_store(kb.generation.quads_path), kb.prefixes)


@pytest.fixture(scope="session")
def app(settings: Settings, generations: Generations, engine: EmbeddedEngine) -> Flask:
    """The application."""
    return create_app(settings, generations, engine)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client without memory."""
    return app.test_client(use_cookies=False)
