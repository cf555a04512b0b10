"""A generation: an immutable folder with everything that is served, and the manifest that says what is in it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from kggraph.config import Settings
from kggraph.errors import GenerationError
from kggraph.model import Model, load_model
from kggraph.publish.descriptions import Descriptions
from kggraph.publish.name_index import NameIndex
from kggraph.publish.quality_data import Quality
from kggraph.search.facets import FacetIndex
from kggraph.search.index import SearchIndex
from kggraph.validation.report import Report, Result

MANIFEST: Final = "manifest.json"
SIGNATURE: Final = "manifest.json.sig"
_CHECK: Final = "check"
"""In a manifest: the SHA-256 of the rest of it."""
CURRENT: Final = "current"
GENERATIONS: Final = "generations"


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of a generation."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`manifest.json`: what a generation is made of."""

    hash: str
    """Of the sources, the program and the settings that change what is made: the version of the dataset."""
    program: str
    """Version and hash of the program that made it."""
    base_uri: str
    created: str
    """When it was built (UTC, xsd:dateTime); not part of any hash."""
    triples: int
    """Different triples in the default graph: data, schemes and ontology."""
    kinds: Mapping[str, int]
    """Kind to number of things."""
    classes: Mapping[str, int]
    """Class IRI to number of things."""
    results: Mapping[str, int]
    """SHACL results that do not block (`report.json`), by severity."""
    files: Mapping[str, FileEntry]
    """Path in the generation to size and hash."""
    made_with: str = ""
    """Of the program and the settings that change what is made (`program.made_with`)."""
    base: str = ""
    """The generation that was built whole, when this one is a patch of it: its dumps are of that version."""
    base_created: str = ""
    """When that was."""
    patches: int = 0
    """How many patches lie between the two."""


@dataclass(frozen=True, slots=True)
class Generation:
    """A built knowledge base, ready to be served."""

    path: Path
    manifest: Manifest

    @property
    def hash(self) -> str:
        """Version of the dataset: 16 hexadecimal digits, also the name of the folder."""
        return self.manifest.hash

    @property
    def quads_path(self) -> Path:
        """N-Quads: all published triples in the default graph, named graphs beside it; of a patch, those of its base.

        What reads all triples opens its folder, which has what differs as well (`store.files.open_store`).
        """
        return self.path / "store" / "quads.nq"

    @property
    def ontology_path(self) -> Path:
        """N-Triples of the ontology, with the base that is served."""
        return self.path / "ontology.nt"

    @property
    def shapes_path(self) -> Path:
        """N-Triples of the shapes."""
        return self.path / "shapes.nt"

    @property
    def void_path(self) -> Path:
        """N-Triples of the VoID description: what is in the dataset, counted."""
        return self.path / "void.nt"

    @property
    def completion_path(self) -> Path:
        """JSON of what the editor of queries completes."""
        return self.path / "completion.json"

    @property
    def dumps_path(self) -> Path:
        """Folder of the files to download."""
        return self.path / "dumps"

    def model(self) -> Model:
        """The model that the shapes of this generation describe."""
        return load_model(self._bytes("shapes.nt"), self._bytes("ontology.nt"))

    def has_model_of(self, other: Generation) -> bool:
        """Whether another generation has the same shapes and ontology."""
        files, others = self.manifest.files, other.manifest.files
        return all(files.get(name) == others.get(name) for name in ("shapes.nt", "ontology.nt"))

    def descriptions(self) -> Descriptions:
        """A new reader of the descriptions; keep it as long as the generation is served."""
        return Descriptions(self.path / "descriptions.sqlite")

    def facets(self) -> FacetIndex:
        """A new reader of the facets; keep it as long as the generation is served."""
        return FacetIndex(self.path / "search" / "facets")

    def text_index(self) -> SearchIndex:
        """A new reader of the text index; keep it as long as the generation is served."""
        return SearchIndex(self.path / "search" / "text")

    def names(self) -> NameIndex:
        """A new reader of all names; keep it as long as the generation is served."""
        return NameIndex(self.path / "search" / "names.sqlite")

    def quality(self) -> Quality:
        """What was measured of this generation; keep it as long as the generation is served."""
        return Quality(self.path)

    def report(self) -> Report:
        """Warnings and infos that validation gave."""
        return Report(tuple(Result(**result) for result in json.loads(self._bytes("report.json"))))

    def verify(self, max_bytes: int | None = None, known: Generation | None = None) -> None:
        """Compare every file with the manifest.

        :param max_bytes: when all files together have more, only their sizes are compared, as opening did.
        :param known: a generation that was compared before: files that the two share are not read again.
        :raises GenerationError: a file is missing or differs.
        """
        if max_bytes is not None and sum(entry.size for entry in self.manifest.files.values()) > max_bytes:
            return
        for name, entry in self.manifest.files.items():
            if known and known.manifest.files.get(name) == entry and self._shares(name, known):
                continue
            try:
                found = file_entry(self.path / name)
            except OSError as error:
                raise GenerationError(f"{name} is missing from generation {self.hash}; build anew.") from error
            if found != entry:
                raise GenerationError(f"{name} of generation {self.hash} is damaged; build anew.")

    def check_form(self) -> None:
        """Refuse a generation of a program that gave its files another form.

        :raises GenerationError: this program cannot read it.
        """
        self.descriptions().close()

    def _shares(self, name: str, other: Generation) -> bool:
        try:
            return (self.path / name).samefile(other.path / name)
        except OSError:
            return False

    def _bytes(self, name: str) -> bytes:
        try:
            return (self.path / name).read_bytes()
        except OSError:
            raise GenerationError(f"{name} of generation {self.hash} cannot be read; build anew.") from None


