"""The requests that OpenRefine sends, in its order and with its headers, as its source has them (3.9).

Add the service (`recon-manager.js`), guess the type of a column (`GuessTypesOfColumnCommand`), reconcile in batches
(`StandardReconConfig`), show candidates (`cell-renderers`), search for a match (`suggest-4_3a.js`), add columns
(`add-column-by-reconciliation.js`, `ReconciledDataExtensionJob`).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient

from kggraph.web.generations import KnowledgeBase

BROWSER = {
    "Accept": "application/json, text/javascript, */*; q=0.01",
    "Accept-Language": "nl,en;q=0.5",
    "Origin": "http://127.0.0.1:3333",
    "Referer": "http://127.0.0.1:3333/",
}
"""What jQuery sends from the page of OpenRefine."""
JAVA = {
    "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
    "Accept-Encoding": "gzip, x-gzip, deflate",
    "User-Agent": "OpenRefine 3.9.3 [TRUNK]",
}
"""What its server sends, by Apache HttpClient: no Accept, no Origin."""
OF_SUGGEST = {"spell": "always", "exact": "false", "prefixed": "true"}
"""Parameters of the widget that nobody asked for."""


class OpenRefine:
    """A client that does what OpenRefine does."""

    def __init__(self, client: FlaskClient, base: str, service: str) -> None:
        self.client, self.base, self.service = client, base, service

    def path(self, url: str) -> str:
        assert url.startswith(self.base)
        return "/" + url.removeprefix(self.base)

    def ajax(self, url: str, **data: str) -> Any:
        # jQuery cuts off the fragment of an address before it adds parameters.
        address = self.path(re.sub(r"#.*$", "", url))
        address += f"{'&' if '?' in address else '?'}{urlencode(data)}" if data else ""
        answer = self.client.get(address, headers=BROWSER)
        assert answer.status_code == 200, (address, answer.text)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.mimetype == "application/json"
        return json.loads(answer.data)

    def post(self, name: str, value: Any) -> Any:
        body = urlencode({name: json.dumps(value)})
        answer = self.client.post(self.path(self.service), data=body, headers=JAVA)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.data.decode("utf-8"))


def encode_uri(text: str) -> str:
    """JavaScript's `encodeURI`."""
    return quote(text, safe=";,/?:@&=+$-_.!~*'()#")


@pytest.fixture(params=["reconcile", "nl/reconcile"])
def refine(request: pytest.FixtureRequest, client: FlaskClient, kb: KnowledgeBase) -> OpenRefine:
    """The client, with the address that a user types."""
    base = kb.addresses.base_uri
    return OpenRefine(client, base, base + request.param)


def test_a_table_is_reconciled_and_extended(refine: OpenRefine) -> None:
    # The service is added.
    manifest = refine.ajax(refine.service)
    assert {"name", "identifierSpace", "schemaSpace", "defaultTypes", "view", "suggest", "extend"} <= set(manifest)
    assert set(manifest["versions"]) & {"0.1", "0.2"}

    # The type of the column is guessed from ten cells.
    cells = ["Erasmus Bridge", "Golden Gate Brdige", "Millau", "tower bridge", "Magere Brug", "Erasmusbrug"]
    guesses = refine.post("queries", {f"q{n}": {"query": cell, "limit": 3} for n, cell in enumerate(cells)})
    found = Counter(kind["id"] for one in guesses.values() for result in one["result"] for kind in result["type"])
    (type_id, _) = found.most_common(1)[0]
    assert "#" not in type_id, "an address loses it"
    assert type_id in [one["id"] for one in manifest["defaultTypes"]]

    # All cells are reconciled, with another column as a property where it is filled.
    designer = {"pid": "https://example.org/bridges/def#designedBy", "v": "Ben van Berkel"}
    wanted = {"type": type_id, "type_strict": "should"}
    batch: dict[str, dict[str, Any]] = {f"q{n}": {"query": cell, **wanted} for n, cell in enumerate(cells)}
    batch["q0"]["properties"] = [designer]
    batch["q4"]["properties"] = [{**designer, "v": {"id": "designer/none", "name": "Nobody"}}]
    answer = refine.post("queries", batch)
    assert set(answer) == set(batch)
    for one in answer.values():
        for candidate in one["result"]:
            assert isinstance(candidate["id"], str) and isinstance(candidate["name"], str)
            assert isinstance(candidate["match"], bool) and isinstance(candidate["score"], float)
            assert all(isinstance(feature["value"], float | bool) for feature in candidate["features"])
    best = [one["result"][0]["id"] for one in answer.values()]
    assert (
        best[0] == best[5] == "bridge/erasmusbrug"
        and best[1] == "bridge/golden-gate"
        and best[3] == "bridge/tower-bridge"
    )

    # A candidate is looked at: its page, and a preview in a frame without rights.
    view = refine.client.get(refine.path(encode_uri(manifest["view"]["url"].replace("{{id}}", best[0]))), headers=JAVA)
    assert view.status_code == 303
    framed = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Dest": "iframe"}
    preview = refine.path(encode_uri(manifest["preview"]["url"].replace("{{id}}", best[0])))
    page = refine.client.get(preview, headers=framed)
    assert page.status_code == 200 and page.mimetype == "text/html"
    assert "frame-ancestors *" in page.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in page.headers and "<script" not in page.text
    assert isinstance(manifest["preview"]["width"], int) and isinstance(manifest["preview"]["height"], int)

    # A match is searched for by hand, and the flyout beside it is read.
    suggest = manifest["suggest"]["entity"]
    more = {"type": type_id, "type_strict": "should"}
    listed = refine.ajax(suggest["service_url"] + suggest["service_path"], prefix="eras", **OF_SUGGEST, **more)[
        "result"
    ]
    assert listed[0]["id"] == "bridge/erasmusbrug" and listed[0]["name"]
    flyout = suggest["flyout_service_url"] + suggest["flyout_service_path"]
    beside = refine.ajax(flyout.replace("${id}", quote(listed[0]["id"], safe="")))
    assert beside["id"] == listed[0]["id"] and "<h1>" in beside["html"]

    # Columns are added: proposals for the type, a search for a property, a preview of ten rows.
    extend = manifest["extend"]["propose_properties"]
    proposals = refine.ajax(f"{extend['service_url']}{extend['service_path']}?type={type_id}")["properties"]
    names = {one["id"]: one["name"] for one in proposals}
    assert designer["pid"] in names and all(names.values())
    suggest = manifest["suggest"]["property"]
    by_name = refine.ajax(
        suggest["service_url"] + suggest["service_path"], prefix=names[designer["pid"]][:4], **OF_SUGGEST
    )
    assert designer["pid"] in [one["id"] for one in by_name["result"]]
    properties = [{"id": id, "settings": {}} for id in names]
    table = refine.post("extend", {"ids": list(dict.fromkeys(best)), "properties": properties})
    assert [column["id"] for column in table["meta"]] == list(names)
    assert all(column["name"] for column in table["meta"])
    for column in table["meta"]:
        assert "type" not in column or {"id", "name"} <= set(column["type"])
    assert set(table["rows"]) == set(best)
    for row in table["rows"].values():
        for values in (row[id] for id in names):
            assert all(fits(value) for value in values), values
    makers = [value["id"] for value in table["rows"]["bridge/erasmusbrug"][designer["pid"]]]
    assert makers == ["designer/ben-van-berkel"]


