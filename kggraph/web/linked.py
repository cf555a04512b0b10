"""What stands around a thing: items that use it, what else links to it, its place in a tree, its mappings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from kggraph.publish.descriptions import Concept
from kggraph.publish.labels import Label, pick
from kggraph.rdf.iris import kind_and_slug, local_name
from kggraph.terms import DCTERMS, PROV, SKOS, SSSOM
from kggraph.web.addresses import bare
from kggraph.web.generations import KnowledgeBase
from kggraph.web.present import Reader, relation_in_words
from kggraph.web.triples import read
from kggraph.web.views import FieldView, Shown

INBOUND_SHOWN = 25
"""Links of one property that a page lists; their number is always said."""

NOTHING = Label("", "")
DEFINITIONS = (f"{SKOS}definition", f"{DCTERMS}description", f"{SKOS}scopeNote")
_STRUCTURE = frozenset(f"{SKOS}{name}" for name in ("broader", "narrower", "inScheme", "hasTopConcept", "topConceptOf"))

_MAPPING_PARTS = frozenset(
    f"{SSSOM}{name}" for name in ("subject_id", "subject_label", "predicate_id", "object_id", "object_label")
)
"""What a mapping's own columns show."""
_RELATIONS = ("exactMatch", "closeMatch", "narrowMatch", "broadMatch", "relatedMatch", "seeAlso")


@dataclass(frozen=True, slots=True)
class Use:
    """A facet under which items have this thing."""

    key: str
    label: Label
    count: int
    href: str


@dataclass(frozen=True, slots=True)
class Inbound:
    """Things that point at this one by one property."""

    label: Label
    total: int
    links: tuple[Shown, ...]
    query: str
    """Address of a query that lists them all."""


@dataclass(frozen=True, slots=True)
class Node:
    """A concept in a tree, with how many items have it."""

    iri: str
    shown: Shown
    depth: int
    count: int | None
    is_current: bool = False
    definition: Label = NOTHING
    mappings: int = 0
    """How many mappings it has, where that is told."""


@dataclass(frozen=True, slots=True)
class MappingView:
    """A mapping to a concept elsewhere, with what it rests on."""

    relation: Label
    object: Shown
    where: Label
    """What the object is among our own things, or its address."""
    order: int
    summary: Shown | None
    """The first thing there is to say of the mapping."""
    details: tuple[FieldView, ...]


