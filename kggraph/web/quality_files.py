"""The findings of the quality page for programs: a line each as CSV, JSON, and in RDF."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from kggraph.publish.labels import pick
from kggraph.publish.quality_data import Finding, FindingList, Quality
from kggraph.web.render import Here

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS: Final = ("list", "kind", "severity", "thing", "label", "field", "language", "value", "message", "shape")


def findings_csv(place: Here, known: Quality, rows: Iterable[Finding]) -> bytes:
    """A line for each finding; a text that begins like a formula gets an apostrophe."""
    by_id = {one.id: one for one in known.lists}
    found = list(rows)
    labels = place.kb.labels({row.thing for row in found})
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for row in found:
        one = by_id[row.list]
        cells = [
            one.name,
            one.kind,
            one.severity,
            row.thing,
            pick(labels.get(row.thing), place.language, row.thing).text,
            pick(one.label, place.language, one.shape).text,
            one.lang,
            row.value,
            pick(row.message, place.language).text if row.message else "",
            one.shape,
        ]
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells])
    return out.getvalue().encode("utf-8", "replace")


def findings_json(known: Quality, rows: Iterable[Finding]) -> list[dict[str, Any]]:
    """An object for each finding, with the shape that asks for it."""
    by_id: Mapping[int, FindingList] = {one.id: one for one in known.lists}
    return [
        {
            **row._asdict(),
            "list": by_id[row.list].name,
            "shape": by_id[row.list].shape,
            "message": dict(row.message),
        }
        for row in rows
    ]


def as_json(told: Mapping[str, Any]) -> bytes:
    """A JSON document."""
    return json.dumps(told, ensure_ascii=False, indent=1).encode("utf-8", "replace") + b"\n"
