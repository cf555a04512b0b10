"""A long load at a share of what the server can do: does memory, the number of descriptors or the latency grow?

    make soak                       15 minutes at 80 %, written to docs/reliability.md
    tools/soak.py --minutes 1       a try, only printed

First it asks as fast as it can, over 16 connections, for what can be done in a second (median of three). Then it
asks at a share of that, by the clock: the latency of a request counts from when it was due, so that a server that halts
is not asked less. The mix is 40 % pages, 25 % Turtle, 20 % searches and 15 % queries that no cache knows.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reliability.md"
CONNECTIONS = 16
CACHE_MB = 16
"""Of finished answers, for each web process: a small one is full within the first minute."""
WORDS = (
    "studiestress",
    "slaap",
    "mentale gezondheid",
    "training",
    "eenzaamheid",
    "peer support",
    "prestatiedruk",
    "bewegen",
)
QUERY = "SELECT ?s ?o WHERE {{ ?s <http://purl.org/dc/terms/title> ?o }} LIMIT 20 OFFSET {} # {}"
MOST_MEMORY = 1.05
MOST_LATENCY = 1.5
MOST_FILES = 8
MOST_TOLD = 10
"""Failed requests that are told one by one."""
_PAUSE_S = 0.1
"""After a connection that broke off, or could not be made."""


@dataclass
class Minute:
    """What was measured in one minute."""

    latencies_ms: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What was asked in vain, and how it failed."""
    memory_mb: float = 0.0
    files: int = 0
    processes: int = 0

    def quantile(self, share: float) -> float:
        """A latency that this share of the requests did not pass."""
        ordered = sorted(self.latencies_ms) or [0.0]
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Mix:
    """Addresses to ask for, by chance but always the same ones."""

    def __init__(self, slugs: list[str]) -> None:
        self._slugs, self._chance, self._count = slugs, random.Random(7), itertools.count()

    def path(self) -> str:
        """The next one."""
        chance, number = self._chance.random(), next(self._count)
        slug = self._slugs[self._chance.randrange(len(self._slugs))]
        if chance < 0.40:
            return f"/doc/item/{slug}.html"
        if chance < 0.65:
            return f"/doc/item/{slug}.ttl"
        if chance < 0.85:
            return f"/items?q={quote(' '.join(self._chance.sample(WORDS, 2)))}"
        return f"/sparql?query={quote(QUERY.format(number % 400, number))}"


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, path: str) -> str:
    """Ask over an open connection; gives the status."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html, text/turtle, text/csv\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"\r\ncontent-length: (\d+)", head, re.IGNORECASE)
    if length:
        await reader.readexactly(int(length[1]))
    else:
        while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
            await reader.readexactly(size + 2)
        await reader.readuntil(b"\r\n")
    return head.split(b" ", 2)[1].decode()


async def load(url: str, mix: Mix, seconds: float, rate: float | None, minutes: list[Minute]) -> int:
    """Ask for some seconds, as fast as can be or so many times a second; gives how often it was answered."""
    address = urlsplit(url)
    began = time.monotonic()
    due = itertools.count()
    answered = 0

    async def client() -> None:
        nonlocal answered
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while time.monotonic() < began + seconds:
            start = time.monotonic()
            if rate:
                start = began + next(due) / rate
                if start > began + seconds:
                    break
                await asyncio.sleep(max(0.0, start - time.monotonic()))
            path = mix.path()
            try:
                connection = connection or await asyncio.open_connection(address.hostname, address.port)
                status = await ask(*connection, address.netloc, path)
            except (OSError, asyncio.IncompleteReadError) as error:
                status = repr(error)
                if connection:
                    connection[1].close()
                connection = None
                await asyncio.sleep(_PAUSE_S)
            now = time.monotonic()
            minute = minutes[min(int((now - began) / 60), len(minutes) - 1)]
            minute.latencies_ms.append((now - start) * 1000)
            if status == "200":
                answered += 1
            else:
                minute.wrong.append(f"{path}: {status}")
        if connection:
            connection[1].close()

    await asyncio.gather(*(client() for _ in range(CONNECTIONS)))
    return answered


async def watched(url: str, mix: Mix, minutes: list[Minute], rate: float, pid: int) -> None:
    """Load the server for all minutes, and look at its processes at the end of each."""

    async def watch() -> None:
        for minute in minutes:
            await asyncio.sleep(59)
            minute.memory_mb, minute.files, minute.processes = measured(pid)
            await asyncio.sleep(1)

    await asyncio.gather(load(url, mix, 60 * len(minutes), rate, minutes), watch())


def measured(pid: int) -> tuple[float, int, int]:
    """Memory in MB (shared pages once), open descriptors and number of the processes of a server."""
    memory, files, pids = 0.0, 0, [pid, *below(pid)]
    for each in pids:
        with contextlib.suppress(OSError):  # it ended meanwhile
            rollup = Path(f"/proc/{each}/smaps_rollup").read_text()
            memory += int(re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)[1]) / 1024  # type: ignore[index]
            files += len(list(Path(f"/proc/{each}/fd").iterdir()))
    return memory, files, len(pids)


def below(pid: int) -> Iterator[int]:
    """All processes below a process."""
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, task.read_text().split()):
                yield child
                yield from below(child)


@contextlib.contextmanager
def served() -> Iterator[tuple[str, int]]:
    """The knowledge base of this folder, served; its address and process."""
    command = [sys.executable, "-m", "kggraph", "--root", str(ROOT), "serve", "--port", "0"]
    env = {**os.environ, "KGGRAPH_RESPONSE_CACHE_MB": str(CACHE_MB)}
    with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            for line in process.stderr:
                if found := re.search(r"is served at (http://[^/]+/)", line):
                    yield found[1], process.pid
                    break
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def verdicts(minutes: list[Minute]) -> list[tuple[str, float, float, bool]]:
    """What is compared: its name, its value after the start and at the end, and whether that is no growth."""
    part = max(1, len(minutes) // 3)
    first, last = minutes[-2 * part : -part] or minutes[:part], minutes[-part:]

    def both(of: str) -> tuple[float, float]:
        values = {
            "memory": [minute.memory_mb for minute in (*first, *last)],
            "files": [float(minute.files) for minute in (*first, *last)],
            "p50": [minute.quantile(0.5) for minute in (*first, *last)],
            "p99": [minute.quantile(0.99) for minute in (*first, *last)],
        }[of]
        return statistics.median(values[: len(first)]), statistics.median(values[len(first) :])

    told = []
    for name, of in (("memory (MB)", "memory"), ("descriptors", "files"), ("p50 (ms)", "p50"), ("p99 (ms)", "p99")):
        before, after = both(of)
        most = {"memory": before * MOST_MEMORY, "files": before + MOST_FILES}.get(of, before * MOST_LATENCY + 1)
        told.append((name, before, after, after <= most))
    return told


def report(minutes: list[Minute], capacity: float, rate: float, share: float) -> str:
    """The figures as Markdown."""
    asked = sum(len(minute.latencies_ms) for minute in minutes)
    wrong = [f"- minute {number}: `{what}`" for number, minute in enumerate(minutes, 1) for what in minute.wrong]
    lines = [
        f"Capacity {capacity:,.0f} requests/s; {len(minutes)} minutes at {share:.0%} of it, {rate:,.0f} requests/s: "
        f"{asked:,} requests, {len(wrong)} of them failed.",
        *wrong[:MOST_TOLD],
        "",
        "| minute | requests | p50 (ms) | p99 (ms) | memory (MB) | descriptors | processes |",
        "|---|---|---|---|---|---|---|",
    ]
    for number, each in enumerate(minutes, 1):
        lines.append(
            f"| {number} | {len(each.latencies_ms):,} | {each.quantile(0.5):.1f} | {each.quantile(0.99):.1f} "
            f"| {each.memory_mb:.0f} | {each.files} | {each.processes} |"
        )
    lines += ["", "| | middle third | last third | |", "|---|---|---|---|"]
    for name, before, after, is_well in verdicts(minutes):
        lines.append(f"| {name} | {before:,.1f} | {after:,.1f} | {'no growth' if is_well else 'GROWS'} |")
    return "\n".join(lines)


def main() -> int:
    """Measure, print, and give 1 when something grew or failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=int, default=15)
    parser.add_argument("--share", type=float, default=0.8)
    parser.add_argument("--write", action="store_true", help="put the figures into docs/reliability.md")
    given = parser.parse_args()
    slugs = sorted(path.stem for path in (ROOT / "data" / "items").glob("*.ttl"))
    with served() as (url, pid):
        mix = Mix(slugs)
        asyncio.run(load(url, mix, 5, None, [Minute()]))  # what is opened or made at the first request
        capacity = statistics.median(asyncio.run(load(url, mix, 8, None, [Minute()])) / 8 for _ in range(3))
        minutes = [Minute() for _ in range(given.minutes)]
        asyncio.run(watched(url, mix, minutes, capacity * given.share, pid))
    text = report(minutes, capacity, capacity * given.share, given.share)
    print(text)
    if given.write:
        page = PAGE.read_text("utf-8")
        page = re.sub(
            r"(<!-- soak -->\n).*?(<!-- end of soak -->)", lambda m: f"{m[1]}{text}\n{m[2]}", page, flags=re.DOTALL
        )
        PAGE.write_text(page, "utf-8")
    return 1 if any(minute.wrong for minute in minutes) or not all(one[3] for one in verdicts(minutes)) else 0


if __name__ == "__main__":
    sys.exit(main())
