"""A small knowledge base of bridges with hostile things in it, built once and served in this process."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from kggraph.build import build
from kggraph.config import Settings, load
from kggraph.store.client import QueryClient
from kggraph.store.embedded import EmbeddedEngine, open_store
from kggraph.store.protocol import QueryEngine
from kggraph.store.remote import remote_of
from kggraph.web import create_app
from kggraph.web.generations import Generations, KnowledgeBase
from tests.live.engines import elsewhere
from tests.live.query_host import Hosted

HERE = Path(__file__).parent
BRIDGES = HERE.parent / "kb_bridges"
HTML = {"Accept": "text/html"}


def bridges(root: Path, env: dict[str, str] | None = None) -> Settings:
    """A copy of the bridges with the hostile things added."""
    shutil.copytree(BRIDGES, root, ignore=shutil.ignore_patterns("build"))
    shutil.copytree(HERE / "hostile", root, dirs_exist_ok=True)
    return load(root, env or {})


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of the knowledge base, which is built; KGGRAPH_TEST_ENGINE names an engine that is to have it."""
    with elsewhere(tmp_path_factory.mktemp("engine")) as env:
        settings = bridges(tmp_path_factory.mktemp("bridges") / "kb", env)
        build(settings)
        yield settings


@pytest.fixture(scope="session")
def generations(settings: Settings) -> Generations:
    """The generations of the knowledge base."""
    return Generations(settings)


@pytest.fixture(scope="session")
def kb(generations: Generations) -> KnowledgeBase:
    """The knowledge base itself."""
    return generations.current()


@pytest.fixture(scope="session")
def engine(kb: KnowledgeBase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[QueryEngine]:
    """Answers queries in this process, or asks the engine elsewhere."""
    remote = remote_of(kb.settings)
    if remote is None:
        yield EmbeddedEngine(open_store(kb.generation.quads_path), kb.prefixes)
        return
    socket = tmp_path_factory.mktemp("socket") / "query"
    hosted = Hosted(kb.generation.quads_path.parent, socket, kb.hash, remote)
    hosted.client = QueryClient(socket, kb.prefixes)
    yield hosted.client
    hosted.stop()


@pytest.fixture(scope="session")
def app(settings: Settings, generations: Generations, engine: QueryEngine) -> Flask:
    """The application."""
    return create_app(settings, generations, engine)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client without memory."""
    return app.test_client(use_cookies=False)
