"""Versions of concept schemes at addresses of their own: each as it is now, and those that are kept.

A scheme that says by `owl:versionIRI` that it is `/doc/<kind>/<slug>/<version>` is served there whole, with its
concepts; so is every folder `versions/<kind>/<slug>/<version>`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from kggraph.publish.descriptions import Description
from kggraph.publish.labels import pick, sort_key
from kggraph.publish.statements import Told, read_statements
from kggraph.publish.versions import kept_versions, version_graph
from kggraph.rdf import ntriples
from kggraph.search.concepts import ConceptTree, natural_key, read_concept
from kggraph.terms import DCTERMS, RDFS, SKOS
from kggraph.web.generations import KnowledgeBase
from kggraph.web.http import Document
from kggraph.web.linked import DEFINITIONS, Node
from kggraph.web.render import Here
from kggraph.web.versioned import Versioned, served_versions, version_links
from kggraph.web.views import Shown

_NAMES: Final = (f"{SKOS}prefLabel", f"{DCTERMS}title", f"{RDFS}label")
_SCHEME: Final = f"{SKOS}ConceptScheme"


def scheme_versions(kb: KnowledgeBase, found: Description) -> dict[str, bool]:
    """The versions that are served of a scheme, the newest first, and whether each is the current one."""
    path = kb.addresses.path(found.iri)
    return served_versions(kb, found.ntriples, found.iri, path) if path and _SCHEME in found.types else {}


def all_scheme_versions(kb: KnowledgeBase) -> dict[str, dict[str, bool]]:
    """Kind and slug of each scheme that has versions, with these."""
    kinds = {one.kind for scheme in kb.model.schemes if (one := kb.descriptions.get(scheme.iri))}
    schemes = [one for kind in kinds for one in kb.descriptions.each(kind)]
    found = {kb.addresses.short(one.iri, ""): scheme_versions(kb, one) for one in schemes}
    return {name: versions for name, versions in found.items() if versions}


def version_list(place: Here, found: Description) -> list[tuple[str, str, bool]]:
    """Name and address of each version, and whether it is the current one."""
    return version_links(place, place.kb.addresses.path(found.iri) or "/", scheme_versions(place.kb, found))


def scheme_version(place: Here, found: Description, name: str) -> Document:
    """One version of a scheme.

    :param name: of the version, with the suffix of a format if one is asked for.
    :raises ThingNotFound: there is no such version.
    """
    known = scheme_versions(place.kb, found)

    def show(graph: bytes) -> tuple[str, dict[str, Any]]:
        things = _by_subject(graph)
        told = _told(things, found.iri)
        context = {
            "title": pick(told.texts(*_NAMES), place.language, found.iri),
            "text": pick(told.texts(*DEFINITIONS), place.language),
            "tree": _tree(place, things),
        }
        return "scheme_version.html", context

    return Versioned(
        place,
        place.kb.addresses.path(found.iri) or "/",
        _SCHEME,
        lambda: known,
        lambda version: _graph(place.kb, found, version, is_current=known[version]),
        show,
    ).version(name)


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
