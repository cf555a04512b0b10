"""Oxigraph in this process: for the command line and tests. What serves the public is `client` with `host`."""

from __future__ import annotations

from collections.abc import Mapping

from pyoxigraph import Store

from kggraph.errors import QuerySyntaxError
from kggraph.store.evaluate import Dataset, Result
from kggraph.store.files import open_store
from kggraph.store.protocol import QueryAnswer, QueryRequest
from kggraph.store.task import explained, task_of

__all__ = ["EmbeddedEngine", "open_store"]


class EmbeddedEngine:
    """Answers in this process: for the command line and tests. Its queries cannot be stopped, so not for the public."""

    def __init__(self, store: Store | Dataset, prefixes: Mapping[str, str] | None = None) -> None:
        self._dataset = store if isinstance(store, Dataset) else Dataset(store)
        self._prefixes = prefixes or {}

    def query(self, request: QueryRequest) -> QueryAnswer:
        """See `QueryEngine.query`; time and memory are not limited."""
        task = task_of(request, self._prefixes)
        chunks: list[bytes] = []
        result = Result(self._dataset, task, piece_bytes=1 << 16, send=chunks.append)
        try:
            truncated = result.run()
        except QuerySyntaxError as error:
            raise explained(error, request.text, self._prefixes) from None
        chunks.append(result.rest)
        return QueryAnswer(task.results, task.kind, iter(chunks), truncated, sum(map(len, chunks)))
