#!/usr/bin/env python3
"""Measures the named queries as the endpoint, `oxigraph serve-read-only` and Virtuoso answer them on the same triples.

    tools/bench_mix.py DIR      a knowledge base that is built, such as tools/generate.py makes
    tools/bench_mix.py DIR --engine --queries OTHER     the processor time of the engine alone, as on a busy machine,
                                                        for the queries of another folder

`tools/bench_large.py` does it for each of its sizes. Each engine is started by itself, one after another, where it is
installed. A query is asked three times over HTTP with a comment that keeps caches out, and the best counts: what it
costs made anew. Of this server it is also told what an answer costs that was kept. Answers with another number of
solutions than ours are marked, and in no mean. For 100,000 items it takes some three minutes.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import http.client
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from bench import KGGRAPH, free_port, machine_lines, running

from kggraph.config import from_environment
from kggraph.publish.generation import open_current
from kggraph.publish.queries import read_queries
from kggraph.store.embedded import EmbeddedEngine, open_store
from kggraph.store.evaluate import Dataset
from kggraph.store.overlay import read_overlay
from kggraph.store.protocol import QueryRequest
from kggraph.store.tally import read_tally

OURS = "kggraph"
QUERY_S = 60
XML = "application/sparql-results+xml, application/n-triples"
_SLOWER = 4
"""How many times as long as Virtuoso no query should take."""
_GRAPH = "http://bench.example.org/"
_ROUNDS = 3
_LONG_QUERY_S = 5
"""A query that takes so long is asked once."""
_LOAD_S = 3600


@dataclass(frozen=True, slots=True)
class Asked:
    """What a query cost, and how many solutions it had."""

    ms: float
    solutions: int


@dataclass(slots=True)
class Mix:
    """What all queries cost, by engine and name; a query that did not end, or was refused, is not there."""

    anew: dict[str, dict[str, Asked]] = field(default_factory=dict)
    kept: dict[str, Asked] = field(default_factory=dict)
    """Of this server: asked a second time in the very same words."""

    def alike(self, engine: str) -> dict[str, tuple[float, float]]:
        """Our milliseconds and theirs for each query that has as many solutions there as here."""
        mine, theirs = self.anew.get(OURS, {}), self.anew.get(engine, {})
        return {
            name: (one.ms, theirs[name].ms)
            for name, one in mine.items()
            if name in theirs and theirs[name].solutions == one.solutions
        }


def main() -> int:
    """Measure the mix and print it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("root", type=Path, help="folder of a knowledge base that is built")
    parser.add_argument("--queries", type=Path, help="a folder of queries in the place of those of the knowledge base")
    parser.add_argument("--engine", action="store_true", help="only the processor time of the engine, in this process")
    arguments = parser.parse_args()
    texts = texts_of(arguments.root, arguments.queries)
    if arguments.engine:
        print_engine(arguments.root, texts)
        return 0
    with tempfile.TemporaryDirectory(prefix="kggraph-mix-") as folder:
        mix = measure(arguments.root, Path(folder), texts)
    print("\n".join([*machine_lines(), "", *summary(mix), "", *table(mix)]))
    return 0


def texts_of(root: Path, folder: Path | None = None) -> dict[str, str]:
    """The named queries of a knowledge base, or those of another folder, with their defaults."""
    settings = from_environment(root)
    path = folder or settings.queries_path
    queries = read_queries(path, base_from=settings.source_base_uri, base_to=settings.base_uri)
    return {name: query.bind({}) for name, query in queries.items()}


def print_engine(root: Path, texts: Mapping[str, str]) -> None:
    """Milliseconds of processor time that the engine needs for each query, the best of three."""
    folder = open_current(from_environment(root)).path / "store"
    engine = EmbeddedEngine(Dataset(open_store(folder), read_tally(folder, read_overlay(folder))))
    for name, text in texts.items():
        times = []
        for _ in range(_ROUNDS):
            began = time.process_time()
            solutions = engine.query(QueryRequest(text, "text/tab-separated-values")).read().count(b"\n") - 1
            times.append((time.process_time() - began) * 1000)
        print(f"{name:36} {solutions:8,} solutions {min(times):9.1f} ms")


