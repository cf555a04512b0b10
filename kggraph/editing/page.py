"""Every field of a knowledge base as Markdown, for `docs/editing.md`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kggraph.config import Settings
from kggraph.editing.guide import LANGUAGES, FieldGuide, Guides, text_in
from kggraph.importer.rules import folder
from kggraph.model import ClassModel, LangText, load_model
from kggraph.publish.inputs import read_graph, read_shapes


def fields_markdown(settings: Settings) -> str:
    """A section for each class, the main one first, with each of its fields.

    :raises ShapesError: the shapes cannot be used.
    """
    settings = replace(settings, base_uri=settings.source_base_uri)
    shapes, ontology = read_shapes(settings)[0], read_graph(settings.ontology_path, settings)[0]
    model = load_model(shapes, ontology)
    guides = Guides(shapes, model, settings.all_prefixes)
    classes = sorted(model.classes, key=lambda one: (not one.is_main, one.kind is None, text_in(one.label, "en")))
    return "\n".join(line for found in classes for line in _class(found, guides))


def _class(found: ClassModel, guides: Guides) -> Iterator[str]:
    yield f"### {_both(found.label)}\n"
    where = f" Its file is `data/{folder(found)}/<slug>.ttl`." if found.kind and found.folder else ""
    yield f"`a {guides.curie(found.iri)}`. {_escaped(text_in(found.description, 'en'))}{where}\n"
    for guide in guides.of(found):
        yield from _field(guide)


def _field(guide: FieldGuide) -> Iterator[str]:
    yield f"#### {_both(guide.field.label)}\n"
    form, count = text_in(guide.form, "en"), text_in(guide.count, "en")
    meaning = _escaped(" ".join(text_in(guide.field.description, "en").split()))
    yield f"{meaning} {count[:1].upper()}{count[1:]}; {_escaped(form)}.\n".lstrip()
    example = " ".join(guide.example.split())
    yield f"`{guide.term} {example} ;`\n"
    if guide.messages:
        yield "\n".join(f"- {_escaped(_both(texts))}" for texts in guide.messages) + "\n"


def _both(texts: LangText) -> str:
    return " · ".join(dict.fromkeys(text_in(texts, lang) for lang in reversed(LANGUAGES)))


def _escaped(text: str) -> str:
    for mark in "<*_":
        text = text.replace(mark, f"\\{mark}")
    return text
