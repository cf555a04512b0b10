"""Every kind of page as a reader has it: judged by axe and the Nu checker, and the journeys through them.

On the real knowledge base, as it has every kind of page; `tests/http` asks the same pages of the bridges.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from kggraph.build import build
from kggraph.config import load
from tests.browser.conftest import WATCH
from tests.live.conftest import Server, environment, started
from tests.programs import missing

pytestmark = pytest.mark.live

ROOT = Path(__file__).parents[2]
JUDGES = Path(__file__).parent / "judges"
ITEMS = tuple(path.stem for path in sorted((ROOT / "data" / "items").glob("*.ttl"))[40:42])
ABOUT_SUICIDE = "/doc/topic/suicidepreventie"
PAGES = (
    "/",
    "/items",
    "/items?q=eenzaamheid&topic=eenzaamheid",
    "/items?topic=suicidepreventie",
    "/items?q=xqzxqz",
    f"/doc/item/{ITEMS[0]}",
    ABOUT_SUICIDE,
    "/doc/theme/leren",
    "/doc/type/onderzoek",
    "/doc/organisation/ecio",
    "/doc/scheme/themes-stepchange-2020",
    "/organisations",
    "/topics",
    "/browse",
    "/gaps",
    "/stats",
    "/crosswalk",
    f"/compare?item={ITEMS[0]}&item={ITEMS[1]}",
    f"/around?item={ITEMS[0]}",
    f"/list?item={ITEMS[0]}",
    "/queries",
    "/dataset",
    "/about",
    "/accessibility",
    "/en/",
    "/en/gaps?rows=type&columns=country",
)
FITS = "document.documentElement.scrollWidth <= window.innerWidth"


@pytest.fixture(scope="module")
def kennisbank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The knowledge base of this repository, built in a folder of its own and served."""
    env = environment(KGGRAPH_BUILD_DIR=str(tmp_path_factory.mktemp("pages") / "build"))
    build(load(ROOT, env))
    with started(root=ROOT, env=env) as server:
        yield server


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


@functools.cache
def axe() -> Axe:
    """Axe, read once."""
    return Axe()


# ------------------------------------------------------------------ judged by others
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing(chromium: Browser, kennisbank: Server, scheme: str, width: int) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": 800},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    reader = Reader(context, kennisbank.url)
    found = []
    for path in PAGES:
        reader.go(path)
        for one in axe().run(reader.page).response["violations"]:
            found.append((path, one["id"], [node["html"][:160] for node in one["nodes"][:3]]))
        if not reader.page.evaluate(FITS):
            found.append((path, "scrolls sideways", [str(width)]))
        assert reader.page.evaluate("window.violations") == []
    assert not found
    reader.is_clean()
    context.close()


def test_the_nu_checker_finds_nothing(kennisbank: Server, judges: Path, tmp_path: Path) -> None:
    if not shutil.which("java"):
        missing("there is no java for the Nu HTML Checker")
    for number, path in enumerate(PAGES):
        _, body = kennisbank.get(path, "text/html")
        (tmp_path / f"{number:02}.html").write_bytes(body)
    jar = judges / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
    command = ["java", "-jar", str(jar), "--format", "json", "--exit-zero-always", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    messages = json.loads(done.stderr)["messages"]
    wrong = [
        (PAGES[int(Path(m["url"]).stem)], m["message"], m.get("extract", "")[:120])
        for m in messages
        if m["type"] == "error"
    ]
    assert not wrong


def test_page_check_is_clean(kennisbank: Server, judges: Path) -> None:
    script = ROOT.parent / "shared" / "tools" / "page_check.mjs"
    if not script.is_file():
        missing("../shared/tools/page_check.mjs is not there")
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        missing("there is no Chromium")
    asked = [kennisbank.url.rstrip("/") + path for path in (PAGES[0], PAGES[5], "/gaps", "/stats")]
    env = environment(CHROMIUM=str(chromium))
    command = ["node", str(script), *asked]
    done = subprocess.run(command, cwd=judges, env=env, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr


# ------------------------------------------------------------------ journeys
def test_search_narrow_and_back(reader: Reader) -> None:
    reader.go("/")
    reader.page.get_by_role("searchbox").or_(reader.page.get_by_role("combobox")).first.fill("eenzaamheid")
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_url("**/items?q=eenzaamheid")
    before = reader.page.locator(".total").inner_text()
    reader.page.locator("input[name=type]:not([disabled])").first.check()
    reader.page.wait_for_url("**type=**")
    assert reader.page.locator(".chips li").count() >= 2
    reader.page.go_back()
    reader.page.wait_for_function("text => document.querySelector('.total').innerText === text", arg=before)
    reader.page.locator(".card-title a").first.click()
    reader.page.wait_for_url("**/doc/item/**")
    assert reader.page.get_by_role("heading", level=1).is_visible()
    reader.is_clean()


def test_the_wheel_leads_to_its_items(reader: Reader) -> None:
    reader.go("/en/")
    part = reader.page.locator(".wheel a").nth(1)
    said = str(part.text_content())
    part.focus()
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_url("**/en/items?theme=**")
    assert reader.page.locator(".total strong").inner_text().split()[0] == said.rpartition(" ")[2]
    reader.is_clean()


def test_a_cell_of_the_map_leads_to_its_items(reader: Reader) -> None:
    reader.go("/gaps")
    cell = reader.page.locator(".gap-map td a strong").first
    number = cell.inner_text()
    cell.click()
    reader.page.wait_for_url("**/items?**")
    assert reader.page.locator(".total strong").inner_text().split()[0] == number
    assert reader.page.locator(".chips li").count() == 3
    reader.is_clean()


def test_the_language_changes_on_the_same_page(reader: Reader) -> None:
    reader.go(ABOUT_SUICIDE)
    assert reader.page.locator(".notice").get_by_role("link", name="www.113.nl").is_visible()
    reader.page.get_by_role("link", name="English").click()
    reader.page.wait_for_url(f"**/en{ABOUT_SUICIDE}")
    assert reader.page.evaluate("document.documentElement.lang") == "en"
    links = [link.get_attribute("href") for link in reader.page.locator(".notice a").all()]
    assert links == ["tel:113", "tel:08000113", "https://www.113.nl/"]
    reader.is_clean()


def test_by_keyboard_alone(reader: Reader) -> None:
    reader.go("/")
    reader.page.keyboard.press("Tab")
    assert reader.page.evaluate("document.activeElement.className") == "skip"
    reader.page.keyboard.press("Enter")
    assert reader.page.evaluate("document.activeElement.id") == "main"
    reader.page.keyboard.press("Tab")
    reader.page.keyboard.type("stress")
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_url("**/items?q=stress")
    reader.is_clean()


def test_without_script(chromium: Browser, kennisbank: Server) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.goto(kennisbank.url)
    page.locator("#home-q").fill("mindfulness")
    page.locator(".big-search button").click()
    page.locator("details.filters-fold > summary").click()
    page.locator("input[name=type]:not([disabled])").first.check()
    page.locator("button[type=submit]:visible").last.click()
    assert "type=" in page.url and "q=mindfulness" in page.url
    assert page.locator(".card").count()
    context.close()


def test_print(reader: Reader) -> None:
    reader.go(f"/doc/item/{ITEMS[0]}")
    reader.page.emulate_media(media="print")
    for hidden in (".site-nav", ".site-search", ".languages", ".acts"):
        assert reader.page.locator(hidden).first.is_hidden(), hidden
    assert reader.page.get_by_role("heading", level=1).is_visible()
    assert reader.page.pdf()[:5] == b"%PDF-"
