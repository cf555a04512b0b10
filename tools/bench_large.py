#!/usr/bin/env python3
"""Measures how each cost grows with the number of items, with other engines beside it, and writes docs/performance.md.

    make bench-large                            1,000, 10,000 and 100,000 generated items
    tools/bench_large.py 1000 10000 --print     these sizes, without writing
    tools/bench_large.py 1000 10000 100000 1000000 --folder DIR     half an hour, and 40 GB in that folder

For each size: build, open, memory, documents and pages made anew, the list, one edit until it is visible, and the named
queries of `queries/` through the endpoint, as `oxigraph serve-read-only` and Virtuoso answer them over HTTP on the same
triples in the same run (each only where it is installed). Every figure is of one run on one machine; look at how it
grows from size to size. What there is no room on the disk for, or takes an engine too long, is a dash. Other engines
are asked at up to 100,000 items, since loading a million takes them longer than all the rest (`--engines-to`).
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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bench import KGGRAPH, ROOT, free_port, machine_lines
from bench_mix import Asked, Mix, number, summary, table, texts_of
from bench_mix import measure as measure_mix

from kggraph.config import from_environment
from kggraph.publish.generation import open_current

DOCUMENT = ROOT / "docs" / "performance.md"
_MARKS = ("<!-- measured -->", "<!-- end of measured -->")
_SAMPLE = 200
_MEANWHILE = "item page while it looks at the sources, p99 (ms)"
_PATIENCE_S = 60
_EDIT_S = 3600
_WATCH_S = 2
_WATCHED_SHARE = 100
"""Memory is looked at for no more than one in so many parts of the time: the larger, the longer that takes."""


@dataclass
class Measured:
    """The figures of one size, by name, each with its unit in the name."""

    items: int
    figures: dict[str, float] = field(default_factory=dict)
    mix: Mix = field(default_factory=Mix)


def main() -> int:
    """Run everything, print it, and write the document."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sizes", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--print", action="store_true", help="only print")
    parser.add_argument(
        "--engines-to", type=int, default=100_000, metavar="N", help="other engines are asked at sizes up to N"
    )
    parser.add_argument("--folder", type=Path, help="where the data and generations are made; a temporary folder")
    arguments = parser.parse_args()
    measured, failed = [], False
    for size in arguments.sizes:
        began = time.monotonic()
        try:
            measured.append(measure(size, arguments.folder, beside=size <= arguments.engines_to))
        except (OSError, subprocess.SubprocessError, SystemExit) as error:
            # What the sizes before have shown is not lost.
            print(f"{size:,} items were not measured: {error}", file=sys.stderr)
            failed = True
        print(f"{size:,} items took {time.monotonic() - began:,.0f} s in all", file=sys.stderr)
    if not measured:
        return 1
    text = "\n".join([*machine_lines(), "", *tables(measured)])
    print(text)
    if not arguments.print and not failed:
        head, _, rest = DOCUMENT.read_text("utf-8").partition(_MARKS[0])
        tail = rest.partition(_MARKS[1])[2]
        DOCUMENT.write_text(f"{head}{_MARKS[0]}\n\n{text}\n\n{_MARKS[1]}{tail}", "utf-8")
        (DOCUMENT.parent / "images" / "growth.svg").write_text(chart(measured), "utf-8")
    return int(failed)


