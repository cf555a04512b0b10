"""HTTP: the site, the documents and the endpoint of a knowledge base."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

from kggraph.config import Settings
from kggraph.store.protocol import QueryEngine

if TYPE_CHECKING:
    from kggraph.web.generations import Generations


def create_app(settings: Settings, generations: Generations, engine: QueryEngine) -> Flask:
    """The application that serves a knowledge base.

    :param generations: gives the generation that is current.
    :param engine: answers queries; a client of the query host.
    """
    from kggraph.web import app

    return app.create_app(settings, generations, engine)


def create_data_app(settings: Settings, engine: QueryEngine) -> Flask:
    """The application that answers queries over any RDF file, and shows a page.

    Imported when it is called, as is the other one: a file must be served in a second.
    """
    from kggraph.web import data_app

    return data_app.create_data_app(settings, engine)
