"""The sources before they are read: which files there are, the version they make, and the ontology and shapes."""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

import kggraph
from kggraph.config import Settings
from kggraph.errors import ConfigError, ShapesError, SourceError
from kggraph.publish.pool import Pool
from kggraph.publish.seen import Look, Seen, look_at
from kggraph.publish.spool import Problem
from kggraph.rdf.source import SourceFile, not_read, read_folder, turtle_files, turtle_folders
from kggraph.terms import SH
from kggraph.validation.well_formed import check_shapes

HASH_DIGITS: Final = 16
_BATCH: Final = 4000
_PARTS: Final = ("rdf", "model", "search", "validation", "publish", "store/files.py", "build.py", "terms.py")
"""Parts of the program that decide what a generation holds."""

_NAMESPACE: Final = f'> <{SH}namespace> "'.encode()
_BLANK: Final = re.compile(rb"(?:(?<=^)|(?<= ))_:[^ ]+", re.MULTILINE)


def check_folders(settings: Settings) -> None:
    """Refuse a knowledge base without one of its folders.

    :raises ConfigError: a folder is missing.
    """
    for folder in (settings.ontology_path, settings.shapes_path, settings.data_path):
        if not folder.is_dir():
            raise ConfigError(f"There is no folder {folder}; make it, or name another one in kggraph.toml.")


def source_paths(settings: Settings) -> list[Path]:
    """Every Turtle file of ontology, shapes and data, sorted within these.

    :raises ConfigError: a folder is missing, or there are no data at all.
    :raises SourceError: there is RDF in another format.
    """
    found: list[Path] = []
    for folder in (settings.ontology_path, settings.shapes_path, settings.data_path):
        files = turtle_files(folder, root=settings.root)
        if not files:
            raise _empty(folder)
        found += files
    return found


def hash_of_files(settings: Settings, *, remember: bool = False) -> str:
    """The version that the sources make as they are now, without reading them as RDF.

    Folders that look as they did when they were hashed last are not read again.

    :param remember: whether to write down what they look like now; the build folder has to be there then.
    :raises ConfigError: a folder is missing, or there are no data at all.
    :raises SourceError: a file cannot be read.
    """
    root, now_ns, seen = f"{settings.root}/", time.time_ns(), Seen(settings.build_path)
    digests: dict[str, str] = {}
    changed: dict[str, tuple[Look | None, list[str]]] = {}
    for folder in (settings.ontology_path, settings.shapes_path, settings.data_path):
        before = len(digests) + len(changed)
        for directory, files in turtle_folders(folder, root=settings.root):
            relative, look = directory.removeprefix(root), look_at(files)
            if known := seen.digest(relative, look):
                digests[relative] = known
            else:
                changed[relative] = look, [entry.path for entry in files]
        if len(digests) + len(changed) == before:
            raise _empty(folder)
    paths = [path for _, files in changed.values() for path in files]
    batches = [(paths[start : start + _BATCH], root) for start in range(0, len(paths), _BATCH)]
    hashes: list[tuple[str, str]] = []
    with Pool(many=False) if len(batches) > 1 else nullcontext() as pool:
        for found in pool.map(_hash_batch, batches) if pool else (_hash_batch(*batch) for batch in batches):
            if isinstance(found, Problem):
                raise SourceError(found.message, path=found.path)
            hashes += found
    for relative, digest in _digests(hashes).items():
        digests[relative] = digest
        seen.keep(relative, changed[relative][0], digest, now_ns)
    if remember:
        seen.save()
    return _version(settings, digests)


def _empty(folder: Path) -> ConfigError:
    return ConfigError(f"There are no .ttl files in {folder}; a knowledge base needs some.")


def _hash_batch(paths: list[str], root: str) -> list[tuple[str, str]] | Problem:
    found = []
    for path in paths:
        relative = path.removeprefix(root)
        try:
            # A third of the time that Path.read_bytes takes, which counts with 100,000 files.
            file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                stated = os.fstat(file)
                # What is refused is refused when it is to be read.
                size = 0 if not_read(stated) else stated.st_size
                data = os.read(file, size + 1) if size else b""
                while len(data) < size and (more := os.read(file, size - len(data))):
                    data += more
            finally:
                os.close(file)
        except OSError as error:
            return Problem(f"The file cannot be read: {error.strerror or error}.", relative, None, None)
        found.append((relative, hashlib.sha256(data).hexdigest()))
    return found


