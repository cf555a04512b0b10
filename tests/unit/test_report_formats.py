"""The forms of a report: each is read back by a reader of that form, and says the same."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import jsonschema
import pyoxigraph as ox
import pytest

from kggraph.cli_validation import validate as validate_command
from kggraph.terms import SH
from kggraph.validation.engines import read_report, validate
from kggraph.validation.explain import Explainer
from kggraph.validation.findings import Findings, findings
from kggraph.validation.report_formats import FORMATS, MEDIA_TYPES, render, verdict
from kggraph.validation.shape_texts import ShapeTexts

SCHEMA = Path(__file__).parent.parent / "cases" / "reports" / "sarif.schema.json"
OASIS = SCHEMA.parent / "sarif-schema-2.1.0.json"
"""The schema of the standard (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), as SchemaStore has it (Apache-2.0)."""
FORMATS_OF_JSON = jsonschema.Draft7Validator.FORMAT_CHECKER
SHAPES = """
PREFIX sh: <http://www.w3.org/ns/shacl#> PREFIX ex: <https://example.org/>
ex:S sh:targetClass ex:Item ; sh:property ex:S-title, ex:S-old, ex:S-far, [ sh:path ex:none ; sh:minCount 1 ] .
ex:S-title sh:path ex:title ; sh:name "Titel"@nl, "Title, or: name"@en ; sh:maxLength 3 ;
    sh:message "Te lang. Maak korter."@nl, "Too long. Make it shorter."@en .
ex:S-old sh:path ex:old ; sh:maxCount 0 ; sh:severity sh:Warning .
ex:S-far sh:path ( ex:a [ sh:inversePath ex:b ] ) ; sh:minCount 1 ; sh:severity sh:Info .
"""
FILE = """PREFIX ex: <https://example.org/>

<https://example.org/id/item/x> a ex:Item ;
    ex:title "100%\\n<b>&\\"'" ,
        "twee woorden" ,
        "drie ::error" ;
    ex:old 1 .
