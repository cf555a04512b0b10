"""Solutions for people: with labels beside IRIs, as a spreadsheet, as Markdown and as a table in HTML.

Made from SPARQL JSON, whole and in memory, so the caller bounds how many there are. A spreadsheet has every text as
text: what begins with `=` is never a formula there.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from html import escape
from typing import Any, Final

from pyoxigraph import QueryResultsFormat, QuerySolutions, parse_query_results

from kggraph.model import LangText
from kggraph.publish.labels import pick
from kggraph.publish.solutions import NUMERIC
from kggraph.rdf.iris import is_web_iri
from kggraph.rdf.media import RESULTS_CSV, RESULTS_JSON, RESULTS_TSV, RESULTS_XML, Representation

XLSX: Final = Representation(
    "xlsx", ".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "Excel (XLSX)"
)
MARKDOWN: Final = Representation("md", ".md", "text/markdown", "Markdown")
TABLE: Final = Representation("table", ".html", "text/html", "HTML")
"""A document that is a table and nothing else; `html` is the page."""
PEOPLE_FORMATS: Final = (XLSX, MARKDOWN, TABLE)

_STRING: Final = "http://www.w3.org/2001/XMLSchema#string"
_CELL_CHARACTERS: Final = 32_767
"""What a cell of a spreadsheet holds."""
_EXACT: Final = 2**53
_NO_TIME: Final = datetime(1980, 1, 1)
"""When a workbook was made: the beginning of a zip file's time, so that the same results are the same bytes."""

Results = dict[str, Any]
"""SPARQL JSON, parsed."""


def with_labels(results: Results, labels: Callable[[set[str]], Mapping[str, LangText]], language: str) -> Results:
    """The results with a variable `xLabel` after each `x` that has IRIs with a label.

    >>> told = {"head": {"vars": ["x"]}, "results": {"bindings": [{"x": {"type": "uri", "value": "a:b"}}]}}
    >>> with_labels(told, lambda iris: {"a:b": {"nl": "Aap"}}, "en")["head"]["vars"]
    ['x', 'xLabel']
    """
    variables, rows = results["head"].get("vars", []), results["results"]["bindings"]
    found = labels({term["value"] for row in rows for term in row.values() if term["type"] == "uri"})
    shown: list[str] = []
    added: dict[str, str] = {}
    for name in variables:
        shown.append(name)
        if any(row[name]["type"] == "uri" and row[name]["value"] in found for row in rows if name in row):
            added[name] = _free(f"{name}Label", {*variables, *added.values()})
            shown.append(added[name])
    labelled = [{**row, **_labels_of(row, added, found, language)} for row in rows]
    return {"head": {**results["head"], "vars": shown}, "results": {**results["results"], "bindings": labelled}}


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _labels_of(
    row: Mapping[str, Any], added: Mapping[str, str], found: Mapping[str, LangText], language: str
) -> dict[str, Any]:
    told = {}
    for name, label_name in added.items():
        if name in row and row[name]["type"] == "uri" and row[name]["value"] in found:
            label = pick(found[row[name]["value"]], language, row[name]["value"])
            told[label_name] = {"type": "literal", "value": label.text} | (
                {"xml:lang": label.lang} if label.lang else {}
            )
    return told


def write_table(results: Results, format: Representation, title: str = "", *, is_cut: bool = False) -> bytes:
    """The results of a SELECT or ASK in one of the formats.

    :param title: what the table in HTML is called.
    :param is_cut: whether there are more solutions, which formats for people then say below the table or, in a
        workbook, on a sheet of its own.
    """
    if format in (RESULTS_JSON, RESULTS_CSV, RESULTS_TSV, RESULTS_XML):
        return _for_machines(results, format)
    if "boolean" in results:
        results = {
            "head": {"vars": ["boolean"]},
            "results": {"bindings": [{"boolean": {"type": "literal", "value": str(results["boolean"]).lower()}}]},
        }
    variables: list[str] = results["head"].get("vars", [])
    rows = ([row.get(name) for name in variables] for row in results["results"]["bindings"])
    count = len(results["results"]["bindings"])
    note = f"There are more solutions; these are the first {count:,} of them." if is_cut else ""
    if format is XLSX:
        return _xlsx(variables, rows, note)
    return _markdown(variables, rows, note) if format is MARKDOWN else _html(variables, rows, title, note)


