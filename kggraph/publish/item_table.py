"""All items as one table: a row for each, a column for every field of the model that pages show.

A field of things has two columns, their labels and their IRIs; a text has a column for each language of the pages and
one for the others. Several values of one cell stand on lines of their own. Made for spreadsheets: a text that begins
like a formula gets an apostrophe.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from kggraph.model import ClassModel
from kggraph.publish.descriptions import Description, Descriptions
from kggraph.publish.dumps import gzipped
from kggraph.publish.labels import pick
from kggraph.publish.lifecycle import ending_said
from kggraph.rdf import ntriples
from kggraph.terms import RDF

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_QUOTED: Final = re.compile('[,"\r\n]')
_BATCH: Final = 500
_MOST_KNOWN: Final = 50_000
"""Values of properties whose cells are remembered: most items have what many others have."""
_LANG_STRING: Final = f"{RDF}langString"

_Value: TypeAlias = tuple[str, str, bool]
"""Text, language and whether it is an IRI."""
_Said: TypeAlias = tuple[bytes, ...]
"""A property, and what is said with it."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table."""

    name: str
    path: bytes
    part: str
    """`iri`, `label`, `text`, or the tag of a language; `rest` for all other languages."""


class ItemTable:
    """Writes the table of a generation in the making, as gzipped CSV (RFC 4180, UTF-8)."""

    def __init__(
        self, target: Path, descriptions: Descriptions, model: ClassModel, languages: Sequence[str], size: int
    ) -> None:
        """Begin the file.

        :param descriptions: where labels are looked up.
        :param model: the class of items.
        :param size: about how many bytes the table will have.
        """
        self._descriptions, self._model, self._languages = descriptions, model, languages
        columns = columns_of(model, languages)
        self._width = 1 + len(columns)
        self._places: dict[bytes, dict[str, int]] = {}
        """Property to the place of each part."""
        for place, column in enumerate(columns, 1):
            self._places.setdefault(column.path, {})[column.part] = place
        self._labelled = {column.path for column in columns if column.part == "label"}
        self._known: dict[_Said, list[tuple[int, str]]] = {}
        self._waiting: list[tuple[str, list[_Said]]] = []
        self._out = target.open("wb")
        self._packed = gzipped(self._out, size)
        self._write([["iri", *(_quoted(column.name) for column in columns)]])

    def take(self, thing: Description) -> None:
        """Add a row, when it is an item that is still there."""
        if thing.kind == self._model.kind and not ending_said(thing.own).is_over:
            places = self._places
            said = [(path, *terms) for path, terms in thing.own.items() if path in places]
            self._waiting.append((thing.iri, said))
            if len(self._waiting) >= _BATCH:
                self._flush()

    def close(self) -> None:
        """Write what waits, and end the file."""
        self._flush()
        self._packed.close()
        self._out.close()

    def _flush(self) -> None:
        known = self._known
        if len(known) > _MOST_KNOWN:
            known.clear()
        new = dict.fromkeys([one for _, said in self._waiting for one in said if one not in known])
        named = {
            ntriples.iri(term) for path, *terms in new if path in self._labelled for term in terms if _is_iri(term)
        }
        found = self._descriptions.labels(named)
        labels = {iri: pick(texts, self._languages[0], iri).text for iri, texts in found.items()}
        for one in new:
            known[one] = _cells(self._places[one[0]], one[1:], labels)
        lines = []
        for iri, said in self._waiting:
            row = [_quoted(iri), *[""] * (self._width - 1)]
            for one in said:
                for place, cell in known[one]:
                    row[place] = cell
            lines.append(row)
        self._waiting.clear()
        self._write(lines)

    def _write(self, rows: Iterable[Sequence[str]]) -> None:
        self._packed.write("".join([",".join(row) + "\r\n" for row in rows]).encode("utf-8", "replace"))


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


def _is_iri(term: bytes) -> bool:
    return term[:1] == b"<"


def _cells(places: Mapping[str, int], terms: Iterable[bytes], labels: Mapping[str, str]) -> list[tuple[int, str]]:
    """What stands in the columns of one property, by place; not what is empty."""
    cells: dict[int, str] = {}

    def add(part: str, text: str) -> None:
        place = places[part]
        cells[place] = f"{cells[place]}\n{text}" if place in cells else text

    for term in terms:
        text, lang, is_iri = _value(term)
        if "label" in places:
            add("label", labels.get(text, text) if is_iri else text)
            if is_iri:
                add("iri", text)
        elif "text" in places:
            add("text", text)
        else:
            add(lang if lang in places else "rest", text)
    return [(place, _quoted(f"'{cell}" if cell.startswith(_FORMULA) else cell)) for place, cell in cells.items()]


def _value(term: bytes) -> _Value:
    if _is_iri(term):
        return ntriples.iri(term), "", True
    text, lang, _ = ntriples.literal(term)
    return text, lang, False


def _quoted(cell: str) -> str:
    """A cell as it is written (https://www.rfc-editor.org/rfc/rfc4180#section-2)."""
    return '"' + cell.replace('"', '""') + '"' if _QUOTED.search(cell) else cell
