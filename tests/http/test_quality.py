"""The quality page and its twins: every list leads to things that are there and to the shape that asks for it."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from urllib.parse import urlencode

import pyoxigraph as ox
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
        short = kb.addresses.short(finding.thing, "")
        assert f'href="/quality?{urlencode({"thing": short})}"' in text
        about = page(client, f"/quality?thing={short}")
        assert f'href="/quality?list={found.name}"' in about and f'href="{kb.addresses.path(finding.thing)}"' in about
    rows = re.findall("<tr><th scope=.row.+?</tr>", text, re.DOTALL)
    assert len(rows) == min(found.findings, 50) and all('href="/shapes#' in row for row in rows)


def test_rdf_has_each_finding_of_a_list_or_thing(client: FlaskClient, quality: Quality) -> None:
    annotation = "<http://www.w3.org/ns/dqv#QualityAnnotation>"
    target = re.compile(r"<http://www.w3.org/ns/oa#hasTarget> <([^>]+)>")
    for found in quality.lists:
        told = client.get(f"/quality.nt?list={found.name}").get_data(as_text=True)
        assert told.count(annotation) == found.findings
        assert sorted(target.findall(told)) == sorted(finding.thing for finding in quality.of_list(found))
        assert told.count(f"<http://purl.org/dc/terms/subject> <{found.shape}>") == found.findings
        turtle = client.get(f"/quality.ttl?list={found.name}").data
        assert len(set(ox.parse(turtle, ox.RdfFormat.TURTLE))) == told.count(" .\n")
    thing = "https://example.org/bridges/id/bridge/hostile"
    about = client.get("/quality.nt?thing=bridge/hostile").get_data(as_text=True)
    assert about.count(annotation) == len(list(quality.of_thing(thing)))


def test_a_file_that_is_cut_says_so(kb: KnowledgeBase, quality: Quality, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kggraph.web.quality.MOST_ROWS", 1)
    engine = EmbeddedEngine(open_store(kb.generation.quads_path), {})
    client = create_app(kb.settings, Generations(kb.settings), engine).test_client()  # keeps no answers of the others
    found = max(quality.lists, key=lambda one: one.findings)
    assert found.findings > 1
    for path, accept in (
        (f"/quality.csv?list={found.name}", "*/*"),
        (f"/quality?list={found.name}", "text/csv"),
        (f"/quality.json?list={found.name}", "*/*"),
        (f"/quality.ttl?list={found.name}", "*/*"),
        ("/quality", "text/csv"),
    ):
        answer = client.get(path, headers={"Accept": accept})
        assert answer.headers.get("X-Result-Truncated") == "1", path
    for path in ("/quality.json", "/quality.ttl", f"/quality.html?list={found.name}"):
        assert "X-Result-Truncated" not in client.get(path).headers, path


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
        ("list=mapping-form&thing=bridge/hostile", "thing"),
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
