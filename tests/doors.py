"""Everything that a generation answers, to compare one that was patched with one that was built whole."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import astuple
from pathlib import Path
from typing import Any

import pyoxigraph as ox

from kggraph import page_log
from kggraph.publish.changes import FILE_NAME as LOG
from kggraph.publish.descriptions import Descriptions
from kggraph.publish.generation import Generation
from kggraph.search.facets import FacetIndex
from kggraph.search.results import search
from kggraph.search.suggest import Suggester
from kggraph.store.files import open_store
from kggraph.store.overlay import read_overlay
from kggraph.store.tally import read_tally

_BLANK = re.compile(r"(?<![^ ])_:[0-9a-z]+")
LANGUAGES = ("nl", "en", "fr")


def doors(generation: Generation) -> Iterator[tuple[str, Any]]:
    """What each door gives, by its name."""
    manifest = generation.manifest
    yield "manifest", (manifest.hash, manifest.triples, manifest.kinds, manifest.classes, manifest.results)
    yield "void.nt", _plain((generation.path / "void.nt").read_text("utf-8"))
    for name in ("completion.json", "report.json", "ontology.nt", "shapes.nt"):
        yield name, (generation.path / name).read_bytes()
    counts = json.loads((generation.path / "counts.json").read_bytes())
    yield "counts", {**counts, "default_graph_bytes": 0}
    store = open_store(generation.quads_path.parent)
    yield "store", _plain("".join(sorted(_BLANK.sub("_:blank", f"{quad} .\n") for quad in store)))
    yield "tally", _wrong_counts(generation.quads_path.parent, store)
    descriptions, facets = generation.descriptions(), generation.facets()
    try:
        yield from _descriptions(descriptions)
        with closing(page_log.connect(generation.path / "descriptions.sqlite")) as database:
            sql = (
                "SELECT wanted.iri, predicate.iri, thing.iri, fragment FROM wanted "
                "JOIN predicate ON predicate.id = predicate JOIN thing ON thing.id = thing ORDER BY 1, 2, 3, 4"
            )
            yield "wanted", database.execute(sql).fetchall()
        yield from _facets(facets)
        yield from _texts(generation, descriptions, facets)
    finally:
        descriptions.close()
    yield from _quality(generation)
    yield "log", _log(generation)


def _plain(triples: str) -> str:
    """Without what is said of the version of dumps, which may be an earlier one."""
    return "".join(line for line in triples.splitlines(keepends=True) if not re.match("<[^>]*/dumps/", line))


def _descriptions(known: Descriptions) -> Iterator[tuple[str, Any]]:
    yield "kinds", known.kinds()
    iris: list[str] = []
    for kind in known.kinds():
        own = known.iris(kind)
        yield f"iris of {kind}", own
        yield f"some iris of {kind}", known.iris(kind, offset=1, limit=2)
        yield (
            f"descriptions of {kind}",
            [(one.iri, one.types, one.labels, one.ntriples, one.source, one.kind) for one in known.each(kind)],
        )
        yield f"numbers of {kind}", sorted(own, key=known.number)
        for lang in LANGUAGES:
            every = known.things(kind, lang=lang)
            yield f"list of {kind} in {lang}", every
            for start in range(len(every) + 2):
                part = known.things(kind, lang=lang, offset=start, limit=2)
                assert part == every[start : start + 2], (kind, lang, start)
        iris += own
    yield "inbound", {iri: known.inbound(iri, limit=-1) for iri in iris}
    yield "living inbound", {iri: known.inbound(iri, limit=3, offset=1, living=True) for iri in iris}
    yield "inbound counts", {iri: list(known.inbound_counts(iri).items()) for iri in iris}
    yield "labels", known.labels(iris)


def _facets(facets: FacetIndex) -> Iterator[tuple[str, Any]]:
    def told(**asked: Any) -> Any:
        found = facets.select(limit=1_000, **asked)
        return found.total, found.iris, found.facets, found.unknown

    yield "facets", told()
    for lang in LANGUAGES:
        yield f"by title in {lang}", told(sort="title", lang=lang)
    for facet, values in facets.select(limit=0).facets.items():
        for value in values:
            yield f"{facet} {value.value}", told(filters={facet: [value.value]})


def _texts(generation: Generation, descriptions: Descriptions, facets: FacetIndex) -> Iterator[tuple[str, Any]]:
    index, names = generation.text_index(), generation.names()
    suggester = Suggester(index, generation.model().main.kind or "item")
    texts = {text for iri, own in descriptions.labels(_all(descriptions)).items() for text in own.values()}
    asked = {word for text in texts for word in text.split()} | {"brug over", "bridge"}
    for word in sorted(asked):
        for lang in ("nl", "en"):
            found = search(index, facets, word, lang=lang, limit=1_000)
            yield f"search {word} in {lang}", (found.total, sorted(found.iris), found.facets)
            yield (
                f"suggest {word} in {lang}",
                sorted(map(str, map(astuple, suggester.suggest(word[:4], lang, limit=50)))),
            )
        yield f"name {word}", names.find(word, limit=50, least=0.4)
        yield f"begin {word}", names.begin(word[:3], limit=50)
    for text in sorted(texts):
        yield f"name {text}", names.find(text, limit=5)


def _all(descriptions: Descriptions) -> list[str]:
    return [iri for kind in descriptions.kinds() for iri in descriptions.iris(kind)]


def _quality(generation: Generation) -> Iterator[tuple[str, Any]]:
    quality = generation.quality()
    lists = {one.id: one.name for one in quality.lists}
    yield "quality", (quality.totals, quality.filled, quality.translated, quality.dead, quality.busiest(50))
    yield "lists", [(one.name, one.kind, one.shape, one.lang, one.severity, one.findings) for one in quality.lists]
    for one in quality.lists:
        yield f"list {one.name}", [(found.thing, found.value, found.message) for found in quality.of_list(one)]
    yield "findings", [(lists[found.list], *found[1:]) for found in quality.everything(1_000)]
    for thing, _ in quality.busiest(50):
        yield f"findings of {thing}", [(lists[found.list], *found[1:]) for found in quality.of_thing(thing)]


def _log(generation: Generation) -> Any:
    """The publication log without its times."""
    with closing(sqlite3.connect(generation.path.parent.parent / LOG)) as log:
        things = log.execute("SELECT iri, kind, digest, what, sets FROM thing ORDER BY iri").fetchall()
        return things, log.execute("SELECT number, iri, what, body FROM event ORDER BY number").fetchall()


def _wrong_counts(folder: Path, store: ox.Store) -> list[str]:
    """Properties of which the tally counts other subjects than the store has; fails when it counts none."""
    tally = read_tally(folder, read_overlay(folder))
    assert tally
    counts: dict[str, Counter[tuple[bytes, ...]]] = {}
    for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph()):
        counts.setdefault(str(quad.predicate), Counter())[(str(quad.object).encode(),)] += 1
    told = {name: tally.counts([name.encode()], []) for name in counts}
    assert any(told.values())
    return [name for name, found in told.items() if found is not None and found != counts[name]]
