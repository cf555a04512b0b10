"""`descriptions.sqlite` written, once: things in, an immutable file out.

What is said of a thing is apart from its triples, which are much larger, so that what is made of all things (indexes,
counts of links) reads and writes the small part only. What has no source is a term of the ontology, of which there
are labels and no triples.

Numbers of things and places in lists have room between them, so that a later generation can put something in its
place without moving what is there (`patched_descriptions`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from kggraph import page_log
from kggraph.model import LangText
from kggraph.publish.things import Thing
from kggraph.rdf import ntriples
from kggraph.search.concepts import read_concept

_SCHEMA: Final = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE thing (id INTEGER PRIMARY KEY, iri TEXT NOT NULL, kind TEXT NOT NULL, links INTEGER NOT NULL DEFAULT 0,
    types TEXT NOT NULL, labels TEXT NOT NULL, source TEXT NOT NULL);
CREATE TABLE body (id INTEGER PRIMARY KEY, ntriples BLOB NOT NULL);
CREATE TABLE predicate (id INTEGER PRIMARY KEY, iri TEXT NOT NULL UNIQUE);
CREATE TABLE link (object INTEGER, predicate INTEGER, thing INTEGER, fragment TEXT,
    PRIMARY KEY (object, predicate, thing, fragment)) WITHOUT ROWID;
CREATE TABLE link_count (object INTEGER, predicate INTEGER, things INTEGER NOT NULL,
    PRIMARY KEY (object, predicate)) WITHOUT ROWID;
CREATE TABLE kind (kind TEXT PRIMARY KEY, things INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE listing (kind TEXT, lang TEXT, rank INTEGER, thing INTEGER NOT NULL,
    PRIMARY KEY (kind, lang, rank)) WITHOUT ROWID;
CREATE TABLE listing_step (kind TEXT, lang TEXT, start INTEGER, things INTEGER NOT NULL,
    PRIMARY KEY (kind, lang, start)) WITHOUT ROWID;
CREATE TABLE wanted (iri TEXT, predicate INTEGER, thing INTEGER, fragment TEXT,
    PRIMARY KEY (iri, predicate, thing, fragment)) WITHOUT ROWID;
CREATE TABLE concept (scheme TEXT, thing INTEGER, broader TEXT NOT NULL, notation TEXT NOT NULL,
    PRIMARY KEY (scheme, thing)) WITHOUT ROWID;
CREATE TEMP TABLE new_link (object INTEGER, predicate INTEGER, thing INTEGER, fragment TEXT);
CREATE TEMP TABLE new_wanted (iri TEXT, predicate INTEGER, thing INTEGER, fragment TEXT);
CREATE TEMP TABLE new_predicate (id INTEGER PRIMARY KEY, iri TEXT NOT NULL);
CREATE TEMP TABLE new_key (kind TEXT, lang TEXT, key TEXT, thing INTEGER);
"""

_FINISH: Final = """
CREATE UNIQUE INDEX thing_iri ON thing (iri);
CREATE INDEX thing_source ON thing (source) WHERE source != '';
CREATE INDEX thing_kind ON thing (kind, id) WHERE source != '';
INSERT INTO predicate SELECT row_number() OVER (ORDER BY iri) * {few}, iri FROM new_predicate;
CREATE TEMP TABLE renumbered AS SELECT new_predicate.id AS old, predicate.id AS new
    FROM new_predicate JOIN predicate ON predicate.iri = new_predicate.iri;
INSERT OR IGNORE INTO link SELECT object, new, thing, fragment FROM new_link JOIN renumbered ON old = predicate
    ORDER BY object, new, thing, fragment;
INSERT OR IGNORE INTO wanted SELECT iri, new, thing, fragment FROM new_wanted JOIN renumbered ON old = predicate;
INSERT INTO link_count SELECT object, predicate, count(DISTINCT thing) FROM link GROUP BY object, predicate;
UPDATE thing SET links = counted.things FROM
    (SELECT object, count(DISTINCT thing) AS things FROM link GROUP BY object) AS counted WHERE id = counted.object;
INSERT INTO kind SELECT kind, count(*) FROM thing WHERE source != '' GROUP BY kind;
INSERT INTO listing SELECT kind, lang, row_number() OVER (PARTITION BY kind, lang ORDER BY key, thing) * {room}, thing
    FROM new_key;
INSERT INTO listing_step SELECT kind, lang, CASE step WHEN 0 THEN 0 ELSE min(rank) END, count(*)
    FROM (SELECT kind, lang, rank, (rank / {room} - 1) / {step} AS step FROM listing) GROUP BY kind, lang, step;
DROP TABLE new_link;
DROP TABLE new_wanted;
DROP TABLE new_predicate;
DROP TABLE renumbered;
DROP TABLE new_key;
ANALYZE;
"""

ROOM: Final = 1 << 20
"""Numbers from one thing to the next: so many can come between. With a million things they take 6 bytes."""
PREDICATE_ROOM: Final = 64
_STEP: Final = 1024
"""Things of a list after which it is counted how many came before, so that a page far on is found quickly."""
_BATCH: Final = 20_000
_MOST_THINGS: Final = 500
_Row: TypeAlias = tuple[int, str, str, str, str, str]
_encode: Final = json.JSONEncoder(ensure_ascii=False).encode


