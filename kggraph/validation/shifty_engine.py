"""pyshifty, the engine of record; no other module knows it (https://pypi.org/project/pyshifty/)."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from shifty import _shifty

from kggraph.errors import ShapesError
from kggraph.validation.narrowing import narrowed
from kggraph.validation.report import one_line
from kggraph.validation.settled import unsettled
from kggraph.validation.shifty_queries import readable

_SMALL: Final = 200_000
"""Bytes of data whose report takes less time than to make shapes for the second of two runs."""


def shifty_report(data: bytes, shapes: bytes) -> str:
    """The W3C report as N-Triples.

    :param data: the data graph as N-Triples.
    :param shapes: the shapes graph as N-Triples.
    :raises ShapesError: the engine cannot use the shapes.
    """
    try:
        validator = _prepared(shapes)
        if len(data) < _SMALL:
            return _report(validator, data)
        # Whether shapes can be used does not depend on what is left of them.
        _run(validator.validate_algebra, b"")
        left, asked = unsettled(shapes, data)
        if not left:
            return ""
        # Evaluates the same without making a report: 2.5 times as quick, and mostly there is nothing to report.
        quick = _run(_prepared(left).validate_algebra, asked)
        if quick.conforms and not quick.violations:
            return ""
        found = [(violation.shape_name, violation.focus_node) for violation in quick.violations]
        return _report(_shifty.PreparedValidator(readable(narrowed(shapes, found)), shapes_format="ntriples"), data)
    except (ValueError, RuntimeError) as error:
        raise _unusable(error) from None


@lru_cache(maxsize=32)
def _prepared(shapes: bytes) -> _shifty.PreparedValidator:
    validator = _shifty.PreparedValidator(readable(shapes), shapes_format="ntriples")
    if validator.diagnostics:
        raise _unusable(validator.diagnostics[0])
    return validator


def _report(validator: _shifty.PreparedValidator, data: bytes) -> str:
    # Not report_turtle, which writes "01"^^xsd:integer as 1.
    return str(_run(validator.validate_w3c, data)._report_ntriples)


def _run(validate: Callable[..., Any], data: bytes) -> Any:
    result = validate(data, data_format="ntriples", graph_mode="data", run_infer=False, on_unsupported="error")
    if result.diagnostics:
        raise _unusable(result.diagnostics[0])
    return result


def _unusable(problem: object) -> ShapesError:
    return ShapesError(f"The shapes cannot be used: {one_line(problem)}")