@dataclass(frozen=True, slots=True)
class Around:
    """All that stands around one thing, read with the labels it needs."""

    kb: KnowledgeBase
    language: str
    prefix: str
    iri: str

    def uses(self) -> list[Use]:
        """The facets in which items have this thing, the fullest first."""
        value = facet_param(self.kb, self.iri)
        found = []
        for key, count in self.kb.uses.get(self.iri, {}).items():
            shown = self.kb.model.main.field(key)
            label = pick(shown.label if shown else None, self.language, key)
            found.append(Use(key, label, count, f"{self.prefix}/items?{urlencode({key: value})}"))
        return sorted(found, key=lambda use: -use.count)

    def inbound(self, told: frozenset[str] = frozenset()) -> list[Inbound]:
        """What links here beyond the items' facets and the tree, at most 25 of each property."""
        counts = self.kb.descriptions.inbound_counts(self.iri)
        if not counts:
            return []
        facet_paths = {facet.path for facet in self.kb.facets.facets if self.kb.uses.get(self.iri, {}).get(facet.key)}
        hidden = _STRUCTURE | facet_paths | told | {f"{SSSOM}subject_id", f"{SSSOM}object_id"}
        if len(counts) > 1:
            hidden |= {f"{PROV}agent"}  # the part of a thing that names an agent; the thing links to it as well
        names = {field.path: field.label for field in self.kb.model.main.fields} if counts else {}
        found = []
        for predicate, total in counts.items():
            if predicate not in hidden:
                links = self.kb.descriptions.inbound(self.iri, predicate=predicate, limit=INBOUND_SHOWN, living=True)
                things = list(dict.fromkeys(link.thing for link in links))
                if not things:
                    continue
                if len(links) < INBOUND_SHOWN:
                    total = len(things)  # those that are over are counted in the index, and not shown
                labels = self.kb.labels([*things, predicate])
                label = pick(names.get(predicate) or labels.get(predicate), self.language, predicate)
                shown = tuple(self._shown(iri, labels) for iri in things)
                found.append(Inbound(label, total, shown, self._query(predicate)))
        return found

    def _query(self, predicate: str) -> str:
        text = f"SELECT DISTINCT ?thing WHERE {{ ?thing <{predicate}> <{self.iri}> }}"
        return f"{self.prefix}/sparql?{urlencode({'query': text})}"

    def _shown(self, iri: str, labels: Mapping[str, Mapping[str, str]]) -> Shown:
        label = pick(labels.get(iri), self.language, iri)
        href, external = self.kb.addresses.href(iri, self.prefix)
        return Shown(label.text, label.lang, href, external)

    def tree(self, scheme: str) -> list[Node]:
        """The whole scheme, depth first."""
        return [self._defined(self._node(concept)) for concept in self.kb.tree(scheme)]

    def _defined(self, node: Node) -> Node:
        """A concept with what the page about the whole scheme tells of it."""
        description = self.kb.descriptions.get(node.iri)
        texts = description.said.thing.texts(*DEFINITIONS) if description else {}
        mappings = self.kb.descriptions.inbound_counts(node.iri).get(f"{SSSOM}subject_id", 0)
        return replace(node, definition=pick(texts, self.language), mappings=mappings)

    def neighbours(self, scheme: str) -> list[Node]:
        """The concepts above this one, itself, and those directly under it; depths count from the top."""
        tree = self.kb.tree(scheme)
        place = next((number for number, concept in enumerate(tree) if concept.iri == self.iri), None)
        if place is None:
            return []
        above: list[Concept] = []
        depth = tree[place].depth
        for concept in reversed(tree[:place]):
            if concept.depth < depth:
                above.insert(0, concept)
                depth = concept.depth
        below = []
        for concept in tree[place + 1 :]:
            if concept.depth <= tree[place].depth:
                break
            below += [concept] if concept.depth == tree[place].depth + 1 else []
        if not above and not below:
            return []
        return [self._node(concept) for concept in (*above, tree[place], *below)]

    def _node(self, concept: Concept) -> Node:
        shown = self._shown(concept.iri, {concept.iri: concept.labels})
        uses = self.kb.uses.get(concept.iri)
        return Node(concept.iri, shown, concept.depth, max(uses.values()) if uses else None, concept.iri == self.iri)

    def mappings(self) -> list[MappingView]:
        """Mappings that have a thing of their own (SSSOM), with relation, object and evidence."""
        links = self.kb.descriptions.inbound(self.iri, predicate=f"{SSSOM}subject_id", limit=200, living=True)
        found = [view for link in links if (view := self._mapping(link.thing))]
        return sorted(found, key=lambda view: (view.order, view.object.text.casefold()))

    def _mapping(self, iri: str) -> MappingView | None:
        description = self.kb.descriptions.get(iri)
        if description is None:
            return None
        reader = Reader(self.kb, self.language, self.prefix, description)
        objects = reader.terms.get(f"{SSSOM}object_id")
        relations = reader.terms.get(f"{SSSOM}predicate_id")
        if not objects or not relations:
            return None
        names, _ = reader.in_language(reader.terms.get(f"{SSSOM}object_label", []))
        target = reader.value(objects[0])
        if names:
            target = target._replace(text=names[0].text, lang=names[0].lang, drawn="")
        relation, details = relations[0].value, self._details(reader)
        told = (value for field in details for value in field.values if value.text and not value.external)
        return MappingView(
            relation=relation_label(self.kb, relation, self.language),
            object=target,
            where=self._where(target.iri),
            order=_strength(relation),
            summary=next(told, None),
            details=details,
        )

    def _where(self, iri: str) -> Label:
        named = kind_and_slug(iri, self.kb.addresses.base_uri)
        kind = self.kb.kinds.by_name(named[0]) if named else None
        return pick(kind.label, self.language, kind.name) if kind else Label(bare(iri), "")

    def _details(self, reader: Reader) -> tuple[FieldView, ...]:
        model = self.kb.class_of(reader.description.types)
        paths = {shown.key: shown.path for shown in (model.fields if model else ())}
        fields = [shown for group in reader.view().groups for shown in group.fields]
        return tuple(
            shown._replace(values=tuple([value._replace(note=None) for value in shown.values]))
            for shown in fields
            if paths.get(shown.key) not in _MAPPING_PARTS and shown.values
        )


def relation_label(kb: KnowledgeBase, iri: str, language: str) -> Label:
    """What a mapping relation says of two concepts, in words."""
    return relation_in_words(iri, language) or pick(kb.labels([iri]).get(iri), language, iri)


def _strength(relation: str) -> int:
    """Place of a mapping relation: the closer the two concepts, the sooner."""
    name = local_name(relation)
    return _RELATIONS.index(name) if name in _RELATIONS else len(_RELATIONS)


def facet_param(kb: KnowledgeBase, value: str) -> str:
    """How a facet's value stands in an address: the slug of our own things, else the value itself."""
    return kb.facet_names.get(value, value)


def concept_schemes(iri: str, ntriples: bytes) -> list[str]:
    """The schemes that a concept is in."""
    statements = read(ntriples, (f"{SKOS}inScheme",))
    return [s.object.value for s in statements if s.subject == iri and s.object.is_iri]
