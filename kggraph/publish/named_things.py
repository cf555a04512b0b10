"""All names that the things of a generation have, for the index of names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from kggraph.model import ClassModel, Model
from kggraph.publish.descriptions import Descriptions
from kggraph.publish.lifecycle import ending
from kggraph.publish.name_index import Named
from kggraph.publish.statements import Told, read_statements, unique

_IDENTIFIERS = ("identifier", "sameAs", "termCode")
"""Properties of schema.org by which a thing is found beside its names."""
_LONGEST = 300


def named_things(descriptions: Descriptions, model: Model) -> Iterator[Named]:
    """Every thing that has a name."""
    known: dict[tuple[str, ...], _Paths] = {}
    for kind in descriptions.kinds():
        links = {listed.iri: listed.links for listed in descriptions.things(kind, lang=descriptions.languages[0])}
        for found in descriptions.each(kind):
            iri = found.iri
            if not found.labels or ending(found.ntriples, iri).is_over:
                continue
            if found.types not in known:
                known[found.types] = _paths_of(model.of_types(found.types))
            paths = known[found.types]
            # Most of a description is no name: it is left out before it is read.
            lines = found.ntriples.splitlines(keepends=True)
            names = b"".join([line for line in lines if line.split(b" ", 2)[1] in paths.wanted])
            told = read_statements(names, iri).thing
            others, codes = _texts(told, paths.others), _texts(told, paths.codes)
            # A DOI is also known by its address: https://www.doi.org/the-identifier/resources/handbook/
            identifiers = (*codes, *(f"https://doi.org/{code}" for code in codes if code.startswith("10.")), iri)
            yield Named(iri, kind, found.types, links.get(iri, 0), tuple(found.labels.values()), others, identifiers)


class _Paths(NamedTuple):
    """The properties of a class that hold names."""

    others: tuple[str, ...]
    codes: tuple[str, ...]
    wanted: frozenset[bytes]
    """All of them, in N-Triples form."""


def _paths_of(model: ClassModel | None) -> _Paths:
    labels = model.label_paths if model else ()
    others = (*labels, *_paths(model, ("alternateName",)))
    codes = tuple(_paths(model, _IDENTIFIERS))
    return _Paths(others, codes, frozenset(f"<{path}>".encode() for path in (*others, *codes)))


def _paths(model: ClassModel | None, names: Iterable[str]) -> Iterable[str]:
    fields = [field for name in names for field in model.by_schema(name)] if model else []
    return [field.path for field in fields if not field.inverse]


def _texts(told: Told, paths: Iterable[str]) -> tuple[str, ...]:
    return unique(term.value for path in dict.fromkeys(paths) for term in told.all(path) if len(term.value) <= _LONGEST)