class DescriptionsWriter:
    """Makes `descriptions.sqlite`; memory does not grow with the number of links."""

    def __init__(self, path: Path, ids: Mapping[bytes, int], languages: Sequence[str], base: str) -> None:
        """Start the file.

        :param ids: IRI in N-Triples form to number, for every thing that will be added: in the order of kind and IRI,
            `ROOM` apart.
        :param languages: those in which lists get an order.
        :param base: base of the IRIs of things.
        """
        self._ids, self._own, self._base = ids, own_iris(base), f"<{base}".encode()
        self._languages = tuple(languages)
        self._predicates: dict[bytes, int] = {}
        self._things: list[_Row] = []
        self._bodies: list[tuple[int, bytes]] = []
        self._links: list[tuple[int, int, int, str]] = []
        self._wanted: list[tuple[str, int, int, str]] = []
        self._keys: list[tuple[str, str, str, int]] = []
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA page_size = 8192;")
        self._connection.executescript(_SCHEMA)
        self._connection.execute("BEGIN")
        self._connection.execute("INSERT INTO about VALUES ('languages', ?)", (" ".join(languages),))

    def add(self, thing: Thing, keys: Sequence[str], triples: bytes | None = None) -> None:
        """Write one thing and what it links to.

        :param keys: sort key of its label in each of the languages; none keeps it out of lists.
        :param triples: its own triples as N-Triples, when they are at hand.
        """
        number = self._ids[thing.subject]
        own = thing.ntriples if triples is None else triples
        self._things.append(_row(number, thing.iri, thing.kind, thing.types, thing.labels, thing.source))
        self._bodies.append((number, own))
        if keys:
            self._keys += [(thing.kind, lang, key, number) for lang, key in zip(self._languages, keys, strict=True)]
        ids, predicates, base, whole = self._ids, self._predicates, self._base, thing.subject
        for subject, predicate, term in thing.rows:
            if not term.startswith(base):  # as IRIs of things do
                continue
            target = ids.get(term)
            if target is None and b"#" in term:
                term = term.partition(b"#")[0] + b">"
                target = ids.get(term)
            if target == number or (target is None and not term.startswith(self._own)):
                continue
            property_ = predicates.setdefault(predicate, len(predicates) + 1)
            fragment = "" if subject == whole else subject[1:-1].partition(b"#")[2].decode()
            if target is not None:
                self._links.append((target, property_, number, fragment))
            else:
                self._wanted.append((ntriples.iri(term), property_, number, fragment))
        if keys and not thing.is_item and (concept := read_concept(thing.iri, thing.rows)):
            self._connection.executemany(
                "INSERT INTO concept VALUES (?, ?, ?, ?)",
                [(scheme, number, " ".join(concept.broader), concept.notation) for scheme in concept.schemes],
            )
        if len(self._links) >= _BATCH or len(self._things) >= _MOST_THINGS:
            self._flush()

    def finish(self, terms: Mapping[str, LangText]) -> None:
        """Order, count and close.

        :param terms: labels of what no data file describes, such as a class of the ontology, by IRI.
        """
        unknown = [(iri, labels) for iri, labels in terms.items() if f"<{iri}>".encode() not in self._ids]
        for number, (iri, labels) in enumerate(unknown, (len(self._ids) + 1) * ROOM + 1):
            self._things.append(_row(number, iri, "", (), labels, ""))
        self._flush()
        self._connection.executemany(
            "INSERT INTO new_predicate VALUES (?, ?)", [(n, ntriples.iri(iri)) for iri, n in self._predicates.items()]
        )
        self._connection.execute("COMMIT")
        for statement in _FINISH.format(room=ROOM, step=_STEP, few=PREDICATE_ROOM).split(";"):
            self._connection.execute(statement)
        page_log.close_for_good(self._connection)

    def _flush(self) -> None:
        self._connection.executemany(
            "INSERT INTO thing (id, iri, kind, types, labels, source) VALUES (?, ?, ?, ?, ?, ?)", self._things
        )
        self._connection.executemany("INSERT INTO body VALUES (?, ?)", self._bodies)
        self._connection.executemany("INSERT INTO new_link VALUES (?, ?, ?, ?)", self._links)
        self._connection.executemany("INSERT INTO new_wanted VALUES (?, ?, ?, ?)", self._wanted)
        self._connection.executemany("INSERT INTO new_key VALUES (?, ?, ?, ?)", self._keys)
        self._things.clear()
        self._bodies.clear()
        self._links.clear()
        self._wanted.clear()
        self._keys.clear()


def _row(number: int, iri: str, kind: str, types: Iterable[str], labels: LangText, source: str) -> _Row:
    return number, iri, kind, " ".join(types), _encode(dict(labels)), source


def own_iris(base: str) -> bytes:
    """How the IRIs of things begin, in N-Triples form."""
    return f"<{base}id/".encode()
