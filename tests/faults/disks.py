"""Small disks, full ones and such that can only be read: a file system in memory that only this process and its
children see."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

_NEW_NAMESPACE = 0x00020000
_READ_ONLY, _AGAIN, _RECURSIVE, _PRIVATE, _DETACH = 1, 32, 16384, 1 << 18, 2


@dataclass(frozen=True)
class Disk:
    """A file system of its own."""

    path: Path

    def free(self) -> int:
        """Bytes that are left."""
        return shutil.disk_usage(self.path).free

    def fill(self, leave: int = 0) -> Path:
        """Fill it up but for some bytes; gives the file that does."""
        file = self.path / "filler"
        with contextlib.suppress(OSError), file.open("wb") as filler:
            os.posix_fallocate(filler.fileno(), 0, max(1, self.free() - leave))
        return file

    def only_read(self, is_so: bool = True) -> None:
        """Let it be read only, or not any more."""
        _mount(self.path, _AGAIN | (_READ_ONLY if is_so else 0))


@contextlib.contextmanager
def disk(folder: Path, kilobytes: int) -> Iterator[Disk]:
    """A disk of a size; a test of one is skipped where nobody may mount, as in many containers."""
    if not _is_apart():
        pytest.skip("no file system can be mounted here (that takes root, and a container that may)")
    folder.mkdir(parents=True, exist_ok=True)
    _mount(folder, 0, f"size={kilobytes}k")
    try:
        yield Disk(folder)
    finally:
        _libc().umount2(os.fsencode(folder), _DETACH)


@cache
def _is_apart() -> bool:
    """Whether this process has mounts of its own now."""
    if os.geteuid() != 0 or _libc().unshare(_NEW_NAMESPACE) != 0:
        return False
    return _libc().mount(b"none", b"/", None, ctypes.c_ulong(_RECURSIVE | _PRIVATE), None) == 0


def _mount(folder: Path, flags: int, options: str = "") -> None:
    if _libc().mount(b"none", os.fsencode(folder), b"tmpfs", ctypes.c_ulong(flags), options.encode() or None) != 0:
        raise OSError(ctypes.get_errno(), "mount")


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
