"""The wheel of the home page: the rings of the settings, or else the first small scheme of a filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from kggraph.publish import wheel as drawing
from kggraph.publish.descriptions import Concept
from kggraph.publish.labels import Label, pick
from kggraph.web.generations import KnowledgeBase
from kggraph.web.linked import facet_param
from kggraph.web.render import Here, query_of
from kggraph.web.triples import read

_FEWEST: Final = 3
_MOST: Final = 12
"""Parts that a ring may have: fewer are no wheel, more cannot be read."""


@dataclass(frozen=True, slots=True)
class Ring:
    """Concepts that stand side by side."""

    name: Label
    concepts: tuple[Concept, ...]


@dataclass(frozen=True, slots=True)
class Spoke:
    """A part of the wheel in the list beside it."""

    label: Label
    href: str
    count: int


@dataclass(frozen=True, slots=True)
class WheelView:
    """The wheel and its list."""

    svg: Markup
    title: Label
    href: str
    """Page of its scheme."""
    rings: tuple[tuple[Label, tuple[Spoke, ...]], ...]


def rings(kb: KnowledgeBase) -> tuple[str, str, list[Ring]]:
    """Facet key, concept scheme and rings of the wheel; no rings when nothing here makes a wheel."""
    wanted, served = kb.settings.wheel, kb.settings.served_iri
    if wanted.get("scheme"):
        scheme = served(wanted["scheme"])
        key = next((facet.key for facet in kb.facets.facets if facet.scheme == scheme), "")
        by = {name: served(wanted[name]) for name in ("inner", "outer") if wanted.get(name)}
        return key, scheme, _sorted_rings(kb, scheme, served(wanted.get("by", "")), by) if key else []
    for facet in kb.facets.facets:
        tops = [concept for concept in kb.tree(facet.scheme) if not concept.depth] if facet.scheme else []
        if facet.scheme and _FEWEST <= len(tops) <= _MOST:
            return facet.key, facet.scheme, [Ring(Label("", ""), tuple(tops))]
    return "", "", []


def _sorted_rings(kb: KnowledgeBase, scheme: str, by: str, values: dict[str, str]) -> list[Ring]:
    concepts = {concept.iri: concept for concept in kb.tree(scheme)}
    if not values:
        return [Ring(Label("", ""), tuple(c for c in concepts.values() if not c.depth))]
    found: dict[str, list[Concept]] = {value: [] for value in values.values()}
    for iri, concept in concepts.items():
        description = kb.descriptions.get(iri)
        for said in read(description.ntriples, (by,)) if description else ():
            if said.subject == iri and said.object.value in found:
                found[said.object.value].append(concept)
    return [Ring(Label(iri, ""), tuple(concepts)) for iri, concepts in found.items() if concepts]


def wheel_view(place: Here) -> WheelView | None:
    """The wheel in the language of a page, if there is one."""
    kb, language = place.kb, place.language
    key, scheme, found = rings(kb)
    if not found:
        return None
    title = pick(kb.labels([scheme]).get(scheme), language, scheme)
    names = kb.labels(ring.name.text for ring in found)
    listed = []
    for ring in found:
        name = pick(names.get(ring.name.text), language, ring.name.text) if ring.name.text else Label("", "")
        listed.append((name, tuple(_spoke(place, key, concept) for concept in ring.concepts)))
    total = place.t.number(kb.facets.size)
    plural = pick(kb.model.main.plural, language).text
    middle = drawing.Part(plural, f"{place.prefix}/items", total)
    drawn = drawing.wheel([_parts(place, spokes) for _, spokes in listed], middle, title.text)
    return WheelView(Markup(drawn), title, kb.addresses.path(scheme) or "/browse", tuple(listed))


def _spoke(place: Here, key: str, concept: Concept) -> Spoke:
    count = place.kb.uses.get(concept.iri, {}).get(key, 0)
    query = query_of([(key, facet_param(place.kb, concept.iri))])
    # A concept that no item has leads to its own page: a list would be empty.
    path = f"/items?{query}" if count else place.kb.addresses.path(concept.iri) or "/items"
    return Spoke(pick(concept.labels, place.language, concept.iri), place.prefix + path, count)


def _parts(place: Here, spokes: Sequence[Spoke]) -> list[drawing.Part]:
    return [
        drawing.Part(
            spoke.label.text,
            spoke.href,
            place.t.number(spoke.count),
            "" if spoke.count else "wheel-none",
        )
        for spoke in spokes
    ]