def open_current(settings: Settings) -> Generation:
    """The generation that is served now.

    :raises GenerationError: none was built, or its manifest cannot be read.
    """
    if settings.generation not in ("", CURRENT):
        named = settings.build_path / GENERATIONS / settings.generation
        if not settings.generation.isalnum() or not named.is_dir():
            raise GenerationError(f"There is no generation {settings.generation} in {settings.build_dir}/.")
        return open_generation(named)
    current = settings.build_path / CURRENT
    try:
        target = current.readlink()
    except OSError:
        raise GenerationError(f"No generation in {settings.build_dir}/ yet; run kggraph build.") from None
    return open_generation(settings.build_path / target)


def open_generation(path: Path) -> Generation:
    """The generation in a folder.

    :raises GenerationError: the manifest or a file is missing, or of another size than the manifest says.
    """
    try:
        said = json.loads((path / MANIFEST).read_bytes())
        if said.pop(_CHECK, None) not in (None, _check(said)):  # none: made before manifests had one
            raise ValueError
        files = {name: FileEntry(**entry) for name, entry in said.pop("files").items()}
        manifest = Manifest(**said, files=files)
        wrong = [name for name, entry in files.items() if (path / name).stat().st_size != entry.size]
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise GenerationError(f"Generation {path.name} is incomplete or damaged; build anew.") from error
    if wrong:
        raise GenerationError(f"{wrong[0]} of generation {path.name} is damaged; build anew.")
    return Generation(path, manifest)


def current_hash(settings: Settings) -> str | None:
    """Hash of the current generation by one `readlink`: cheap enough to ask often."""
    if settings.generation not in ("", CURRENT):
        return settings.generation
    try:
        return (settings.build_path / CURRENT).readlink().name
    except OSError:
        return None


def file_entry(path: Path) -> FileEntry:
    """Size and hash of a file."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return FileEntry(os.fstat(file.fileno()).st_size, digest)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `manifest.json`, the last file of a generation."""
    told = asdict(manifest)
    text = json.dumps({**told, _CHECK: _check(told)}, ensure_ascii=False, indent=1)
    (folder / MANIFEST).write_text(f"{text}\n", "utf-8")


def _check(told: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
