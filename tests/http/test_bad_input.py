"""Bad input at every door gives that door's own form of error, and never a 500."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

MEGABYTE = "x" * 1_000_000
OAI = "{http://www.openarchives.org/OAI/2.0/}"

REFUSED = [
    *(f"/items?{name}={MEGABYTE}" for name in ("q", "page", "sort")),
    *(f"/{path}={MEGABYTE}" for path in ("list?item", "compare?item", "around?item", "gaps?rows", "quality?list")),
    *(f"/{path}={MEGABYTE}" for path in ("feed.atom?form", "graphs?graph", "api/suggest?q", "api/search?q")),
    f"/reconcile?queries={MEGABYTE}",
    f"/reconcile/suggest/entity?prefix={MEGABYTE}",
    "/items?page=-1",
    "/items?page=0",
    "/items?page=1e9",
    f"/items?page={10**9}",
    "/reconcile?queries={",
    "/reconcile?queries=[1,2]",
    "/api/search?limit=-1",
]
ABSENT = [
    f"/reconcile/preview?id={MEGABYTE}",
    f"/doc/{MEGABYTE}",
    f"/linkset/{MEGABYTE}",
    f"/def/{MEGABYTE}",
    "/def/0.0.0",
    "/shapes/0.0.0",
    f"/ldes/{'9' * 5_000}",
    "/ldes/-1",
    "/dumps/..%2f..%2fkggraph.toml",
    "/sitemaps/none.xml",
    "/context/v999.jsonld",
    "/api/queries/none",
    "/items.none",
]
HARVEST = {
    "verb": "badVerb",
    f"verb={MEGABYTE}": "badVerb",
    "verb=ListEverything": "badVerb",
    "verb=ListRecords": "badArgument",
    "verb=ListRecords&metadataPrefix=none": "cannotDisseminateFormat",
    f"verb=ListRecords&metadataPrefix=oai_dc&set={MEGABYTE}": "badArgument noRecordsMatch",
    "verb=ListRecords&metadataPrefix=oai_dc&from=yesterday": "badArgument",
    "verb=ListRecords&resumptionToken=none": "badResumptionToken",
    f"verb=ListRecords&resumptionToken={MEGABYTE}": "badResumptionToken",
    "verb=GetRecord&metadataPrefix=oai_dc&identifier=none": "idDoesNotExist",
}


def short(value: str) -> str:
    """An address that fits into the name of a test."""
    return value.replace(MEGABYTE, "1MB")[:60]


@pytest.mark.parametrize("path", REFUSED, ids=short)
def test_a_wrong_value_is_a_problem_that_names_it(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    told = json.loads(answer.data)
    assert told["status"] == 400
    assert told["detail"]
    assert len(answer.data) < 20_000, "the wrong value is not given back whole"


@pytest.mark.parametrize("path", [*REFUSED, *ABSENT], ids=short)
def test_a_browser_gets_a_page(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Accept": "text/html"})
    assert answer.status_code in (400, 404)
    assert answer.mimetype in ("text/html", "application/problem+json")
    assert len(answer.data) < 60_000


@pytest.mark.parametrize("path", ABSENT, ids=short)
def test_what_is_not_there_is_a_problem(client: FlaskClient, path: str) -> None:
    answer = client.get(path, headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert answer.mimetype == "application/problem+json"
    assert len(answer.data) < 20_000


@pytest.mark.parametrize("query", HARVEST, ids=short)
def test_harvesters_get_errors_of_their_own(client: FlaskClient, query: str) -> None:
    # https://www.openarchives.org/OAI/openarchivesprotocol.html#ErrorConditions
    answer = client.get(f"/oai?{query}")
    assert answer.status_code == 200
    errors = ElementTree.fromstring(answer.data).findall(f"{OAI}error")
    assert {error.get("code") for error in errors} <= set(HARVEST[query].split())
    assert errors


def test_the_home_page_says_how_to_search(client: FlaskClient) -> None:
    page = client.get("/", headers={"Accept": "text/html"}).get_data(as_text=True)
    told = json.loads(page.partition('<script type="application/ld+json">')[2].partition("</script>")[0])
    (site,) = told["@graph"]
    assert site["@type"] == "WebSite"
    address = site["potentialAction"]["target"]["urlTemplate"]
    assert address.endswith("/items?q={query}")
    assert client.get("/items?q=bridge", headers={"Accept": "text/html"}).status_code == 200


# ------------------------------------------------------------------ every parameter of every address
BAD = {
    "empty": "",
    "negative": "-1",
    "fraction": "1.5",
    "huge": "9" * 400,
    "words": "none of these",
    "markup": "<script>\"'",
}
BAD |= {"null": "\x00", "unicode": "é\u202e\U0001f309", "path": "../../etc/passwd", "1MB": MEGABYTE}


def described(client: FlaskClient) -> dict[str, Any]:
    """The paths of `/openapi.json`."""
    found: dict[str, Any] = client.get("/openapi.json").get_json(force=True)["paths"]
    return found


def filled(path: str, item: dict[str, Any], **given: str) -> str:
    """A path with a right value for each of its parts, but for those that are given."""
    schemas = {one["name"]: one["schema"] for one in item["get"].get("parameters", ()) if one["in"] == "path"}
    parts = {name: str((one.get("examples") or one.get("enum") or [1])[0]) for name, one in schemas.items()}
    return re.sub(r"{(\w+)}", lambda found: quote({**parts, **given}[found[1]], safe=""), path)


@pytest.mark.parametrize("value", BAD.values(), ids=BAD)
def test_every_parameter_of_every_address(client: FlaskClient, value: str) -> None:
    """Each query parameter and each part of each path: an answer of the surface's own form, small, and never a 500."""
    asked = 0
    for path, item in described(client).items():
        for one in item["get"].get("parameters", ()):
            name = one["name"]
            if one["in"] == "path":
                address, query = filled(path, item, **{name: value}), {}
            else:
                address, query = filled(path, item), {name: value}
            if path.startswith("/metrics"):
                continue
            answer = client.get(address, query_string=query, headers={"Accept": "*/*"}, buffered=True)
            where = f"{path} {name}: {answer.status_code} {answer.text[:200] if answer.status_code >= 400 else ''}"
            assert answer.status_code in (200, 301, 302, 303, 308, 400, 403, 404, 410, 413, 414), where
            if answer.status_code >= 400 and answer.status_code != 410:
                told = answer.get_json()
                assert answer.mimetype == "application/problem+json" and told["status"] == answer.status_code, where
                assert told["detail"] and len(answer.data) < 20_000, where
            asked += 1
    assert asked > 100


@pytest.mark.parametrize("value", BAD.values(), ids=BAD)
def test_every_field_of_every_form(client: FlaskClient, value: str) -> None:
    """The same for what is sent by POST."""
    asked = 0
    for path, item in described(client).items():
        if "post" not in item or path == "/validate":  # what is validated is answered with a report
            continue
        content = item["post"]["requestBody"]["content"]
        fields = content.get("application/x-www-form-urlencoded", {}).get("schema", {}).get("properties", {})
        for name in fields:
            answer = client.post(filled(path, item), data={name: value}, headers={"Accept": "*/*"})
            where = f"{path} {name}: {answer.status_code} {answer.text[:200]}"
            assert answer.status_code in (200, 400, 403, 413, 415, 422), where
            assert len(answer.data) < 60_000, where
            if answer.status_code >= 400:
                assert answer.mimetype == "application/problem+json", where
            asked += 1
    assert asked >= 10
