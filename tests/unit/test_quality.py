"""The measurements of a knowledge base whose gaps are known, counted against what its files say."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pyoxigraph as ox
import pytest

from kggraph.build import build
from kggraph.config import Settings, load
from kggraph.publish.dqv import DQV, quality_graph
from kggraph.publish.generation import open_current
from kggraph.publish.quality_data import Quality, history, record_quality, totals_of
from tests.http.conftest import BRIDGES

BASE = "https://example.org/bridges/"
NEW_BRIDGE = """@prefix br: <https://example.org/bridges/def#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
<https://example.org/bridges/id/bridge/plank> a br:Bridge ;
  rdfs:label "Plank"@en , "Plank"@nl ; br:form <https://example.org/bridges/id/form/arch> .
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    shutil.copytree(BRIDGES, tmp_path / "kb", ignore=shutil.ignore_patterns("build"))
    return load(tmp_path / "kb", {})


@pytest.fixture
def quality(settings: Settings) -> Quality:
    build(settings)
    return open_current(settings).quality()


def sources(settings: Settings, folder: str) -> dict[str, str]:
    return {path.stem: path.read_text("utf-8") for path in (settings.data_path / folder).glob("*.ttl")}


def slugs(quality: Quality, name: str) -> set[str]:
    found = quality.find(name)
    assert found is not None
    listed = [finding.thing.rpartition("/")[2] for finding in quality.of_list(found)]
    assert len(listed) == found.findings == len(set(listed))
    return set(listed)


def test_a_text_that_lacks_a_language_is_listed_under_that_language(settings: Settings, quality: Quality) -> None:
    for lang in settings.languages:
        lacking = {slug for slug, text in sources(settings, "bridges").items() if f'"@{lang}' not in text}
        found = quality.find(f"translation-bridge-name-{lang}")
        assert (slugs(quality, found.name) if found else set()) == lacking
    assert quality.find("translation-bridge-name-nl"), "the sample has a bridge without a Dutch name"


def test_a_date_is_missing_where_no_file_has_one(settings: Settings, quality: Quality) -> None:
    path = settings.data_path / "bridges" / "plank.ttl"
    undated = {slug for slug, text in sources(settings, "bridges").items() if "br:opened" not in text}
    assert slugs(quality, "date-bridge-opened") == undated
    path.write_text(NEW_BRIDGE, "utf-8")
    build(settings)
    again = open_current(settings).quality()
    assert slugs(again, "date-bridge-opened") == {*undated, "plank"}
    assert [finding.list for finding in again.of_thing(f"{BASE}id/bridge/plank")]
    assert again.totals["date"] == len(undated) + 1
    assert again.totals["things"] == quality.totals["things"] + 1


def test_filled_counts_are_those_of_the_files(settings: Settings, quality: Quality) -> None:
    texts = sources(settings, "bridges").values()
    counted = {row.shape.rpartition("-")[2]: row for row in quality.filled if row.kind == "bridge"}
    for field, mark in (("length", "br:lengthM"), ("opened", "br:opened"), ("page", "foaf:page"), ("form", "br:form")):
        assert counted[field].filled == sum(mark in text for text in texts), field
        assert counted[field].total == len(texts)
    assert 0 < quality.completeness < 1


def test_concepts_without_a_mapping_are_listed_by_their_scheme(settings: Settings, quality: Quality) -> None:
    text = (settings.data_path / "schemes" / "forms.ttl").read_text("utf-8")
    concepts = {line.partition("form:")[2].strip() for line in text.splitlines() if line.startswith("form:")}
    assert slugs(quality, "mapping-form") == concepts


