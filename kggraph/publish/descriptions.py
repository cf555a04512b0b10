"""`descriptions.sqlite` read: every thing's own triples exactly as in the sources, its labels, what links to it.

Immutable once built (`publish/writer.py` makes it), so any number of threads and processes may read it, each thread
over a connection of its own. N-Triples come out as bytes, as they went in: no literal is ever rewritten.
"""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

from kggraph import page_log
from kggraph.errors import GenerationError
from kggraph.model import LangText
from kggraph.publish.kept import Kept
from kggraph.publish.labels import pick, sort_key
from kggraph.publish.names import PrintedOrders, printed_orders
from kggraph.publish.statements import Statements, statements_of
from kggraph.rdf import ntriples
from kggraph.rdf.iris import thing_iri
from kggraph.rdf.order import Graph, grouped
from kggraph.search.concepts import ConceptRecord, ConceptTree, natural_key
from kggraph.terms import DCTERMS, OWL

_MAX_KEPT_BYTES: Final = 16_384
"""Size of a description that is kept; what was read from it is kept with it."""
_MAX_KEPT_LINKS: Final = 50
_MAPPED_BYTES: Final = 1 << 30


@dataclass(frozen=True)
class Description:
    """A thing and its own triples: those whose subject is its IRI, or its IRI with a fragment."""

    iri: str
    kind: str
    """The {kind} of `/id/{kind}/{slug}`, as in its IRI; of the class model when the IRI has another form; or empty."""
    types: tuple[str, ...]
    """Classes the thing itself has (not those of its parts), sorted."""
    labels: LangText
    """Its label in each language, from the best of the label properties that the model names."""
    ntriples: bytes
    """Own triples as N-Triples, one a line, sorted, lexical forms as in the source."""
    source: str
    """The file they come from, relative to the knowledge base: `data/items/x.ttl`."""
    number: int = field(default=0, compare=False)
    """As `Descriptions.number` tells; of `Descriptions.each` only."""
    links: int = field(default=0, compare=False)
    """How many different things link to it; of `Descriptions.each` only."""

    @cached_property
    def graph(self) -> Graph:
        """Its triples by subject and property: split once for all that is made of them."""
        return grouped(self.ntriples)

    @cached_property
    def said(self) -> Statements:
        """What it says, of the thing and of its parts."""
        return statements_of(self.graph, self.iri)

    @cached_property
    def own(self) -> Mapping[bytes, Sequence[bytes]]:
        """What it says of the thing itself: property to objects, all in N-Triples form."""
        return ntriples.said_of(self.ntriples, f"<{self.iri}>".encode())

    @cached_property
    def named(self) -> frozenset[str]:
        """Every IRI that it or a part of it names."""
        return frozenset[str]().union(*(told.named() for told in (self.said.thing, *self.said.parts.values())))

    @cached_property
    def printed(self) -> PrintedOrders:
        """Its makers in the order and with the names in which the source prints them, by role."""
        return printed_orders(self.said)


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


@dataclass(frozen=True, slots=True)
class Concept:
    """A concept at its place in its scheme's tree."""

    iri: str
    labels: LangText
    depth: int
    """0 for a top concept."""
    broader: str | None
    """The concept it is listed under."""
    narrower: int
    """How many concepts are directly under it."""


_WITH_TRIPLES: Final = "thing CROSS JOIN body ON body.id = thing.id"
"""Things with their triples, looked for among things; a term of the ontology has none."""
_LIVING: Final = "".join(
    f"AND instr(ntriples, CAST('<' || thing.iri || '> {said}' AS BLOB)) = 0 "
    for said in (f'<{OWL}deprecated> "true"', f'<{OWL}deprecated> "1"', f"<{DCTERMS}isReplacedBy> <")
)
"""In SQL what `lifecycle.ending` says of a thing."""


