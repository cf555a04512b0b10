"""The reconciliation service over HTTP: `/reconcile` and what is beside it, in each language."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from flask import Blueprint, request

from kggraph.errors import BadParameter, ThingNotFound
from kggraph.publish import reconcile_service as service
from kggraph.publish.labels import pick
from kggraph.publish.reconcile import Reconciler
from kggraph.rdf.media import HTML
from kggraph.web.http import FRESH, JSON, NO_STORE, SCRIPT, Document, answered
from kggraph.web.outlets import outlets
from kggraph.web.render import here, static_address

blueprint = Blueprint("reconciliation", __name__)

_CALLBACK: Final = re.compile(r"[A-Za-z_$][\w$.]{0,99}\Z", re.ASCII)
_FRAMED: Final = (
    "Content-Security-Policy",
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors *",
)
_SUGGEST: Final = {
    "entity": service.suggest_entities,
    "type": service.suggest_types,
    "property": service.suggest_properties,
}


@blueprint.get("/reconcile")
@blueprint.get("/reconcile/")
@answered
def manifest() -> Document:
    """The manifest, or the answer to a batch or to a question for values."""
    return _service()


@blueprint.post("/reconcile")
@blueprint.post("/reconcile/")
@answered
def batch() -> Document:
    """The same by POST, which is how tables of any size come."""
    return _service()


@blueprint.get("/reconcile/suggest/<any(entity, type, property):kind>")
@answered
def suggest(kind: str) -> Document:
    """Things, types or properties whose name begins like a text."""
    cursor = request.args.get("cursor", "0") or "0"
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 7):
        raise BadParameter("cursor must be a number of 0 or more.", parameter="cursor")
    prefix = request.args.get("prefix", "")
    if len(prefix) > 1_000:
        raise BadParameter("prefix has at most 1000 characters.", parameter="prefix")
    return _told(_SUGGEST[kind](_reconciler(), prefix, int(cursor)))


@blueprint.get("/reconcile/flyout/<any(entity, type, property):kind>")
@answered
def flyout(kind: str) -> Document:
    """What is told beside a suggestion."""
    made = service.flyout(_reconciler(), kind, request.args.get("id", ""))
    if made is None:
        raise ThingNotFound("Nothing here has that identifier.")
    return _told(made)


@blueprint.get("/reconcile/properties")
@answered
def properties() -> Document:
    """The properties that a table of things of a type can be extended with."""
    limit = request.args.get("limit")
    if limit is not None and not (limit.isascii() and limit.isdigit() and 0 < len(limit) < 7):
        raise BadParameter("limit must be a whole number.", parameter="limit")
    type_id = request.args.get("type", "")
    return _told(service.propose_properties(_reconciler(), type_id, int(limit) if limit else None))


@blueprint.get("/reconcile/preview")
@answered
def preview() -> Document:
    """A small page about a thing, made to be framed."""
    asked = request.args.get("id", "")
    made = service.preview(_reconciler(), asked, static_address("mark.svg"), static_address("site.css"))
    if made is None:
        raise ThingNotFound("Nothing here has that identifier.")
    return Document(
        request.path,
        lambda _: made,
        offers=(HTML,),
        forced=HTML,
        language=here().language,
        headers=(_FRAMED,),
        kept=False,
        located=False,
    )


def _service() -> Document:
    reconciler = _reconciler()
    for name, answer in (("queries", reconciler.answer), ("extend", lambda query: service.extend(reconciler, query))):
        text = request.values.get(name)
        if text is not None:
            return _told(answer(_parsed(name, text)), fresh=False)
    place = here()
    known = outlets(place.kb)
    name = pick(known.facts.title, place.language).text
    prefix = f"{place.prefix[1:]}/" if place.prefix else ""
    return _told(service.manifest(reconciler, name=name, prefix=prefix, version=place.kb.hash))


def _reconciler() -> Reconciler:
    place = here()
    return outlets(place.kb).reconciler(place.language)


def _parsed(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise BadParameter(f"{name} is not JSON.", parameter=name) from None


def _told(members: dict[str, Any], *, fresh: bool = True) -> Document:
    body = json.dumps(members, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
    callback = request.args.get("callback", "")
    kind = JSON
    if callback:
        if not _CALLBACK.match(callback):
            raise BadParameter("callback must be the name of a function.", parameter="callback")
        body, kind = b"/**/" + callback.encode() + b"(" + body + b");", SCRIPT
    return Document(
        request.path,
        lambda _: body,
        offers=(kind,),
        forced=kind,
        cache_control=FRESH if fresh else NO_STORE,
        kept=False,
        located=False,
    )
