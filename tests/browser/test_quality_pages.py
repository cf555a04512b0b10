"""The quality page and the page to check data, as a browser has them: by axe, without script, on a narrow screen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import axe
from tests.live.conftest import Server

pytestmark = pytest.mark.live

BAD = "@prefix br: <https://example.org/bridges/def#> .\n<https://example.org/bridges/id/bridge/plank> a br:Bridge .\n"


@pytest.fixture
def plain(chromium: Browser, site: Server) -> Iterator[Page]:
    """A visitor with a narrow screen, in the dark."""
    context = chromium.new_context(
        base_url=site.url, viewport={"width": 360, "height": 800}, color_scheme="dark", java_script_enabled=True
    )
    yield context.new_page()
    context.close()


def is_accessible(page: Page) -> None:
    found = axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    widths = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert widths[0] == widths[1], "nothing sticks out of the page"


def test_the_quality_page_and_its_lists(plain: Page) -> None:
    plain.goto("/quality")
    is_accessible(plain)
    plain.locator("#lists ~ .scroll a").first.click()
    plain.wait_for_url("**/quality?list=*")
    is_accessible(plain)


def test_data_are_checked_without_script(chromium: Browser, site: Server) -> None:
    context = chromium.new_context(base_url=site.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/nl/validate")
    page.fill("#data", BAD)
    page.click("main button[type=submit]")
    assert page.locator("#report").count() == 1
    assert page.locator("tbody tr").count() == 2
    context.close()


def test_the_report_and_a_mistake_are_accessible(plain: Page) -> None:
    plain.goto("/validate")
    is_accessible(plain)
    plain.fill("#data", BAD)
    plain.click("main button[type=submit]")
    plain.wait_for_selector("#report")
    is_accessible(plain)
    plain.fill("#data", "<a:b> <a:c> .")
    plain.click("main button[type=submit]")
    plain.wait_for_selector("[role=alert]")
    is_accessible(plain)
