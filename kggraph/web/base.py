"""What every application here has in common: no sessions, no Flask templates, one HTTP layer, one kind of error."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Blueprint, Flask

from kggraph.config import Settings
from kggraph.store.protocol import QueryEngine
from kggraph.web import http, problems, sparql_direct
from kggraph.web.render import Site

if TYPE_CHECKING:  # a server of plain data has none, and starts faster without
    from kggraph.web.generations import Generations

_FORM_FACTOR = 4
"""A form may need three bytes for one of the query, and has other fields."""


def bare_app(
    settings: Settings, generations: Generations | None, engine: QueryEngine, version: Callable[[], str]
) -> Flask:
    """An application without addresses."""
    app = Flask("kggraph.web", static_folder=None, template_folder=None)
    app.url_map.merge_slashes = False
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = settings.max_query_kb * 1024 * _FORM_FACTOR
    app.extensions["kggraph.site"] = Site(settings, generations)
    app.extensions["kggraph.engine"] = _asking_others(engine, settings) if settings.service_allow else engine
    app.extensions["kggraph.engine.is_there"] = getattr(engine, "is_there", lambda: True)
    sparql_direct.install(app)
    http.install(app, version, settings.response_cache_mb)
    problems.install(app)
    return app


def _asking_others(engine: QueryEngine, settings: Settings) -> QueryEngine:
    # Only where the operator allows it: the client of other servers is not even loaded elsewhere.
    from kggraph.store.federation import FederatedEngine
    from kggraph.store.outbound import ServicePolicy

    policy = ServicePolicy(settings.service_allow, settings.service_timeout_s, settings.service_result_kb * 1024)
    return FederatedEngine(engine, policy)


def register(app: Flask, blueprint: Blueprint, languages: tuple[str, ...]) -> None:
    """Give a surface its addresses, once without prefix and once for each further language."""
    app.register_blueprint(blueprint)
    for language in languages[1:]:
        app.register_blueprint(blueprint, url_prefix=f"/{language}", name=f"{blueprint.name}_{language}")


def alive() -> http.Document:
    """The answer of a process that runs."""
    return http.Document(
        "/livez", lambda _: b"ok\n", offers=(http.TEXT,), forced=http.TEXT, cache_control=http.NO_STORE, kept=False
    )
