"""Property shapes as fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from kggraph.errors import ShapesError
from kggraph.model.graph import ModelGraph, Node, Term, curie, show
from kggraph.model.model import Field, Group, Value
from kggraph.rdf.iris import local_name
from kggraph.terms import DASH, KG, RDF, SH

_LITERAL: Final = f"{SH}Literal"


@dataclass(slots=True)
class _Candidate:
    """A property shape that may become a field."""

    shape: Node
    path: str
    inverse: bool
    key: str | None
    name: dict[str, str]
    rule_of: str | None
    """The field that it is a rule of, when it says so (`kg:ruleOf`)."""
    depth: int
    """0 for the class's own shape, more for shapes it takes over."""
    rules: list[Node] = field(default_factory=list)

    @property
    def final_key(self) -> str:
        return self.key or local_name(self.path)

    def is_about(self, field: _Candidate) -> bool:
        """Whether it is a rule of that field: it says so, or is about the same property."""
        if self.rule_of:
            return self.rule_of == field.shape.value
        return (self.path, self.inverse) == (field.path, field.inverse)


class FieldReader:
    """Reads the fields of classes from one shapes graph."""

    def __init__(
        self,
        graph: ModelGraph,
        groups: Mapping[str, Group],
        targets_of: Callable[[Node], list[str]],
        unshown: dict[str, None],
    ) -> None:
        self.graph, self.groups, self.targets_of, self.unshown = graph, groups, targets_of, unshown

    def fields(self, class_iri: str, shapes: Iterable[Node]) -> tuple[Field, ...]:
        """The fields of a class, in the order in which they are shown.

        :raises ShapesError: a shape has no name, a key is given twice, shapes go round in a circle.
        """
        candidates: list[_Candidate] = []
        seen: set[Node] = set()
        for shape in shapes:
            self._collect(shape, (), candidates, seen)
        chosen = self._choose(class_iri, candidates)
        return tuple(sorted((self._field(found) for found in chosen), key=self._position))

    def _position(self, field: Field) -> tuple[bool, float, str, float, str]:
        """Groups by their order, fields by theirs; what has no group comes last."""
        group = self.groups.get(field.group or "")
        return (group is None, group.order if group else 0.0, group.iri if group else "", field.order, field.key)

    # ------------------------------------------------------------------ which property shapes
    def _collect(self, shape: Node, trail: tuple[Node, ...], into: list[_Candidate], seen: set[Node]) -> None:
        if shape in trail:
            chain = " -> ".join(show(node) for node in (*trail, shape))
            raise ShapesError(f"Shapes take each other over in a circle: {chain}; remove one sh:node.")
        if shape in seen:
            return
        seen.add(shape)
        for value in self.graph.values(shape, f"{SH}property"):
            if (found := self._candidate(value, len(trail))) is not None:
                into.append(found)
        others = [*self.graph.values(shape, f"{SH}node")]
        for head in self.graph.values(shape, f"{SH}and"):
            others += self.graph.members(head)
        for other in others:
            if isinstance(other, ox.Literal) or other not in self.graph.triples:
                raise ShapesError(f"{show(shape)} takes over the shape {show(other)}, which is not there.")
            self._collect(other, (*trail, shape), into, seen)

    def _candidate(self, shape: Term, depth: int) -> _Candidate | None:
        if isinstance(shape, ox.Literal) or shape not in self.graph.triples:
            raise ShapesError(f"sh:property names {show(shape)}, which is not there; write the property shape.")
        if self.graph.flag(shape, f"{SH}deactivated"):
            return None
        path = self.graph.value(shape, f"{SH}path")
        if path is None:
            raise ShapesError(
                f"The property shape {self._place(shape)} has no sh:path; say which property it is about."
            )
        inverse = False
        if isinstance(path, ox.BlankNode) and set(self.graph.triples[path]) == {f"{SH}inversePath"}:
            path, inverse = self.graph.value(path, f"{SH}inversePath"), True
        rule_of = self.graph.iri(shape, f"{KG}ruleOf")
        if rule_of and ox.NamedNode(rule_of) not in self.graph.triples:
            raise ShapesError(f"{self._place(shape)}: kg:ruleOf names <{rule_of}>, which is not there.")
        if not isinstance(path, ox.NamedNode):
            if not rule_of:
                self.unshown[shape.value] = None
            return None
        key, name = self.graph.text(shape, f"{KG}key"), self.graph.labels(shape, f"{SH}name")
        if key is not None and not name:
            raise self._nameless(shape)
        return _Candidate(shape, path.value, inverse, key, name, rule_of, depth)

    def _choose(self, class_iri: str, candidates: list[_Candidate]) -> list[_Candidate]:
        """Those with a key, and for every other property its first with a name; the rest become their rules."""
        chosen: dict[tuple[str, bool, str | None], _Candidate] = {}
        for found in candidates:
            if found.key is None or found.rule_of:
                continue
            slot = (found.path, found.inverse, found.key)
            if slot not in chosen:
                chosen[slot] = found
            elif chosen[slot].depth == found.depth and chosen[slot].shape != found.shape:
                raise self._same_key(class_iri, chosen[slot], found)
            else:
                chosen[slot].rules.append(found.shape)
        for found in sorted(candidates, key=lambda candidate: not candidate.name):
            fields = [field for field in chosen.values() if found.is_about(field)]
            if found.key is not None and found.rule_of is None:
                continue
            if fields or found.rule_of:
                for about in fields:
                    about.rules.append(found.shape)
            elif not found.name:
                raise self._nameless(found.shape)
            else:
                chosen[found.path, found.inverse, None] = found
        self._refuse_same_key(class_iri, chosen.values())
        return list(chosen.values())

    def _refuse_same_key(self, class_iri: str, fields: Iterable[_Candidate]) -> None:
        keys: dict[str, _Candidate] = {}
        for found in fields:
            other = keys.setdefault(found.final_key, found)
            if other is not found:
                raise self._same_key(class_iri, other, found)

    # ------------------------------------------------------------------ one field
    def _field(self, found: _Candidate) -> Field:
        graph, shape, shapes = self.graph, found.shape, (found.shape, *found.rules)
        datatypes, node_classes = self._alternatives(shapes)
        node_kind = self._first_iri(shapes, "nodeKind") or (_LITERAL if datatypes else None)
        weight = graph.number(shape, f"{KG}searchWeight") or 0.0
        if weight < 0:
            raise ShapesError(f"{self._place(shape)}: kg:searchWeight is below 0; 0 is not searched, 1 is usual.")
        minimum = [n for s in shapes if (n := self._count(s, "minCount")) is not None]
        maximum = [n for s in shapes if (n := self._count(s, "maxCount")) is not None]
        return Field(
            iri=shape.value if isinstance(shape, ox.NamedNode) else f"_:{shape.value}",
            path=found.path,
            inverse=found.inverse,
            key=found.final_key,
            label=found.name,
            description=graph.labels(shape, f"{SH}description"),
            group=graph.iri(shape, f"{SH}group"),
            order=graph.number(shape, f"{SH}order") or 0.0,
            datatype=datatypes[0] if len(datatypes) == 1 else None,
            datatypes=datatypes,
            node_class=node_classes[0] if len(node_classes) == 1 else None,
            node_classes=node_classes,
            scheme=graph.iri(shape, f"{KG}scheme"),
            node_kind=node_kind,
            min_count=max(minimum, default=0),
            max_count=min(maximum, default=None),
            facet=graph.flag(shape, f"{KG}facet"),
            search_weight=weight,
            column=graph.flag(shape, f"{KG}column"),
            card=graph.flag(shape, f"{KG}card"),
            is_date=graph.flag(shape, f"{KG}date"),
            import_language=graph.text(shape, f"{KG}importLanguage"),
            import_language_key=graph.text(shape, f"{KG}importLanguageKey"),
            import_map=self._import_map(shape),
            import_key=graph.text(shape, f"{KG}importKey"),
            create_missing=graph.flag(shape, f"{KG}createMissing"),
            role=graph.iri(shape, f"{DASH}propertyRole"),
            attribution_role=graph.iri(shape, f"{KG}attributionRole"),
            hidden=graph.flag(shape, f"{KG}hidden"),
            schema_property=graph.iri(shape, f"{KG}schemaProperty"),
            is_identifier=graph.flag(shape, f"{KG}identifier"),
            low_values=tuple(graph.iris(shape, f"{KG}lowValue")),
            is_translated=datatypes == (f"{RDF}langString",)
            and any(graph.flag(rule, f"{SH}uniqueLang") for rule in shapes)
            and min(maximum, default=2) > 1,
        )

    def _alternatives(self, shapes: Iterable[Node]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Datatypes and classes that values may have, also those that are members of `sh:or` or `sh:xone`."""
        datatypes: dict[str, None] = {}
        classes: dict[str, None] = {}
        for shape in shapes:
            options: list[Term] = [shape]
            for either in ("or", "xone"):
                for head in self.graph.values(shape, f"{SH}{either}"):
                    options += self.graph.members(head)
            for option in options:
                datatypes.update(dict.fromkeys(self.graph.iris(option, f"{SH}datatype")))
                classes.update(dict.fromkeys(self.graph.iris(option, f"{SH}class")))
                for node in self.graph.values(option, f"{SH}node"):
                    if not classes and not isinstance(node, ox.Literal):
                        classes.update(dict.fromkeys(self.targets_of(node)))
        return tuple(datatypes), tuple(classes)

    def _import_map(self, shape: Node) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for pair in self.graph.values(shape, f"{KG}importMap"):
            text, value = self.graph.text(pair, f"{KG}from"), self.graph.value(pair, f"{KG}to")
            if text is None or value is None or isinstance(value, ox.BlankNode):
                raise ShapesError(f"{self._place(shape)}: kg:importMap needs a kg:from and a kg:to, an IRI or literal.")
            found[text] = value
        return found

    def _first_iri(self, shapes: Iterable[Node], constraint: str) -> str | None:
        return next((iri for shape in shapes if (iri := self.graph.iri(shape, f"{SH}{constraint}"))), None)

    def _count(self, shape: Node, constraint: str) -> int | None:
        number = self.graph.number(shape, f"{SH}{constraint}")
        if number is not None and (number < 0 or not number.is_integer()):
            raise ShapesError(f"{self._place(shape)}: sh:{constraint} is {number}; it needs a whole number, 0 or more.")
        return None if number is None else int(number)

    # ------------------------------------------------------------------ messages
    def _place(self, shape: Node) -> str:
        """A shape as messages name it; one without IRI by its path and the shape that holds it."""
        if isinstance(shape, ox.NamedNode):
            return show(shape)
        path = ", ".join(curie(value.value) for value in self.graph.values(shape, f"{SH}path")) or "nothing"
        holders = [node for node in self.graph.subjects() if shape in self.graph.values(node, f"{SH}property")]
        return f"without IRI about {path} in {', '.join(show(node) for node in holders)}"

    def _nameless(self, shape: Node) -> ShapesError:
        return ShapesError(
            f"The property shape {self._place(shape)} has no sh:name; give the field a label in each language."
        )

    def _same_key(self, class_iri: str, one: _Candidate, other: _Candidate) -> ShapesError:
        return ShapesError(
            f"Two fields of <{class_iri}> have the key {other.final_key!r}: {self._place(one.shape)} and "
            f"{self._place(other.shape)}; give one of them another kg:key."
        )
