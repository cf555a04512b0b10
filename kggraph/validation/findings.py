"""A report as people read it: grouped by rule, each result with its file, line, field, sentence and fix.

Every form of a report, on the command line and on the site, is made from `Findings` (`report_formats.py`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from kggraph.model import LangText
from kggraph.terms import SH
from kggraph.validation.explain import Explainer
from kggraph.validation.report import INFO, VIOLATION, WARNING, Report, Result, rule_of

MOST_OF_A_RULE: Final = 100
"""Results shown of one rule when nothing else is asked; all are counted."""

_ORDER: Final = {VIOLATION: 0, WARNING: 1, INFO: 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One result, told."""

    result: Result
    place: str
    """`data/items/x.ttl:12`, or the focus node where no file describes it."""
    file: str | None
    """Path of the file from the folder that files are named from."""
    line: int | None
    value: str
    """The offending value as in a sentence, or empty."""
    text: str
    """What is wrong and what to do, and the value when that does not say it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The results of one shape in one severity."""

    iri: str
    """IRI of the shape; of the constraint component when the shape has none."""
    field: str
    """Name of the field that the rule is about."""
    severity: str
    """`Violation`, `Warning`, `Info`, or the IRI of another severity."""
    texts: LangText
    """Its message in each language; empty when its results have different ones."""
    total: int
    """How many results it has."""
    findings: tuple[Finding, ...]
    """Those that are shown, by file and line."""

    @property
    def more(self) -> int:
        """How many results are not shown."""
        return self.total - len(self.findings)


@dataclass(frozen=True, slots=True)
class Findings:
    """A whole report."""

    rules: tuple[Rule, ...]
    """Violations first, and the rule with most results first."""
    report: Report
    """The results themselves."""
    checked: int
    """How many files or things were looked at."""
    lang: str

    @property
    def conforms(self) -> bool:
        """Whether nothing blocks: warnings and hints (`sh:Info`) do not."""
        return not any(rule.severity == "Violation" for rule in self.rules)

    @property
    def totals(self) -> dict[str, int]:
        """Severity to number of results."""
        found: Counter[str] = Counter()
        for rule in self.rules:
            found[rule.severity] += rule.total
        return dict(found)


def findings(
    report: Report,
    explainer: Explainer,
    checked: int,
    *,
    most: int = MOST_OF_A_RULE,
    totals: Mapping[tuple[str, str], int] | None = None,
) -> Findings:
    """The report, grouped and told.

    :param explainer: says where results are, in the language that it has.
    :param checked: how many files or things were looked at.
    :param most: how many results of a rule are told; the others are counted.
    :param totals: number of results by severity and rule (`rule_of`), when the report does not hold all of them.
    """
    by_rule: dict[tuple[str, str], list[Result]] = defaultdict(list)
    for result in report.results:
        by_rule[rule_of(result)].append(result)
    rules = [_rule(explainer, key, found, most, (totals or {}).get(key, 0)) for key, found in by_rule.items()]
    rules.sort(key=lambda rule: (_ORDER.get(f"{SH}{rule.severity}", 3), -rule.total, rule.iri))
    return Findings(tuple(rules), report, checked, explainer.lang)


def _rule(explainer: Explainer, key: tuple[str, str], found: Iterable[Result], most: int, total: int) -> Rule:
    results = list(found)
    told = sorted((_told(explainer, result) for result in results[:most]), key=_place)
    severity, iri = key
    return Rule(
        iri,
        explainer.field(results[0]),
        severity.removeprefix(SH),
        results[0].messages if all(one.messages == results[0].messages for one in results) else {},
        max(total, len(results)),
        tuple(told),
    )


def _told(explainer: Explainer, result: Result) -> Finding:
    file, line = explainer.where(result)
    return Finding(result, explainer.place(result), file, line, explainer.value(result), explainer.message(result))


def _place(finding: Finding) -> tuple[str, int, str]:
    return finding.file or "", finding.line or 0, finding.place
