"""What every query engine here takes and gives, whichever process or engine is behind it.

`QueryEngine` has one method. `embedded.EmbeddedEngine` answers in this process (command line, tests), and
`client.QueryClient` through the query host, where a query can be stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from kggraph.rdf.results import ResultKind


class QueryRequest(NamedTuple):
    """One query with the form of its result and its limits.

    >>> QueryRequest("ASK {}", "application/sparql-results+json").timeout_s
    10.0
    """

    text: str
    results: str
    """Media type of the result; one of `kggraph.rdf.results` that fits the query's form."""
    default_graphs: tuple[str, ...] | None = None
    """`default-graph-uri` of the protocol; with `named_graphs` it overrides FROM. Both None: the query's dataset."""
    named_graphs: tuple[str, ...] | None = None
    timeout_s: float = 10.0
    memory_mb: int = 2048
    max_solutions: int = 1_000_000
    max_result_bytes: int = 256 * 1024 * 1024
    max_query_bytes: int = 1024 * 1024
    base_iri: str | None = None
    client: str = ""
    """Who asks (for a fair queue): any short key, such as a hash of the address; equal keys share their turn."""
    hold_bytes: int = 8 * 1024 * 1024
    """Bytes kept back until the result is known to be whole, so that its status is certain; more than that streams."""


class Task(NamedTuple):
    """A request that the guard has let through, as it goes to whatever runs it."""

    text: str
    beyond: str | None
    """A query that has a solution when `text` cut some off; None when it cannot."""
    kind: ResultKind
    results: str
    base_iri: str | None
    default_graphs: tuple[str, ...] | None
    named_graphs: tuple[str, ...] | None
    memory_mb: int
    max_solutions: int
    max_result_bytes: int
    hold_bytes: int
    star: int = -1
    """Where the `*` of the outermost SELECT stands in `text` and `beyond`."""
    variables: tuple[str, ...] = ()
    """The order of its variables."""
    prefixes: tuple[tuple[str, str], ...] = ()
    """Prefixes to write a graph with: those known here, then those of the query."""


@dataclass(slots=True)
class QueryAnswer:
    """A result, as bytes in the media type asked for.

    Errors found before the first `hold_bytes` are raised by `query` itself. Later ones are raised while `chunks` is
    read, and the receiver must then see a broken answer, never one that looks complete.
    """

    media_type: str
    kind: ResultKind
    chunks: Iterator[bytes]
    truncated: bool = False
    """The result was cut at exactly `max_solutions` and has more; always known before the first chunk."""
    length: int | None = None
    """Bytes of the whole result when all of it is here; None: it streams."""
    queued_s: float = 0.0
    """Seconds waited for a free worker."""
    version: str = ""
    """Version of the data that gave the answer, when the engine was told one."""
    failed_services: tuple[str, ...] = ()
    """Other servers that did not answer, where the query said SERVICE SILENT: their part of the result is missing."""
    closing: Callable[[], None] = field(default=lambda: None, repr=False)

    def read(self) -> bytes:
        """The whole result."""
        return b"".join(self.chunks)

    def close(self) -> None:
        """Stops a result that is no longer wanted; harmless when it has ended."""
        self.closing()


class QueryEngine(Protocol):
    """Answers SPARQL queries."""

    def query(self, request: QueryRequest) -> QueryAnswer:
        """The answer to a query.

        :raises QuerySyntaxError: not SPARQL 1.1, with line and column.
        :raises QueryRefused: an update, SERVICE, too long or nested too deeply.
        :raises QueryTimeout: stopped at its deadline; also `QueryOutOfMemory`, `ResultTooLarge`.
        :raises TooBusy: no free worker in time; TooManyRequests when one client asks too many at once.
        :raises QueryHostUnavailable: the query host cannot be reached.
        """
        ...
