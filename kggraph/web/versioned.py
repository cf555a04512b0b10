"""Documents that have versions at addresses of their own: the ontology, the shapes and the concept schemes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kggraph.errors import ThingNotFound
from kggraph.publish.versions import current_version, kept_versions, named_version
from kggraph.rdf.media import HTML, RDF_FORMATS, Representation
from kggraph.rdf.turtle import serialize
from kggraph.web.generations import KnowledgeBase
from kggraph.web.http import Document, Link
from kggraph.web.render import Here, html, site_links

OFFERS: Final = (HTML, *RDF_FORMATS)
BY_SUFFIX: Final = {offer.suffix[1:]: offer for offer in OFFERS}


def served_versions(kb: KnowledgeBase, graph: bytes, iri: str, path: str) -> dict[str, bool]:
    """The versions that are served of a document, the newest first, and whether each is the current one.

    :param graph: of the current one, as N-Triples.
    :param iri: that the graph says the version of.
    :param path: of the document.
    """
    current = current_version(graph, iri, kb.addresses.base_uri.rstrip("/") + path)
    kept = kept_versions(kb.settings, path.removeprefix("/").removeprefix("doc/"))
    return {**({current: True} if current else {}), **{name: False for name in kept if name != current}}


@dataclass(frozen=True, slots=True)
class Versioned:
    """A document and its versions."""

    place: Here
    path: str
    """Of the current one."""
    type: str
    """IRI of what it is."""
    versions: Callable[[], Mapping[str, bool]]
    """Its versions, and whether each is the current one; asked for only where an answer is made anew."""
    graph: Callable[[str], bytes]
    """The N-Triples of a version; of the current one for no name."""
    show: Callable[[bytes], tuple[str, dict[str, Any]]]
    """The template of the page and what is in it, from a graph."""

    def current(self, suffix: str = "") -> Document:
        """The document as it is now."""
        return self._document("", suffix)

    def version(self, name: str) -> Document:
        """One version of it.

        :param name: of the version, with the suffix of a format if one is asked for.
        :raises ThingNotFound: there is no such version.
        """
        known = self.versions()
        version, suffix = named_version(name, known, BY_SUFFIX)
        if version not in known:
            there = f"there is {', '.join(known)}" if known else "none is kept"
            raise ThingNotFound(f"There is no such version; {there}.")
        return self._document(version, suffix)

    def _document(self, version: str, suffix: str) -> Document:
        place, base = self.place, self.place.kb.addresses.base_uri.rstrip("/")
        path = f"{self.path}/{version}" if version else self.path

        def make(representation: Representation) -> bytes:
            graph = self.graph(version)
            if representation is not HTML:
                return serialize(graph, representation, place.kb.prefixes)
            template, context = self.show(graph)
            known = self.versions()
            more = {
                "formats": [(offer.label, path + offer.suffix) for offer in OFFERS[1:]],
                "versions": version_links(place, self.path, known),
                "version": version,
                "is_old": bool(version) and not known[version],
                "current": place.prefix + self.path,
            }
            return html(template, place, path, "", {"iri": base + path, **more, **context})

        def links() -> list[Link]:
            newest = [Link(base + self.path, "latest-version")] if version else []  # RFC 5829
            return [Link(base + path, "canonical"), Link(self.type, "type"), *newest, *site_links(place.kb)]

        return Document(
            path,
            make,
            offers=OFFERS,
            forced=BY_SUFFIX.get(suffix),
            twins=True,
            language=place.language,
            prefix=place.prefix,
            links=links,
        )


def version_links(place: Here, path: str, known: Mapping[str, bool]) -> list[tuple[str, str, bool]]:
    """Name and address of each version of a document, and whether it is the current one."""
    return [(name, f"{place.prefix}{path}/{name}", is_current) for name, is_current in known.items()]
