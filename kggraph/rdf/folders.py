"""The Turtle files in a folder and those below it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from pathlib import Path
from typing import TypeVar

from kggraph.errors import ConfigError, SourceError
from kggraph.rdf.media import rdf_format_of

Found = TypeVar("Found")


def turtle_files(folder: Path, *, root: Path) -> list[Path]:
    """Paths of the `.ttl` files below the folder, sorted; hidden files and folders are left out.

    :raises ConfigError: there is no such folder.
    :raises SourceError: there is RDF in another format, which would be silently left out.
    """
    return [
        Path(path) for path in sorted(entry.path for _, files in turtle_folders(folder, root=root) for entry in files)
    ]


def turtle_folders(folder: Path, *, root: Path) -> Iterator[tuple[str, list[os.DirEntry[str]]]]:
    """The folder and each below it that has `.ttl` files, with these, sorted by name; hidden ones are left out.

    :raises ConfigError: there is no such folder.
    :raises SourceError: there is RDF in another format, which would be silently left out; or a folder cannot be read.
    """
    return walk(folder, lambda directory: list_folder(directory, str(root)))


def walk(folder: Path, read: Callable[[str], tuple[Iterable[str], Found | None]]) -> Iterator[tuple[str, Found]]:
    """The folder and each below it in which something is found.

    :param read: gives the folders right below one, and what is found in it.
    :raises ConfigError: there is no such folder.
    """
    if not folder.is_dir():
        raise ConfigError(f"There is no folder {folder}; make it, or name another one in kggraph.toml.")
    todo = [str(folder)]
    while todo:
        directory = todo.pop()
        below, found = read(directory)
        todo += below
        if found:
            yield directory, found


def list_folder(directory: str, root: str) -> tuple[list[str], list[os.DirEntry[str]]]:
    """The folders in one, and its `.ttl` files, sorted by name; hidden ones are left out.

    :raises SourceError: there is RDF in another format, which would be silently left out; or it cannot be read.
    """
    folders, found = [], []
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                name = entry.name
                if name.startswith("."):
                    continue
                if entry.is_dir():
                    if not entry.is_symlink():
                        folders.append(entry.path)
                elif name.endswith(".ttl"):
                    found.append(entry)
                elif (other := rdf_format_of(name)) is not None and not name.endswith(".xml"):
                    raise SourceError(
                        "Only Turtle files whose name ends in .ttl are read, and this one is called "
                        f"{other.label}; convert or rename it.",
                        path=from_root(entry.path, root),
                    )
    except OSError:
        raise SourceError(
            "The folder may not be read; give read permission.", path=from_root(directory, root)
        ) from None
    return folders, sorted(found, key=attrgetter("name"))


def from_root(path: str, root: str) -> str:
    """A path as people are told it: from the root, or the name alone of what is elsewhere."""
    start = root.rstrip("/") + "/"
    return path[len(start) :] if path.startswith(start) else path.rpartition("/")[2]
