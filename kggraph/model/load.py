"""Reading the model from the shapes graph and the ontology.

A node shape with `sh:targetClass` gives a class, its property shapes (its own, and those of shapes it names with
`sh:node` or in `sh:and`) give the fields. Several property shapes may be about one property: the one with `kg:key`,
or else the first with `sh:name`, is the field; the others are rules, whose constraints the field shows too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

import pyoxigraph as ox

from kggraph.errors import ShapesError
from kggraph.model.fields import FieldReader
from kggraph.model.graph import ModelGraph, Node, Term, show
from kggraph.model.model import ClassModel, Field, Group, Model, SchemeModel, Value
from kggraph.rdf.iris import local_name
from kggraph.terms import DASH, DCTERMS, FOAF, KG, OWL, RDF, RDFS, SCHEMA, SH, SKOS

_NAMES: Final = (f"{SKOS}prefLabel", f"{RDFS}label", f"{DCTERMS}title", f"{FOAF}name", f"{SCHEMA}name")
"""Properties that name a thing where no field has the label role."""

_TARGETS: Final = ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf")


def load_model(shapes: bytes, ontology: bytes) -> Model:
    """The model that the shapes tell, with labels of classes from the ontology.

    :param shapes: the shapes graph as N-Triples.
    :param ontology: the ontology as N-Triples.
    :raises ShapesError: a shape lacks what the platform needs, or says what it does not know.
    """
    return _Loader(ModelGraph(shapes), ModelGraph(ontology)).model()


class _Loader:
    def __init__(self, shapes: ModelGraph, ontology: ModelGraph) -> None:
        self.shapes, self.ontology = shapes, ontology
        self.groups: dict[str, Group] = {}
        self.unshown: dict[str, None] = {}

    def model(self) -> Model:
        self._refuse_imports()
        self.shapes.check_annotations()
        self.groups = self._groups()
        superclasses = self._superclasses()
        classes = self._classes()
        schemes = self._schemes()
        _refuse_same_kind(classes, schemes)
        return Model(classes, self.groups, schemes, superclasses, tuple(self.unshown))

    def _refuse_imports(self) -> None:
        for subject in self.shapes.subjects():
            for iri in self.shapes.iris(subject, f"{OWL}imports"):
                raise ShapesError(
                    f"{show(subject)} has owl:imports <{iri}>; nothing is fetched from the web: put a copy of those "
                    "shapes in the shapes folder and remove the owl:imports."
                )

    # ------------------------------------------------------------------ groups, schemes, class hierarchy
    def _groups(self) -> dict[str, Group]:
        named = {iri for subject in self.shapes.subjects() for iri in self.shapes.iris(subject, f"{SH}group")}
        groups = []
        for iri in sorted(named):
            node = ox.NamedNode(iri)
            label = self.shapes.labels(node, f"{RDFS}label", f"{SH}name", f"{SKOS}prefLabel")
            if not label:
                raise ShapesError(f"The group <{iri}> has no rdfs:label; say what its heading is, in each language.")
            groups.append(Group(iri, label, self.shapes.number(node, f"{SH}order") or 0.0))
        return {group.iri: group for group in sorted(groups, key=lambda group: (group.order, group.iri))}

    def _schemes(self) -> tuple[SchemeModel, ...]:
        found = []
        for shape in filter(self._is_scheme_shape, self.shapes.subjects()):
            scheme, kind = self.shapes.iri(shape, f"{KG}scheme"), self.shapes.text(shape, f"{KG}kind")
            if scheme and kind:
                label, plural = (self.shapes.labels(shape, name) for name in (f"{RDFS}label", f"{KG}plural"))
                found.append(SchemeModel(scheme, kind, label, plural))
        return tuple(found)

    def _is_scheme_shape(self, shape: Node) -> bool:
        needed = (f"{KG}scheme", f"{KG}kind")
        return all(self.shapes.values(shape, name) for name in needed) and not self._target_classes(shape)

    def _superclasses(self) -> dict[str, tuple[str, ...]]:
        parents: dict[str, list[str]] = {}
        for graph in (self.ontology, self.shapes):
            for subject in graph.subjects():
                parents.setdefault(subject.value, []).extend(graph.iris(subject, f"{RDFS}subClassOf"))
        above: dict[str, tuple[str, ...]] = {}
        for iri, nearest in parents.items():
            found: dict[str, None] = {}
            level = nearest
            while level := [parent for parent in level if parent not in found and parent != iri]:
                found.update(dict.fromkeys(level))
                level = [parent for child in level for parent in parents.get(child, ())]
            if found:
                above[iri] = tuple(found)
        return above

    # ------------------------------------------------------------------ classes
    def _is_node_shape(self, node: Node) -> bool:
        return (
            f"{SH}NodeShape" in self.shapes.iris(node, f"{RDF}type")
            or any(self.shapes.values(node, f"{SH}{target}") for target in _TARGETS)
            or (bool(self.shapes.values(node, f"{SH}property")) and not self.shapes.values(node, f"{SH}path"))
        )

    def _target_classes(self, shape: Node) -> list[str]:
        # https://www.w3.org/TR/shacl/#implicit-targetClass
        implicit = {f"{RDFS}Class", f"{OWL}Class"} & set(self.shapes.iris(shape, f"{RDF}type"))
        own = [shape.value] if implicit and isinstance(shape, ox.NamedNode) else []
        return [*self.shapes.iris(shape, f"{SH}targetClass"), *own]

    def _classes(self) -> tuple[ClassModel, ...]:
        targeting: dict[str, list[Node]] = {}
        for shape in filter(self._is_node_shape, self.shapes.subjects()):
            if self.shapes.flag(shape, f"{SH}deactivated") or self._is_scheme_shape(shape):
                continue
            classes = self._target_classes(shape)
            self._refuse_without_target(shape, classes)
            for iri in classes:
                targeting.setdefault(iri, []).append(shape)
        if not targeting:
            raise ShapesError("No node shape has sh:targetClass; say which class of things a shape is about.")
        main = self._main_class(targeting)
        return tuple(self._class(iri, shapes, iri == main) for iri, shapes in sorted(targeting.items()))

    def _refuse_without_target(self, shape: Node, classes: list[str]) -> None:
        if classes:
            return
        for annotation in ("kind", "mainClass", "plural"):
            if self.shapes.values(shape, f"{KG}{annotation}"):
                raise ShapesError(
                    f"The shape {show(shape)} has kg:{annotation} and no sh:targetClass; say which class it is about."
                )
        targeted = any(self.shapes.values(shape, f"{SH}{target}") for target in _TARGETS)
        if not targeted and shape not in self.shapes.objects:
            raise ShapesError(
                f"The shape {show(shape)} has no sh:targetClass and no other shape uses it, so it would never be "
                "applied; say which class it is about, or remove it."
            )

    def _main_class(self, targeting: dict[str, list[Node]]) -> str:
        main = [
            iri
            for iri, shapes in sorted(targeting.items())
            if any(self.shapes.flag(shape, f"{KG}mainClass") for shape in shapes)
        ]
        with_kind = main or [
            iri for iri, shapes in targeting.items() if any(self.shapes.text(s, f"{KG}kind") for s in shapes)
        ]
        if len(main) > 1:
            raise ShapesError(f"{_listed(main)} are both kg:mainClass true; one class is what it is all about.")
        if len(with_kind) != 1:
            raise ShapesError("No shape has kg:mainClass true; say which class of things it is all about.")
        return with_kind[0]

    def _class(self, iri: str, shapes: list[Node], is_main: bool) -> ClassModel:
        shapes = sorted(shapes, key=lambda shape: not self.shapes.values(shape, f"{KG}kind"))
        first, node = shapes[0], ox.NamedNode(iri)
        kinds = [kind for shape in shapes if (kind := self.shapes.text(shape, f"{KG}kind"))]
        if len(kinds) > 1:
            raise ShapesError(f"{_listed([s.value for s in shapes])} both give <{iri}> a kg:kind; keep one.")
        label = self._texts(node, shapes, f"{RDFS}label", f"{SKOS}prefLabel", f"{SH}name")
        reader = FieldReader(self.shapes, self.groups, self._target_classes, self.unshown)
        fields = reader.fields(iri, shapes)
        return ClassModel(
            iri=iri,
            shape=first.value,
            kind=kinds[0] if kinds else None,
            label=label or {"": local_name(iri)},
            plural=self._texts(node, shapes, f"{KG}plural") or label or {"": local_name(iri)},
            description=self._texts(
                node, shapes, f"{RDFS}comment", f"{SKOS}definition", f"{DCTERMS}description", f"{SH}description"
            ),
            fields=fields,
            label_paths=_label_paths(fields),
            is_main=is_main,
            folder=self._first(shapes, "folder", self.shapes.text),
            create_values=self._create_values(shapes),
            printed_name_path=self._first(shapes, "printedNamePath", self.shapes.iri),
            position_path=self._first(shapes, "positionPath", self.shapes.iri),
        )

    def _first(self, shapes: Iterable[Node], name: str, read: Callable[[Term, str], str | None]) -> str | None:
        return next((value for shape in shapes if (value := read(shape, f"{KG}{name}"))), None)

    def _create_values(self, shapes: Iterable[Node]) -> tuple[tuple[str, Value], ...]:
        pairs = []
        for shape in shapes:
            for node in self.shapes.values(shape, f"{KG}createValue"):
                path, value = self.shapes.iri(node, f"{KG}path"), self.shapes.value(node, f"{KG}to")
                if path is None or value is None or isinstance(value, ox.BlankNode):
                    raise ShapesError(f"{show(shape)}: kg:createValue needs a kg:path and a kg:to, an IRI or literal.")
                pairs.append((path, value))
        return tuple(pairs)

    def _texts(self, node: ox.NamedNode, shapes: Iterable[Node], *predicates: str) -> dict[str, str]:
        """Texts about a class: of its shapes first, then of the ontology."""
        found: dict[str, str] = {}
        for texts in (*(self.shapes.labels(s, *predicates) for s in shapes), self.ontology.labels(node, *predicates)):
            found = {**texts, **found}
        return found


def _label_paths(fields: tuple[Field, ...]) -> tuple[str, ...]:
    with_role = tuple(field.path for field in fields if field.role == f"{DASH}LabelRole" and not field.inverse)
    return with_role or tuple(name for name in _NAMES if any(f.path == name for f in fields)) or _NAMES


def _refuse_same_kind(classes: Iterable[ClassModel], schemes: Iterable[SchemeModel]) -> None:
    owners: dict[str, str] = {}
    for kind, owner in [(c.kind, c.shape) for c in classes if c.kind] + [(s.kind, s.iri) for s in schemes]:
        if not kind.replace("-", "").isalnum() or not kind.isascii() or kind != kind.lower():
            raise ShapesError(f"<{owner}>: kg:kind is {kind!r}; use lower-case letters, digits and hyphens.")
        if owners.setdefault(kind, owner) != owner:
            raise ShapesError(f"<{owner}> and <{owners[kind]}> both have kg:kind {kind!r}; addresses need two kinds.")


def _listed(iris: Iterable[str]) -> str:
    return " and ".join(f"<{iri}>" for iri in iris)
