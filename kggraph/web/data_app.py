"""The application that serves any RDF file as it is: the endpoint and a page, nothing that needs a model."""

from __future__ import annotations

from flask import Blueprint, Flask

from kggraph.config import Settings
from kggraph.store.protocol import QueryEngine
from kggraph.web import service, sparql, static_files
from kggraph.web.base import alive, bare_app, register
from kggraph.web.http import Document, answered
from kggraph.web.render import page

blueprint = Blueprint("data", __name__)


@blueprint.get("/")
@answered
def home() -> Document:
    """The way to the endpoint."""
    return page("data.html", "/", lambda place: {})


def create_data_app(settings: Settings, engine: QueryEngine) -> Flask:
    """The application that answers queries over a file.

    :param engine: answers the queries; a client of the query host.
    """
    app = bare_app(settings, None, engine, lambda: "data")
    for one in (blueprint, sparql.blueprint):
        register(app, one, settings.languages)
    app.register_blueprint(static_files.blueprint)
    app.register_blueprint(service.blueprint)
    app.add_url_rule("/livez", view_func=answered(alive))
    return app
