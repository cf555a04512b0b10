"""Validation of single files, inside or outside the data folder, as if they were in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from kggraph.config import Settings
from kggraph.model import load_model
from kggraph.publish.inputs import read_graph
from kggraph.rdf.iris import thing_iri
from kggraph.rdf.source import read_file, read_folder
from kggraph.validation.engines import data_graph, validate
from kggraph.validation.explain import Explainer
from kggraph.validation.report import Report
from kggraph.validation.shape_texts import ShapeTexts


def validate_files(
    settings: Settings, paths: Sequence[Path], *, lang: str | None = None, engine: str = "shifty"
) -> tuple[Report, list[str]]:
    """The results that are about things in these files, and a line for each.

    Their things take the place of things with the same IRI in the data folder; everything else there is what they are
    checked against.

    :raises SourceError: a file cannot be read.
    :raises ShapesError: the shapes cannot be used.
    """
    settings = replace(settings, base_uri=settings.source_base_uri)
    ontology, shapes = (read_graph(folder, settings)[0] for folder in (settings.ontology_path, settings.shapes_path))
    load_model(shapes, ontology)
    given = [read_file(path, root=Path(), prefixes=settings.all_prefixes) for path in paths]
    where = {thing_iri(subject): file.relative for file in given for subject in file.subjects}
    data = [file.ntriples for file in given]
    for file in read_folder(settings.data_path, root=settings.root, prefixes=settings.all_prefixes):
        if not _overlaps(file.subjects, where):
            data.append(file.ntriples)
    report = validate(data_graph(b"".join(data), ontology), shapes, engine)
    own = Report(tuple(result for result in report.results if thing_iri(result.focus.strip("<>")) in where))
    explainer = Explainer(ShapeTexts(shapes), Path(), where.get, lang=lang or settings.languages[0])
    return own, explainer.lines(own, {result.severity for result in own.results})


def _overlaps(subjects: Iterable[str], things: Iterable[str]) -> bool:
    return not {thing_iri(subject) for subject in subjects}.isdisjoint(things)
