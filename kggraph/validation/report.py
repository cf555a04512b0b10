"""A validation report as data: the results of SHACL, whatever engine gave them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from kggraph.terms import SH

VIOLATION: Final = SH + "Violation"
WARNING: Final = SH + "Warning"
INFO: Final = SH + "Info"

Severity = Literal["Violation", "Warning", "Info"]


@dataclass(frozen=True, slots=True)
class Result:
    """One `sh:ValidationResult`; terms are in N-Triples form (`<iri>`, `"text"@nl`), IRIs of SHACL are plain."""

    focus: str
    path: str | None
    value: str | None
    component: str
    severity: str
    shape: str
    messages: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def key(self) -> tuple[str, str, str, str, str]:
        """What two engines must agree on."""
        return (self.focus, self.path or "", self.value or "", self.component, self.severity)


@dataclass(frozen=True, slots=True)
class Report:
    """All results, sorted; `conforms` says that there is no Violation."""

    results: tuple[Result, ...]

    @classmethod
    def of(cls, results: Iterable[Result]) -> Report:
        """A report of these results, each once."""
        return cls(tuple(sorted(set(results), key=lambda result: (*result.key, result.shape))))

    @property
    def conforms(self) -> bool:
        return all(result.severity != VIOLATION for result in self.results)


def rule_of(result: Result) -> tuple[str, str]:
    """Severity and rule that a result is counted by: its shape, or its component where the shape has no IRI."""
    return result.severity, result.shape or result.component


def one_line(error: object) -> str:
    """What an engine said, short enough for a sentence.

    >>> one_line("no  such\\nshape ")
    'no such shape'
    """
    text = " ".join(str(error).split())
    return text if len(text) <= 500 else f"{text[:500]} ..."
