"""A new generation under load: every process of every node has it within two seconds, and no request fails."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kggraph.search.patched_items import PATCH_FILE
from tests.live.conftest import Server, environment, started, until
from tests.live.test_replicas import change
from tests.live.test_replicas import replica as replica
from tests.live.test_serving import kb as kb
from tests.live.test_serving import kggraph

pytestmark = pytest.mark.live

WITHIN_S = 2.0
DEFINED = "https://example.org/bridges/def#"
LENGTH = f"SELECT ?m {{ ?bridge a <{DEFINED}Bridge> ; <{DEFINED}lengthM> ?m }}"


@dataclass
class Load:
    """Requests of several clients to a node, each over a connection of its own so that any process may answer."""

    server: Server
    seen: list[tuple[float, str]] = field(default_factory=list)
    """When a page was asked for, and the generation that it was of."""
    rows: list[tuple[float, bytes]] = field(default_factory=list)
    """When a query was asked, and its result."""
    wrong: list[str] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def ask(self) -> None:
        """Ask until told to stop."""
        query = f"/sparql?query={urllib.parse.quote(LENGTH)}"
        while not self.stop.is_set():
            try:
                began = time.monotonic()
                self.seen.append((began, str(json.loads(self.server.get("/version")[1])["generation"])))
                self.server.get("/items?q=bridge")
                began = time.monotonic()
                self.rows.append((began, self.server.get(query, "text/csv")[1]))
            except urllib.error.HTTPError as error:
                self.wrong.append(f"{error.code} {error.read()!r}")
            except OSError as error:
                self.wrong.append(repr(error))


def under_load(servers: list[Server], change_over: Callable[[], None]) -> list[Load]:
    """What clients of all nodes were given while something was done."""
    loads = [Load(server) for server in servers]
    threads = [threading.Thread(target=load.ask) for load in loads for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        assert until(lambda: all(len(load.rows) > 10 for load in loads))
        change_over()
    finally:
        for load in loads:
            load.stop.set()
        for thread in threads:
            thread.join()
    return loads


def pulled(replica: Path, origin: str) -> str:
    """Fetch the current generation of a node; gives its hash."""
    assert kggraph(replica, "pull", origin).returncode == 0
    return (replica / "build" / "current").readlink().name


def test_all_processes_of_all_nodes_change_over_within_two_seconds(kb: Path, replica: Path) -> None:
    old = change(kb, 1)
    assert kggraph(replica, "pull", str(kb / "build")).returncode == 0
    workers = {"KGGRAPH_WEB_WORKERS": "3"}
    with (
        started(root=kb, env=environment(KGGRAPH_SHARE_GENERATIONS="true", **workers)) as one,
        started("--generation", "current", root=replica, env=environment(**workers)) as two,
    ):
        switched: dict[str, list[tuple[float, str, bytes]]] = {}
        """When a node was given a generation, which one, and what its queries give then."""

        def change_over() -> None:
            new = change(kb, 2)
            assert list((kb / "build" / "generations" / new).rglob(PATCH_FILE)), "it is a patch, not built whole"
            switched[one.url] = [(time.monotonic(), new, b"2502")]
            # Any process of the first node may be asked, and each of them has until then to notice the new generation.
            assert until(lambda: pulled(replica, f"{one.url}generations/current/") == new, WITHIN_S + 5)
            switched[two.url] = [(time.monotonic(), new, b"2502")]
            threading.Event().wait(WITHIN_S + 1)
            assert kggraph(kb, "rollback").returncode == 0
            switched[one.url].append((time.monotonic(), old, b"2501"))
            threading.Event().wait(WITHIN_S + 1)

        loads = under_load([one, two], change_over)
        for load in loads:
            assert load.wrong == [], load.server.said
            for begins, what, length in switched[load.server.url]:
                # The next change begins no sooner than a second after these two.
                late = [hash for at, hash in load.seen if WITHIN_S < at - begins < WITHIN_S + 1]
                assert late and set(late) == {what}
                rows = [row for at, row in load.rows if WITHIN_S < at - begins < WITHIN_S + 1]
                assert rows and all(length in row for row in rows)
            assert old in {hash for _, hash in load.seen}


def test_what_is_served_is_not_collected(kb: Path) -> None:
    hashes = [change(kb, number) for number in (1, 2, 3)]
    with started("--generation", "current", root=kb, env=environment()) as server:

        def change_over() -> None:
            assert kggraph(kb, "rollback", hashes[0]).returncode == 0
            assert until(lambda: hashes[0].encode() in server.get("/version")[1], WITHIN_S)
            assert kggraph(kb, "gc", "--keep", "1").returncode == 0
            threading.Event().wait(0.5)

        (load,) = under_load([server], change_over)
        assert load.wrong == [], server.said
        assert load.seen[-1][1] == hashes[0]
        assert [path.name for path in (kb / "build" / "generations").iterdir()] == [hashes[0]]
