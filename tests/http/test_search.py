"""Search on the pages and for programs: what is found and why, what is suggested, and input that means nothing."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from kggraph.search.facet_table import UNKNOWN
from tests.http.test_lists import HTML, titles


def found(client: FlaskClient, query: str) -> Any:
    response = client.get(f"/api/search?{query}")
    assert response.status_code == 200, response.text
    return response.json


def suggested(client: FlaskClient, query: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = client.get(f"/api/suggest?{query}").json["suggestions"]
    return listed


# ------------------------------------------------------------------ pages
def test_a_second_knowledge_base_is_searched_without_any_code_of_its_own(client: FlaskClient) -> None:
    text = client.get("/items?q=tower", headers=HTML).text
    assert titles(text)[0] == "Tower Bridge"
    assert "<mark>Tower</mark>" in text
    assert 'value="tower"' in text


def test_a_concept_finds_what_is_under_it_and_says_so(client: FlaskClient) -> None:
    answer = found(client, "q=arch+bridge&lang=en")
    why = {item["iri"]: reason["kind"] for item in answer["items"] for reason in item["why"]}
    under = {item["iri"] for item in found(client, "form=arch&lang=en")["items"]}
    assert under <= why.keys()
    assert "narrower" in why.values() and "concept" in why.values()
    assert "is about something under “arch bridge”" in unescape(client.get("/items?q=arch+bridge", headers=HTML).text)


def test_a_synonym_finds_and_says_which_concept(client: FlaskClient) -> None:
    for prefix, word, said in (("", "drawbridge", "movable bridge"), ("/nl", "ophaalbrug", "beweegbare brug")):
        text = unescape(client.get(f"{prefix}/items?q={word}", headers=HTML).text)
        assert f"<b>{said}</b>" in text
        assert "Tower Bridge" in titles(text)


def test_filters_hold_within_a_search(client: FlaskClient) -> None:
    whole = found(client, "q=bridge&lang=en&limit=100")
    for facet in whole["facets"]:
        for value in facet["values"]:
            part = found(client, f"q=bridge&lang=en&limit=1&{facet['key']}={quote(value['value'])}")
            assert part["total"] == value["count"], (facet["key"], value)
        if facet["unknown"]:
            assert found(client, f"q=bridge&lang=en&{facet['key']}={UNKNOWN}")["total"] == facet["unknown"]


def test_few_results_are_filled_up_and_it_is_said(client: FlaskClient) -> None:
    text = client.get("/items?q=tower+movable+bridge", headers=HTML).text
    assert "Few items have everything" in text and "Lacks:" in text
    answer = found(client, "q=tower+movable+bridge&lang=en")
    assert answer["relaxed"]
    assert any(item["lacking"] for item in answer["items"]) and not answer["items"][0]["lacking"]


def test_a_misspelt_word_is_put_right(client: FlaskClient) -> None:
    text = client.get("/items?q=bridgge", headers=HTML).text
    better = re.search(r'Did you mean <a href="([^"]*)"', text)
    assert better and unescape(better[1]) == "/items?q=bridge"
    assert titles(text)
    assert "spelled almost like “bridgge”" in unescape(text)
    answer = found(client, "q=bridgge&lang=en")
    assert all("spelling" in {reason["kind"] for reason in item["why"]} for item in answer["items"])


def test_order_within_a_search(client: FlaskClient) -> None:
    usual, newest, by_title = (
        titles(client.get(f"/items?q=bridge{order}", headers=HTML).text)
        for order in ("", "&sort=newest", "&sort=title")
    )
    assert set(usual) == set(newest) == set(by_title)
    assert by_title == sorted(by_title, key=str.casefold) and len({tuple(usual), tuple(newest), tuple(by_title)}) == 3


def test_a_search_is_followed_and_taken_along(client: FlaskClient) -> None:
    text = client.get("/items?form=movable&q=tower", headers=HTML).text
    export = re.search(r'href="(/items.ris[^"]*)"', text)
    assert export and unescape(export[1]) == "/items.ris?form=movable&q=tower"
    assert client.get("/items.ris?form=movable&q=tower").text.count("TY  -") == len(titles(text)) == 1
    assert client.get("/feed.atom?q=tower").text.count("<entry>") == found(client, "q=tower&lang=en")["total"]


def test_years_are_a_range_with_a_picture(client: FlaskClient) -> None:
    text = client.get("/items?opened=1890..1940", headers=HTML).text
    assert 'name="opened-from" value="1890"' in text and 'name="opened-to" value="1940"' in text
    assert 'class="histogram"' in text and '<rect class="on"' in text
    answer = found(client, "opened=1890..1940&lang=en&limit=100")
    years = next(facet for facet in answer["facets"] if facet["key"] == "opened")["values"]
    assert answer["total"] == sum(one["count"] for one in years if 1890 <= int(one["value"]) <= 1940) > 0
    assert found(client, "opened=..1940&lang=en")["total"] >= answer["total"]
    assert found(client, "opened=1700..1701&lang=en")["total"] == 0
    assert "1890 to 1940" in text


def test_what_is_not_known_is_a_value(client: FlaskClient) -> None:
    whole = found(client, "lang=en")
    facet = next(facet for facet in whole["facets"] if facet["unknown"])
    response = client.get(f"/items?{facet['key']}={UNKNOWN}", headers=HTML)
    assert len(titles(response.text)) == facet["unknown"] < whole["total"]
    assert "unknown (not stated)" in response.text


def test_withdrawn_and_merged_items_are_not_found(client: FlaskClient) -> None:
    listed = {item["iri"] for item in found(client, "limit=100&lang=en")["items"]}
    for word in ("bridge", "brug", "tower", "erasmus"):
        assert {item["iri"] for item in found(client, f"q={word}&lang=nl&limit=100")["items"]} <= listed


# ------------------------------------------------------------------ suggestions
def test_suggestions_name_things_and_items(client: FlaskClient) -> None:
    concept = suggested(client, "q=mov&lang=en")[0]
    assert (concept["kind"], concept["kindLabel"], concept["items"]) == ("form", "Form", concept["items"])
    assert concept["list"] == "/items?form=movable" and concept["href"] == "/doc/form/movable"
    assert [part["text"] for part in concept["segments"] if part.get("hit")] == ["mov"]
    item = next(one for one in suggested(client, "q=tow&lang=en") if one["kind"] == "bridge")
    assert item["label"] == "Tower Bridge" and "list" not in item
    assert suggested(client, "q=t") == []


def test_a_suggestion_says_which_synonym_was_typed(client: FlaskClient) -> None:
    first = suggested(client, "q=draw&lang=en")[0]
    assert (first["label"], first["via"]) == ("movable bridge", "drawbridge")
    assert [part["text"] for part in first["segments"] if part.get("hit")] == ["draw"]


def test_suggestions_lead_to_the_language_of_the_page(client: FlaskClient) -> None:
    for one in suggested(client, "q=bew&lang=nl") + suggested(client, "q=tow&lang=nl"):
        assert one["href"].startswith("/nl/")


# ------------------------------------------------------------------ input that means nothing
NOTHING = {
    "only stop words": ("de+het+een+of", 200),
    "only marks": ("%3F%21+%28%29", 200),
    "control characters": ("%00%01%1b%07tower%0a", 200),
    "an unpaired surrogate": ("%ED%A0%80", 200),
    "not UTF-8": ("%FF%FE%80", 200),
    "query syntax": ("title%3A%28a+AND+%22b%5E2+OR+%2A", 200),
    "right to left": ("%E2%80%AE%D7%90%D7%91", 200),
    "ten kilobytes": ("tower+" * 1_700, 400),
    "one word of ten kilobytes": ("a" * 10_000, 400),
    "many words": ("+".join(f"word{n}" for n in range(100)), 200),
}


@pytest.mark.parametrize("name", NOTHING)
@pytest.mark.parametrize("prefix", ["", "/nl"])
def test_any_words_have_a_page(client: FlaskClient, prefix: str, name: str) -> None:
    query, status = NOTHING[name]
    response = client.get(f"{prefix}/items?q={query}", headers=HTML, follow_redirects=True)
    assert response.status_code == status
    assert f'<html lang="{prefix[1:] or "en"}">' in response.text
    for path in ("search", "suggest"):
        assert client.get(f"/api/{path}?q={query}").status_code == status


@pytest.mark.parametrize(
    ("query", "english", "dutch"),
    [
        ("q=" + "a" * 10_000, "The question has 10000 characters", "De vraag heeft 10000 tekens"),
        ("form=nowhere", "has no value ‘nowhere’", "heeft geen waarde ‘nowhere’"),
        ("page=1000000000", "the number is no whole number from 1", "het nummer is geen getal vanaf 1"),
        ("page=999999999", "The list has fewer pages", "De lijst heeft minder bladzijden"),
        ("page=-1", "The list has fewer pages", "De lijst heeft minder bladzijden"),
        ("opened=1999..1850", "ends before it begins", "eindigt voor het begint"),
        ("opened=last..", "is no range of years", "is geen reeks van jaren"),
        ("opened=..", "is no range of years", "is geen reeks van jaren"),
        ("opened-from=19&opened-to=2000", "is no range of years", "is geen reeks van jaren"),
        ("opened-from=2000&opened-to=1999", "ends before it begins", "eindigt voor het begint"),
        ("opened=0999999", "has no value ‘0999999’", "heeft geen waarde ‘0999999’"),
        ("sort=price", "sorted by relevance, newest or title", "staat op relevantie"),
    ],
)
def test_what_is_wrong_is_said_in_the_language_of_the_page(
    client: FlaskClient, query: str, english: str, dutch: str
) -> None:
    for prefix, said in (("", english), ("/nl", dutch)):
        response = client.get(f"{prefix}/items?{query}", headers=HTML)
        assert response.status_code == 400
        assert said in unescape(response.text)
    problem = client.get(f"/api/search?{query}")
    assert (problem.status_code, problem.content_type) == (400, "application/problem+json")
    assert json.loads(problem.text)["parameter"]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "lang=xx", "lang=../../etc"])
@pytest.mark.parametrize("path", ["search", "suggest"])
def test_other_parameters_are_checked(client: FlaskClient, path: str, query: str) -> None:
    assert client.get(f"/api/{path}?q=tower&{query}").status_code == 400


def test_what_cannot_be_searched_is_said(client: FlaskClient) -> None:
    assert "There is no word in your question" in client.get("/items?q=%3F%21", headers=HTML).text
    assert "only titles were searched" in client.get("/items?q=the+and", headers=HTML).text
    many = client.get("/items?q=" + "+".join(f"word{n}" for n in range(20)), headers=HTML).text
    assert "Not searched for: word16, word17, word18, word19" in many


# ------------------------------------------------------------------ how it is answered
def test_list_pages_ask_no_engine(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a list asked the query engine")

    monkeypatch.setattr(type(client.application.extensions["kggraph.engine"]), "query", refuse)
    for path in ("/items", "/items?q=bridge&sort=title", "/nl/items?form=arch&page=1", "/api/search?q=tower", "/forms"):
        for query in ("", "&no=cache" if "?" in path else "?no=cache"):
            response = client.get(path + query, headers=HTML, follow_redirects=True)
            assert response.status_code == 200


def test_a_list_is_made_once_for_a_generation(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.get("/items?form=arch&sort=title", headers=HTML)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a list was made again")

    monkeypatch.setattr("kggraph.web.choice.search", refuse)
    again = client.get("/items?form=arch&sort=title", headers=HTML)
    assert (again.data, again.headers["ETag"]) == (first.data, first.headers["ETag"])


def test_openapi_tells_of_the_search(client: FlaskClient) -> None:
    paths = client.get("/openapi.json").json["paths"]
    asked = {one["name"] for one in paths["/api/search"]["get"]["parameters"]}
    assert asked >= {"q", "form", "opened", "designer", "sort", "page", "limit", "lang"}
    schema = paths["/api/search"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    answer = found(client, "q=bridge&lang=en")
    assert set(answer) == set(schema["properties"])
    items = schema["properties"]["items"]["items"]["properties"]
    assert all(set(item) <= set(items) for item in answer["items"])
