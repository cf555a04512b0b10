"""A query run on Oxigraph, as bytes from end to end and within its limits.

Solutions are never looped over: one `serialize` a query, which writes its bytes to `Result`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import combinations
from typing import IO, ClassVar, Final, cast

from pyoxigraph import (
    DefaultGraph,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    Store,
    Variable,
)

from kggraph.errors import EngineUnavailable, KgError, QueryOutOfMemory, QueryRefused, QuerySyntaxError, ResultTooLarge
from kggraph.rdf.media import RESULTS_CSV, RESULTS_JSON, RESULTS_TSV, RESULTS_XML
from kggraph.store.existence import nested
from kggraph.store.graphs import write_graph
from kggraph.store.grouping import counted
from kggraph.store.protocol import Task
from kggraph.store.tally import Tally

_MERGED_KEPT: Final = 4
_EXISTS: Final = "exists"
_COUNT: Final = "count"
_SHARED_TRIPLE: Final = "ASK { GRAPH ?first { ?s ?p ?o } GRAPH ?second { ?s ?p ?o } }"

Results = QuerySolutions | QueryTriples | QueryBoolean


class Dataset:
    """A store with the datasets that queries may ask of it.

    :param tally: of the default graph of the store.
    """

    needs_network: ClassVar[bool] = False
    """Whether who evaluates queries has to open sockets."""

    def __init__(self, store: Store, tally: Tally | None = None) -> None:
        self.store, self._tally = store, tally
        self._merged: dict[tuple[str, ...], Store | None] = {}

    def results(self, text: str, task: Task) -> Results:
        """The results of a query; the engine puts most of the work off until they are written.

        https://www.w3.org/TR/sparql11-protocol/#dataset: a dataset in the request is all there is, and what it does
        not name is empty.

        :raises QuerySyntaxError: in the engine's words.
        """
        is_whole = task.default_graphs is None and task.named_graphs is None
        folded = text.casefold()
        if self._tally and is_whole and _COUNT in folded:
            text = counted(text, self._tally)
        if _EXISTS in folded:
            text = nested(text)
        if is_whole:
            return self.store.query(text, base_iri=task.base_iri)
        default, named = task.default_graphs or (), task.named_graphs or ()
        merged = self._merge(default, named) if len(default) > 1 else None
        return (merged or self.store).query(
            text,
            base_iri=task.base_iri,
            default_graph=DefaultGraph() if merged else [NamedNode(iri) for iri in default],
            named_graphs=[NamedNode(iri) for iri in named],
        )

    def _merge(self, default: tuple[str, ...], named: tuple[str, ...]) -> Store | None:
        """A store whose default graph is the merge of graphs that share triples: Oxigraph would count those twice."""
        key = (*default, "", *named)
        if key not in self._merged:
            if len(self._merged) >= _MERGED_KEPT:
                self._merged.clear()
            self._merged[key] = self._merged_store(default, named) if self._overlap(default) else None
        return self._merged[key]

    def _overlap(self, graphs: tuple[str, ...]) -> bool:
        pairs = combinations((NamedNode(iri) for iri in graphs), 2)
        first, second = Variable("first"), Variable("second")
        return any(self.store.query(_SHARED_TRIPLE, substitutions={first: a, second: b}) for a, b in pairs)

    def _merged_store(self, default: tuple[str, ...], named: tuple[str, ...]) -> Store:
        merged = Store()
        for iri in default:
            quads = self.store.quads_for_pattern(None, None, None, NamedNode(iri))
            merged.extend(Quad(quad.subject, quad.predicate, quad.object) for quad in quads)
        for iri in named:
            merged.extend(self.store.quads_for_pattern(None, None, None, NamedNode(iri)))
        return merged


class Result:
    """Takes a result from the engine, within its limits, and passes it on in pieces.

    :param send: takes each piece of `piece_bytes`; the last one, which is smaller and may be empty, is left in `rest`.
    :param settle: called once when more than `hold_bytes` are there, with whether solutions were cut off.
    """

    def __init__(
        self,
        dataset: Dataset,
        task: Task,
        *,
        piece_bytes: int,
        send: Callable[[bytes], None],
        settle: Callable[[bool], None] = lambda truncated: None,
    ) -> None:
        self._dataset, self._task = dataset, task
        self._piece_bytes, self._send, self._settle = piece_bytes, send, settle
        self._pieces: list[bytes] = []
        self._waiting = self._total = 0
        self._rows = RowBound(task.results, task.max_solutions)
        self._truncated: bool | None = False if task.beyond is None else None
        self._held = True

    def run(self) -> bool:
        """Evaluate the query; whether solutions were cut off at `max_solutions`.

        :raises KgError: as `QueryEngine.query` says.
        """
        with engine_errors(self._task):
            results = self._dataset.results(self._task.text, self._task)
            try:
                self._write_results(results)
            except SyntaxError:  # results of an engine elsewhere, which are read while they are written
                raise EngineUnavailable(
                    "The query engine sent a result that breaks off or is no result; ask again."
                ) from None
            if self._total > self._task.max_result_bytes:
                raise too_large(self._task.max_result_bytes)
            self._rows.add(self.rest)
            return self._is_truncated() if self._rows.reaches_limit() else False

    def _write_results(self, results: Results) -> None:
        if isinstance(results, QueryBoolean):
            self.write(results.serialize(format=_results_format(self._task.results)) or b"")
        elif isinstance(results, QuerySolutions):
            results = self._in_order(results)
            results.serialize(cast(IO[bytes], self), format=_results_format(self._task.results))
        else:
            write_graph(
                results,
                lambda: cast(QueryTriples, self._dataset.results(self._task.text, self._task)),
                self,
                media_type=self._task.results,
                prefixes=dict(self._task.prefixes),
                max_bytes=self._task.max_result_bytes,
            )

    def _in_order(self, results: QuerySolutions) -> QuerySolutions:
        """Results of `SELECT *` with the variables in the order of the query, which Oxigraph gives by the alphabet."""
        names = [variable.value for variable in results.variables]
        order = [name for name in self._task.variables if name in names]
        if order == names or len(order) != len(names):
            return results
        text, star = self._task.text, self._task.star
        text = f"{text[:star]} {' '.join(f'?{name}' for name in order)} {text[star + 1 :]}"
        return cast(QuerySolutions, self._dataset.results(text, self._task))

    @property
    def rest(self) -> bytes:
        return b"".join(self._pieces)

    def write(self, data: bytes) -> int:
        """Takes bytes from the engine."""
        size = len(data)
        self._total += size
        self._waiting += size
        self._pieces.append(data)
        if self._waiting >= self._piece_bytes:
            self._pass_on()
        return size

    def flush(self) -> None:
        """Nothing to do: what is left is in `rest`."""

    def _pass_on(self) -> None:
        task = self._task
        if self._total > task.max_result_bytes:
            raise too_large(task.max_result_bytes)
        # The engine writes as it likes, up to several thousand bytes at a time; a piece is never larger than was asked.
        there = b"".join(self._pieces)
        whole = len(there) - len(there) % self._piece_bytes
        self._rows.add(there[:whole])
        if self._held and self._total > task.hold_bytes:
            self._held = False
            self._settle(self._is_truncated())
        for start in range(0, whole, self._piece_bytes):
            self._send(there[start : start + self._piece_bytes])
        self._pieces, self._waiting = [there[whole:]], len(there) - whole

    def _is_truncated(self) -> bool:
        if self._truncated is None:
            more = self._dataset.results(self._task.beyond or "", self._task)
            self._truncated = next(iter(cast(QuerySolutions, more)), None) is not None
        return self._truncated


class RowBound:
    """A bound of how many rows are in the bytes of a result, so that it is seldom asked whether the limit cut any off.

    >>> bound = RowBound("text/csv", 100)
    >>> bound.add(b"s\\r\\na\\r\\nb\\r\\n")
    >>> bound.reaches_limit()
    False
    """

    # What every row has at least once, and how many bytes a row has at least
    _MARKS: ClassVar[Mapping[str, tuple[bytes, int]]] = {
        RESULTS_JSON.media_type: (b"},{", 3),
        RESULTS_XML.media_type: (b"<result>", 17),
        RESULTS_CSV.media_type: (b"\n", 1),
        RESULTS_TSV.media_type: (b"\n", 1),
    }

    def __init__(self, media_type: str, limit: int) -> None:
        self._mark, row_bytes = self._MARKS.get(media_type, (b"", 0))
        self._limit = limit
        # The first bytes are not searched but taken to be rows of the shortest kind, as long as that is no harm.
        self._free = limit // 2 * row_bytes
        self._rows = limit // 2 + 2
        self._tail = b""

    def add(self, piece: bytes) -> None:
        """Takes the next bytes of the result."""
        if not self._mark:
            return
        if self._free >= len(piece):
            self._free -= len(piece)
        else:
            self._free = 0
            self._rows += (self._tail + piece).count(self._mark)
        self._tail = piece[-len(self._mark) + 1 :] if len(self._mark) > 1 else b""

    def reaches_limit(self) -> bool:
        return bool(self._mark) and self._rows >= self._limit


def too_large(allowed_bytes: int) -> ResultTooLarge:
    """The error for a result of more bytes than are allowed."""
    megabytes = allowed_bytes / 1024 / 1024
    allowed = f"{megabytes:,.0f} MB" if megabytes >= 1 else f"{allowed_bytes:,} bytes"
    return ResultTooLarge(
        f"The result has more than {allowed}; ask for less with LIMIT or fewer columns, or use the files to download.",
        allowed=megabytes,
    )


@contextmanager
def engine_errors(task: Task) -> Iterator[None]:
    """Turns what Oxigraph raises into our errors; a syntax error keeps the engine's words."""
    try:
        yield
    except KgError:
        raise
    except SyntaxError as error:
        raise QuerySyntaxError(str(error)) from None
    except MemoryError:
        raise out_of_memory(task.memory_mb) from None
    except (RuntimeError, ValueError, OSError) as error:
        said = str(error)
        if "function" in said:
            raise QueryRefused(f"{said.rstrip('.')} here.", what="function") from None
        if isinstance(error, OSError) or "service" in said.lower():
            raise QueryRefused(
                "The query asks another server, which this endpoint does not do.", what="SERVICE"
            ) from None
        raise KgError(f"The engine cannot answer this query: {said.rstrip('.')}.") from None


def out_of_memory(allowed_mb: int) -> QueryOutOfMemory:
    """The error for a query that needed more memory than is allowed."""
    return QueryOutOfMemory(
        f"The query needed more than {allowed_mb:,} MB of memory and was stopped; ask for less at a time, without "
        "DISTINCT, ORDER BY or GROUP BY over large results.",
        allowed=allowed_mb,
    )


def _results_format(media_type: str) -> QueryResultsFormat:
    found = QueryResultsFormat.from_media_type(media_type)
    assert found is not None, media_type
    return found
