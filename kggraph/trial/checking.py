"""Given data against the shapes, as if they were in place of what is published of the same things."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kggraph.model import Model
from kggraph.publish.context import model_context
from kggraph.publish.described_graph import DescribedGraph
from kggraph.publish.descriptions import Descriptions
from kggraph.publish.generation import Generation
from kggraph.rdf import ntriples
from kggraph.rdf.iris import thing_iri
from kggraph.trial.reading import Given, read_jsonld, read_turtle
from kggraph.trial.records import read_records
from kggraph.validation.engines import Validator, data_graph
from kggraph.validation.explain import Explainer
from kggraph.validation.findings import findings
from kggraph.validation.graphs import own_nodes, replaced
from kggraph.validation.incremental import IncrementalValidator
from kggraph.validation.report import Report, Result, rule_of
from kggraph.validation.report_formats import render
from kggraph.validation.shape_texts import ShapeTexts
from kggraph.validation.targets import focus_nodes, read_targets

INPUTS: Final = ("ttl", "jsonld", "csv", "jsonl")
"""Names of the formats that are read, which are also the ends of names of files."""
MOST_RESULTS: Final = 10_000
"""Results in one report; all are counted."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One validation: plain values, to be sent to the process that does it."""

    generation: str
    """Folder of the generation."""
    file: str
    """The data, in a folder of their own."""
    input: str
    """One of `INPUTS`."""
    lang: str
    form: str
    """A name of `report_formats.FORMATS`."""
    base_from: str
    """Base of the IRIs in our files, when it is another one than is served."""
    prefixes: dict[str, str]
    memory_mb: int


@dataclass(frozen=True, slots=True)
class Answered:
    """What came out."""

    body: bytes
    things: int
    """How many of the given things a shape looked at."""
    results: int
    """How many results there are; more than `MOST_RESULTS` are cut."""


class Checker:
    """Everything that is opened before the first byte of a stranger's data is read."""

    def __init__(self, generation: Generation) -> None:
        self.base = generation.manifest.base_uri
        self.shapes, self.ontology = generation.shapes_path.read_bytes(), generation.ontology_path.read_bytes()
        self.model: Model = generation.model()
        self.descriptions: Descriptions = generation.descriptions()
        self.descriptions.kinds()  # opens the file
        self.axioms = data_graph(b"", self.ontology)
        self.validator = IncrementalValidator(self.shapes, self.axioms)
        self.texts = ShapeTexts(self.shapes)

    def check(self, asked: Asked) -> Answered:
        """Read the data and validate them.

        :raises UnreadableData: they cannot be read.
        """
        path = Path(asked.file)
        given = self._read(asked, path)
        own = {thing_iri(subject) for subject in given.subjects}
        focus = focus_nodes(read_targets(self.shapes), given.ntriples, self.model.superclasses)
        results = [one for one in self._report(given, own) if thing_iri(one.focus.strip("<>")) in own]
        explainer = _Explainer(self.texts, path, given, lang=asked.lang, base_from=asked.base_from, base_to=self.base)
        things = len({thing_iri(node.strip("<>")) for _, node in focus})
        kept = Report(tuple(results[:MOST_RESULTS]))
        told = findings(kept, explainer, things, totals=_totals(results))
        return Answered(render(asked.form, told, self.texts).encode("utf-8", "replace"), things, len(results))

    def _report(self, given: Given, own: set[str]) -> Sequence[Result]:
        described = filter(None, map(self.descriptions.get, sorted(own)))
        published = [description.ntriples for description in described]
        graph = replaced(DescribedGraph(self.descriptions), b"".join(published), given.ntriples)
        found = self.validator.about(graph, own_nodes(given.ntriples))
        if found is not None:
            return found
        # A constraint that does not say what it looks at may look at anything.
        data = [triples for iri, _, triples in self.descriptions.everything() if iri not in own]
        whole = b"".join([*data, given.ntriples, self.axioms])
        return Validator(self.shapes, texts=self.texts).report(whole).results

    def _read(self, asked: Asked, path: Path) -> Given:
        base_from = asked.base_from or self.base
        readers: Mapping[str, Callable[[], Given]] = {
            "ttl": lambda: read_turtle(path, asked.prefixes, base_from, self.base),
            "jsonld": lambda: read_jsonld(path, self._own_context(), base_from, self.base),
            "csv": lambda: self._records(path, is_csv=True),
            "jsonl": lambda: self._records(path, is_csv=False),
        }
        return readers[asked.input]()

    def _records(self, path: Path, *, is_csv: bool) -> Given:
        return read_records(path, self.shapes, self.model, self.descriptions, self.base, is_csv=is_csv)

    def _own_context(self) -> tuple[str, Any]:
        return f"{self.base}context/v", model_context(self.model)["@context"]


def _totals(results: list[Result]) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for result in results:
        found[rule_of(result)] = found.get(rule_of(result), 0) + 1
    return found


class _Explainer(Explainer):
    """Says the line of what was given, not of a file of ours."""

    def __init__(
        self, shapes: ShapeTexts, path: Path, given: Given, *, lang: str, base_from: str, base_to: str
    ) -> None:
        name = path.name if given.is_turtle else ""
        base_from = base_from or base_to
        super().__init__(shapes, path.parent, lambda _: name or None, lang=lang, base_from=base_from, base_to=base_to)
        self._path, self._lines_of = path, given.lines

    def where(self, result: Result) -> tuple[str | None, int | None]:
        """The line of the record where a record is a line, else as in a file of ours."""
        if not self._lines_of or not result.focus.startswith("<"):
            return super().where(result)
        line = self._lines_of.get(thing_iri(ntriples.iri(result.focus.encode())))
        return (self._path.name, line) if line else (None, None)
