"""Triples of one file, and the folder they are written to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, TypeAlias

import pyoxigraph as ox

from kggraph import config, terms
from kggraph.rdf.turtle import canonical

BASE: Final = "https://w3id.org/studentenwelzijn/"
SW: Final = f"{BASE}def#"
XSD_STRING: Final = f"{terms.XSD}string"

Value: TypeAlias = ox.NamedNode | ox.Literal


def thing(kind: str, slug: str) -> ox.NamedNode:
    """The item URI of a thing."""
    return ox.NamedNode(f"{BASE}id/{kind}/{slug}")


def iri(namespace: str, local: str = "") -> ox.NamedNode:
    return ox.NamedNode(namespace + local)


def text(value: str, language: str | None = None) -> ox.Literal:
    return ox.Literal(value, language=language) if language else ox.Literal(value)


def texts(values: Mapping[str, str]) -> list[ox.Literal]:
    """Texts by language tag as literals; an empty text is none."""
    return [ox.Literal(value, language=language) for language, value in values.items() if value]


def is_web_address(value: str) -> bool:
    return value.startswith(("http://", "https://"))


class Sheet:
    """The triples of one file."""

    def __init__(self) -> None:
        self.triples: set[ox.Triple] = set()

    def add(self, subject: ox.NamedNode, predicate: ox.NamedNode, values: Value | Iterable[Value] | None) -> None:
        """One triple for each value; nothing for none."""
        if values is None:
            return
        for value in [values] if isinstance(values, ox.NamedNode | ox.Literal) else values:
            self.triples.add(ox.Triple(subject, predicate, value))

    def evidence(self, subject: ox.NamedNode, sources: Iterable[str]) -> None:
        """Where facts were seen: a web address, or words."""
        for source in sources:
            if is_web_address(source):
                self.add(subject, iri(terms.PROV, "wasDerivedFrom"), ox.NamedNode(source))
            else:
                self.add(subject, iri(SW, "evidenceText"), text(source))

    def ntriples(self) -> bytes:
        return ox.serialize(sorted(self.triples, key=str), format=ox.RdfFormat.N_TRIPLES) or b""


class Folder:
    """The data folder: every sheet becomes a file in canonical form."""

    def __init__(self, root: Path) -> None:
        self.data = root / "data"
        self.prefixes = config.load(root, {}).all_prefixes
        self.written: list[Path] = []

    def write(self, relative: str, sheet: Sheet) -> None:
        path = self.data / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        made = canonical(sheet.ntriples(), self.prefixes)
        if not path.exists() or path.read_text(encoding="utf-8") != made:
            path.write_text(made, encoding="utf-8")
        self.written.append(path)
