"""The named queries as questions: a list to pick from, each leading to the endpoint with its text."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, request

from kggraph.errors import ThingNotFound
from kggraph.publish.labels import pick
from kggraph.publish.queries import NamedQuery
from kggraph.web.http import Document, Redirect, answered
from kggraph.web.render import Context, Here, here, page, page_links

blueprint = Blueprint("queries", __name__)


@blueprint.get("/queries")
@answered
def queries() -> Document:
    """Every question, with its parameters as a form."""
    place = here()
    return page("queries.html", "/queries", _context, links=lambda: page_links(place, "/queries"))


@blueprint.get("/queries/<name>")
@answered
def query(name: str) -> Redirect:
    """The endpoint with one question, its parameters filled in."""
    place = here()
    found = place.kb.queries.get(name)
    if found is None:
        raise ThingNotFound("There is no question of that name.")
    given = {key: value for key, value in request.args.items() if value}
    found.bind(given)  # what is not right is told here already
    return Redirect(f"{place.prefix}/sparql?{urlencode({'name': name, **given})}")


def _context(place: Here) -> Context:
    return {"queries": [_entry(place, found) for found in place.kb.queries.values()]}


def _entry(place: Here, found: NamedQuery) -> dict[str, Any]:
    return {
        "name": found.name,
        "href": f"{place.prefix}/queries/{found.name}",
        "title": pick(found.title, place.language, found.name),
        "text": pick(found.description, place.language),
        "api": f"/api/queries/{found.name}",
        "body": found.body,
        "parameters": [
            (
                parameter.name,
                pick(parameter.label, place.language, parameter.name),
                place.language if parameter.type == "language" else parameter.default_text,
            )
            for parameter in found.parameters
        ],
    }
