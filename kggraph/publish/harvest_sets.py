"""The sets in which harvesters find items: values of the facets that say what kind an item is and what it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from kggraph.model import LangText, Model
from kggraph.publish.changes import Published
from kggraph.publish.descriptions import Descriptions
from kggraph.publish.lifecycle import ending
from kggraph.rdf.iris import kind_and_slug, local_name, slugify
from kggraph.search.facets import FacetIndex
from kggraph.terms import SCHEMA

Labels: TypeAlias = Callable[[Iterable[str]], Mapping[str, LangText]]

_SAID: Final = (f"{SCHEMA}additionalType", f"{SCHEMA}about")


@dataclass(frozen=True, slots=True)
class HarvestSet:
    """A set of items."""

    spec: str
    """Its name: `type`, `type:report`."""
    labels: LangText
    key: str
    """The facet."""
    value: str
    """The value of the facet; empty for the set of all its values."""


def harvest_sets(model: Model, facets: FacetIndex, base: str, labels: Labels) -> list[HarvestSet]:
    """The sets that have items, each facet before its values."""
    found: list[HarvestSet] = []
    fields = [(facet, model.main.field(facet.key)) for facet in facets.facets]
    said = [(facet, field) for facet, field in fields if field and field.schema_property in _SAID]
    everything = facets.select(limit=0, counts={facet.key for facet, _ in said})
    for facet, field in said:
        values = [value.value for value in everything.facets[facet.key] if value.count]
        named = labels(values)
        found.append(HarvestSet(facet.key, field.label, facet.key, ""))
        taken: set[str] = set()
        for value in values:
            spec = _spec(facet.key, value, base, taken)
            found.append(HarvestSet(spec, named.get(value) or {"": local_name(value)}, facet.key, value))
    return found


def sets_of_items(sets: Iterable[HarvestSet], facets: FacetIndex) -> dict[str, tuple[str, ...]]:
    """The sets of each item, those of a value with what is narrower."""
    found: dict[int, tuple[str, ...]] = {}
    known: dict[tuple[tuple[str, ...], str], tuple[str, ...]] = {}  # most items have the sets of many others
    for one in sets:
        if one.value:
            for number in facets.select({one.key: [one.value]}, limit=0, counts=False).numbers:
                before = found.get(number, ())
                found[number] = known.setdefault((before, one.spec), (*before, one.spec))
    return {facets.iri(number): specs for number, specs in found.items()}


def in_set(spec: str, sets: Iterable[str]) -> bool:
    """Whether something with these sets is in a set: they are hierarchical.

    >>> in_set("type", ("type:report",)), in_set("type:rep", ("type:report",))
    (True, False)
    """
    return any(one == spec or one.startswith(f"{spec}:") for one in sets)


def published(descriptions: Descriptions, sets: Mapping[str, tuple[str, ...]]) -> Iterator[Published]:
    """All things of a generation, for the publication log."""
    for iri, kind, triples in descriptions.everything():
        yield Published(iri, kind, triples, ending(triples, iri).is_over, sets.get(iri, ()))


def _spec(key: str, value: str, base: str, taken: set[str]) -> str:
    named = kind_and_slug(value, base)
    slug = slugify(named[1] if named else local_name(value)) or "value"
    number = 2
    spec = slug
    while spec in taken:
        spec, number = f"{slug}-{number}", number + 1
    taken.add(spec)
    return f"{slugify(key) or 'set'}:{spec}"
