#!/usr/bin/env python3
"""Measures the search on generated items, beside SQLite FTS5 and SPARQL in the same run.

    tools/bench_search.py                     100,000 items
    tools/bench_search.py --items 1000000     a million; takes some minutes and 5 GB of disk
    tools/bench_search.py --keep FOLDER       leaves the indexes there, and takes them from there the next time

The items are made of the real ones: sentences and values of several mixed, with made-up words in the frequencies of a
language, people and organisations growing with the square root of the number. Questions are the judged ones and pairs
of words from the texts. Times are of one process, cold caches left out; memory is what the process has resident.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform
import random
import re
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar, cast
from urllib.parse import urlencode

import pyoxigraph as ox
from bench import ROOT, in_a_process

sys.path.insert(0, str(ROOT))

from kggraph import config
from kggraph.build import build
from kggraph.config import Settings
from kggraph.model import Model
from kggraph.publish.generation import Generation
from kggraph.publish.pool import Pool
from kggraph.publish.text_index import write_text_index
from kggraph.publish.things import Thing
from kggraph.publish.writer import DescriptionsWriter
from kggraph.rdf import ntriples
from kggraph.search.facet_builder import FacetBuilder
from kggraph.search.facets import FacetIndex
from kggraph.search.index import SearchIndex
from kggraph.search.results import search
from kggraph.search.suggest import Suggester
from kggraph.store.protocol import QueryEngine
from kggraph.web import create_app
from kggraph.web.generations import Generations
from tests.relevance.measuring import questions

Rows = list[ntriples.Row]
T = TypeVar("T")
ITEM = "https://example.org/id/item/g"
MOST = 12
"""Values of a facet without scheme that a page shows."""


class Clock:
    """Sums up the time within, and the processor time of this process and of those that ended meanwhile."""

    def __init__(self) -> None:
        self.seconds = self.processor = 0.0

    def __enter__(self) -> None:
        self.seconds -= time.perf_counter()
        self.processor -= _processor_seconds()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter()
        self.processor += _processor_seconds()

    def show(self, items: int) -> str:
        """Items a second, by the clock and by the processors."""
        busy = self.processor / self.seconds
        return (
            f"{items / self.seconds:8,.0f} items/s in {self.seconds:,.1f} s with {busy:.1f} processors busy;"
            f" {self.processor / items * 1e6:,.0f} us of processor time an item"
        )


@dataclass
class Library:
    """The real things that generated items are made of."""

    model: Model
    shapes: bytes
    languages: Sequence[str]
    things: list[tuple[str, str, Rows]]
    """Kind, IRI and own triples of everything that is no item."""
    items: list[Rows]

    @classmethod
    def read(cls, generation: Generation, languages: Sequence[str]) -> Library:
        """Everything of a generation."""
        descriptions, model, facets = generation.descriptions(), generation.model(), generation.facets()
        things = []
        for kind in descriptions.kinds():
            for iri in descriptions.iris(kind) if kind != model.main.kind else ():
                things.append((kind, iri, list(ntriples.rows(descriptions.get(iri).ntriples))))  # type: ignore[union-attr]
        items = []
        for iri in facets.select(limit=facets.size, counts=False).iris:
            subject = f"<{iri}>".encode()
            rows = ntriples.rows(descriptions.get(iri).ntriples)  # type: ignore[union-attr]
            items.append([row for row in rows if row[0] == subject])
        return cls(model, generation.shapes_path.read_bytes(), languages, things, items)

    def generated(self, count: int, seed: int = 1) -> Iterator[tuple[str, Rows]]:
        """Items, the same for the same seed."""
        rng = random.Random(seed)
        made_up = [_word(rng) for _ in range(max(2_000, int(40 * count**0.5)))]
        weights = [1 / (place + 3) for place in range(len(made_up))]
        pool = random.Random(seed + 1).choices(made_up, weights, k=200_000)
        people = max(50, int(30 * count**0.5))
        sentences: dict[bytes, list[str]] = {}
        for rows in self.items:
            for _, predicate, term in rows:
                if predicate.endswith(b"/description>"):
                    lang = term.rpartition(b"@")[2]
                    text = term[1:].rpartition(b'"')[0].decode()
                    sentences.setdefault(lang, []).extend(re.split(r"(?<=\.) ", text))
        for number in range(count):
            iri = f"{ITEM}{number}"
            yield iri, list(self._one(rng, f"<{iri}>".encode(), pool, people, sentences))

    def _one(
        self, rng: random.Random, subject: bytes, pool: list[str], people: int, sentences: dict[bytes, list[str]]
    ) -> Iterator[ntriples.Row]:
        base, other = rng.choice(self.items), rng.choice(self.items)
        swapped = {row[1] for row in other if rng.random() < 0.4}
        for _, predicate, term in (*(r for r in base if r[1] not in swapped), *(r for r in other if r[1] in swapped)):
            if predicate.endswith(b"/description>"):
                lang = term.rpartition(b"@")[2]
                parts = [rng.choice(sentences[lang]) for _ in range(rng.randint(2, 4))]
                words = " ".join(pool[int(rng.random() * len(pool))] for _ in range(5))
                term = f'"{" ".join(parts)} {words}."@'.encode() + lang
            elif predicate.endswith(b"/title>"):
                text, _, lang = term[1:].rpartition(b'"')
                term = b'"' + text + f" {pool[int(rng.random() * len(pool))]}".encode() + b'"' + lang
            elif predicate.endswith(b"/creator>"):
                term = f"<https://example.org/id/person/p{rng.randrange(people)}>".encode()
            yield subject, predicate, term

    def people(self, count: int) -> Iterator[tuple[str, str, Rows]]:
        """The people that generated items name."""
        rng = random.Random(7)
        for number in range(max(50, int(30 * count**0.5))):
            iri = f"https://example.org/id/person/p{number}"
            name = f"{_word(rng).title()} {_word(rng).title()}"
            subject, person = f"<{iri}>".encode(), next(rows for kind, _, rows in self.things if kind == "person")
            yield "person", iri, [(subject, p, f'"{name}"'.encode() if o.startswith(b'"') else o) for _, p, o in person]


def main() -> int:
    """Make what is measured, measure it, print it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--items", type=int, default=100_000, help="how many items to make")
    parser.add_argument("--keep", type=Path, help="folder that the indexes are left in and taken from")
    parser.add_argument("--no-others", action="store_true", help="leave SQLite FTS5 and SPARQL out")
    options = parser.parse_args()
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, {options.items:,} items")
    settings = config.from_environment(ROOT)
    library = Library.read(build(settings), settings.languages)
    measure_pages(settings, len(library.items))
    with tempfile.TemporaryDirectory(prefix="kggraph-bench-search-") as temporary:
        folder = options.keep or Path(temporary)
        make(library, folder, options.items)
        # In a process of its own, so that its memory is that of the search.
        asked, kind = asked_questions(library), library.model.main.kind or ""
        ours = in_a_process(measure, folder, asked, kind)
        if not options.no_others:
            compare(library, folder, options.items, ours)
    return 0


