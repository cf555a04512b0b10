"""A query engine that is timed: counts for Prometheus, and a line in the log for what is slow."""

from __future__ import annotations

import hashlib
import logging
import time

from kggraph.errors import KgError
from kggraph.store.lexer import tokens
from kggraph.store.protocol import QueryAnswer, QueryEngine, QueryRequest
from kggraph.web import metrics
from kggraph.web.turns import give_back

_log = logging.getLogger("kggraph.slow")
_MAX_TEXT = 4_000


class MeteredEngine:
    """A `QueryEngine` around another one."""

    def __init__(self, engine: QueryEngine, slow_query_s: float) -> None:
        """
        :param slow_query_s: seconds after which a query is told in the log.
        """
        self._engine, self._slow_s = engine, slow_query_s

    def is_there(self) -> bool:
        """Whether it can be asked; an engine that does not tell always can."""
        return bool(getattr(self._engine, "is_there", lambda: True)())

    def query(self, request: QueryRequest) -> QueryAnswer:
        """See `QueryEngine.query`."""
        started = time.perf_counter()
        outcome = "internal"
        give_back()
        try:
            answer = self._engine.query(request)
            outcome = "truncated" if answer.truncated else "whole"
            return answer
        except KgError as error:
            outcome = error.code
            raise
        finally:
            took = time.perf_counter() - started
            metrics.ended(outcome).observe(took)
            if took >= self._slow_s:
                metrics.slow_queries.inc()
                digest = hashlib.sha256(request.text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
                told = {"outcome": outcome, "ms": round(took * 1000), "digest": digest}
                _log.warning("slow query", extra={"told": {**told, "query": without_texts(request.text)[:_MAX_TEXT]}})


def without_texts(query: str) -> str:
    """A query with its strings and comments left out, which may hold what someone is looking for.

    >>> without_texts("SELECT * { ?s ?p 'Jansen'@nl } # for me")
    "SELECT * { ?s ?p '…' @nl }"
    """
    return " ".join("'…'" if token.kind == "string" else token.text for token in tokens(query) if token.text)
