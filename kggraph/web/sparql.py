"""The SPARQL endpoint: the protocol for machines, the page for people, the service description for RDF clients."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from flask import Blueprint, Response, g, request

from kggraph.errors import BadParameter, KgError, NotAcceptable
from kggraph.rdf.media import HTML, RDF_FORMATS, RESULTS_JSON, TURTLE, negotiate
from kggraph.web.http import deliver
from kggraph.web.render import here
from kggraph.web.service import service_document
from kggraph.web.sparql_answer import checked, chosen_format, respond
from kggraph.web.sparql_help import help_for
from kggraph.web.sparql_page import empty_page, page_of
from kggraph.web.sparql_request import Asked, Fields, read_fields, read_query

blueprint = Blueprint("sparql", __name__)

_ASKS: Final = ("query", "update")


@blueprint.route("/sparql", methods=["GET", "POST", "QUERY"])
def sparql() -> Response:
    """The query operation of the protocol; without a query the form, or what this service is."""
    fields = read_fields()
    if request.method in ("POST", "QUERY") or any(name in fields for name in _ASKS):
        return _answer(read_query(fields))
    return _without_query(fields)


def _without_query(fields: Fields) -> Response:
    accept = request.headers.get("Accept")
    wanted = negotiate(accept, (HTML, *RDF_FORMATS))
    if wanted is None:
        raise BadParameter("Send a query: /sparql?query=SELECT…", parameter="query")
    return deliver(empty_page(here(), fields) if wanted is HTML else service_document(here()))


def _answer(asked: Asked) -> Response:
    place = here()
    accept = request.headers.get("Accept")
    wants_page = asked.format == HTML.name or (not asked.format and _prefers_page(accept))
    # A part of the page has its own place for problems: those are told as data, in the words of the page.
    if "partial" in asked.fields:
        g.problem_language = place.language
    if wants_page and "partial" not in asked.fields:
        return deliver(page_of(place, asked))
    try:
        inspected = checked(place.site.settings, asked.text)
        chosen = HTML if wants_page else chosen_format(inspected, asked.format, accept)
        if chosen is HTML:
            return deliver(page_of(place, asked))
    except NotAcceptable:
        raise
    except KgError as error:
        g.problem_help = help_for(error, place, asked)
        raise
    return respond(place, asked, inspected, chosen)


@lru_cache(maxsize=1024)
def _prefers_page(accept: str | None) -> bool:
    """Whether a client would rather have the page than any result."""
    return negotiate(accept, (RESULTS_JSON, TURTLE, HTML)) is HTML
