"""Journeys through the pages: with a mouse, by keyboard alone, without script, on a phone, and to paper."""

from __future__ import annotations

import csv
import io
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Reader
from tests.browser.page_kinds import ABOUT_SUICIDE, ITEM, ITEMS, PAIR, ROOT
from tests.live.conftest import Server
from tests.programs import program

pytestmark = pytest.mark.live

CUT = """[...document.querySelectorAll('.scroll')].filter((one) => one.scrollWidth > one.clientWidth + 1)
  .map((one) => one.innerText.slice(0, 80))"""
NOT_PRINTED = ".site-nav a, .languages a, .footer-links a, .acts a, .formats a"
SMALL = """[...document.querySelectorAll(`button, summary, select, input:not([type=hidden], [type=checkbox]),
    label:has(input), .pills a, .chips a, .formats a, .tiles a, .site-nav a, .languages a, .pager a,
    .footer-links a, .acts a`)]
  .filter((one) => one.checkVisibility()).map((one) => [one.getBoundingClientRect(), one])
  .filter(([box]) => box.width && (box.height < 24 || box.width < 24))
  .map(([box, one]) => `${box.width}x${box.height} ${one.outerHTML.slice(0, 90)}`)"""
"""Controls that are too small to touch."""


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
    expect(reader.page.locator(".total")).to_have_text(before)
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


def test_the_crisis_line_is_there_whichever_way_one_comes(reader: Reader) -> None:
    reader.go("/items?q=zelfmoord")
    expect(reader.page.locator(".notice")).to_contain_text("0800-0113")
    reader.go("/items")
    expect(reader.page.locator(".notice")).to_have_count(0)
    reader.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    reader.page.locator("input[name=topic][value=suicidepreventie]").check()
    expect(reader.page.locator(".notice")).to_contain_text("www.113.nl")
    reader.page.locator(".chips a").first.click()
    expect(reader.page.locator(".notice")).to_have_count(0)
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


def test_from_the_wheel_to_an_item_by_keyboard_alone(reader: Reader) -> None:
    """The wheel, a filter, its chip and an item, with nothing but Tab, Enter and Space."""
    page = reader.page

    def tab_to(selector: str) -> None:
        for _ in range(250):
            page.keyboard.press("Tab")
            if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"Tab never comes by {selector}")

    reader.go("/")
    tab_to(".wheel a[href*=theme]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/items?theme=**")
    tab_to("input[type=checkbox][name=type]")
    page.keyboard.press("Space")
    page.wait_for_url("**type=**")
    expect(page.locator(".chips li")).to_have_count(3)
    tab_to(".chips a")
    page.keyboard.press("Enter")
    expect(page.locator(".chips li")).to_have_count(2)
    tab_to(".card-title a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/doc/item/**")
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


# ------------------------------------------------------------------ the menu
def test_the_menu_of_a_phone_opens_without_script(chromium: Browser, kennisbank: Server) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": 800})
    page = context.new_page()
    page.goto(f"{kennisbank.url}stats")
    header = page.locator(".site-header").bounding_box()
    assert header and header["height"] < 130, "brand, language and menu on one line, the search field under it"
    link = page.locator(".site-nav a[href='/gaps']")
    assert not link.is_visible()
    page.locator(".menu > summary").click()
    link.click()
    expect(page).to_have_url(f"{kennisbank.url}gaps")
    context.close()


def test_the_menu_by_keyboard_narrow_and_wide(reader: Reader) -> None:
    reader.go("/stats")
    stops = _stops(reader.page, 12)
    assert stops.index("Items") < stops.index("Over") < stops.index("site-q"), "in the order in which one sees them"
    reader.page.set_viewport_size({"width": 360, "height": 800})
    reader.go("/stats")
    assert "Items" not in _stops(reader.page, 6)
    reader.page.locator(".menu > summary").focus()
    reader.page.keyboard.press("Enter")
    assert _stops(reader.page, 1) == ["Items"]
    reader.page.keyboard.press("Enter")
    reader.page.wait_for_url("**/items")
    reader.is_clean()


def _stops(page: Page, number: int) -> list[str]:
    """What Tab comes by: the words of a link, or the id of a field."""
    found = []
    for _ in range(number):
        page.keyboard.press("Tab")
        found.append(str(page.evaluate("document.activeElement.id || document.activeElement.innerText.trim()")))
    return found