def make(library: Library, folder: Path, count: int) -> None:
    """The facets and the text index, as a build makes them, unless they are there."""
    if (folder / "text").is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    others = [*library.things, *library.people(count)]
    kind = library.model.main.kind or ""
    iris = [iri for _, iri, _ in others] + [f"{ITEM}{number}" for number in range(count)]
    ids = {f"<{iri}>".encode(): number for number, iri in enumerate(iris, 1)}
    descriptions = DescriptionsWriter(folder / "descriptions.sqlite", ids, library.languages, "https://example.org/")
    builder = FacetBuilder(library.model, library.shapes, library.languages)
    filtering, reading = Clock(), Clock()
    for of_kind, iri, rows in itertools.chain(others, ((kind, *item) for item in library.generated(count))):
        data = b"".join([b"%b %b %b .\n" % row for row in sorted(rows)])
        descriptions.add(Thing(iri, of_kind, (), {}, (), ""), (), data)
        with filtering:
            builder.add(iri, rows, [iri] * len(library.languages), item=of_kind == kind)
    descriptions.finish()
    ids.clear()
    with filtering:
        builder.write(folder / "facets")
    del builder
    facets = FacetIndex(folder / "facets")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with reading, Pool(many=True) as pool:
        path = folder / "descriptions.sqlite"
        write_text_index(folder / "text", library.model, path, facets, library.languages, pool=pool)
    path.unlink()
    print(f"{'text index, from descriptions':30} {reading.show(count)}")
    print(f"{'facets, from triples':30} {filtering.show(count)}")
    size = sum(path.stat().st_size for path in (folder / "text").rglob("*") if path.is_file())
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"text index: {size / 2**20:,.0f} MB on disk; memory {most:,.0f} MB at most, {peak:,.0f} MB before it")


