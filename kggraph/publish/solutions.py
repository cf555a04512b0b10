"""SPARQL results in JSON read into terms, and what each of their columns can be used for in a picture."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal, TypeAlias

from pyoxigraph import BlankNode, NamedNode, Triple
from pyoxigraph import Literal as RdfLiteral

from kggraph.rdf.iris import local_name
from kggraph.terms import XSD

Term: TypeAlias = NamedNode | BlankNode | RdfLiteral | Triple
Role: TypeAlias = Literal["label", "number", "date", "none"]
"""What a column can be: names of things, amounts, points in time, or nothing (no value at all)."""

_NUMBERS: Final = """
integer decimal double float int long short byte nonNegativeInteger positiveInteger nonPositiveInteger negativeInteger
unsignedInt unsignedLong unsignedShort unsignedByte"""
NUMERIC: Final = frozenset(XSD + name for name in _NUMBERS.split())
_DATES: Final = frozenset(XSD + name for name in ("gYear", "gYearMonth", "date", "dateTime"))
_TEXTS: Final = frozenset((f"{XSD}string",))
_DATE: Final = re.compile(r"(-?\d{4,6})(?:-(\d\d)(?:-(\d\d))?)?(?:T(\d\d):(\d\d)[^Z+-]*)?(?:Z|[+-]\d\d:\d\d)?\Z")
_YEAR_NAMES: Final = re.compile(r"year|jaar|annee|jahr", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Solutions:
    """A SELECT result: variables in their order, and a row of terms for each solution (`None`: unbound)."""

    variables: tuple[str, ...]
    rows: tuple[tuple[Term | None, ...], ...]

    def column(self, variable: str) -> tuple[Term | None, ...]:
        """The terms of one variable."""
        index = self.variables.index(variable)
        return tuple(row[index] for row in self.rows)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A chart that a result can be shown as, by the names of its variables."""

    kind: Literal["bars", "lines"]
    x: str
    """What a bar or a point stands for: a label, or for lines a date or number."""
    y: tuple[str, ...]
    """Number columns."""
    series: str = ""
    """Label column that tells lines or groups of bars apart; only with one `y`."""


def read_solutions(body: bytes) -> Solutions | bool:
    """A result in SPARQL JSON: the solutions of a SELECT, or the boolean of an ASK.

    >>> read_solutions(b'{"head":{"vars":["n"]},"results":{"bindings":[{"n":{"type":"literal","value":"x"}}]}}').rows
    ((<Literal value=x datatype=<NamedNode value=http://www.w3.org/2001/XMLSchema#string>>,),)
    """
    parsed = json.loads(body)
    if "boolean" in parsed:
        return bool(parsed["boolean"])
    variables = tuple(parsed["head"].get("vars", ()))
    rows = (tuple(_term(binding.get(name)) for name in variables) for binding in parsed["results"]["bindings"])
    return Solutions(variables, tuple(rows))


def role(solutions: Solutions, variable: str) -> Role:
    """What the column of a variable can be used for; one value that does not fit makes it a label."""
    terms = [term for term in solutions.column(variable) if term is not None]
    if not terms:
        return "none"
    if all(isinstance(term, RdfLiteral) and moment(term, variable) is not None for term in terms):
        return "date"
    if all(number(term) is not None for term in terms):
        return "number"
    return "label"


def chartable(solutions: Solutions) -> Suggestion | None:
    """The chart that says most about a result, if any: a date and a number make lines, a label and a number bars."""
    if len(solutions.rows) < 2:
        return None
    roles = {name: role(solutions, name) for name in solutions.variables}
    dates, numbers, labels = ([n for n, r in roles.items() if r == kind] for kind in ("date", "number", "label"))
    labels = _without_twins(labels)
    if not numbers:
        return None
    if dates:
        if _unique(solutions, dates[:1]):
            return Suggestion("lines", dates[0], tuple(numbers[:3]))
        series = next((name for name in labels if _unique(solutions, [dates[0], name])), "")
        return Suggestion("lines", dates[0], (numbers[0],), series) if series else None
    if labels:
        if len(labels) > 1 and not _unique(solutions, labels[:1]) and _can_be_series(solutions, labels):
            return Suggestion("bars", labels[0], (numbers[0],), labels[1])
        return Suggestion("bars", labels[0], (numbers[0],))
    return Suggestion("lines", numbers[0], tuple(numbers[1:4])) if _rising(solutions, numbers) else None


