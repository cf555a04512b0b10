"""Earlier versions of the ontology, the shapes and the concept schemes: what is kept of them, and which one is current.

A version is a folder `versions/def/1.0.0` (`versions/shapes/1.0.0`, `versions/scheme/topics/2026`): a copy of the
files as they were then. Like contexts these files never change, and they are no part of a generation.
"""

from __future__ import annotations

import re
from collections.abc import Container
from pathlib import Path
from typing import Final

from kggraph.config import Settings
from kggraph.publish import inputs
from kggraph.rdf import ntriples
from kggraph.terms import OWL

FOLDER: Final = "versions"

_NAME: Final = re.compile(r"[0-9A-Za-z]+(?:[.-][0-9A-Za-z]+)*\Z")
_VERSION: Final = f"<{OWL}versionIRI>".encode()
_DIGITS: Final = re.compile(r"(\d+)")


def kept_versions(settings: Settings, part: str) -> dict[str, Path]:
    """The folders of the versions that are kept, the newest first.

    :param part: `def`, `shapes`, or kind and slug of a concept scheme.
    """
    folder = settings.root / FOLDER / part
    found = [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    named = {path.name: path for path in found if _NAME.match(path.name)}
    return {name: named[name] for name in sorted(named, key=_order, reverse=True)}


def current_version(graph: bytes, iri: str, address: str = "") -> str:
    """The version that a graph says it is by `owl:versionIRI`, when that is an address under its own; else nothing.

    :param graph: N-Triples.
    :param address: of the document, where that is not the IRI itself.

    >>> current_version(b'<e:def> <http://www.w3.org/2002/07/owl#versionIRI> <e:def/1.2> .', "e:def")
    '1.2'
    """
    address = address or iri
    about, start = f"<{iri}>".encode(), f"<{address}/".encode()
    for subject, predicate, value in ntriples.rows(graph):
        if subject == about and predicate == _VERSION and value.startswith(start):
            name = ntriples.iri(value)[len(address) + 1 :]
            return name if _NAME.match(name) else ""
    return ""


def named_version(name: str, known: Container[str], suffixes: Container[str]) -> tuple[str, str]:
    """The version and the suffix that an address ends in: versions may have dots as well.

    >>> named_version("1.0.0.ttl", ["1.0.0"], ["ttl"]), named_version("1.0.0", ["1.0.0"], ["ttl"])
    (('1.0.0', 'ttl'), ('1.0.0', ''))
    """
    version, dot, suffix = name.rpartition(".")
    return (name, "") if name in known or not dot or suffix not in suffixes else (version, suffix)


def version_graph(path: Path, settings: Settings) -> bytes:
    """One kept version as N-Triples, with the base that is served.

    :raises SourceError: a file of it cannot be read.
    """
    return inputs.read_graph(path, settings)[0]


def _order(name: str) -> list[tuple[int, str]]:
    """Numbers in a name count as numbers: 1.10 comes after 1.9."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in _DIGITS.split(name) if part]
