"""What an edit does to an item, as the search is told it; and how files that it leaves alone are shared."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class ItemState:
    """An item as it is in a generation."""

    ntriples: bytes
    """Its own triples as sorted N-Triples."""
    titles: tuple[str, ...]
    """Sort keys of its label, in the order of the languages."""


@dataclass(frozen=True, slots=True)
class ItemEdit:
    """An item before and after an edit; nothing where it is not there, or is over."""

    iri: str
    before: ItemState | None
    after: ItemState | None


Look: TypeAlias = Callable[[str], ItemState]
"""Gives an item as it was before the edit, by its IRI."""
Pointing: TypeAlias = Callable[[str, str], Collection[str]]
"""Gives the things that are there and say a property of an item, by the IRIs of property and item."""


def link_files(base: Path, folder: Path, but: Collection[str] = ()) -> None:
    """Make a folder whose files are those of another: the same bytes on the disk, of which none may be written to."""
    folder.mkdir(parents=True)
    for file in base.iterdir():
        if file.is_file() and file.name not in but:
            os.link(file, folder / file.name)