"""


def ntriples(turtle: str) -> bytes:
    return ox.serialize(ox.parse(turtle, ox.RdfFormat.TURTLE), format=ox.RdfFormat.N_TRIPLES) or b""


def told(folder: Path, text: str = FILE, lang: str = "en", most: int = 100) -> tuple[Findings, ShapeTexts]:
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "a b.ttl").write_text(text, "utf-8")
    shapes = ntriples(SHAPES)
    texts = ShapeTexts(shapes)
    explainer = Explainer(texts, folder, {"https://example.org/id/item/x": "data/a b.ttl"}.get, lang=lang)
    return findings(validate(ntriples(text), shapes), explainer, 1, most=most), texts


@pytest.fixture
def report(tmp_path: Path) -> tuple[Findings, ShapeTexts]:
    """A report with results of every severity and hostile values."""
    return told(tmp_path)


def test_rules_are_ordered_and_counted(report: tuple[Findings, ShapeTexts]) -> None:
    found, _ = report
    assert [(rule.severity, rule.iri.rpartition("/")[2], rule.total) for rule in found.rules] == [
        ("Violation", "S-title", 3),
        ("Violation", "shacl#MinCountConstraintComponent", 1),
        ("Warning", "S-old", 1),
        ("Info", "S-far", 1),
    ]
    assert found.totals == {"Violation": 4, "Warning": 1, "Info": 1}
    assert not found.conforms


def test_text(report: tuple[Findings, ShapeTexts], tmp_path: Path) -> None:
    lines = render("text", *report).splitlines()
    assert lines[0] == "Violation, Title, or: name: 3 results of <https://example.org/S-title>"
    assert lines[2] == 'data/a b.ttl:5: Title, or: name: Too long. Make it shorter. (found: "twee woorden")'
    assert lines[-1] == "1 file checked: does not conform (4 Violation, 1 Warning, 1 Info)."
    assert "Titel: Te lang. Maak korter. (gevonden: " in render("text", *told(tmp_path, lang="nl"))


def test_a_rule_is_capped_with_its_true_total(tmp_path: Path) -> None:
    report = told(tmp_path, most=1)
    assert "... 2 more" in render("text", *report).splitlines()
    assert "(4 Violation" in render("text", *report)
    rule = json.loads(render("json", *report))["rules"][0]
    assert (rule["total"], rule["shown"], len(rule["results"])) == (3, 1, 1)
    assert json.loads(render("sarif", *report))["runs"][0]["tool"]["driver"]["rules"][0]["properties"]["total"] == 3
    assert "::notice title=Title%2C or%3A name::2 more results" in render("github", *report)
    assert "And 2 more of this rule." in render("html", *report)
    suite = ET.fromstring(render("junit", *report)).find("testsuite")
    assert suite is not None
    assert len(suite.findall("testcase/failure")) == 2, "what is not told fails too"
    assert render("ttl", *report).count("sh:result [") == 6, "the report of the standard is whole"


def test_json(report: tuple[Findings, ShapeTexts]) -> None:
    document = json.loads(render("json", *report))
    assert document["conforms"] is False
    assert document["totals"] == report[0].totals
    first = document["rules"][0]["results"][0]
    assert first["file"] == "data/a b.ttl"
    assert first["line"] in (4, 5, 6)
    assert first["messages"] == {"nl": "Te lang. Maak korter.", "en": "Too long. Make it shorter."}


def test_turtle_is_the_report_of_the_standard(report: tuple[Findings, ShapeTexts]) -> None:
    found, shapes = report
    turtle = render("ttl", found, shapes)
    assert read_report(turtle, shapes).results == found.report.results
    triples = [quad.triple for quad in ox.parse(turtle, ox.RdfFormat.TURTLE)]
    said = {(t.predicate.value.removeprefix(SH), str(t.object)) for t in triples}
    assert ("conforms", '"false"^^<http://www.w3.org/2001/XMLSchema#boolean>') in said
    assert ("inversePath", "<https://example.org/b>") in said, "a path is written as a path"


def test_a_turtle_report_that_is_cut_says_so(report: tuple[Findings, ShapeTexts]) -> None:
    found, shapes = report
    assert "rdfs:comment" not in render("ttl", found, shapes)
    first = found.rules[0]
    more = replace(found, rules=(replace(first, total=31_000), *found.rules[1:]))
    triples = [quad.triple for quad in ox.parse(render("ttl", more, shapes), ox.RdfFormat.TURTLE)]
    comments = {str(t.object) for t in triples if t.predicate.value.endswith("#comment")}
    assert comments == {
        '"This report is cut: it holds 6 of 31003 results."@en',
        '"Dit rapport is afgekapt: het bevat 6 van 31003 resultaten."@nl',
    }


def test_sarif_is_valid(report: tuple[Findings, ShapeTexts]) -> None:
    document = json.loads(render("sarif", *report))
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text("utf-8"))).validate(document)
    jsonschema.Draft7Validator(json.loads(OASIS.read_text("utf-8")), format_checker=FORMATS_OF_JSON).validate(document)
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert {result["level"] for result in run["results"]} == {"error", "warning", "note"}
    place = run["results"][1]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "data/a%20b.ttl"
    assert place["region"]["startLine"] == 5


def test_the_schema_of_sarif_can_fail(report: tuple[Findings, ShapeTexts]) -> None:
    document = json.loads(render("sarif", *report))
    document["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(json.loads(OASIS.read_text("utf-8"))).validate(document)


def test_junit_counts_what_it_holds(report: tuple[Findings, ShapeTexts]) -> None:
    suites = ET.fromstring(render("junit", *report))
    assert int(suites.attrib["tests"]) == len(suites.findall(".//testcase")) == 6
    assert int(suites.attrib["failures"]) == len(suites.findall(".//failure")) == 4
    assert len(suites.findall(".//system-out")) == 2, "warnings and hints are told and do not fail"


def test_github_annotations_are_one_line_each(report: tuple[Findings, ShapeTexts]) -> None:
    lines = render("github", *report).splitlines()
    assert len(lines) == 7
    form = re.compile(r"::(error|warning|notice) file=data/a b\.ttl,line=\d+,title=[^:,]+::[^\r\n]+")
    assert all(form.fullmatch(line) for line in lines[:-1])
    assert "100%25" in lines[0] + lines[1] + lines[2]


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_html_stands_alone_and_escapes(tmp_path: Path, lang: str) -> None:
    page = render("html", *told(tmp_path, lang=lang))
    assert f'<html lang="{lang}">' in page
    assert "<b>" not in page
    assert "&lt;b&gt;" in page
    assert not re.search(r"<script|<link|<img|src=|\son\w+=", page)
    assert ("waarschuwing" in page) == (lang == "nl")


def test_what_conforms_is_said_in_every_form(tmp_path: Path) -> None:
    right = FILE.replace("ex:old 1 .", 'ex:none 1 ; ex:a "a" .').replace('"twee woorden"', '"b"')
    right = re.sub(r'"100.*" ,\n', '"a" ,\n', right).replace('"drie ::error"', '"c"')
    found, shapes = told(tmp_path, right)
    assert found.conforms
    assert found.totals == {"Info": 1}, "a hint does not block"
    assert verdict(found) == "1 file checked: conforms (1 Info)."
    assert json.loads(render("json", found, shapes))["conforms"] is True
    suites = ET.fromstring(render("junit", found, shapes))
    assert (suites.attrib["failures"], suites.attrib["tests"]) == ("0", "2")
    assert "sh:conforms false" in render("ttl", found, shapes), "in the standard any result says that"


def test_control_characters_cannot_break_xml(tmp_path: Path) -> None:
    hostile = FILE.replace("twee woorden", "a\\u0001\\uFFFEb]]>")
    assert "\ufffd\ufffdb]]" in "".join(ET.fromstring(render("junit", *told(tmp_path, hostile))).itertext())


def test_the_command_offers_every_form() -> None:
    (option,) = (option for option in validate_command.params if option.name == "form")
    assert list(option.type.choices) == list(FORMATS) == list(MEDIA_TYPES)  # type: ignore[attr-defined]