def _for_machines(results: Results, format: Representation) -> bytes:
    body = json.dumps(results, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    if format is RESULTS_JSON:
        return body
    native = QueryResultsFormat.from_media_type(format.media_type)
    read = parse_query_results(body, format=QueryResultsFormat.JSON)
    assert native is not None and isinstance(read, QuerySolutions)
    return read.serialize(format=native) or b""


Row = list[Any]


def _text(term: Any) -> str:
    if term is None:
        return ""
    if term["type"] == "triple":
        return json.dumps(term["value"], ensure_ascii=False)
    return f"_:{term['value']}" if term["type"] == "bnode" else str(term["value"])


def _xlsx(variables: list[str], rows: Iterable[Row], note: str) -> bytes:
    """Numbers are numbers where a spreadsheet can hold them exactly; everything else is text, never a formula."""
    from xlsxwriter import Workbook  # takes 60 ms to import, and few ask for it

    out = io.BytesIO()
    book = Workbook(out, {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"created": _NO_TIME})
    sheet = book.add_worksheet("result")
    bold = book.add_format({"bold": True})
    for column, name in enumerate(variables):
        sheet.write_string(0, column, name, bold)
    sheet.freeze_panes(1, 0)
    for number, row in enumerate(rows, 1):
        for column, term in enumerate(row):
            value = _number(term)
            if value is not None:
                sheet.write_number(number, column, value)
            elif term is not None:
                sheet.write_string(number, column, _cell(_text(term)))
    if note:
        book.add_worksheet("cut").write_string(0, 0, note)
    book.close()
    return out.getvalue()


def _cell(text: str) -> str:
    """As much as a cell holds; three dots say that there is more."""
    return text if len(text) <= _CELL_CHARACTERS else f"{text[: _CELL_CHARACTERS - 1]}…"


def _number(term: Any) -> float | None:
    if term is None or term["type"] != "literal" or term.get("datatype") not in NUMERIC:
        return None
    try:
        value = float(term["value"])
    except ValueError:
        return None
    return value if math.isfinite(value) and abs(value) < _EXACT else None


def _markdown(variables: list[str], rows: Iterable[Row], note: str) -> bytes:
    lines = [_markdown_row(variables), _markdown_row(["---"] * len(variables), plain=True)]
    lines += [_markdown_row([_text(term) for term in row]) for row in rows]
    lines += ["", note] if note else []
    return "\n".join([*lines, ""]).encode("utf-8", "replace")


_MARKED: Final = str.maketrans({char: f"\\{char}" for char in "\\`*_[]<>|~#"} | {"\n": " ", "\r": " ", "&": "&amp;"})


def _markdown_row(cells: list[str], *, plain: bool = False) -> str:
    shown = (
        cells
        if plain
        else [cell if is_web_iri(cell) and "|" not in cell else cell.translate(_MARKED) for cell in cells]
    )
    return f"| {' | '.join(shown)} |"


def _html(variables: list[str], rows: Iterable[Row], title: str, note: str) -> bytes:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in variables)
    body = "\n".join(f"<tr>{''.join(map(_html_cell, row))}</tr>" for row in rows)
    name = escape(title or "SPARQL")
    lines = [
        '<!doctype html>\n<html lang="en">',
        f'<head><meta charset="utf-8"><title>{name}</title></head>',
        f"<body>\n<table>\n<caption>{name}</caption>",
        f"<thead><tr>{head}</tr></thead>\n<tbody>",
        body,
        "</tbody>\n</table>",
        *([f"<p>{escape(note)}</p>"] if note else []),
        "</body>\n</html>\n",
    ]
    return "\n".join(lines).encode("utf-8", "replace")


def _html_cell(term: Any) -> str:
    text = escape(_text(term))
    if term is not None and term["type"] == "uri" and is_web_iri(term["value"]):
        return f'<td><a href="{text}">{text}</a></td>'
    lang = f' lang="{escape(term["xml:lang"])}"' if term is not None and "xml:lang" in term else ""
    return f"<td{lang}>{text}</td>"
