"""Opening a store: quads read into memory, or a database on disk."""

from __future__ import annotations

import os
from pathlib import Path

from pyoxigraph import RdfFormat, Store

from kggraph.errors import ConfigError, SourceError
from kggraph.rdf.media import rdf_format_of
from kggraph.store.overlay import ON_DISK_NAME, QUADS_NAME, lay_over, read_overlay


def is_on_disk(path: Path) -> bool:
    """Whether a store folder holds a database on disk, to be opened by each process for itself."""
    return (path / ON_DISK_NAME).is_dir()


def open_store(path: Path) -> Store:
    """The store of a generation (the folder with its N-Quads), or all of an RDF file, in memory.

    :raises SourceError: the file cannot be read, or is not what its name says.
    :raises ConfigError: the end of its name stands for no RDF format.
    """
    if path.is_dir():
        if is_on_disk(path):
            return Store.read_only(os.fspath(path / ON_DISK_NAME))
        # They were written here: to look at each IRI and tag once more would take a fifth of the time.
        store = _read(path / QUADS_NAME, RdfFormat.N_QUADS, lenient=True)
        lay_over(store, read_overlay(path))
        return store
    representation = rdf_format_of(path.name)
    if representation is None:
        raise ConfigError(
            f"The name {path.name} does not say which RDF format it is; it can end in .ttl, .nt, .nq, .trig, .rdf or "
            ".jsonld.",
            key="data",
        )
    return _read(path, RdfFormat.from_media_type(representation.media_type))


def _read(path: Path, format: RdfFormat | None, *, lenient: bool = False) -> Store:
    store = Store()
    try:
        store.bulk_load(path=os.fspath(path), format=format, lenient=lenient)
    except SyntaxError as error:
        raise SourceError(_sentence(error.msg), path=path.name, line=error.lineno, column=error.offset) from None
    except (OSError, ValueError) as error:
        raise SourceError(f"It cannot be read: {_sentence(str(error))}", path=path.name) from None
    return store


def _sentence(text: str) -> str:
    # "Parser error at line 3 between columns 2 and 5: The prefix x: has not been declared"
    said = text.partition(": ")[2] if text.startswith("Parser error") else text
    return said.removesuffix(".") + "."
