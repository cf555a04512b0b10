"""All names that the things of a generation have, for the index of names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from kggraph.model import ClassModel, Model
from kggraph.publish.descriptions import Description, Descriptions
from kggraph.publish.lifecycle import ending_said
from kggraph.publish.name_index import Named
from kggraph.publish.statements import unique
from kggraph.rdf import ntriples

_IDENTIFIERS = ("identifier", "sameAs", "termCode")
"""Properties of schema.org by which a thing is found beside its names."""
_LONGEST = 300


def named_things(
    descriptions: Descriptions, model: Model, also: Callable[[Description], None] | None = None
) -> Iterator[Named]:
    """Every thing that has a name.

    :param also: called with every thing, named or not, so that these are read once for more than their names.
    """
    reader = NameReader(model)
    for kind in descriptions.kinds():
        for found in descriptions.each(kind):
            if also:
                also(found)
            if named := reader.read(found, found.links):
                yield named


class NameReader:
    """Reads the names of things."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._known: dict[tuple[str, ...], _Paths] = {}

    def read(self, found: Description, links: int) -> Named | None:
        """The names of a thing; nothing when it has none, or is over.

        :param links: how many things link to it.
        """
        iri, known = found.iri, self._known
        if not found.labels or ending_said(found.own).is_over:
            return None
        if found.types not in known:
            known[found.types] = _paths_of(self._model.of_types(found.types))
        paths = known[found.types]
        others, codes = _texts(found.own, paths.others), _texts(found.own, paths.codes)
        # A DOI is also known by its address: https://www.doi.org/the-identifier/resources/handbook/
        identifiers = (*codes, *(f"https://doi.org/{code}" for code in codes if code.startswith("10.")), iri)
        return Named(iri, found.kind, found.types, links, tuple(found.labels.values()), others, identifiers)


class _Paths(NamedTuple):
    """The properties of a class that hold names, in N-Triples form."""

    others: tuple[bytes, ...]
    codes: tuple[bytes, ...]


def _paths_of(model: ClassModel | None) -> _Paths:
    labels = model.label_paths if model else ()
    others = _written((*labels, *_paths(model, ("alternateName",))))
    codes = _written(_paths(model, _IDENTIFIERS))
    return _Paths(others, codes)


def _paths(model: ClassModel | None, names: Iterable[str]) -> Iterable[str]:
    fields = [field for name in names for field in model.by_schema(name)] if model else []
    return [field.path for field in fields if not field.inverse]


def _written(paths: Iterable[str]) -> tuple[bytes, ...]:
    return tuple(dict.fromkeys(f"<{path}>".encode() for path in paths))


def _texts(said: Mapping[bytes, Sequence[bytes]], paths: Iterable[bytes]) -> tuple[str, ...]:
    texts = (_text(term) for path in paths for term in said.get(path, ()))
    return unique(text for text in texts if len(text) <= _LONGEST)


def _text(term: bytes) -> str:
    return ntriples.iri(term) if ntriples.is_iri(term) else ntriples.literal(term).text
