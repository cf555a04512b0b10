"""Fetching a generation that was built elsewhere: every file by its checksum, what is here already not again.

A pull that was stopped goes on where it was. The generation is put in place by one rename, when all of it is here, is
right and is on disk; until then what is served stays.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import IO, Any, Final, Protocol, cast
from urllib.parse import quote, urlsplit

import kggraph
from kggraph.config import Settings
from kggraph.errors import GenerationError, PullError
from kggraph.operation.keeping import PULLED, generations
from kggraph.publish import shelf, signature
from kggraph.publish.generation import (
    CURRENT,
    GENERATIONS,
    MANIFEST,
    SIGNATURE,
    FileEntry,
    Generation,
    file_entry,
    open_generation,
)
from kggraph.publish.program import program
from kggraph.publish.publication import log_publication

Tell = Callable[[str, int, int], None]

_BLOCK_BYTES: Final = 1 << 20
_TIMEOUT_S: Final = 30
_PAUSES_S: Final = (0.5, 2.0, 8.0)
_MANIFEST_BYTES: Final = 16 * 1024 * 1024
_SIGNATURE_BYTES: Final = 1024
_PART: Final = ".part"


class Origin(Protocol):
    """Where a generation comes from."""

    def open(self, name: str, start: int) -> tuple[IO[bytes], int]:
        """A file of it from some byte on, and the byte it really begins at."""

    def settle(self, hash: str) -> None:
        """From now on give the files of this generation, whichever is current."""


def pull(settings: Settings, source: str, tell: Tell, *, manifest_sha256: str | None = None) -> Generation:
    """Fetch a generation and make it the current one.

    :param source: URL of a folder that holds a `manifest.json`, or the path of a generation or build folder.
    :param manifest_sha256: what the manifest's SHA-256 must be; with it the origin need not be trusted.
    :raises PullError: it cannot be fetched, or is not what the manifest says; what is served stays.
    :raises ConfigError: the build folder cannot be written to.
    """
    origin = _origin(source)
    try:
        with (
            shelf.written(settings),
            shelf.locked(settings.build_path, lambda: tell("wait for another build", 0, 0)),
        ):
            text, name, files = _manifest(origin, manifest_sha256)
            proof = _proof(origin, text, settings)
            ready = shelf.finished(settings.build_path, name)
            if ready is None:
                ready = _fetched(settings, origin, {MANIFEST: text, **proof}, name, files, tell)
            generation = open_generation(ready)
            shelf.release(settings.build_path)
            shelf.make_current(settings.build_path, ready)
            shelf.prune(settings.build_path, settings.keep_generations)
            log_publication(settings.build_path, generation)
            return generation
    except GenerationError as error:
        raise PullError(str(error)) from None


def _manifest(origin: Origin, sha256: str | None) -> tuple[bytes, str, dict[str, FileEntry]]:
    with origin.open(MANIFEST, 0)[0] as file:
        text = _reading(lambda: file.read(_MANIFEST_BYTES))
    if sha256 is not None and hashlib.sha256(text).hexdigest() != sha256.lower():
        raise PullError("The manifest is not the one that was expected: its SHA-256 differs.")
    try:
        told = json.loads(text)
        name, made_by = str(told["hash"]), str(told["program"])
        files = {str(path): FileEntry(int(one["size"]), str(one["sha256"])) for path, one in told["files"].items()}
    except (ValueError, TypeError, KeyError, AttributeError):
        raise PullError("There is no manifest of a generation there.") from None
    if not name.isalnum() or not all(map(_is_inside, files)):
        raise PullError("The manifest names files outside of its folder; nothing was fetched.")
    if made_by != program():
        raise PullError(
            f"That generation was made by kggraph {made_by}, this is {program()}; install the same version."
        )
    origin.settle(name)
    return text, name, files


def _proof(origin: Origin, manifest: bytes, settings: Settings) -> dict[str, bytes]:
    """The signature of the manifest, by its name, when the settings ask for one and it is right."""
    if not signature.public_keys(settings):
        return {}
    try:
        file, _ = origin.open(SIGNATURE, 0)
    except PullError as error:
        raise PullError(f"A signature is asked for by trusted_keys. {error} Nothing was fetched.") from None
    with file:
        signed = _reading(lambda: file.read(_SIGNATURE_BYTES))
    signature.check(manifest, signed, settings)
    return {SIGNATURE: signed}


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and bool(path.parts) and "\\" not in name


def _fetched(
    settings: Settings,
    origin: Origin,
    about: dict[str, bytes],
    name: str,
    files: dict[str, FileEntry],
    tell: Tell,
) -> Path:
    folder = settings.build_path / GENERATIONS / f"{PULLED}{name}"
    folder.mkdir(exist_ok=True)
    have = _files_here(settings)
    total, done = sum(entry.size for entry in files.values()), 0
    _check_room(folder, files, have)
    for path, entry in files.items():
        tell("pull", done, total)
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not (target.is_file() and file_entry(target) == entry) and not _linked(have.get(entry), target, entry):
            _fetch(origin, path, target, entry)
        done += entry.size
    tell("pull", total, total)
    for left in folder.rglob(f"*{_PART}"):
        left.unlink()
    for path, data in about.items():
        (folder / path).write_bytes(data)
    return shelf.put(settings.build_path, folder, name)


def _files_here(settings: Settings) -> dict[FileEntry, Path]:
    found: dict[FileEntry, Path] = {}
    for folder in generations(settings):
        try:
            files = open_generation(folder).manifest.files
        except GenerationError:
            continue
        found.update({entry: folder / name for name, entry in files.items()})
    return found


def _linked(have: Path | None, target: Path, entry: FileEntry) -> bool:
    """Take a file that another generation has: both are never changed, so they may share it."""
    if have is None or file_entry(have) != entry:
        return False
    target.unlink(missing_ok=True)
    os.link(have, target)
    return True


def _check_room(folder: Path, files: dict[str, FileEntry], have: dict[FileEntry, Path]) -> None:
    needed = sum(entry.size for name, entry in files.items() if entry not in have and not (folder / name).is_file())
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise PullError(f"The generation needs {needed >> 20:,} MB more, and {free >> 20:,} MB are free.")


def _fetch(origin: Origin, name: str, target: Path, entry: FileEntry) -> None:
    part = target.with_name(target.name + _PART)
    for pause in (*_PAUSES_S, None):
        try:
            _append(origin, name, part, entry.size)
            break
        except PullError:
            if pause is None:
                raise
            time.sleep(pause)
    if file_entry(part) != entry:
        part.unlink()
        raise PullError(f"{name} is not what the manifest says; it was damaged on its way or at its origin.")
    part.replace(target)


def _append(origin: Origin, name: str, part: Path, size: int) -> None:
    start = part.stat().st_size if part.is_file() else 0
    if start >= size:
        start = 0
    source, begins = origin.open(name, start)
    with source, part.open("r+b" if part.is_file() else "wb") as file:
        file.truncate(begins)
        file.seek(begins)
        while block := _reading(lambda: source.read(_BLOCK_BYTES)):
            file.write(block)
            if file.tell() > size:
                raise PullError(f"{name} is longer than the manifest says.")
    if part.stat().st_size < size:
        raise PullError(f"{name} broke off; the next pull goes on from there.")


def _reading(read: Callable[[], bytes]) -> bytes:
    try:
        return read()
    except (OSError, ValueError) as error:
        raise PullError(f"The connection broke: {error}.") from None
    except Exception as error:
        if type(error).__module__.startswith("http."):
            raise PullError(f"The connection broke: {type(error).__name__}.") from None
        raise


# ------------------------------------------------------------------ where it comes from
def _origin(source: str) -> Origin:
    if urlsplit(source).scheme in ("http", "https"):
        return _Http(source)
    path = Path(source)
    for folder in (path, path / CURRENT):
        if (folder / MANIFEST).is_file():
            return _Folder(folder.resolve())
    raise PullError(f"There is no generation at {source}; name a folder with a {MANIFEST}, or its URL.")


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def open(self, name: str, start: int) -> tuple[IO[bytes], int]:
        try:
            file = (self._path / name).open("rb")
        except OSError as error:
            raise PullError(f"{name} cannot be read there: {error.strerror}.") from None
        file.seek(start)
        return file, start

    def settle(self, hash: str) -> None:
        """A link was followed when it was opened."""


class _Http:
    def __init__(self, url: str) -> None:
        self._base = url if url.endswith("/") else f"{url}/"
        # No other handlers: an address that leads to a file or to FTP is refused.
        self._opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            urllib.request.HTTPHandler(),
            urllib.request.HTTPSHandler(),
            urllib.request.HTTPRedirectHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
        ):
            self._opener.add_handler(handler)

    def open(self, name: str, start: int) -> tuple[IO[bytes], int]:
        headers = {"User-Agent": f"kggraph/{kggraph.__version__}", "Accept-Encoding": "identity"}
        if start:
            headers["Range"] = f"bytes={start}-"
        request = urllib.request.Request(self._base + quote(name), headers=headers)
        answer = self._answer(request, name)
        is_part = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {start}-")
        return cast("IO[bytes]", answer), start if is_part else 0

    def _answer(self, request: urllib.request.Request, name: str) -> Any:
        for pause in (*_PAUSES_S, None):
            try:
                return self._opener.open(request, timeout=_TIMEOUT_S)
            except urllib.error.HTTPError as error:
                if pause is None or error.code not in (429, 500, 502, 503, 504):
                    raise PullError(f"{name} cannot be fetched: the server answers {error.code}.") from None
                wait = error.headers.get("Retry-After", "")
                pause = min(60.0, float(wait)) if wait.isdigit() else pause
            except (OSError, ValueError) as error:
                if pause is None:
                    reason = getattr(error, "reason", error)
                    raise PullError(f"{name} cannot be fetched: {reason}.") from None
            time.sleep(pause)
        raise AssertionError

    def settle(self, hash: str) -> None:
        if self._base.endswith(f"/{GENERATIONS}/{CURRENT}/"):
            self._base = f"{self._base.removesuffix(f'{CURRENT}/')}{hash}/"
