"""What all folders with sources look like now; those of a large knowledge base are looked at by all processors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeAlias

from kggraph.config import Settings
from kggraph.errors import ConfigError, SourceError
from kggraph.publish.pool import Pool
from kggraph.publish.seen import Look, look_at
from kggraph.rdf.folders import list_folder, walk

_MANY_FOLDERS: Final = 100
"""From so many on it pays to fork; a million files in 200 folders take 4 s otherwise."""
_PARTS: Final = 16


_Seen: TypeAlias = tuple[list[str], Look | None]
"""The folders in a folder, and what it looks like when it has files."""


def source_folders(settings: Settings) -> tuple[Path, Path, Path]:
    """Where the sources are."""
    return settings.ontology_path, settings.shapes_path, settings.data_path


def looks(settings: Settings, known: Mapping[str, str] | None = None) -> Iterator[tuple[str, Look]]:
    """Every folder with sources, and what it looks like.

    :param known: stamp of each folder, from the root, when it was looked at last. Many are looked at side by side, and
        for those that look as before the files are not told.
    """
    root = f"{settings.root}/"
    ahead = _look_ahead(root, list(known.items())) if known and len(known) > _MANY_FOLDERS else {}
    for folder in source_folders(settings):
        is_empty = True
        for directory, look in walk(folder, lambda one: ahead.get(one) or _look_into(one, root)):
            is_empty = False
            yield directory.removeprefix(root), look
        if is_empty:
            raise empty(folder)


def _look_ahead(root: str, known: Sequence[tuple[str, str]]) -> dict[str, _Seen]:
    """What the folders look like that are as they were; the others are left out."""
    found: dict[str, _Seen] = {}
    with Pool(many=False) as pool:
        for part in pool.map(_unchanged, ((root, known[start::_PARTS]) for start in range(_PARTS))):
            found.update(part)
    return found


def _unchanged(root: str, known: Iterable[tuple[str, str]]) -> dict[str, _Seen]:
    found: dict[str, _Seen] = {}
    for folder, stamp in known:
        path = folder if folder.startswith("/") else root + folder
        with suppress(SourceError):  # it is met again, and told then
            below, look = _look_into(path, root)
            if look and stamp and look.stamp == stamp:
                found[path] = below, look._replace(files={})
    return found


def _look_into(directory: str, root: str) -> _Seen:
    folders, files = list_folder(directory, root)
    return folders, look_at(files) if files else None


def empty(folder: Path) -> ConfigError:
    """What is wrong with a folder without sources."""
    return ConfigError(f"There are no .ttl files in {folder}; a knowledge base needs some.")
