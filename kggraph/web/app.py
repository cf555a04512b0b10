"""The application of a knowledge base: every surface, once in each language."""

from __future__ import annotations

from flask import Flask

from kggraph.config import Settings
from kggraph.store.protocol import QueryEngine
from kggraph.trial.run import Trials
from kggraph.web import (
    api,
    around,
    compare,
    crosswalk,
    dataset,
    exchange,
    gaps,
    gate,
    lists,
    machine,
    operation,
    pages,
    quality,
    queries,
    reading_list,
    reconciliation,
    search_api,
    service,
    sparql,
    static_files,
    stats,
    things,
    things_direct,
    validate,
    vocabulary,
)
from kggraph.web.base import bare_app, register
from kggraph.web.generations import Generations
from kggraph.web.metered_engine import MeteredEngine

_IN_EACH_LANGUAGE = (
    things.blueprint,
    vocabulary.blueprint,
    pages.blueprint,
    queries.blueprint,
    sparql.blueprint,
    dataset.blueprint,
    quality.blueprint,
    validate.blueprint,
    exchange.blueprint,
    reading_list.blueprint,
    reconciliation.blueprint,
    gaps.blueprint,
    around.blueprint,
    compare.blueprint,
    crosswalk.blueprint,
    stats.blueprint,
    lists.blueprint,
)
_ONCE = (
    dataset.files,
    exchange.once,
    machine.blueprint,
    api.blueprint,
    search_api.blueprint,
    service.blueprint,
    operation.blueprint,
    static_files.blueprint,
)


def create_app(settings: Settings, generations: Generations, engine: QueryEngine) -> Flask:
    """The application that serves a knowledge base.

    :param generations: gives the generation that is current.
    :param engine: answers queries; a client of the query host.
    """
    app = bare_app(settings, generations, MeteredEngine(engine, settings.slow_query_s), generations.version)
    things_direct.install(app)
    gate.install(app, settings)
    app.extensions["kggraph.trials"] = Trials(settings)
    for blueprint in _ONCE:
        app.register_blueprint(blueprint)
    for blueprint in _IN_EACH_LANGUAGE:
        register(app, blueprint, settings.languages)
    return app
