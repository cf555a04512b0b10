"""Putting a generation into a SPARQL engine elsewhere: staged in a graph of its own, checked, and then complete.

https://www.w3.org/TR/sparql11-http-rdf-update/. Until a graph is complete no generation asks it, so a publication
that breaks off leaves what is served as it was; the next one goes on where it stopped. A generation that differs little
from one that is there already is made from that by one update request.
"""

from __future__ import annotations

import hashlib
import urllib.parse
import urllib.request
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from http.client import HTTPResponse
from itertools import islice
from pathlib import Path
from typing import Any, Final

from pyoxigraph import QueryResultsFormat, QuerySolutions, parse_query_results
from SPARQLWrapper import POST, SPARQLWrapper

from kggraph.errors import EngineError
from kggraph.rdf.media import N_TRIPLES, RESULTS_XML
from kggraph.store.remote import COMPLETE, Remote, graph_of, ledger_of
from kggraph.store.remote_engine import Breaker, authorization, patiently
from kggraph.terms import XSD

_PIECE_BYTES: Final = 4 * 1024 * 1024
_WRITE_S: Final = 600
_PATCH_LINES: Final = 5_000
"""Triples up to which a difference is sent as one update; engines limit the length of one."""
_COMPARED_BYTES: Final = 2 * 1024**3
"""Of N-Quads, up to which two generations are compared in memory at all."""


@dataclass(frozen=True, slots=True)
class Quads:
    """N-Quads of a generation: the default graph first, then the named graphs."""

    version: str
    path: Path
    triples: int
    """In the default graph, one a line."""

    def default_graph(self) -> Iterator[bytes]:
        """Its lines."""
        with self.path.open("rb") as file:
            yield from islice(file, self.triples)

    def named_graphs(self) -> dict[str, bytes]:
        """IRI to N-Triples."""
        found: dict[str, list[bytes]] = {}
        with self.path.open("rb") as file:
            for line in islice(file, self.triples, None):
                triple, _, graph = line.rpartition(b" <")
                found.setdefault(graph.decode().removesuffix("> .\n"), []).append(triple + b" .\n")
        return {iri: b"".join(lines) for iri, lines in found.items()}

    def pieces(self) -> Iterator[bytes]:
        """The default graph in pieces; all triples with blank nodes are in the first."""
        yield b"".join(line for line in self.default_graph() if _has_blank(line))
        lines: list[bytes] = []
        size = 0
        for line in self.default_graph():
            if not _has_blank(line):
                lines.append(line)
                size += len(line)
                if size > _PIECE_BYTES:
                    yield b"".join(lines)
                    lines, size = [], 0
        if lines:
            yield b"".join(lines)


@dataclass(frozen=True, slots=True)
class Difference:
    """What makes the triples of one generation of those of another."""

    removed: tuple[bytes, ...]
    added: tuple[bytes, ...]


