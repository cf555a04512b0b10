"""What the sources already hold: files by thing, concepts by scheme and slug, and things by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from kggraph.importer.rules import name_paths
from kggraph.model import ClassModel
from kggraph.rdf.iris import kind_and_slug, local_name, slugify, thing_iri
from kggraph.rdf.source import SourceFile
from kggraph.search.value_rules import Rule
from kggraph.terms import RDF, SKOS

_IN_SCHEME: Final = f"{SKOS}inScheme"
_NOTATION: Final = f"{SKOS}notation"
_LABELS: Final = (f"{SKOS}prefLabel", f"{SKOS}altLabel")
_MAX_SLUG: Final = 80


@dataclass(slots=True)
class Scheme:
    """The concepts of one concept scheme, by what a record may call them."""

    slugs: dict[str, str] = field(default_factory=dict)
    notations: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    """Label in lower case to slug, for suggestions only."""
    facts: dict[str, set[Rule]] = field(default_factory=dict)
    """Concept to its properties with an IRI as value."""

    def find(self, text: str) -> str | None:
        """IRI of the concept with that slug or notation."""
        return self.slugs.get(text) or self.notations.get(text)

    def having(self, facts: Iterable[Rule]) -> dict[str, str]:
        """Slug and IRI of the concepts that have all those properties."""
        wanted = set(facts)
        return {slug: iri for slug, iri in self.slugs.items() if wanted <= self.facts[iri]}


class Catalog:
    """Look-ups over all source files, made once for an import."""

    def __init__(self, files: Iterable[SourceFile], classes: Mapping[str, ClassModel], base: str) -> None:
        self.base, self.classes = base, classes
        self.file_of: dict[str, SourceFile] = {}
        """Thing to the file that describes it."""
        self.schemes: dict[str, Scheme] = defaultdict(Scheme)
        self._known: dict[str, set[str]] = defaultdict(set)
        self._names: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        self._exact: dict[tuple[str, str], set[str]] = defaultdict(set)
        """Class and name to the letter, for names that differ from another's in capitals only ("Mind", "MIND")."""
        texts: dict[str, list[tuple[str, str]]] = defaultdict(list)
        links: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for file in files:
            for iri in file.subjects:
                self.file_of[thing_iri(iri)] = file
            for triple in ox.parse(file.ntriples, format=ox.RdfFormat.N_TRIPLES):
                if isinstance(triple.object, ox.Literal):
                    texts[triple.subject.value].append((triple.predicate.value, triple.object.value))
                elif isinstance(triple.object, ox.NamedNode):
                    links[triple.subject.value].add((triple.predicate.value, triple.object.value))
        for iri, facts in links.items():
            for predicate, value in facts:
                if predicate == _IN_SCHEME:
                    self._add_concept(self.schemes[value], iri, texts[iri], facts)
                elif predicate == f"{RDF}type" and value in classes:
                    self._known[value].add(iri)
        for found in classes.values():
            for path in name_paths(found):
                self._add_names(found.iri, path, texts)

    def _add_concept(self, scheme: Scheme, iri: str, texts: list[tuple[str, str]], facts: set[tuple[str, str]]) -> None:
        named = kind_and_slug(iri, self.base)
        slug = named[1] if named else local_name(iri)
        scheme.slugs[slug] = iri
        scheme.facts[iri] = {(f"<{predicate}>".encode(), f"<{value}>".encode()) for predicate, value in facts}
        for predicate, text in texts:
            if predicate == _NOTATION:
                scheme.notations[text] = iri
            elif predicate in _LABELS:
                scheme.labels.setdefault(text.lower(), slug)

    def _add_names(self, of: str, path: str, texts: Mapping[str, list[tuple[str, str]]]) -> None:
        names = self._names[of]
        found: dict[str, list[str]] = defaultdict(list)
        for iri in sorted(self._known[of]):
            for predicate, text in texts.get(iri, ()):
                if predicate == path:
                    self._exact[of, text].add(iri)
                    if iri not in found[name_key(text)]:
                        found[name_key(text)].append(iri)
        for key, iris in found.items():
            # A better name property wins: a preferred label before the abbreviation of another thing.
            names.setdefault(key, iris)

    def find_agent(self, of: str, name: str) -> list[str]:
        """Things of a class that a name or slug may mean: one when it is clear, none when it is new."""
        found = self._names[of].get(name_key(name), [])
        if len(found) > 1:
            return [iri for iri in found if iri in self._exact[of, name]] or found
        if found or of not in self.classes:
            return found
        iri = f"{self.base}id/{self.classes[of].kind}/{name}"
        return [iri] if iri in self._known[of] else []

    def slugs(self, of: str) -> list[str]:
        """Slugs of the things of a class."""
        return sorted(local_name(iri) for iri in self._known[of])

    def new_agent(self, of: str, name: str) -> str:
        """IRI for a thing that is not there yet, taken from now on."""
        kind = self.classes[of].kind
        slug = _shortened(slugify(name)) or "-".join(f"{ord(letter):x}" for letter in name[:12])
        iri, number = f"{self.base}id/{kind}/{slug}", 1
        while iri in self._known[of] or iri in self.file_of:
            number += 1
            iri = f"{self.base}id/{kind}/{slug}-{number}"
        self._known[of].add(iri)
        self._names[of][name_key(name)] = [iri]
        return iri


def name_key(name: str) -> str:
    """What two printed forms of one name have in common.

    >>> name_key("Institute of Bridges") == name_key("Institute-of-bridges")
    True
    """
    return slugify(name) or " ".join(name.casefold().split())


def _shortened(slug: str) -> str:
    return slug if len(slug) <= _MAX_SLUG else slug[:_MAX_SLUG].rpartition("-")[0] or slug[:_MAX_SLUG]
