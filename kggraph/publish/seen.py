"""What the folders of the sources looked like when their files were hashed, so that only changed ones are read again.

A file is taken for unchanged when its size, inode and time of status change are what they were: that time is set by the
kernel at every change of the file, and cannot be set back like the time of modification. What changed in the last
seconds is not trusted, since a clock may be coarser than two changes.

The digest of a folder is made of those of buckets of files, so that one changed file costs the digest of a bucket.
Measured: 115,000 files in 0.5 s of processor time when none changed, instead of 3.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import zlib
from collections.abc import Iterable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import quote

FILE_NAME: Final = "seen.sqlite"
_FORMAT: Final = "2"
_RECENT_NS: Final = 2_000_000_000
_BUCKETS: Final = 1024
_SCHEMA: Final = """
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE folder (path TEXT PRIMARY KEY, stamp TEXT NOT NULL, digest TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE file (folder TEXT, bucket INTEGER, name TEXT, sha256 TEXT NOT NULL, look TEXT NOT NULL,
    PRIMARY KEY (folder, bucket, name)) WITHOUT ROWID;
CREATE TABLE bucket (folder TEXT, bucket INTEGER, digest TEXT NOT NULL, PRIMARY KEY (folder, bucket)) WITHOUT ROWID;
CREATE TABLE changed (path TEXT PRIMARY KEY, sha256 TEXT NOT NULL) WITHOUT ROWID;
"""


class Look(NamedTuple):
    """What a folder looks like."""

    stamp: str
    changed_ns: int
    """When a file of it changed last."""
    files: Mapping[str, str]
    """Name of each file to what it looks like; empty when it cannot be looked at."""


class SeenFile(NamedTuple):
    """A file as it was when it was read last."""

    sha256: str
    look: str
    """Empty: not to be trusted."""


def look_at(files: Iterable[os.DirEntry[str]]) -> Look:
    """What a folder with these files looks like."""
    looks: dict[str, str] = {}
    latest = 0
    for entry in files:
        look, changed_ns = look_of(entry)
        looks[entry.name] = look
        latest = max(latest, changed_ns)
    return Look(stamp_of(looks), latest, looks)


def stamp_of(looks: Mapping[str, str]) -> str:
    """What a folder looks like; nothing when a file of it is not to be trusted.

    :param looks: name of each file, sorted, to what it looks like.
    """
    lines = "".join([f"{name}\0{look}\n" for name, look in looks.items()])
    return hashlib.blake2b(lines.encode(), digest_size=16).hexdigest() if all(looks.values()) else ""


def look_of(entry: os.DirEntry[str] | Path) -> tuple[str, int]:
    """What a file looks like, and when it changed last; empty when it cannot be looked at."""
    try:
        found = entry.stat()
    except OSError:
        return "", 0
    return told_of(found), found.st_ctime_ns


def told_of(stated: os.stat_result) -> str:
    """What a file looks like, of which the system told this."""
    return f"{stated.st_size} {stated.st_ctime_ns} {stated.st_ino}"


def trusted(look: str, now_ns: int) -> str:
    """What a file looks like, or nothing when it changed just now.

    :param now_ns: time before it was looked at.
    """
    return look if look and int(look.split()[1]) < now_ns - _RECENT_NS else ""


def bucket_of(name: str) -> int:
    """The bucket that a file is counted in.

    >>> bucket_of("a.ttl") == bucket_of("a.ttl")
    True
    """
    return zlib.crc32(name.encode("utf-8", "surrogateescape")) % _BUCKETS


def buckets_of(files: Mapping[str, str]) -> dict[int, str]:
    """Digests of the buckets of a folder.

    :param files: name to SHA-256.
    """
    lines: dict[int, list[str]] = {}
    for name, sha256 in files.items():
        lines.setdefault(bucket_of(name), []).append(f"{name}\0{sha256}\n")
    return {bucket: _sha256("".join(sorted(own))) for bucket, own in lines.items()}


def digest_of(buckets: Mapping[int, str]) -> str:
    """The digest of a folder, from those of its buckets."""
    return _sha256("".join([f"{bucket} {digest}\n" for bucket, digest in sorted(buckets.items())]))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


class Seen:
    """What is known of the files of the sources; kept in the build folder, and of no use elsewhere."""

    def __init__(self, build: Path, *, remember: bool) -> None:
        """Read what is known, if anything.

        :param remember: whether what is told goes into the file; the build folder is there then, and held.
        """
        self._path, self._remember = build / FILE_NAME, remember
        self._database = self._opened()
        found = self._database.execute("SELECT value FROM about WHERE key = 'built'").fetchone()
        self._built: str = found[0] if found else ""

    def close(self, *, keep: bool = True) -> None:
        """Let go of the file.

        :param keep: whether what was told is to be remembered.
        """
        with closing(self._database), suppress(sqlite3.Error):
            if self._database.in_transaction:
                self._database.execute("COMMIT" if keep else "ROLLBACK")

    def let_others_write(self) -> None:
        """Go on without keeping what is known as it was, when it is read only: to look at a million files takes long,
        and a build that remembers what it read would wait for it."""
        if not self._remember and self._database.in_transaction:
            self._database.execute("COMMIT")

    def folders(self) -> dict[str, tuple[str, str]]:
        """Every folder with what it looked like, and its digest."""
        found = self._database.execute("SELECT path, stamp, digest FROM folder")
        return {path: (stamp, digest) for path, stamp, digest in found}

    def files(self, folder: str) -> dict[str, SeenFile]:
        """The files of a folder by name."""
        found = self._database.execute("SELECT name, sha256, look FROM file WHERE folder = ?", (folder,))
        return {name: SeenFile(sha256, look) for name, sha256, look in found}

    def has_file(self, folder: str, name: str) -> bool:
        """Whether a file is known, or was in the generation that was told last."""
        known = "SELECT 1 FROM file WHERE folder = ?1 AND bucket = ?2 AND name = ?3"
        was = "SELECT 1 FROM changed WHERE path = ?1 || '/' || ?3 AND sha256 != ''"
        found = self._database.execute(f"{known} UNION ALL {was}", (folder, bucket_of(name), name))
        return found.fetchone() is not None

    def set_folder(self, folder: str, stamp: str, known: Mapping[str, SeenFile], now: Mapping[str, SeenFile]) -> str:
        """A folder with all its files; gives its digest.

        :param stamp: what it looks like; empty when that is not to be trusted.
        :param known: its files as they were.
        """
        buckets = buckets_of({name: file.sha256 for name, file in now.items()})
        digest = digest_of(buckets)
        if self._remember:
            changed = {name: file for name, file in now.items() if known.get(name) != file}
            self._set_files(folder, known, changed, [name for name in known if name not in now])
            self._set_buckets(folder, buckets)
            self._database.execute("INSERT OR REPLACE INTO folder VALUES (?, ?, ?)", (folder, stamp, digest))
        return digest

    def set_file(self, folder: str, name: str, file: SeenFile | None) -> None:
        """One file of a folder that is known, or that it is gone."""
        bucket = bucket_of(name)
        found = self._database.execute(
            "SELECT name, sha256, look FROM file WHERE folder = ? AND bucket = ?", (folder, bucket)
        )
        known = {known_name: SeenFile(sha256, look) for known_name, sha256, look in found}
        self._set_files(folder, known, {name: file} if file else {}, [] if file or name not in known else [name])
        now = {**known, **({name: file} if file else {})}
        if file is None:
            now.pop(name, None)
        buckets = dict(self._database.execute("SELECT bucket, digest FROM bucket WHERE folder = ?", (folder,)))
        buckets.pop(bucket, None)
        buckets |= buckets_of({other: seen.sha256 for other, seen in now.items()})
        self._set_buckets(folder, buckets, only=bucket)
        if buckets:
            row = (folder, "", digest_of(buckets))
            self._database.execute("INSERT OR REPLACE INTO folder VALUES (?, ?, ?)", row)
        else:
            self._database.execute("DELETE FROM folder WHERE path = ?", (folder,))

    def forget_folder(self, folder: str) -> None:
        """A folder that is gone."""
        if self._remember:
            known = self.files(folder)
            self._set_files(folder, known, {}, list(known))
            self._database.execute("DELETE FROM bucket WHERE folder = ?", (folder,))
            self._database.execute("DELETE FROM folder WHERE path = ?", (folder,))

    def changed_since(self, version: str) -> dict[str, tuple[str, str]] | None:
        """The files that are not what they were in a generation, with their SHA-256 then and now (empty: not there).

        Nothing when that cannot be told: only the generation that was told last (`built`) is compared with.
        """
        if not version or self._built != version:
            return None
        found: dict[str, tuple[str, str]] = {}
        for path, before in self._database.execute("SELECT path, sha256 FROM changed ORDER BY path").fetchall():
            folder, _, name = path.rpartition("/")
            sql = "SELECT sha256 FROM file WHERE folder = ? AND bucket = ? AND name = ?"
            known = self._database.execute(sql, (folder, bucket_of(name), name)).fetchone()
            now = known[0] if known else ""
            if now != before:
                found[path] = before, now
        return found

    def built(self, version: str) -> None:
        """A generation was made of the files as they are known here."""
        self._database.execute("DELETE FROM changed")
        self._database.execute("INSERT OR REPLACE INTO about VALUES ('built', ?)", (version,))

    # ------------------------------------------------------------------ the file
    def _set_files(
        self, folder: str, known: Mapping[str, SeenFile], now: Mapping[str, SeenFile], gone: Iterable[str]
    ) -> None:
        self._database.executemany(
            "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?)",
            ((folder, bucket_of(name), name, *file) for name, file in now.items()),
        )
        gone = list(gone)
        self._database.executemany(
            "DELETE FROM file WHERE folder = ? AND bucket = ? AND name = ?",
            ((folder, bucket_of(name), name) for name in gone),
        )
        if not self._built:
            return
        differ = [name for name, file in now.items() if name not in known or known[name].sha256 != file.sha256]
        self._database.executemany(
            "INSERT OR IGNORE INTO changed VALUES (?, ?)",
            ((f"{folder}/{name}", known[name].sha256 if name in known else "") for name in (*differ, *gone)),
        )

    def _set_buckets(self, folder: str, buckets: Mapping[int, str], only: int | None = None) -> None:
        sql = "DELETE FROM bucket WHERE folder = ?1 AND (?2 IS NULL OR bucket = ?2)"
        self._database.execute(sql, (folder, only))
        rows = ((folder, bucket, digest) for bucket, digest in buckets.items() if only is None or bucket == only)
        self._database.executemany("INSERT INTO bucket VALUES (?, ?, ?)", rows)

    def _opened(self) -> sqlite3.Connection:
        """The file, made anew when it is damaged; or, when nothing is to be remembered, an empty one in memory."""
        with suppress(sqlite3.Error):
            mode = "rwc" if self._remember else "ro"
            uri = f"file:{quote(str(self._path.absolute()))}?mode={mode}"
            database = sqlite3.connect(uri, uri=True, isolation_level=None)
            try:
                if _is_ours(database):
                    database.execute("BEGIN IMMEDIATE" if self._remember else "BEGIN")
                    return database
            except sqlite3.Error:
                database.close()
                raise
            database.close()
        if self._remember:
            for path in (self._path, self._path.with_name(f"{FILE_NAME}-journal")):
                path.unlink(missing_ok=True)
        database = sqlite3.connect(self._path if self._remember else ":memory:", isolation_level=None)
        database.executescript(_SCHEMA)
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO about VALUES ('format', ?)", (_FORMAT,))
        return database


def _is_ours(database: sqlite3.Connection) -> bool:
    try:
        found = database.execute("SELECT value FROM about WHERE key = 'format'").fetchone()
        return bool(found == (_FORMAT,))
    except sqlite3.OperationalError:
        return False
