"""The skeleton of a new thing: its file with every field as a comment to be filled in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from kggraph.config import Settings
from kggraph.editing.guide import ANY_ADDRESS, FieldGuide, Guides, phrase, text_in
from kggraph.errors import ConfigError
from kggraph.importer.catalog import Catalog
from kggraph.importer.problems import nearest, suggestion
from kggraph.importer.records import is_slug
from kggraph.importer.rules import folder
from kggraph.model import ClassModel, Model, SchemeModel, load_model
from kggraph.publish.inputs import read_graph, read_shapes
from kggraph.rdf.blocks import Notes
from kggraph.rdf.iris import slugify
from kggraph.rdf.source import SourceFile, read_folder
from kggraph.rdf.turtle import canonical
from kggraph.search.value_rules import value_rules
from kggraph.terms import RDF, SKOS

_MOST_LISTED: Final = 12
"""Concepts named one by one; of a longer list the file is named."""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A file to be filled in."""

    text: str
    """Canonical Turtle."""
    path: Path | None
    """Where it is to be; nothing for a concept, which stands in the file of its scheme."""
    scheme_file: str = ""
    """That file, from the root."""


def skeleton(settings: Settings, kind: str, slug: str, lang: str) -> Skeleton:
    """The skeleton of a thing that is not there yet.

    :param kind: as in addresses: `item`, `organisation`, or that of a concept scheme.
    :param slug: lower-case letters, digits and single hyphens.
    :param lang: language of the comments.
    :raises ConfigError: there is no such kind, no thing may have that slug, or one has it already.
    """
    settings = replace(settings, base_uri=settings.source_base_uri)
    shapes, ontology = read_shapes(settings)[0], read_graph(settings.ontology_path, settings)[0]
    model = load_model(shapes, ontology)
    found = model.by_kind(kind)
    if found is None:
        raise ConfigError(_no_such_kind(kind, model))
    if not is_slug(slug):
        better = slugify(slug)
        hint = suggestion([better] if better else [])
        raise ConfigError(f"{slug!r} may only have a-z, 0-9 and single hyphens. {hint}".rstrip())
    files = list(read_folder(settings.data_path, root=settings.root, prefixes=settings.all_prefixes))
    catalog = Catalog(files, {}, settings.base_uri)
    iri = f"{settings.base_uri}id/{kind}/{slug}"
    if (there := catalog.file_of.get(iri)) is not None:
        raise ConfigError(f"There is a thing with that address already, in {there.relative}; choose another slug.")
    scheme = model.scheme_by_kind(kind)
    path = None if scheme else settings.data_path / folder(found) / f"{slug}.ttl"
    if path is not None and path.exists():
        raise ConfigError(f"There is a file {_relative(path, settings)} already; choose another slug.")
    guides = Guides(shapes, model, settings.all_prefixes)
    writer = _Writer(settings, guides, found, catalog, shapes, lang)
    text = writer.text(iri, scheme, _relative(path, settings) if path else "-")
    return Skeleton(text, path, writer.file_of_scheme(scheme.iri) if scheme else "")


def _no_such_kind(kind: str, model: Model) -> str:
    kinds = sorted([*(c.kind for c in model.classes if c.kind), *(scheme.kind for scheme in model.schemes)])
    hint = suggestion(nearest(kind, kinds, 1), f"There are: {', '.join(kinds)}.")
    return f"There is no kind {kind!r}. {hint}"


def _relative(path: Path, settings: Settings) -> str:
    return path.relative_to(settings.root).as_posix() if path.is_relative_to(settings.root) else str(path)


class _Writer:
    def __init__(
        self, settings: Settings, guides: Guides, found: ClassModel, catalog: Catalog, shapes: bytes, lang: str
    ) -> None:
        self._settings, self._guides, self._class, self._lang = settings, guides, found, lang
        self._catalog = catalog
        self._required = value_rules(found.fields, shapes)

    def text(self, iri: str, scheme: SchemeModel | None, file: str) -> str:
        """The canonical text, with the comments above the thing."""
        triples = [f"<{iri}> <{RDF}type> <{self._class.iri}> .\n"]
        if scheme is not None:
            triples.append(f"<{iri}> <{SKOS}inScheme> <{scheme.iri}> .\n")
        notes = Notes(about={iri: [f"# {line}".rstrip() for line in self._lines(file)]}, order=[iri])
        return canonical("".join(triples).encode(), self._settings.all_prefixes, notes)

    def _lines(self, file: str) -> Iterable[str]:
        lang = self._lang
        yield f"{text_in(self._class.label, lang)}: {text_in(self._class.description, lang)}".rstrip(": ")
        yield phrase("head", lang, type=self._guides.curie(self._class.iri))
        yield phrase("check", lang, file=file)
        for guide in self._guides.of(self._class):
            yield ""
            yield from self._field(guide)

    def _field(self, guide: FieldGuide) -> Iterable[str]:
        lang, field = self._lang, guide.field
        meaning = " ".join(text_in(field.description, lang).split())
        yield f"{text_in(field.label, lang)} ({text_in(guide.count, lang)}). {meaning}".rstrip()
        example = guide.example
        if field.scheme:
            allowed = sorted(self._catalog.schemes[field.scheme].having(self._required[field.key]).values())
            yield self._concepts(field.scheme, allowed)
            if allowed and example == ANY_ADDRESS:
                example = self._guides.curie(allowed[0])
        else:
            form = text_in(guide.form, lang)
            yield f"{form[:1].upper()}{form[1:]}."
        yield f"{guide.term} {_one_line(example)} ;"

    def _concepts(self, scheme: str, allowed: Sequence[str]) -> str:
        if len(allowed) > _MOST_LISTED:
            return phrase("choose_from", self._lang, number=len(allowed), file=self.file_of_scheme(scheme)) + "."
        return phrase("choose", self._lang, concepts=", ".join(map(self._guides.curie, allowed))) + "."

    def file_of_scheme(self, scheme: str) -> str:
        """The file, from the root, that describes a concept scheme."""
        file: SourceFile | None = self._catalog.file_of.get(scheme)
        return file.relative if file else self._guides.curie(scheme)


def _one_line(value: str) -> str:
    return value.replace("\n", "\\n")
