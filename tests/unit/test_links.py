"""The checker of links against a server that does what servers do: slowly, wrongly, in circles, and not at all."""

from __future__ import annotations

import contextlib
import shutil
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from kggraph.build import build
from kggraph.cli import run
from kggraph.config import Settings, load
from kggraph.links.checking import HostCheck, Manners, check_links, user_agent
from kggraph.links.fetching import Fetcher, NotReached
from kggraph.links.plan import hosts_of, save
from kggraph.publish.generation import open_current
from kggraph.publish.link_checks import LinkCheck
from kggraph.store.embedded import EmbeddedEngine, open_store
from kggraph.web import create_app
from kggraph.web.generations import Generations
from tests.http.conftest import BRIDGES

ROOT = Path(__file__).resolve().parent.parent.parent
TODAY = date(2026, 11, 26)


class Site(BaseHTTPRequestHandler):
    """Each path misbehaves in its own way."""

    protocol_version = "HTTP/1.1"
    asked: ClassVar[list[tuple[str, str]]] = []
    agents: ClassVar[set[str]] = set()
    robots: ClassVar[bytes | int] = b"User-agent: *\nDisallow: /private\n"
    stop: ClassVar[threading.Event] = threading.Event()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _say(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            with contextlib.suppress(OSError):
                self.wfile.write(body)

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        type(self).asked.append((self.command, self.path))
        type(self).agents.add(self.headers.get("User-Agent", ""))
        times = self.asked.count((self.command, self.path))
        is_head = self.command == "HEAD"
        match self.path.partition("?")[0]:
            case "/robots.txt":
                robots = self.robots
                self._say(200, robots) if isinstance(robots, bytes) else self._say(robots)
            case "/ok":
                self._say(200, b"yes")
            case "/gone":
                self._say(410)
            case "/missing":
                self._say(404)
            case "/no-head":
                self._say(405 if is_head else 200)
            case "/head-lies":
                self._say(404 if is_head else 200)
            case "/broken":
                self._say(500)
            case "/better-later":
                self._say(503 if times == 1 else 200, Retry_After="7")
            case "/busy":
                self._say(429, Retry_After=format_datetime(datetime.now(UTC) + timedelta(seconds=3600)))
            case "/members":
                self._say(403)
            case "/moved":
                self._say(301, Location="/ok")
            case "/for-now":
                self._say(302, Location="/ok")
            case "/circle":
                self._say(302, Location="/circle-2")
            case "/circle-2":
                self._say(302, Location="/circle")
            case "/far":
                number = int(self.path.partition("?")[2] or 0)
                self._say(302, Location=f"/far?{number + 1}")
            case "/file":
                self._say(302, Location="file:///etc/passwd")
            case "/huge":
                self.send_response(405 if is_head else 200)
                self.send_header("Content-Length", "100000000000")
                self.end_headers()
                with contextlib.suppress(OSError):
                    while not is_head and not self.stop.is_set():
                        self.wfile.write(b"x" * 65536)
            case "/slow":
                with contextlib.suppress(OSError):
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                    while not self.stop.wait(0.05):
                        self.wfile.write(b"X-Wait: a\r\n")
            case "/nonsense":
                self.wfile.write(b"\x00\xff not http\r\n\r\n")
                self.close_connection = True
            case _:
                self._say(404)


@pytest.fixture
def site() -> Iterator[str]:
    Site.asked, Site.agents, Site.robots = [], set(), b"User-agent: *\nDisallow: /private\n"
    Site.stop = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    Site.stop.set()
    server.shutdown()
    thread.join()
    server.server_close()


def knowledge_base(root: Path, addresses: list[str]) -> Settings:
    """The bridges, of which each named address is the page of one; and the shapes of links."""
    shutil.copytree(BRIDGES, root, ignore=shutil.ignore_patterns("build"))
    shapes = (ROOT / "shapes" / "link.ttl").read_text("utf-8")
    for group in ("about", "links"):
        shapes += f"\nshape:group-{group} rdfs:label 'group'@en .\n"
    (root / "shapes" / "link.ttl").write_text(shapes, "utf-8")
    for path in (root / "data" / "bridges").glob("*.ttl"):
        lines = [line for line in path.read_text("utf-8").splitlines() if "foaf:page" not in line]
        path.write_text("\n".join(lines) + "\n", "utf-8")
    for number, address in enumerate(addresses):
        (root / "data" / "bridges" / f"b{number}.ttl").write_text(
            f"<https://example.org/bridges/id/bridge/b{number}> a <https://example.org/bridges/def#Bridge> ;\n"
            f'  <http://www.w3.org/2000/01/rdf-schema#label> "B{number}"@en ;\n'
            f"  <https://example.org/bridges/def#form> <https://example.org/bridges/id/form/arch> ;\n"
            f"  <http://xmlns.com/foaf/0.1/page> <{address}> .\n",
            "utf-8",
        )
    return load(root, {})


def checked(settings: Settings, paused: list[float] | None = None, **more: int) -> Counter[str]:
    waits = paused if paused is not None else []
    manners = Manners(1.0, 0.4, more.pop("retries", 1), True, waits.append)
    return check_links(settings, manners, today=TODAY, **more)


def found(settings: Settings) -> dict[str, LinkCheck]:
    """What is kept, by the path of the address."""
    checks = [check for host in hosts_of(settings) for check in host.known.values()]
    return {"/" + check.address.split("/", 3)[3]: check for check in checks}


STATES = {
    "/ok": ("ok", 200),
    "/gone": ("dead", 410),
    "/missing": ("dead", 404),
    "/no-head": ("ok", 200),
    "/head-lies": ("ok", 200),
    "/broken": ("unreachable", 500),
    "/better-later": ("ok", 200),
    "/busy": ("refused", 429),
    "/members": ("refused", 403),
    "/moved": ("moved", 200),
    "/for-now": ("ok", 200),
    "/circle": ("unreachable", None),
    "/far": ("unreachable", None),
    "/file": ("unreachable", None),
    "/huge": ("ok", 200),
    "/slow": ("unreachable", None),
    "/nonsense": ("unreachable", None),
    "/private/a": ("refused", None),
}


def test_each_way_to_misbehave_has_its_state(site: str, tmp_path: Path) -> None:
    settings = knowledge_base(tmp_path / "kb", [site + path for path in STATES])
    paused: list[float] = []
    counts = checked(settings, paused)
    told = found(settings)
    assert {path: (told[path].state, told[path].status) for path in STATES} == STATES
    assert counts == Counter(state for state, _ in STATES.values())
    assert told["/moved"].moved_to == f"{site}/ok"
    assert not told["/for-now"].moved_to
    assert {check.date for check in told.values()} == {"2026-11-26"}
    assert ("HEAD", "/private/a") not in Site.asked
    assert ("GET", "/ok") not in Site.asked, "a page that answers HEAD is not fetched"
    assert Site.agents == {user_agent(settings)}
    assert user_agent(settings).startswith("kggraph/")
    # The pause between two requests, what the server asked (7 s), and no more than a minute when it asks for an hour.
    assert min(paused) == 1.0
    assert 7.0 in paused
    assert 50.0 < max(paused) <= 60.0


def test_what_was_found_is_data_that_conform_and_show(site: str, tmp_path: Path) -> None:
    settings = knowledge_base(tmp_path / "kb", [f"{site}/ok", f"{site}/missing"])
    checked(settings)
    build(settings)
    generation = open_current(settings)
    dead = f"{site}/missing"
    quality = generation.quality()
    assert quality.dead == {dead: "2026-11-26"}
    (listed,) = [one for one in quality.lists if one.kind == "link"]
    assert [(f.thing.rpartition("/")[2], f.value) for f in quality.of_list(listed)] == [("b1", f"<{dead}>")]
    engine = EmbeddedEngine(open_store(generation.quads_path), {})
    client = create_app(settings, Generations(settings), engine).test_client()
    page = client.get("/doc/bridge/b1.html").get_data(as_text=True)
    assert "no longer works" in page
    assert f'href="https://web.archive.org/web/{dead}"' in page
    assert "no longer works" not in client.get("/doc/bridge/b0.html").get_data(as_text=True)
    assert client.get("/nl/quality?list=" + listed.name).status_code == 200
    host = hosts_of(settings)[0]
    assert client.get(f"/doc/link-host/{host.path.stem}.html").status_code == 200


def test_a_run_goes_on_where_it_was(site: str, tmp_path: Path) -> None:
    settings = knowledge_base(tmp_path / "kb", [f"{site}/ok", f"{site}/missing"])
    checked(settings)
    before = {path: path.read_bytes() for path in (settings.data_path / "links").iterdir()}
    Site.asked.clear()
    assert checked(settings) == {"ok": 1, "dead": 1}
    assert Site.asked == []
    assert {path: path.read_bytes() for path in (settings.data_path / "links").iterdir()} == before
    checked(settings, older_than_days=0)
    assert ("HEAD", "/missing") in Site.asked


def test_a_stopped_run_asks_no_more_and_keeps_what_it_has(site: str, tmp_path: Path) -> None:
    settings = knowledge_base(tmp_path / "kb", [f"{site}/ok?{number}" for number in range(9)])
    (host,) = hosts_of(settings)
    stop = threading.Event()

    def pause(_: float) -> None:
        if ("HEAD", "/ok?1") in Site.asked:
            stop.set()

    fetcher = Fetcher("test", timeout_s=2, allow_private=True)
    checks = HostCheck(host, fetcher, Manners(0, 2, 0, True, pause), TODAY, 7, stop).run()
    save(settings, host, checks)
    assert set(found(settings)) == {"/ok?0", "/ok?1"}
    assert ("HEAD", "/ok?2") not in Site.asked
    assert checked(settings) == {"ok": 9}
    assert Site.asked.count(("HEAD", "/ok?0")) == 1


def test_robots_that_fail_close_the_site_and_no_robots_open_it(site: str, tmp_path: Path) -> None:
    settings = knowledge_base(tmp_path / "kb", [f"{site}/ok"])
    Site.robots = 500
    assert checked(settings, older_than_days=0) == {"unreachable": 1}
    assert ("HEAD", "/ok") not in Site.asked
    Site.robots = 404
    assert checked(settings, older_than_days=0) == {"ok": 1}
    Site.robots = b"User-agent: *\nCrawl-delay: 5\n"
    paused: list[float] = []
    checked(settings, paused, older_than_days=0)
    assert paused == [5.0]


def test_private_networks_are_not_asked(site: str, tmp_path: Path) -> None:
    fetcher = Fetcher("test", timeout_s=1)
    local = site.replace("127.0.0.1", "localhost")
    for address in (f"{site}/ok", f"{local}/ok", "http://[::1]/", "http://169.254.1.1/", "http://10.0.0.1/"):
        with pytest.raises(NotReached, match="private"):
            fetcher.ask("HEAD", address)
    settings = knowledge_base(tmp_path / "kb", [f"{site}/ok"])
    counts = check_links(settings, Manners(0, 1, 0), today=TODAY)
    assert counts == {"unreachable": 1}
    assert Site.asked == []


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://example.org/", "http:///x", "http://[x/", "mailto:a@b.nl"]
)
def test_only_the_web_is_asked(address: str) -> None:
    with pytest.raises(NotReached):
        Fetcher("test", timeout_s=1, allow_private=True).ask("GET", address)


def test_a_name_that_nobody_has_is_dead(tmp_path: Path) -> None:
    settings = knowledge_base(tmp_path / "kb", ["http://nobody.invalid/x"])
    assert checked(settings)["dead"] + checked(settings)["unreachable"] > 0  # without a resolver nobody can tell


def test_a_closed_port_and_plain_http_where_tls_is_asked(site: str) -> None:
    fetcher = Fetcher("test", timeout_s=1, allow_private=True)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotReached):
        fetcher.ask("HEAD", f"http://127.0.0.1:{port}/")
    with pytest.raises(NotReached):
        fetcher.ask("HEAD", site.replace("http:", "https:"))


def test_the_command(site: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = knowledge_base(tmp_path / "kb", [f"{site}/ok", f"{site}/gone"])
    code = run(["--root", str(settings.root), "check-links", "--delay", "0", "--allow-private"])
    assert (code, capsys.readouterr().out) == (0, "2 links: 1 dead, 1 ok.\n")
