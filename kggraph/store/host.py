"""The query host: one single-threaded process that holds the data, and forks the workers that answer queries.

    python -m kggraph.store.host --data PATH --socket PATH [--workers 2] ...

PATH is an RDF file, or the store folder of a generation. On standard output it writes one line of JSON: that it is
ready, or why it cannot be. SIGTERM ends it when the queries that run have ended, SIGINT at once.

With --listen, a line of JSON on standard input, `{"data": PATH, "version": ...}`, asks it to hold other data without
reading all: those of a generation that shares its base, or any database on disk. It answers by a line, whether it does.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import resource
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
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
from kggraph.store.overlay import Overlay, base_of, lay_over, read_overlay
from kggraph.store.protocol import Task
from kggraph.store.remote import Remote
from kggraph.store.sandbox import end_with_parent
from kggraph.store.tally import Tally, read_tally

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
        held = Held(options.data)
        make_dataset, count = _reach(remote, options.version) if remote else held.load()
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
    if options.listen:
        dispatcher.listen_to(sys.stdin.fileno(), Changer(held, dispatcher).hear)
    dispatcher.run(lambda: _tell({"ready": True, "quads": count, "process": os.getpid()}))
    return 0


class Held:
    """The data of a host, and what they are changed to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._base, self._overlay = "", Overlay()
        self._store: Store | None = None
        """In memory; nothing when it is on disk."""
        self._tally: Tally | None = None

    def load(self) -> tuple[Callable[[], Dataset], int]:
        """What makes a worker's dataset, and the number of quads (-1: not counted)."""
        path = self._path
        if path.is_dir():
            self._base, self._overlay = base_of(path), read_overlay(path)
            self._tally = tally = read_tally(path, self._overlay)
        if is_on_disk(path):
            return (lambda: _warm(open_store(path), tally)), -1  # its threads would not survive a fork
        if not path.exists():
            raise ConfigError(f"There is no file {path}.", key="data")
        dataset = _warm(_read_apart(path), self._tally)
        threads = len(list(Path("/proc/self/task").iterdir()))
        if threads != 1:
            raise KgError(f"The query host has {threads} threads, and can have only one before it forks.")
        self._store = dataset.store
        return (lambda: dataset), len(dataset.store)

    def change(self, path: Path) -> Callable[[], Dataset] | None:
        """What makes a worker's dataset of other data; nothing when they have to be read as a whole."""
        store = self._store
        if is_on_disk(path):
            tally = read_tally(path, read_overlay(path))
            return (lambda: _warm(open_store(path), tally)) if store is None else None
        if store is None or not self._base or base_of(path) != self._base:
            return None
        new = read_overlay(path)
        lay_over(store, new, self._overlay)
        self._overlay = new
        tally = self._tally = self._tally.laid_over(new) if self._tally else None
        return lambda: Dataset(store, tally)


class Changer:
    """Hears from who started the host what it is to hold."""

    def __init__(self, held: Held, dispatcher: Dispatcher) -> None:
        self._held, self._dispatcher = held, dispatcher
        self._said = b""

    def hear(self) -> bool:
        """Read what was said, and do it when it is a whole line; gives whether there may be more."""
        said = os.read(sys.stdin.fileno(), 1 << 16)
        *lines, self._said = (self._said + said).split(b"\n")
        for line in lines:
            told = json.loads(line)
            try:
                make_dataset = self._held.change(Path(told["data"]))
            except OSError:
                make_dataset = None
            if make_dataset:
                self._dispatcher.renew(make_dataset, told["version"])
            _tell({"ready": make_dataset is not None})
        return bool(said)


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


def _read_apart(path: Path) -> Store:
    """The store of a folder or file, in memory that nothing else is put between.

    The C library gives a thread an arena of its own. Read by the main thread, the data would have the workers' next
    allocations in the holes between them, and with each of these the kernel copies a page for the worker: that was half
    of the time of a query of 3 ms.
    """
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(open_store, path).result()


def _warm(store: Store, tally: Tally | None) -> Dataset:
    """What an engine makes at its first query is made before the fork, and before files can no longer be opened."""
    dataset = Dataset(store, tally)
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
    parser.add_argument("--listen", action="store_true", help="standard input says when to hold other data")
    parser.add_argument("--parent", type=int, default=0, help="process without which this one ends")
    for field in fields(HostLimits):
        default = field.default
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=type(default), default=default)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
