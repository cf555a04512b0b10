"""Looking whether all is well: the machine, the settings, the sources, what is served. Nothing is changed."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import kggraph
from kggraph.config import Settings
from kggraph.errors import KgError
from kggraph.operation.keeping import DAMAGED, PULLED
from kggraph.operation.store_opinion import ask_store
from kggraph.publish.changes import is_recorded
from kggraph.publish.generation import GENERATIONS, current_hash, open_current
from kggraph.publish.inputs import hash_of_files
from kggraph.publish.publication import log_path

Verdict: TypeAlias = Literal["ok", "note", "wrong"]

_FREE_GENERATIONS: Final = 2
_BYTES_A_TRIPLE: Final = 410
"""Of the store in memory, as measured."""
_FILES: Final = 1024


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    verdict: Verdict
    what: str
    told: str


def look(settings: Settings, *, store: bool = False) -> Iterator[Finding]:
    """Everything that was looked at, as it is found.

    :param store: also ask the store whether what it holds conforms, which takes as long as some hundred queries.
    """
    checks: tuple[tuple[str, Callable[[Settings], tuple[Verdict, str]]], ...] = (
        ("program", _program),
        ("open files", _open_files),
        ("build folder", _build_folder),
        ("sources", _sources),
        ("generation", _generation),
        ("room", _room),
        ("memory", _memory),
        ("publication log", _publication_log),
        ("left over", _left_over),
        ("proxies", _proxies),
        ("rates", _rates),
        *((("store", _store),) if store else ()),
    )
    for what, check in checks:
        try:
            verdict, told = check(settings)
        except KgError as error:
            verdict, told = "wrong", str(error).splitlines()[-1]
        except (OSError, sqlite3.Error) as error:
            verdict, told = "wrong", f"{getattr(error, 'strerror', None) or error}."
        yield Finding(verdict, what, told)


def _program(settings: Settings) -> tuple[Verdict, str]:
    return "ok", f"kggraph {kggraph.__version__}, Python {platform.python_version()}, {sys.platform}."


def _open_files(settings: Settings) -> tuple[Verdict, str]:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _FILES:
        return "note", f"{soft} may be open at once; many visitors need {_FILES} or more (LimitNOFILE)."
    return "ok", f"{soft} may be open at once."


def _build_folder(settings: Settings) -> tuple[Verdict, str]:
    folder = settings.build_path
    if not folder.is_dir():
        return "note", "There is none yet; run kggraph build or kggraph pull."
    try:
        with tempfile.TemporaryFile(dir=folder):
            return "ok", "It can be written to."
    except OSError as error:
        return (
            "note",
            f"It cannot be written to ({error.strerror}): it can be served from, and no build or pull can end.",
        )


def _sources(settings: Settings) -> tuple[Verdict, str]:
    if settings.generation:
        return "ok", "They are not needed: the setting generation says what is served."
    folders = settings.ontology_path, settings.shapes_path, settings.data_path
    if current_hash(settings) and not any(folder.exists() for folder in folders):
        return "note", "There are none here: generations are pulled, and served with serve --generation current."
    version, now = hash_of_files(settings), current_hash(settings)
    if version != now:
        return "note", f"They make generation {version}, and {now or 'none'} is current; run kggraph build."
    return "ok", f"They are those of the current generation, {version}."


def _generation(settings: Settings) -> tuple[Verdict, str]:
    generation = open_current(settings)
    generation.verify()
    manifest = generation.manifest
    return "ok", f"{manifest.hash} of {manifest.created}: {len(manifest.files)} files, every checksum is right."


def _room(settings: Settings) -> tuple[Verdict, str]:
    size = sum(entry.size for entry in open_current(settings).manifest.files.values())
    free = shutil.disk_usage(settings.build_path).free
    told = f"{free >> 20:,} MB free; a generation has {size >> 20:,} MB."
    return ("ok" if free > size * _FREE_GENERATIONS else "note"), told


def _memory(settings: Settings) -> tuple[Verdict, str]:
    triples = open_current(settings).manifest.triples
    has = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    needs = triples * _BYTES_A_TRIPLE if triples <= settings.memory_limit_triples else 0
    needs += settings.query_workers * settings.query_memory_mb * 1024 * 1024
    told = f"{has >> 20:,} MB; the store and queries at their limits may need {needs >> 20:,} MB."
    return ("ok" if needs < has else "note"), told


def _publication_log(settings: Settings) -> tuple[Verdict, str]:
    path, now = log_path(settings.build_path), current_hash(settings)
    if not path.is_file():
        return (
            "note",
            "There is none: dates of change begin with the next build. Restore it from a back-up if there was one.",
        )
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        said = connection.execute("PRAGMA quick_check").fetchone()[0]
    finally:
        connection.close()
    if said != "ok":
        return "wrong", f"It is damaged ({said}); restore it from a back-up."
    if now and not is_recorded(path, now):
        return "note", "The current generation is not in it yet; the next kggraph build completes it."
    return "ok", "It is whole, and has the current generation."


def _left_over(settings: Settings) -> tuple[Verdict, str]:
    folder = settings.build_path / GENERATIONS
    left = [path.name for path in folder.glob(".*")] if folder.is_dir() else []
    if any(name.startswith(DAMAGED) for name in left):
        return "note", "A damaged generation was put aside; look at the disk, then run kggraph gc."
    if any(name.startswith(PULLED) for name in left):
        return "note", "A pull was stopped; run it again, or kggraph gc."
    return ("note", "A build was stopped; run kggraph gc.") if left else ("ok", "Nothing.")


def _proxies(settings: Settings) -> tuple[Verdict, str]:
    from kggraph.web.visitors import Visitors

    Visitors(settings.trusted_proxies)
    if settings.trusted_proxies:
        return "ok", f"Believed: {', '.join(settings.trusted_proxies)}."
    return "note", "None is trusted: behind a proxy all visitors look alike, and rates are not applied to them."


def _rates(settings: Settings) -> tuple[Verdict, str]:
    from kggraph.web.rates import Rates

    rates = Rates(settings)
    if not settings.rate_store:
        return "ok", "Each web process counts for itself."
    return ("ok", "All count together.") if rates.is_reachable() else ("wrong", "The store of rates does not answer.")


def _store(settings: Settings) -> tuple[Verdict, str]:
    opinion = ask_store(settings)
    asked = f"{opinion.checks} constraints of the shapes were asked of it"
    if not opinion.differences:
        return "ok", f"{asked}: {opinion.results} results, as in the report."
    more = f" (and {len(opinion.differences) - 1} others)" if len(opinion.differences) > 1 else ""
    return "wrong", f"{asked}, and it differs from the report: {opinion.differences[0]}{more}."
