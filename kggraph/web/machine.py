"""For machines of other kinds: the JSON-LD context, the stream of changes, and what language models read first."""

from __future__ import annotations

import json
from typing import Any, Final

from flask import Blueprint

from kggraph.errors import ThingNotFound
from kggraph.publish import stream
from kggraph.publish.context import FOLDER, model_context
from kggraph.publish.labels import pick
from kggraph.publish.profiles import PROFILES
from kggraph.rdf.media import JSON_LD, RDF_FORMATS, Representation
from kggraph.rdf.turtle import serialize
from kggraph.web.generations import KnowledgeBase
from kggraph.web.http import FOREVER, FRESH, TEXT, Document, Link, answered
from kggraph.web.once import once_a_generation
from kggraph.web.outlets import outlets
from kggraph.web.render import here, site_links

blueprint = Blueprint("machine", __name__)

_RDF_BY_SUFFIX: Final = {offer.suffix[1:]: offer for offer in RDF_FORMATS}
_RULE: Final = f"<any({', '.join(_RDF_BY_SUFFIX)}):suffix>"


# ------------------------------------------------------------------ contexts
@blueprint.get("/context/<name>.jsonld")
@answered
def context(name: str) -> Document:
    """A published context, which never changes; a knowledge base that published none has `v1` from its model."""
    kb = here().kb
    published = contexts(kb)
    if name not in published:
        raise ThingNotFound(f"There is no such context; there is {', '.join(published)}.")
    members, is_fixed = published[name]
    return Document(
        f"/context/{name}.jsonld",
        lambda _: json.dumps(members, ensure_ascii=False, indent=1).encode() + b"\n",
        offers=(JSON_LD,),
        forced=JSON_LD,
        cache_control=FOREVER if is_fixed else FRESH,
    )


@once_a_generation
def contexts(kb: KnowledgeBase) -> dict[str, tuple[dict[str, Any], bool]]:
    """The contexts by name, and whether each is fixed; the newest one last."""
    found: dict[str, tuple[dict[str, Any], bool]] = {}
    folder, source = kb.settings.root / FOLDER, kb.settings.source_base_uri
    for path in sorted(folder.glob("v*.jsonld"), key=lambda path: (len(path.stem), path.stem)):
        text = path.read_text("utf-8")
        found[path.stem] = (json.loads(text.replace(f'"{source}', f'"{kb.addresses.base_uri}')), True)
    return found or {"v1": (model_context(kb.model), False)}


# ------------------------------------------------------------------ the stream of changes
@blueprint.get("/ldes")
@blueprint.get(f"/ldes.{_RULE}")
@answered
def changes(suffix: str = "") -> Document:
    """The stream of changes (LDES), with a way to each of its pages."""
    kb = here().kb
    known = outlets(kb)
    address = f"{kb.addresses.base_uri}ldes"

    def make(representation: Representation) -> bytes:
        made = stream.root(address, known.changes, known.facts.iri, known.facts.license)
        return serialize(made, representation, {**kb.prefixes, **stream.STREAM_PREFIXES})

    return _graph(kb, "/ldes", suffix, make, is_closed=False)


@blueprint.get("/ldes/<int:number>")
@blueprint.get(f"/ldes/<int:number>.{_RULE}")
@answered
def changes_page(number: int, suffix: str = "") -> Document:
    """One page of the stream; full ones never change."""
    kb = here().kb
    log = outlets(kb).changes
    count = log.event_count()
    if not 1 <= number <= stream.pages(count):
        raise ThingNotFound(f"The stream has {stream.pages(count)} pages.")

    def make(representation: Representation) -> bytes:
        events = log.events((number - 1) * stream.SIZE + 1, stream.SIZE + 1)
        following = events[stream.SIZE].at if len(events) > stream.SIZE else ""
        made = stream.page(f"{kb.addresses.base_uri}ldes", number, events[: stream.SIZE], following)
        return serialize(made, representation, {**kb.prefixes, **stream.STREAM_PREFIXES})

    # The way to the next page comes when that one begins, so a full page is closed when there is a next one.
    return _graph(kb, f"/ldes/{number}", suffix, make, is_closed=count > number * stream.SIZE)


def _graph(kb: KnowledgeBase, path: str, suffix: str, make: Any, *, is_closed: bool) -> Document:
    return Document(
        path,
        make,
        offers=RDF_FORMATS,
        forced=_RDF_BY_SUFFIX.get(suffix),
        twins=True,
        links=lambda: [Link(f"{kb.addresses.base_uri.rstrip('/')}{path}", "canonical"), *site_links(kb)],
        cache_control=FOREVER if is_closed else FRESH,
        kept=is_closed,
    )


# ------------------------------------------------------------------ llms.txt
@blueprint.get("/llms.txt")
@answered
def llms() -> Document:
    """What this is and where everything is, in Markdown, for language models (https://llmstxt.org/)."""
    kb = here().kb
    return Document("/llms.txt", lambda _: _llms(kb).encode("utf-8", "replace"), offers=(TEXT,), forced=TEXT)


def _llms(kb: KnowledgeBase) -> str:
    base, lang = kb.addresses.base_uri, "en" if "en" in kb.settings.languages else kb.settings.languages[0]
    facts = outlets(kb).facts
    kinds = [
        f"- [{pick(kind.plural, lang, kind.name).text}]({base}{kind.list_name}): {kind.count}"
        for kind in kb.kinds.all
        if kind.count
    ]
    queries = [f"- [{pick(query.title, lang).text}]({base}api/queries/{name})" for name, query in kb.queries.items()]
    parts = [
        f"# {pick(facts.title, lang).text}",
        f"> {' '.join(pick(facts.description, lang).text.split())}" if facts.description else "",
        "Everything here is linked data. Each thing has a permanent IRI `"
        + base
        + "id/{kind}/{slug}`; its document is "
        "`" + base + "doc/{kind}/{slug}`, and with `.md`, `.ttl`, `.jsonld`, `.json`, `.csv` after it the same in that "
        f"format. Profiles by `?profile=`: {', '.join(PROFILES)}. Cite things by their IRI.",
        f"Licence: <{facts.license}>" if facts.license else "",
        "## Lists",
        "\n".join(kinds),
        "## Questions with an answer",
        "\n".join(queries),
        "## Machine interfaces",
        f"- [API description]({base}openapi.json): OpenAPI 3.1\n"
        f"- [SPARQL endpoint]({base}sparql): SPARQL 1.1, read-only\n"
        f"- [Dataset]({base}dataset): DCAT, files to download\n"
        f"- [Ontology]({base}def): classes and properties\n"
        f"- [Changes]({base}feed.atom): Atom\n"
        f"- [Sitemap]({base}sitemap.xml)",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
