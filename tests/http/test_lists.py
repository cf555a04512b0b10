"""Lists: filters with true counts, pages, order, and one address for one choice."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from kggraph.config import Settings
from kggraph.store.embedded import EmbeddedEngine
from kggraph.web import create_app
from kggraph.web.generations import Generations, KnowledgeBase
from kggraph.web.kinds import plural_of
from kggraph.web.paging import Pager
from kggraph.web.render import static_address

HTML = {"Accept": "text/html"}


def options(text: str, key: str) -> dict[str, tuple[int, bool, bool]]:
    """Value of a facet on a page -> its count, whether it is checked, whether it is disabled."""
    rows = re.findall(
        rf'<input type="checkbox" name="{key}" value="([^"]*)"( checked)?( disabled)?>.*?class="count">([\d,.]+)<',
        text,
        re.DOTALL,
    )
    return {unescape(name): (int(count), bool(checked), bool(off)) for name, checked, off, count in rows}


def titles(text: str) -> list[str]:
    """Titles of the cards, in their order."""
    found = re.findall(r'class="card-title"><a href="[^"]*">(.*?)</a>', text)
    return [unescape(re.sub("<[^>]+>", "", title)) for title in found]


def test_every_item_is_listed(client: FlaskClient, kb: KnowledgeBase) -> None:
    text = client.get("/items", headers=HTML).text
    assert len(titles(text)) == kb.facets.size == 9
    assert "9 results" in text


def test_or_within_a_facet_and_across(client: FlaskClient) -> None:
    arch = titles(client.get("/items?form=arch", headers=HTML).text)
    movable = titles(client.get("/items?form=movable", headers=HTML).text)
    either = titles(client.get("/items?form=arch&form=movable", headers=HTML).text)
    assert set(either) == set(arch) | set(movable)
    both = titles(client.get("/items?form=movable&opened=1894", headers=HTML).text)
    assert both == ["Tower Bridge"]


def test_counts_leave_out_the_own_facet(client: FlaskClient) -> None:
    whole = options(client.get("/items", headers=HTML).text, "form")
    chosen = options(client.get("/items?form=movable", headers=HTML).text, "form")
    assert {name: value[0] for name, value in whole.items()} == {name: value[0] for name, value in chosen.items()}
    assert chosen["movable"][1]
    years = options(client.get("/items?form=movable", headers=HTML).text, "opened")
    assert years["1894"][0] == 1
    assert years["1937"] == (0, False, True)  # nothing movable was opened in 1937: shown, and disabled
    assert sum(count for count, _, _ in years.values()) == 3


def test_every_count_is_what_a_click_gives(client: FlaskClient) -> None:
    text = client.get("/items?opened=1996&opened=2004&opened=1894", headers=HTML).text
    for name, (count, _, _) in options(text, "form").items():
        found = titles(client.get(f"/items?opened=1996&opened=2004&opened=1894&form={name}", headers=HTML).text)
        assert len(found) == count, name


def test_a_broader_concept_counts_its_narrower_ones(client: FlaskClient) -> None:
    arch = titles(client.get("/items?form=arch", headers=HTML).text)
    assert any("script" in title for title in arch), "the hostile form is under arch"


def test_one_address_for_one_choice(client: FlaskClient) -> None:
    for query in (
        "form=movable&form=arch&sort=newest&page=1",
        "form=arch&form=arch&form=movable&utm_source=x&designer=",
        "form=form/arch&form=https://example.org/bridges/id/form/movable",
        "form=movable&q=&form=arch&opened-from=&opened-to=&sort=relevance",
    ):
        response = client.get(f"/items?{query}", headers=HTML)
        assert (response.status_code, response.headers["Location"]) == (301, "/items?form=arch&form=movable"), query
    assert client.get("/items?form=arch&form=movable", headers=HTML).status_code == 200
    years = client.get("/nl/items?opened-to=1950&opened-from=1894&q=%20tower%20&sort=relevance", headers=HTML)
    assert years.headers["Location"] == "/nl/items?opened=1894..1950&q=tower"
    assert client.get("/nl/items?opened=1894..1950&q=tower", headers=HTML).status_code == 200


def test_chips_drop_one_filter(client: FlaskClient) -> None:
    text = client.get("/nl/items?form=arch&opened=1996&sort=title", headers=HTML).text
    chips = re.findall(r'<li><a href="([^"]*)" rel="nofollow"><span class="hidden">', text)
    assert [unescape(chip) for chip in chips] == ["/nl/items?opened=1996&sort=title", "/nl/items?form=arch&sort=title"]
    assert 'class="clear" href="/nl/items"' in text


def test_order(client: FlaskClient) -> None:
    newest = titles(client.get("/items?form=suspension", headers=HTML).text)
    by_title = titles(client.get("/items?form=suspension&sort=title", headers=HTML).text)
    assert newest != by_title
    assert by_title == sorted(by_title)
    assert set(newest) == set(by_title)


def test_nothing_found_says_so(client: FlaskClient) -> None:
    response = client.get("/items?form=arch&opened=1937", headers=HTML)
    assert response.status_code == 200
    assert "0 results" in response.text
    assert "Nothing fits" in response.text
    ways = re.findall(r'<a href="([^"]*)" rel="nofollow">Without .*?</a> <span class="count">(\d+)<', response.text)
    assert [unescape(href) for href, _ in ways] == ["/items?form=arch", "/items?opened=1937"]
    for href, count in ways:
        assert len(titles(client.get(unescape(href), headers=HTML).text)) == int(count)


def test_a_word_that_nothing_is_known_by_is_named(client: FlaskClient) -> None:
    for query in ("q=xqzxqz", "form=arch&q=xqzxqz", "q=xqzxqz+arch"):
        assert "Nothing is known here by the word: xqzxqz." in client.get(f"/items?{query}", headers=HTML).text


def test_not_applicable_and_unknown_are_two_values(main_settings: Settings, engine: EmbeddedEngine) -> None:
    client = create_app(main_settings, Generations(main_settings), engine).test_client()
    text = client.get("/items", headers=HTML).text
    facet = text[text.index('data-keep="duration"') :].partition("</fieldset>")[0]
    values = re.findall(r'value="([^"]+)"( disabled)?> <span>([^<]+)</span> <span class="count">(\d+)<', facet)
    told = {name: (label, int(count), bool(off)) for name, off, label, count in values}
    assert told["kk-nvt-doorlooptijd"][0] == "Niet van toepassing"
    assert told["~unknown"][0] == "onbekend (niet vermeld)" and told["~unknown"][1] > 0
    assert all(off == (count == 0) for _, count, off in told.values())
    assert 'class="fold"' not in facet, "so few values all stand open"


def test_the_form_works_without_script(client: FlaskClient) -> None:
    text = client.get("/items?sort=title", headers=HTML).text
    assert '<form class="find" method="get" action="/items" role="search"' in text
    assert '<input type="hidden" name="sort" value="title">' in text
    assert re.findall("<script[^>]*>", text) == [f'<script type="module" src="{static_address("find.js")}">']


@pytest.mark.parametrize(
    ("path", "status", "location"),
    [
        ("/forms", 200, ""),
        ("/designers", 200, ""),
        ("/form", 301, "/forms"),
        ("/vormen", 301, "/forms"),
        ("/nl/ontwerpers", 301, "/nl/designers"),
        ("/bridges", 301, "/items"),
        ("/nl/bruggen?q=%C3%A9&form=arch", 301, "/nl/items?q=%C3%A9&form=arch"),
        ("/ontwerpers?page=2", 301, "/designers?page=2"),
        ("/nothing", 404, ""),
    ],
)
def test_lists_of_kinds(client: FlaskClient, path: str, status: int, location: str) -> None:
    response = client.get(path, headers=HTML)
    assert response.status_code == status
    assert response.headers.get("Location", "") == location


def test_concepts_stand_in_their_tree(client: FlaskClient) -> None:
    text = client.get("/forms", headers=HTML).text
    arch = text.index('href="/doc/form/arch"')
    assert "<ul>" in text[arch : text.index('href="/doc/form/hostile"')]


def test_pager() -> None:
    pager = Pager(page=7, size=10, total=195, path="/items", pairs=(("topic", "b"), ("topic", "a")))
    assert (pager.pages, pager.first, pager.last) == (20, 61, 70)
    assert pager.numbers == [1, 0, 5, 6, 7, 8, 9, 0, 20]
    assert pager.href(1) == "/items?topic=a&topic=b"
    assert pager.href(3) == "/items?page=3&topic=a&topic=b"
    assert Pager(1, 10, 0, "/items", ()).numbers == [1]
    assert Pager(3, 10, 45, "/items", ()).numbers == [1, 2, 3, 4, 5]


def test_plurals() -> None:
    assert [plural_of(word) for word in ("day", "certainty", "class", "topic")] == [
        "days",
        "certainties",
        "classes",
        "topics",
    ]