class Publisher:
    """Publishes generations into one engine.

    :param notes: folder for a file that says how far a publication came.
    """

    def __init__(self, remote: Remote, notes: Path) -> None:
        self._remote, self._notes, self._breaker = remote, notes, Breaker(_WRITE_S)
        self._ledger = ledger_of(remote.base)

    def publish(
        self, quads: Quads, previous: Iterable[Quads] = (), tell: Callable[[int, int], None] = lambda done, total: None
    ) -> None:
        """Put the triples of a generation into the engine, unless they are there.

        :param previous: other generations, of which it may be made if the engine has them.
        :param tell: called with the triples that were sent and all there are to send.
        :raises EngineUnavailable: the engine does not answer; publish again to go on.
        :raises EngineError: it cannot take the data, or has others than it was given.
        """
        complete = self.complete()
        if quads.version in complete:
            self._note(quads.version).unlink(missing_ok=True)  # of a publication that was killed at its very end
            return
        for iri, lines in quads.named_graphs().items():
            self._graph_store("PUT", iri, lines)
        for other in previous:
            if other.version in complete and (found := difference(other, quads)) is not None:
                self._patch(other.version, quads.version, found)
                break
        else:
            self._load(quads, tell)
        self._finish(quads)

    def complete(self) -> frozenset[str]:
        """Versions of the generations that are in the engine as a whole."""
        start = graph_of(self._remote.base, "")
        rows = self._rows(f"SELECT ?graph {{ GRAPH <{self._ledger}> {{ ?graph {COMPLETE} ?count }} }}")
        return frozenset(row["graph"].value.removeprefix(start) for row in rows)

    def forget(self, keep: Collection[str]) -> frozenset[str]:
        """Take the graphs of all other generations out of the engine; gives their versions."""
        gone = self.complete() - frozenset(keep)
        for version in sorted(gone):
            self._note(version).unlink(missing_ok=True)
            graph = graph_of(self._remote.base, version)
            self._update(
                f"DELETE WHERE {{ GRAPH <{self._ledger}> {{ <{graph}> {COMPLETE} ?count }} }} ;\n"
                f"DROP SILENT GRAPH <{graph}>"
            )
        return gone

    def _load(self, quads: Quads, tell: Callable[[int, int], None]) -> None:
        """Send everything in pieces; those that an earlier attempt sent are not sent again."""
        note, graph = self._note(quads.version), graph_of(self._remote.base, quads.version)
        done = int(note.read_text()) if note.exists() else 0
        sent = 0
        for number, piece in enumerate(quads.pieces()):
            if number >= done:
                # The first one replaces what is there, so that blank nodes are never in the graph twice.
                self._graph_store("POST" if number else "PUT", graph, piece)
                new = note.with_suffix(".new")
                new.write_text(str(number + 1))
                new.replace(note)
            sent += piece.count(b"\n")
            tell(sent, quads.triples)

    def _patch(self, old: str, new: str, found: Difference) -> None:
        source, graph = graph_of(self._remote.base, old), graph_of(self._remote.base, new)
        parts = [f"COPY <{source}> TO <{graph}>"]
        for verb, lines in (("DELETE", found.removed), ("INSERT", found.added)):
            if lines:
                parts.append(f"{verb} DATA {{ GRAPH <{graph}> {{\n{b''.join(lines).decode()}}} }}")
        self._update(" ;\n".join(parts))

    def _finish(self, quads: Quads) -> None:
        """Check what the engine has, and say that it is complete."""
        graph = graph_of(self._remote.base, quads.version)
        found = int(self._rows(f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}")[0]["n"].value)
        if found != quads.triples:
            self._note(quads.version).unlink(missing_ok=True)
            self._update(f"DROP SILENT GRAPH <{graph}>")
            raise EngineError(
                f"The query engine has {found:,} triples where {quads.triples:,} were sent; what was served before "
                "stays. Publish again; when it stays so, docs/scaling.md tells what engines change of literals."
            )
        count = f'"{quads.triples}"^^<{XSD}integer>'
        self._update(f"INSERT DATA {{ GRAPH <{self._ledger}> {{ <{graph}> {COMPLETE} {count} }} }}")
        self._note(quads.version).unlink(missing_ok=True)

    def _note(self, version: str) -> Path:
        """How many pieces of a generation were sent."""
        return self._notes / f"remote-{version}.sent"

    # ------------------------------------------------------------------ requests
    def _rows(self, text: str) -> list[Any]:
        wrapper = self._wrapper(self._remote.query_url, text)
        wrapper.addCustomHttpHeader("Accept", RESULTS_XML.media_type)
        body: bytes = patiently(lambda: _read(wrapper.query().response), self._remote, self._breaker)
        found = parse_query_results(body, format=QueryResultsFormat.XML)
        return list(found) if isinstance(found, QuerySolutions) else []

    def _update(self, text: str) -> None:
        """An update; each one used here gives the same when it is repeated."""
        wrapper = self._wrapper(self._remote.update_url, text)
        patiently(lambda: _read(wrapper.query().response), self._remote, self._breaker)

    def _wrapper(self, url: str, text: str) -> SPARQLWrapper:
        wrapper = SPARQLWrapper(url)
        wrapper.setMethod(POST)
        wrapper.setTimeout(_WRITE_S)
        wrapper.setQuery(text)
        for name, value in authorization(self._remote).items():
            wrapper.addCustomHttpHeader(name, value)
        return wrapper

    def _graph_store(self, method: str, graph: str, ntriples: bytes) -> None:
        url = f"{self._remote.graph_store_url}?graph={urllib.parse.quote(graph, safe='')}"
        headers = {"Content-Type": N_TRIPLES.media_type, **authorization(self._remote)}
        request = urllib.request.Request(url, data=ntriples, method=method, headers=headers)
        patiently(lambda: _read(urllib.request.urlopen(request, timeout=_WRITE_S)), self._remote, self._breaker)


def _read(answer: HTTPResponse) -> bytes:
    with answer:
        return answer.read()


# ------------------------------------------------------------------ N-Quads
def difference(old: Quads, new: Quads) -> Difference | None:
    """What makes the default graph of one file of that of another; None when it is too much for one update.

    Blank nodes have no names that an engine knows, so a difference in them is too much.
    """
    if old.path.stat().st_size + new.path.stat().st_size > _COMPARED_BYTES:
        return None
    before = {_digest(line) for line in old.default_graph()}
    added: list[bytes] = []
    for line in new.default_graph():
        digest = _digest(line)
        if digest in before:
            before.discard(digest)
        else:
            added.append(line)
            if len(added) > _PATCH_LINES:
                return None
    if len(before) + len(added) > _PATCH_LINES:
        return None
    removed = [line for line in old.default_graph() if _digest(line) in before]
    if any(_has_blank(line) for line in (*added, *removed)):
        return None
    return Difference(tuple(removed), tuple(added))


def _digest(line: bytes) -> bytes:
    return hashlib.blake2s(line, digest_size=12).digest()


def _has_blank(line: bytes) -> bool:
    return line.startswith(b"_:") or b" _:" in line.split(b'"', 1)[0]
