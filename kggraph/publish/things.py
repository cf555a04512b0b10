"""Things: what one file's triples describe, each with its own triples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kggraph.model import LangText, Model
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
    is_item: bool = False
    """Whether it is of the main class."""
    written: bytes = b""
    """Own triples as N-Triples, when they are at hand."""
    used: Sequence[bytes] = ()
    """The predicate of each row, when these are at hand."""

    @property
    def subject(self) -> bytes:
        """Its IRI in N-Triples form."""
        return f"<{self.iri}>".encode()

    @property
    def ntriples(self) -> bytes:
        """Own triples as N-Triples."""
        return self.written or b"".join([b"%b %b %b .\n" % row for row in self.rows])

    @property
    def predicates(self) -> Sequence[bytes]:
        """The predicate of each row."""
        return self.used or [predicate for _, predicate, _ in self.rows]


def thing_reader(model: Model, base: str) -> Callable[[bytes, str], list[Thing]]:
    """A function from the N-Triples of one file, and its name, to the things it describes, sorted by IRI."""
    known: dict[tuple[str, ...], tuple[str, bool, tuple[bytes, ...]]] = {}

    def class_of(types: tuple[str, ...]) -> tuple[str, bool, tuple[bytes, ...]]:
        if types not in known:
            found = model.of_types(types)
            paths = tuple(f"<{path}>".encode() for path in found.label_paths) if found else ()
            every = (*paths, *(path for path in LABEL_PATHS if path not in paths))
            known[types] = ((found.kind if found else None) or "", found is not None and found.is_main, every)
        return known[types]

    def read(data: bytes, source: str) -> list[Thing]:
        things = []
        for subject, lines in sorted(_group(data).items()):
            lines.sort()  # as rows are sorted: no term is the begin of another one and a space
            rows = [(s, p, o[:-2]) for s, p, o in [line.split(b" ", 2) for line in lines]]
            iri = ntriples.iri(subject)
            used = [p for _, p, _ in rows]
            types = tuple([ntriples.iri(o) for s, p, o in rows if p == _TYPE and s == subject and o[:1] == b"<"])
            kind, is_item, paths = class_of(types)
            if named := kind_and_slug(iri, base):
                kind = named[0]
            labels = read_labels([row for row in rows if row[1] in paths], subject, paths)
            written = b"\n".join([*lines, b""])
            things.append(Thing(iri, kind, types, labels, rows, source, is_item, written, used))
        return things

    return read


def _group(data: bytes) -> dict[bytes, list[bytes]]:
    """The lines of each thing, by the thing's IRI in N-Triples form."""
    grouped: dict[bytes, list[bytes]] = {}
    latest, lines = b"\n", grouped.setdefault(b"", [])
    for line in data.split(b"\n"):
        if not line.startswith(latest):
            subject = line.partition(b" ")[0]
            whole, hash_sign, _ = subject.partition(b"#")
            latest, lines = subject + b" ", grouped.setdefault(whole + b">" if hash_sign else whole, [])
        lines.append(line)
    del grouped[b""]
    return grouped
