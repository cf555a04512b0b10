"""The kinds of things a knowledge base has, and the address of the list of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kggraph.model import LangText, Model
from kggraph.rdf.iris import slugify

RESERVED = frozenset(
    (
        *("id", "doc", "def", "shapes", "context", "sparql", "items", "gaps", "stats", "quality", "queries", "about"),
        *("api", "openapi", "dataset", "sitemap", "robots", "feed", "oai", "dumps", "livez", "readyz", "metrics"),
        *("version", "static", "browse", "search", "reconcile", "linkset", "edit", "login", "compare", "list"),
        *("void", "sitemaps", "validate", "crosswalk", "around", "accessibility"),
    )
)
"""First parts of paths that are no lists of a kind."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of things."""

    name: str
    """The {kind} of `/id/{kind}/{slug}`."""
    list_name: str
    """Name of its list in addresses: `topics`."""
    label: LangText
    plural: LangText
    scheme: str | None
    """IRI of the concept scheme, when its things are the concepts of one."""
    count: int
    is_main: bool


class Kinds:
    """All kinds with things, found by name or by the name of their list."""

    def __init__(self, kinds: tuple[Kind, ...]) -> None:
        self.all = kinds
        self._by_name = {kind.name: kind for kind in kinds}
        self._by_list = {kind.list_name: kind for kind in kinds}

    def by_name(self, name: str) -> Kind | None:
        """The kind with that name, if any."""
        return self._by_name.get(name)

    def by_list(self, name: str) -> Kind | None:
        """The kind whose list has that name, if any."""
        return self._by_list.get(name)

    def near(self, name: str) -> Kind | None:
        """The kind that somebody may mean by another name for its list: its plural label or its own name."""
        return self._by_name.get(name) or next(
            (k for k in self.all if name in (plural_of(k.name), *(slugify(text) for text in k.plural.values()))), None
        )


def named_kinds(model: Model, counts: Mapping[str, int]) -> Kinds:
    """The kinds of a model that have things, the main one first, then classes, then concept schemes."""
    found: list[Kind] = []
    taken = set(RESERVED)
    for name, count in sorted(counts.items(), key=lambda pair: _rank(model, pair[0])):
        scheme = model.scheme_by_kind(name)
        shape = None if scheme else model.by_kind(name)
        source = scheme or shape
        plural = source.plural if source else {}
        is_main = shape is not None and shape.is_main
        list_name = "items" if is_main else _list_name(name, plural, taken)
        taken.add(list_name)
        label = source.label if source else {}
        found.append(Kind(name, list_name, label, plural or label, scheme.iri if scheme else None, count, is_main))
    return Kinds(tuple(found))


def plural_of(word: str) -> str:
    """The English plural of a kind's name, by the regular rules.

    >>> plural_of("theme"), plural_of("country"), plural_of("framework-2017")
    ('themes', 'countries', 'framework-2017')
    """
    if not word or word[-1].isdigit():
        return word
    if word[-1] == "y" and word[-2:-1] not in tuple("aeiou"):
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "ch", "sh")) else f"{word}s"


def _list_name(kind: str, plural: LangText, taken: set[str]) -> str:
    label = plural.get("en", "")
    candidates = [slugify(label)] if label.isalpha() else []
    candidates += [plural_of(kind), kind, f"{kind}-list"]
    return next(name for name in candidates if name and name not in taken)


def _rank(model: Model, name: str) -> tuple[int, int, str]:
    """The items first, then things of classes, then concepts, those that items are classified by before others."""
    if name == model.main.kind:
        return 0, 0, name
    scheme = model.scheme_by_kind(name)
    if scheme is None:
        classes = [found.kind for found in model.classes]
        return (1, classes.index(name), name) if name in classes else (4, 0, name)
    used = [field.scheme for field in model.main.fields if field.scheme]
    return (2, used.index(scheme.iri), name) if scheme.iri in used else (3, 0, name)
