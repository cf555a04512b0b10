"""More than one server: generations pulled from one another, damaged ones refused, a node lost behind a proxy."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.conftest import Server, environment, started, until
from tests.live.test_serving import kb as kb
from tests.live.test_serving import kggraph
from tests.programs import program

pytestmark = pytest.mark.live

EXAMPLE = Path(__file__).parent.parent.parent / "deploy" / "nginx-two-nodes.conf"


def generation(server: Server) -> str:
    """What a server serves."""
    return str(json.loads(server.get("/version")[1])["generation"])


def status(server: Server, path: str) -> int:
    """Status of an address."""
    try:
        return server.get(path)[0]
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def change(kb: Path, number: int) -> str:
    """Build after a change of one number; gives the hash of what is current then."""
    file = kb / "data" / "bridges" / "millau.ttl"
    file.write_text(re.sub(r"2460|25\d\d", str(2500 + number), file.read_text()))
    assert kggraph(kb, "build").returncode == 0
    return (kb / "build" / "current").readlink().name


@pytest.fixture
def replica(kb: Path, tmp_path: Path) -> Path:
    """A node without sources: the settings and queries only."""
    root = tmp_path / "replica"
    root.mkdir()
    shutil.copy(kb / "kggraph.toml", root)
    shutil.copytree(kb / "queries", root / "queries")
    return root


def test_a_node_without_sources_follows_another(kb: Path, replica: Path) -> None:
    with started(root=kb, env=environment(KGGRAPH_SHARE_GENERATIONS="true")) as origin:
        pulled = kggraph(replica, "pull", f"{origin.url}generations/current/")
        assert pulled.returncode == 0, pulled.stderr
        with started("--generation", "current", root=replica, env=environment()) as node:
            assert generation(node) == generation(origin)
            assert node.get("/doc/bridge/millau.ttl") == origin.get("/doc/bridge/millau.ttl")
            new = change(kb, 1)
            assert until(lambda: generation(origin) == new)
            assert kggraph(replica, "pull", f"{origin.url}generations/current/").returncode == 0
            assert until(lambda: generation(node) == new, 2.5)
            assert status(node, "/generations/current/manifest.json") == 404
        for name in ("current/../../kggraph.toml", "../x/manifest.json", "current/nothing"):
            assert status(origin, f"/generations/{name}") == 404


def test_a_damaged_generation_is_refused_and_the_old_one_served(kb: Path) -> None:
    first = change(kb, 1)
    second = change(kb, 2)
    assert kggraph(kb, "rollback", first).returncode == 0
    damaged = kb / "build" / "generations" / second / "descriptions.sqlite"
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(data)
    with started("--generation", "current", root=kb, env=environment()) as server:
        assert generation(server) == first
        link = kb / "build" / "new"
        link.symlink_to(Path("generations") / second)
        link.replace(kb / "build" / "current")
        stop = time.monotonic() + 1.5
        while time.monotonic() < stop:
            assert generation(server) == first
            assert server.get("/sparql?query=ASK%7B%7D")[0] == 200
        server.stop()
        assert "descriptions.sqlite" in "\n".join(server.said)


def test_a_damaged_generation_is_found_at_the_start(kb: Path) -> None:
    version = change(kb, 1)
    damaged = kb / "build" / "generations" / version / "void.nt"
    damaged.write_bytes(damaged.read_bytes().replace(b"void", b"viod", 1))
    with started(root=kb, env=environment()) as server:
        assert "void.nt" in server.said[0] and "put aside" in server.said[1]
        assert generation(server) == version
        assert server.get("/void.ttl")[0] == 200


def free_port() -> int:
    """A port that nothing listens on just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def listens(port: int) -> bool:
    """Whether something listens on a port."""
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def nginx(folder: Path, *ports: int) -> Iterator[str]:
    """Debian's nginx before some nodes, by the example of `deploy/`; gives its address."""
    executable = program("nginx", "nginx-light")
    port = free_port()
    servers = "\n".join(f"    server 127.0.0.1:{each} max_fails=1 fail_timeout=5s;" for each in ports)
    site = re.sub(r"^    server 127\.0\.0\.1:\d+.*$", "", EXAMPLE.read_text(), flags=re.MULTILINE)
    site = site.replace("upstream kennisbank {", f"upstream kennisbank {{\n{servers}")
    site = re.sub(r"listen [^;]+;", f"listen 127.0.0.1:{port};", site)
    paths = "".join(
        f"{each}_temp_path {folder}/{each};\n" for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log;\nevents {{}}\n"
        f"http {{ access_log off;\n{paths}{site}\n}}\n"
    )
    process = subprocess.Popen([executable, "-p", str(folder), "-e", f"{folder}/error.log", "-c", str(config)])
    try:
        assert until(lambda: listens(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def test_a_node_that_is_killed_under_load_is_not_noticed(kb: Path, replica: Path, tmp_path: Path) -> None:
    change(kb, 1)
    assert kggraph(replica, "pull", str(kb / "build")).returncode == 0
    (tmp_path / "nginx").mkdir()
    arguments = ("--generation", "current")
    with (
        started(*arguments, root=kb, env=environment()) as one,
        started(*arguments, root=replica, env=environment()) as two,
        nginx(tmp_path / "nginx", *(int(re.search(r":(\d+)/", node.url)[1]) for node in (one, two))) as url,  # type: ignore[index]
    ):
        wrong, count, stop = list[str](), list[int](), threading.Event()

        def load() -> None:
            while not stop.is_set():
                for path in ("/doc/bridge/millau.ttl", "/items", "/sparql?query=ASK%7B%7D"):
                    try:
                        with urllib.request.urlopen(f"{url}{path}", timeout=20) as answer:
                            count.append(len(answer.read()))
                    except OSError as error:
                        wrong.append(f"{path}: {error}")

        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        assert until(lambda: len(count) > 200)
        one.process.kill()
        here = len(count)
        assert until(lambda: len(count) > here + 400)
        stop.set()
        for thread in threads:
            thread.join()
        assert wrong == []
