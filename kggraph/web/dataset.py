"""The dataset as a whole: its page and description, VoID, and the files to download."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, request, send_file

from kggraph.errors import ThingNotFound
from kggraph.publish.catalog import CATALOG_PREFIXES, SERVICES, Service, catalog
from kggraph.publish.dataset import DumpFile
from kggraph.publish.dumps import unpacked
from kggraph.publish.jsonld_page import script
from kggraph.publish.labels import pick
from kggraph.publish.linkset import dataset_links
from kggraph.publish.schemaorg_dataset import dataset_jsonld
from kggraph.rdf.media import HTML, RDF_FORMATS, Representation
from kggraph.rdf.turtle import serialize
from kggraph.web.http import FRESH, Answer, Document, Link, Redirect, Stream, answered, deliver
from kggraph.web.outlets import Outlets, outlets
from kggraph.web.render import Here, here, html, site_links

blueprint = Blueprint("dataset", __name__)
files = Blueprint("dataset_files", __name__)

OFFERS: Final = (HTML, *RDF_FORMATS)
PACKED: Final = ".gz"
_BY_SUFFIX: Final = {offer.suffix[1:]: offer for offer in OFFERS}
_RULE: Final = f"<any({', '.join(_BY_SUFFIX)}):suffix>"
_RDF_BY_SUFFIX: Final = {offer.suffix[1:]: offer for offer in RDF_FORMATS}
_RDF_RULE: Final = f"<any({', '.join(_RDF_BY_SUFFIX)}):suffix>"


@blueprint.get("/dataset")
@blueprint.get(f"/dataset.{_RULE}")
@answered
def dataset(suffix: str = "") -> Document:
    """The dataset: a page with everything that catalogues are told, and DCAT for machines."""
    place = here()
    known = outlets(place.kb)

    def make(representation: Representation) -> bytes:
        if representation is HTML:
            return html("dataset.html", place, "/dataset", "", _context(place, known))
        return serialize(catalog(known.facts), representation, {**place.kb.prefixes, **CATALOG_PREFIXES})

    return Document(
        "/dataset",
        make,
        offers=OFFERS,
        forced=_BY_SUFFIX.get(suffix),
        twins=True,
        language=place.language,
        prefix=place.prefix,
        links=lambda: _links(known),
    )


@files.get("/void")
@files.get(f"/void.{_RDF_RULE}")
@answered
def void(suffix: str = "") -> Document:
    """What is in the dataset, counted."""
    kb = here().kb

    def make(representation: Representation) -> bytes:
        return serialize(kb.generation.void_path.read_bytes(), representation, kb.prefixes)

    return Document(
        "/void",
        make,
        offers=RDF_FORMATS,
        forced=_RDF_BY_SUFFIX.get(suffix),
        twins=True,
        links=lambda: [Link(f"{kb.addresses.base_uri}void", "canonical"), *site_links(kb)],
    )


@files.get("/.well-known/void")
@answered
def well_known_void() -> Answer:
    """https://www.w3.org/TR/void/#well-known"""
    return Redirect("/void", status=302)


@files.get("/dumps/")
@answered
def dumps() -> Answer:
    """The files to download are listed on the page of the dataset."""
    return Redirect("/dataset", links=[Link("/dataset", "collection")])


@files.get("/dumps/<name>")
def dump(name: str) -> Response:
    """A file to download: whole or in part, with the checksum that the catalogue tells.

    Without `.gz` it is what is packed in the file, with gzip as coding of the transfer where the client takes that:
    https://www.rfc-editor.org/rfc/rfc9110#section-8.4.1.3
    """
    place = here()
    there = {file.name: file for file in outlets(place.kb).facts.files}
    is_plain = name not in there
    found = there.get(f"{name}{PACKED}" if is_plain else name)
    if found is None or (is_plain and not found.is_gzip):
        raise ThingNotFound("There is no such file; /dataset lists those there are.")
    path: Path = place.kb.generation.dumps_path / found.name
    media_type = "application/gzip" if found.is_gzip and not is_plain else found.media_type
    is_coded = is_plain and bool(request.accept_encodings.quality("gzip"))
    if is_plain and not is_coded:
        limit = place.site.settings.max_result_mb * 1024 * 1024
        response = deliver(Stream(media_type, unpacked(path, limit), lambda: None))
    else:
        tag = found.sha256[:32] + ("-gzip" if is_coded else "")
        response = send_file(path, media_type, etag=tag, conditional=True, max_age=None)
        if request.method == "HEAD":
            response.headers["Content-Length"] = str(found.size)
    response.headers["Cache-Control"] = FRESH
    response.headers["Link"] = f'<{place.kb.addresses.base_uri}dataset>; rel="collection"; type="text/html"'
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    if is_plain:
        response.headers["Vary"] = "Accept-Encoding"
    if is_coded:
        response.headers["Content-Encoding"] = "gzip"
    return response


def _links(known: Outlets) -> list[Link]:
    facts = known.facts
    made = dataset_links(
        facts.page,
        facts.iri,
        creators=[agent.iri for agent in facts.creators],
        license=facts.license,
        files=[(f"{facts.base_uri}dumps/{file.name}", _type(file)) for file in facts.files],
        linkset="",
    )
    # The HTTP layer links the other representations itself.
    own = [Link(link.href, link.rel, link.type) for link in made if link.rel != "describedby"]
    return [Link(facts.page, "canonical"), *own]


def _type(file: DumpFile) -> str:
    return "application/gzip" if file.is_gzip else file.media_type


def _context(place: Here, known: Outlets) -> dict[str, Any]:
    facts, lang = known.facts, place.language
    agents = {agent.iri: agent for agent in (*([facts.publisher] if facts.publisher else []), *facts.creators)}
    return {
        "facts": facts,
        "title": pick(facts.title, lang),
        "description": pick(facts.description, lang) if facts.description else None,
        "agents": [
            (pick(agent.names, lang, iri), place.kb.addresses.href(iri, place.prefix)[0])
            for iri, agent in agents.items()
        ],
        "services": [(pick(s.title, lang), pick(s.description, lang), _service_href(place, s)) for s in SERVICES],
        "formats": [(offer.label, f"/dataset{offer.suffix}") for offer in RDF_FORMATS],
        "jsonld": script(dataset_jsonld(facts)),
    }


def _service_href(place: Here, service: Service) -> str:
    """Where a page links to: the service itself where it has a page, else where it says what it can."""
    return f"{place.prefix}/sparql" if service.path == "sparql" else f"/{service.description_path}"
