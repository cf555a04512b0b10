"""Which generations are kept and which one is served: going back, removing old ones, putting a damaged one aside."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from kggraph.config import Settings
from kggraph.errors import GenerationError
from kggraph.publish import shelf
from kggraph.publish.generation import CURRENT, GENERATIONS, Generation, current_hash, open_generation
from kggraph.publish.publication import log_publication

Waiting = Callable[[], None]

DAMAGED: Final = ".damaged-"
PULLED: Final = ".pull-"
_NOT_OF_THE_DISK: Final = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""Errors of a process that has too little of its own, which say nothing of the file that it opens."""
_MADE: Final = (".new-", DAMAGED, PULLED)


def generations(settings: Settings) -> list[Path]:
    """The folders of all generations, the one that was current last first."""
    folder = settings.build_path / GENERATIONS
    found = [path for path in folder.iterdir() if not path.name.startswith(".")] if folder.is_dir() else []
    return sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True)


def roll_back(settings: Settings, name: str | None, waiting: Waiting) -> Generation:
    """Serve another generation, until the next build or pull.

    :param name: its hash, or the beginning of it; None: the one before.
    :raises GenerationError: there is none, or it is damaged; what is served stays.
    :raises ConfigError: the build folder cannot be written to.
    """
    with shelf.written(settings), shelf.locked(settings.build_path, waiting):
        now = current_hash(settings)
        others = [path for path in generations(settings) if path.name != now]
        wanted = [path for path in others if path.name.startswith(name)] if name else others[:1]
        if len(wanted) != 1:
            if not others:
                raise GenerationError("There is no other generation to go back to.")
            has = ", ".join(path.name for path in others)
            raise GenerationError(f"There is not one generation {name}; those to go back to are: {has}.")
        generation = open_generation(wanted[0])
        generation.verify()
        generation.check_form()
        shelf.hold(settings.build_path, generation.hash)
        shelf.make_current(settings.build_path, generation.path)
        log_publication(settings.build_path, generation)
        return generation


def collect_garbage(settings: Settings, keep: int, waiting: Waiting) -> int:
    """Remove generations that are no longer kept, and what stopped builds and pulls left; gives the bytes set free.

    :param keep: generations that stay, the current one included.
    :raises ConfigError: the build folder cannot be written to.
    """
    with shelf.written(settings), shelf.locked(settings.build_path, waiting):
        folder = settings.build_path / GENERATIONS
        before = _size(folder)
        for left in folder.iterdir():
            if left.name.startswith(_MADE):
                shutil.rmtree(left, ignore_errors=True)
        if current_hash(settings) is not None:
            shelf.prune(settings.build_path, keep)
        return before - _size(folder)


def leave_damaged(settings: Settings, say: Callable[[str], None]) -> None:
    """When the current generation is damaged: put it aside and serve the one before, if there is one that is whole.

    :raises ConfigError: the build folder cannot be written to.
    """
    name = current_hash(settings)
    if name is None or settings.generation not in ("", CURRENT):
        return
    damage = _damage(settings, settings.build_path / GENERATIONS / name)
    if not damage:
        return
    with shelf.written(settings), shelf.locked(settings.build_path, lambda: None):
        damage = _damage(settings, settings.build_path / GENERATIONS / name)
        if not damage:
            return
        say(damage)
        folder = settings.build_path / GENERATIONS
        target = folder / f"{DAMAGED}{name}"
        shutil.rmtree(target, ignore_errors=True)
        if (folder / name).exists():
            (folder / name).rename(target)
            say(f"It was put aside as {GENERATIONS}/{target.name}.")
        for other in generations(settings):
            if not _damage(settings, other):
                shelf.make_current(settings.build_path, other)
                say(f"Generation {other.name} takes its place.")
                return
        (settings.build_path / CURRENT).unlink(missing_ok=True)  # so that the next build knows that there is none


def _damage(settings: Settings, path: Path) -> str:
    try:
        open_generation(path).verify(settings.verify_mb * 1024 * 1024)
    except GenerationError as error:
        is_ours = isinstance(error.__cause__, OSError) and error.__cause__.errno in _NOT_OF_THE_DISK
        return "" if is_ours else str(error)
    return ""


def _size(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
