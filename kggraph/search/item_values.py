"""What of an item its facets and its place in lists are made of: its date, and its values in each field."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from kggraph.model import Field, Model
from kggraph.rdf import ntriples
from kggraph.search.facets import FacetKind
from kggraph.terms import DCTERMS, SCHEMA, XSD

_DATES: Final = frozenset(f"{XSD}{name}" for name in ("gYear", "gYearMonth", "date", "dateTime"))
_DATE: Final = re.compile(r"(\d{4})(?:-\d\d){0,2}")
_DATE_PATHS: Final = tuple(
    f"<{iri}>".encode() for iri in (f"{DCTERMS}issued", f"{SCHEMA}datePublished", f"{DCTERMS}date", f"{DCTERMS}created")
)
"""Properties that say how new an item is; the first that an item has counts."""


class Value(NamedTuple):
    """A value of a facet, and what sort of facet has such values."""

    kind: FacetKind
    value: str


class FacetFields:
    """The fields of the main class that items are filtered by, and what dates an item."""

    def __init__(self, model: Model) -> None:
        self.all = model.main.facets()
        self.own: dict[bytes, list[Field]] = {}
        """By property in N-Triples form: those whose values an item says itself."""
        self.inverse: dict[bytes, list[Field]] = {}
        """Those whose values are the things that point at an item."""
        for field in self.all:
            (self.inverse if field.inverse else self.own).setdefault(f"<{field.path}>".encode(), []).append(field)
        date = model.main.date_field
        self.dating = (f"<{date.path}>".encode(),) if date else _DATE_PATHS

    def date(self, said: Mapping[bytes, str]) -> str:
        """The date that counts of those that an item has, by property; empty when it has none."""
        return next((said[path] for path in self.dating if path in said), "")

    def read(self, iri: str, rows: Iterable[ntriples.Row]) -> tuple[str, dict[str, set[Value]]]:
        """The date of an item, and its values by the key of the field."""
        subject = f"<{iri}>".encode()
        dates: dict[bytes, str] = {}
        values: dict[str, set[Value]] = {}
        for row_subject, predicate, term in rows:
            if row_subject == subject:
                if predicate in self.dating and (date := date_in(term)):
                    dates[predicate] = max(date, dates.get(predicate, ""))
                for field in self.own.get(predicate, ()):
                    if value := value_of(field, term):
                        values.setdefault(field.key, set()).add(value)
        return self.date(dates), values


def date_in(term: bytes) -> str:
    """The date that a literal begins with, as far as it is told: a year, a month or a day."""
    match = None if ntriples.is_iri(term) else _DATE.match(ntriples.literal(term).text)
    return match[0] if match else ""


def value_of(field: Field, term: bytes) -> Value | None:
    """The value of a facet that a term is; two terms may be one value, such as a year. None for a blank node."""
    if ntriples.is_iri(term):
        return Value("scheme" if field.scheme else "thing", ntriples.iri(term))
    if not term.startswith(b'"'):
        return None
    text, _, datatype = ntriples.literal(term)
    match = _DATE.match(text) if datatype in _DATES else None
    return Value("year", match[1]) if match else Value("text", text)


def expected_kind(field: Field) -> FacetKind:
    """What sort of facet a field without any value has."""
    if field.datatype in _DATES:
        return "year"
    return "text" if field.is_literal else "thing"
