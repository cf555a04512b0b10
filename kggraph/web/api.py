"""For programs: the named queries by their names, what the editor completes, and all of it as OpenAPI."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, request

from kggraph.errors import ThingNotFound
from kggraph.publish.openapi import openapi
from kggraph.publish.queries import NamedQuery
from kggraph.rdf.media import HTML, Representation
from kggraph.web.http import JSON, Answer, Document, Link, Redirect, answered, deliver
from kggraph.web.interfaces import OPENAPI, interfaces
from kggraph.web.render import here
from kggraph.web.sparql_answer import checked, chosen_format, respond
from kggraph.web.sparql_request import Asked, read_fields

blueprint = Blueprint("api", __name__)

_OURS: Final = ("format", "labels")


@blueprint.get("/api/queries")
@answered
def queries() -> Answer:
    """The named queries with what they ask and the parameters they take."""
    kb = here().kb
    told = {"queries": [_entry(query, kb.addresses.base_uri) for query in kb.queries.values()]}
    return _told("/api/queries", told, JSON)


@blueprint.get("/api/queries/<name>")
def query(name: str) -> Response:
    """The answer to a named query, with the parameters as given; its page for a browser."""
    place = here()
    found = place.kb.queries.get(name)
    if found is None:
        raise ThingNotFound("There is no query of that name; /api/queries lists those there are.")
    fields = read_fields()
    values = {key: value for key, value in fields.items() if key not in _OURS}
    asked = Asked(found.bind(values), format=fields.get("format", ""), labels=fields.get("labels", ""), fields=fields)
    inspected = checked(place.site.settings, asked.text)
    chosen = chosen_format(inspected, asked.format, request.headers.get("Accept"))
    if chosen is HTML:
        return deliver(Redirect(f"/sparql?{urlencode({'name': name, **values})}", status=303))
    return respond(place, asked, inspected, chosen)


@blueprint.get("/api/completion.json")
@answered
def completion() -> Answer:
    """What the editor completes: prefixes, classes, properties, concepts, with how often the data use them."""
    kb = here().kb
    return Document(
        "/api/completion.json",
        lambda _: kb.generation.completion_path.read_bytes(),
        offers=(JSON,),
        forced=JSON,
    )


@blueprint.get("/openapi.json")
@answered
def description() -> Answer:
    """Everything here that programs can ask."""
    kb = here().kb
    about, languages = kb.about["title"], kb.settings.languages
    told = openapi(kb.addresses.base_uri, kb.hash, about, languages, kb.queries.values(), interfaces(kb))
    return _told("/openapi.json", told, OPENAPI)


def _entry(query: NamedQuery, base: str) -> dict[str, Any]:
    return {
        "name": query.name,
        "href": f"{base}api/queries/{query.name}",
        "title": dict(query.title),
        "description": dict(query.description),
        "parameters": [
            {"name": one.name, "type": one.type, "label": dict(one.label), "default": one.default_text}
            for one in query.parameters
        ],
    }


def _told(path: str, members: dict[str, Any], representation: Representation) -> Document:
    return Document(
        path,
        lambda _: json.dumps(members, ensure_ascii=False, indent=1).encode(),
        offers=(representation,),
        forced=representation,
        links=lambda: [Link("/openapi.json", "service-desc", OPENAPI.media_type)] if representation is JSON else [],
    )
