#!/usr/bin/env python3
"""Measures the endpoint against `oxigraph serve-read-only` on the same data in the same run, as ratios.

    make bench                     after the figures of tools/bench.py
    tools/bench_sparql.py          these alone; needs wrk and the command oxigraph (PyPI: oxigraph)

Four kinds of load: the same few queries again and again, small queries that are never the same, large results, and
ordinary queries while one in twenty is meant to do harm.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

from bench import ROOT, base_uri, free_port, print_machine, running, served

JSON = "application/sparql-results+json"
HOSTILE = (
    "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i",
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "SELECT (GROUP_CONCAT(?c) AS ?all) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "SELECT * { ?a (<x:a>|!<x:a>)* ?c . ?d (<x:a>|!<x:a>)* ?f } OFFSET 100000000",
)
_HOSTILE_SHARE = 0.05
_CLIENTS = 8
_MOST_HOSTILE = 32
"""Hostile queries that are on their way at the same time; their clients wait for them and the others do not."""
_PATIENCE_S = 15
_SHORT_LIMIT_S = 1
"""Oxigraph's server keeps a sleeping thread for every query until its time limit is over: with 10 seconds, thousands of
queries a second take all the threads there are, and it answers 500 until it aborts."""
_LONG_LIMIT_S = 10


def main() -> int:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=3, help="how long each figure is measured")
    parser.add_argument("--rounds", type=int, default=3, help="how often; the median counts")
    arguments = parser.parse_args()
    beside = Path(sys.executable).with_name("oxigraph")
    other = str(beside) if beside.exists() else shutil.which("oxigraph")
    if not other or not shutil.which("wrk"):
        print("sparql         not measured: it needs wrk (Debian) and oxigraph (PyPI)")
        return 0
    print_machine()
    with tempfile.TemporaryDirectory(prefix="kggraph-bench-") as folder:
        environment = {**os.environ, "KGGRAPH_BUILD_DIR": f"{folder}/build"}
        command = [sys.executable, "-m", "kggraph", "build"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        quads = Path(folder, "build", "current", "store", "quads.nq")
        load = [other, "load", "--location", f"{folder}/oxigraph", "--file", str(quads)]
        subprocess.run(load, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def serving(limit_s: int) -> contextlib.AbstractContextManager[str]:
            port = free_port()
            command = [other, "serve-read-only", "--location", f"{folder}/oxigraph", "--bind", f"127.0.0.1:{port}"]
            command += ["--timeout-s", str(limit_s)] if limit_s else []
            return running(command, environment, f"http://127.0.0.1:{port}", "/query?query=ASK%7B%7D")

        with served([], environment, "/sparql?query=ASK%7B%7D") as (ours, _):
            compare(f"{ours}/sparql", serving, arguments.seconds, arguments.rounds)
    return 0


Serving = Callable[[int], contextlib.AbstractContextManager[str]]
"""Starts the other server with a time limit in seconds; 0: without one."""


def compare(ours: str, serving: Serving, seconds: int, rounds: int) -> None:
    """Print each figure with its goal: theirs with a time limit, as ours has one; the other one to know."""
    items = [f"{base_uri()}id/item/{path.stem}" for path in sorted((ROOT / "data" / "items").glob("*.ttl"))[:200]]
    repeated = [f"SELECT * {{ <{item}> ?p ?o }}" for item in items[:5]]
    distinct = [f"SELECT * {{ <{item}> ?p ?o }} LIMIT 20 #" for item in items]
    large = ["SELECT * { ?s ?p ?o } LIMIT 20000 #"]
    cases: list[tuple[str, list[str], int, float]] = [
        ("the same queries again", repeated, 16, 1.5),
        ("small queries, all different", distinct, 16, 0.5),
        ("20,000 rows", large, 4, 0.9),
    ]
    with serving(_SHORT_LIMIT_S) as limited, serving(0) as unlimited:
        for name, queries, connections, goal in cases:
            rates: list[list[float]] = [[], [], []]
            for _ in range(rounds):
                for place, url in enumerate((ours, f"{limited}/query", f"{unlimited}/query")):
                    rates[place].append(rate(url, queries, connections, seconds))
            mine, other, free = (statistics.median(each) for each in rates)
            print(
                f"sparql         {mine / other:6.2f} {name:29} {mine:7.0f} and {other:.0f} requests/s   (goal: {goal})"
                f"   {free:.0f} without a time limit"
            )
    with serving(_LONG_LIMIT_S) as limited:
        urls = (ours, f"{limited}/query")
        mine, other = (p99_under_attack(url, distinct, max(10, 3 * seconds)) for url in urls)
    print(f"sparql         {other / mine:6.2f} p99 with 5 % hostile queries  {mine:.0f} and {other:.0f} ms   (goal: 5)")


def rate(url: str, queries: Sequence[str], connections: int, seconds: int) -> float:
    """Requests a second by wrk; queries that end in a `#` are never the same twice."""
    paths = [f"{urlsplit(url).path}?query={quote(query)}" for query in queries]
    listed = ",".join(f'"{path}"' for path in paths)
    number = f' .. "{random.randrange(1 << 40)}" .. i' if queries[0].endswith("#") else ""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(
            f"local paths = {{{listed}}}\nlocal i = 0\n"
            f"request = function() i = i + 1; return wrk.format(nil, paths[i % #paths + 1]{number}) end\n"
        )
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script.name, "-H", f"Accept: {JSON}", url]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if wrong := re.search(r"Non-2xx.*: (\d+)", told):
        print(f"               {wrong[1]} answers of {url} were errors")
    return float(told.partition("Requests/sec:")[2].split()[0])


def p99_under_attack(url: str, queries: Sequence[str], seconds: float) -> float:
    """Milliseconds in which 99 of 100 ordinary queries are answered while every twentieth query sent is hostile."""
    times: list[float] = []
    end = time.monotonic() + seconds
    outstanding = threading.BoundedSemaphore(_MOST_HOSTILE)

    def attack(query: str) -> None:
        asked(url, query)
        outstanding.release()

    def client(seed: int) -> None:
        chance = random.Random(seed)
        while time.monotonic() < end:
            if chance.random() < _HOSTILE_SHARE and outstanding.acquire(blocking=False):
                query = f"{chance.choice(HOSTILE)} #{chance.random()}"
                threading.Thread(target=attack, args=(query,), daemon=True).start()
            times.append(asked(url, f"{chance.choice(queries)}{chance.random()}"))

    run_all([lambda seed=seed: client(seed) for seed in range(_CLIENTS)])
    return statistics.quantiles(times, n=100)[98] * 1000


def run_all(jobs: Sequence[Callable[[], None]]) -> None:
    """Run them at the same time, to their ends."""
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def asked(url: str, query: str) -> float:
    """Seconds until an answer was whole, whatever it was; the patience of a client when there was none."""
    parts = urlsplit(url)
    began = time.monotonic()
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", f"{parts.path}?query={quote(query)}", headers={"Accept": JSON})
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return max(time.monotonic() - began, float(_PATIENCE_S))
    finally:
        connection.close()
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main())