def _processor_seconds() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def measure(folder: Path, asked: Sequence[tuple[str, str]], kind: str) -> dict[str, Times]:
    """Times of the search, by what was done.

    :param asked: questions with the language of the page.
    :param kind: that of items.
    """
    before = _resident_mb()
    start = time.perf_counter()
    index, facets = SearchIndex(folder / "text"), FacetIndex(folder / "facets")
    print(f"open: {(time.perf_counter() - start) * 1000:.0f} ms")
    beginnings = [text[:end] for text, _ in asked[:150] for end in (2, 3, 5, 8) if len(text) >= end]
    suggester = Suggester(index, kind)
    for text, lang in asked:
        search(index, facets, text, lang=lang, most=MOST)
    for text in beginnings:
        suggester.suggest(text, "nl")
    theme = next(value for value in facets.select(limit=0).facets["theme"] if value.count).value
    times = {
        "text": timed(lambda one: index.find(*one), asked),
        "text, first page": timed(lambda one: index.rank(index.find(*one)), asked),
        "text, first page, all facets": timed(lambda one: search(index, facets, one[0], lang=one[1], most=MOST), asked),
        "the same within a theme": timed(
            lambda one: search(index, facets, one[0], {"theme": [theme]}, lang=one[1], most=MOST), asked
        ),
        "no text, all facets": timed(lambda _: search(index, facets, lang="nl", most=MOST), range(100)),
        "suggestions": timed(lambda one: suggester.suggest(one, "nl"), beginnings),
    }
    for what, found in times.items():
        print(f"{what:30} {found}")
    print(f"memory: {_resident_mb():,.0f} MB resident, {before:,.0f} MB before opening")
    return times


def measure_pages(settings: Settings, items: int) -> None:
    """Pages of the real items with the judged questions, made anew; all of the program, but no network."""
    settings = replace(settings, response_cache_mb=0)
    # No page of a list asks an engine.
    client = create_app(settings, Generations(settings), cast(QueryEngine, None)).test_client(use_cookies=False)
    first = settings.languages[0]
    asked = [f"{'' if one.lang == first else '/' + one.lang}/items?{urlencode({'q': one.text})}" for one in questions()]

    def page(path: str) -> None:
        if client.get(path, headers={"Accept": "text/html"}).status_code != HTTPStatus.OK:
            raise SystemExit(f"{path} has no page.")

    timed(page, asked)
    print(f"{f'search page, {items:,} real items':30} {timed(page, asked)}")
    print(f"{'page without a question':30} {timed(page, ['/items'] * 50)}")


def asked_questions(library: Library) -> list[tuple[str, str]]:
    """The judged questions, and pairs of words of the texts."""
    rng = random.Random(3)
    asked = [(one.text, one.lang) for one in questions()]
    for _ in range(150):
        _, _, term = next(row for row in rng.choice(library.items) if row[1].endswith(b"/description>"))
        text, lang, _ = ntriples.literal(term)
        words = re.findall(r"\w{5,}", text)
        asked.append((" ".join(rng.sample(words, 2)), lang))
    return asked


def compare(library: Library, folder: Path, count: int, ours: dict[str, Times]) -> None:
    """The same with SQLite FTS5 and with SPARQL."""
    keys = [(facet.key, f"<{facet.path}>".encode()) for facet in FacetIndex(folder / "facets").facets]
    if not (folder / "fts.sqlite").exists():
        make_fts(library, folder / "fts.sqlite", count, keys)
    database = sqlite3.connect(folder / "fts.sqlite")
    asked = [text for text, _ in asked_questions(library)][::4]

    def ask(text: str) -> None:
        match = " ".join(f'"{word}"' for word in re.findall(r"\w+", text))
        database.execute("SELECT rowid FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT 20", (match,)).fetchall()
        database.execute(
            "SELECT v.key, v.value, count(*) FROM texts t JOIN facet v ON v.item = t.rowid WHERE texts MATCH ?"
            " GROUP BY v.key, v.value",
            (match,),
        ).fetchall()

    fts = timed(ask, asked)
    mine = ours["text, first page, all facets"]
    print(f"{'SQLite FTS5: page, all facets':30} {fts}  {_ratio(fts, mine)}")
    store = ox.Store()
    store.bulk_extend(_quads(library, min(count, 100_000), dict(keys)))
    queries = [
        f"SELECT ?v (COUNT(?i) AS ?n) {{ ?i <{path.decode()[1:-1]}> ?v }} GROUP BY ?v ORDER BY DESC(?n)"
        for _, path in keys
    ]

    def ask_sparql(_: object) -> None:
        for query in queries:
            store.query(query).serialize(format=ox.QueryResultsFormat.JSON)  # type: ignore[arg-type]

    sparql = timed(ask_sparql, range(3))
    empty = ours["no text, all facets"]
    of = f", of {100_000:,} items only" if count > 100_000 else ""
    print(f"{'SPARQL GROUP BY: all facets':30} {sparql}  {_ratio(sparql, empty)} of no text, all facets{of}")