def fits(value: dict[str, Any]) -> bool:
    """Whether `ReconciledDataExtensionJob.collectResult` reads a value."""
    if "id" in value:
        return isinstance(value["id"], str) and isinstance(value["name"], str)
    if "int" in value:
        return -(2**31) <= value["int"] < 2**31  # Integer.parseInt
    if "date" in value:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value["date"]))
    return isinstance(value.get("float"), float) or isinstance(value.get("str"), str)


def test_every_type_proposes_properties_of_its_own(refine: OpenRefine) -> None:
    manifest = refine.ajax(refine.service)
    extend = manifest["extend"]["propose_properties"]
    proposed = {}
    for one in manifest["defaultTypes"]:
        told = refine.ajax(f"{extend['service_url']}{extend['service_path']}?type={one['id']}")
        proposed[one["id"]] = tuple(sorted(each["id"] for each in told["properties"]))
    assert proposed["Bridge"] != proposed["Designer"]
    concept = proposed["http://www.w3.org/2004/02/skos/core#Concept"]
    assert concept not in (proposed["Bridge"], proposed["Designer"])


@pytest.mark.parametrize("kind", ["entity", "type", "property"])
def test_flyouts(refine: OpenRefine, kind: str) -> None:
    known = {"entity": "designer/hostile", "type": "Bridge", "property": "https://example.org/bridges/def#designedBy"}
    suggest = refine.ajax(refine.service)["suggest"][kind]
    address = suggest["flyout_service_url"] + suggest["flyout_service_path"]
    told = refine.ajax(address.replace("${id}", quote(known[kind], safe="")))
    assert told["id"] == known[kind] and "<script" not in told["html"] and "<h1>" in told["html"]
    answer = refine.client.get(refine.path(address.replace("${id}", "none")), headers=BROWSER)
    assert answer.status_code == 404 and answer.mimetype == "application/problem+json"


def test_where_cors_is_not_known_a_function_is_called(refine: OpenRefine) -> None:
    for url in (
        refine.service,
        f"{refine.service}/suggest/entity?prefix=er",
        f"{refine.service}/properties?type=Bridge",
    ):
        mark = "&" if urlsplit(url).query else "?"
        answer = refine.client.get(refine.path(f"{url}{mark}callback=jQuery36004_1699&_=1699"), headers=BROWSER)
        assert answer.mimetype == "text/javascript"
        called = re.fullmatch(rb"/\*\*/jQuery36004_1699\((.*)\);", answer.data, re.DOTALL)
        assert called and isinstance(json.loads(called[1]), dict)


def test_a_service_that_says_no_says_why(refine: OpenRefine) -> None:
    answer = refine.client.post(refine.path(refine.service), data="queries=%7B", headers=JAVA)
    assert answer.status_code == 400 and answer.mimetype == "application/problem+json"


def test_only_the_preview_may_be_framed(refine: OpenRefine) -> None:
    for path in ("/doc/bridge/erasmusbrug", "/", "/reconcile", "/reconcile/flyout/type?id=Bridge", "/nowhere"):
        policy = refine.client.get(path, headers={"Accept": "text/html"}).headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy


def test_preflight(refine: OpenRefine) -> None:
    asked = {**BROWSER, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    answer = refine.client.options(refine.path(refine.service), headers=asked)
    assert answer.status_code == 200
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in answer.headers["Access-Control-Allow-Headers"]
