"""The quality page and its twins: every list leads to things that are there and to the shape that asks for it."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kggraph.build import build
from kggraph.publish.generation import open_current
from kggraph.publish.quality_data import Quality
from kggraph.store.embedded import EmbeddedEngine, open_store
from kggraph.web import create_app
from kggraph.web.generations import Generations, KnowledgeBase
from tests.http.conftest import HTML, bridges

HREF = re.compile(r'href="([^"]+)"')


@pytest.fixture(scope="module")
def quality(kb: KnowledgeBase) -> Quality:
    return kb.quality


def page(client: FlaskClient, address: str) -> str:
    answer = client.get(address, headers=HTML)
    assert answer.status_code == 200, address
    return answer.get_data(as_text=True)


@pytest.mark.parametrize("prefix", ["", "/nl"])
def test_the_page_links_every_list_and_every_link_leads_somewhere(
    client: FlaskClient, quality: Quality, prefix: str
) -> None:
    text = page(client, f"{prefix}/quality")
    links = {href.replace("&amp;", "&") for href in HREF.findall(text)}
    for one in quality.lists:
        assert f"{prefix}/quality?list={one.name}" in links
    for href in sorted(link for link in links if link.startswith("/")):
        assert client.get(href, headers=HTML).status_code in (200, 303), href


def test_links_to_shapes_are_places_on_their_page(client: FlaskClient) -> None:
    shapes = page(client, "/shapes")
    anchors = {href.partition("#")[2] for href in HREF.findall(page(client, "/quality")) if "/shapes#" in href}
    assert anchors
    for anchor in anchors:
        assert f'id="{anchor}"' in shapes


def test_a_list_names_each_thing_and_the_shape(client: FlaskClient, kb: KnowledgeBase, quality: Quality) -> None:
    found = max(quality.lists, key=lambda one: one.findings)
    text = page(client, f"/quality?list={found.name}")
    for finding in list(quality.of_list(found))[:50]:
        assert f'href="{kb.addresses.path(finding.thing)}"' in text
    assert "/shapes#" in text


def test_csv_has_a_line_for_each_finding(client: FlaskClient, quality: Quality) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/quality.csv").get_data(as_text=True))))
    assert len(rows) == quality.findings
    found = quality.lists[0]
    part = list(csv.DictReader(io.StringIO(client.get(f"/quality.csv?list={found.name}").get_data(as_text=True))))
    assert [row["thing"] for row in part] == [finding.thing for finding in quality.of_list(found)]
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_json_has_the_same_numbers(client: FlaskClient, quality: Quality) -> None:
    told = json.loads(client.get("/quality", headers={"Accept": "application/json"}).data)
    assert {one["name"]: one["findings"] for one in told["lists"]} == {one.name: one.findings for one in quality.lists}
    assert told["builds"][-1]["totals"] == told["totals"]
    about = json.loads(client.get("/quality.json?thing=bridge/hostile").data)
    assert len(about["findings"]) == len(list(quality.of_thing("https://example.org/bridges/id/bridge/hostile")))


def test_the_dataset_links_measurements_that_are_there(client: FlaskClient) -> None:
    dataset = client.get("/dataset.nt").get_data(as_text=True)
    linked = re.findall(r"<http://www.w3.org/ns/dqv#hasQualityMeasurement> (<[^>]+>)", dataset)
    measured = client.get("/quality.nt").get_data(as_text=True)
    assert len(linked) == 4
    for iri in linked:
        assert f"{iri} <http://www.w3.org/ns/dqv#value>" in measured


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("list=nothing", "list"),
        ("thing=bridge/nowhere", "thing"),
        ("list=mapping-form&page=99", "page"),
        ("page=x", "page"),
    ],
)
def test_what_is_not_there_is_said(client: FlaskClient, query: str, parameter: str) -> None:
    answer = client.get(f"/quality?{query}", headers={"Accept": "application/json"})
    assert answer.status_code == 400
    assert json.loads(answer.data)["parameter"] == parameter


def test_the_trend_is_a_chart_with_a_table_once_there_are_two_builds(tmp_path: Path) -> None:
    settings = bridges(tmp_path / "kb")
    build(settings)
    (settings.data_path / "bridges" / "millau.ttl").unlink()
    build(settings)
    engine = EmbeddedEngine(open_store(open_current(settings).quads_path), {})
    text = page(create_app(settings, Generations(settings), engine).test_client(), "/nl/quality")
    trend = text[text.index('id="trend"') :]
    assert "<svg" in trend
    assert trend.count("<time") == 2


def test_hostile_texts_stay_texts(client: FlaskClient) -> None:
    text = page(client, "/quality?thing=bridge%2Fhostile")
    assert "<script>alert" not in text
