"""The drafts of an import against the shapes, so that each violation is told of the line that causes it."""

from __future__ import annotations

from collections.abc import Mapping

from kggraph.importer.problems import Problems
from kggraph.importer.records import SLUG
from kggraph.importer.rules import Rules
from kggraph.rdf.iris import thing_iri
from kggraph.validation.engines import data_graph, validate
from kggraph.validation.messages import show
from kggraph.validation.report import VIOLATION, Result


def check(
    data: bytes, shapes: bytes, ontology: bytes, rules: Rules, line_of: Mapping[str, int], problems: Problems
) -> None:
    """Add a problem for every violation in a thing that the import makes or changes.

    :param data: all data as they would be after the import, as N-Triples.
    :param line_of: thing to the line of the record that writes it.
    :raises ShapesError: the shapes cannot be used.
    """
    keys = {f"<{rule.field.path}>": column.key for column in rules.columns.values() for rule in column.rules}
    for result in validate(data_graph(data, ontology), shapes).results:
        line = line_of.get(thing_iri(result.focus.strip("<>")))
        if line is None or result.severity != VIOLATION:
            continue
        key = keys.get(result.path or "", SLUG if result.path is None else "")
        if not problems.concerns(line, key) and not problems.concerns(line, ""):
            problems.add(line, key, _sentence(result))


def _sentence(result: Result) -> str:
    found = f"{show(result.value)}: " if result.value else ""
    message = result.messages.get("en") or next(iter(result.messages.values()), "not as the shapes ask.")
    return f"{found}{message}"
