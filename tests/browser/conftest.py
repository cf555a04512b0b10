"""Chromium, as readers have it, on the real command. Without Chromium the tests are skipped, but in CI they fail."""

from __future__ import annotations

import functools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from kggraph.build import build
from kggraph.config import load
from tests.browser.page_kinds import ROOT
from tests.http.conftest import bridges
from tests.live.conftest import Server, environment, started
from tests.programs import missing

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZES_AND_THEMES = ((1280, "light"), (1280, "dark"), (360, "dark"), (360, "light"))
RUN_AXE = "axe.run({resultTypes: ['violations']})"
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
WATCH = """window.violations = [];
document.addEventListener("securitypolicyviolation",
  (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));"""

WITHDRAWN = """@prefix br: <https://example.org/bridges/def#> .
<https://example.org/bridges/id/bridge/withdrawn> a br:Bridge ; br:form <https://example.org/bridges/id/form/arch> ;
  <http://www.w3.org/2000/01/rdf-schema#label> "Withdrawn"@en ; <http://purl.org/dc/terms/description> "-"@en ;
  <http://www.w3.org/2002/07/owl#deprecated> true .
"""


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not path:
        missing("there is no Chromium; install it, or name it in CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A served knowledge base."""
    settings = bridges(tmp_path_factory.mktemp("browser") / "kb")
    (Path(settings.root) / "data" / "bridges" / "withdrawn.ttl").write_text(WITHDRAWN, "utf-8")
    build(settings)
    with started(root=Path(settings.root), env=environment()) as server:
        yield server


@functools.cache
def axe() -> Axe:
    """Axe, read once."""
    return Axe()


def complaints(page: Page) -> list[str]:
    """What axe finds on a page in both widths and both themes, and where it scrolls sideways."""
    found = []
    page.evaluate(axe().axe_script)
    for width, scheme in SIZES_AND_THEMES:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for one in page.evaluate(RUN_AXE)["violations"]:
            found.append(f"{width} {scheme}: {one['id']} {[node['html'][:160] for node in one['nodes'][:3]]}")
    # With everything open, and on the narrowest screen that WCAG 2.1 asks for (1.4.10).
    page.evaluate("document.querySelectorAll('details:not(.menu)').forEach((one) => { one.open = true; })")
    for width in (1280, 768, 360, 320):
        page.set_viewport_size({"width": width, "height": 800})
        if page.evaluate(SIDEWAYS):
            found.append(f"{width}: scrolls sideways")
    return found


class Visit:
    """A page that is being looked at, with everything that went wrong on it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.faults: list[str] = []
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)
        page.add_init_script(WATCH)

    def go(self, path: str) -> None:
        """Go to an address of the site."""
        self.page.goto(self.url.rstrip("/") + path)

    def write(self, query: str) -> None:
        """Put a query in the editor, as if it were pasted."""
        self.page.locator(".cm-content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(query)

    def run(self, query: str) -> None:
        """Run a query by the keyboard, and wait for what comes of it."""
        self.write(query)
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_selector("#results:not([aria-busy]) :is([data-summary], .sparql-problem)")

    @property
    def query(self) -> str:
        """What the form would send."""
        return self.page.locator("textarea[name=query]").input_value()

    def is_clean(self) -> None:
        """Nothing broke, and nothing was tried that the Content Security Policy forbids."""
        assert self.page.evaluate("window.violations") == []
        # A browser reports a problem document as an error of its own.
        assert not [fault for fault in self.faults if "status of 4" not in fault]


@pytest.fixture
def visit(chromium: Browser, site: Server) -> Iterator[Visit]:
    """A fresh visitor."""
    context = chromium.new_context(permissions=["clipboard-read", "clipboard-write"])
    yield Visit(context.new_page(), site.url)
    context.close()


@pytest.fixture(scope="session")
def kennisbank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The knowledge base of this repository, built in a folder of its own and served."""
    env = environment(KGGRAPH_BUILD_DIR=str(tmp_path_factory.mktemp("pages") / "build"))
    build(load(ROOT, env))
    with started(root=ROOT, env=env) as server:
        yield server


class Reader:
    """A page that is being read, with every request it makes and everything that goes wrong."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.url = url.rstrip("/")
        self.page: Page = context.new_page()
        self.faults: list[str] = []
        self.elsewhere: list[str] = []
        self.page.add_init_script(WATCH)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", lambda m: self.faults.append(m.text) if m.type == "error" else None)
        self.page.on("request", lambda r: None if r.url.startswith(self.url) else self.elsewhere.append(r.url))

    def go(self, path: str) -> None:
        """Go to an address of the site."""
        self.page.goto(self.url + path)

    def is_clean(self) -> None:
        """Nothing broke, nothing left the host, nothing was refused by the Content Security Policy."""
        assert self.page.evaluate("window.violations") == []
        assert not self.faults
        assert not self.elsewhere


@pytest.fixture
def reader(chromium: Browser, kennisbank: Server) -> Iterator[Reader]:
    """A reader with a wide screen."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    yield Reader(context, kennisbank.url)
    context.close()
