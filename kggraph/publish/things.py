"""Things: what one file's triples describe, each with its own triples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kggraph.model import ClassModel, LangText, Model
from kggraph.publish.labels import read_labels
from kggraph.rdf import ntriples
from kggraph.rdf.iris import kind_and_slug
from kggraph.terms import DCTERMS, FOAF, RDF, RDFS, SCHEMA, SKOS

_TYPE = f"<{RDF}type>".encode()
LABEL_PATHS = tuple(
    f"<{iri}>".encode()
    for iri in (f"{SKOS}prefLabel", f"{RDFS}label", f"{DCTERMS}title", f"{FOAF}name", f"{SCHEMA}name")
)
"""Label properties of things whose class the model does not know."""


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing with its own triples: those whose subject is its IRI, or its IRI with a fragment."""

    iri: str
    kind: str
    types: tuple[str, ...]
    labels: LangText
    rows: Sequence[ntriples.Row]
    """Own triples, sorted, each once."""
    source: str
    """The file, relative to the knowledge base."""

    @property
    def subject(self) -> bytes:
        """Its IRI in N-Triples form."""
        return f"<{self.iri}>".encode()

    @property
    def ntriples(self) -> bytes:
        """Own triples as N-Triples."""
        return b"".join([b"%b %b %b .\n" % row for row in self.rows])


def thing_reader(model: Model, base: str) -> Callable[[bytes, str], list[Thing]]:
    """A function from the N-Triples of one file, and its name, to the things it describes, sorted by IRI."""
    known: dict[tuple[str, ...], tuple[ClassModel | None, tuple[bytes, ...]]] = {}

    def class_of(types: tuple[str, ...]) -> tuple[ClassModel | None, tuple[bytes, ...]]:
        if types not in known:
            found = model.of_types(types)
            paths = tuple(f"<{path}>".encode() for path in found.label_paths) if found else ()
            known[types] = (found, (*paths, *(path for path in LABEL_PATHS if path not in paths)))
        return known[types]

    def read(data: bytes, source: str) -> list[Thing]:
        things = []
        for subject, own in sorted(_group(data).items()):
            iri = ntriples.iri(subject)
            rows = sorted(own)
            types = tuple(ntriples.iri(o) for s, p, o in rows if p == _TYPE and s == subject and ntriples.is_iri(o))
            class_model, paths = class_of(types)
            named = kind_and_slug(iri, base)
            kind = named[0] if named else (class_model.kind if class_model else None) or ""
            things.append(Thing(iri, kind, types, read_labels(rows, subject, paths), rows, source))
        return things

    return read


def _group(data: bytes) -> dict[bytes, set[ntriples.Row]]:
    """The different rows of each thing, by the thing's IRI in N-Triples form."""
    grouped: dict[bytes, set[ntriples.Row]] = {}
    for row in ntriples.rows(data):
        whole, hash_sign, _ = row[0].partition(b"#")
        grouped.setdefault(whole + b">" if hash_sign else whole, set()).add(row)
    return grouped
