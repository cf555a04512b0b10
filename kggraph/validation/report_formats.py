"""A report in each form that people and programs read: text, JSON, Turtle, HTML, SARIF, JUnit, GitHub."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from importlib import resources
from typing import Any, Final
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

import kggraph
from kggraph.rdf.iris import is_web_iri
from kggraph.validation.findings import Finding, Findings, Rule
from kggraph.validation.shape_texts import ShapeTexts
from kggraph.validation.w3c_report import w3c_turtle

_LEVELS: Final = {"Violation": "error", "Warning": "warning", "Info": "note"}


def render(form: str, findings: Findings, shapes: ShapeTexts) -> str:
    """The report in one of `FORMATS`, ending in a newline.

    :param shapes: the shapes it is about.
    """
    return FORMATS[form](findings, shapes)


def verdict(findings: Findings) -> str:
    """One sentence: how much was looked at, and whether it conforms."""
    totals = findings.totals
    counts = [f"{totals[name]} {name}" for name in (*_LEVELS, *sorted(set(totals) - set(_LEVELS))) if name in totals]
    told = f" ({', '.join(counts)})" if counts else ""
    files = f"{findings.checked} file{'' if findings.checked == 1 else 's'}"
    return f"{files} checked: {'conforms' if findings.conforms else 'does not conform'}{told}."


def as_text(findings: Findings, _: ShapeTexts) -> str:
    """For a terminal: each rule with its results as `file:line: field: what is wrong and what to do`."""
    lines = []
    for rule in findings.rules:
        lines.append(
            f"{rule.severity}, {rule.field}: {rule.total} result{'' if rule.total == 1 else 's'} of <{rule.iri}>"
        )
        lines += [f"{found.place}: {rule.field}: {found.text}" for found in rule.findings]
        if rule.more:
            lines.append(f"... {rule.more} more")
    return "\n".join([*lines, verdict(findings)]) + "\n"


def as_json(findings: Findings, _: ShapeTexts) -> str:
    """All of it as JSON; terms in N-Triples form, messages in every language."""
    document = {
        "conforms": findings.conforms,
        "checked": findings.checked,
        "totals": findings.totals,
        "rules": [_rule_members(rule) for rule in findings.rules],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _rule_members(rule: Rule) -> dict[str, Any]:
    return {
        "rule": rule.iri,
        "field": rule.field,
        "severity": rule.severity,
        "total": rule.total,
        "shown": len(rule.findings),
        "results": [
            {
                "file": found.file,
                "line": found.line,
                "focusNode": found.result.focus,
                "resultPath": found.result.path,
                "value": found.result.value,
                "sourceConstraintComponent": found.result.component,
                "messages": dict(found.result.messages),
            }
            for found in rule.findings
        ],
    }


def as_turtle(findings: Findings, shapes: ShapeTexts) -> str:
    """The W3C report (https://www.w3.org/TR/shacl/#validation-report), with every result that was kept.

    It says when there are more.
    """
    return w3c_turtle(findings.report, shapes, sum(findings.totals.values()))


def as_html(findings: Findings, _: ShapeTexts) -> str:
    """A page that stands alone: no script, no style or picture from elsewhere."""
    # Only this form needs it, and it takes longer to load than all the others take to write.
    import jinja2

    source = (resources.files(__package__) / "report.html").read_text("utf-8")
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(source).render(
        findings=findings, lang="nl" if findings.lang == "nl" else "en", is_web_iri=is_web_iri
    )


def as_sarif(findings: Findings, _: ShapeTexts) -> str:
    """SARIF 2.1.0 for code scanning (https://docs.oasis-open.org/sarif/sarif/v2.1.0/)."""
    driver = {
        "name": "kggraph",
        "version": kggraph.__version__,
        "rules": [_sarif_rule(rule, findings.lang) for rule in findings.rules],
    }
    results = [
        _sarif_result(rule, index, found) for index, rule in enumerate(findings.rules) for found in rule.findings
    ]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    document = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _sarif_rule(rule: Rule, lang: str) -> dict[str, Any]:
    text = rule.texts.get(lang) or rule.texts.get("en") or next(iter(rule.texts.values()), rule.field)
    told: dict[str, Any] = {
        "id": rule.iri,
        "shortDescription": {"text": rule.field},
        "fullDescription": {"text": text},
        "defaultConfiguration": {"level": _LEVELS.get(rule.severity, "warning")},
        "properties": {"total": rule.total, "severity": rule.severity},
    }
    return {**told, "helpUri": rule.iri} if is_web_iri(rule.iri) else told


def _sarif_result(rule: Rule, index: int, found: Finding) -> dict[str, Any]:
    place: dict[str, Any] = {"logicalLocations": [{"fullyQualifiedName": found.result.focus.strip("<>")}]}
    if found.file:
        physical: dict[str, Any] = {"artifactLocation": {"uri": quote(found.file)}}
        if found.line:
            physical["region"] = {"startLine": found.line}
        place["physicalLocation"] = physical
    return {
        "ruleId": rule.iri,
        "ruleIndex": index,
        "level": _LEVELS.get(rule.severity, "warning"),
        "message": {"text": f"{rule.field}: {found.text}"},
        "locations": [place],
    }


def as_junit(findings: Findings, _: ShapeTexts) -> str:
    """JUnit XML: a suite for each rule; only a violation is a failure."""
    cases = [(rule, _junit_cases(rule)) for rule in findings.rules]
    failures = sum(len(found) for rule, found in cases if rule.severity == "Violation")
    suites = [_junit_suite(rule.iri, found, rule.severity == "Violation", rule.total) for rule, found in cases]
    if findings.conforms:
        suites.append(_junit_suite("conforms", ['<testcase classname="conforms" name="no violations"/>'], False, 0))
    tests = sum(len(found) for _, found in cases) + findings.conforms
    head = f'<testsuites name="kggraph validate" tests="{tests}" failures="{failures}">'
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *suites, "</testsuites>"]) + "\n"


