"""Where the fields of a class stand on a page: what the model says of it, put in order once for a generation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from kggraph.model import ClassModel, Field, Group
from kggraph.terms import DASH, DCTERMS, SCHEMA, SKOS
from kggraph.web.kinds import Kinds

LABEL_ROLE: Final = f"{DASH}LabelRole"
DESCRIPTION_ROLE: Final = f"{DASH}DescriptionRole"
_TEXTS: Final = (f"{DCTERMS}description", f"{SKOS}definition", f"{SCHEMA}description")
_LONG_LIST: Final = 60


class Placed(NamedTuple):
    """A field on a page."""

    path: str
    """Its property; `^` before one that is read against its direction."""
    field: Field
    is_explained: bool
    """Whether its value needs a word of explanation: those of long lists (countries) do not."""
    is_asked: bool
    """Whether a reader may filter by it, so that nothing there is worth saying too."""


class Layout(NamedTuple):
    """The page of a class."""

    leads: Sequence[str]
    """Properties that say in a few sentences what a thing is, the best first."""
    inverse: Sequence[str]
    """Properties that are read against their direction."""
    groups: Sequence[tuple[str, Sequence[Placed]]]
    """IRI of each group (empty for what is in none) with its fields, both in their order."""
    modelled: frozenset[str]
    """Every property that the model knows, shown or hidden."""
    sort: str
    """The property that says of which sort a thing is: the first on cards with values from a list; empty for none."""


def layout_of(model: ClassModel | None, groups: Mapping[str, Group], kinds: Kinds) -> Layout:
    """The layout of a class; of a thing without one when there is none."""
    grouped: dict[str, list[Placed]] = {}
    modelled: set[str] = set()
    fields = model.fields if model else ()
    for field in fields:
        path = f"^{field.path}" if field.inverse else field.path
        if path not in modelled and not field.hidden and field.role != LABEL_ROLE:
            explained = field.max_count == 1 and _is_short(field.scheme, kinds)
            asked = field.facet and not field.inverse and bool(field.scheme or field.is_date)
            grouped.setdefault(field.group or "", []).append(Placed(path, field, explained, asked))
        modelled.add(path)
    return Layout(
        leads=[field.path for field in fields if field.role == DESCRIPTION_ROLE] or _TEXTS,
        inverse=[field.path for field in fields if field.inverse and not field.hidden],
        groups=sorted(grouped.items(), key=lambda pair: groups[pair[0]].order if pair[0] in groups else -1),
        modelled=frozenset(modelled),
        sort=next((field.path for field in fields if field.card and field.scheme and not field.inverse), ""),
    )


def _is_short(scheme: str | None, kinds: Kinds) -> bool:
    return any(kind.scheme == scheme and kind.count <= _LONG_LIST for kind in kinds.all if kind.scheme)
