"""Style sheet and pictures: few, small, read once, kept for ever under an address that changes with their content."""

from __future__ import annotations

from flask import Blueprint, request

from kggraph.errors import ThingNotFound
from kggraph.web.http import FOREVER, FRESH, Document, answered
from kggraph.web.render import static_files

blueprint = Blueprint("files", __name__)


@blueprint.get("/static/<name>")
@answered
def static(name: str) -> Document:
    """One static file."""
    found = static_files().get(name)
    if found is None:
        raise ThingNotFound("There is nothing at this address.")
    body, kind, tag = found
    is_current = request.args.get("v") == tag
    return Document(
        f"/static/{name}",
        lambda _: body,
        offers=(kind,),
        forced=kind,
        query=f"v={tag}" if is_current else "",
        cache_control=FOREVER if is_current else FRESH,
    )
