"""Writing many files as one change: staged beside the data, then renamed in, with a journal for what a crash leaves.

    stage     every new text is written and fsynced in `data/.import/`
    commit    the journal is renamed to its name: from here on the change will happen
    place     each staged file is renamed over its target; last, the journal goes

A crash before the commit leaves the data as they were, and the next run removes what was staged. A crash after it
leaves a journal, and the next `kggraph` command that reads the sources completes it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from kggraph.config import Settings
from kggraph.errors import ConfigError, ImportRefused

FOLDER: Final = ".import"
JOURNAL: Final = "journal.json"

Progress = Callable[[str, int, int], None]


def apply(settings: Settings, texts: Mapping[Path, bytes], read: Mapping[Path, str | None]) -> None:
    """Write all files or, when one of them was changed by someone else meanwhile, none.

    :param texts: path to its new content.
    :param read: path to the SHA-256 that its content had when it was read; None: it was not there.
    :raises ImportRefused: a file is not as it was read.
    :raises ConfigError: the data folder cannot be written to.
    """
    if not texts:
        return
    with _locked(settings.data_path) as data:
        _complete(data)
        changed = sorted(path for path in texts if _hash(path) != read.get(path))
        if changed:
            names = tuple(
                f"{path.relative_to(settings.root)}: changed while it was being imported." for path in changed
            )
            raise ImportRefused("Nothing was imported: run the import again.", problems=names)
        try:
            stage(data, texts)
        except OSError:
            shutil.rmtree(data / FOLDER, ignore_errors=True)  # a full disk is full no longer than it was
            raise
        _complete(data)


def recover(settings: Settings) -> int:
    """Complete an import that was interrupted, and say how many files that concerned (almost always 0)."""
    if not (settings.data_path / FOLDER).is_dir():
        return 0
    with _locked(settings.data_path) as data:
        return _complete(data)


def stage(data: Path, texts: Mapping[Path, bytes]) -> None:
    """Write the new texts beside the data and commit to them."""
    for parent in {path.parent for path in texts}:
        parent.mkdir(parents=True, exist_ok=True)
    folder = data / FOLDER
    folder.mkdir()
    entries = []
    for number, (path, text) in enumerate(sorted(texts.items())):
        name = f"{number:06d}"
        _write(folder / name, text)
        entries.append({"staged": name, "target": path.relative_to(data).as_posix()})
    _sync(folder)
    _write(folder / f"{JOURNAL}.new", json.dumps({"files": entries}).encode())
    (folder / f"{JOURNAL}.new").rename(folder / JOURNAL)
    _sync(folder)
    _sync(data)


def _complete(data: Path) -> int:
    folder = data / FOLDER
    if not folder.is_dir():
        return 0
    placed = 0
    journal = folder / JOURNAL
    if journal.is_file():
        for entry in json.loads(journal.read_bytes())["files"]:
            placed += _place(folder / entry["staged"], data, PurePosixPath(entry["target"]))
        for parent in {path.parent for path in data.rglob("*.ttl")}:
            _sync(parent)
        journal.unlink()
        _sync(folder)
    shutil.rmtree(folder)
    _sync(data)
    return placed


def _place(staged: Path, data: Path, target: PurePosixPath) -> bool:
    if target.is_absolute() or ".." in target.parts:
        raise ConfigError(f"{data / FOLDER / JOURNAL} names a file outside the data folder: {target}; remove it.")
    if not staged.is_file():
        return False
    path = data / target
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        shutil.copymode(path, staged)
    staged.replace(path)
    return True


@contextmanager
def _locked(data: Path) -> Iterator[Path]:
    try:
        descriptor = os.open(data, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise ConfigError(f"The data folder {data} cannot be opened: {error.strerror}.") from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield data
    except BlockingIOError:
        raise ConfigError(f"Another import is writing to {data}; wait until it is done.") from None
    except OSError as error:
        raise ConfigError(f"{error.filename or data} cannot be written: {error.strerror}.") from None
    finally:
        os.close(descriptor)


def _hash(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
