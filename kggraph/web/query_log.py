"""The log of queries that an operator may switch on: what was asked and how it went, never who asked."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from kggraph.config import Settings
from kggraph.web.logs import tell_unwritten
from kggraph.web.sparql_request import Asked

_MAX_TEXT = 20_000
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK  # a pipe instead of a file is not waited for


def log_query(
    settings: Settings, asked: Asked, format: str, status: int, started: float, *, cached: bool = False
) -> None:
    """Add a line of JSON to the file `query_log`, if there is one: by one write, so that processes do not mix.

    :param started: `time.perf_counter()` when the query came.
    """
    if not settings.query_log:
        return
    told: dict[str, Any] = {
        "day": time.strftime("%Y-%m-%d", time.gmtime()),
        "status": status,
        "ms": round((time.perf_counter() - started) * 1000, 2),
        "format": format,
        "cached": cached,
        "query": asked.text[:_MAX_TEXT],
    }
    line = json.dumps(told, ensure_ascii=False).encode("utf-8", "replace") + b"\n"
    try:
        file = os.open(
            settings.root / settings.query_log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o640
        )
        try:
            os.write(file, line)
        finally:
            os.close(file)
    except OSError as error:
        tell_unwritten(settings.query_log, error)