def _junit_suite(name: str, cases: list[str], fails: bool, total: int) -> str:
    head = f'<testsuite name={_attribute(name)} tests="{len(cases)}" failures="{len(cases) if fails else 0}">'
    properties = f'<properties><property name="total" value="{total}"/></properties>'
    return "\n".join([head, properties, *cases, "</testsuite>"])


def _junit_cases(rule: Rule) -> list[str]:
    told = [(f"{found.place} {found.value}".strip(), found.text, found.place) for found in rule.findings]
    if rule.more:
        told.append((f"{rule.more} more", f"{rule.more} more results of this rule.", "..."))
    cases = []
    for name, text, place in told:
        whole = _xml(f"{rule.severity}: {place}: {rule.field}: {text}")
        body = f"<system-out>{whole}</system-out>"
        if rule.severity == "Violation":
            body = f"<failure type={_attribute(rule.iri)} message={_attribute(text)}>{whole}</failure>"
        cases.append(f"<testcase classname={_attribute(rule.field)} name={_attribute(name)}>{body}</testcase>")
    return cases


def _xml(text: str) -> str:
    return escape(_printable(text))


def _attribute(text: str) -> str:
    return quoteattr(_printable(text))


def _printable(text: str) -> str:
    """Without what XML 1.0 cannot hold (https://www.w3.org/TR/xml/#charsets)."""
    return "".join(c if (c >= " " and c not in "\ufffe\uffff") or c in "\t\n\r" else "\ufffd" for c in text)


def as_github(findings: Findings, _: ShapeTexts) -> str:
    """Annotations of GitHub Actions (`::error file=...`), with the verdict as the last line."""
    return "\n".join([*_annotations(findings), verdict(findings)]) + "\n"


def _annotations(findings: Findings) -> Iterator[str]:
    for rule in findings.rules:
        level = {"error": "error", "warning": "warning"}.get(_LEVELS.get(rule.severity, "warning"), "notice")
        for found in rule.findings:
            given = {"file": found.file, "line": found.line, "title": rule.field}
            members = ",".join(f"{key}={_escaped(str(value), ':,')}" for key, value in given.items() if value)
            where = "" if found.file else f"{found.place}: "
            yield f"::{level} {members}::{_escaped(where + found.text)}"
        if rule.more:
            yield f"::notice title={_escaped(rule.field, ':,')}::{rule.more} more results of <{_escaped(rule.iri)}>"


def _escaped(text: str, more: str = "") -> str:
    for character in f"%\r\n{more}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text


FORMATS: Final[Mapping[str, Callable[[Findings, ShapeTexts], str]]] = {
    "text": as_text,
    "json": as_json,
    "ttl": as_turtle,
    "html": as_html,
    "sarif": as_sarif,
    "junit": as_junit,
    "github": as_github,
}
"""Name to what writes it."""

MEDIA_TYPES: Final[Mapping[str, str]] = {
    "text": "text/plain",
    "json": "application/json",
    "ttl": "text/turtle",
    "html": "text/html",
    "sarif": "application/sarif+json",
    "junit": "application/xml",
    "github": "text/plain",
}
"""Name to the media type of what is written."""
