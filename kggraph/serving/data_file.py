"""Serving any RDF file as it is: an endpoint over its graphs, and a page; nothing that needs a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from kggraph.config import Settings
from kggraph.serving.host import Held
from kggraph.serving.port import Port
from kggraph.serving.processes import Say, WsgiApp, serve
from kggraph.store.client import QueryClient


def serve_file(data: Path, settings: Settings, say: Say) -> int:
    """Serve the file until a signal says stop; gives the exit code.

    :raises KgError: the port is taken, or the file cannot be read.
    """
    with Port(settings.host, settings.port) as port:
        return _serve_at(port, data.absolute(), settings, say)


def _serve_at(port: Port, data: Path, settings: Settings, say: Say) -> int:
    settings = replace(settings, base_uri=port.url, source_base_uri=port.url, web_workers=1)

    def load_app() -> Callable[[Path], WsgiApp]:
        from kggraph.web.data_app import create_data_app

        return lambda socket: create_data_app(settings, QueryClient(socket, settings.all_prefixes))

    def ready() -> None:
        say(f"{data.name} is served at {port.url}sparql (Ctrl-C stops it).")

    return serve(settings, port, lambda: Held(data, ""), load_app, ready, say)
