"""Lists and search as people use them: with a mouse, by keyboard alone, with and without JavaScript, on a phone."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from tests.browser.conftest import Visit, axe
from tests.live.conftest import Server

MARK = "window.mark = 'the same page'"
SAME = "window.mark === 'the same page'"


@pytest.fixture
def plain(chromium: Browser, site: Server) -> Iterator[Page]:
    """A visitor without JavaScript."""
    context = chromium.new_context(java_script_enabled=False, base_url=site.url)
    yield context.new_page()
    context.close()


def total(page: Page) -> str:
    return page.locator(".total strong").inner_text()


def test_a_filter_changes_the_results_without_a_new_page(visit: Visit) -> None:
    page = visit.page
    visit.go("/items")
    page.evaluate(MARK)
    before = total(page)
    page.locator("input[name=form][value=movable]").check()
    expect(page).to_have_url(f"{visit.url.rstrip('/')}/items?form=movable")
    expect(page.locator(".total strong")).not_to_have_text(before)
    assert page.evaluate(SAME)
    assert page.evaluate("document.activeElement.value") == "movable"
    assert page.locator(".chips a").count() == 2
    page.go_back()
    expect(page.locator(".total strong")).to_have_text(before)
    assert not page.locator("input[name=form][value=movable]").is_checked()
    page.go_forward()
    expect(page.locator(".total strong")).not_to_have_text(before)
    page.locator(".chips a").first.click()
    expect(page).to_have_url(f"{visit.url.rstrip('/')}/items")
    assert page.evaluate(SAME)
    visit.is_clean()


def test_words_are_searched_without_a_new_page(visit: Visit) -> None:
    page = visit.page
    visit.go("/items")
    page.evaluate(MARK)
    page.locator("#q").fill("tower")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{visit.url.rstrip('/')}/items?q=tower")
    expect(page.locator("mark").first).to_have_text("Tower")
    assert page.evaluate(SAME)
    page.locator("input[name=opened-from]").fill("2000")
    page.locator("input[name=opened-to]").fill("1900")
    page.locator(".filters-go button").click()
    # What is wrong is said by a page of its own.
    expect(page.locator("h1")).to_have_text("The years are the wrong way round")
    page.go_back()
    expect(page.locator("#q")).to_have_value("tower")
    visit.is_clean()


def test_the_count_is_read_aloud_when_it_changes(visit: Visit) -> None:
    visit.go("/items")
    handle = visit.page.locator(".total").element_handle()
    visit.page.locator("input[name=form][value=arch]").check()
    visit.page.wait_for_url("**/items?form=arch")
    expect(visit.page.locator(".chips")).to_be_visible()
    assert visit.page.locator(".total").get_attribute("role") == "status"
    assert visit.page.evaluate("one => one.isConnected && one === document.querySelector('.total')", handle)


def test_suggestions_by_keyboard(visit: Visit) -> None:
    page = visit.page
    visit.go("/items")
    field = page.locator("#q")
    field.focus()
    page.keyboard.type("draw")
    listed = page.locator("#q-suggestions [role=option]")
    expect(listed.first).to_contain_text("movable bridge (drawbridge)")
    assert field.get_attribute("role") == "combobox" and field.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    assert field.get_attribute("aria-activedescendant") == "q-suggestions-0"
    assert listed.first.get_attribute("aria-selected") == "true"
    page.keyboard.press("ArrowUp")
    assert field.get_attribute("aria-activedescendant") is None
    page.keyboard.press("Escape")
    assert field.get_attribute("aria-expanded") == "false" and field.input_value() == "draw"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{visit.url.rstrip('/')}/items?form=movable")
    visit.is_clean()


def test_everything_works_by_keyboard(visit: Visit) -> None:
    page = visit.page
    visit.go("/items")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name === 'form'"):
            break
    value = page.evaluate("document.activeElement.value")
    page.keyboard.press("Space")
    page.wait_for_url(f"**/items?form={value}")
    expect(page.locator(".chips")).to_be_visible()
    assert page.evaluate("document.activeElement.value") == value, "the focus stays where it was"


def test_everything_works_without_script(plain: Page) -> None:
    plain.goto("/items")
    plain.locator("#q").fill("bridge")
    plain.locator("input[name=form][value=movable]").check()
    plain.locator("input[name=opened-from]").fill("1890")
    plain.locator(".searchbox button").click()
    assert plain.url.endswith("/items?form=movable&opened=1890..&q=bridge")
    assert plain.locator(".card").count() > 0
    plain.locator(".sorts a").first.click()
    assert "sort=newest" in plain.url and "q=bridge" in plain.url
    plain.locator(".clear").click()
    assert plain.url.endswith("/items")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_lists_are_accessible_and_fit(visit: Visit, width: int, scheme: str) -> None:
    page = visit.page
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    lists = (
        "/items",
        "/items?form=arch&opened=1890..1990&q=bridge",
        "/nl/items?form=arch&opened=1937",
        "/items?q=zzzz",
    )
    for path in lists:
        visit.go(path)
        if width == 360:
            page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        found = axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
    page.locator("#q").fill("tow")
    expect(page.locator("#q-suggestions [role=option]").first).to_be_visible()
    found = axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    visit.is_clean()


def test_every_page_suggests(visit: Visit) -> None:
    for path, field in (("/", "#home-q"), ("/nl/doc/bridge/erasmusbrug", "#site-q")):
        visit.go(path)
        visit.page.locator(field).focus()
        visit.page.keyboard.type("tow")
        listed = visit.page.locator("[role=option]")
        expect(listed.first).to_be_visible()
        assert axe().run(visit.page).violations_count == 0
    visit.page.keyboard.press("ArrowDown")
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator("h1")).to_have_text("Tower Bridge")
    assert "/nl/" in visit.page.url
    visit.is_clean()


def test_a_reading_list_on_paper(visit: Visit) -> None:
    page = visit.page
    visit.go("/list?item=erasmusbrug&item=millau&item=form/arch")
    assert page.locator(".reference-acts").first.is_visible()
    page.emulate_media(media="print")
    shown = page.locator("body").inner_text()
    for text in ("Reading list", "Erasmus Bridge", "Millau", "arch bridge", "https://example.org/bridges/list?item="):
        assert text in shown, text
    # What only a screen can use is not printed: menu, search, buttons, exports, the form to add something.
    for hidden in ("nav", "form", "button", ".formats", ".reference-acts", ".footer-links", ".no-print"):
        assert not [one for one in page.locator(hidden).all() if one.is_visible()], hidden
    colours = page.evaluate("[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]")
    assert colours[0] == "rgb(0, 0, 0)" and colours[1] in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
    paper = page.pdf(format="A4")
    assert paper.startswith(b"%PDF") and paper.count(b"/Type /Page\n") == 1
    assert not visit.faults


def test_a_preview_in_somebody_elses_page(visit: Visit) -> None:
    """As OpenRefine shows candidates: in a frame without any rights. No other page may be framed."""
    page = visit.page
    frames = "".join(
        f'<iframe sandbox="" src="{visit.url}{path}"></iframe>'
        for path in ("reconcile/preview?id=bridge/erasmusbrug", "doc/bridge/erasmusbrug")
    )
    other = make_server("127.0.0.1", 0, Response(frames, mimetype="text/html"), threaded=True)
    thread = threading.Thread(target=other.serve_forever)
    thread.start()
    try:
        page.goto(f"http://127.0.0.1:{other.port}/")
        expect(page.frame_locator("iframe").nth(0).locator("h1")).to_have_text("Erasmus Bridge")
        assert any("frame-ancestors 'none'" in fault for fault in visit.faults)
    finally:
        other.shutdown()
        thread.join()
        other.server_close()
