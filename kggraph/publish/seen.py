"""What the folders of the sources looked like when their files were hashed, so that only changed ones are read again.

A file is taken for unchanged when its name, size, inode and time of status change are what they were: that time is set
by the kernel at every change of the file, and cannot be set back like the time of modification. A folder in which
something changed in the last seconds is not trusted, since a clock may be coarser than two changes. Measured: 115,000
files in 0.5 s of processor time instead of 3.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

FILE_NAME: Final = "seen.json"
_FORMAT: Final = 1
_RECENT_NS: Final = 2_000_000_000


class Look(NamedTuple):
    """What a folder looks like."""

    stamp: str
    changed_ns: int
    """When a file of it changed last."""


def look_at(files: Iterable[os.DirEntry[str]]) -> Look | None:
    """What a folder with these files looks like; nothing when one of them cannot be looked at."""
    lines, latest = [], 0
    for entry in files:
        try:
            found = entry.stat()
        except OSError:
            return None
        changed = found.st_ctime_ns
        latest = max(latest, changed)
        lines.append(f"{entry.name}\0{found.st_size} {changed} {found.st_ino}\n")
    return Look(hashlib.blake2b("".join(lines).encode(), digest_size=16).hexdigest(), latest)


class Seen:
    """Digests of folders by what these looked like; kept in the build folder, and of no use elsewhere."""

    def __init__(self, build: Path) -> None:
        self._path = build / FILE_NAME
        self._known: dict[str, list[str]] = {}
        self._now: dict[str, list[str]] = {}
        try:
            told = json.loads(self._path.read_bytes())
            if told["format"] == _FORMAT:
                self._known = {folder: [str(stamp), str(digest)] for folder, (stamp, digest) in told["folders"].items()}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            self._known = {}  # it is there to save time only

    def digest(self, folder: str, look: Look | None) -> str | None:
        """The digest of a folder that looks as it did then."""
        stamp, digest = self._known.get(folder, ("", ""))
        if look is None or look.stamp != stamp:
            return None
        self._now[folder] = [stamp, digest]
        return digest

    def keep(self, folder: str, look: Look | None, digest: str, now_ns: int) -> None:
        """Remember the digest of a folder.

        :param now_ns: time before it was looked at.
        """
        if look is not None and look.changed_ns < now_ns - _RECENT_NS:
            self._now[folder] = [look.stamp, digest]

    def save(self) -> None:
        """Write what is known now."""
        if self._now != self._known:
            new = self._path.with_suffix(".new")
            new.write_text(json.dumps({"format": _FORMAT, "folders": self._now}), "utf-8")
            new.replace(self._path)
