"""Links of the `Link` header (RFC 8288), IRIs as headers hold them, and the language that a path is in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from werkzeug.urls import iri_to_uri

from kggraph.rdf.media import HTML, Representation

# Names of the representations that each language has, and of those that are for people and describe no page
LOCALISED: Final = frozenset(("html", "md", "csv", "ris", "bib", "csljson"))
_NO_METADATA: Final = frozenset(("html", "md", "csv"))
_PATH: Final = "\0"
_READY_URI: Final = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z_a-z~]*\Z")


class Link(NamedTuple):
    """One link of the `Link` header (RFC 8288)."""

    target: str
    rel: str
    type: str = ""
    hreflang: str = ""

    def __str__(self) -> str:
        media_type = f'; type="{self.type}"' if self.type else ""
        language = f'; hreflang="{self.hreflang}"' if self.hreflang else ""
        return f'<{ascii_uri(self.target)}>; rel="{self.rel}"{media_type}{language}'


def no_links() -> Sequence[Link]:
    """The links of a document that has none of its own."""
    return ()


def alternates(
    path: str, offers: Sequence[Representation], chosen: Representation | None, prefix: str, query: str
) -> str:
    """The other representations of a document; the ones in RDF describe the thing that its page is about.

    :param path: address without suffix, prefix of the language and query.
    :param query: with its question mark.
    """
    return _alternates(tuple(offers), chosen, prefix, query).replace(_PATH, ascii_uri(path))


@lru_cache(maxsize=512)
def _alternates(offers: tuple[Representation, ...], chosen: Representation | None, prefix: str, query: str) -> str:
    """The same with a mark in place of the path: all documents of a kind differ in that alone."""
    others = [offer for offer in offers if offer is not chosen]
    described = [offer for offer in others if chosen is HTML and offer.name not in _NO_METADATA]
    links = []
    for rel, some in (("alternate", others), ("describedby", described)):
        for offer in some:
            start = ascii_uri(prefix) if offer.name in LOCALISED else ""
            address = f"{start}{_PATH}{offer.suffix}{ascii_uri(query)}"
            links.append(f'<{address}>; rel="{rel}"; type="{offer.media_type}"')
    return ", ".join(links)


def ascii_uri(iri: str) -> str:
    """An IRI as it may stand in a header: percent-encoded, without what could end the header or the link."""
    if _READY_URI.match(iri):
        return iri
    return iri_to_uri("".join(c for c in iri if c > " " and c not in '<>"\x7f'))


def language_prefix(language: str, languages: Sequence[str]) -> str:
    """What stands before the paths of a language: nothing for the first one.

    >>> language_prefix("en", ("nl", "en")), language_prefix("nl", ("nl", "en"))
    ('/en', '')
    """
    return "" if language == languages[0] else f"/{language}"


def path_language(path: str, languages: Sequence[str]) -> str:
    """The language that a path is in.

    >>> path_language("/en/items", ("nl", "en")), path_language("/english", ("nl", "en"))
    ('en', 'nl')
    """
    start = path[1:].partition("/")[0]
    return start if start in languages[1:] else languages[0]
