"""A file of records against the sources: everything that is wrong, or everything that would change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import pyoxigraph as ox

from kggraph.config import Settings
from kggraph.importer.catalog import Catalog
from kggraph.importer.conformance import check
from kggraph.importer.convert import AGENT, ATTRIBUTED, HAD_ROLE, TYPE, Converted, Converter, NewThing
from kggraph.importer.problems import Problems
from kggraph.importer.records import read_records
from kggraph.importer.rules import Rules, folder, read_rules
from kggraph.model import load_model
from kggraph.publish.inputs import read_shapes
from kggraph.rdf.iris import local_name, thing_iri
from kggraph.rdf.source import SourceFile, read_folder
from kggraph.rdf.turtle import canonical

Progress = Callable[[str, int, int], None]
"""Called with a step's name, how much of it is done, and how much there is (0: not known)."""

_NT: Final = ox.RdfFormat.N_TRIPLES


@dataclass(frozen=True, slots=True)
class FieldChange:
    """What one key of a record changes: values before and after, as short texts."""

    key: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ThingChange:
    """A thing that is made or changed."""

    iri: str
    file: str
    """Its file, relative to the knowledge base."""
    is_new: bool
    fields: tuple[FieldChange, ...] = ()
    """Empty for a new thing."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do; `journal.apply(settings, plan.texts, plan.read)` does it."""

    records: int
    changes: tuple[ThingChange, ...]
    """New and changed things, by file."""
    unchanged: int
    """Records that say what is there already."""
    texts: Mapping[Path, bytes] = field(repr=False)
    read: Mapping[Path, str | None] = field(repr=False)


def plan(settings: Settings, path: Path, *, progress: Progress | None = None) -> Plan:
    """What importing a file of records would change; nothing is written.

    :raises ImportRefused: with every problem of every line.
    :raises SourceError: the sources themselves cannot be read.
    :raises ShapesError: the shapes say nothing about importing.
    """
    return _Planner(settings, path.name, progress or _silent).plan(path)


@dataclass(slots=True)
class _Draft:
    """A file as it was and as it will be."""

    path: Path
    source: SourceFile | None
    before: frozenset[ox.Triple]
    after: set[ox.Triple]

    @property
    def ntriples(self) -> bytes:
        if self.source and self.after == self.before:
            return self.source.ntriples
        return ox.serialize(sorted(self.after, key=str), format=_NT) or b""


