"""The page of the endpoint as a reader uses it: with the editor, by keyboard alone, and without script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Visit, axe
from tests.live.conftest import Server

pytestmark = pytest.mark.live

DEF = "https://example.org/bridges/def#"
FORMS = f"PREFIX br: <{DEF}> SELECT ?form (COUNT(?b) AS ?n) {{ ?b br:form ?form }} GROUP BY ?form ORDER BY DESC(?n)"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n2 ?o }"


def accessible(visit: Visit) -> None:
    """Axe finds nothing."""
    found = axe().run(visit.page).response["violations"]
    assert not [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]


def test_the_editor_runs_and_completes_under_the_real_policy(visit: Visit) -> None:
    visit.go("/sparql")
    visit.page.wait_for_selector(".cm-content")
    assert visit.page.locator("textarea[name=query]").is_hidden()
    with visit.page.expect_response("**/api/completion.json") as answer:
        visit.page.reload()
    assert answer.value.ok
    visit.page.wait_for_selector(".cm-content")
    visit.write("SELECT * WHERE {\n  ?b a ")
    visit.page.keyboard.type("Brid", delay=20)
    visit.page.wait_for_selector(".cm-tooltip-autocomplete [aria-selected]")
    assert re.search(r"br:Bridge.*10×", visit.page.locator(".cm-tooltip-autocomplete").inner_text(), re.DOTALL)
    visit.page.wait_for_timeout(150)  # CodeMirror ignores keys for a moment after the list opens
    visit.page.keyboard.press("Enter")
    assert f"PREFIX br: <{DEF}>" in visit.query and "br:Bridge" in visit.query
    visit.is_clean()


def test_run_sort_chart_and_share(visit: Visit) -> None:
    visit.go("/sparql")
    visit.page.wait_for_selector(".cm-content")
    visit.run(FORMS)
    assert "row" in visit.page.locator("[data-status]").inner_text()
    assert visit.page.locator(".sparql-chart svg").is_visible()
    numbers = visit.page.locator("table.sparql-table tbody td.number")
    before = [int(text) for text in numbers.all_inner_texts()]
    visit.page.locator("table.sparql-table th").nth(1).get_by_role("button").click()
    after = [int(text) for text in numbers.all_inner_texts()]
    assert before == sorted(before, reverse=True) != after == sorted(before)
    visit.page.locator("select[name=chart]").select_option("none")
    visit.page.get_by_role("button", name="Draw").click()
    visit.page.wait_for_selector(".sparql-chart svg", state="detached")
    visit.page.locator("[data-share]").click()
    visit.page.wait_for_timeout(100)
    shared = visit.page.evaluate("navigator.clipboard.readText()")
    visit.page.goto(shared)
    visit.page.wait_for_selector(".cm-content")
    assert visit.query.strip() == FORMS and visit.page.locator("[data-summary]").is_visible()
    visit.is_clean()


def test_stop(visit: Visit) -> None:
    visit.go("/sparql")
    visit.page.wait_for_selector(".cm-content")
    visit.write(ENDLESS)
    visit.page.keyboard.press("Control+Enter")
    stop = visit.page.locator("[data-stop]")
    stop.wait_for(state="visible")
    stop.click()
    visit.page.wait_for_selector(".sparql-note")
    assert stop.is_hidden()
    visit.run("ASK {}")
    assert "Yes" in visit.page.locator("[data-summary]").inner_text()
    visit.is_clean()


def test_a_problem_is_marked_in_the_editor(visit: Visit) -> None:
    visit.go("/nl/sparql")
    visit.page.wait_for_selector(".cm-content")
    visit.run("SELECT * {\n  ?b dcterms:title ?t\n}")
    problem = visit.page.locator(".sparql-problem")
    assert "PREFIX dcterms: <http://purl.org/dc/terms/>" in problem.inner_text()
    problem.get_by_role("button").click()
    assert "dcterms" in visit.page.locator(".cm-line").nth(1).inner_text()
    accessible(visit)
    visit.is_clean()


def test_by_keyboard_alone(visit: Visit) -> None:
    visit.go("/sparql")
    visit.page.wait_for_selector(".cm-content")
    for _ in range(40):
        visit.page.keyboard.press("Tab")
        if visit.page.evaluate("document.activeElement.classList.contains('cm-content')"):
            break
    visit.page.keyboard.press("Control+a")
    visit.page.keyboard.type("ASK {}")
    visit.page.keyboard.press("Escape")
    visit.page.keyboard.press("Escape")
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.hasAttribute('data-run')")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector("#results [data-summary]")
    visit.is_clean()


def test_a_question_with_its_parameters(visit: Visit) -> None:
    visit.go("/sparql")
    visit.page.locator(".sparql-gallery a").first.click()
    visit.page.wait_for_selector(".sparql-parameters")
    visit.page.wait_for_selector("#results [data-summary]")
    accessible(visit)
    visit.is_clean()


def test_a_form_without_script(chromium: Browser, site: Server) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}sparql")
    page.locator("textarea[name=query]").fill(FORMS)
    page.locator("[data-run]").click()
    assert page.locator("table.sparql-table tbody tr").count() > 1
    assert page.locator("textarea[name=query]").input_value().strip() == FORMS
    assert page.locator("[data-stop]").is_hidden()
    assert page.get_by_role("link", name="Markdown").is_visible()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_everyone_can_use_it(visit: Visit, scheme: str, width: int) -> None:
    visit.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    visit.page.set_viewport_size({"width": width, "height": 800})
    visit.go("/nl/sparql")
    visit.page.wait_for_selector(".cm-content")
    visit.run(FORMS)
    accessible(visit)
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    visit.is_clean()


def test_a_graph_is_drawn_with_its_table(visit: Visit) -> None:
    visit.go("/sparql")
    visit.page.wait_for_selector(".cm-content")
    visit.run(f"PREFIX br: <{DEF}> CONSTRUCT {{ ?b br:form ?form }} {{ ?b br:form ?form }} LIMIT 5")
    assert visit.page.locator(".sparql-graph svg").is_visible()
    assert visit.page.locator("table.sparql-table tbody tr").count() == 5
    assert visit.page.get_by_role("link", name="Turtle").first.is_visible()
    accessible(visit)
    visit.is_clean()


def test_the_kind_of_chart_is_chosen(visit: Visit) -> None:
    visit.go("/sparql")
    visit.page.wait_for_selector(".cm-content")
    visit.run("SELECT ?year ?n { VALUES (?year ?n) { (2021 3) (2022 7) (2023 4) } }")
    kinds = visit.page.locator("select[name=chart]")
    for kind, mark in (("lines", ".sparql-chart svg :is(polyline, path)"), ("bars", ".sparql-chart svg rect")):
        kinds.select_option(kind)
        visit.page.locator("select[name=x]").select_option("year")
        visit.page.locator("select[name=y]").select_option("n")
        visit.page.get_by_role("button", name="Draw").click()
        visit.page.wait_for_selector(mark, state="attached")
        visit.page.wait_for_selector("#results:not([aria-busy])")
    visit.is_clean()


def test_the_value_of_a_parameter_is_asked_for(visit: Visit) -> None:
    visit.go("/sparql?name=longest")
    field = visit.page.locator(".sparql-parameters [name=form]")
    rows = visit.page.locator("table.sparql-table tbody tr")
    before = rows.count()
    choices = field.locator("option").evaluate_all("options => options.map(option => option.value)")
    counts = set()
    for choice in choices:
        field.select_option(choice)
        visit.page.locator(".sparql-parameters button").click()
        visit.page.wait_for_selector("#results [data-summary]")
        assert choice.rpartition("/")[2] in visit.query
        counts.add(rows.count())
    assert before in counts and len(counts) > 1
    visit.is_clean()


def test_stop_and_sort_by_keyboard(visit: Visit) -> None:
    visit.go("/sparql")
    visit.page.wait_for_selector(".cm-content")
    visit.write(ENDLESS)
    visit.page.keyboard.press("Control+Enter")
    visit.page.locator("[data-stop]").wait_for(state="visible")
    leave_editor(visit)
    focused(visit, "document.activeElement.hasAttribute('data-stop')")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector(".sparql-note")
    visit.run(FORMS)
    leave_editor(visit)
    focused(visit, "!!document.activeElement.closest('table.sparql-table th:nth-child(2)')")
    visit.page.keyboard.press("Enter")
    numbers = [int(n) for n in visit.page.locator("table.sparql-table tbody td.number").all_inner_texts()]
    assert numbers == sorted(numbers)
    visit.is_clean()


def leave_editor(visit: Visit) -> None:
    """The first Escape may close a list of completions."""
    visit.page.keyboard.press("Escape")
    visit.page.keyboard.press("Escape")


def focused(visit: Visit, condition: str) -> None:
    """Press Tab until the condition holds of what has the focus."""
    for _ in range(80):
        visit.page.keyboard.press("Tab")
        if visit.page.evaluate(condition):
            return
    raise AssertionError(f"never by Tab: {condition}")


def test_what_was_asked_is_kept_in_the_browser_only(visit: Visit) -> None:
    visit.go("/sparql")
    visit.page.wait_for_selector(".cm-content")
    visit.run("ASK { }")
    visit.page.reload()
    visit.page.wait_for_selector(".cm-content")
    visit.page.locator("[data-history] summary").click()
    assert "ASK { }" in visit.page.locator("[data-history-list]").inner_text()
    visit.page.locator("[data-history-clear]").click()
    assert "ASK { }" not in visit.page.locator("[data-history-list]").inner_text()
    assert visit.page.context.cookies() == []
    visit.is_clean()


@pytest.mark.parametrize(
    ("path", "words"), [("/sparql", "Did you mean br:Bridge?"), ("/nl/sparql", "Bedoelt u br:Bridge?")]
)
def test_errors_are_in_the_language_of_the_page(visit: Visit, path: str, words: str) -> None:
    visit.go(path)
    visit.page.wait_for_selector(".cm-content")
    visit.run(f"PREFIX br: <{DEF}> SELECT * {{ ?b a br:Brigde }} x")
    said = visit.page.locator(".sparql-problem").inner_text()
    assert words in said and ("Regel 1, kolom" in said) == (path == "/nl/sparql")
    visit.is_clean()


def test_everything_but_the_editor_works_without_script(chromium: Browser, site: Server) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}sparql")
    page.locator(".sparql-gallery a").first.click()
    assert page.locator("table.sparql-table tbody tr").count() > 0
    page.locator(".sparql-parameters button").click()
    assert page.locator("[data-summary]").is_visible()
    page.locator("textarea[name=query]").fill(f"CONSTRUCT {{ ?b <{DEF}form> ?f }} {{ ?b <{DEF}form> ?f }} LIMIT 3")
    page.locator("[data-run]").click()
    assert page.locator(".sparql-graph svg").is_visible()
    page.locator("textarea[name=query]").fill(FORMS)
    page.locator("[data-run]").click()
    page.locator("select[name=chart]").select_option("none")
    page.get_by_role("button", name="Draw").click()
    assert page.locator(".sparql-chart svg").count() == 0
    page.locator("textarea[name=query]").fill("SELECT")
    page.locator("[data-run]").click()
    assert "Line 1, column 7" in page.locator("#query-problem").inner_text()
    context.close()
