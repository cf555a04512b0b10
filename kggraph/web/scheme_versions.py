"""Versions of concept schemes at addresses of their own: each as it is now, and those that are kept.

A scheme that says by `owl:versionIRI` that it is `/doc/<kind>/<slug>/<version>` is served there whole, with its
concepts; so is every folder `versions/<kind>/<slug>/<version>`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from kggraph.errors import ThingNotFound
from kggraph.publish.descriptions import Description
from kggraph.publish.labels import pick, sort_key
from kggraph.publish.statements import Told, read_statements
from kggraph.publish.versions import current_version, kept_versions, named_version, version_graph
from kggraph.rdf import ntriples
from kggraph.rdf.media import HTML, RDF_FORMATS, Representation
from kggraph.rdf.turtle import serialize
from kggraph.search.concepts import ConceptTree, natural_key, read_concept
from kggraph.terms import DCTERMS, RDFS, SKOS
from kggraph.web.generations import KnowledgeBase
from kggraph.web.http import Document, Link
from kggraph.web.linked import DEFINITIONS, Node
from kggraph.web.render import Here, html, site_links
from kggraph.web.views import Shown

OFFERS: Final = (HTML, *RDF_FORMATS)
_BY_SUFFIX: Final = {offer.suffix[1:]: offer for offer in OFFERS}
_NAMES: Final = (f"{SKOS}prefLabel", f"{DCTERMS}title", f"{RDFS}label")
_SCHEME: Final = f"{SKOS}ConceptScheme"


def scheme_versions(kb: KnowledgeBase, found: Description) -> dict[str, bool]:
    """The versions that are served of a scheme, the newest first, and whether each is the current one."""
    path = kb.addresses.path(found.iri)
    if _SCHEME not in found.types or not path:
        return {}
    current = current_version(found.ntriples, found.iri, kb.addresses.base_uri.rstrip("/") + path)
    kept = kept_versions(kb.settings, path.removeprefix("/doc/"))
    return {**({current: True} if current else {}), **{name: False for name in kept if name != current}}


def all_scheme_versions(kb: KnowledgeBase) -> dict[str, dict[str, bool]]:
    """Kind and slug of each scheme that has versions, with these."""
    kinds = {one.kind for scheme in kb.model.schemes if (one := kb.descriptions.get(scheme.iri))}
    schemes = [one for kind in kinds for one in kb.descriptions.each(kind)]
    found = {kb.addresses.short(one.iri, ""): scheme_versions(kb, one) for one in schemes}
    return {name: versions for name, versions in found.items() if versions}


def version_list(place: Here, found: Description) -> list[tuple[str, str, bool]]:
    """Name and address of each version, and whether it is the current one."""
    path = f"{place.prefix}{place.kb.addresses.path(found.iri)}"
    return [(name, f"{path}/{name}", is_current) for name, is_current in scheme_versions(place.kb, found).items()]


def scheme_version(place: Here, found: Description, name: str) -> Document:
    """One version of a scheme.

    :param name: of the version, with the suffix of a format if one is asked for.
    :raises ThingNotFound: there is no such version.
    """
    kb = place.kb
    known = scheme_versions(kb, found)
    version, suffix = named_version(name, known, _BY_SUFFIX)
    if version not in known:
        there = f"there is {', '.join(known)}" if known else "none is kept"
        raise ThingNotFound(f"There is no such version; {there}.")
    scheme = kb.addresses.path(found.iri) or "/"
    path, base = f"{scheme}/{version}", kb.addresses.base_uri.rstrip("/")

    def make(representation: Representation) -> bytes:
        graph = _graph(kb, found, version, is_current=known[version])
        if representation is not HTML:
            return serialize(graph, representation, kb.prefixes)
        things = _by_subject(graph)
        context = {
            "title": pick(_told(things, found.iri).texts(*_NAMES), place.language, found.iri),
            "text": pick(_told(things, found.iri).texts(*DEFINITIONS), place.language),
            "iri": base + path,
            "tree": _tree(place, things),
            "formats": [(offer.label, path + offer.suffix) for offer in OFFERS[1:]],
            "versions": version_list(place, found),
            "version": version,
            "is_old": not known[version],
            "current": place.prefix + scheme,
        }
        return html("scheme_version.html", place, path, "", context)

    return Document(
        path,
        make,
        offers=OFFERS,
        forced=_BY_SUFFIX.get(suffix),
        twins=True,
        language=place.language,
        prefix=place.prefix,
        links=lambda: [
            Link(base + path, "canonical"),
            Link(_SCHEME, "type"),
            Link(base + scheme, "latest-version"),  # RFC 5829
            *site_links(kb),
        ],
    )


def _graph(kb: KnowledgeBase, found: Description, version: str, *, is_current: bool) -> bytes:
    if not is_current:
        part = (kb.addresses.path(found.iri) or "").removeprefix("/doc/")
        return version_graph(kept_versions(kb.settings, part)[version], kb.settings)
    concepts = (kb.descriptions.get(concept.iri) for concept in kb.tree(found.iri))
    return b"".join({one.iri: one.ntriples for one in (found, *concepts) if one}.values())


def _by_subject(graph: bytes) -> dict[str, bytes]:
    things: dict[str, bytes] = defaultdict(bytes)
    for row in ntriples.rows(graph):
        if ntriples.is_iri(row[0]):
            things[ntriples.iri(row[0])] += b"%b %b %b .\n" % row
    return things


def _told(things: dict[str, bytes], iri: str) -> Told:
    return read_statements(things.get(iri, b""), iri).thing


def _tree(place: Here, things: dict[str, bytes]) -> list[Node]:
    """The concepts as a tree, each with what it meant in that version."""
    tree = ConceptTree()
    for iri, triples in things.items():
        if record := read_concept(iri, ntriples.rows(triples)):
            tree.add(record)
    told = {iri: _told(things, iri) for iri in tree.records}
    names = {iri: pick(one.texts(*_NAMES), place.language, iri) for iri, one in told.items()}
    placed = tree.walk(
        lambda one: (not one.notation, natural_key(one.notation), sort_key(names[one.iri].text), one.iri)
    )
    return [
        Node(
            one.iri,
            Shown(names[one.iri].text, names[one.iri].lang),
            one.depth,
            None,
            definition=pick(told[one.iri].texts(*DEFINITIONS), place.language),
        )
        for one in placed
    ]
