"""Sources to a served generation: read, validate, compile, put in place by one rename.

A generation is an immutable folder `build/generations/<hash>`; `build/current` is a link to the one that is served.
Data that do not conform are never published, and a build that stops at any moment leaves the old generation in place.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias

from kggraph.config import Settings
from kggraph.errors import GenerationError, ShapesError, SourceError
from kggraph.model import load_model
from kggraph.publish import inputs, shelf
from kggraph.publish.beside import Beside
from kggraph.publish.compile import Sources, compile_sources
from kggraph.publish.counts import Counts
from kggraph.publish.gate import Outcome, Rules, refused, validated
from kggraph.publish.generation import (
    FileEntry,
    Generation,
    Manifest,
    current_hash,
    open_current,
    open_generation,
    write_manifest,
)
from kggraph.publish.looks import empty, source_folders
from kggraph.publish.ownership import twice
from kggraph.publish.patch import NO_LINKS, patch_generation
from kggraph.publish.pool import Pool, without_collector
from kggraph.publish.program import made_with, program
from kggraph.publish.publication import (
    Differing,
    log_publication,
    prepared,
)
from kggraph.publish.signature import sign
from kggraph.publish.spool import SEGMENT_FILES, Problem, ReadJob, Segment, forget, look_of_read, read_segment
from kggraph.publish.text_index import write_text_index
from kggraph.rdf.folders import turtle_files
from kggraph.rdf.iris import thing_iri
from kggraph.search.facets import FacetIndex
from kggraph.search.patched_items import UnpatchableError
from kggraph.store.remote import Remote, remote_of
from kggraph.terms import SH
from kggraph.validation.engines import data_graph
from kggraph.validation.explain import Explainer
from kggraph.validation.reach import read_reach
from kggraph.validation.shape_texts import ShapeTexts
from kggraph.validation.targets import read_targets, without_focus_nodes

__all__ = [
    "Checked",
    "FileEntry",
    "Generation",
    "Manifest",
    "Progress",
    "build",
    "check",
    "current_hash",
    "open_current",
]

Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with a step's name, how much of it is done, and how much there is (0: not known)."""

_SPOOL: Final = ".spool"