def number(term: Term | None) -> float | None:
    """The value of a numeric literal that is finite, else nothing."""
    if not isinstance(term, RdfLiteral) or term.datatype.value not in NUMERIC:
        return None
    try:
        value = float(term.value)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def moment(term: Term | None, variable: str = "") -> float | None:
    """A date, month or year as a year with fraction, else nothing.

    A plain text or whole number counts as a date only if it looks like one and its variable is named so.

    >>> moment(RdfLiteral("2020-07", datatype=NamedNode(XSD + "gYearMonth")))
    2020.5
    """
    if not isinstance(term, RdfLiteral):
        return None
    datatype = term.datatype.value
    if datatype not in _DATES:
        if datatype not in _TEXTS and datatype != f"{XSD}integer":
            return None
        if not _YEAR_NAMES.search(variable) or not re.fullmatch(r"[12]\d{3}(-\d\d){0,2}", term.value):
            return None
    match = _DATE.match(term.value)
    if not match:
        return None
    year, month, day, hour, minute = (int(part) if part else 0 for part in match.groups())
    days = max(day - 1, 0) + hour / 24 + minute / 1440
    return year + (max(month - 1, 0) + days / 31) / 12


def text_of(term: Term | None, labels: Callable[[str], str] | None = None) -> str:
    """A term as a person reads it: the label of an IRI (its local name without one), the text of a literal."""
    if isinstance(term, NamedNode):
        return (labels(term.value) if labels else "") or local_name(term.value)
    if isinstance(term, RdfLiteral):
        return term.value
    return "" if term is None else str(term)


def _term(binding: Mapping[str, Any] | None) -> Term | None:
    if binding is None:
        return None
    kind, value = binding["type"], binding["value"]
    if kind == "uri":
        return NamedNode(value)
    if kind == "bnode":
        return BlankNode(value)
    if kind == "triple":  # https://www.w3.org/TR/sparql12-results-json/#select-encode-terms
        subject, predicate, object_ = (_term(value[part]) for part in ("subject", "predicate", "object"))
        assert isinstance(subject, NamedNode | BlankNode) and isinstance(predicate, NamedNode) and object_ is not None
        return Triple(subject, predicate, object_)
    if language := binding.get("xml:lang"):
        return RdfLiteral(value, language=language)
    datatype = binding.get("datatype")
    return RdfLiteral(value, datatype=NamedNode(datatype)) if datatype else RdfLiteral(value)


def _without_twins(labels: list[str]) -> list[str]:
    """Of `?theme ?themeLabel` only the latter: both name the same thing."""
    return [name for name in labels if f"{name}Label" not in labels and f"{name}_label" not in labels]


def _unique(solutions: Solutions, variables: list[str]) -> bool:
    columns = [solutions.column(name) for name in variables]
    keys = list(zip(*columns, strict=True))
    return len(set(keys)) == len(keys)


def _can_be_series(solutions: Solutions, labels: list[str], most: int = 6) -> bool:
    return len(set(solutions.column(labels[1]))) <= most and _unique(solutions, labels[:2])


def _rising(solutions: Solutions, numbers: list[str]) -> bool:
    values = [number(term) for term in solutions.column(numbers[0])]
    if len(numbers) < 2 or any(value is None for value in values):
        return False
    known = [value for value in values if value is not None]
    return all(one < two for one, two in pairwise(known))