def test_focus_is_seen_on_every_kind_of_control(reader: Reader) -> None:
    """https://www.w3.org/TR/WCAG21/#focus-visible"""
    reader.go("/items?q=eenzaamheid")
    unseen, seen = [], 0
    for _ in range(30):
        reader.page.keyboard.press("Tab")
        style = reader.page.evaluate(
            "(({outlineStyle, outlineWidth}) => [outlineStyle, parseFloat(outlineWidth),"
            "document.activeElement.outerHTML.slice(0, 90)])(getComputedStyle(document.activeElement))"
        )
        seen += style[0] != "none" and style[1] >= 2
        unseen += [] if style[0] != "none" and style[1] >= 2 else [style]
    assert seen == 30, unseen


def test_what_is_touched_is_large_enough(chromium: Browser, kennisbank: Server) -> None:
    """https://www.w3.org/TR/WCAG22/#target-size-minimum for controls; links in a sentence are excepted."""
    context = chromium.new_context(viewport={"width": 360, "height": 800}, has_touch=True, is_mobile=True)
    page = context.new_page()
    for path in ("/", "/items", ITEM, "/gaps", "/browse", "/validate"):
        page.goto(kennisbank.url.rstrip("/") + path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert page.evaluate(SMALL) == [], path
    context.close()


# ------------------------------------------------------------------ around an item
def test_compare_up_to_four(reader: Reader) -> None:
    names = [path.stem for path in sorted((ROOT / "data" / "items").glob("*.ttl"))[42:45]]
    reader.go(ITEM)
    reader.page.get_by_role("link", name="Vergelijk").click()
    for number, name in enumerate(names, 2):
        reader.page.locator("#add").fill(name if number < 4 else f"{reader.url}/doc/item/{name}")
        reader.page.get_by_role("button", name="Zet erbij").click()
        reader.page.wait_for_url(f"**/compare?**{name}**")
        expect(reader.page.locator("thead th")).to_have_count(number + 1)
    assert reader.page.locator("#add").count() == 0, "no more than four"
    reader.page.locator("thead").get_by_role("link", name="Haal weg").last.click()
    expect(reader.page.locator("thead th")).to_have_count(4)
    expect(reader.page.locator("#add")).to_be_visible()
    reader.is_clean()


def test_the_drawing_and_its_list_say_the_same(reader: Reader) -> None:
    reader.go(ITEM)
    reader.page.get_by_role("link", name="Omgeving als tekening").click()
    drawn = reader.page.locator(".picture .thing").count()
    listed = {link.get_attribute("href") for link in reader.page.locator("#ties ~ .fields a").all()}
    assert drawn == len(listed) + 1 > 5, "the item itself is drawn too"
    reader.page.locator("#ties ~ .fields a").first.click()
    reader.page.wait_for_url("**/doc/**")
    reader.is_clean()


def test_similar_items_lead_to_what_they_share(reader: Reader) -> None:
    reader.go(ITEM)
    reason = reader.page.locator(".related .card").first.locator("p a").first
    said = reason.inner_text()
    reason.click()
    reader.page.wait_for_url("**/items?**")
    assert said in reader.page.locator(".chips").inner_text()
    reader.is_clean()


def test_cite_share_and_a_reading_list(reader: Reader) -> None:
    reader.go(ITEM)
    shared = str(reader.page.get_by_role("link", name="Deel per e-mail").get_attribute("href"))
    assert shared.startswith("mailto:?subject=") and f"id/item/{ITEMS[0]}" in unquote(shared)
    assert b"TY  - " in reader.page.request.get(f"{reader.url}{ITEM}.ris").body()
    told = str(reader.page.get_by_role("link", name="Meld een fout").get_attribute("href"))
    assert told.startswith("mailto:") or reader.page.request.get(reader.url + told).ok, "there is somebody to tell"
    reader.page.get_by_role("link", name="Verwijzing en leeslijst").click()
    reader.page.locator("#add").fill(ITEMS[1])
    reader.page.get_by_role("button", name="Voeg toe").click()
    reader.page.wait_for_url(f"**/list?{PAIR}")
    assert reader.page.locator(".references > li").count() == 2
    exported = reader.page.locator(".formats a").all()
    assert [link.inner_text() for link in exported] == ["RIS", "BibTeX", "CSL-JSON"]
    assert reader.page.request.get(reader.url + str(exported[0].get_attribute("href"))).text().count("TY  - ") == 2
    reader.page.get_by_role("link", name="Uit de lijst").first.click()
    expect(reader.page.locator(".references > li")).to_have_count(1)
    reader.is_clean()


def test_an_empty_cell_tells_what_comes_close(reader: Reader) -> None:
    reader.go("/gaps")
    reader.page.locator(".gap-map .shade-0 a").first.click()
    reader.page.wait_for_url("**/items?theme=**&topic=**")
    assert reader.page.locator(".total strong").inner_text().startswith("0 ")
    near = reader.page.locator(".ways a").first
    count = reader.page.locator(".ways .count").first.inner_text()
    near.click()
    expect(reader.page.locator(".card").first).to_be_visible()
    assert reader.page.locator(".total strong").inner_text().split()[0] == count
    reader.is_clean()


def test_the_map_is_a_file_and_a_question_too(reader: Reader) -> None:
    reader.go("/gaps")
    cells = reader.page.locator(".gap-map td[class]").count()
    file = reader.page.request.get(reader.url + str(reader.page.get_by_role("link", name="CSV").get_attribute("href")))
    assert len(list(csv.reader(io.StringIO(file.text())))) == cells + 1
    reader.page.locator(".formats").get_by_role("link", name="SPARQL").click()
    reader.page.wait_for_selector("table.solutions tbody tr")
    reader.is_clean()


def test_figures_lead_to_their_items(reader: Reader) -> None:
    reader.go("/stats")
    assert reader.page.locator("svg.lines").count() == 1
    row = reader.page.locator(".shares tbody tr:has(a):visible").first
    count = row.locator("td").first.inner_text()
    row.locator("a").click()
    reader.page.wait_for_url("**/items?**")
    assert reader.page.locator(".total strong").inner_text().split()[0] == count
    reader.is_clean()


def test_the_question_stays_when_the_language_changes(reader: Reader) -> None:
    reader.go("/items?q=eenzaamheid&type=onderzoek")
    reader.page.get_by_role("link", name="English").click()
    reader.page.wait_for_url("**/en/items?q=eenzaamheid&type=onderzoek")
    assert reader.page.locator(".chips li").count() >= 2
    reader.page.go_back()
    reader.page.wait_for_url(f"{reader.url}/items?q=eenzaamheid&type=onderzoek")
    reader.is_clean()


# ------------------------------------------------------------------ paper
@pytest.mark.parametrize(
    ("path", "selector"),
    [
        (ITEM, ".fields dt"),
        ("/items?topic=eenzaamheid", ".card-title"),
        (f"/list?{PAIR}", ".references i"),
        ("/topics", ".node a"),
    ],
)
def test_print(reader: Reader, tmp_path: Path, path: str, selector: str) -> None:
    reader.go(path)
    wanted = [reader.page.locator("h1").inner_text(), *reader.page.locator(selector).all_inner_texts()]
    headings = reader.page.locator(".group h2").all_inner_texts()
    left_out = reader.page.locator(NOT_PRINTED).all_inner_texts()
    file = tmp_path / "page.pdf"
    file.write_bytes(reader.page.pdf())
    command = [program("pdftotext", "poppler-utils"), "-layout", str(file), "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    words = re.sub(r"\s+", "", text)
    assert len(wanted) > 2
    assert [one for one in wanted if re.sub(r"\s+", "", one) not in words] == []
    lines = {line.strip() for line in text.splitlines()}
    assert [one for one in left_out if one in lines and one not in (*wanted, *headings)] == []
    assert "Menu" not in lines and "Filters" not in lines


def test_no_table_or_drawing_is_cut_by_the_edge_of_the_paper(reader: Reader) -> None:
    reader.page.set_viewport_size({"width": 672, "height": 950})  # A4 without its margins
    reader.page.emulate_media(media="print")
    for path in ("/gaps", "/quality", "/crosswalk", "/stats", f"/compare?{PAIR}", "/shapes"):
        reader.go(path)
        assert reader.page.locator("table").count(), path
        assert reader.page.evaluate(CUT) == [], path


def test_who_wants_no_motion_gets_none(reader: Reader) -> None:
    """https://www.w3.org/TR/WCAG21/#animation-from-interactions; the reader asks for less."""
    reader.go("/items")
    assert reader.page.evaluate(
        "[...document.querySelectorAll('*')].every((one) => getComputedStyle(one).transitionDuration === '0s'"
        " && getComputedStyle(one).animationName === 'none')"
    )