def build(
    settings: Settings,
    *,
    lang: str | None = None,
    engine: str = "shifty",
    progress: Progress | None = None,
    only: Sequence[Path] | None = None,
    patch: bool = True,
) -> Generation:
    """Build, or reuse when nothing changed, and make it the current generation.

    :param lang: language of the report when the data do not conform; the first one of the settings when not given.
    :param engine: SHACL engine that validates.
    :param only: files that may have changed; the others are taken for what they were at the last build.
    :param patch: whether a generation may be made as a patch of the current one, when few items differ.
    :raises SourceError: a file cannot be read, or describes what is not its own.
    :raises ShapesError: the shapes cannot be used, or one of them checks nothing.
    :raises NonconformingData: with a line for every violation; nothing was published.
    :raises ConfigError: a folder is missing, or the build folder cannot be written to.
    """
    settings = replace(settings, root=settings.root.absolute())
    tell = progress or (lambda step, done, total: None)
    inputs.check_folders(settings)
    # A source that cannot be read is a SourceError before it comes here.
    with (
        without_collector(),
        shelf.written(settings),
        shelf.locked(settings.build_path, lambda: tell("wait for another build", 0, 0)),
        prepared(settings.build_path),
    ):
        return _Build(settings, lang or settings.languages[0], engine, tell).run(only, patch)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found in sources that conform."""

    files: int
    """Data files that were read."""
    results: Mapping[str, int]
    """Severity below Violation to number of results."""
    lines: tuple[str, ...]
    """A line for each of these."""


def check(
    settings: Settings, *, lang: str | None = None, engine: str = "shifty", progress: Progress | None = None
) -> Checked:
    """Read and validate as `build` does, and make nothing.

    :raises SourceError: and the other errors of `build` that are about sources.
    """
    surveyed = survey(settings, lang=lang, engine=engine, progress=progress)
    if surveyed.outcome.violations:
        raise refused(surveyed.outcome.violations, surveyed.outcome.report(), surveyed.explainer)
    totals = surveyed.outcome.totals
    results = {severity.removeprefix(SH): count for severity, count in sorted(totals.items())}
    return Checked(surveyed.files, results, tuple(surveyed.explainer.lines(surveyed.outcome.report(), totals)))


@dataclass(frozen=True, slots=True)
class Surveyed:
    """What was found in all sources, whether they conform or not."""

    files: int
    """Data files that were read."""
    outcome: Outcome
    explainer: Explainer


def survey(
    settings: Settings, *, lang: str | None = None, engine: str = "shifty", progress: Progress | None = None
) -> Surveyed:
    """Read and validate everything, and give what was found instead of refusing it.

    :raises SourceError: and the other errors of `build` that are about sources, but not `NonconformingData`.
    """
    settings = replace(settings, root=settings.root.absolute())
    tell = progress or (lambda step, done, total: None)
    paths = turtle_files(settings.data_path, root=settings.root)
    with TemporaryDirectory(prefix="kggraph-") as folder, Pool(many=len(paths) > 2 * SEGMENT_FILES) as pool:
        with inputs.reading(settings, remember=False) as reading:
            sources = _read(Path(folder) / _SPOOL, paths, settings, pool, tell, reading)
        outcome, done = Outcome(), 0
        for segment in _looked_through(sources, settings, engine, pool, outcome):
            tell("validate", done := done + len(segment.files), len(paths))
        forget()
    return Surveyed(len(paths), outcome, _explainer(sources, settings, lang or settings.languages[0]))


@dataclass(frozen=True, slots=True)
class _Build:
    settings: Settings
    lang: str
    engine: str
    tell: Progress

    def run(self, only: Sequence[Path] | None, may_patch: bool) -> Generation:
        settings, tell = self.settings, self.tell
        tell("look for changes", 0, 0)
        # With nothing to reuse or patch, the files need not be read before they are read.
        is_first = only is None and not shelf.generations(settings.build_path) and inputs.are_below_root(settings)
        version = "" if is_first else inputs.hash_of_files(settings, remember=True, only=only)
        ready = None if is_first else shelf.finished(settings.build_path, version, settings.verify_mb * 1024 * 1024)
        # An engine elsewhere gets all triples of one file.
        if ready and open_generation(ready).manifest.base and (remote_of(settings) or not may_patch):
            ready = None
        differing = None
        if ready is None:
            with shelf.workshop(settings.build_path) as folder:
                differing = self._patched(folder, version) if may_patch else None
                made = version if differing else _make(folder, settings, self.lang, self.engine, tell, is_first)
                ready = shelf.put(settings.build_path, folder, made)
        generation = open_generation(ready)
        sign(generation, settings)
        remote = remote_of(settings)
        if remote is not None:
            _publish(remote, generation, settings, tell)
        shelf.release(settings.build_path)
        shelf.make_current(settings.build_path, ready)
        if is_first or generation.hash == version:
            inputs.remember_built(settings, generation.hash)
        tell("record what changed", 0, 0)
        log_publication(settings.build_path, generation, differing=differing)
        # Only now: the log looks into the generation that a patch was made of.
        shelf.prune(settings.build_path, settings.keep_generations)
        return generation

    def _patched(self, folder: Path, version: str) -> Differing | None:
        """Make the generation as a patch of the current one; nothing when all has to be built."""
        settings = self.settings
        try:
            base = open_current(settings)
            changed = inputs.changed_since(settings, base.hash)
            if changed is None:
                return None
            self.tell("patch", 0, len(changed))
            edits = patch_generation(folder, base, version, changed, settings, lang=self.lang, engine=self.engine)
            return Differing(base, edits)
        except (UnpatchableError, GenerationError, sqlite3.Error, ValueError, LookupError) as error:
            reason = str(error)  # the current generation may be damaged
        except OSError as error:
            if error.errno not in NO_LINKS:
                raise
            reason = f"The disk has no hard links ({error.strerror})."
        self.tell(f"build everything, since this is no patch: {reason}", 0, 0)
        for path in folder.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return None


def _publish(remote: Remote, generation: Generation, settings: Settings, tell: Progress) -> None:
    """Put the generation into the engine elsewhere before it becomes the current one, and take away what is too old."""
    from kggraph.store.remote_publication import Publisher, Quads  # takes longer to import than to build without

    def quads(one: Generation) -> Quads:
        return Quads(one.hash, one.quads_path, one.manifest.triples)

    others = [one for one in shelf.generations(settings.build_path) if one.hash != generation.hash]
    publisher = Publisher(remote, settings.build_path)
    publisher.publish(quads(generation), map(quads, others), lambda done, total: tell("publish", done, total))
    # The one before stays in any case: it is asked until every server has changed over, or for good when we end here.
    publisher.forget({generation.hash, *(one.hash for one in others[: max(settings.keep_generations - 1, 1)])})


def _make(folder: Path, settings: Settings, lang: str, engine: str, tell: Progress, is_first: bool) -> str:
    paths = turtle_files(settings.data_path, root=settings.root)
    with Pool(many=len(paths) > 2 * SEGMENT_FILES) as pool:
        with inputs.reading(settings, remember=is_first) as reading:
            sources = _read(folder / _SPOOL, paths, settings, pool, tell, reading)
        files = len(paths)
        del paths  # 300 bytes a file
        outcome = Outcome()
        tell("validate and compile", 0, files)
        (folder / "search").mkdir()
        (folder / "ontology.nt").write_bytes(sources.ontology)
        (folder / "shapes.nt").write_bytes(sources.shapes)
        triples = sum(segment.triples for segment in sources.segments)
        spooled = sum(segment.path.stat().st_size for segment in sources.segments)
        beside = Beside(folder, settings, pool, outcome, triples, spooled)
        counts = compile_sources(
            sources,
            _validated(sources, settings, lang, engine, pool, outcome),
            folder,
            settings,
            done=lambda done: tell("validate and compile", done, files),
            follower=beside,
        )
        # What is known of every file is of no more use, and takes memory that the text index needs.
        sources = replace(sources, segments=(), where={})
        forget()
        shutil.rmtree(folder / _SPOOL)
        beside.all_written(counts, sources.hash)
        tell("write dumps", 0, 0)
        write_text_index(
            folder / "search" / "text",
            sources.model,
            folder / "descriptions.sqlite",
            FacetIndex(folder / "search" / "facets"),
            settings.languages,
            pool=pool,
            done=lambda items: tell("index texts", items, 0),
        )
        beside.wait()
        tell("check and close", 0, 0)
        entries = beside.entries()
    write_manifest(folder, _manifest(sources, settings, outcome, counts, entries))
    return sources.hash


# ------------------------------------------------------------------ reading
def _read(
    spool: Path, paths: Sequence[Path], settings: Settings, pool: Pool, tell: Progress, reading: inputs.Reading
) -> Sources:
    now_ns = time.time_ns()
    ontology, ontology_files = inputs.read_graph(settings.ontology_path, settings)
    shapes, shapes_files = inputs.read_shapes(settings)
    for folder, found in zip(source_folders(settings), (ontology_files, shapes_files, paths), strict=True):
        if not found:
            raise empty(folder)
    for source in (*ontology_files, *shapes_files):
        reading.take(source.relative, source.sha256, look_of_read(source, now_ns))
    model = load_model(shapes, ontology)
    reach = read_reach(shapes)
    job = ReadJob(
        settings.root,
        settings.source_base_uri,
        settings.base_uri,
        settings.all_prefixes,
        tuple(sorted(reach.backwards)) if reach else (),
    )
    spool.mkdir()
    batches = [paths[start : start + SEGMENT_FILES] for start in range(0, len(paths), SEGMENT_FILES)]
    calls = [(job, batch, spool / f"{number}.nt") for number, batch in enumerate(batches)]
    segments: list[Segment] = []
    where = {thing_iri(subject): file.relative for file in ontology_files for subject in file.subjects}
    tell("read", 0, len(paths))
    for segment in pool.map(read_segment, calls):
        if isinstance(segment, Problem):
            raise SourceError(segment.message, path=segment.path, line=segment.line, column=segment.column)
        for file, look in zip(segment.files, segment.looks, strict=True):
            for thing in file.things:
                if (first := where.setdefault(thing, file.relative)) != file.relative:
                    raise twice(settings.root, thing, first, file.relative, settings.base_uri, settings.source_base_uri)
            reading.take(file.relative, file.sha256, look)
        segments.append(replace(segment, looks=()))
        tell("read", sum(len(one.files) for one in segments), len(paths))
    return Sources(segments, ontology, shapes, model, reading.version(), where)


# ------------------------------------------------------------------ validating
def _validated(
    sources: Sources, settings: Settings, lang: str, engine: str, pool: Pool, outcome: Outcome
) -> Iterator[Segment]:
    """The segments while they are validated, until there is a violation; the rest is validated all the same.

    :raises ShapesError: at the end, when a shape checks nothing.
    :raises NonconformingData: at the end, when there was a violation.
    """
    for segment in _looked_through(sources, settings, engine, pool, outcome):
        if not outcome.violations:
            yield segment
    if outcome.violations:
        raise refused(outcome.violations, outcome.report(), _explainer(sources, settings, lang))


def _looked_through(
    sources: Sources, settings: Settings, engine: str, pool: Pool, outcome: Outcome
) -> Iterator[Segment]:
    """Every segment while it is validated.

    :raises ShapesError: at the end, when a shape checks nothing.
    """
    targets = tuple(read_targets(sources.shapes))
    axioms = data_graph(b"", sources.ontology)
    rules = Rules(sources.shapes, targets, sources.model.superclasses, axioms, read_reach(sources.shapes), engine)
    yield from validated(sources.segments, rules, pool, outcome)
    if unused := without_focus_nodes(targets, outcome.used):
        raise ShapesError(
            f"Nothing in the data is checked by {', '.join(f'<{shape}>' for shape in unused)}: correct its target, or "
            "say kg:mayBeEmpty true on the shape."
        )


def _explainer(sources: Sources, settings: Settings, lang: str) -> Explainer:
    return Explainer(
        ShapeTexts(sources.shapes),
        settings.root,
        sources.where.get,
        lang=lang,
        base_from=settings.source_base_uri,
        base_to=settings.base_uri,
    )


# ------------------------------------------------------------------ writing
def _manifest(
    sources: Sources, settings: Settings, outcome: Outcome, counts: Counts, entries: Mapping[str, FileEntry]
) -> Manifest:
    return Manifest(
        hash=sources.hash,
        program=program(),
        base_uri=settings.base_uri,
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        triples=counts.triples,
        kinds=dict(sorted(counts.kinds.items())),
        classes=dict(sorted(counts.classes.items())),
        results={severity.removeprefix(SH): count for severity, count in sorted(outcome.totals.items())},
        files=entries,
        made_with=made_with(settings),
    )
