#!/usr/bin/env python3
"""Measures how each cost grows with the number of items, with other engines beside it, and writes docs/performance.md.

    make bench-large                            1,000, 10,000 and 100,000 generated items
    tools/bench_large.py 1000 10000 --print     these sizes, without writing

For each size: build, open, memory, documents and pages made anew, the list, and the named queries of `queries/` through
the endpoint, as `oxigraph serve-read-only` and Virtuoso answer them over HTTP on the same triples in the same run (each
only where it is installed). Every figure is of one run on one machine; look at how it grows from size to size.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import math
import os
import random
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit

from bench import KGGRAPH, ROOT, free_port, machine_lines, running

from kggraph.config import from_environment
from kggraph.publish.generation import open_current
from kggraph.publish.queries import read_queries

XML = "application/sparql-results+xml, application/n-triples"
DOCUMENT = ROOT / "docs" / "performance.md"
_MARKS = ("<!-- measured -->", "<!-- end of measured -->")
_GRAPH = "http://bench.example.org/"
_SAMPLE = 200
_QUERY_ROUNDS = 3
_QUERY_S = 60


@dataclass
class Measured:
    """The figures of one size, by name, each with its unit in the name."""

    items: int
    figures: dict[str, float] = field(default_factory=dict)
    queries: dict[str, dict[str, float]] = field(default_factory=dict)
    """Engine to query to milliseconds; a query that did not end has none."""


def main() -> int:
    """Run everything, print it, and write the document."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sizes", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--print", action="store_true", help="only print")
    arguments = parser.parse_args()
    measured = []
    for size in arguments.sizes:
        measured.append(measure(size))
        print(f"{size:,} items measured", file=sys.stderr)
    text = "\n".join([*machine_lines(), "", *tables(measured)])
    print(text)
    if not arguments.print:
        head, _, rest = DOCUMENT.read_text("utf-8").partition(_MARKS[0])
        tail = rest.partition(_MARKS[1])[2]
        DOCUMENT.write_text(f"{head}{_MARKS[0]}\n\n{text}\n\n{_MARKS[1]}{tail}", "utf-8")
        (DOCUMENT.parent / "images" / "growth.svg").write_text(chart(measured), "utf-8")
    return 0