def measure(root: Path, folder: Path, texts: Mapping[str, str], *, beside: bool = True) -> Mix:
    """The mix of a knowledge base that is built.

    :param folder: where the databases of the other engines are made.
    :param beside: whether the other engines are asked as well.
    """
    settings = from_environment(root)
    mix = Mix()
    port = free_port()
    command = [*KGGRAPH, "--root", str(root), "serve", "--port", str(port)]
    with running(command, dict(os.environ), f"http://127.0.0.1:{port}", "/readyz") as url:
        mix.anew[OURS] = ask_all(f"{url}/sparql", texts)
        ask_all(f"{url}/sparql", texts, keeps=True)
        mix.kept = ask_all(f"{url}/sparql", texts, keeps=True)
    if not beside:
        return mix
    ntriples = folder / "all.nt"
    with gzip.open(open_current(settings).dumps_path / "dump.nt.gz") as source, ntriples.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    for engine, start in (("oxigraph", _oxigraph), ("virtuoso", _virtuoso)):
        try:
            with start(folder / engine, ntriples) as url:
                mix.anew[engine] = ask_all(url, texts)
        except (OSError, subprocess.SubprocessError, SystemExit) as error:
            # It is not installed, or has trouble of its own: the others are measured all the same.
            print(f"{engine} was not measured: {error}", file=sys.stderr)
        shutil.rmtree(folder / engine, ignore_errors=True)
    ntriples.unlink()
    return mix


def ask_all(url: str, texts: Mapping[str, str], *, keeps: bool = False) -> dict[str, Asked]:
    """Each query, the best of three, none twice in the same words unless the answer may have been kept."""
    found: dict[str, Asked] = {}
    for name, text in texts.items():
        rounds: list[Asked] = []
        for number in range(_ROUNDS):
            if number and (not rounds or rounds[-1].ms > _LONG_QUERY_S * 1000):
                break
            with contextlib.suppress(OSError, http.client.HTTPException):
                rounds += _ask(url, text if keeps else f"{text}\n# {number} {time.time()}")
        if rounds:
            found[name] = min(rounds, key=lambda asked: asked.ms)
    return found


def _ask(url: str, text: str) -> list[Asked]:
    place = urlsplit(url)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": XML}
    began = time.perf_counter()
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=QUERY_S)
    with contextlib.closing(connection):
        connection.request("POST", place.path, urlencode({"query": text}).encode(), headers)
        answer = connection.getresponse()
        body = answer.read()
    took = (time.perf_counter() - began) * 1000
    # An engine may stop in the middle of an answer and call it 200.
    is_whole = b"<sparql" not in body[:200] or body.rstrip().endswith(b"</sparql>")
    return [Asked(took, body.count(b"<result>"))] if answer.status == 200 and is_whole else []


# ------------------------------------------------------------------ other engines
@contextlib.contextmanager
def _oxigraph(folder: Path, ntriples: Path) -> Iterator[str]:
    program = Path(sys.executable).with_name("oxigraph")
    if not program.exists():
        raise FileNotFoundError(program)
    folder.mkdir()
    subprocess.run(
        [str(program), "load", "--location", str(folder / "db"), "--file", str(ntriples)],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=_LOAD_S,
    )
    port = free_port()
    command = [str(program), "serve-read-only", "--location", str(folder / "db"), "--bind", f"127.0.0.1:{port}"]
    command += ["--timeout-s", str(QUERY_S)]
    with running(command, dict(os.environ), f"http://127.0.0.1:{port}", f"/query?query={quote('ASK {}')}"):
        yield f"http://127.0.0.1:{port}/query"