def make_fts(library: Library, path: Path, count: int, keys: Sequence[tuple[str, bytes]]) -> None:
    """The same texts and facets in SQLite."""
    database = sqlite3.connect(path)
    database.executescript(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
        "CREATE VIRTUAL TABLE texts USING fts5(title, body, content='', tokenize='unicode61 remove_diacritics 2');"
        "CREATE TABLE facet (item INTEGER, key TEXT, value TEXT);"
    )
    by_path = {path: key for key, path in keys}
    start = time.perf_counter()
    for number, (_, rows) in enumerate(library.generated(count), 1):
        texts: dict[bool, list[str]] = {True: [], False: []}
        for _, predicate, term in rows:
            if predicate in by_path:
                database.execute("INSERT INTO facet VALUES (?, ?, ?)", (number, by_path[predicate], term.decode()))
            if predicate.endswith((b"/title>", b"/alternative>", b"/description>")):
                texts[not predicate.endswith(b"/description>")].append(ntriples.literal(term).text)
        database.execute(
            "INSERT INTO texts (rowid, title, body) VALUES (?, ?, ?)", (number, *(" ".join(t) for t in texts.values()))
        )
    database.execute("CREATE INDEX facet_item ON facet (item)")
    database.commit()
    database.close()
    print(f"SQLite FTS5 made with the generator in {time.perf_counter() - start:.0f} s")


@dataclass(frozen=True)
class Times:
    """Milliseconds of each call, sorted: by the clock, and of the processor, to which other work adds less."""

    clock: list[float]
    processor: list[float]

    def __str__(self) -> str:
        """Median and the 95th of a hundred."""
        clock, processor = ([_at(times, share) for share in (0.5, 0.95)] for times in (self.clock, self.processor))
        by_clock = f"p50 {clock[0]:8.2f} ms   p95 {clock[1]:8.2f} ms"
        return f"{by_clock}   (of the processor {processor[0]:.2f} and {processor[1]:.2f} ms)"


def timed(do: Callable[[T], object], over: Iterable[T]) -> Times:
    """How long each call takes."""
    clock, processor = [], []
    for one in over:
        start, busy = time.perf_counter(), time.process_time()
        do(one)
        clock.append((time.perf_counter() - start) * 1000)
        processor.append((time.process_time() - busy) * 1000)
    return Times(sorted(clock), sorted(processor))


def _at(times: Sequence[float], share: float) -> float:
    return times[int(len(times) * share)]


def _ratio(theirs: Times, ours: Times) -> str:
    times = [_at(theirs.processor, share) / _at(ours.processor, share) for share in (0.5, 0.95)]
    return f"{times[0]:.1f} and {times[1]:.1f} times ours"


def _quads(library: Library, count: int, keys: dict[str, bytes]) -> Iterator[ox.Quad]:
    wanted = set(keys.values())
    for _, rows in library.generated(count):
        data = b"".join(b"%b %b %b .\n" % row for row in rows if row[1] in wanted)
        yield from ox.parse(data, ox.RdfFormat.N_TRIPLES)


def _word(rng: random.Random) -> str:
    syllables = [a + b for a in "bdfgklmnprstvwz" for b in ("a", "e", "i", "o", "u", "aa", "ie", "oe")]
    return "".join(rng.choice(syllables) for _ in range(rng.randint(2, 4)))


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    sys.exit(main())
