"""`descriptions.sqlite`: every thing's own triples exactly as in the sources, its labels, and what links to it.

Read-only and immutable once built: any number of threads and processes may read it, each thread over a connection of
its own. N-Triples go in and out as bytes, so no literal is ever rewritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kggraph.publish.labels import LangText


@dataclass(frozen=True, slots=True)
class Description:
    """A thing and its own triples: those whose subject is its IRI, or its IRI with a fragment."""

    iri: str
    kind: str
    """The {kind} of `/id/{kind}/{slug}`, as in its IRI; of the class model when the IRI has another form; or empty."""
    types: tuple[str, ...]
    """Classes the thing itself has (not those of its parts), sorted."""
    labels: LangText
    """Its labels by language tag, of the first label property that the model names and the thing has."""
    ntriples: bytes
    """Own triples as N-Triples, one a line, sorted, lexical forms as in the source."""
    source: str
    """The file they come from, relative to the knowledge base: `data/items/x.ttl`."""


@dataclass(frozen=True, slots=True)
class Link:
    """One triple that points at a thing: `subject` is `thing`, or a part of it (`thing#creator-1`)."""

    subject: str
    predicate: str
    thing: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A thing in a list, with what a list shows of it."""

    iri: str
    labels: LangText
    links: int
    """Number of different things that link to it."""


class Descriptions:
    """Reads `descriptions.sqlite`; share one object among all threads."""

    def __init__(self, path: Path) -> None:
        raise NotImplementedError

    def get(self, iri: str) -> Description | None:
        """The description of a thing, or `None` when no file describes it (one look-up, some 20 us)."""
        raise NotImplementedError

    def labels(self, iris: Iterable[str]) -> dict[str, LangText]:
        """Labels of all of `iris` that have any: things, terms of the ontology, scheme concepts. One look-up."""
        raise NotImplementedError

    def inbound(self, iri: str, *, predicate: str | None = None, limit: int = 50, offset: int = 0) -> list[Link]:
        """Triples of other things that point at this one, by predicate, kind and IRI of the linking thing."""
        raise NotImplementedError

    def inbound_counts(self, iri: str) -> dict[str, int]:
        """How many different things point at this one, by predicate (most first)."""
        raise NotImplementedError

    def things(self, kind: str, *, lang: str, offset: int = 0, limit: int | None = None) -> list[Listed]:
        """Things of a kind in the order of their labels in `lang` (as `pick` chooses them; accents folded)."""
        raise NotImplementedError

    def iris(self, kind: str) -> Sequence[str]:
        """IRIs of all things of a kind, sorted; for sitemaps and dumps."""
        raise NotImplementedError

    def count(self, kind: str) -> int:
        """How many things a kind has."""
        raise NotImplementedError

    def kinds(self) -> dict[str, int]:
        """Every kind with how many things it has, sorted by kind."""
        raise NotImplementedError

    def tree(self, scheme: str) -> list[Concept]:
        """The concepts of a scheme (its IRI), depth first from the top concepts, each level in order.

        Order: `skos:notation`, then label. A concept with two broader ones appears once under each; a concept whose
        broader one is in no scheme or in a cycle is put at the top, so none is ever missing.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Close the connections of all threads."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept in its scheme's tree."""

    iri: str
    labels: LangText
    depth: int
    """0 for a top concept."""
    broader: str | None
    """The concept it is listed under."""
    narrower: int
    """How many concepts are listed directly under it."""


def write(path: Path, descriptions: Iterable[Description], labels: Mapping[str, LangText]) -> None:
    """Make `descriptions.sqlite`; `labels` are those of terms that no data file describes."""
    raise NotImplementedError