# ------------------------------------------------------------------ measuring
def measure(size: int, parent: Path | None = None, *, beside: bool = True) -> Measured:
    """All figures of one size.

    :param parent: folder to make everything in; the system's for temporary files when not given.
    :param beside: whether other engines are asked as well.
    """
    found = Measured(size)
    with tempfile.TemporaryDirectory(prefix="kggraph-large-", dir=parent) as name:
        folder = Path(name)
        root = folder / "kb"
        subprocess.run(
            [sys.executable, str(ROOT / "tools" / "generate.py"), str(size), "--out", str(root)],
            check=True,
            stdout=subprocess.DEVNULL,
        )
        _build(found, root)
        settings = from_environment(root)
        paths = sorted((settings.data_path / "items").rglob("*.ttl"))
        chosen, others = (
            [path.stem for path in random.Random(seed).sample(paths, min(_SAMPLE, len(paths)))] for seed in (1, 2)
        )
        environment = {**os.environ, "KGGRAPH_RESPONSE_CACHE_MB": "0", "KGGRAPH_KEEP_GENERATIONS": "1"}
        with _served(root, environment) as (url, first_page, all_ready, process):
            found.figures["open until the first page (s)"] = first_page
            found.figures["open until queries are answered (s)"] = all_ready
            pages = [f"/doc/item/{item}.html" for item in chosen]
            found.figures[_MEANWHILE] = _slowest(url, pages) if _looks(process) else math.nan
            while _looks(process):
                time.sleep(_WATCH_S)
            for what, paths_asked in (
                ("item page made anew, p99 (ms)", [f"/doc/item/{item}.html" for item in others]),
                ("item as Turtle made anew, p99 (ms)", [f"/doc/item/{item}.ttl" for item in others]),
                ("list of items, p99 (ms)", ["/items"] * 20),
            ):
                found.figures[what] = _slowest(url, paths_asked)
            found.figures["memory of all processes (MB)"] = memory_mb(process)
            if shutil.disk_usage(folder).free > 1.5 * _size(settings.build_path):
                found.figures["edit until visible (s)"] = _edit(url, root, paths[0], environment)
        found.mix = measure_mix(root, folder, texts_of(root), beside=beside)
    return found


