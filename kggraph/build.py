"""Sources to a served generation: read, validate, compile, put in place by one rename.

A generation is an immutable folder `build/generations/<hash>`; `build/current` is a link to the one that is served.
Data that do not conform are never published, and a build that stops at any moment leaves the old generation in place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kggraph.config import Settings
from kggraph.model import Model
from kggraph.publish.descriptions import Descriptions
from kggraph.search.facets import FacetIndex
from kggraph.validation.report import Report

Progress = Callable[[str, int, int], None]
"""Called with a step's name, how much of it is done, and how much there is (0: not known)."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file of a generation."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`manifest.json`: what a generation is made of."""

    hash: str
    """Of the sources, the program version and the settings that change what is made: the version of the dataset."""
    program: str
    base_uri: str
    created: str
    """When it was built (UTC, xsd:dateTime); not part of any hash."""
    triples: int
    """Different triples in the default graph: data, schemes and ontology."""
    kinds: Mapping[str, int]
    """Kind to number of things."""
    classes: Mapping[str, int]
    """Class IRI to number of things."""
    warnings: int
    """SHACL results below Violation, kept in `report.nt`."""
    files: Mapping[str, FileEntry]
    """Path in the generation to size and hash."""


@dataclass(frozen=True, slots=True)
class Generation:
    """A built knowledge base, ready to be served."""

    path: Path
    manifest: Manifest

    @property
    def hash(self) -> str:
        return self.manifest.hash

    @property
    def quads_path(self) -> Path:
        """N-Quads for the query host: all published triples in the default graph, named graphs beside it."""
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
    def dumps_path(self) -> Path:
        return self.path / "dumps"

    def model(self) -> Model:
        """The model that the shapes of this generation describe."""
        raise NotImplementedError

    def descriptions(self) -> Descriptions:
        """A new reader of the descriptions; keep it as long as the generation is served."""
        raise NotImplementedError

    def facets(self) -> FacetIndex:
        """A new reader of the facets; keep it as long as the generation is served."""
        raise NotImplementedError

    def report(self) -> Report:
        """Warnings and infos that validation gave."""
        raise NotImplementedError


def build(settings: Settings, *, progress: Progress | None = None) -> Generation:
    """Build, or reuse when nothing changed, and make it the current generation.

    :raises SourceError: a file cannot be read, or describes what is not its own.
    :raises ShapesError: the shapes cannot be used, or one of them checks nothing.
    :raises NonconformingData: with the report as `report`; nothing was published.
    :raises ConfigError: a folder is missing or cannot be written to.
    """
    raise NotImplementedError


def open_current(settings: Settings) -> Generation:
    """The generation that is served now.

    :raises GenerationError: none was built, or its manifest cannot be read.
    """
    raise NotImplementedError


def current_hash(settings: Settings) -> str | None:
    """Hash of the current generation by one `readlink`: cheap enough to ask at every request."""
    raise NotImplementedError
