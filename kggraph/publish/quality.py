"""The quality of a generation, measured while it is built: what is missing, in which language, about which thing.

Nothing here knows a subject: which fields identify, translate, date or doubt a thing, the shapes say. A *list* holds
the findings of one kind about one field (or one rule of the shapes), so that every line of the report is work that
somebody can do. `quality_data` reads what is written here.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from kggraph import page_log
from kggraph.model import ClassModel, Field, LangText, Model, load_model
from kggraph.publish.descriptions import Description, Descriptions
from kggraph.publish.lifecycle import ending_said
from kggraph.publish.link_checks import CHECKED_HOST, DEAD, KIND, read_checks
from kggraph.rdf.iris import local_name, slugify, thing_iri
from kggraph.terms import RDF, SKOS, SSSOM
from kggraph.validation.report import Result
from kggraph.validation.shape_texts import ShapeTexts

Said: TypeAlias = Mapping[bytes, Sequence[bytes]]
"""What is said of one thing: predicate to objects, in N-Triples form."""
Tags: TypeAlias = Mapping[bytes, set[str]]
"""The languages of the texts of one thing, by predicate."""

FILE_NAME: Final = "quality.sqlite"
CHECKS: Final = ("report", "link", "date", "identifier", "certainty", "mapping", "translation")
"""Kinds of lists, in the order in which they are shown."""

FINDINGS_OF_ONE: Final = 1 << 10
"""Numbers that the findings of one list about one thing have; they follow the number of the thing."""

_BATCH: Final = 1 << 12
"""Findings that are written at once."""
_LANG_STRING: Final = f"{RDF}langString"
_CONCEPT: Final = f"{SKOS}Concept"
_MAPPINGS: Final = frozenset(
    f"<{SKOS}{name}Match>".encode() for name in ("exact", "close", "broad", "narrow", "related")
)
_SCHEMA: Final = """
CREATE TABLE list (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, shape TEXT NOT NULL, anchor TEXT NOT NULL,
  lang TEXT NOT NULL, severity TEXT NOT NULL, label TEXT NOT NULL, things TEXT NOT NULL, findings INTEGER NOT NULL,
  key TEXT NOT NULL
);
CREATE TABLE finding (
  list INTEGER NOT NULL, number INTEGER NOT NULL, thing TEXT NOT NULL, value TEXT NOT NULL, message TEXT NOT NULL,
  PRIMARY KEY (list, number, thing)
) WITHOUT ROWID;
CREATE TABLE filled (
  kind TEXT NOT NULL, class TEXT NOT NULL, things TEXT NOT NULL, shape TEXT NOT NULL, label TEXT NOT NULL,
  required INTEGER NOT NULL, filled INTEGER NOT NULL, total INTEGER NOT NULL
);
CREATE TABLE translated (
  class TEXT NOT NULL, things TEXT NOT NULL, shape TEXT NOT NULL, label TEXT NOT NULL, lang TEXT NOT NULL,
  filled INTEGER NOT NULL, total INTEGER NOT NULL
);
CREATE TABLE dead (address TEXT PRIMARY KEY, date TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE total (name TEXT PRIMARY KEY, number REAL NOT NULL) WITHOUT ROWID;
"""
_INDEX: Final = """
CREATE INDEX by_thing ON finding (thing);
CREATE TABLE busiest (thing TEXT PRIMARY KEY, findings INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO busiest SELECT thing, count(*) FROM finding GROUP BY thing;
CREATE INDEX by_findings ON busiest (findings DESC, thing);
"""


@dataclass(slots=True)
class MadeList:
    """The findings of one kind about one field or rule, in the making."""

    id: int
    name: str
    kind: str
    shape: str
    anchor: str
    lang: str
    severity: str
    label: LangText
    things: LangText
    findings: int = 0


@contextmanager
def quality_written(folder: Path, languages: Sequence[str]) -> Iterator[Callable[[Description], None]]:
    """Measure a generation in the making, from its report and its descriptions.

    :param languages: language tags in which texts should be there.
    :returns: what is to be called with every description, by kind and IRI.
    """
    shapes = (folder / "shapes.nt").read_bytes()
    model = load_model(shapes, (folder / "ontology.nt").read_bytes())
    results = [Result(**result) for result in json.loads((folder / "report.json").read_bytes())]
    with (
        closing(Descriptions(folder / "descriptions.sqlite", mapped_bytes=0)) as descriptions,
        closing(sqlite3.connect(folder / FILE_NAME, isolation_level=None)) as database,
    ):
        database.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_SCHEMA}")
        database.execute("BEGIN")
        made = Measuring(database, descriptions, model, languages)
        made.report(results, ShapeTexts(shapes))
        made.dead_links()
        yield made.thing
        made.finish()
        database.execute("COMMIT")
        database.executescript(_INDEX)
        page_log.close_for_good(database)


class Measuring:
    """Finds what there is to say of things, and writes it down."""

    def __init__(
        self, database: sqlite3.Connection, descriptions: Descriptions, model: Model, languages: Sequence[str]
    ) -> None:
        self.database, self.descriptions, self.model, self.languages = database, descriptions, model, languages
        self.lists: dict[tuple[str, str, str], MadeList] = {}
        self.counters: dict[str, ClassCounter] = {}
        self.total = 0
        self._models: dict[tuple[str, ...], ClassModel | None] = {}
        self._place = "", 0
        """The thing that something was found about last, and the number of its findings."""
        self._taken: dict[int, int] = {}
        """List to findings about that thing."""
        self._rows: list[tuple[int, int, str, str, str]] = []
        """Findings that are not written yet."""
        self.dead: dict[bytes, str] = {}
        """Dead addresses in N-Triples form, with the day on which that was found."""

    # ------------------------------------------------------------------ the report
    def report(self, results: Iterable[Result], texts: ShapeTexts) -> None:
        """A list for each rule that gave a result."""
        anchors = {field.iri for model in self.model.classes for field in model.fields}
        anchors |= {model.shape for model in self.model.classes}
        for result in sorted(results, key=lambda result: thing_iri(result.focus.strip("<>"))):
            key = ("report", result.shape, f"{result.component} {result.severity}")
            found = self.lists.get(key)
            if found is None:
                label = texts.name(result.shape) or {"": local_name((result.path or "").strip("<>")) or "SHACL"}
                named = f"{local_name(result.shape)}-{local_name(result.component)}"
                anchor = next((iri for iri in (result.shape, *texts.rule_of(result.shape)) if iri in anchors), "")
                found = self._list(key, named, result.shape, anchor, "", local_name(result.severity), label, {})
            self._find(found, thing_iri(result.focus.strip("<>")), result.value or "", result.messages)

    def dead_links(self) -> None:
        """The addresses that are known not to answer any more."""
        for found in self.descriptions.each(KIND):
            if CHECKED_HOST in found.types:
                checks = read_checks(found.ntriples, found.iri)
                self.dead |= {f"<{one.address}>".encode(): one.date for one in checks if one.state == DEAD}
        rows = [(address[1:-1].decode(), date) for address, date in self.dead.items()]
        self.database.executemany("INSERT INTO dead VALUES (?, ?)", rows)

    # ------------------------------------------------------------------ the things
    def thing(self, thing: Description) -> None:
        """One thing, unless it is over."""
        counter, said, tags = self.counted(thing, 1)
        if counter is None:
            return
        model = counter.model
        for field, predicate, low_values in counter.fields if self.dead else counter.checked:
            objects = said.get(predicate, ())
            if field.is_date and model.is_main and not objects:
                self._missing("date", field, model, thing)
            if field.is_identifier and not objects:
                self._missing("identifier", field, model, thing)
            for term in objects if self.dead else ():
                if term in self.dead:
                    self._missing("link", field, model, thing, value=term.decode())
            for low in low_values:
                if low in objects:
                    self._missing("certainty", field, model, thing, value=low.decode())
            if field.is_translated and objects:
                there = tags[predicate] if predicate in tags else tags_of(objects)
                for lang in self.languages:
                    if lang not in there:
                        self._missing("translation", field, model, thing, lang=lang)
        if model.iri == _CONCEPT and _MAPPINGS.isdisjoint(said):
            self._unlinked(thing, model)

    def counted(self, thing: Description, times: int) -> tuple[ClassCounter | None, Said, Tags]:
        """Count a thing, or with -1 take it out; gives what counts its class, what is said of it, and its languages."""
        said = thing.own
        if ending_said(said).is_over:
            return None, {}, {}
        self.total += times
        if thing.types not in self._models:
            self._models[thing.types] = self.model.of_types(thing.types)
        model = self._models[thing.types]
        if model is None:
            return None, {}, {}
        counter = self.counters.get(model.iri)
        if counter is None:
            counter = self.counters[model.iri] = ClassCounter(model, self.languages)
        return counter, said, counter.add(said, times)

    def _unlinked(self, thing: Description, model: ClassModel) -> None:
        """A concept without a mapping, neither its own nor one that is described as a thing."""
        if f"{SSSOM}subject_id" in self.descriptions.inbound_counts(thing.iri):
            return
        scheme = self.model.scheme_by_kind(thing.kind)
        label = scheme.plural or scheme.label if scheme else model.plural
        key = ("mapping", thing.kind, "")
        found = self.lists.get(key) or self._list(key, thing.kind, model.shape, model.shape, "", "", label, label)
        self._find(found, thing.iri, "", {}, thing.number)

    def _missing(
        self, kind: str, field: Field, model: ClassModel, thing: Description, *, lang: str = "", value: str = ""
    ) -> None:
        key = (kind, f"{model.iri} {field.iri}", lang)
        found = self.lists.get(key) or self._list(
            key, local_name(field.iri), field.iri, field.iri, lang, "", field.label, model.plural
        )
        self._find(found, thing.iri, value, {}, thing.number)

    # ------------------------------------------------------------------ writing
    def _list(
        self,
        key: tuple[str, str, str],
        name: str,
        shape: str,
        anchor: str,
        lang: str,
        severity: str,
        label: LangText,
        things: LangText,
    ) -> MadeList:
        stem = "-".join(filter(None, (key[0], slugify(name) or "rule", lang)))
        taken = {one.name for one in self.lists.values()}
        name, number = stem, 1
        while name in taken:
            number += 1
            name = f"{stem}-{number}"
        made = MadeList(
            max((one.id for one in self.lists.values()), default=0) + 1,
            name,
            key[0],
            shape,
            anchor,
            lang,
            severity,
            label,
            things,
        )
        self.lists[key] = made
        return made

    def _find(self, found: MadeList, thing: str, value: str, message: LangText, number: int = 0) -> None:
        found.findings += 1
        if thing != self._place[0]:
            self._place = thing, (number or self.descriptions.number(thing)) * FINDINGS_OF_ONE
            self._taken.clear()
        nth = self._taken[found.id] = self._taken.get(found.id, -1) + 1
        row = (found.id, self._place[1] + nth, thing, value, _json(message) if message else "")
        self._rows.append(row)
        if len(self._rows) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        self.database.executemany("INSERT INTO finding VALUES (?, ?, ?, ?, ?)", self._rows)
        self._rows.clear()

    def finish(self) -> None:
        """Write what is left, and what was counted."""
        self._flush()
        for key, one in self.lists.items():
            row = (one.id, one.name, one.kind, one.shape, one.anchor, one.lang, one.severity)
            labels = (_json(one.label), _json(one.things), one.findings, json.dumps(key))
            self.database.execute("INSERT INTO list VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, *labels))
        for counter in sorted(self.counters.values(), key=lambda one: (not one.model.is_main, one.model.iri)):
            self.database.executemany("INSERT INTO filled VALUES (?, ?, ?, ?, ?, ?, ?, ?)", counter.filled_rows())
            self.database.executemany("INSERT INTO translated VALUES (?, ?, ?, ?, ?, ?, ?)", counter.language_rows())
        self.database.execute("INSERT INTO total VALUES ('things', ?)", (self.total,))
        for name, test in _TOTALS.items():
            number = sum(one.findings for one in self.lists.values() if test(one))
            self.database.execute("INSERT INTO total VALUES (?, ?)", (name, number))


_TOTALS: Final[dict[str, Callable[[MadeList], bool]]] = {
    "warnings": lambda one: one.severity == "Warning",
    "infos": lambda one: one.severity == "Info",
    **{kind: (lambda one, kind=kind: one.kind == kind) for kind in CHECKS if kind != "report"},  # type: ignore[misc]
}
"""What the trend follows, by name."""


class ClassCounter:
    """How many things of a class have each field, and in which languages."""

    def __init__(self, model: ClassModel, languages: Sequence[str]) -> None:
        self.model, self.languages = model, languages
        self.fields = [
            (field, f"<{field.path}>".encode(), [f"<{low}>".encode() for low in field.low_values])
            for field in model.fields
            if not field.inverse
        ]
        self.checked = [
            (field, predicate, low)
            for field, predicate, low in self.fields
            if low or field.is_identifier or field.is_translated or (field.is_date and model.is_main)
        ]
        """Those about which something may be found, whatever they have; there are few."""
        self.shown = [field for field, _, _ in self.fields if not field.hidden]
        self.total = 0
        self.filled = [0] * len(self.shown)
        self.tagged: dict[tuple[str, str], int] = {}
        self.with_text: dict[str, int] = {}
        self._places: dict[bytes, list[tuple[int, str]]] = {}
        """Property to places of fields among those shown, each with its IRI when it has texts."""
        for place, field in enumerate(self.shown):
            of_texts = field.iri if _LANG_STRING in field.datatypes else ""
            self._places.setdefault(f"<{field.path}>".encode(), []).append((place, of_texts))

    def add(self, said: Said, times: int = 1) -> Tags:
        """Count one thing, with -1 take it out; gives the languages of its texts."""
        self.total += times
        found: dict[bytes, set[str]] = {}
        for predicate, objects in said.items():
            for place, of_texts in self._places.get(predicate, ()):
                self.filled[place] += times
                if of_texts:
                    self.with_text[of_texts] = self.with_text.get(of_texts, 0) + times
                    tags = found[predicate] = found.get(predicate) or tags_of(objects)
                    for tag in tags:
                        self.tagged[of_texts, tag] = self.tagged.get((of_texts, tag), 0) + times
        return found

    def filled_rows(self) -> Iterable[tuple[str | int, ...]]:
        """Rows of the table `filled`."""
        start = (self.model.kind or "", self.model.iri, _json(self.model.plural))
        for field, filled in zip(self.shown, self.filled, strict=True):
            yield (*start, field.iri, _json(field.label), field.min_count, filled, self.total)

    def language_rows(self) -> Iterable[tuple[str | int, ...]]:
        """Rows of the table `translated`."""
        for field in self.shown:
            total = self.with_text.get(field.iri, 0)
            for lang in self.languages if total else ():
                filled = self.tagged.get((field.iri, lang), 0)
                yield (
                    self.model.iri,
                    _json(self.model.plural),
                    field.iri,
                    _json(field.label),
                    lang,
                    filled,
                    total,
                )


def tags_of(objects: Iterable[bytes]) -> set[str]:
    """The languages of literals, without region.

    >>> sorted(tags_of([b'"a"@en-GB', b'"b"', b"<a:b>"]))
    ['en']
    """
    ends = (term.rpartition(b'"')[2] for term in objects)
    return {end[1:].partition(b"-")[0].decode().lower() for end in ends if end.startswith(b"@")}


def _json(texts: LangText) -> str:
    return json.dumps(dict(texts), ensure_ascii=False, sort_keys=True)
