"""All names that the things of a generation have, for the index of names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
    for kind in descriptions.kinds():
        links = {listed.iri: listed.links for listed in descriptions.things(kind, lang=descriptions.languages[0])}
        for iri in descriptions.iris(kind):
            found = descriptions.get(iri)
            if found is None or not found.labels or ending(found.ntriples, iri).is_over:
                continue
            class_model = model.of_types(found.types)
            told = read_statements(found.ntriples, iri).thing
            labels = class_model.label_paths if class_model else ()
            others = _texts(told, (*labels, *_paths(class_model, ("alternateName",))))
            codes = _texts(told, _paths(class_model, _IDENTIFIERS))
            # A DOI is also known by its address: https://www.doi.org/the-identifier/resources/handbook/
            identifiers = (*codes, *(f"https://doi.org/{code}" for code in codes if code.startswith("10.")), iri)
            yield Named(iri, kind, found.types, links.get(iri, 0), tuple(found.labels.values()), others, identifiers)


def _paths(model: ClassModel | None, names: Iterable[str]) -> Iterable[str]:
    fields = [field for name in names for field in model.by_schema(name)] if model else []
    return [field.path for field in fields if not field.inverse]


def _texts(told: Told, paths: Iterable[str]) -> tuple[str, ...]:
    return unique(term.value for path in dict.fromkeys(paths) for term in told.all(path) if len(term.value) <= _LONGEST)
