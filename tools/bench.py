#!/usr/bin/env python3
"""Measures what the issues ask for, as ratios within one run, printed with the machine.

    make bench                      the web and the build of the knowledge base in this folder
    tools/bench.py --large 100000   also builds that many generated items (see tools/generate.py)

Every web figure is divided by that of an empty Flask route on the same server in the same run, so that it says
something of the program and not of the machine. Needs wrk (Debian: apt-get install wrk).
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import platform
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
KGGRAPH = [sys.executable, "-m", "kggraph"]
TARGETS = {
    "a page from the cache": 0.6,
    "Turtle from the cache": 0.6,
    "Turtle made anew": 0.25,
    "a page made anew": 0.12,
}


def main() -> int:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=3, help="how long each web figure is measured")
    parser.add_argument("--rounds", type=int, default=3, help="how often; the median counts")
    parser.add_argument("--large", type=int, metavar="N", help="also build N generated items")
    parser.add_argument("--empty", type=int, metavar="PORT", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.empty:
        return serve_empty(arguments.empty)
    print_machine()
    with tempfile.TemporaryDirectory(prefix="kggraph-bench-") as folder:
        environment = {**os.environ, "KGGRAPH_BUILD_DIR": folder}
        print_starts(environment)
        if shutil.which("wrk"):
            print_web(environment, arguments.seconds, arguments.rounds)
        else:
            print("web            not measured: there is no wrk (apt-get install wrk)")
    if arguments.large:
        print_large(arguments.large)
    return 0


def print_machine() -> None:
    """What the figures were measured on."""
    for line in machine_lines():
        print(line)


def machine_lines() -> list[str]:
    """The machine and the packages, a line each."""
    cpus = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    model = re.search(r"model name\s*: (.*)", cpus)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    packages = ", ".join(f"{name} {version(name)}" for name in ("flask", "granian", "pyoxigraph", "rdflib"))
    name = model[1] if model else platform.processor() or platform.machine()
    return [
        f"machine        {name}, {os.cpu_count()} cores, {memory:.0f} GB",
        f"               Python {platform.python_version()}; {packages}",
    ]


# ------------------------------------------------------------------ starting and building
def in_a_process(function: Callable[..., T], *arguments: Any) -> T:
    """The result of a function in a process that did nothing before."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def print_starts(environment: dict[str, str]) -> None:
    """How long a build and the starts take."""
    began = time.monotonic()
    subprocess.run([*KGGRAPH, "build"], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    took = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"build          {took:5.2f} s for the data of this folder, {peak:.0f} MB at most   (goal: under 5 s)")
    firsts = []
    for _ in range(3):
        with served([], environment, "/") as (_, took):
            firsts.append(took)
    print(f"warm start     {statistics.median(firsts):5.2f} s until the first page              (goal: under 2 s)")
    dump = next(Path(environment["KGGRAPH_BUILD_DIR"], "current").resolve().glob("store/*.nq"))
    readies = []
    for _ in range(3):
        with served(["--data", str(dump)], environment, "/sparql?query=ASK%7B%7D") as (_, took):
            readies.append(took)
    print(f"serve --data   {statistics.median(readies):5.2f} s until the first answer            (goal: under 1.5 s)")


def print_large(items: int) -> None:
    """How long a build of many generated items takes, and how much memory its largest process."""
    with tempfile.TemporaryDirectory(prefix="kggraph-bench-") as folder:
        root = Path(folder) / "kb"
        generate = [sys.executable, str(ROOT / "tools" / "generate.py"), str(items), "--out", str(root)]
        subprocess.run(generate, check=True, stdout=subprocess.DEVNULL)
        began = time.monotonic()
        subprocess.run([*KGGRAPH, "--root", str(root), "build"], check=True, stdout=subprocess.DEVNULL)
        took = time.monotonic() - began
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
        print(
            f"build          {took:5.0f} s for {items:,} generated items, {peak:.1f} GB at most   (goal: 150 s, 4 GB)"
        )


@contextlib.contextmanager
def served(options: Sequence[str], environment: dict[str, str], path: str) -> Iterator[tuple[str, float]]:
    """A running server: its address, and the seconds until `path` answered 200."""
    port = free_port()
    began = time.monotonic()
    command = [*KGGRAPH, "serve", "--port", str(port), *options]
    with running(command, environment, f"http://127.0.0.1:{port}", path) as url:
        yield url, time.monotonic() - began