# ------------------------------------------------------------------ measuring
def measure(size: int) -> Measured:
    """All figures of one size."""
    found = Measured(size)
    with tempfile.TemporaryDirectory(prefix="kggraph-large-") as name:
        folder = Path(name)
        root = folder / "kb"
        subprocess.run(
            [sys.executable, str(ROOT / "tools" / "generate.py"), str(size), "--out", str(root)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        shutil.copytree(ROOT / "queries", root / "queries", dirs_exist_ok=True)
        _build(found, root)
        _edit(found, root)
        settings = from_environment(root)
        generation = open_current(settings)
        quads = generation.quads_path
        kinds = sorted((root / "data" / "items").glob("*.ttl"))
        chosen = [path.stem for path in random.Random(1).sample(kinds, min(_SAMPLE, len(kinds)))]
        environment = {**os.environ, "KGGRAPH_RESPONSE_CACHE_MB": "0"}
        queries = read_queries(settings.queries_path, base_from=settings.source_base_uri, base_to=settings.base_uri)
        texts = {name: query.bind({}) for name, query in queries.items()}
        with _served(root, environment) as (url, seconds, process):
            found.figures["open until the first page (s)"] = seconds
            found.figures["item page made anew, p99 (ms)"] = _slowest(
                url, [f"/doc/item/{item}.html" for item in chosen]
            )
            found.figures["item as Turtle made anew, p99 (ms)"] = _slowest(
                url, [f"/doc/item/{item}.ttl" for item in chosen]
            )
            found.figures["list of items, p99 (ms)"] = _slowest(url, ["/items"] * 20)
            found.queries["kggraph"] = _mix(f"{url}/sparql", texts)
            found.figures["memory of all processes (MB)"] = _memory(process)
        ntriples = folder / "all.nt"
        with quads.open("rb") as source, ntriples.open("wb") as target:
            for _, line in zip(range(generation.manifest.triples), source, strict=False):
                target.write(line)
        for engine, start in (("oxigraph", _oxigraph), ("virtuoso", _virtuoso)):
            with contextlib.suppress(FileNotFoundError), start(folder / engine, ntriples) as url:
                found.queries[engine] = _mix(url, texts)
    return found


def _build(found: Measured, root: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    subprocess.run([*KGGRAPH, "--root", str(root), "build"], check=True, stdout=subprocess.DEVNULL)
    took = time.monotonic() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    triples = open_current(from_environment(root)).manifest.triples
    found.figures["triples"] = triples
    found.figures["build (s)"] = took
    found.figures["build, processor time (s)"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found.figures["build (triples/s)"] = triples / took


def _edit(found: Measured, root: Path) -> None:
    """One word of one item is changed, and everything is built again: that is how long an edit takes to be visible."""
    item = next(iter(sorted((root / "data" / "items").glob("*.ttl"))))
    item.write_text(item.read_text("utf-8").replace('"@nl', ' (nieuw)"@nl', 1), "utf-8")
    began = time.monotonic()
    subprocess.run([*KGGRAPH, "--root", str(root), "build"], check=True, stdout=subprocess.DEVNULL)
    found.figures["edit until built (s)"] = time.monotonic() - began


@contextlib.contextmanager
def _served(root: Path, environment: dict[str, str]) -> Iterator[tuple[str, float, int]]:
    port = free_port()
    command = [*KGGRAPH, "--root", str(root), "serve", "--port", str(port)]
    began = time.monotonic()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet)
    url = f"http://127.0.0.1:{port}"
    try:
        _until(url, "/", process)
        yield url, time.monotonic() - began, process.pid
    finally:
        process.terminate()
        process.wait(60)


def _until(url: str, path: str, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if _get(url, path)[0] == 200:
                return
        time.sleep(0.02)
    sys.exit(f"the server ended with exit code {process.returncode}")


def _get(url: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=_QUERY_S)
    with contextlib.closing(connection):
        connection.request("GET" if body is None else "POST", path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()


def _slowest(url: str, paths: list[str]) -> float:
    times = []
    for path in paths:
        began = time.perf_counter()
        status, _ = _get(url, path)
        times.append((time.perf_counter() - began) * 1000)
        if status != 200:
            sys.exit(f"{path} answered {status}")
    return sorted(times)[math.ceil(len(times) * 0.99) - 1]


def _mix(url: str, texts: dict[str, str]) -> dict[str, float]:
    """Milliseconds of each query, the best of three, none twice the same: a comment keeps caches out."""
    place = urlsplit(url)
    times: dict[str, float] = {}
    for name, text in texts.items():
        rounds = []
        for number in range(_QUERY_ROUNDS):
            body = urlencode({"query": f"{text}\n# {number} {time.time()}"}).encode()
            headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": XML}
            began = time.perf_counter()
            with contextlib.suppress(OSError, http.client.HTTPException):
                if _get(url, place.path, body, headers)[0] == 200:
                    rounds.append((time.perf_counter() - began) * 1000)
        if rounds:
            times[name] = min(rounds)
    return times


def _memory(pid: int) -> float:
    """Resident megabytes of a process and all below it, what they share counted once for each sharing (PSS)."""
    total = 0
    todo = [pid]
    while todo:
        one = todo.pop()
        with contextlib.suppress(OSError):
            said = Path(f"/proc/{one}/smaps_rollup").read_text()
            total += int(re.search(r"^Pss:\s+(\d+)", said, re.MULTILINE)[1])  # type: ignore[index]
            for task in Path(f"/proc/{one}/task").glob("*/children"):
                todo += map(int, task.read_text().split())
    return total / 1024


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
    )
    port = free_port()
    command = [str(program), "serve-read-only", "--location", str(folder / "db"), "--bind", f"127.0.0.1:{port}"]
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
        f"[SPARQL]\nResultSetMaxRows = 1000000\nDefaultGraph = {_GRAPH}\n"
    )
    command = ["virtuoso-t", "+configfile", str(ini), "+foreground"]
    with running(command, dict(os.environ), f"http://127.0.0.1:{port}", f"/sparql?query={quote('ASK {}')}"):
        load = f"ld_dir('{ntriples.parent}', '{ntriples.name}', '{_GRAPH}'); rdf_loader_run(); checkpoint;"
        subprocess.run(
            ["isql-vt", f"127.0.0.1:{sql}", "dba", "dba", f"exec={load}"],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        yield f"http://127.0.0.1:{port}/sparql"


# ------------------------------------------------------------------ what was found
def tables(measured: list[Measured]) -> Iterator[str]:
    """The figures as tables in Markdown."""
    sizes = " | ".join(f"{one.items:,} items" for one in measured)
    yield f"| | {sizes} | grows by (10 is linear) |"
    yield "|---" * (len(measured) + 2) + "|"
    for name in measured[-1].figures:
        values = [one.figures[name] for one in measured]
        yield f"| {name} | {' | '.join(map(_number, values))} | {_growth(measured, values)} |"
    for engine in measured[-1].queries:
        means = [_geometric(one.queries.get(engine, {})) for one in measured]
        yield f"| queries, {engine}: geometric mean (ms) | {' | '.join(map(_number, means))} | |"
    largest = measured[-1]
    engines = list(largest.queries)
    yield ""
    yield f"Each query at {largest.items:,} items, in milliseconds; \u2013 did not end in {_QUERY_S} s or was refused:"
    yield ""
    yield f"| query | {' | '.join(engines)} |"
    yield "|---" * (len(engines) + 1) + "|"
    for name in sorted({name for times in largest.queries.values() for name in times}):
        cells = (_number(times[name]) if name in times else "\u2013" for times in largest.queries.values())
        yield f"| `{name}` | {' | '.join(cells)} |"


def _geometric(times: dict[str, float]) -> float:
    return statistics.geometric_mean(times.values()) if times else math.nan


def _number(value: float) -> str:
    if math.isnan(value):
        return "\u2013"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _growth(measured: list[Measured], values: list[float]) -> str:
    """How much it grows from each size to the next, as if that were ten times as large."""
    steps = []
    for (small, before), (large, after) in itertools.pairwise(zip(measured, values, strict=True)):
        ratio, factor = large.items / small.items, after / max(before, 1e-9)
        steps.append(f"{factor ** (1 / math.log10(ratio)):.1f}")
    return ", ".join(steps)


def chart(measured: list[Measured]) -> str:
    """The growth of each cost as lines over two logarithmic axes; the tables beside it have every figure."""
    names = [name for name in measured[0].figures if not name.endswith("/s)") and name != "triples"]
    width, height, left, bottom = 720, 420, 60, 40
    xs = [math.log10(one.items) for one in measured]
    ys = {name: [math.log10(max(one.figures[name], 1e-3)) for one in measured] for name in names}
    low = math.floor(min(min(line) for line in ys.values()))
    high = math.ceil(max(max(line) for line in ys.values()))

    def x(value: float) -> float:
        return left + (value - xs[0]) / max(xs[-1] - xs[0], 1e-9) * (width - left - 280)

    def y(value: float) -> float:
        return height - bottom - (value - low) / max(high - low, 1) * (height - bottom - 20)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        'font-size="12" role="img"><title>How each cost grows with the number of items</title>'
    ]
    for power in range(low, high + 1):
        parts.append(f'<line x1="{left}" x2="{width - 280}" y1="{y(power):.0f}" y2="{y(power):.0f}" stroke="#ccc"/>')
        parts.append(f'<text x="{left - 8}" y="{y(power) + 4:.0f}" text-anchor="end">{10.0**power:g}</text>')
    for one, place in zip(measured, xs, strict=True):
        parts.append(f'<text x="{x(place):.0f}" y="{height - 15}" text-anchor="middle">{one.items:,}</text>')
    spots = sorted((ys[name][-1], name) for name in names)
    label_y = height - bottom
    for number, (_, name) in enumerate(spots):
        colour = f"hsl({number * 360 // len(spots)} 60% 35%)"
        points = " ".join(f"{x(a):.0f},{y(b):.0f}" for a, b in zip(xs, ys[name], strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        label_y = min(label_y - 16, y(ys[name][-1]))
        parts.append(f'<text x="{width - 270}" y="{label_y + 4:.0f}" fill="{colour}">{name}</text>')
    parts.append("</svg>\n")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
