"""FAIR Signposting: the typed links of a document, for its `Link` header (level 1) and as a link set (level 2).

https://signposting.org/FAIR/ and RFC 9264.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from werkzeug.urls import iri_to_uri

from kggraph.publish.citations import CITATION_FORMATS
from kggraph.publish.schemaorg import schema_types
from kggraph.publish.work import Signposts, Work
from kggraph.rdf.media import RDF_FORMATS, Representation
from kggraph.terms import SCHEMA

LINKSET_JSON: Final = Representation("linkset", ".json", "application/linkset+json", "Link set as JSON")
LINKSET_TEXT: Final = Representation("links", ".txt", "application/linkset", "Link set")
LINKSET_FORMATS: Final = (LINKSET_JSON, LINKSET_TEXT)

_PAGE_TYPE: Final = f"{SCHEMA}AboutPage"
_MANY: Final = 30
"""Authors above which the header names none and leaves them to the link set."""


class TypedLink(NamedTuple):
    """A link from a document to something."""

    anchor: str
    rel: str
    href: str
    type: str = ""
    profile: str = ""


def links_of_document(
    work: Work | Signposts, *, linkset: str, collection: str, license: str, cited: bool
) -> list[TypedLink]:
    """The links of the page about a thing: what to cite, where its metadata are, what it is, who made it.

    :param linkset: address of the link set of this document.
    :param collection: address of the page about the dataset.
    :param license: of the description, when the work names none of its own.
    :param cited: whether the document has citations beside it.
    """
    page = work.page
    made = [TypedLink(page, "cite-as", work.iri)]
    made += [TypedLink(page, "describedby", page + format.suffix, format.media_type) for format in metadata(cited)]
    made += [TypedLink(page, "type", type) for type in (_PAGE_TYPE, *(SCHEMA + name for name in schema_types(work)))]
    made += [TypedLink(page, "author", iri) for iri in work.maker_iris]
    made += [TypedLink(page, "item", work.url)] if work.url else []
    made += [TypedLink(page, "license", work.license or license)] if work.license or license else []
    made += [TypedLink(page, "collection", collection, "text/html")] if collection else []
    made += [TypedLink(page, "linkset", linkset + f.suffix, f.media_type) for f in LINKSET_FORMATS] if linkset else []
    return made


def header_links(links: Sequence[TypedLink]) -> list[TypedLink]:
    """The links that fit into a header: very many authors do not."""
    authors = [link for link in links if link.rel == "author"]
    return [link for link in links if link.rel != "author" or len(authors) <= _MANY]


def metadata(cited: bool) -> tuple[Representation, ...]:
    """The formats in which a document's metadata stand beside it."""
    return (*RDF_FORMATS, *CITATION_FORMATS) if cited else RDF_FORMATS


def link_set(work: Work, links: Iterable[TypedLink], *, cited: bool) -> list[TypedLink]:
    """All links around a document: its own, and those of its metadata and of the work itself back to it."""
    made = [link for link in links if link.rel != "linkset"]
    for format in metadata(cited):
        made.append(TypedLink(work.page + format.suffix, "describes", work.page, "text/html"))
    if work.url:
        made.append(TypedLink(work.url, "collection", work.page, "text/html"))
    return made


def dataset_links(
    page: str, iri: str, *, creators: Iterable[str], license: str, files: Iterable[tuple[str, str]], linkset: str
) -> list[TypedLink]:
    """The links of the page about the dataset.

    :param files: address and media type of what can be downloaded.
    """
    made = [TypedLink(page, "cite-as", iri)]
    made += [TypedLink(page, "describedby", page + format.suffix, format.media_type) for format in RDF_FORMATS]
    made += [TypedLink(page, "type", type) for type in (_PAGE_TYPE, f"{SCHEMA}Dataset")]
    made += [TypedLink(page, "author", creator) for creator in creators]
    made += [TypedLink(page, "item", address, media_type) for address, media_type in files]
    made += [TypedLink(page, "license", license)] if license else []
    made += [TypedLink(page, "linkset", linkset + f.suffix, f.media_type) for f in LINKSET_FORMATS] if linkset else []
    return made


def write(links: Sequence[TypedLink], format: Representation) -> bytes:
    """A link set in one of its two formats."""
    return _json(links) if format == LINKSET_JSON else _text(links)


def _json(links: Sequence[TypedLink]) -> bytes:
    contexts: dict[str, dict[str, Any]] = {}
    for link in links:
        context = contexts.setdefault(link.anchor, {"anchor": uri(link.anchor)})
        target = {"href": uri(link.href)}
        if link.type:
            target["type"] = link.type
        if link.profile:
            target["profile"] = link.profile
        if target not in context.setdefault(link.rel, []):
            context[link.rel].append(target)
    return json.dumps({"linkset": list(contexts.values())}, ensure_ascii=False, indent=1).encode() + b"\n"


def _text(links: Sequence[TypedLink]) -> bytes:
    """https://www.rfc-editor.org/rfc/rfc9264.html#name-http-link-document-format-a"""
    lines = []
    for link in dict.fromkeys(links):
        parts = [f"<{uri(link.href)}>", f'rel="{link.rel}"', f'anchor="{uri(link.anchor)}"']
        parts += [f'type="{link.type}"'] if link.type else []
        parts += [f'profile="{link.profile}"'] if link.profile else []
        lines.append("; ".join(parts))
    return (",\n".join(lines) + "\n").encode()


def uri(iri: str) -> str:
    """An IRI in ASCII, without what could end a link."""
    return iri_to_uri(re.sub(r'[\s<>"\x00-\x20\x7f]', "", iri))