class _Planner:
    def __init__(self, settings: Settings, name: str, progress: Progress) -> None:
        self.settings, self.progress = settings, progress
        self.problems = Problems(name)
        self.progress("reading the sources", 0, 0)
        base = settings.source_base_uri
        self.ontology = _joined(read_folder(settings.ontology_path, root=settings.root, blank_nodes=True))
        self.shapes = read_shapes(replace(settings, base_uri=base))[0]
        self.model = load_model(self.shapes, self.ontology)
        self.rules: Rules = read_rules(self.shapes, self.model)
        self.files = list(read_folder(settings.data_path, root=settings.root))
        self.catalog = Catalog(self.files, self.rules.classes, base)
        self.converter = Converter(self.rules, self.catalog, self.problems)
        self.drafts: dict[Path, _Draft] = {}
        self.line_of: dict[str, int] = {}

    def plan(self, path: Path) -> Plan:
        records = read_records(path, self.rules.keys, self.problems)
        for number, record in enumerate(records, 1):
            converted = self.converter.convert(record)
            self.line_of[converted.iri.value] = record.line
            self._patch(converted)
            self.progress("reading the records", number, len(records))
        for thing in self.converter.new.values():
            self.line_of[thing.iri.value] = thing.line
            self._make(thing)
        self.progress("validating", 0, 0)
        changed = {
            file.path for file in self.files if (draft := self.drafts.get(file.path)) and draft.after != draft.before
        }
        untouched = b"".join(file.ntriples for file in self.files if file.path not in changed)
        drafted = b"".join(d.ntriples for d in self.drafts.values() if d.source is None or d.path in changed)
        check(untouched + drafted, self.shapes, self.ontology, self.rules, self.line_of, self.problems)
        self.problems.refuse()
        return self._finish(len(records))

    # ------------------------------------------------------------------ drafts
    def _draft(self, iri: str, folder_name: str, line: int) -> _Draft:
        source = self.catalog.file_of.get(iri)
        path = source.path if source else self.settings.data_path / folder_name / f"{local_name(iri)}.ttl"
        if path not in self.drafts:
            before: frozenset[ox.Triple] = frozenset()
            if source:
                before = frozenset(
                    ox.Triple(q.subject, q.predicate, q.object) for q in ox.parse(source.ntriples, format=_NT)
                )
            elif path.exists():
                name = path.relative_to(self.settings.root)
                self.problems.add(
                    line, "slug", f"{name} is there already and does not describe <{iri}>; rename that file."
                )
            self.drafts[path] = _Draft(path, source, before, set(before))
        return self.drafts[path]

    def _make(self, thing: NewThing) -> None:
        draft = self._draft(thing.iri.value, folder(self.rules.classes[thing.model]), thing.line)
        draft.after.update(self.converter.new_triples(thing))

    def _patch(self, converted: Converted) -> None:
        iri, triples = (
            converted.iri,
            self._draft(converted.iri.value, folder(self.rules.main), converted.record.line).after,
        )
        paths = {ox.NamedNode(path) for path in converted.values}
        triples.difference_update([t for t in triples if t.subject == iri and t.predicate in paths])
        for path, values in converted.values.items():
            triples.update(ox.Triple(iri, ox.NamedNode(path), value) for value in values)
        for role in converted.attributions:
            self._patch_attributions(triples, converted, role)
        if not any(triple.subject == iri and triple.predicate == TYPE for triple in triples):
            triples.add(ox.Triple(iri, TYPE, ox.NamedNode(self.rules.main.iri)))

    def _patch_attributions(self, triples: set[ox.Triple], converted: Converted, role: str) -> None:
        """The attributions of a role anew; what else was said of one stays with its agent."""
        nodes = _attribution_nodes(triples, converted.iri, role)
        ours = {TYPE, AGENT, HAD_ROLE, self.rules.printed_name, self.rules.position}
        agents = {triple.subject: triple.object for triple in triples if triple.predicate == AGENT}
        kept = [t for t in triples if t.subject in nodes and t.predicate not in ours]
        triples.difference_update([t for t in triples if t.subject in nodes or t.object in nodes])
        made = self.converter.attribution_triples(converted.iri, role, converted.attributions[role])
        triples.update(made)
        node_of = {triple.object: triple.subject for triple in reversed(made) if triple.predicate == AGENT}
        for triple in kept:
            node = node_of.get(agents.get(triple.subject, triple.subject))
            if node is not None:
                triples.add(ox.Triple(node, triple.predicate, triple.object))

    # ------------------------------------------------------------------ the outcome
    def _finish(self, records: int) -> Plan:
        texts: dict[Path, bytes] = {}
        changes: list[ThingChange] = []
        drafts = [draft for draft in self.drafts.values() if draft.after != draft.before]
        for number, draft in enumerate(sorted(drafts, key=lambda draft: draft.path), 1):
            texts[draft.path] = canonical(draft.ntriples, self.settings.all_prefixes).encode()
            changes += self._changes(draft)
            self.progress("writing Turtle", number, len(drafts))
        changed = {change.iri for change in changes}
        mains = [iri for iri in self.line_of if iri not in self.converter.new]
        read = {path: source.sha256 if (source := self.drafts[path].source) else None for path in texts}
        return Plan(records, tuple(changes), sum(iri not in changed for iri in mains), texts, read)

    def _changes(self, draft: _Draft) -> Iterable[ThingChange]:
        file = draft.path.relative_to(self.settings.root).as_posix()
        subjects = {
            thing_iri(t.subject.value) for t in draft.before ^ draft.after if isinstance(t.subject, ox.NamedNode)
        }
        for iri in sorted(subjects & set(self.line_of)):
            is_new = iri not in self.catalog.file_of
            fields = () if is_new else tuple(self._field_changes(ox.NamedNode(iri), draft.before, draft.after))
            yield ThingChange(iri, file, is_new, fields)

    def _field_changes(
        self, iri: ox.NamedNode, before: Iterable[ox.Triple], after: Iterable[ox.Triple]
    ) -> Iterable[FieldChange]:
        for column in self.rules.columns.values():
            paths = {ox.NamedNode(rule.field.path) for rule in column.rules}
            roles = [rule.field.attribution_role for rule in column.rules if rule.field.attribution_role]
            sides = [self._said(iri, triples, paths, roles) for triples in (before, after)]
            if sides[0] != sides[1]:
                yield FieldChange(column.key, *(tuple(_short(values)) for values in sides))

    def _said(
        self, iri: ox.NamedNode, triples: Iterable[ox.Triple], paths: set[ox.NamedNode], roles: Sequence[str]
    ) -> list[ox.Triple]:
        triples = set(triples)
        nodes = {node for role in roles for node in _attribution_nodes(triples, iri, role)}
        said = [t for t in triples if (t.subject == iri and t.predicate in paths) or t.subject in nodes]
        return sorted(said, key=str)


def _attribution_nodes(triples: set[ox.Triple], iri: ox.NamedNode, role: str) -> set[ox.NamedNode]:
    linked = {t.object for t in triples if t.subject == iri and t.predicate == ATTRIBUTED}
    named = (node for node in linked if isinstance(node, ox.NamedNode))
    return {node for node in named if ox.Triple(node, HAD_ROLE, ox.NamedNode(role)) in triples}


def _short(triples: Iterable[ox.Triple]) -> Iterable[str]:
    for triple in triples:
        value = triple.object
        if triple.predicate in (TYPE, AGENT, HAD_ROLE) or not isinstance(value, ox.Literal | ox.NamedNode):
            continue
        yield value.value if isinstance(value, ox.Literal) else local_name(value.value)


def _joined(files: Iterable[SourceFile]) -> bytes:
    return b"".join(file.ntriples for file in files)


def _silent(step: str, done: int, total: int) -> None:
    pass
