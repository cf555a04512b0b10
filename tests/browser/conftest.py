"""Chromium, as readers have it, on the real command. Without Chromium the tests are skipped, but in CI they fail."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from kggraph.build import build
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
WATCH = """window.violations = [];
document.addEventListener("securitypolicyviolation",
  (event) => window.violations.push(`${event.violatedDirective} ${event.blockedURI}`));"""


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
    build(settings)
    with started(root=Path(settings.root), env=environment()) as server:
        yield server


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
