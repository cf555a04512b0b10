"""The ontology at `/def` and the shapes at `/shapes`, for people and machines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox
from flask import Blueprint

from kggraph.model import ClassModel, Field, load_model
from kggraph.publish.labels import Label, pick
from kggraph.publish.versions import kept_versions, version_graph
from kggraph.rdf.iris import local_name
from kggraph.terms import DCTERMS, OWL, RDF, RDFS, SH, SKOS
from kggraph.validation.shape_texts import ShapeTexts
from kggraph.web.examples import OF_CLASS, OF_PROPERTY, example
from kggraph.web.generations import KnowledgeBase
from kggraph.web.http import Document, answered
from kggraph.web.render import Here, here
from kggraph.web.versioned import BY_SUFFIX, Versioned, served_versions
from kggraph.web.views import Shown

blueprint = Blueprint("vocabulary", __name__)

_SUFFIX_RULE: Final = f"<any({', '.join(BY_SUFFIX)}):suffix>"

_CLASSES: Final = (f"{OWL}Class", f"{RDFS}Class")
_PROPERTIES: Final = tuple(
    [f"{OWL}{name}" for name in ("ObjectProperty", "DatatypeProperty", "AnnotationProperty")] + [f"{RDF}Property"]
)
_LABELS: Final = (f"{RDFS}label", f"{SKOS}prefLabel", f"{DCTERMS}title")
_TEXTS: Final = (f"{SKOS}definition", f"{RDFS}comment", f"{DCTERMS}description")
_FACTS: Final = (
    ("subclass", f"{RDFS}subClassOf"),
    ("subproperty", f"{RDFS}subPropertyOf"),
    ("domain", f"{RDFS}domain"),
    ("range", f"{RDFS}range"),
    ("inverse", f"{OWL}inverseOf"),
    ("same", f"{OWL}equivalentClass"),
    ("same", f"{OWL}equivalentProperty"),
)


@blueprint.get("/def")
@blueprint.get(f"/def.{_SUFFIX_RULE}")
@answered
def ontology(suffix: str = "") -> Document:
    """The ontology: every class and property with its hash URI as the place on the page."""
    return _versioned(here(), "def").current(suffix)


@blueprint.get("/def/<name>")
@answered
def ontology_version(name: str) -> Document:
    """One version of the ontology: the current one, or one that is kept."""
    return _versioned(here(), "def").version(name)


@blueprint.get("/shapes")
@blueprint.get(f"/shapes.{_SUFFIX_RULE}")
@answered
def shapes(suffix: str = "") -> Document:
    """The shapes: what is said of each class of things, and what the values must be."""
    return _versioned(here(), "shapes").current(suffix)


@blueprint.get("/shapes/<name>")
@answered
def shapes_version(name: str) -> Document:
    """One version of the shapes."""
    return _versioned(here(), "shapes").version(name)


def _versioned(place: Here, part: str) -> Versioned:
    show = _ontology if part == "def" else _shapes
    kb = place.kb

    def graph(version: str) -> bytes:
        if version and not versions(kb, part)[version]:
            return version_graph(kept_versions(kb.settings, part)[version], kb.settings)
        return _graph(kb, part)

    return Versioned(
        place, f"/{part}", f"{OWL}Ontology", lambda: versions(kb, part), graph, lambda ntriples: show(place, ntriples)
    )


def versions(kb: KnowledgeBase, part: str) -> dict[str, bool]:
    """The versions of `def` or `shapes` that are served, the newest first, and whether each is the current one."""
    return served_versions(kb, _graph(kb, part), f"{kb.addresses.base_uri}{part}", f"/{part}")


def _graph(kb: KnowledgeBase, part: str) -> bytes:
    return (kb.generation.ontology_path if part == "def" else kb.generation.shapes_path).read_bytes()


# ------------------------------------------------------------------ the ontology as a page
@dataclass(frozen=True, slots=True)
class TermView:
    """A class or property of the ontology."""

    iri: str
    anchor: str
    label: Label
    text: Label
    facts: tuple[tuple[str, tuple[Shown, ...]], ...]
    count: int | None
    query: str
    """Address of an example query, where there is something to find."""


class _Ontology:
    """An ontology graph, read once for a page."""

    def __init__(self, kb: KnowledgeBase, ntriples: bytes) -> None:
        self.kb = kb
        self.links: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self.texts: dict[str, dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
        for quad in ox.parse(ntriples, format=ox.RdfFormat.N_TRIPLES):
            if isinstance(quad.subject, ox.NamedNode):
                subject, predicate = quad.subject.value, quad.predicate.value
                if isinstance(quad.object, ox.NamedNode):
                    self.links[subject][predicate].append(quad.object.value)
                elif isinstance(quad.object, ox.Literal):
                    self.texts[subject][predicate].setdefault(quad.object.language or "", quad.object.value)

    def terms(self, kinds: tuple[str, ...], language: str, prefix: str) -> list[TermView]:
        """The terms of these kinds, our own first, each group by name."""
        found = [iri for iri, links in self.links.items() if set(links[f"{RDF}type"]) & set(kinds)]
        question = OF_CLASS if kinds is _CLASSES else OF_PROPERTY
        views = [self._view(iri, question, language, prefix) for iri in found]
        return sorted(views, key=lambda term: (not self._is_own(term.iri), term.label.text.casefold()))

    def _is_own(self, iri: str) -> bool:
        return iri.startswith(f"{self.kb.addresses.base_uri}def#")

    def _view(self, iri: str, question: str, language: str, prefix: str) -> TermView:
        count = self.kb.manifest.classes.get(iri, self.kb.property_counts.get(iri))
        facts: list[tuple[str, tuple[Shown, ...]]] = []
        for name, predicate in _FACTS:
            values = self.links[iri].get(predicate, [])
            if values:
                facts.append((name, tuple(self._shown(value, language, prefix) for value in sorted(values))))
        return TermView(
            iri=iri,
            anchor=local_name(iri) if self._is_own(iri) else "",
            label=pick(self._text(iri, _LABELS), language, iri),
            text=pick(self._text(iri, _TEXTS), language),
            facts=tuple(facts),
            count=count,
            query=example(question, iri, prefix) if count else "",
        )

    def _text(self, iri: str, predicates: tuple[str, ...]) -> Mapping[str, str] | None:
        texts = self.texts.get(iri, {})
        return next((texts[predicate] for predicate in predicates if predicate in texts), None)

    def _shown(self, iri: str, language: str, prefix: str) -> Shown:
        label = pick(self._text(iri, _LABELS) or self.kb.labels([iri]).get(iri), language, iri)
        href, external = self.kb.addresses.href(iri, prefix)
        return Shown(label.text, label.lang, href, external, iri=iri)

    def about(self, iri: str, language: str) -> tuple[Label, Label]:
        """Title and description of the ontology itself."""
        return pick(self._text(iri, _LABELS[::-1]), language, iri), pick(self._text(iri, _TEXTS[::-1]), language)


def _ontology(place: Here, ntriples: bytes) -> tuple[str, dict[str, Any]]:
    graph = _Ontology(place.kb, ntriples)
    title, text = graph.about(f"{place.kb.addresses.base_uri}def", place.language)
    return "ontology.html", {
        "title": title,
        "text": text,
        "classes": graph.terms(_CLASSES, place.language, place.prefix),
        "properties": graph.terms(_PROPERTIES, place.language, place.prefix),
    }


# ------------------------------------------------------------------ the shapes as a page
@dataclass(frozen=True, slots=True)
class RuleView:
    """One more rule about a field or a class, by what is said when it is broken."""

    anchor: str
    """Empty where the same rule of another field or class has it already."""
    text: Label


@dataclass(frozen=True, slots=True)
class ShapeField:
    """A property shape in the table of its class."""

    anchor: str
    label: Label
    text: Label
    path: Shown
    inverse: bool
    values: tuple[Shown, ...]
    minimum: int
    maximum: int | None
    is_facet: bool
    rules: tuple[RuleView, ...]


@dataclass(frozen=True, slots=True)
class ShapeView:
    """A class of things with its fields."""

    anchor: str
    label: Label
    text: Label
    target: Shown
    fields: tuple[ShapeField, ...]
    rules: tuple[RuleView, ...]
    query: str
    """Address of an example query, where there is something to find."""


def _shapes(place: Here, ntriples: bytes) -> tuple[str, dict[str, Any]]:
    graph = _Ontology(place.kb, ntriples)
    # The current one is at hand; another version of the shapes is read as a model of its own.
    is_current = ntriples == place.kb.generation.shapes_path.read_bytes()
    model = place.kb.model if is_current else load_model(ntriples, place.kb.generation.ontology_path.read_bytes())
    iri = f"{place.kb.addresses.base_uri}shapes"
    title, text = graph.about(iri, place.language)
    texts = ShapeTexts(ntriples)
    given: set[str] = set()
    views = [_shape(place, one, texts, given) for one in model.classes]
    anchors = {view.anchor for view in views} | {rule.anchor for view in views for rule in view.rules}
    anchors |= {field.anchor for view in views for field in view.fields}
    anchors |= {rule.anchor for view in views for field in view.fields for rule in field.rules}
    named = [node.value for node in texts.graph.subjects() if isinstance(node, ox.NamedNode)]
    return "shapes.html", {
        "title": title,
        "text": text,
        "shapes": views,
        # Rules of things of any class, such as those that were withdrawn.
        "others": _rule_views(place, (one for one in named if local_name(one) not in anchors), texts, given),
    }


def _shape(place: Here, model: ClassModel, texts: ShapeTexts, given: set[str]) -> ShapeView:
    others = [
        node.value
        for node in texts.graph.subjects()
        if isinstance(node, ox.NamedNode) and model.iri in texts.graph.iris(node, f"{SH}targetClass")
    ]
    return ShapeView(
        anchor=local_name(model.shape),
        label=pick(model.label, place.language, model.iri),
        text=pick(model.description, place.language),
        target=_term(place, model.iri),
        fields=tuple(_shape_field(place, field, texts, given) for field in model.fields),
        rules=_rule_views(place, (iri for iri in others if iri != model.shape), texts, given),
        query=example(OF_CLASS, model.iri, place.prefix) if place.kb.manifest.classes.get(model.iri) else "",
    )


def _rule_views(place: Here, iris: Iterable[str], texts: ShapeTexts, given: set[str]) -> tuple[RuleView, ...]:
    """Rules that say something.

    :param given: anchors that the page has already; those of these rules are added.
    """
    views = []
    for iri in iris:
        if said := texts.messages(iri):
            name = local_name(iri)
            views.append(RuleView("" if name in given else name, pick(said, place.language)))
            given.add(name)
    return tuple(views)


def _shape_field(place: Here, field: Field, texts: ShapeTexts, given: set[str]) -> ShapeField:
    types = [field.scheme] if field.scheme else [*field.node_classes, *field.datatypes]
    return ShapeField(
        anchor=local_name(field.iri),
        label=pick(field.label, place.language, field.path),
        text=pick(field.description, place.language),
        path=_term(place, field.path, named=False),
        inverse=field.inverse,
        values=tuple(_term(place, iri) for iri in types if iri),
        minimum=field.min_count,
        maximum=field.max_count,
        is_facet=field.facet,
        rules=_rule_views(place, texts.rules_about(field.iri), texts, given),
    )


def _term(place: Here, iri: str, *, named: bool = True) -> Shown:
    labels = place.kb.labels([iri]).get(iri) if named else None
    label = pick(labels, place.language) if labels else Label(_curie(place.kb.prefixes, iri), "")
    href, external = place.kb.addresses.href(iri, place.prefix)
    return Shown(label.text, label.lang, href, external, iri=iri)


def _curie(prefixes: Mapping[str, str], iri: str) -> str:
    fits = [(len(space), prefix) for prefix, space in prefixes.items() if iri.startswith(space)]
    return f"{max(fits)[1]}:{iri[max(fits)[0] :]}" if fits else iri