@contextlib.contextmanager
def _virtuoso(folder: Path, ntriples: Path) -> Iterator[str]:
    if not shutil.which("virtuoso-t") or not shutil.which("isql-vt"):
        raise FileNotFoundError("virtuoso-t")
    folder.mkdir()
    sql, port = free_port(), free_port()
    ini = folder / "virtuoso.ini"
    files = "\n".join(
        f"{name} = {folder}/virtuoso.{end}"
        for name, end in (("DatabaseFile", "db"), ("ErrorLogFile", "log"), ("LockFile", "lck"))
    )
    ini.write_text(
        f"[Database]\n{files}\nTransactionFile = {folder}/virtuoso.trx\nxa_persistent_file = {folder}/virtuoso.pxa\n"
        f"[TempDatabase]\nDatabaseFile = {folder}/temp.db\nTransactionFile = {folder}/temp.trx\n"
        f"[Parameters]\nServerPort = 127.0.0.1:{sql}\nNumberOfBuffers = 340000\nMaxDirtyBuffers = 250000\n"
        f"DirsAllowed = {folder.parent}\nSchedulerInterval = 0\nMaxQueryMem = 2G\n"
        f"[HTTPServer]\nServerPort = 127.0.0.1:{port}\nServerRoot = {folder}\nServerThreads = 10\n"
        f"[SPARQL]\nResultSetMaxRows = 1000000\nMaxQueryExecutionTime = {QUERY_S}\nDefaultGraph = {_GRAPH}\n"
    )
    command = ["virtuoso-t", "+configfile", str(ini), "+foreground"]
    with running(command, dict(os.environ), f"http://127.0.0.1:{port}", f"/sparql?query={quote('ASK {}')}"):
        load = f"ld_dir('{ntriples.parent}', '{ntriples.name}', '{_GRAPH}'); rdf_loader_run(); checkpoint;"
        subprocess.run(
            ["isql-vt", f"127.0.0.1:{sql}", "dba", "dba", f"exec={load}"],
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=_LOAD_S,
        )
        yield f"http://127.0.0.1:{port}/sparql"


# ------------------------------------------------------------------ what was found
def summary(mix: Mix) -> Iterator[str]:
    """How this server compares with each other engine, over the queries that both answered alike, a line each."""
    for engine in mix.anew:
        pairs = mix.alike(engine)
        if engine == OURS or not pairs:
            continue
        mine, theirs = (statistics.geometric_mean(pair[place] for pair in pairs.values()) for place in (0, 1))
        slow = [f"`{name}` {ours / other:.1f}" for name, (ours, other) in pairs.items() if ours > _SLOWER * other]
        yield (
            f"- {engine}: geometric mean of {len(pairs)} of {len(mix.anew[OURS])} queries {number(theirs)} ms, made "
            f"anew here {number(mine)} ms ({theirs / mine:.2f} times as fast); more than {_SLOWER} times slower here: "
            f"{', '.join(slow) or 'none'}."
        )


def table(mix: Mix) -> Iterator[str]:
    """What each query costs, in milliseconds, as a table in Markdown."""
    yield (
        f"Milliseconds; \u2013 did not end in {QUERY_S} s or was refused; * with another number of solutions than "
        "here, and in no mean."
    )
    yield ""
    yield f"| query | solutions | {' | '.join(f'{engine}, anew' for engine in mix.anew)} | {OURS}, kept |"
    yield "|---" * (len(mix.anew) + 3) + "|"
    for name in sorted({name for times in mix.anew.values() for name in times}):
        mine = mix.anew[OURS].get(name)
        cells = [_cell(times.get(name), mine) for times in (*mix.anew.values(), mix.kept)]
        yield f"| `{name}` | {mine.solutions if mine else ''} | {' | '.join(cells)} |"


def _cell(asked: Asked | None, ours: Asked | None) -> str:
    if asked is None:
        return "\u2013"
    return number(asked.ms) + ("*" if ours and asked.solutions != ours.solutions else "")


def number(value: float) -> str:
    """A figure with three digits that count."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main())
