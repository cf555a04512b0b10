"""Records as the import takes them, in a spreadsheet (CSV) or as JSON Lines, as the triples that they would become.

https://www.rfc-editor.org/rfc/rfc4180. A column is a key of the import, and a text in a language has a column for it:
`description@nl`. Several values of one cell stand on lines of their own, or between `|`.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pyoxigraph as ox

from kggraph.errors import SourceError, UnreadableData
from kggraph.importer.catalog import Catalog
from kggraph.importer.convert import TYPE, Converted, Converter
from kggraph.importer.problems import Problems, nearest, suggestion
from kggraph.importer.records import SLUG, Record, parse_records
from kggraph.importer.rules import Rules, read_rules
from kggraph.model import Model
from kggraph.publish.descriptions import Descriptions
from kggraph.rdf.source import SourceFile, read_bytes
from kggraph.terms import SKOS
from kggraph.trial.reading import Given, given

_SEVERAL: Final = re.compile(r"\s*(?:\||\n)\s*")
_MOST_PROBLEMS: Final = 200


def read_records(
    path: Path, shapes: bytes, model: Model, descriptions: Descriptions, base: str, *, is_csv: bool
) -> Given:
    """Records as triples.

    :raises UnreadableData: with every problem of every line.
    """
    rules = read_rules(shapes, model)
    problems = Problems(path.name)
    try:
        text = read_bytes(path, path.name).decode()
    except SourceError as error:
        raise UnreadableData(error.message, line=error.line, column=error.column) from None
    records = list(_rows(text, rules, problems)) if is_csv else parse_records(text.encode(), rules.keys, problems)
    catalog = Catalog(_sources(rules, descriptions), rules.classes, base)
    kind = rules.main.kind or ""
    there = {record.slug for record in records if descriptions.get(f"{base}id/{kind}/{record.slug}")}
    converter = Converter(rules, catalog, problems)
    converted = [converter.convert(record, is_new=record.slug not in there) for record in records]
    _refuse(problems)
    if not records:
        raise UnreadableData("There are no records in it; give a line for each thing.")
    triples: set[ox.Triple] = set()
    for one in converted:
        triples |= set(_triples(one, converter, rules, descriptions))
    for thing in converter.new.values():
        triples |= set(converter.new_triples(thing))
    ntriples = ox.serialize(sorted(triples, key=str), format=ox.RdfFormat.N_TRIPLES) or b""
    return given(ntriples, {one.iri.value: one.record.line for one in converted})


def _triples(one: Converted, converter: Converter, rules: Rules, descriptions: Descriptions) -> Iterator[ox.Triple]:
    """What the thing would say: its own fields as they are, with those of the record in their place."""
    told = descriptions.get(one.iri.value)
    replaced = {ox.NamedNode(path) for path in one.values}
    for quad in ox.parse(told.ntriples, ox.RdfFormat.N_TRIPLES) if told else ():
        if not (quad.subject == one.iri and quad.predicate in replaced):
            yield ox.Triple(quad.subject, quad.predicate, quad.object)
    for path, values in one.values.items():
        for value in values:
            yield ox.Triple(one.iri, ox.NamedNode(path), value)
    if told is None:
        for role, attributions in one.attributions.items():
            yield from converter.attribution_triples(one.iri, role, attributions)
    yield ox.Triple(one.iri, TYPE, ox.NamedNode(rules.main.iri))


def _sources(rules: Rules, descriptions: Descriptions) -> Iterator[SourceFile]:
    """What records may name: concepts, and things of the classes that fields take."""
    wanted = {f"{SKOS}Concept", *rules.classes}
    for kind in descriptions.kinds():
        for number, iri in enumerate(descriptions.iris(kind)):
            told = descriptions.get(iri)
            if number == 0 and told is not None and wanted.isdisjoint(told.types):
                break  # a kind has things of one class
            if told is not None:
                yield SourceFile(Path(told.source), told.source, told.ntriples, "", (iri,), told.ntriples.count(b"\n"))


def _refuse(problems: Problems) -> None:
    if not problems.found:
        return
    sorted_ = sorted(problems.found)
    told = [f"{line}: {key}{': ' if key else ''}{message}" for line, key, message in sorted_[:_MOST_PROBLEMS]]
    more = len(sorted_) - len(told)
    told += [f"... {more} more"] if more else []
    counted = f"{len(sorted_)} problem{'' if len(sorted_) == 1 else 's'}"
    raise UnreadableData(f"The records cannot be read: {counted}.", line=sorted_[0][0] or None, problems=tuple(told))


# ------------------------------------------------------------------ CSV
def _rows(text: str, rules: Rules, problems: Problems) -> Iterator[Record]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=_delimiter(text))
    try:
        header = next(reader, [])
        columns = [_column(name.strip(), rules, problems) for name in header]
        if SLUG not in header:
            problems.add(1, SLUG, "the first row names no column slug; give each thing one of a-z, 0-9 and hyphens.")
        _refuse(problems)
        lines: list[str] = []
        line_of: dict[int, int] = {}
        start = reader.line_num + 1
        for row in reader:
            if any(cell.strip() for cell in row):
                if len(row) != len(header):
                    found = f"the row has {len(row)} cells and the first row {len(header)}; give each column one."
                    problems.add(start, "", found)
                else:
                    lines.append(json.dumps(_values(columns, row, rules), ensure_ascii=False))
                    line_of[len(lines)] = start
            start = reader.line_num + 1
    except csv.Error as error:
        problems.add(reader.line_num, "", f"not CSV: {error}; close every quotation mark.")
        _refuse(problems)
        return
    inner = Problems(problems.source)
    for record in parse_records("\n".join(lines).encode(), rules.keys, inner):
        yield Record(line_of[record.line], record.slug, record.values)
    for line, key, message in inner.found:
        problems.add(line_of.get(line, line), key, message)


def _delimiter(text: str) -> str:
    """Spreadsheets of many countries write a semicolon."""
    first = text.partition("\n")[0]
    return ";" if first.count(";") > first.count(",") else ","


def _column(name: str, rules: Rules, problems: Problems) -> tuple[str, str]:
    """The key and the language of a column."""
    key, _, lang = name.partition("@")
    if key != SLUG and key not in rules.keys:
        known: Iterable[str] = (SLUG, *rules.keys)
        hint = suggestion(nearest(key, known, 1), f"Known columns: {', '.join(known)}.")
        problems.add(1, name[:60], f"there is no such column. {hint}")
    return key, lang


def _values(columns: list[tuple[str, str]], row: list[str], rules: Rules) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for (key, lang), cell in zip(columns, row, strict=True):
        column = rules.columns.get(key)
        if column and column.language_map:
            if cell.strip():
                found.setdefault(key, {})[lang] = cell
        elif column and column.is_many:
            found[key] = [part for part in _SEVERAL.split(cell.strip()) if part]
        elif cell.strip():
            found[key] = cell.strip()
    return found
