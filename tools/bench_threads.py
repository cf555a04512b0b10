#!/usr/bin/env python3
"""Measures what `web_threads` costs and gives: requests a second and memory, alone and beside slow clients.

    tools/bench_threads.py               16, 64, 256 and 1,024 threads; needs wrk; some three minutes
    tools/bench_threads.py 64 1024 --rounds 5

Each number of threads is measured in every round, one after another, and the median counts: compare within one run. A
slow client has sent the head of a query and a byte of its body, and sends no more.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from bench import KGGRAPH, ROOT, base_uri, item_paths, print_machine, requests_per_second, served
from bench_large import memory_mb
from bench_sparql import rate

_SLOW = 400
_MANY = 128
_HEAD = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\nContent-Length: 99\r\n\r\nA"
_SETTLE_S = 1.0


def main() -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("threads", type=int, nargs="*", default=[16, 64, 256, 1024])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=2, help="how long each rate is measured")
    arguments = parser.parse_args()
    found: dict[int, list[dict[str, float]]] = {threads: [] for threads in arguments.threads}
    with tempfile.TemporaryDirectory(prefix="kggraph-threads-") as folder:
        environment = {**os.environ, "KGGRAPH_BUILD_DIR": f"{folder}/build"}
        subprocess.run([*KGGRAPH, "build"], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        for _ in range(arguments.rounds):
            for threads in arguments.threads:
                found[threads].append(measure(threads, environment, arguments.seconds))
    print_machine()
    names = list(found[arguments.threads[0]][0])
    print(f"\n| threads | {' | '.join(names)} |")
    print("|---" * (len(names) + 1) + "|")
    for threads, rounds in found.items():
        cells = (f"{statistics.median(each[name] for each in rounds):,.0f}" for name in names)
        print(f"| {threads:,} | {' | '.join(cells)} |")
    return 0


def measure(threads: int, environment: dict[str, str], seconds: int) -> dict[str, float]:
    """The figures of one server."""
    found: dict[str, float] = {}
    with served([], {**environment, "KGGRAPH_WEB_THREADS": str(threads)}, "/readyz") as (url, _):
        page = [f"{path}.html" for path in item_paths(environment, "")[:1]]
        queries = [f"SELECT * {{ <{base_uri()}id/item/{path.name}> ?p ?o }} LIMIT 20 #" for path in _items()]

        def rates(when: str) -> None:
            found[f"cached page, requests/s{when}"] = requests_per_second(url, page, [], seconds)
            found[f"small queries, requests/s{when}"] = rate(f"{url}/sparql", queries, 16, seconds)
            found[f"all processes, MB{when}"] = _children_mb()

        rates("")
        found[f"cached page, {_MANY} connections, requests/s"] = requests_per_second(url, page, [], seconds, _MANY)
        with _slow_clients(url):
            rates(f", beside {_SLOW} slow clients")
        began = time.monotonic()
        urllib.request.urlopen(f"{url}/livez", timeout=60).close()
        found["/livez when they hang up at once, ms"] = (time.monotonic() - began) * 1000
    return found


def _items() -> list[Path]:
    return [path.with_suffix("") for path in sorted((ROOT / "data" / "items").glob("*.ttl"))[:200]]


@contextlib.contextmanager
def _slow_clients(url: str) -> Iterator[None]:
    place = urlsplit(url)
    with contextlib.ExitStack() as clients:
        for _ in range(_SLOW):
            client = clients.enter_context(socket.create_connection((place.hostname, place.port)))
            client.sendall(_HEAD)
        time.sleep(_SETTLE_S)
        yield


def _children_mb() -> float:
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return sum(memory_mb(int(child)) for child in children)


if __name__ == "__main__":
    sys.exit(main())
