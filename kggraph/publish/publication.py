"""What a build adds for the surfaces of exchange: the index of names, and its entry in the publication log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from kggraph.model import load_model
from kggraph.publish.changes import FILE_NAME, Published, compare, is_recorded, record, record_compared
from kggraph.publish.descriptions import Description, Descriptions
from kggraph.publish.generation import Generation
from kggraph.publish.harvest_sets import HarvestSet, harvest_sets, published, sets_of_items
from kggraph.publish.item_table import ItemTable
from kggraph.publish.lifecycle import ending
from kggraph.publish.name_index import write_names
from kggraph.publish.named_things import named_things
from kggraph.publish.patched_descriptions import Edit
from kggraph.publish.quality import quality_written
from kggraph.publish.quality_data import record_quality, totals_of
from kggraph.search.facets import FacetIndex

_COMPARED: Final = "changes.next"
"""File of a build folder, there during a build only: what `compare_publication` prepares."""


def write_of_descriptions(folder: Path, table: Path, languages: Sequence[str]) -> None:
    """Make what is made of every description of a generation in the making: these are read once for all of it.

    That is the index of names, the table of items, and the report on quality.

    :param table: the gzipped CSV to write.
    :param languages: those in which texts have a column of their own, and should be there.
    """
    model = load_model((folder / "shapes.nt").read_bytes(), (folder / "ontology.nt").read_bytes())
    path = folder / "descriptions.sqlite"
    descriptions = Descriptions(path, mapped_bytes=0)
    with (
        closing(descriptions),
        closing(ItemTable(table, descriptions, model.main, languages, path.stat().st_size)) as rows,
        quality_written(folder, languages) as measure,
    ):

        def also(found: Description) -> None:
            rows.take(found)
            measure(found)

        write_names(folder / "search" / "names.sqlite", named_things(descriptions, model, also))


def log_path(build: Path) -> Path:
    """The publication log of a build folder."""
    return build / FILE_NAME


@dataclass(frozen=True, slots=True)
class Differing:
    """What makes a generation another than the one before."""

    base: Generation
    edits: Sequence[Edit]


@contextmanager
def prepared(build: Path) -> Iterator[None]:
    """For `compare_publication` and `log_publication` within: what is prepared is gone afterwards, and there is nothing
    before, such as the half of it that a killed build left."""
    (build / _COMPARED).unlink(missing_ok=True)
    try:
        yield
    finally:
        (build / _COMPARED).unlink(missing_ok=True)


def compare_publication(folder: Path, build: Path, hash: str, base: str) -> None:
    """Prepare what `log_publication` will add, from a generation in the making, while other things are made of it.

    :param hash: of the generation.
    :param base: base of its IRIs.
    """
    model = load_model((folder / "shapes.nt").read_bytes(), (folder / "ontology.nt").read_bytes())
    with closing(Descriptions(folder / "descriptions.sqlite", mapped_bytes=0)) as descriptions:
        facets = FacetIndex(folder / "search" / "facets")
        sets = harvest_sets(model, facets, base, descriptions.labels)
        things = published(descriptions, sets_of_items(sets, facets))
        compare(log_path(build), hash, things, build / _COMPARED)


def log_publication(
    build: Path, generation: Generation, now: datetime | None = None, differing: Differing | None = None
) -> int:
    """Add to the log what this generation changes.

    It comes after the generation was put in place: a harvester that asks in between gets new content under an old time,
    and the same again under its real one, and so misses nothing.

    :param differing: how it was made of another one, so that not all of it is compared with the log.
    :returns: how many things are new, changed or gone.
    """
    time = (now or datetime.now(UTC)).strftime("%Y-%m-%dT%H:%M:%SZ")
    record_quality(build, generation.hash, totals_of(generation.quality()), time)
    if is_recorded(log_path(build), generation.hash):
        return 0
    count = record_compared(log_path(build), generation.hash, build / _COMPARED, time)
    if count is not None:
        return count
    descriptions, facets = generation.descriptions(), generation.facets()
    try:
        model = generation.model()
        sets = harvest_sets(model, facets, generation.manifest.base_uri, descriptions.labels)
        if differing and is_recorded(log_path(build), differing.base.hash):
            before = harvest_sets(model, differing.base.facets(), generation.manifest.base_uri, descriptions.labels)
            if before == sets:
                return _log_edits(build, generation, facets, sets, differing.edits, time)
        things = published(descriptions, sets_of_items(sets, facets))
        return record(log_path(build), generation.hash, things, time)
    finally:
        descriptions.close()


def _log_edits(
    build: Path,
    generation: Generation,
    facets: FacetIndex,
    sets: Sequence[HarvestSet],
    edits: Sequence[Edit],
    time: str,
) -> int:
    values = {item.iri: item.has or {} for item in facets.patched.values()}
    things = []
    for edit in edits:
        if edit.after:
            iri, own = edit.after.iri, edit.after.ntriples
            specs = [one.spec for one in sets if one.value and one.value in values.get(iri, {}).get(one.key, ())]
            things.append(Published(iri, edit.after.kind, own, ending(own, iri).is_over, tuple(specs)))
    gone = [edit.thing.iri for edit in edits if edit.after is None]
    return record(log_path(build), generation.hash, things, time, gone)
