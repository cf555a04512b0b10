"""The files of the engine (tantivy) as a generation keeps them, and as a reader needs them.

The engine names the files of a segment at random. Named by their content, two builds of the same sources are the same
byte for byte; nothing in the files says their name, only `meta.json` does.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import Any, Final
from uuid import UUID

_META: Final = "meta.json"
_MEMORY: Final = "/dev/shm"
_LEFT_BEHIND: Final = (".managed.json", ".tantivy-writer.lock", ".tantivy-meta.lock")


@contextmanager
def written_by_engine() -> Iterator[None]:
    """What the engine does on the disk: it tells every failure, that of a full disk among them, as a `ValueError`.

    :raises OSError: it failed.
    """
    try:
        yield
    except ValueError as error:
        raise OSError(f"the text index: {' '.join(str(error).split())}") from None


def segments(folder: Path) -> frozenset[str]:
    """The names of the segments of a finished engine."""
    return frozenset(segment["segment_id"] for segment in _meta(folder)["segments"])


def name_by_content(folder: Path, patched: frozenset[str] = frozenset()) -> None:
    """Give the segments of a finished engine the names that follow from what they hold.

    :param folder: nobody writes to it any more.
    :param patched: segments of the generation before, which keep their names; what is left of others is removed.
    """
    meta = _meta(folder)
    for segment in meta["segments"]:
        if segment["segment_id"] in patched:
            continue
        old = UUID(segment["segment_id"]).hex
        files = sorted(folder.glob(f"{old}.*"), key=lambda file: file.suffix)
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
    (folder / _META).chmod(0o644)
    for name in _LEFT_BEHIND:
        (folder / name).unlink(missing_ok=True)
    for file in folder.iterdir():
        if file.name != _META and not _is_used(file, meta["segments"]):
            file.unlink()


def _meta(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / _META).read_bytes())
    return found


def _is_used(file: Path, segments: Iterable[dict[str, Any]]) -> bool:
    """Whether a file is one of a segment: of the lists of deleted items, the last."""
    for segment in segments:
        if file.name.startswith(f"{UUID(segment['segment_id']).hex}."):
            deletes = segment.get("deletes") or {}
            return file.suffix != ".del" or file.name.endswith(f".{deletes.get('opstamp')}.del")
    return False


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
