"""Which addresses the data hold, by host; what was found of them before; and where what is found is kept."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from kggraph.config import Settings
from kggraph.model import ClassModel, Field, Model, load_model
from kggraph.publish.inputs import read_graph
from kggraph.publish.link_checks import CHECKED_HOST, KIND, LinkCheck, read_checks, write_checks
from kggraph.rdf import ntriples
from kggraph.rdf.iris import is_web_iri, slugify, thing_iri
from kggraph.rdf.source import read_folder
from kggraph.rdf.turtle import canonical
from kggraph.terms import OWL, RDF, RDFS, SKOS

FOLDER: Final = "links"
"""Folder in the data folder with a file for each host."""

_NAMES: Final = frozenset(
    (
        f"{OWL}sameAs",
        f"{RDFS}seeAlso",
        *(f"{SKOS}{name}Match" for name in ("exact", "close", "broad", "narrow", "related")),
    )
)
"""Properties whose values name a thing elsewhere rather than being a page to read."""
_HOST_TYPE: Final = f" <{RDF}type> <{CHECKED_HOST}> .".encode()


@dataclass(frozen=True, slots=True)
class Host:
    """A host with its addresses."""

    name: str
    """With its port, if that is not the usual one."""
    iri: str
    path: Path
    addresses: tuple[str, ...]
    known: dict[str, LinkCheck]
    """What was found before, by address."""


def hosts_of(settings: Settings) -> list[Host]:
    """Every host that the data name, with what was found before.

    :raises SourceError: the data cannot be read.
    """
    shapes, ontology = (read_graph(folder, settings)[0] for folder in (settings.shapes_path, settings.ontology_path))
    paths = page_paths(load_model(shapes, ontology))
    addresses: defaultdict[str, set[str]] = defaultdict(set)
    known: dict[str, LinkCheck] = {}
    own = settings.source_base_uri
    for file in read_folder(settings.data_path, root=settings.root, prefixes=settings.all_prefixes):
        if _HOST_TYPE in file.ntriples:
            for thing in dict.fromkeys(thing_iri(subject) for subject in file.subjects):
                known.update({check.address: check for check in read_checks(file.ntriples, thing)})
            continue
        for _, predicate, term in ntriples.rows(file.ntriples):
            if predicate in paths and ntriples.is_iri(term):
                address = ntriples.iri(term)
                host = host_of(address)
                if host and not address.startswith(own):
                    addresses[host].add(address)
    return _hosts(settings, addresses, known)


def page_paths(model: Model) -> frozenset[bytes]:
    """Properties whose values are pages elsewhere: IRIs that are neither things of ours nor names of things."""
    return frozenset(
        f"<{field.path}>".encode() for found in model.classes if found.iri != CHECKED_HOST for field in _pages(found)
    )


def _pages(model: ClassModel) -> list[Field]:
    return [
        field
        for field in model.fields
        if not (field.inverse or field.is_literal or field.node_classes or field.scheme or field.path in _NAMES)
    ]


def host_of(address: str) -> str:
    """The host of a web address, lower case; nothing for other addresses.

    >>> host_of("https://Example.org/a"), host_of("http://example.org:8080/"), host_of("mailto:a@b.nl")
    ('example.org', 'example.org:8080', '')
    """
    if not is_web_iri(address) or not address.lower().startswith("http"):
        return ""
    try:
        parts = urlsplit(address)
        usual = {"http": 80, "https": 443}[parts.scheme.lower()]
        port = parts.port or usual
    except (KeyError, ValueError):
        return ""
    host = (parts.hostname or "").rstrip(".")
    return host if port == usual or not host else f"{host}:{port}"


def _hosts(settings: Settings, addresses: dict[str, set[str]], known: dict[str, LinkCheck]) -> list[Host]:
    found: list[Host] = []
    taken: set[str] = set()
    for name in sorted(addresses):
        slug = slugify(name) or "host"
        if slug in taken:
            slug = f"{slug}-{_short(name)}"
        taken.add(slug)
        path = settings.data_path / FOLDER / f"{slug}.ttl"
        listed = tuple(sorted(addresses[name]))
        before = {address: known[address] for address in listed if address in known}
        found.append(Host(name, f"{settings.source_base_uri}id/{KIND}/{slug}", path, listed, before))
    return found


def save(settings: Settings, host: Host, checks: list[LinkCheck]) -> None:
    """Write the file of a host, whole or not at all; a file that says the same already stays as it is."""
    named = [(_short(check.address), check) for check in checks]
    body = canonical(write_checks(host.name, host.iri, named), settings.all_prefixes).encode()
    if host.path.is_file() and host.path.read_bytes() == body:
        return
    host.path.parent.mkdir(parents=True, exist_ok=True)
    beside = host.path.with_name(f".{host.path.name}.new")
    beside.write_bytes(body)
    beside.replace(host.path)


def _short(text: str) -> str:
    return f"a{hashlib.sha256(text.encode()).hexdigest()[:11]}"
