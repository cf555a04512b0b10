"""Bad input at every door gives that door's own form of error, and never a 500."""

from __future__ import annotations

import json
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
