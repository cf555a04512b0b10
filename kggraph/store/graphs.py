"""Results that are graphs: short ones written for people, with prefixes and in order; long ones as they come.

The engine gives N-Triples, and `kggraph.rdf` makes the other formats of them. Of Oxigraph's own writers only JSON-LD is
used, for long results: its Turtle has no prefixes, and its RDF/XML loses carriage returns and is not well-formed for a
property without a local name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import IO, Final, Protocol, cast

from pyoxigraph import QueryTriples, RdfFormat

from kggraph.rdf.jsonld import to_jsonld
from kggraph.rdf.media import JSON_LD, N_QUADS, N_TRIPLES, RDF_XML, TRIG, TURTLE
from kggraph.rdf.names import Names
from kggraph.rdf.rdfxml import to_rdfxml
from kggraph.rdf.writer import TurtleWriter

_SHORT_BYTES: Final = 1024 * 1024
"""N-Triples up to which a graph is put in order, at some 100 ms."""
_SLICE_BYTES: Final = 32 * 1024
_LINES: Final = (N_TRIPLES.media_type, N_QUADS.media_type)
_TURTLE: Final = (TURTLE.media_type, TRIG.media_type)
_TRIPLE_TERM: Final = b"<<("


class Output(Protocol):
    """Takes the bytes of a result."""

    def write(self, data: bytes, /) -> int: ...
    def flush(self) -> None: ...


class _Long(Exception):
    """The graph is too long to be put in order."""


class _Collector:
    """Keeps N-Triples; when there are too many it passes them on as they are, which is Turtle too, or gives up."""

    def __init__(self, output: Output, most: int, *, passes_on: bool) -> None:
        self._output, self._most, self._passes_on = output, most, passes_on
        self._kept: list[bytes] = []
        self._size = 0
        self.is_passing = False

    def write(self, data: bytes) -> int:
        if self.is_passing:
            return self._output.write(data)
        self._kept.append(data)
        self._size += len(data)
        if self._size > self._most:
            if not self._passes_on:
                raise _Long
            self.is_passing = True
            for each in self._kept:
                self._output.write(each)
        return len(data)

    def flush(self) -> None:
        """Nothing waits here that could be passed on."""

    @property
    def ntriples(self) -> bytes:
        return b"".join(self._kept)


def write_graph(
    results: QueryTriples,
    again: Callable[[], QueryTriples],
    output: Output,
    *,
    media_type: str,
    prefixes: Mapping[str, str],
    max_bytes: int,
) -> None:
    """Write the result of CONSTRUCT or DESCRIBE.

    :param again: gives the results anew, when they turn out to be long.
    :param max_bytes: more than that is never kept in memory.
    :raises NotAcceptable: RDF/XML has no way to write one of the properties.
    """
    if media_type in _LINES:
        _serialize(results, output, RdfFormat.N_TRIPLES)
        return
    most = max_bytes if media_type == RDF_XML.media_type else _SHORT_BYTES
    collector = _Collector(output, most, passes_on=media_type in _TURTLE)
    try:
        _serialize(results, collector, RdfFormat.N_TRIPLES)
    except _Long:
        _serialize(again(), output, RdfFormat.JSON_LD if media_type == JSON_LD.media_type else RdfFormat.RDF_XML)
        return
    if collector.is_passing:
        return
    ntriples = collector.ntriples
    if _TRIPLE_TERM in ntriples:  # RDF 1.2, which only the engine can write
        native = RdfFormat.from_media_type(media_type)
        assert native is not None
        _serialize(again(), output, native)
        return
    written = memoryview(_written(ntriples, media_type, Names(prefixes)))
    for start in range(0, len(written), _SLICE_BYTES):
        output.write(bytes(written[start : start + _SLICE_BYTES]))


def _written(ntriples: bytes, media_type: str, names: Names) -> bytes:
    if media_type == JSON_LD.media_type:
        return to_jsonld(ntriples, names)
    if media_type == RDF_XML.media_type:
        return to_rdfxml(ntriples, names)
    return TurtleWriter(names).write(ntriples).encode()


def _serialize(results: QueryTriples, output: Output, rdf_format: RdfFormat) -> None:
    results.serialize(cast(IO[bytes], output), format=rdf_format)
