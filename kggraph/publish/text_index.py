"""The text index of a generation, made from its descriptions and its facets: items have the same numbers in both."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from kggraph.model import Model
from kggraph.publish.descriptions import Descriptions
from kggraph.publish.lifecycle import ending
from kggraph.publish.pool import Pool, without_collector
from kggraph.rdf import ntriples
from kggraph.search.facets import FacetIndex
from kggraph.search.index_writer import SearchIndexWriter
from kggraph.search.item_reader import Batch, ItemReader

BATCH: Final = 4_000
"""Items that a process reads at a time."""
_JOB: Final = "job.pickle"


def write_text_index(
    folder: Path,
    model: Model,
    path: Path,
    facets: FacetIndex,
    languages: Sequence[str],
    *,
    pool: Pool | None = None,
    done: Callable[[int], None] | None = None,
) -> None:
    """Write the text index to a new folder.

    :param path: the descriptions of the same generation as the facets.
    :param pool: processes to read items in; without one they are read here.
    :param done: called with the number of items indexed so far.
    """
    items = facets.select(limit=facets.size, counts=False).iris
    known = frozenset(items)
    descriptions = Descriptions(path, mapped_bytes=0)
    with without_collector(), SearchIndexWriter(folder, model, languages) as writer:
        for kind in descriptions.kinds():
            for iri in descriptions.iris(kind) if kind != model.main.kind else ():
                # What is over is not suggested, and stands for nothing in a question.
                thing = None if iri in known else descriptions.get(iri)
                if thing and not ending(thing.ntriples, iri).is_over:
                    writer.add_thing(iri, ntriples.rows(thing.ntriples), kind)
        reader = writer.reader()
        calls = [(start, items[start : start + BATCH]) for start in range(0, len(items), BATCH)]
        if pool and len(calls) > 2:
            job = folder / _JOB
            job.write_bytes(pickle.dumps((reader, path)))
            read = pool.map(read_batch, ((str(job), *call) for call in calls))
        else:
            read = (_read(reader, descriptions, *call) for call in calls)
        for taken, batch in enumerate(read, 1):
            writer.take(batch)
            if done:
                done(min(taken * BATCH, len(items)))
        (folder / _JOB).unlink(missing_ok=True)
        writer.finish()
    descriptions.close()


def read_batch(job: str, start: int, iris: Sequence[str]) -> Batch:
    """Read items in a process of the pool."""
    return _read(*_open(job), start, iris)


@lru_cache(1)
def _open(job: str) -> tuple[ItemReader, Descriptions]:
    reader, path = pickle.loads(Path(job).read_bytes())
    return reader, Descriptions(path, mapped_bytes=0)


def _read(reader: ItemReader, descriptions: Descriptions, start: int, iris: Sequence[str]) -> Batch:
    with without_collector():
        data = descriptions.ntriples(iris)
        return reader.read((number, iri, data[iri]) for number, iri in enumerate(iris, start))
