"""The sources before they are read: which files there are, the version they make, and the ontology and shapes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path
from typing import Final, TypeVar

from kggraph.config import Settings
from kggraph.errors import ConfigError, ShapesError, SourceError
from kggraph.publish.looks import looks, source_folders
from kggraph.publish.pool import Pool
from kggraph.publish.program import HASH_DIGITS, made_with
from kggraph.publish.seen import (
    FILE_NAME,
    Look,
    Seen,
    SeenFile,
    buckets_of,
    digest_of,
    look_at,
    look_of,
    stamp_of,
    trusted,
)
from kggraph.publish.spool import Problem
from kggraph.rdf.folders import turtle_folders
from kggraph.rdf.source import SourceFile, not_read, read_all, read_folder
from kggraph.terms import SH
from kggraph.validation.well_formed import check_shapes

T = TypeVar("T")

_BATCH: Final = 4000
_NEW: Final = SeenFile("", "")

_NAMESPACE: Final = f'> <{SH}namespace> "'.encode()
_BLANK: Final = re.compile(rb"(?:(?<=^)|(?<= ))_:[^ ]+", re.MULTILINE)


def check_folders(settings: Settings) -> None:
    """Refuse a knowledge base without one of its folders.

    :raises ConfigError: a folder is missing.
    """
    for folder in source_folders(settings):
        if not folder.is_dir():
            raise ConfigError(f"There is no folder {folder}; make it, or name another one in kggraph.toml.")


def hash_of_files(settings: Settings, *, remember: bool = False, only: Sequence[Path] | None = None) -> str:
    """The version that the sources make as they are now, without reading them as RDF.

    Files that look as they did when they were hashed last are not read again.

    :param remember: whether to write down what they look like now; the build folder has to be there then, and held.
    :param only: files that may have changed, came or went; all others are taken for what they were. Without effect
        when it is not known what they were.
    :raises ConfigError: a folder is missing, or there are no data at all.
    :raises SourceError: a file cannot be read, or is none of the sources.
    """
    return _undamaged(settings, lambda: _hash_of_files(settings, remember, only))


def are_below_root(settings: Settings) -> bool:
    """Whether all sources are known by their paths from the root; those elsewhere are by other names."""
    return all(folder.is_relative_to(settings.root) for folder in source_folders(settings))


@contextmanager
def reading(settings: Settings, *, remember: bool) -> Iterator[Reading]:
    """Take what the sources are while they are read.

    :param remember: whether to write down what they look like, as `hash_of_files` does, so that a first build reads
        them once; the build folder has to be there then, and held. What is known of before is forgotten, and when they
        cannot all be read, all is.
    """
    seen = None
    if remember:
        for name in (FILE_NAME, f"{FILE_NAME}-journal"):
            (settings.build_path / name).unlink(missing_ok=True)
        seen = Seen(settings.build_path, remember=True)
    try:
        yield Reading(settings, seen)
    except BaseException:
        if seen:
            seen.close(keep=False)
        raise
    if seen:
        seen.close()


class Reading:
    """The version that the sources make, from their files while these are read."""

    def __init__(self, settings: Settings, seen: Seen | None) -> None:
        self._settings, self._seen = settings, seen
        self._folder = ""
        self._open: dict[str, dict[str, SeenFile]] = {}
        """Folders of which files may still come."""
        self._digests: dict[str, str] = {}

    def take(self, path: str, sha256: str, look: str) -> None:
        """Take a file that was read; those of a folder come one after another, or with what is below it.

        :param path: from the root.
        :param look: what it looked like before it was read; empty when it may have changed since.
        """
        folder, _, name = path.rpartition("/")
        if folder != self._folder:
            self._close([one for one in self._open if one and not f"{folder}/".startswith(f"{one}/")])
            self._folder = folder
        self._open.setdefault(folder, {})[name] = SeenFile(sha256, look)

    def version(self) -> str:
        """The version of the dataset: of the sources, the program and the settings that change what is made."""
        self._close(list(self._open))
        return _version(self._settings, self._digests)

    def _close(self, folders: Iterable[str]) -> None:
        for folder in folders:
            files = self._open.pop(folder)
            if self._seen:
                stamp = stamp_of({name: files[name].look for name in sorted(files)})
                self._digests[folder] = self._seen.set_folder(folder, stamp, {}, files)
            else:
                self._digests[folder] = digest_of(buckets_of({name: file.sha256 for name, file in files.items()}))


def _undamaged(settings: Settings, action: Callable[[], T]) -> T:
    """What is done with the file of what was seen; anew when that is damaged."""
    try:
        return action()
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):  # the disk, and not what is on it
            raise
    (settings.build_path / FILE_NAME).unlink(missing_ok=True)  # damaged; it is there to save time only
    return action()


def _hash_of_files(settings: Settings, remember: bool, only: Sequence[Path] | None) -> str:
    seen = Seen(settings.build_path, remember=remember)
    try:
        found = _look_at_some(settings, seen, only) if remember and only is not None else None
        found = _look_at_all(settings, seen) if found is None else found
    except BaseException:
        seen.close(keep=False)
        raise
    seen.close()
    return _version(settings, found)


def changed_since(settings: Settings, version: str) -> dict[str, tuple[str, str]] | None:
    """The files that changed since a generation was built, as `Seen.changed_since` gives them."""
    with closing(Seen(settings.build_path, remember=False)) as seen:
        return seen.changed_since(version)


def data_since(settings: Settings, version: str) -> set[str] | None:
    """The files of data, from the root, that may not be what they were in a generation, also those that are gone.

    Nothing is read and nothing remembered.

    :param version: of the generation.
    :returns: nothing when it is not known what there was.
    """
    root = f"{settings.root}/"
    try:
        with closing(Seen(settings.build_path, remember=False)) as seen:
            told = seen.changed_since(version)
            if told is None:
                return None
            found, known = set(told), seen.folders()
            for directory, entries in turtle_folders(settings.data_path, root=settings.root):
                folder, look = directory.removeprefix(root), look_at(entries)
                if look.stamp and look.stamp == known.pop(folder, ("", ""))[0]:
                    continue
                were = seen.files(folder)
                differ = (name for name, one in look.files.items() if not one or were.get(name, _NEW).look != one)
                found.update(f"{folder}/{name}" for name in (*differ, *(were.keys() - look.files.keys())))
            for gone in known:
                found.update(f"{gone}/{name}" for name in seen.files(gone))
    except sqlite3.DatabaseError:  # it is there to save time only
        return None
    return {path for path in found if (settings.root / path).is_relative_to(settings.data_path)}


def remember_built(settings: Settings, version: str) -> None:
    """The sources are known as they were when this generation was made of them."""
    with closing(Seen(settings.build_path, remember=True)) as seen:
        seen.built(version)


def _look_at_all(settings: Settings, seen: Seen) -> dict[str, str]:
    """The digest of every folder."""
    root, now_ns = f"{settings.root}/", time.time_ns()
    known = seen.folders()
    seen.let_others_write()  # what is read of a file later goes with what it looked like, whenever that was
    digests: dict[str, str] = {}
    changed: dict[str, tuple[Look, dict[str, SeenFile], list[str]]] = {}
    for relative, look in looks(settings, {folder: stamp for folder, (stamp, _) in known.items()}):
        stamp, digest = known.get(relative, ("", ""))
        if stamp and stamp == look.stamp:
            digests[relative] = digest
        else:
            were = seen.files(relative)
            names = [name for name, one in look.files.items() if not one or were.get(name, _NEW).look != one]
            changed[relative] = look, were, names
    # A folder that is elsewhere has its whole path.
    paths = [
        f"{folder if folder.startswith('/') else root + folder}/{name}"
        for folder, (_, _, names) in changed.items()
        for name in names
    ]
    hashes: dict[str, dict[str, str]] = {}
    for relative, sha256 in _hashes(paths, root):
        folder_, _, name = relative.rpartition("/")
        hashes.setdefault(folder_, {})[name] = sha256
    for relative, (look, were, _) in changed.items():
        own = hashes.get(relative, {})
        now = {
            name: SeenFile(own[name], trusted(one, now_ns)) if name in own else were[name]
            for name, one in look.files.items()
        }
        stamp = look.stamp if all(file.look for file in now.values()) else ""
        digests[relative] = seen.set_folder(relative, stamp, were, now)
    for gone in known.keys() - digests.keys():
        seen.forget_folder(gone)
    return digests


def _look_at_some(settings: Settings, seen: Seen, paths: Sequence[Path]) -> dict[str, str] | None:
    """The digest of every folder when only these files may have changed; nothing when too little is known."""
    known = seen.folders()
    root, now_ns = f"{settings.root}/", time.time_ns()
    sources = [f"{folder}/" for folder in source_folders(settings)]
    for path in dict.fromkeys(os.path.abspath(settings.root / path) for path in paths):  # noqa: PTH100 (links stay links)
        relative = path.removeprefix(root)
        if not path.endswith(".ttl") or not path.startswith(tuple(sources)) or "/." in f"/{relative}":
            raise SourceError("This is none of the sources: a .ttl file in one of their folders.", path=relative)
        folder, _, name = relative.rpartition("/")
        if folder not in known:
            return None
        if not os.path.lexists(path):
            if not seen.has_file(folder, name):
                raise SourceError("There is no such file, and there was none at the last build.", path=relative)
            seen.set_file(folder, name, None)
            continue
        look, _ = look_of(Path(path))
        ((_, sha256),) = _hashes([path], root)
        seen.set_file(folder, name, SeenFile(sha256, trusted(look, now_ns)))
    return {folder: digest for folder, (_, digest) in seen.folders().items()}


def _hashes(paths: list[str], root: str) -> list[tuple[str, str]]:
    """Path from the root and SHA-256 of every file.

    :raises SourceError: a file cannot be read.
    """
    batches = [(paths[start : start + _BATCH], root) for start in range(0, len(paths), _BATCH)]
    hashes: list[tuple[str, str]] = []
    with Pool(many=False) if len(batches) > 1 else nullcontext() as pool:
        for found in pool.map(_hash_batch, batches) if pool else (_hash_batch(*batch) for batch in batches):
            if isinstance(found, Problem):
                raise SourceError(found.message, path=found.path)
            hashes += found
    return hashes


def _hash_batch(paths: list[str], root: str) -> list[tuple[str, str]] | Problem:
    found = []
    for path in paths:
        relative = path.removeprefix(root)
        try:
            file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                stated = os.fstat(file)
                # What is refused is refused when it is to be read.
                data = b"" if not_read(stated) else read_all(file, stated.st_size)
            finally:
                os.close(file)
        except OSError as error:
            return Problem(f"The file cannot be read: {error.strerror or error}.", relative, None, None)
        found.append((relative, hashlib.sha256(data).hexdigest()))
    return found


def _version(settings: Settings, folders: Mapping[str, str]) -> str:
    made_from = [made_with(settings), sorted(folders.items())]
    return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()[:HASH_DIGITS]


def read_graph(folder: Path, settings: Settings) -> tuple[bytes, list[SourceFile]]:
    """The ontology or the shapes as one graph in N-Triples, and its files.

    Blank nodes get labels that are the same for the same files, and that no two files share. The base of prefixes for
    queries (`sh:namespace`, a literal) is mapped as that of IRIs is.

    :raises SourceError: a file cannot be read.
    """
    files = list(
        read_folder(
            folder,
            root=settings.root,
            base_from=settings.source_base_uri,
            base_to=settings.base_uri,
            blank_nodes=True,
            prefixes=settings.all_prefixes,
        )
    )
    lines: dict[bytes, None] = {}
    for number, file in enumerate(files):
        lines.update(dict.fromkeys(_with_fixed_labels(file.ntriples, number).splitlines(keepends=True)))
    graph = b"".join(lines)
    if settings.source_base_uri != settings.base_uri:
        graph = graph.replace(_NAMESPACE + settings.source_base_uri.encode(), _NAMESPACE + settings.base_uri.encode())
    return graph, files


def read_shapes(settings: Settings) -> tuple[bytes, list[SourceFile]]:
    """The shapes as one graph in N-Triples, and its files.

    :raises ShapesError: a file cannot be read, or an engine would pass over what it says.
    """
    try:
        shapes, files = read_graph(settings.shapes_path, settings)
    except SourceError as error:
        raise ShapesError(str(error)) from None
    check_shapes(shapes)
    return shapes, files


def _with_fixed_labels(ntriples: bytes, number: int) -> bytes:
    labels: dict[bytes, bytes] = {}

    def label(match: re.Match[bytes]) -> bytes:
        return labels.setdefault(match[0], b"_:f%db%d" % (number, len(labels)))

    lines = ntriples.split(b"\n")
    for index, line in enumerate(lines):
        if b"_:" in line:
            start, quote, rest = line.partition(b'"')
            lines[index] = _BLANK.sub(label, start) + quote + rest
    return b"\n".join(lines)
