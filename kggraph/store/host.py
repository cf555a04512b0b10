"""The query host: one single-threaded process that holds the data, and forks the workers that answer queries.

    python -m kggraph.store.host --data PATH --socket PATH [--workers 2] ...

PATH is an RDF file, or the store folder of a generation. On standard output it writes one line of JSON: that it is
ready, or why it cannot be. SIGTERM ends it when the queries that run have ended, SIGINT at once.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Final

from pyoxigraph import Store

from kggraph.errors import ConfigError, KgError
from kggraph.rdf.media import RESULTS_JSON
from kggraph.standard_streams import never_waiting
from kggraph.store import wire
from kggraph.store.dispatch import Dispatcher
from kggraph.store.evaluate import Dataset, Result
from kggraph.store.files import is_on_disk, open_store
from kggraph.store.limits import HostLimits
from kggraph.store.protocol import Task
from kggraph.store.remote import Remote
from kggraph.store.sandbox import end_with_parent

_FIRST_QUERY: Final = (
    "SELECT ?s { { SELECT ?s ?o { ?s ?p ?o } LIMIT 100 } FILTER(REGEX(STR(?o), 'a', 'i')) "
    "FILTER EXISTS { ?s ?p ?o } } ORDER BY ?s LIMIT 1"
)
"""A little of everything, on a few triples: over all of a large database on disk it would take minutes."""
_STACK_BYTES: Final = 64 * 1024 * 1024
"""Stack of a worker: the engine's parser and evaluator are recursive."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a query host; gives its exit code."""
    options = _options(arguments)
    if options.parent:
        end_with_parent(options.parent)
    with never_waiting():
        return _serve(options)


def _serve(options: argparse.Namespace) -> int:
    try:
        remote = Remote.of(json.load(sys.stdin)) if options.remote else None
        make_dataset, count = _reach(remote, options.version) if remote else _load(options.data)
        limits = HostLimits(**{field.name: getattr(options, field.name) for field in fields(HostLimits)})
        dispatcher = Dispatcher(options.socket, make_dataset, limits, version=options.version)
    except KgError as error:
        _tell({"error": wire.load(wire.error_content(error)), "exit_code": error.exit_code, "sentence": str(error)})
        return error.exit_code
    # What is there now is shared by all workers; a collector that touched it would copy it into each of them.
    gc.collect()
    gc.freeze()
    gc.disable()
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    most = _STACK_BYTES if hard == resource.RLIM_INFINITY else min(_STACK_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_STACK, (most, hard))
    dispatcher.run(lambda: _tell({"ready": True, "quads": count, "process": os.getpid()}))
    return 0


def _load(path: Path) -> tuple[Callable[[], Dataset], int]:
    """What makes a worker's dataset, and the number of quads (-1: not counted)."""
    if is_on_disk(path):
        return (lambda: _warm(open_store(path))), -1  # its threads would not survive a fork, so each worker opens it
    if not path.exists():
        raise ConfigError(f"There is no file {path}.", key="data")
    dataset = _warm(open_store(path))
    threads = len(list(Path("/proc/self/task").iterdir()))
    if threads != 1:
        raise KgError(f"The query host has {threads} threads, and can have only one before it forks.")
    return (lambda: dataset), len(dataset.store)


def _reach(remote: Remote, version: str) -> tuple[Callable[[], Dataset], int]:
    """The same for an engine elsewhere; when it does not answer now it may do so later, so that only is said."""
    from kggraph.store.remote_engine import Breaker, RemoteDataset  # takes longer to import than to start without

    dataset = RemoteDataset(remote, version, Breaker(remote.timeout_s))
    task = Task("ASK {}", None, "boolean", RESULTS_JSON.media_type, None, None, None, 1024, 1, 1 << 20, 1 << 20)
    try:
        Result(dataset, task, piece_bytes=1 << 16, send=lambda piece: None).run()
    except KgError as error:
        sys.stderr.write(f"query host: {error}\n")
    return (lambda: dataset), -1


def _warm(store: Store) -> Dataset:
    """What an engine makes at its first query is made before the fork, and before files can no longer be opened."""
    dataset = Dataset(store)
    task = Task(_FIRST_QUERY, None, "solutions", RESULTS_JSON.media_type, None, None, None, 1024, 1, 1 << 20, 1 << 20)
    Result(dataset, task, piece_bytes=1 << 16, send=lambda piece: None).run()
    return dataset


def _tell(members: dict[str, object]) -> None:
    sys.stdout.write(wire.dump(members).decode("utf-8", "replace") + "\n")
    sys.stdout.flush()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kggraph.store.host", allow_abbrev=False)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--socket", type=Path, required=True)
    parser.add_argument("--version", default="", help="version of the data, told with every answer")
    parser.add_argument("--remote", action="store_true", help="standard input says, as JSON, which engine has the data")
    parser.add_argument("--parent", type=int, default=0, help="process without which this one ends")
    for field in fields(HostLimits):
        default = field.default
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=type(default), default=default)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
