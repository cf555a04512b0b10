"""What operators and their machines ask: alive, ready, which version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request

import kggraph
from kggraph.errors import ThingNotFound
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
    """Whether a knowledge base is open, and which one."""
    kb = here().kb
    counts = dict(kb.manifest.kinds)
    return _told(
        "/readyz", {"status": "ready", "generation": kb.hash, "triples": kb.manifest.triples, "counts": counts}
    )


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


@blueprint.get("/robots.txt")
@answered
def robots_txt() -> Document:
    """What crawlers are asked to leave alone."""
    return robots(here())


def _told(path: str, members: Mapping[str, Any]) -> Document:
    body = json.dumps(members, indent=2).encode() + b"\n"
    return Document(path, lambda _: body, offers=(JSON,), forced=JSON, cache_control=NO_STORE, kept=False)
