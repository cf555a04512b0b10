"""Concept schemes side by side: how they divide the same subject, by the mappings between their concepts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flask import Blueprint

from kggraph.publish.descriptions import Concept
from kggraph.publish.labels import Label, pick
from kggraph.terms import SKOS
from kggraph.web.generations import KnowledgeBase
from kggraph.web.http import Document, answered
from kggraph.web.linked import relation_label
from kggraph.web.render import Context, Here, here, page, page_links
from kggraph.web.triples import read

blueprint = Blueprint("crosswalk", __name__)

_RELATIONS: Final = tuple(f"{SKOS}{n}Match" for n in ("exact", "close", "broad", "narrow", "related"))
_TURNED: Final = {f"{SKOS}broadMatch": f"{SKOS}narrowMatch", f"{SKOS}narrowMatch": f"{SKOS}broadMatch"}
_MOST_SCHEMES: Final = 8


@dataclass(frozen=True, slots=True)
class Named:
    """A concept with its page."""

    label: Label
    href: str


@dataclass(frozen=True, slots=True)
class Scheme:
    """A scheme with its mappings to the others."""

    name: Named
    columns: tuple[Label, ...]
    """The other schemes that any of its concepts is mapped to."""
    rows: tuple[tuple[Named, tuple[tuple[tuple[Label, Named], ...], ...]], ...]
    """A concept, and for each column what it is mapped to and how."""
    unmapped: tuple[Named, ...]
    mapped: int


_Mappings = dict[str, list[tuple[str, str]]]


@blueprint.get("/crosswalk")
@answered
def crosswalk() -> Document:
    """All frameworks with how each relates to the others."""
    place = here()
    return page("crosswalk.html", "/crosswalk", _context, links=lambda: page_links(place, "/crosswalk"))


def _context(place: Here) -> Context:
    kb = place.kb
    trees = {iri: kb.tree(iri) for iri in _chosen(kb)}
    of = {concept.iri: scheme for scheme, tree in trees.items() for concept in tree}
    labels = {concept.iri: concept.labels for tree in trees.values() for concept in tree}
    mappings = _mappings(kb, set(of))
    names = kb.labels(trees)

    def named(iri: str) -> Named:
        texts = labels.get(iri) or names.get(iri)
        return Named(pick(texts, place.language, iri), place.prefix + (kb.addresses.path(iri) or "/browse"))

    def scheme(iri: str, tree: list[Concept]) -> Scheme:
        others = [o for o in trees if o != iri and any(of[to] == o for c in tree for _, to in mappings.get(c.iri, ()))]
        rows, unmapped = [], []
        for concept in {c.iri: c for c in tree}.values():
            found = mappings.get(concept.iri, [])
            cells = tuple(
                tuple((relation_label(kb, how, place.language), named(to)) for how, to in found if of[to] == other)
                for other in others
            )
            if any(cells):
                rows.append((named(concept.iri), cells))
            else:
                unmapped.append(named(concept.iri))
        mapped = sum(len(cell) for _, cells in rows for cell in cells)
        return Scheme(named(iri), tuple(named(o).label for o in others), tuple(rows), tuple(unmapped), mapped)

    schemes = [scheme(iri, tree) for iri, tree in trees.items()]
    return {"schemes": [one for one in schemes if one.rows or kb.settings.frameworks]}


def _chosen(kb: KnowledgeBase) -> list[str]:
    """The schemes of the settings, or else all small enough to read that have concepts of their own."""
    if kb.settings.frameworks:
        return [kb.settings.served_iri(iri) for iri in kb.settings.frameworks]
    return [kind.scheme for kind in kb.kinds.all if kind.scheme and 1 < kind.count <= 60][:_MOST_SCHEMES]


def _mappings(kb: KnowledgeBase, ours: set[str]) -> _Mappings:
    """Concept -> (relation, concept) among our own concepts, in both directions."""
    found: _Mappings = {}
    for iri in sorted(ours):
        description = kb.descriptions.get(iri)
        for said in read(description.ntriples, _RELATIONS) if description else ():
            other = said.object.value
            if said.subject == iri and other in ours and other != iri:
                found.setdefault(iri, []).append((said.predicate, other))
                found.setdefault(other, []).append((_TURNED.get(said.predicate, said.predicate), iri))
    return {
        iri: sorted(set(pairs), key=lambda pair: (_RELATIONS.index(pair[0]), pair[1])) for iri, pairs in found.items()
    }
