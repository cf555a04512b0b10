"""Reading RDF files: exact lexical forms, clear sentences on what is wrong and where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import rdflib
from pyoxigraph import Quad

rdflib.NORMALIZE_LITERALS = False


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One Turtle file as N-Triples, with exactly the lexical forms that are written in it."""

    path: Path
    relative: str
    """Path from the root, with slashes."""
    ntriples: bytes
    """Its triples in the order of the file, one a line, each line ending in a newline."""
    sha256: str
    """Of the bytes of the file."""
    subjects: tuple[str, ...]
    """IRIs of its subjects, each once, in the order of the file."""


def read_file(
    path: Path, *, root: Path, base_from: str = "", base_to: str = "", blank_nodes: bool = False
) -> SourceFile:
    """The triples of a Turtle file.

    :param root: folder that messages name the file from.
    :param base_from: base that the file's IRIs are written with; mapped to `base_to` when they differ.
    :param blank_nodes: whether they are allowed, as in shapes and ontologies.
    :raises SourceError: the file cannot be read, is not Turtle, or has blank nodes or relative IRIs.
    """
    raise NotImplementedError


def read_folder(
    folder: Path, *, root: Path, base_from: str = "", base_to: str = "", blank_nodes: bool = False
) -> Iterator[SourceFile]:
    """Every `.ttl` file below the folder, one after another, sorted by path.

    :raises SourceError: there is no such folder, or a file of it cannot be read.
    """
    raise NotImplementedError


def read_dataset(path: Path) -> Iterator[Quad]:
    """The quads of a file in Turtle, N-Triples, N-Quads, TriG, RDF/XML or JSON-LD, as its name says.

    :raises SourceError: the file cannot be read, or is not what its name says.
    """
    raise NotImplementedError


def locate(path: Path, subject: str, predicate: str | None = None, object: str | None = None) -> int | None:
    """The line at which a triple of a Turtle file stands: of its object, else predicate, else subject.

    :param object: an IRI, or a literal's lexical form.
    """
    raise NotImplementedError
