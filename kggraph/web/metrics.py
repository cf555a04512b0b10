"""What is counted and timed, for Prometheus; the web processes count together in a folder (`config.share_metrics`)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

import kggraph
from kggraph.config import shared_metrics
from kggraph.errors import ConfigError
from kggraph.publish.generation import Manifest

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_FILES: Final = ("counter", "histogram")
_FILE_BYTES: Final = 1 << 20
"""As prometheus_client makes a file; all that is counted here takes a quarter of that."""
_SECONDS: Final = (0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0)

_own: Final = CollectorRegistry()
_requests: Final = Histogram(
    "kggraph_request_seconds",
    "Requests: time until the answer was made",
    ("kind", "status"),
    buckets=_SECONDS,
    registry=_own,
)
limited = Counter("kggraph_rate_limited_total", "Requests refused for their rate", ("kind",), registry=_own)
_queries: Final = Histogram(
    "kggraph_query_seconds",
    "Queries to the engine: time until the answer began",
    ("outcome",),
    buckets=_SECONDS,
    registry=_own,
)
answered: Final = lru_cache(maxsize=256)(_requests.labels)
"""The times of one kind of request with one status; `ended` those of queries with one outcome."""
ended: Final = lru_cache(maxsize=256)(_queries.labels)
slow_queries = Counter("kggraph_slow_queries_total", "Queries slower than slow_query_s", registry=_own)

lost_lines = Counter("kggraph_log_lines_lost_total", "Lines of the log that nobody read in time", registry=_own)


def reserve() -> None:
    """Take the room for what this process will count, before it counts.

    A page of a mapped file that the disk has no room for ends a process that writes to it (SIGBUS), so the files of
    prometheus_client are made here, whole.

    :raises ConfigError: there is no room.
    """
    if (folder := shared_metrics()) is None:
        return
    try:
        for kind in _FILES:
            with (Path(folder) / f"{kind}_{os.getpid()}.db").open("ab") as file:
                os.posix_fallocate(file.fileno(), 0, _FILE_BYTES)
    except OSError as error:
        raise ConfigError(
            f"The folder for temporary files (TMPDIR) has no room for what a web process counts: {error.strerror}; "
            f"each needs {len(_FILES) * _FILE_BYTES >> 20} MB."
        ) from None


def exposition(manifest: Manifest | None) -> bytes:
    """Everything in the text format of Prometheus.

    :param manifest: of the generation that is served.
    """
    folder = shared_metrics()
    counted = _own
    if folder:
        counted = CollectorRegistry()
        MultiProcessCollector(counted, path=folder)  # type: ignore[no-untyped-call]
    return b"".join((generate_latest(counted), *_told(manifest)))


def _told(manifest: Manifest | None) -> Iterator[bytes]:
    told = CollectorRegistry()
    info = Gauge(
        "kggraph_info", "The program and the generation that is served", ("program", "generation"), registry=told
    )
    info.labels(kggraph.__version__, manifest.hash if manifest else "").set(1)
    if manifest:
        Gauge("kggraph_triples", "Triples in the default graph", registry=told).set(manifest.triples)
        things = Gauge("kggraph_things", "Things by kind", ("kind",), registry=told)
        for kind, count in manifest.kinds.items():
            things.labels(kind).set(count)
    yield generate_latest(told)
