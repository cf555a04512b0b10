"""A back-up: all that cannot be made again, in one file, with a checksum of everything in it.

That is the sources, the settings file, the publication log and the quality of earlier builds. Generations are not in
it: they are built from these.
"""

from __future__ import annotations

import fcntl
import glob
import gzip
import hashlib
import io
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Final

from kggraph.config import FILE_NAME, Settings, load
from kggraph.errors import BackupError
from kggraph.publish import context, versions
from kggraph.publish.inputs import hash_of_files
from kggraph.publish.program import program
from kggraph.publish.publication import log_path
from kggraph.publish.quality_data import history_path

_CONTENTS: Final = "backup.json"
_LOGS: Final[dict[str, Callable[[Path], Path]]] = {
    "publication-log.sqlite": log_path,
    "quality-log.sqlite": history_path,
}
"""What builds leave in their folder and cannot make again: name in the back-up, and where it is."""
_FORMAT: Final = 1
_LEVEL: Final = 6
_PARTIAL: Final = "-partial-"


@dataclass(frozen=True, slots=True)
class Contents:
    """What is in a back-up."""

    created: str
    program: str
    version: str
    """Version of the dataset that the sources make with that program."""
    files: dict[str, str]
    """Path to SHA-256."""


def back_up(settings: Settings, target: Path) -> Contents:
    """Write a back-up; it has its name only when it is whole and on disk.

    :raises BackupError: it cannot be written.
    """
    version = hash_of_files(settings)
    files: dict[str, str] = {}
    try:
        with _in_the_making(target) as partial, partial.open("xb") as file:
            with (
                gzip.GzipFile("", "wb", _LEVEL, file, mtime=0) as packed,
                tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
            ):
                for inner, data in _sources(settings):
                    files[inner] = hashlib.sha256(data).hexdigest()
                    _add(archive, inner, data)
                created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
                told = {"format": _FORMAT, "created": created, "program": program(), "version": version}
                _add(archive, _CONTENTS, json.dumps({**told, "files": files}, indent=1).encode())
            file.flush()
            os.fsync(file.fileno())
            if hash_of_files(settings) != version:
                raise BackupError("The sources changed while they were being read; make the back-up again.")
            partial.replace(target)
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error.strerror or error}.") from None
    return Contents(created, program(), version, files)


def verify(path: Path) -> Contents:
    """Unpack a back-up in a temporary folder, and compare everything in it with what it should be.

    :raises BackupError: it is damaged or incomplete.
    """
    with tempfile.TemporaryDirectory(prefix="kggraph-restore-") as folder:
        return _unpacked(path, Path(folder) / "kb")


def restore(path: Path, target: Path) -> Contents:
    """Put a back-up in a folder that is new or empty; it appears there whole or not at all.

    :raises BackupError: it is damaged or incomplete, or the folder is in use.
    """
    target = target.absolute()
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BackupError(f"{target} is in use; restore into a new folder.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _in_the_making(target) as partial:
            contents = _unpacked(path, partial)
            partial.replace(target)
    except OSError as error:
        raise BackupError(f"{target} cannot be restored: {error.strerror or error}.") from None
    return contents


@contextmanager
def _in_the_making(target: Path) -> Iterator[Path]:
    """A path beside `target`, for what is to be renamed to it; one maker at a time, who finds nothing of another."""
    beside = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(beside, fcntl.LOCK_EX)
        left = f".{target.name}{_PARTIAL}"
        for path in target.parent.glob(f"{glob.escape(left)}*"):
            shutil.rmtree(path)
        folder = Path(tempfile.mkdtemp(prefix=left, dir=target.parent))
        try:
            yield folder / "whole"
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(beside)


def _unpacked(path: Path, folder: Path) -> Contents:
    found: dict[str, str] = {}
    told: dict[str, object] = {}
    try:
        with gzip.open(path) as packed, tarfile.open(fileobj=packed, mode="r:") as archive:
            for member in archive:
                data = _read(archive, member)
                if member.name == _CONTENTS:
                    told = json.loads(data)
                else:
                    found[member.name] = hashlib.sha256(data).hexdigest()
                    _write(folder / _inside(member.name), data)
            while packed.read(1 << 20):
                pass  # to the end, where the checksum of all is
    except (tarfile.TarError, zlib.error, EOFError, ValueError, gzip.BadGzipFile) as error:
        raise BackupError(f"{path.name} is damaged: {error}.") from None
    except OSError as error:
        raise BackupError(f"{path.name} cannot be read: {error.strerror or error}.") from None
    contents = _contents(path, told)
    wrong = sorted(name for name in {*found, *contents.files} if found.get(name) != contents.files.get(name))
    if wrong:
        raise BackupError(f"{path.name} is damaged: {wrong[0]} is not what it was.")
    settings = load(folder, {})
    for name, place in _LOGS.items():
        if (folder / name).is_file():
            settings.build_path.mkdir(parents=True, exist_ok=True)
            (folder / name).replace(place(settings.build_path))
    if contents.program == program() and hash_of_files(settings) != contents.version:
        raise BackupError(f"{path.name} does not make generation {contents.version}, which it was made of.")
    return contents


def _contents(path: Path, told: dict[str, object]) -> Contents:
    files = told.get("files")
    if told.get("format") != _FORMAT or not isinstance(files, dict):
        raise BackupError(f"{path.name} is not a whole back-up of kggraph.")
    return Contents(str(told["created"]), str(told["program"]), str(told["version"]), files)


def source_folders(settings: Settings) -> tuple[Path, ...]:
    """The folders with all that people wrote: what a back-up, a container or a copy has to have."""
    folders = settings.ontology_path, settings.shapes_path, settings.data_path, settings.queries_path
    return (*folders, settings.pages_path, settings.root / context.FOLDER, settings.root / versions.FOLDER)


def _sources(settings: Settings) -> Iterator[tuple[str, bytes]]:
    yield FILE_NAME, (settings.root / FILE_NAME).read_bytes()
    for folder in source_folders(settings):
        if not folder.is_relative_to(settings.root):
            raise BackupError(f"{folder} is not in {settings.root}; a back-up has what is in that folder only.")
        for path in sorted(folder.rglob("*")):
            relative = path.relative_to(settings.root)
            if path.is_file() and not any(part.startswith(".") for part in relative.parts):
                yield relative.as_posix(), path.read_bytes()
    for name, place in _LOGS.items():
        if (file := place(settings.build_path)).is_file():
            with closing(sqlite3.connect(file)) as log:
                yield name, log.serialize()


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(data), 0o644
    archive.addfile(member, io.BytesIO(data))


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member) if member.isfile() else None
    if file is None:
        raise tarfile.TarError(f"{member.name} is no file")
    return file.read()


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise tarfile.TarError(f"{name} is outside of the folder")
    return path


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise BackupError(f"The back-up cannot be restored: {error.strerror or error}.") from None