def _build(found: Measured, root: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began, peak = time.monotonic(), 0.0
    process = subprocess.Popen([*KGGRAPH, "--root", str(root), "build"], stdout=subprocess.DEVNULL)
    while process.poll() is None:
        looked = time.monotonic()
        peak = max(peak, memory_mb(process.pid))
        cost = time.monotonic() - looked
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(max(_WATCH_S, cost * _WATCHED_SHARE))
    took = time.monotonic() - began
    if process.returncode:
        sys.exit(f"the build ended with exit code {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    generation = open_current(from_environment(root))
    triples = generation.manifest.triples
    found.figures["triples"] = triples
    found.figures["build (s)"] = took
    found.figures["build, processor time (s)"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found.figures["build (triples/s)"] = triples / took
    found.figures["build, memory at its peak (MB)"] = peak
    found.figures["generation (MB)"] = _size(generation.path) / 1e6
    for name, value in found.figures.items():
        print(f"{found.items:,} items: {name}: {number(value)}", file=sys.stderr)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _edit(url: str, root: Path, item: Path, environment: dict[str, str]) -> float:
    """Seconds from saving a file until the server shows what was changed in it, by way of `kggraph build`."""
    word = "bijgewerkt"
    item.write_text(re.sub(r'"@nl', f' {word}"@nl', item.read_text("utf-8"), count=1), "utf-8")
    began = time.monotonic()
    command = [*KGGRAPH, "--root", str(root), "build", str(item)]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    while word.encode() not in _get(url, f"/doc/item/{item.stem}.ttl")[1]:
        if time.monotonic() - began > _EDIT_S:
            sys.exit("the edit did not become visible")
        time.sleep(0.02)
    return time.monotonic() - began


@contextlib.contextmanager
def _served(root: Path, environment: dict[str, str]) -> Iterator[tuple[str, float, float, int]]:
    port = free_port()
    command = [*KGGRAPH, "--root", str(root), "serve", "--port", str(port)]
    began = time.monotonic()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet)
    url = f"http://127.0.0.1:{port}"
    try:
        _until(url, "/", process)
        first_page = time.monotonic() - began
        _until(url, "/readyz", process)
        yield url, first_page, time.monotonic() - began, process.pid
    finally:
        process.terminate()
        process.wait(60)


def _looks(server: int) -> bool:
    """Whether a server looks at the sources beside its pages: by a process that lets others go first."""
    own = os.getpriority(os.PRIO_PROCESS, 0)
    alive = [pid for pid in _below(server) if ") Z " not in Path(f"/proc/{pid}/stat").read_text()]
    return any(os.getpriority(os.PRIO_PROCESS, pid) > own for pid in alive)


def _below(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += map(int, task.read_text().split())
    return found


def _until(url: str, path: str, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if _get(url, path)[0] == 200:
                return
        time.sleep(0.02)
    sys.exit(f"the server ended with exit code {process.returncode}")


def _get(url: str, path: str) -> tuple[int, bytes]:
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=_PATIENCE_S)
    with contextlib.closing(connection):
        connection.request("GET", path)
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


def memory_mb(pid: int) -> float:
    """Resident megabytes of a process and all below it, what they share counted once for each sharing (PSS)."""
    total = 0
    todo = [pid]
    while todo:
        one = todo.pop()
        with contextlib.suppress(OSError):
            said = Path(f"/proc/{one}/smaps_rollup").read_text()
            total += int(re.search(r"^Pss:\s+(\d+)", said, re.MULTILINE)[1])  # type: ignore[index]
            todo += _below(one)
    return total / 1024


# ------------------------------------------------------------------ what was found
def tables(measured: list[Measured]) -> Iterator[str]:
    """The figures as tables in Markdown."""
    sizes = " | ".join(f"{one.items:,} items" for one in measured)
    yield f"| | {sizes} | grows by (10 is linear) |"
    yield "|---" * (len(measured) + 2) + "|"
    for name in measured[0].figures:
        values = [one.figures.get(name, math.nan) for one in measured]
        yield f"| {name} | {' | '.join(map(_number, values))} | {_growth(measured, values)} |"
    for engine in dict.fromkeys(engine for one in measured for engine in one.mix.anew):
        means = [_geometric(one.mix.anew.get(engine, {})) for one in measured]
        yield f"| queries, {engine}: geometric mean (ms) | {' | '.join(map(_number, means))} | |"
    for one in reversed(measured[-2:]):
        yield ""
        yield f"The named queries at {one.items:,} items (`tools/bench_mix.py` alone does these):"
        yield ""
        yield from summary(one.mix)
        yield ""
        yield from table(one.mix)


def _geometric(asked: Mapping[str, Asked]) -> float:
    return statistics.geometric_mean(one.ms for one in asked.values()) if asked else math.nan


def _number(value: float) -> str:
    return "\u2013" if math.isnan(value) else number(value)


def _growth(measured: list[Measured], values: list[float]) -> str:
    """How much it grows from each size to the next, as if that were ten times as large."""
    steps = []
    for (small, before), (large, after) in itertools.pairwise(zip(measured, values, strict=True)):
        ratio, factor = large.items / small.items, after / max(before, 1e-9)
        steps.append("\u2013" if math.isnan(factor) else f"{factor ** (1 / math.log10(ratio)):.1f}")
    return ", ".join(steps)


def chart(measured: list[Measured]) -> str:
    """The growth of each cost as lines over two logarithmic axes; the tables beside it have every figure."""
    names = [name for name in measured[0].figures if not name.endswith("/s)") and name != "triples"]
    width, height, left, bottom = 720, 420, 60, 40
    xs = [math.log10(one.items) for one in measured]
    names = [name for name in names if not any(math.isnan(one.figures.get(name, math.nan)) for one in measured)]
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
    for place, (_, name) in enumerate(spots):
        colour = f"hsl({place * 360 // len(spots)} 60% 35%)"
        points = " ".join(f"{x(a):.0f},{y(b):.0f}" for a, b in zip(xs, ys[name], strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        label_y = min(label_y - 16, y(ys[name][-1]))
        parts.append(f'<text x="{width - 270}" y="{label_y + 4:.0f}" fill="{colour}">{name}</text>')
    parts.append("</svg>\n")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.exit(main())
