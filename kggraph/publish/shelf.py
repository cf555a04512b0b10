"""The build folder: generations beside one another, and the link to the current one.

    build/lock                  held while a build runs
    build/generations/<hash>/   a finished generation, never changed
    build/generations/.new-*/   one in the making; what a stopped build leaves behind is removed by the next
    build/current               link to the generation that is served
    build/seen.sqlite           what the folders of the sources looked like (`seen`)
    build/held                  its hash, when an operator went back to it: then a server builds nothing by itself

A folder becomes a generation, and a generation the current one, each by one rename after everything was fsynced.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from kggraph.config import Settings
from kggraph.errors import ConfigError, GenerationError
from kggraph.publish.generation import CURRENT, GENERATIONS, Generation, open_generation

_NEW: Final = ".new-"
_HELD: Final = "held"


@contextmanager
def written(settings: Settings) -> Iterator[None]:
    """Say in one sentence that the build folder cannot be written to, when that is so.

    :raises ConfigError: the disk is full, can only be read, or is not ours.
    """
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigError(
            f"The build folder {settings.build_dir} cannot be written to: {reason}. What is served stays as it is.",
            key="build_dir",
        ) from None


@contextmanager
def locked(build: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the build folder; a second build waits for the first.

    :param waiting: called once when another build holds it.
    """
    (build / GENERATIONS).mkdir(parents=True, exist_ok=True)
    with (build / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def workshop(build: Path) -> Iterator[Path]:
    """A new folder to make a generation in; it is gone afterwards unless it was put on the shelf."""
    _clear(build)
    folder = Path(tempfile.mkdtemp(prefix=_NEW, dir=build / GENERATIONS))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def finished(build: Path, version: str, verify_bytes: int | None = None) -> Path | None:
    """The folder of a generation that was built before and is whole, if there is one.

    :param verify_bytes: bytes up to which all checksums are compared; above that the sizes are.
    """
    folder = build / GENERATIONS / version
    try:
        open_generation(folder).verify(verify_bytes)
    except GenerationError:
        return None
    return folder


def put(build: Path, folder: Path, version: str) -> Path:
    """Put a made folder on the shelf, in place of a damaged one of that version."""
    target = build / GENERATIONS / version
    if target.exists() or target.is_symlink():
        target.rename(Path(tempfile.mkdtemp(prefix=_NEW, dir=build / GENERATIONS)) / version)
    for path in folder.rglob("*"):
        if path.is_dir() or path.stat().st_nlink == 1:  # what another generation has too was written with that one
            _sync(path)
    _sync(folder)
    folder.rename(target)
    _sync(target.parent)
    return target


def make_current(build: Path, generation: Path, now: float | None = None) -> None:
    """Let the current generation be this one.

    :param now: in seconds; the clock's when not given. What was current later is newer, whatever the clock does.
    """
    current, new = build / CURRENT, build / f".{CURRENT}-new"
    target = Path(GENERATIONS) / generation.name
    newest = max(path.stat().st_mtime_ns for path in generation.parent.iterdir())
    when = max(time.time_ns() if now is None else int(now * 1e9), newest + 1_000)
    os.utime(generation, ns=(when, when))
    if current.is_symlink() and current.readlink() == target:
        return
    with suppress(FileNotFoundError):
        new.unlink()
    new.symlink_to(target)
    new.replace(current)
    _sync(build)


def hold(build: Path, version: str) -> None:
    """Say that this generation stays the current one until a build or pull is asked for."""
    (build / _HELD).write_text(version, "ascii")


def release(build: Path) -> None:
    """Take back what `hold` said."""
    (build / _HELD).unlink(missing_ok=True)


def is_held(build: Path, version: str | None) -> bool:
    """Whether an operator went back to this generation."""
    with suppress(OSError):
        return (build / _HELD).read_text("ascii") == version
    return False


def generations(build: Path) -> list[Generation]:
    """The whole generations, the one that was current last first."""
    found: list[Generation] = []
    for folder in _newest_first(build):
        with suppress(GenerationError):
            found.append(open_generation(folder))
    return found


class InUse:
    """Keeps a generation from being removed for as long as this object, and its process, live.

    Files of a generation are opened when they are first needed, in each thread; edits that follow one another quickly
    could remove it between two of them. Where a disk has no locks nothing is kept.
    """

    def __init__(self, folder: Path) -> None:
        """
        :raises GenerationError: it is removed just now, or was.
        """
        self._folder = -1
        gone = GenerationError(f"Generation {folder.name} was removed.")
        try:
            self._folder = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            with suppress(OSError):
                fcntl.flock(self._folder, fcntl.LOCK_SH)
            is_there = os.path.samestat(os.fstat(self._folder), folder.stat())
        except FileNotFoundError:
            raise gone from None
        if not is_there:
            raise gone

    def __del__(self) -> None:
        if self._folder >= 0:
            os.close(self._folder)


def prune(build: Path, keep: int) -> None:
    """Remove all but the generations that were current last, and what was stopped.

    The current one always stays, and one that is in use until the next time.
    """
    _clear(build)
    for old in _newest_first(build)[max(keep, 1) :]:
        descriptor = os.open(old, os.O_RDONLY)
        try:
            with suppress(OSError):  # no locks on this disk
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
            # Out of sight first, so that a half removed one is never taken for a generation.
            hidden = Path(tempfile.mkdtemp(prefix=_NEW, dir=build / GENERATIONS)) / old.name
            old.rename(hidden)
        finally:
            os.close(descriptor)
        shutil.rmtree(hidden.parent, ignore_errors=True)


def _clear(build: Path) -> None:
    """Remove what stopped builds left; only for who holds the build folder."""
    for left in (build / GENERATIONS).glob(f"{_NEW}*"):
        shutil.rmtree(left, ignore_errors=True)


def _newest_first(build: Path) -> list[Path]:
    try:
        current = (build / CURRENT).readlink().name
    except OSError:
        current = ""
    folders = [path for path in (build / GENERATIONS).iterdir() if not path.name.startswith(".")]
    return sorted(folders, key=lambda path: (path.name == current, path.stat().st_mtime_ns), reverse=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