class Descriptions:
    """Reads `descriptions.sqlite`; one object serves all threads, also after a fork."""

    def __init__(self, path: Path, *, mapped_bytes: int = _MAPPED_BYTES) -> None:
        """Open the file.

        :param mapped_bytes: of the file that may be mapped into memory: a server answers quicker so, and a build that
            reads all of it once has no use of it.
        """
        self._connections = page_log.Connections(path, mapped_bytes)
        self._known = Kept[str, Description]()
        self._inbound = Kept[tuple[str, str | None, int, int, bool], Sequence[Link]]()
        self._counts = Kept[str, Mapping[str, int]]()
        self._counted = Kept[tuple[str, str], tuple[Sequence[int], Sequence[int]]]()
        try:
            (languages,) = self._one("SELECT value FROM about WHERE key = 'languages'") or ("",)
            is_known = self._one("SELECT 1 FROM sqlite_master WHERE name = 'body'")
        except sqlite3.Error as error:
            raise GenerationError(f"{path.name} of this generation cannot be read ({error}); build anew.") from None
        if not is_known:
            raise GenerationError(f"{path.name} of this generation has the form of an older program; build anew.")
        self.languages: tuple[str, ...] = tuple(languages.split())
        """Languages in which lists have an order, the first one standing in for others."""

    def get(self, iri: str) -> Description | None:
        """The description of a thing, or `None` when no file describes it (one look-up, some 20 us)."""
        known = self._known.get(iri)
        if known is not None:
            return known
        row = self._one(f"SELECT kind, types, labels, ntriples, source FROM {_WITH_TRIPLES} WHERE iri = ?", iri)
        if row is None:
            return None
        kind, types, labels, triples, source = row
        found = Description(iri, kind, tuple(types.split()), json.loads(labels), triples, source)
        return self._known.keep(iri, found) if len(triples) <= _MAX_KEPT_BYTES else found

    def number(self, iri: str) -> int:
        """A number that orders things by kind and IRI; 0 for what no file describes."""
        row = self._one("SELECT id FROM thing WHERE iri = ? AND source != ''", iri)
        return row[0] if row else 0

    def each(self, kind: str) -> Iterator[Description]:
        """Every thing of a kind by IRI, read in one go: a fifth of the time of asking for one after another."""
        for number, iri, links, types, labels, triples, source in self._connections.each(
            f"SELECT thing.id, iri, links, types, labels, ntriples, source FROM {_WITH_TRIPLES} "
            "WHERE kind = ? AND source != '' ORDER BY thing.id",
            kind,
        ):
            yield Description(iri, kind, tuple(types.split()), json.loads(labels), triples, source, number, links)

    def in_file(self, source: str) -> list[str]:
        """IRIs of the things that a file describes."""
        return [iri for (iri,) in self._all("SELECT iri FROM thing WHERE source = ? AND source != ''", source)]

    def ntriples(self, iris: Iterable[str]) -> dict[str, bytes]:
        """Own triples of all of `iris` that a file describes. One look-up for all."""
        found = self._all(
            f"SELECT iri, ntriples FROM {_WITH_TRIPLES} WHERE iri IN (SELECT value FROM json_each(?))",
            json.dumps(list(iris)),
        )
        return dict(found)

    def triples(self, iri: str) -> bytes:
        """Only the own triples of a thing; none when no file describes it."""
        row = self._one(f"SELECT ntriples FROM {_WITH_TRIPLES} WHERE iri = ?", iri)
        return row[0] if row else b""

    def labels(self, iris: Iterable[str]) -> dict[str, LangText]:
        """Labels of all of `iris` that have any: things, and terms of the ontology. One look-up for all."""
        found = self._all(
            "SELECT iri, labels FROM thing WHERE iri IN (SELECT value FROM json_each(?))", json.dumps(list(iris))
        )
        return {iri: json.loads(labels) for iri, labels in found if labels != "{}"}

    def inbound(
        self, iri: str, *, predicate: str | None = None, limit: int = 50, offset: int = 0, living: bool = False
    ) -> Sequence[Link]:
        """Triples of other things that point at this one, by predicate, kind and IRI of the linking thing.

        :param predicate: only triples with this predicate.
        :param limit: at most so many; -1 for all.
        :param living: not those of things that were withdrawn or became another, which no list has.
        """
        asked = iri, predicate, limit, offset, living
        known = self._inbound.get(asked)
        if known is not None:
            return known
        joined, is_living = ("JOIN body ON body.id = thing.id ", _LIVING) if living else ("", "")
        found = self._all(
            "SELECT thing.iri, predicate.iri, fragment FROM link JOIN predicate ON predicate.id = link.predicate "
            f"JOIN thing ON thing.id = link.thing {joined}WHERE link.object = (SELECT id FROM thing WHERE iri = ?1) "
            "AND (?2 IS NULL OR link.predicate = (SELECT id FROM predicate WHERE iri = ?2)) "
            f"{is_living}ORDER BY link.predicate, link.thing, fragment LIMIT ?3 OFFSET ?4",
            *asked[:4],
        )
        links = [Link(f"{thing}#{part}" if part else thing, property_, thing) for thing, property_, part in found]
        return self._inbound.keep(asked, links) if len(links) <= _MAX_KEPT_LINKS else links

    def links_to(self, iris: Iterable[str]) -> dict[str, int]:
        """How many different things link to each of these."""
        sql = "SELECT iri, links FROM thing WHERE iri IN (SELECT value FROM json_each(?)) AND source != ''"
        return dict(self._all(sql, json.dumps(list(iris))))

    def subjects(self, predicate: str, iri: str) -> list[str]:
        """Subjects of exactly the triples of other things that have this object: a thing, or a part of one."""
        found = self._all(
            "SELECT thing.iri, fragment FROM link JOIN thing ON thing.id = link.thing JOIN body ON body.id = thing.id "
            "WHERE link.object = (SELECT id FROM thing WHERE iri = ?1) "
            "AND link.predicate = (SELECT id FROM predicate WHERE iri = ?2) AND instr(ntriples, "
            "CAST('<' || thing.iri || CASE fragment WHEN '' THEN '' ELSE '#' || fragment END || ?3 AS BLOB))",
            *(thing_iri(iri), predicate, f"> <{predicate}> <{iri}> .\n"),
        )
        return [f"{thing}#{part}" if part else thing for thing, part in found]

    def of_files(self, paths: Iterable[str]) -> list[str]:
        """IRIs of the things that these files describe, from the root: `data/items/x.ttl`."""
        sql = "SELECT iri FROM thing WHERE source != '' AND source IN (SELECT value FROM json_each(?))"
        return [iri for (iri,) in self._all(sql, json.dumps(list(paths)))]

    def everything(self) -> Iterator[tuple[str, str, bytes]]:
        """Every thing with its kind and its own triples, by kind and IRI."""
        yield from self._connections.each(
            f"SELECT iri, kind, ntriples FROM {_WITH_TRIPLES} WHERE source != '' ORDER BY kind, thing.id"
        )

    def holding(self, part: bytes) -> list[bytes]:
        """The own triples of every thing in which these bytes stand; reads all of them (0.4 s of 100,000 items)."""
        return [triples for (triples,) in self._all("SELECT ntriples FROM body WHERE instr(ntriples, ?)", part)]

    def inbound_counts(self, iri: str) -> Mapping[str, int]:
        """How many different things point at this one, by predicate (most first)."""
        known = self._counts.get(iri)
        if known is None:
            found = self._all(
                "SELECT predicate.iri, things FROM link_count JOIN predicate ON predicate.id = link_count.predicate "
                "WHERE object = (SELECT id FROM thing WHERE iri = ?) ORDER BY things DESC, predicate.iri",
                iri,
            )
            known = self._counts.keep(iri, dict(found))
        return known

    def things(self, kind: str, *, lang: str, offset: int = 0, limit: int | None = None) -> list[Listed]:
        """Things of a kind in the order of their labels in `lang` (as `pick` chooses them; accents folded).

        :param limit: at most so many; all when not given.
        """
        language = lang if lang in self.languages else self.languages[0]
        starts, before = self._steps(kind, language)
        step = bisect_right(before, offset) - 1
        if step < 0:
            return []
        found = self._all(
            "SELECT iri, labels, links FROM (SELECT rank, thing FROM listing WHERE kind = ?1 AND lang = ?2 "
            "AND rank >= ?3 ORDER BY rank LIMIT ?4 OFFSET ?5) JOIN thing ON id = thing ORDER BY rank",
            *(kind, language, starts[step], -1 if limit is None else limit, offset - before[step]),
        )
        return [Listed(iri, json.loads(labels), links) for iri, labels, links in found]

    def _steps(self, kind: str, lang: str) -> tuple[Sequence[int], Sequence[int]]:
        """The places of a list from which it was counted, and how many things are before each."""
        known = self._counted.get((kind, lang))
        if known is None:
            found = self._all("SELECT start, things FROM listing_step WHERE kind = ? AND lang = ?", kind, lang)
            before = accumulate((things for _, things in found), initial=0)
            starts = [start for start, _ in found]
            known = self._counted[kind, lang] = starts, list(before)[: len(starts)]
        return known

    def iris(self, kind: str, *, offset: int = 0, limit: int = -1) -> list[str]:
        """IRIs of the things of a kind, sorted.

        :param limit: at most so many; -1 for all.
        """
        sql = "SELECT iri FROM thing WHERE kind = ? AND source != '' ORDER BY id LIMIT ? OFFSET ?"
        return [iri for (iri,) in self._all(sql, kind, limit, offset)]

    def count(self, kind: str) -> int:
        """How many things a kind has."""
        return self.kinds().get(kind, 0)

    def kinds(self) -> dict[str, int]:
        """Every kind with how many things it has, sorted by kind."""
        return dict(self._all("SELECT kind, things FROM kind ORDER BY kind"))

    def tree(self, scheme: str, *, lang: str = "") -> list[Concept]:
        """The concepts of a scheme (its IRI), depth first, each level by `skos:notation`, then label in `lang`.

        A concept with two broader ones stands once under each, and what is below it only at the first of these
        places; one whose broader concept is of another scheme, or that is in a circle, is put at the top, so none is
        ever missing.
        """
        tree = ConceptTree()
        labels: dict[str, LangText] = {}
        for iri, text, broader, notation in self._all(
            "SELECT iri, labels, broader, notation FROM concept JOIN thing ON thing.id = concept.thing "
            "WHERE scheme = ?",
            scheme,
        ):
            labels[iri] = json.loads(text)
            tree.add(ConceptRecord(iri, (scheme,), tuple(broader.split()), notation))

        def place(record: ConceptRecord) -> tuple[object, ...]:
            label = sort_key(pick(labels[record.iri], lang, record.iri).text)
            return (not record.notation, natural_key(record.notation), label, record.iri)

        return [Concept(p.iri, labels[p.iri], p.depth, p.broader, p.narrower) for p in tree.walk(place)]

    def close(self) -> None:
        """Close the connections of all threads; the object is of no use after that."""
        for kept in (self._known, self._inbound, self._counts):
            kept.clear()
        self._connections.close()

    def _one(self, sql: str, *values: Any) -> Any:
        return self._connections.one(sql, *values)

    def _all(self, sql: str, *values: Any) -> list[Any]:
        return self._connections.all(sql, *values)
