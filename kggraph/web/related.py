"""Items that are like one item, each with the reason: the rarest values that they share."""

from __future__ import annotations

import math
from collections.abc import Sequence, Set
from typing import Final, TypeAlias

from kggraph.publish.descriptions import Description
from kggraph.publish.kept import Kept
from kggraph.publish.labels import pick
from kggraph.search.crosstab import items_with
from kggraph.web.generations import KnowledgeBase
from kggraph.web.linked import facet_param
from kggraph.web.once import once_a_generation
from kggraph.web.render import query_of
from kggraph.web.views import Reason, Related

Shared: TypeAlias = tuple[float, str, str]

_SHOWN: Final = 4
_REASONS: Final = 3
_COMMON: Final = 0.25
"""A value that so many of all items have tells little: it adds nothing, and is no reason."""
_RARE: Final = 4.0
"""Weight of a value that is a likeness by itself: one item in 55 has it."""
_CANDIDATES: Final = 100
"""Items that are weighed, those with the rarest shared values first."""
_LOOKED_AT: Final = 2_000
"""Items with one value that are looked at: keeps a page quick in a large knowledge base."""


def related(kb: KnowledgeBase, item: Description, language: str, prefix: str) -> list[Related]:
    """The items that share most, weighed by how rare each shared value is."""
    likeness = _likeness(kb)
    best = likeness.best(item)
    labels = kb.labels([iri for iri, _ in best])
    return [
        Related(
            pick(labels.get(iri), language, iri),
            prefix + (kb.addresses.path(iri) or "/"),
            tuple([likeness.reason(one, language, prefix) for one in sorted(shared, key=_rarest)[:_REASONS]]),
        )
        for iri, shared in best
    ]


def _rarest(shared: Shared) -> tuple[float, str, str]:
    weight, key, value = shared
    return -weight, key, value


class _Likeness:
    """Finds what is like an item in one generation; who has a value is looked up once for all that have it."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb
        self._facets = [(facet.path, facet.key) for facet in kb.facets.facets if facet.kind in ("scheme", "thing")]
        self._most = max(_COMMON * kb.facets.size, 2)
        self._holders: dict[tuple[str, str], Set[int]] = {}
        self._best = Kept[str, list[tuple[str, list[Shared]]]]()
        self._reasons: dict[tuple[str, str, str], Reason] = {}

    def best(self, item: Description) -> list[tuple[str, list[Shared]]]:
        """IRIs of the items that share most, with what they share.

        Two values at least, unless the one is rare: one common topic is no likeness.
        """
        known = self._best.get(item.iri)
        if known is not None:
            return known
        weights: dict[int, float] = {}
        held: list[tuple[Shared, Set[int]]] = []
        for count, key, value in self._values(item):
            weight = math.log(self._kb.facets.size / count)
            numbers = self._having(key, value)
            held.append(((weight, key, value), numbers))
            # Beside so many that share something rarer, what shares only this would not be shown.
            for number in numbers if len(weights) < _CANDIDATES else weights.keys() & numbers:
                weights[number] = weights.get(number, 0.0) - weight
        best: list[tuple[str, list[Shared]]] = []
        for number in sorted(self._kb.facets.newest.sorted(weights), key=weights.__getitem__):
            shared = [one for one, numbers in held if number in numbers]
            iri = self._kb.facets.iri(number)
            if (len(shared) > 1 or shared[0][0] > _RARE) and iri != item.iri:
                best.append((iri, shared))
                if len(best) == _SHOWN:
                    break
        return self._best.keep(item.iri, best)

    def reason(self, shared: Shared, language: str, prefix: str) -> Reason:
        """Why an item is like another one, with the list of all that are alike so."""
        _, key, value = shared
        if (key, value, language) not in self._reasons:
            label = pick(self._kb.labels([value]).get(value), language, value)
            href = f"{prefix}/items?{query_of([(key, facet_param(self._kb, value))])}"
            self._reasons[key, value, language] = Reason(label, href)
        return self._reasons[key, value, language]

    def _having(self, key: str, value: str) -> Set[int]:
        """The numbers of the items that have a value, or of the newest of very many."""
        if (key, value) not in self._holders:
            (items,) = items_with(self._kb.facets, key, [value])
            self._holders[key, value] = frozenset(self._kb.facets.newest.page(items, 0, _LOOKED_AT))
        return self._holders[key, value]

    def _values(self, item: Description) -> Sequence[tuple[int, str, str]]:
        """What the item has that tells something, the rarest first: how many items have it, facet and value."""
        told, uses, values = item.said.thing, self._kb.uses, []
        for path, key in self._facets:
            for value in told.iris(path):
                count = uses.get(value, {}).get(key, 0)
                if 1 < count <= self._most:
                    values.append((count, key, value))
        return sorted(values)


@once_a_generation
def _likeness(kb: KnowledgeBase) -> _Likeness:
    return _Likeness(kb)
