"""Writing RDF: the one canonical Turtle of our files, and the formats that are served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from kggraph.rdf.media import Representation


def canonical(ntriples: bytes, prefixes: Mapping[str, str]) -> str:
    """The one Turtle text of a graph: sorted, with only the prefixes it uses, lexical forms as they are."""
    raise NotImplementedError


def format_file(path: Path, prefixes: Mapping[str, str]) -> str:
    """The canonical text of a Turtle file; nothing is written.

    :raises SourceError: the file cannot be read or is not Turtle.
    """
    raise NotImplementedError


def check_files(paths: Iterable[Path], prefixes: Mapping[str, str]) -> list[Path]:
    """Those of the Turtle files that are not in canonical form.

    :raises SourceError: a file cannot be read or is not Turtle.
    """
    raise NotImplementedError


def serialize(ntriples: bytes, format: Representation, prefixes: Mapping[str, str]) -> bytes:
    """The same graph in one of the served formats."""
    raise NotImplementedError
