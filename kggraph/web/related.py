"""Items that are like one item, each with the reason: the rarest values that they share."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from kggraph.publish.descriptions import Description
from kggraph.publish.labels import Label, pick
from kggraph.search.crosstab import items_with
from kggraph.web.generations import KnowledgeBase
from kggraph.web.linked import facet_param
from kggraph.web.render import query_of
from kggraph.web.triples import read

_SHOWN: Final = 4
_REASONS: Final = 3
_COMMON: Final = 0.25
"""A value that so many of all items have tells little: it adds nothing, and is no reason."""
_LOOKED_AT: Final = 2_000
"""Pairs of an item and a shared value, the rarest values first: keeps a page quick in a large knowledge base."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A value that both have, with all items that have it."""

    label: Label
    href: str


@dataclass(frozen=True, slots=True)
class Related:
    """An item that is like this one."""

    title: Label
    href: str
    reasons: tuple[Reason, ...]


def related(kb: KnowledgeBase, item: Description, language: str, prefix: str) -> list[Related]:
    """The items that share most, weighed by how rare each shared value is."""
    shared = _shared(kb, item)
    best = sorted(shared.items(), key=lambda pair: (-sum(weight for weight, _, _ in pair[1]), pair[0]))[:_SHOWN]
    iris = {kb.facets.iri(number): found for number, found in best}
    labels = kb.labels([*iris, *(value for found in iris.values() for _, _, value in found)])
    return [
        Related(
            pick(labels.get(iri), language, iri),
            prefix + (kb.addresses.path(iri) or "/"),
            tuple(
                Reason(
                    pick(labels.get(value), language, value),
                    f"{prefix}/items?{query_of([(key, facet_param(kb, value))])}",
                )
                for _, key, value in sorted(found, key=lambda one: (-one[0], one[1:]))[:_REASONS]
            ),
        )
        for iri, found in iris.items()
    ]


def _shared(kb: KnowledgeBase, item: Description) -> dict[int, list[tuple[float, str, str]]]:
    """Number of another item -> what it shares: weight, facet and value."""
    found: dict[int, list[tuple[float, str, str]]] = defaultdict(list)
    looked = 0
    for count, key, value in _values(kb, item):
        weight = math.log(kb.facets.size / count)
        (items,) = items_with(kb.facets, key, [value])
        for number in items:
            if looked >= _LOOKED_AT:
                return _without(kb, found, item.iri)
            found[number].append((weight, key, value))
            looked += 1
    return _without(kb, found, item.iri)


def _without(
    kb: KnowledgeBase, found: dict[int, list[tuple[float, str, str]]], iri: str
) -> dict[int, list[tuple[float, str, str]]]:
    """Two shared values at least, unless the one is rare: one common topic is no likeness."""
    return {
        number: shared
        for number, shared in found.items()
        if (len(shared) > 1 or shared[0][0] > 4) and kb.facets.iri(number) != iri
    }


def _values(kb: KnowledgeBase, item: Description) -> Sequence[tuple[int, str, str]]:
    """What the item has that tells something, the rarest first: how many items have it, facet and value."""
    keys = {facet.path: facet.key for facet in kb.facets.facets if facet.kind in ("scheme", "thing")}
    most = max(_COMMON * kb.facets.size, 2)
    values = []
    for said in read(item.ntriples, tuple(keys)):
        key = keys[said.predicate]
        count = kb.uses.get(said.object.value, {}).get(key, 0)
        if said.subject == item.iri and 1 < count <= most:
            values.append((count, key, said.object.value))
    return sorted(values)