def test_rules_identifiers_and_certainty_come_from_the_shapes(settings: Settings) -> None:
    shapes = settings.shapes_path / "bridges.ttl"
    text = shapes.read_text("utf-8")
    text = text.replace('kg:key "page" ;', 'kg:key "page" ; kg:identifier true ;')
    text = text.replace('kg:key "form" ;', 'kg:key "form" ; kg:lowValue <https://example.org/bridges/id/form/arch> ;')
    text = text.replace(
        "s:Bridge-length a sh:PropertyShape ;", "s:Bridge-length a sh:PropertyShape ; sh:severity sh:Info ;"
    )
    shapes.write_text(text.replace("sh:minInclusive 1", "sh:minInclusive 500"), "utf-8")
    build(settings)
    quality = open_current(settings).quality()
    bridges = sources(settings, "bridges")
    assert slugs(quality, "identifier-bridge-page") == {s for s, t in bridges.items() if "foaf:page" not in t}
    assert slugs(quality, "certainty-bridge-form") == {
        slug for slug, text in bridges.items() if "form:arch" in text.replace("form:arch-", "")
    }
    (rule,) = [one for one in quality.lists if one.kind == "report"]
    assert (rule.severity, rule.anchor) == ("Info", "https://example.org/bridges/shapes#Bridge-length")
    finding = next(quality.of_list(rule))
    assert set(finding.message) == {"en", "nl"}
    assert finding.value.endswith("integer>")
    assert quality.totals["infos"] == rule.findings > 0


def test_things_with_most_findings_come_first(quality: Quality) -> None:
    busiest = quality.busiest(1000)
    assert [count for _, count in busiest] == sorted((count for _, count in busiest), reverse=True)
    assert sum(count for _, count in busiest) == quality.findings
    for iri, count in busiest[:5]:
        assert len(list(quality.of_thing(iri))) == count


def test_the_history_has_a_line_for_each_other_generation(settings: Settings, tmp_path: Path) -> None:
    build(settings)
    build(settings)
    first = history(settings.build_path, 10)
    assert len(first) == 1
    (settings.data_path / "bridges" / "millau.ttl").unlink()
    build(settings)
    told = history(settings.build_path, 10)
    assert [point.hash for point in told] == [first[0].hash, open_current(settings).hash]
    assert told[1].totals["things"] == told[0].totals["things"] - 1
    assert history(settings.build_path, 1) == told[1:]
    assert history(tmp_path, 10) == []
    assert record_quality(tmp_path, "a", {}, "2026-01-01T00:00:00Z")
    assert not record_quality(tmp_path, "a", {}, "2026-01-02T00:00:00Z")
    assert record_quality(tmp_path, "b", {}, "2026-01-03T00:00:00Z")
    assert record_quality(tmp_path, "a", {}, "2026-01-04T00:00:00Z"), (
        "a generation that comes back is a build of its own"
    )


def test_measurements_are_of_metrics_that_are_defined(quality: Quality) -> None:
    graph = list(ox.parse(quality_graph(quality, BASE, f"{BASE}d", "2026-01-01T00:00:00Z"), ox.RdfFormat.N_TRIPLES))
    of: dict[str, set[str]] = {}
    for quad in graph:
        of.setdefault(quad.predicate.value.removeprefix(DQV), set()).add(str(quad.subject))
    measured = of["value"]
    assert measured == of["isMeasurementOf"] == of["computedOn"]
    metrics = {str(q.object) for q in graph if q.predicate.value == f"{DQV}isMeasurementOf"}
    assert metrics <= of["inDimension"] == of["expectedDataType"]
    linked = {str(q.object) for q in graph if q.predicate.value == f"{DQV}hasQualityMeasurement"}
    assert linked == measured
    total = totals_of(quality)
    value = next(
        q.object
        for q in graph
        if str(q.subject) == f"<{BASE}quality#measured-completeness>" and q.predicate.value == f"{DQV}value"
    )
    assert isinstance(value, ox.Literal)
    assert float(value.value) == pytest.approx(total["completeness"], abs=0.0001)


def test_what_is_withdrawn_is_no_work(settings: Settings) -> None:
    path = settings.data_path / "bridges" / "millau.ttl"
    text = path.read_text("utf-8").replace(
        "a br:Bridge ;", "a br:Bridge ;\n    <http://www.w3.org/2002/07/owl#deprecated> true ;"
    )
    path.write_text(text, "utf-8")
    build(replace(settings))
    assert not list(open_current(settings).quality().of_thing(f"{BASE}id/bridge/millau"))