@contextlib.contextmanager
def running(command: Sequence[str], environment: dict[str, str], url: str, path: str) -> Iterator[str]:
    """A process that serves `url`, until the block ends."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet)
    try:
        while True:
            if process.poll() is not None:
                sys.exit(f"{command} ended with exit code {process.returncode}")
            try:
                with urllib.request.urlopen(url + path, timeout=10):
                    break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.01)
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


# ------------------------------------------------------------------ the web
def print_web(environment: dict[str, str], seconds: int, rounds: int) -> None:
    """Requests a second of each kind of answer, and their ratio to those of an empty route."""
    base = "/" + "/".join(base_uri().split("/")[3:])
    items = item_paths(environment, base)
    port = free_port()
    empty_command = [sys.executable, __file__, "--empty", str(port)]
    sparql = "/sparql?query=SELECT%20*%20%7B%3Fs%20%3Fp%20%3Fo%7D%20LIMIT%2020"
    measured: dict[str, list[float]] = {}
    anew = {**environment, "KGGRAPH_RESPONSE_CACHE_MB": "0"}
    with (
        running(empty_command, environment, f"http://127.0.0.1:{port}", "/") as empty,
        served([], environment, "/") as (cached, _),
        served([], anew, "/") as (fresh, _),
    ):
        tag = etag(cached + items[0] + ".html")
        cases: list[tuple[str, str, list[str], list[str]]] = [
            ("an empty route", empty, ["/"], []),
            ("a 304", cached, [items[0] + ".html"], ["-H", f"If-None-Match: {tag}"]),
            ("a page from the cache", cached, [items[0] + ".html"], []),
            ("Turtle from the cache", cached, [items[0] + ".ttl"], []),
            ("Turtle made anew", fresh, [item + ".ttl" for item in items], []),
            ("a page made anew", fresh, [item + ".html" for item in items], []),
            ("a list made anew", fresh, ["/items"], []),
            ("SPARQL, 20 rows", fresh, [sparql], ["-H", "Accept: application/sparql-results+json"]),
        ]
        for _ in range(rounds):
            for name, url, paths, options in cases:
                measured.setdefault(name, []).append(requests_per_second(url, paths, options, seconds))
    reference = statistics.median(measured["an empty route"])
    for name, values in measured.items():
        rate = statistics.median(values)
        goal = f"   (goal: at least {TARGETS[name]})" if name in TARGETS else ""
        print(f"web            {rate / reference:5.2f} {name:24} {rate:7.0f} requests/s{goal}")


def base_uri() -> str:
    """The base of the knowledge base in this folder."""
    return str(tomllib.loads((ROOT / "kggraph.toml").read_text())["base_uri"])


def item_paths(environment: dict[str, str], base: str) -> list[str]:
    """Paths of the documents of fifty items, without their suffix."""
    files = sorted((ROOT / "data" / "items").glob("*.ttl"))[::10][:50]
    return [f"/doc/item/{file.stem}" for file in files]


def etag(url: str) -> str:
    """The ETag of a document."""
    with urllib.request.urlopen(url) as answer:
        return str(answer.headers["ETag"])


def requests_per_second(
    url: str, paths: Sequence[str], options: Sequence[str], seconds: int, connections: int = 16
) -> float:
    """What wrk measures over a list of paths."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        listed = ",".join(f'"{path}"' for path in paths)
        script.write(
            f"local paths = {{{listed}}}\nlocal n = 0\n"
            "request = function() n = n % #paths + 1; return wrk.format(nil, paths[n]) end\n"
        )
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script.name, *options, url]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in told and "If-None-Match" not in " ".join(options):
        sys.exit(f"{paths[0]}: {told}")
    found = re.search(r"Requests/sec:\s*([\d.]+)", told)
    return float(found[1]) if found else 0.0


def serve_empty(port: int) -> int:
    """An empty Flask route on the server that kggraph uses, with its settings."""
    from flask import Flask

    from kggraph.config import Settings
    from kggraph.serving.port import Port
    from kggraph.serving.processes import run

    class NoHost:
        def begin(self) -> None: ...
        def start(self) -> None: ...

        takes_long = False

        def watch(self) -> None: ...
        def stop(self) -> None: ...

    app = Flask("empty")
    app.add_url_rule("/", view_func=lambda: "")
    app.add_url_rule("/livez", endpoint="livez", view_func=lambda: "ok")
    settings = Settings(port=port)
    return run(settings, Port(settings.host, port), NoHost(), lambda: lambda: app, ready=int, say=print)


if __name__ == "__main__":
    sys.exit(main())
