"""The text index of a generation, made from its descriptions and its facets: items have the same numbers in both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from kggraph.model import Model
from kggraph.publish.descriptions import Descriptions
from kggraph.rdf import ntriples
from kggraph.search.facets import FacetIndex
from kggraph.search.index_writer import SearchIndexWriter

_TOLD: Final = 1_000


def write_text_index(
    folder: Path,
    model: Model,
    descriptions: Descriptions,
    facets: FacetIndex,
    languages: Sequence[str],
    done: Callable[[int], None] | None = None,
) -> None:
    """Write the text index to a new folder.

    :param descriptions: of the same generation as the facets.
    :param done: called with the number of items indexed so far.
    """
    writer = SearchIndexWriter(folder, model, languages)
    items = facets.select(limit=facets.size, counts=False).iris
    known = frozenset(items)
    for kind in descriptions.kinds():
        if kind != model.main.kind:
            for iri in descriptions.iris(kind):
                if iri not in known and (thing := descriptions.get(iri)):
                    writer.add_thing(iri, ntriples.rows(thing.ntriples), kind)
    for number, iri in enumerate(items):
        if item := descriptions.get(iri):
            writer.add_item(number, iri, ntriples.rows(item.ntriples))
        if done and number % _TOLD == 0:
            done(number)
    writer.finish()
