"""Every kind of page as a reader has it: judged by axe, the Nu checker and page_check.

On the real knowledge base, as it has every kind of page; `tests/http` asks the same pages of the bridges.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from kggraph.config import load
from tests.browser.conftest import Reader, complaints
from tests.browser.page_kinds import ITEM, KINDS, PROBLEMS, ROOT
from tests.live.conftest import Server, environment, started
from tests.programs import missing

pytestmark = pytest.mark.live

JUDGES = Path(__file__).parent / "judges"
PAGES = tuple(path for examples in KINDS.values() for path in examples)
EN = tuple("/en" + path for path in PAGES)
ERRORS = "status of 4"
"""What a browser writes on its console for a page that is a problem."""


@pytest.fixture(scope="module")
def judges(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the checkers that npm has."""
    if not shutil.which("npm"):
        missing("there is no npm to install the checkers with")
    folder = tmp_path_factory.mktemp("judges")
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(JUDGES / name, folder)
    done = subprocess.run(["npm", "ci", "--silent"], cwd=folder, capture_output=True, text=True, timeout=180)
    if done.returncode:
        missing(f"npm could not install the checkers: {done.stderr[-300:]}")
    return folder


# ------------------------------------------------------------------ judged by others
def test_every_kind_of_page_is_looked_at(kennisbank: Server) -> None:
    paths = json.loads(kennisbank.get("/openapi.json")[1])["paths"]
    told = {path for path, item in paths.items() if "text/html" in _content(item)}
    # With a suffix it is the same page, and a named query leads to the page of the endpoint.
    told = {path for path in told if not path.endswith(".{suffix}") and not path.startswith("/api/")}
    assert told == set(KINDS)
    for path, examples in KINDS.items():
        pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
        assert all(pattern.fullmatch(example.partition("?")[0]) for example in examples), path


def test_every_class_of_things_is_looked_at(kennisbank: Server) -> None:
    base = load(ROOT, {}).base_uri
    things = " ".join(f"<{base}id{path.removeprefix('/doc')}>" for path in KINDS["/doc/{kind}/{slug}"])
    query = f"""SELECT DISTINCT ?class {{
      ?thing a ?class FILTER(STRSTARTS(STR(?thing), "{base}id/") && !CONTAINS(STR(?thing), "#"))
      FILTER NOT EXISTS {{ VALUES ?example {{ {things} }} ?example a ?class }} }}"""
    _, body = kennisbank.get(f"/sparql?query={quote(query)}", "text/csv")
    assert body.decode().split() == ["class"]


def _content(item: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = item.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
    return found


@pytest.fixture(scope="module")
def judged(chromium: Browser, kennisbank: Server) -> Iterator[Reader]:
    """A reader whose one page is judged, page after page."""
    context = chromium.new_context(reduced_motion="reduce")
    yield Reader(context, kennisbank.url)
    context.close()


@pytest.mark.parametrize("path", [*PAGES, *PROBLEMS, "/en/", f"/en{ITEM}"])
def test_a_page_is_for_everyone(judged: Reader, path: str) -> None:
    judged.faults.clear()
    judged.elsewhere.clear()
    judged.go(path)
    assert not complaints(judged.page)
    judged.faults = [fault for fault in judged.faults if path not in PROBLEMS or ERRORS not in fault]
    judged.is_clean()


def test_what_is_gone_and_plain_data_are_for_everyone(chromium: Browser, site: Server, tmp_path: Path) -> None:
    (tmp_path / "some.ttl").write_text("<https://example.org/a> <https://example.org/b> 1 .", "utf-8")
    with started("--data", str(tmp_path / "some.ttl"), root=tmp_path, env=environment()) as data:
        context = chromium.new_context()
        page = context.new_page()
        for url in (f"{site.url}doc/bridge/withdrawn", f"{site.url}nl/doc/bridge/withdrawn", data.url):
            page.goto(url)
            assert page.locator("h1").inner_text()
            assert not complaints(page), url
        context.close()


def test_the_nu_checker_finds_nothing(kennisbank: Server, site: Server, judges: Path, tmp_path: Path) -> None:
    if not shutil.which("java"):
        missing("there is no java for the Nu HTML Checker")
    asked = [(kennisbank, path) for path in (*PAGES, *EN, *PROBLEMS)]
    asked += [(site, f"{prefix}/doc/bridge/{slug}") for prefix in ("", "/nl") for slug in ("hostile", "withdrawn")]
    for number, (server, path) in enumerate(asked):
        request = urllib.request.Request(server.url.rstrip("/") + path, headers={"Accept": "text/html"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                body = answer.read()
        except urllib.error.HTTPError as problem:
            body = problem.read()
        (tmp_path / f"{number:03}.html").write_bytes(body)
    jar = judges / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    command = ["java", "-jar", str(jar), "--format", "json", "--exit-zero-always", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    messages = json.loads(done.stderr)["messages"]
    wrong = [
        (asked[int(Path(m["url"]).stem)][1], m["message"], m.get("extract", "")[:120])
        for m in messages
        if m["type"] == "error"
    ]
    assert not wrong


@pytest.mark.parametrize("pages", [PAGES, EN], ids=["nl", "en"])
def test_page_check_is_clean(kennisbank: Server, judges: Path, pages: tuple[str, ...]) -> None:
    script = ROOT.parent / "shared" / "tools" / "page_check.mjs"
    if not script.is_file():
        missing("../shared/tools/page_check.mjs is not there")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        missing("there is no Chromium")
    env = environment(CHROMIUM=str(chromium))

    def check(some: tuple[str, ...]) -> tuple[int, str]:
        command = ["node", str(script), *(kennisbank.url.rstrip("/") + path for path in some)]
        done = subprocess.run(command, cwd=judges, env=env, capture_output=True, text=True, timeout=400)
        return done.returncode, done.stdout + done.stderr

    # It waits half a second for each page to be quiet, so some wait side by side.
    with ThreadPoolExecutor(_CHECKS) as pool:
        for code, said in pool.map(check, [pages[start::_CHECKS] for start in range(_CHECKS)]):
            assert code == 0, said


_CHECKS = 4