def version(settings: Settings, files: Iterable[tuple[str, str]]) -> str:
    """The version of the dataset: of the sources, the program and the settings that change what is made.

    :param files: path from the root and SHA-256 of every file.
    """
    return _version(settings, _digests(files))


def _digests(files: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Folder to a digest of the files in it."""
    folders: dict[str, list[str]] = {}
    for path, sha256 in files:
        folder, _, name = path.rpartition("/")
        folders.setdefault(folder, []).append(f"{name}\0{sha256}\n")
    return {folder: hashlib.sha256("".join(sorted(lines)).encode()).hexdigest() for folder, lines in folders.items()}


def _version(settings: Settings, folders: Mapping[str, str]) -> str:
    made_from = {
        "program": program(),
        "base_uri": settings.base_uri,
        "source_base_uri": settings.source_base_uri,
        "languages": settings.languages,
        "prefixes": settings.all_prefixes,
        "memory_limit_triples": settings.memory_limit_triples,
        "folders": sorted(folders.items()),
    }
    return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()[:HASH_DIGITS]


@cache
def program() -> str:
    """Version of the program, and a hash of those parts of it that make generations."""
    digest = hashlib.sha256()
    package = resources.files("kggraph")
    for part in _PARTS:
        for name, data in sorted(_contents(package.joinpath(part))):
            digest.update(f"{name}\0{len(data)}\0".encode() + data)
    return f"{kggraph.__version__}+{digest.hexdigest()[:12]}"


def read_graph(folder: Path, settings: Settings) -> tuple[bytes, list[SourceFile]]:
    """The ontology or the shapes as one graph in N-Triples, and its files.

    Blank nodes get labels that are the same for the same files, and that no two files share. The base of prefixes for
    queries (`sh:namespace`, a literal) is mapped as that of IRIs is.

    :raises SourceError: a file cannot be read.
    """
    files = list(
        read_folder(
            folder,
            root=settings.root,
            base_from=settings.source_base_uri,
            base_to=settings.base_uri,
            blank_nodes=True,
            prefixes=settings.all_prefixes,
        )
    )
    lines: dict[bytes, None] = {}
    for number, file in enumerate(files):
        lines.update(dict.fromkeys(_with_fixed_labels(file.ntriples, number).splitlines(keepends=True)))
    graph = b"".join(lines)
    if settings.source_base_uri != settings.base_uri:
        graph = graph.replace(_NAMESPACE + settings.source_base_uri.encode(), _NAMESPACE + settings.base_uri.encode())
    return graph, files


def read_shapes(settings: Settings) -> tuple[bytes, list[SourceFile]]:
    """The shapes as one graph in N-Triples, and its files.

    :raises ShapesError: a file cannot be read, or an engine would pass over what it says.
    """
    try:
        shapes, files = read_graph(settings.shapes_path, settings)
    except SourceError as error:
        raise ShapesError(str(error)) from None
    check_shapes(shapes)
    return shapes, files


def _with_fixed_labels(ntriples: bytes, number: int) -> bytes:
    labels: dict[bytes, bytes] = {}

    def label(match: re.Match[bytes]) -> bytes:
        return labels.setdefault(match[0], b"_:f%db%d" % (number, len(labels)))

    lines = ntriples.split(b"\n")
    for index, line in enumerate(lines):
        if b"_:" in line:
            start, quote, rest = line.partition(b'"')
            lines[index] = _BLANK.sub(label, start) + quote + rest
    return b"\n".join(lines)


def _contents(part: Traversable) -> Iterable[tuple[str, bytes]]:
    if part.is_file():
        if not part.name.endswith(".pyc"):
            yield part.name, part.read_bytes()
        return
    for inner in part.iterdir():
        for name, data in _contents(inner):
            yield f"{part.name}/{name}", data
