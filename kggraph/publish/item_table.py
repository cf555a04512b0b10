"""All items as one table: a row for each, a column for every field of the model that pages show.

A field of things has two columns, their labels and their IRIs; a text has a column for each language of the pages and
one for the others. Several values of one cell stand on lines of their own. Made for spreadsheets: a text that begins
like a formula gets an apostrophe.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Final, TypeAlias, cast

from kggraph.model import ClassModel, load_model
from kggraph.publish.descriptions import Descriptions
from kggraph.publish.dumps import gzipped
from kggraph.publish.labels import pick
from kggraph.publish.lifecycle import ending
from kggraph.rdf import ntriples
from kggraph.terms import RDF

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_BATCH: Final = 500
_MOST_KNOWN: Final = 50_000
"""Values of properties whose cells are remembered: most items have what many others have."""
_LANG_STRING: Final = f"{RDF}langString"

_Value: TypeAlias = tuple[str, str, bool]
"""Text, language and whether it is an IRI."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table."""

    name: str
    path: bytes
    part: str
    """`iri`, `label`, `text`, or the tag of a language; `rest` for all other languages."""


def write_item_table(folder: Path, target: Path, languages: Sequence[str]) -> None:
    """Make the table of a generation in the making, as gzipped CSV (RFC 4180, UTF-8)."""
    model = load_model((folder / "shapes.nt").read_bytes(), (folder / "ontology.nt").read_bytes())
    descriptions = Descriptions(folder / "descriptions.sqlite")
    try:
        about = (folder / "descriptions.sqlite").stat().st_size
        with target.open("wb") as out, gzipped(out, about) as packed:
            text = io.TextIOWrapper(cast(IO[bytes], packed), "utf-8", errors="replace", newline="")
            writer = csv.writer(text, lineterminator="\r\n")
            columns = columns_of(model.main, languages)
            writer.writerow(["iri", *(column.name for column in columns)])
            writer.writerows(_rows(descriptions, model.main, columns, languages))
            text.flush()
            text.detach()
    finally:
        descriptions.close()


def columns_of(model: ClassModel, languages: Sequence[str]) -> list[Column]:
    """The columns for the fields of a class."""
    found: list[Column] = []
    for field in model.fields:
        if field.inverse or field.hidden or any(column.path == f"<{field.path}>".encode() for column in found):
            continue
        path = f"<{field.path}>".encode()
        if field.datatype == _LANG_STRING:
            found += [Column(f"{field.key}@{tag}", path, tag) for tag in languages]
            found.append(Column(field.key, path, "rest"))
        elif field.datatype:
            found.append(Column(field.key, path, "text"))
        else:
            found += [Column(field.key, path, "label"), Column(f"{field.key}.iri", path, "iri")]
    return found


def _rows(
    descriptions: Descriptions, model: ClassModel, columns: Sequence[Column], languages: Sequence[str]
) -> Iterator[list[str]]:
    places: dict[bytes, list[tuple[int, str]]] = {}
    for place, column in enumerate(columns, 1):
        places.setdefault(column.path, []).append((place, column.part))
    named = {column.path for column in columns if column.part == "label"}
    known: dict[tuple[bytes, ...], list[tuple[int, str]]] = {}
    items = descriptions.each(model.kind or "")
    while read := list(islice(items, _BATCH)):
        if len(known) > _MOST_KNOWN:
            known.clear()
        rows: list[tuple[str, list[tuple[bytes, ...]]]] = []
        new: dict[tuple[bytes, ...], None] = {}
        for one in read:
            if not ending(one.ntriples, one.iri).is_over:
                said = ntriples.said_of(one.ntriples, f"<{one.iri}>".encode(), places)
                keys = [(path, *values) for path, values in said.items()]
                new.update(dict.fromkeys([key for key in keys if key not in known]))
                rows.append((one.iri, keys))
        iris = {ntriples.iri(term) for path, *terms in new if path in named for term in terms if term[:1] == b"<"}
        labels = {iri: pick(found, languages[0], iri).text for iri, found in descriptions.labels(iris).items()}
        for path, *terms in new:
            values = [_value(term) for term in terms]
            known[path, *terms] = [(place, _cell(part, values, labels, languages)) for place, part in places[path]]
        for iri, keys in rows:
            row = [iri, *[""] * len(columns)]
            for key in keys:
                for place, cell in known[key]:
                    row[place] = cell
            yield row


def _value(term: bytes) -> _Value:
    if term[:1] == b"<":
        return ntriples.iri(term), "", True
    text, lang, _ = ntriples.literal(term)
    return text, lang, False


def _cell(part: str, values: Iterable[_Value], labels: Mapping[str, str], languages: Sequence[str]) -> str:
    if part == "iri":
        texts = [text for text, _, is_iri in values if is_iri]
    elif part == "label":
        texts = [labels.get(text, text) if is_iri else text for text, _, is_iri in values]
    elif part == "text":
        texts = [text for text, _, _ in values]
    else:
        texts = [text for text, lang, _ in values if part == lang or (part == "rest" and lang not in languages)]
    cell = "\n".join(texts)
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
