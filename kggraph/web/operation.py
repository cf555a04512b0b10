"""What operators and their machines ask: alive, ready, which version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, current_app, request, send_file

import kggraph
from kggraph.config import Settings
from kggraph.errors import KgError, QueryHostUnavailable, ThingNotFound
from kggraph.publish.generation import GENERATIONS, MANIFEST, SIGNATURE, Generation, open_generation
from kggraph.rdf.media import RESULTS_JSON
from kggraph.store.protocol import QueryRequest
from kggraph.web import gate
from kggraph.web.base import alive
from kggraph.web.http import JSON, NO_STORE, Document, answered, finish, response_of
from kggraph.web.metrics import MEDIA_TYPE, exposition
from kggraph.web.pages import robots
from kggraph.web.render import here

blueprint = Blueprint("operation", __name__)


@blueprint.get("/livez")
@answered
def livez() -> Document:
    """Whether this process answers at all."""
    return alive()


@blueprint.get("/readyz")
@answered
def readyz() -> Document:
    """Whether a knowledge base is open and queries are answered, and which one it is."""
    kb = here().kb
    told = {"status": "ready", "generation": kb.hash, "triples": kb.manifest.triples, "counts": dict(kb.manifest.kinds)}
    if here().site.settings.store == "remote":  # pages need no engine, so without one a node is ready all the same
        told["engine"] = _engine()
    elif not current_app.extensions["kggraph.engine.is_there"]():
        raise QueryHostUnavailable("The data for queries are still read, and pages are there; ask again in a moment.")
    return _told("/readyz", told)


def _engine() -> str:
    try:
        current_app.extensions["kggraph.engine"].query(
            QueryRequest("ASK {}", RESULTS_JSON.media_type, timeout_s=2.0)
        ).read()
    except KgError as error:
        return error.message
    return "ready"


@blueprint.get("/metrics")
def metrics() -> Response:
    """What is counted and timed, for Prometheus; for this machine only unless the settings say otherwise."""
    place = here()
    if not (place.site.settings.metrics_open or request.environ.get(gate.IS_HERE)):
        raise ThingNotFound("The metrics are told on this machine only; see the setting metrics_open.")
    generations = place.site.generations
    body = exposition(place.kb.manifest if generations and generations.version() else None)
    return response_of(finish(body, MEDIA_TYPE, headers=[("Cache-Control", NO_STORE)]))


@blueprint.get("/version")
@answered
def version() -> Document:
    """Version of the program and of the data."""
    kb = here().kb
    told = {"program": kggraph.__version__, "generation": kb.hash, "created": kb.manifest.created}
    return _told("/version", told)


@blueprint.get("/generations/<name>/<path:file>")
def shared_generation(name: str, file: str) -> Response:
    """A file of a generation, for other servers that pull it; in parts as well (RFC 9110, section 14)."""
    settings = here().site.settings
    if not settings.share_generations:
        raise ThingNotFound("This server shares no generations; see the setting share_generations.")
    generation = here().kb.generation
    if name not in ("current", generation.hash):
        generation = open_shared(settings, name)
    about = file == MANIFEST or (file == SIGNATURE and (generation.path / SIGNATURE).is_file())
    if not about and file not in generation.manifest.files:
        raise ThingNotFound(f"Generation {generation.hash} has no such file.")
    return send_file(generation.path / file, mimetype="application/octet-stream", conditional=True, etag=False)


def open_shared(settings: Settings, name: str) -> Generation:
    """A generation that is still kept, by its hash.

    :raises ThingNotFound: there is none.
    """
    folder = settings.build_path / GENERATIONS / name
    if not name.isalnum() or not folder.is_dir():
        raise ThingNotFound("There is no such generation here, or no longer.")
    return open_generation(folder)


@blueprint.get("/robots.txt")
@answered
def robots_txt() -> Document:
    """What crawlers are asked to leave alone."""
    return robots(here())


def _told(path: str, members: Mapping[str, Any]) -> Document:
    body = json.dumps(members, indent=2).encode() + b"\n"
    return Document(path, lambda _: body, offers=(JSON,), forced=JSON, cache_control=NO_STORE, kept=False)
