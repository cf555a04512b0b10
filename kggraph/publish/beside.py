"""What other processes make of a generation's quads and descriptions, beside what the build itself goes on with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from kggraph.config import Settings
from kggraph.publish import dumps
from kggraph.publish.counts import Counts
from kggraph.publish.gate import Outcome
from kggraph.publish.generation import FileEntry, file_entry
from kggraph.publish.pool import Pool
from kggraph.publish.publication import compare_publication, write_of_descriptions
from kggraph.publish.void import DUMPS
from kggraph.store.on_disk import write_on_disk
from kggraph.store.overlay import QUADS_NAME
from kggraph.store.remote import remote_of


@dataclass(slots=True)
class Beside:
    """Starts each thing as soon as what it is made of is there; without processes it is made at once."""

    folder: Path
    """The generation in the making."""
    settings: Settings
    pool: Pool
    outcome: Outcome
    """What validation finds."""
    triples: int
    """In the sources."""
    spooled_bytes: int
    """These as N-Triples."""
    _waiting: list[Callable[[], None]] = field(default_factory=list)
    _is_on_disk: bool = False
    _hashed: dict[Path, Callable[[], FileEntry]] = field(default_factory=dict)

    def quads_begun(self) -> None:
        """Begin the database on disk, if these are too many triples for memory and a process can follow their file."""
        if self.pool.has_processes and self._are_many(self.triples):
            self._waiting.append(self.pool.start(write_on_disk, self.folder / "store", self.spooled_bytes))
            self._is_on_disk = True

    def quads_written(self, counts: Counts) -> None:
        """Begin what is made first of the quads: one thing, so that what is longest has a process too."""
        quads, target = self.folder / "store" / QUADS_NAME, self.folder / "dumps"
        target.mkdir()
        if not self._is_on_disk and self._are_many(counts.triples):
            self._start(write_on_disk, quads.parent)
        _, turtle, _ = (target / name for name in DUMPS)
        trig, prefixes = target / "dataset.trig.gz", self.settings.served_prefixes
        self._start(dumps.write_turtle_and_trig, quads, counts.default_graph_bytes, turtle, trig, prefixes)

    def descriptions_written(self) -> None:
        """Begin what takes longest of all; the report on quality counts what validation found."""
        results = [asdict(result) for result in self.outcome.report().results]
        (self.folder / "report.json").write_text(json.dumps(results, ensure_ascii=False, indent=1), "utf-8")
        table = self.folder / "dumps" / "items.csv.gz"
        self._start(write_of_descriptions, self.folder, table, self.settings.languages)

    def all_written(self, counts: Counts, hash: str) -> None:
        """Begin the rest, the longest first."""
        folder, target, settings = self.folder, self.folder / "dumps", self.settings
        quads, size = folder / "store" / QUADS_NAME, counts.default_graph_bytes
        ntriples, _, jsonld = (target / name for name in DUMPS)
        self._start(dumps.write_jsonld, quads, size, jsonld, settings.served_prefixes)
        self._start(compare_publication, folder, settings.build_path, hash, settings.base_uri)
        self._start(dumps.write_ntriples, quads, size, ntriples)
        # By far the largest two; the others are hashed when all are there.
        for path in (folder / "descriptions.sqlite", quads):
            self._hashed[path] = self.pool.start_patiently(file_entry, path)

    def wait(self) -> None:
        """Until everything is there.

        :raises GenerationError: a process was ended.
        """
        for wait in self._waiting:
            wait()

    def entries(self) -> dict[str, FileEntry]:
        """Every file of the generation by its path, when nothing writes there any more.

        :raises GenerationError: a process was ended.
        """
        paths = sorted(path for path in self.folder.rglob("*") if path.is_file())
        others = [path for path in paths if path not in self._hashed]
        found = dict(zip(others, self.pool.map(file_entry, [(path,) for path in others]), strict=True))
        found |= {path: entry() for path, entry in self._hashed.items()}
        return {path.relative_to(self.folder).as_posix(): found[path] for path in paths}

    def _are_many(self, triples: int) -> bool:
        return triples > self.settings.memory_limit_triples and remote_of(self.settings) is None

    def _start(self, function: Callable[..., None], *arguments: object) -> None:
        self._waiting.append(self.pool.start_patiently(function, *arguments))
