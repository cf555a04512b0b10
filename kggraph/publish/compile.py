"""From the spooled sources to the files that are served: descriptions, facets, quads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

from kggraph.config import Settings
from kggraph.model import Model
from kggraph.publish import void
from kggraph.publish.completion import TermCounter
from kggraph.publish.counts import Counts
from kggraph.publish.labels import pick, read_labels, sort_key
from kggraph.publish.lifecycle import ENDINGS, ending
from kggraph.publish.spool import Segment, each_file
from kggraph.publish.things import LABEL_PATHS, Thing, thing_reader
from kggraph.publish.writer import ROOM, DescriptionsWriter
from kggraph.rdf import ntriples
from kggraph.rdf.iris import kind_and_slug
from kggraph.search.facet_builder import FacetBuilder
from kggraph.store.on_disk import being_written
from kggraph.store.overlay import QUADS_NAME
from kggraph.store.tally import TallyWriter

_ENDINGS: Final = frozenset(f"<{iri}>".encode() for iri in ENDINGS)


@dataclass(frozen=True, slots=True)
class Sources:
    """All that a generation is made of."""

    segments: Sequence[Segment]
    ontology: bytes
    shapes: bytes
    model: Model
    hash: str
    where: Mapping[str, str]
    """Thing to the file that describes it."""


class Follower(Protocol):
    """Makes something of what is compiled, as soon as it is there."""

    def quads_begun(self) -> None:
        """The file of the quads is there (`being_written`), and grows from now on."""

    def quads_written(self, counts: Counts) -> None:
        """The quads are complete."""

    def descriptions_written(self) -> None:
        """The descriptions are complete, and all was validated; facets are not there yet."""


def compile_sources(
    sources: Sources,
    segments: Iterable[Segment],
    folder: Path,
    settings: Settings,
    *,
    done: Callable[[int], None],
    follower: Follower,
) -> Counts:
    """Write descriptions, facets, quads and their tally.

    :param segments: those of the sources, as soon as each may be compiled.
    :param folder: the generation in the making.
    :param done: called with the number of files compiled so far.
    :param follower: told what is there so far.
    """
    counts = Counts()
    (folder / "store").mkdir()
    read = thing_reader(sources.model, settings.base_uri)
    ids = numbers(sources.segments, settings.base_uri)
    writer = DescriptionsWriter(folder / "descriptions.sqlite", ids, settings.languages, settings.base_uri)
    facets = FacetBuilder(sources.model, sources.shapes, settings.languages)
    links = void.link_counter(settings.base_uri, settings.served_prefixes)
    ontology_rows = list(ntriples.rows(sources.ontology))
    tally = TallyWriter(ontology_rows)
    terms = TermCounter([sources.ontology], chain.from_iterable(segment.concepts for segment in sources.segments))
    with _written(folder / "store" / QUADS_NAME) as quads:
        follower.quads_begun()
        files = 0
        for segment in segments:
            for thing, keys, over in _each_thing(segment, read, settings.languages):
                own = thing.ntriples
                # What is over keeps its description, and is in no list.
                writer.add(thing, () if over else keys, own)
                if not over:
                    facets.add(thing.iri, thing.rows, keys, item=thing.is_item)
                counts.add(thing, over=over)
                links.add(thing.rows)
                terms.add_others(thing.rows)
                tally.add(thing.rows)
                quads.write(own)
            files += len(segment.files)
            done(files)
        ontology = sorted(set(sources.ontology.splitlines(keepends=True)))
        quads.write(b"".join(ontology))
        counts.add_ontology(ontology)
        tally.add(ontology_rows)
        tally.write(folder / "store")
        counts.default_graph_bytes = quads.tell()
        counts.links = links.counts
        counts.terms = _terms(terms, ontology_rows, counts.predicates, settings)
        counts.write(folder)
        description = counts.describe(settings.base_uri, sources.hash)
        _write_named_graphs(sources, quads, description, settings.base_uri)
    (folder / "void.nt").write_bytes(description)
    follower.quads_written(counts)
    writer.finish(ontology_labels(sources.ontology))
    follower.descriptions_written()
    facets.write(folder / "search" / "facets")
    return counts


@contextmanager
def _written(quads: Path) -> Iterator[BinaryIO]:
    """A file that has its name when it is complete; until then it may be read as it grows."""
    part = being_written(quads)
    try:
        with part.open("wb", buffering=1 << 20) as file:
            yield file
        part.rename(quads)
    finally:
        part.unlink(missing_ok=True)


def _each_thing(
    segment: Segment, read: Callable[[bytes, str], list[Thing]], languages: Sequence[str]
) -> Iterator[tuple[Thing, list[str], bool]]:
    """The things of a segment, each with the sort key of its label in each language, and whether it is over."""
    for file, data in each_file(segment):
        for thing in read(data, file.relative):
            shown = [pick(thing.labels, lang, thing.iri).text for lang in languages]
            sorted_by = {text: sort_key(text) for text in dict.fromkeys(shown)}
            over = not _ENDINGS.isdisjoint(thing.predicates) and ending(thing.ntriples, thing.iri).is_over
            yield thing, [sorted_by[text] for text in shown], over


def _terms(
    counted: TermCounter, ontology: Sequence[ntriples.Row], properties: Counter[bytes], settings: Settings
) -> Mapping[str, Any]:
    """All that may be completed, with what the ontology says of it."""
    counted.add_others(ontology)
    counted.properties = properties
    return counted.all_terms(prefixes=settings.served_prefixes, languages=settings.languages, within=settings.base_uri)


def numbers(segments: Sequence[Segment], base: str) -> dict[bytes, int]:
    """A number for every thing, in the order of kind and IRI and `ROOM` apart, by its IRI in N-Triples form."""
    things = [thing for segment in segments for file in segment.files for thing in file.things]
    things.sort(key=lambda iri: ((kind_and_slug(iri, base) or ("",))[0], iri))
    return {f"<{iri}>".encode(): number * ROOM for number, iri in enumerate(things, 1)}


def ontology_labels(ontology: bytes) -> dict[str, Mapping[str, str]]:
    """Labels of the terms of the ontology, by IRI."""
    by_subject: dict[bytes, list[ntriples.Row]] = {}
    for row in ntriples.rows(ontology):
        if ntriples.is_iri(row[0]):
            by_subject.setdefault(row[0], []).append(row)
    return {
        ntriples.iri(subject): labels
        for subject, rows in by_subject.items()
        if (labels := read_labels(rows, subject, LABEL_PATHS))
    }


def _write_named_graphs(sources: Sources, quads: BinaryIO, description: bytes, base: str) -> None:
    for name, graph in (("ontology", sources.ontology), ("shapes", sources.shapes), ("void", description)):
        ending = f" <{base}graph/{name}> .\n".encode()
        quads.write(b"".join([line[:-2] + ending for line in sorted(set(graph.splitlines()))]))
