"""What a generation is made with, beside its sources: the program, and the settings that change what is made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Final

import kggraph
from kggraph.config import Settings

HASH_DIGITS: Final = 16
_PARTS: Final = (
    "rdf",
    "model",
    "search",
    "validation",
    "publish",
    "store/files.py",
    "store/tally.py",
    "build.py",
    "terms.py",
)
"""Parts of the program that decide what a generation holds."""


def made_with(settings: Settings) -> str:
    """A digest of the program and of the settings that change what is made."""
    told = {
        "program": program(),
        "base_uri": settings.base_uri,
        "source_base_uri": settings.source_base_uri,
        "languages": settings.languages,
        "prefixes": settings.all_prefixes,
        "memory_limit_triples": settings.memory_limit_triples,
    }
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:HASH_DIGITS]


@cache
def program() -> str:
    """Version of the program, and a hash of those parts of it that make generations."""
    digest = hashlib.sha256()
    package = resources.files("kggraph")
    for part in _PARTS:
        for name, data in sorted(_contents(package.joinpath(part))):
            digest.update(f"{name}\0{len(data)}\0".encode() + data)
    return f"{kggraph.__version__}+{digest.hexdigest()[:12]}"


def _contents(part: Traversable) -> Iterable[tuple[str, bytes]]:
    if part.is_file():
        if not part.name.endswith(".pyc"):
            yield part.name, part.read_bytes()
        return
    for inner in part.iterdir():
        for name, data in _contents(inner):
            yield f"{part.name}/{name}", data
