#!/usr/bin/env python3
"""Measures patches of the facets and the text index that `bench_search.py --keep FOLDER` left in a folder.

    tools/bench_search_patches.py FOLDER                     100,000 items, half a minute
    tools/bench_search_patches.py FOLDER --items 1000000     a million; three minutes, most of them to know their dates

One item changed, added and taken out, each a patch of the full build; fifty added at once; then twenty patches one upon
the other, and the search of all that as `bench_search.py` measures it. FOLDER stays as it is.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tools"))

from bench_search import ITEM, Library, Rows, asked_questions, in_a_process, measure, timed  # noqa: E402

from kggraph import config  # noqa: E402
from kggraph.build import build  # noqa: E402
from kggraph.rdf import ntriples  # noqa: E402
from kggraph.search.facet_patch import patch_facets  # noqa: E402
from kggraph.search.facets import FacetIndex  # noqa: E402
from kggraph.search.index import SearchIndex  # noqa: E402
from kggraph.search.item_edits import ItemEdit, ItemState  # noqa: E402
from kggraph.search.item_values import FacetFields  # noqa: E402
from kggraph.search.text_patch import patch_text_index  # noqa: E402

PATCHES: Final = 20


def main() -> int:
    """Patch, measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where bench_search.py left its indexes")
    parser.add_argument("--items", type=int, default=100_000, help="how many items it made")
    options = parser.parse_args()
    settings = config.from_environment(ROOT)
    library = Library.read(build(settings), settings.languages)
    with tempfile.TemporaryDirectory(prefix="kggraph-patches-", dir=options.folder) as name:
        patches = Patches(library, options.items)
        last = patches.measure(options.folder, Path(name))
        for title, folder in (("full build", options.folder), (f"after {PATCHES} patches", last)):
            print(f"\n{title}")
            newest(folder)
            in_a_process(measure, folder, asked_questions(library), library.model.main.kind or "")
    return 0


class Patches:
    """Edits of generated items."""

    def __init__(self, library: Library, items: int) -> None:
        self.library, self.fields = library, FacetFields(library.model)
        self.dates: dict[str, str] = {}
        self.kept: dict[str, Rows] = {}
        for iri, rows in library.generated(items):
            self.dates[iri] = self.fields.read(iri, (row for row in rows if row[1] in self.fields.dating))[0]
            if len(self.kept) < PATCHES:
                self.kept[iri] = rows

    def measure(self, base: Path, new: Path) -> Path:
        """Make patches; gives the folder of the last of those upon each other."""
        iri, rows = next(iter(self.kept.items()))
        was, changed = self.state(iri, rows), self.state(iri, list(_changed(rows)))
        many = [self.added(f"many{number}", number) for number in range(50)]
        for title, edits in (
            ("one item changed", [ItemEdit(iri, was, changed)]),
            ("one item added", [self.added("one", 0)]),
            ("one item taken out", [ItemEdit(iri, was, None)]),
            ("fifty items added", many),
        ):
            self.patch(title, base, new / title, edits)
            clocked("  opened", lambda at=new / title: (FacetIndex(at / "facets"), SearchIndex(at / "text")))  # type: ignore[misc]
        for number in range(PATCHES):
            title = f"patch {number + 1} upon the others"
            self.patch(title, base, new / title, [self.added(f"more{number}", number)])
            base = new / title
        return base

    def patch(self, title: str, base: Path, new: Path, edits: Sequence[ItemEdit]) -> None:
        """Patch both indexes."""

        def both() -> None:
            facets = new / "facets"
            patch_facets(base / "facets", facets, self.library.model, edits, self.look, lambda path, iri: ())
            patch_text_index(base / "text", new / "text", facets, self.library.model, edits)

        clocked(title, both)

    def state(self, iri: str, rows: Rows) -> ItemState:
        """An item as the search takes it; the measured ones are sorted by their IRI in place of a title."""
        lines = sorted(b"%b %b %b .\n" % row for row in rows)
        return ItemState(b"".join(lines), (iri,) * len(self.library.languages))

    def look(self, iri: str) -> ItemState:
        """What is asked of the items that an edited one is compared with: their dates."""
        if iri in self.kept:
            return self.state(iri, self.kept[iri])
        row = (f"<{iri}>".encode(), self.fields.dating[0], f'"{self.dates[iri]}"'.encode())
        return self.state(iri, [row] if self.dates[iri] else [])

    def added(self, name: str, like: int) -> ItemEdit:
        """A new item that says what another does."""
        iri, rows = ITEM + name, next(islice(self.kept.values(), like % PATCHES, None))
        return ItemEdit(iri, None, self.state(iri, [(f"<{iri}>".encode(), *said) for _, *said in rows]))  # type: ignore[misc]


def _changed(rows: Rows) -> Iterator[ntriples.Row]:
    """With another word in the title, and without its descriptions."""
    for subject, predicate, term in rows:
        if predicate.endswith(b"/title>"):
            yield subject, predicate, b'"Iets nieuws van ' + term[1:]
        elif not predicate.endswith(b"/description>"):
            yield subject, predicate, term


def newest(folder: Path) -> None:
    """A page of the newest with a value of a filter."""
    facets = FacetIndex(folder / "facets")
    theme = next(value.value for value in facets.select(limit=0).facets["theme"] if value.count)
    found = timed(lambda _: facets.select({"theme": [theme]}, offset=100, counts=False), range(200))
    print(f"{'newest of a theme':30} {found}")


def clocked(title: str, do: Callable[[], object]) -> None:
    """Print how long it takes, by the clock and of the processor."""
    busy, start = _busy(), time.perf_counter()
    do()
    took, busy = time.perf_counter() - start, _busy() - busy
    print(f"{title:30} {took * 1000:7.0f} ms, of the processor {busy * 1000:.0f} ms")


def _busy() -> float:
    return sum(os.times()[:4])


if __name__ == "__main__":
    sys.exit(main())
