"""The files of the engine (tantivy) as a generation keeps them, and as a reader needs them.

The engine names the files of a segment at random. Named by their content, two builds of the same sources are the same
byte for byte; nothing in the files says their name, only `meta.json` does.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID

_META: Final = "meta.json"
_MEMORY: Final = "/dev/shm"
_TRIES: Final = 3
MAKING: Final = "engine-in-the-making"
"""Folder that an engine writes to until it is finished."""


@contextmanager
def written_by_engine() -> Iterator[None]:
    """What the engine does on the disk: it tells every failure, that of a full disk among them, as a `ValueError`.

    :raises OSError: it failed.
    """
    try:
        yield
    except ValueError as error:
        said = " ".join(str(error).split())
        if "worker thread" in said:  # of which the engine tells no more
            said = "its engine stopped while it wrote, most likely as the disk is full"
        raise OSError(f"the text index: {said}") from None


def segments(folder: Path) -> frozenset[str]:
    """The names of the segments of a finished engine."""
    return frozenset(segment["segment_id"] for segment in _meta(folder)["segments"])


def move_named_by_content(made: Path, folder: Path, patched: frozenset[str] = frozenset()) -> None:
    """Move a finished engine to a new folder; the names of its segments follow from what they hold.

    Only what belongs to a segment is moved: a thread of the engine may still make a lock where it wrote.

    :param patched: segments of the generation before, which keep their names.
    """
    meta = _meta(made)
    folder.mkdir()
    for segment in meta["segments"]:
        named = old = UUID(segment["segment_id"])
        deletes = segment["deletes"] or {}
        files = sorted(made.glob(f"{old.hex}.*"), key=lambda file: file.suffix)
        if str(old) in patched:
            files = [f for f in files if f.suffix != ".del" or f.name == f"{old.hex}.{deletes.get('opstamp')}.del"]
        else:
            digest = hashlib.blake2b(digest_size=16)
            if patched:
                # An item that is again what it was two edits ago is another segment all the same.
                digest.update(str(meta["opstamp"]).encode())
            for file in files:
                with file.open("rb") as opened:
                    digest.update(hashlib.file_digest(opened, hashlib.blake2b).digest())
            named = UUID(bytes=digest.digest())
        for file in files:
            file.rename(folder / f"{named.hex}.{file.name.partition('.')[2]}")
        segment["segment_id"] = str(named)
    (folder / _META).write_text(json.dumps(meta, indent=1), "utf-8")
    for _ in range(_TRIES):
        rmtree(made, ignore_errors=True)


def _meta(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / _META).read_bytes())
    return found


@contextmanager
def readable(folder: Path) -> Iterator[Path]:
    """A folder beside that one to open the engine in, with links to its files.

    The engine takes a lock, which is a file, each time that it opens an index; a generation is never written to, and
    may belong to somebody else.
    """
    # In memory where that can be: on a disk that others write to, making and removing links takes a tenth of a second.
    place = _MEMORY if os.access(_MEMORY, os.W_OK) else None
    # A thread of the engine may take its lock while the folder is being removed: then that is done once more.
    with TemporaryDirectory(prefix="kggraph-engine-", dir=place, ignore_cleanup_errors=True) as beside:
        for file in folder.iterdir():
            Path(beside, file.name).symlink_to(file.resolve())
        yield Path(beside)
    rmtree(beside, ignore_errors=True)
