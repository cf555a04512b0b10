"""The generation that is served: opened once, swapped by reference as soon as another one is current."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable
from functools import cached_property

from kggraph.config import Settings
from kggraph.errors import GenerationError, KgError
from kggraph.model import ClassModel, Field, LangText, Model
from kggraph.notices import Notice
from kggraph.publish.descriptions import Concept, Description
from kggraph.publish.generation import Generation, current_hash, open_current
from kggraph.publish.kept import Kept
from kggraph.publish.labels import Label, pick
from kggraph.publish.quality_data import Quality
from kggraph.publish.queries import NamedQuery, read_query
from kggraph.publish.shelf import InUse
from kggraph.rdf.iris import kind_and_slug
from kggraph.search.facets import Selection
from kggraph.search.index import SearchIndex
from kggraph.search.reasons import Explainer
from kggraph.search.suggest import Suggester
from kggraph.terms import DCAT, DCTERMS, SKOS, VOID
from kggraph.web.addresses import Addresses
from kggraph.web.kinds import Kinds, named_kinds
from kggraph.web.layout import Layout, layout_of
from kggraph.web.once import Once
from kggraph.web.triples import read
from kggraph.web.views import Shown

log = logging.getLogger("kggraph.web")

CHECK_EVERY_S = 0.25
"""How often a server looks whether another generation is current; one `readlink`."""
_MAX_LABELS = 200_000


class KnowledgeBase:
    """One open generation with what every page needs of it; shared by all threads."""

    def __init__(self, generation: Generation, settings: Settings, before: KnowledgeBase | None = None) -> None:
        """Open a generation, which is not removed from now on.

        :param before: the one that was served until now; what its shapes say is taken over when they are the same.
        """
        self._in_use = InUse(generation.path)
        self.generation = generation
        self.hash = generation.hash
        self.manifest = generation.manifest
        self.settings = settings
        self.prefixes = settings.served_prefixes
        self.addresses = Addresses(generation.manifest.base_uri)
        is_modelled = before is not None and before.generation.has_model_of(generation)
        self.model: Model = before.model if before is not None and is_modelled else generation.model()
        self.descriptions = generation.descriptions()
        self.facets = generation.facets()
        self.kinds: Kinds = named_kinds(self.model, generation.manifest.kinds)
        self._labels: dict[str, LangText] = {}
        self._definitions: dict[str, LangText] = {}
        self._field_texts: dict[tuple[str, str], tuple[Label, Label]] = {}
        self.values = Kept[tuple[str, str], Shown](50_000)
        """How things of our own are shown as values: IRI and language -> label and link, made once."""
        self._classes: dict[tuple[str, ...], ClassModel | None] = {}
        self._layouts: dict[str, Layout] = {}
        self._trees: dict[str, list[Concept]] = {}
        self.once = Once()
        """What other modules make of it once."""

    def labels(self, iris: Iterable[str]) -> dict[str, LangText]:
        """Labels of all of `iris` that have any; looked up once for a generation."""
        known, found, missing = self._labels, {}, []
        for iri in iris:
            labels = known.get(iri)
            if labels:
                found[iri] = labels
            elif labels is None:
                missing.append(iri)
        if missing:
            fresh = self.descriptions.labels(missing)
            if len(known) > _MAX_LABELS:
                self._labels = {}
            self._labels.update({iri: fresh.get(iri, {}) for iri in missing})
            found.update(fresh)
        return found

    def class_of(self, types: tuple[str, ...]) -> ClassModel | None:
        """The class of a thing with these types; chosen once for the same types."""
        if types not in self._classes:
            self._classes[types] = self.model.of_types(types)
        return self._classes[types]

    def layout(self, model: ClassModel | None) -> Layout:
        """Where the fields of a class stand on a page; put in order once."""
        key = model.iri if model else ""
        if key not in self._layouts:
            self._layouts[key] = layout_of(model, self.model.groups, self.kinds)
        return self._layouts[key]

    def field_texts(self, field: Field, language: str) -> tuple[Label, Label]:
        """Label and explanation of a field of the model; chosen once for a language."""
        found = self._field_texts.get((field.iri, language))
        if found is None:
            explained = pick(field.description, language) if field.description else Label("", "")
            found = self._field_texts[field.iri, language] = pick(field.label, language, field.path), explained
        return found

    def definition(self, iri: str) -> LangText:
        """The definition of a concept; read once."""
        found = self._definitions.get(iri)
        if found is None:
            description = self.descriptions.get(iri)
            statements = read(description.ntriples, (f"{SKOS}definition",)) if description else ()
            found = {s.object.lang: s.object.value for s in statements if s.subject == iri}
            if len(self._definitions) < _MAX_LABELS:
                self._definitions[iri] = found
        return found

    @cached_property
    def text_index(self) -> SearchIndex:
        """The text search; opened when it is first asked, with the suggestions and reasons that stand on it."""
        return self.generation.text_index()

    @cached_property
    def suggester(self) -> Suggester:
        """Suggests while someone types."""
        return Suggester(self.text_index, self.model.main.kind or "item")

    @cached_property
    def explainer(self) -> Explainer:
        """Says why an item is in a result."""
        return Explainer(self.text_index, self.model)

    @cached_property
    def quality(self) -> Quality:
        """What was measured of the data; read when it is first asked for."""
        return self.generation.quality()

    @cached_property
    def everything(self) -> Selection:
        """All items with the counts of every facet: what each value is chosen from."""
        return self.facets.select(limit=0)

    def used(self, key: str) -> frozenset[str]:
        """The values of a facet that any item has."""
        return self._used.get(key, frozenset())

    @cached_property
    def _used(self) -> dict[str, frozenset[str]]:
        facets = self.everything.facets.items()
        return {key: frozenset(value.value for value in values if value.count) for key, values in facets}

    @cached_property
    def uses(self) -> dict[str, dict[str, int]]:
        """Facet value -> facet key -> number of items, where there are any."""
        found: dict[str, dict[str, int]] = {}
        for key, values in self.everything.facets.items():
            for value in values:
                if value.count:
                    found.setdefault(value.value, {})[key] = value.count
        return found

    @cached_property
    def facet_names(self) -> dict[str, str]:
        """How the values of facets that are our own things stand in addresses: slug, or `kind/slug` if need be."""
        names: dict[str, str] = {}
        for values in self.everything.facets.values():
            pairs = {v.value: kind_and_slug(v.value, self.addresses.base_uri) for v in values}
            slugs = Counter(pair[1] for pair in pairs.values() if pair)
            for iri, pair in pairs.items():
                if pair and "/" not in names.get(iri, ""):
                    names[iri] = "/".join(pair) if slugs[pair[1]] > 1 else pair[1]
        return names

    def facet_value(self, key: str, name: str) -> str | None:
        """The value of a facet that a parameter means: by slug, `kind/slug`, IRI or text; nothing if there is none."""
        if self.facets.has(key, name):
            return name
        return self._facet_values.get(key, {}).get(name)

    @cached_property
    def _facet_values(self) -> dict[str, dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for key, values in self.everything.facets.items():
            names = found.setdefault(key, {})
            for value in values:
                pair = kind_and_slug(value.value, self.addresses.base_uri)
                if pair:
                    names["/".join(pair)] = value.value
                    names.setdefault(self.facet_names[value.value], value.value)
        return found

    @cached_property
    def queries(self) -> dict[str, NamedQuery]:
        """The named queries by name; a file that is not right is left out, and logged."""
        found = {}
        folder = self.settings.queries_path
        bases = {"base_from": self.settings.source_base_uri, "base_to": self.addresses.base_uri}
        for path in sorted(folder.glob("*.rq")) if folder.is_dir() else ():
            try:
                found[path.stem] = read_query(path, **bases)
            except KgError as error:
                log.error("A named query is left out: %s", error)
        return found

    @cached_property
    def noticed(self) -> list[tuple[Notice, frozenset[str]]]:
        """The notices of the settings, each with its concepts and all that is narrower."""
        found = []
        for notice in self.settings.notices:
            covered = {self.settings.served_iri(iri) for iri in notice.concepts}
            for scheme in (kind.scheme for kind in self.kinds.all if kind.scheme):
                for concept in self.tree(scheme):  # depth first: what is broader comes before
                    if concept.broader in covered:
                        covered.add(concept.iri)
            found.append((notice, frozenset(covered)))
        return found

    @cached_property
    def property_counts(self) -> dict[str, int]:
        """Property -> number of triples with it, from the VoID description."""
        told: dict[str, dict[str, str]] = {}
        for statement in read(self.generation.void_path.read_bytes(), (f"{VOID}property", f"{VOID}triples")):
            told.setdefault(statement.subject, {})[statement.predicate] = statement.object.value
        pairs = ((one.get(f"{VOID}property"), one.get(f"{VOID}triples")) for one in told.values())
        return {name: int(count) for name, count in pairs if name and count}

    def tree(self, scheme: str) -> list[Concept]:
        """The concepts of a scheme, depth first; read once."""
        if scheme not in self._trees:
            self._trees[scheme] = self.descriptions.tree(scheme)
        return self._trees[scheme]

    @cached_property
    def dataset(self) -> Description | None:
        """The description of the knowledge base itself: the first thing that is a dcat:Dataset."""
        found = self.model.by_class(f"{DCAT}Dataset")
        iris = self.descriptions.iris(found.kind, limit=1) if found and found.kind else ()
        return self.descriptions.get(iris[0]) if iris else None

    @cached_property
    def about(self) -> dict[str, dict[str, str]]:
        """Title, description and licence (an IRI under the empty tag) of the dataset, or else of the ontology."""
        predicates = {
            "title": f"{DCTERMS}title",
            "description": f"{DCTERMS}description",
            "license": f"{DCTERMS}license",
        }
        ontology = f"{self.addresses.base_uri}def"
        sources = [(ontology, self.generation.ontology_path.read_bytes())]
        sources[:0] = [(self.dataset.iri, self.dataset.ntriples)] if self.dataset else []
        told: dict[str, dict[str, str]] = {name: {} for name in predicates}
        for iri, ntriples in sources:
            prefix = f"<{iri}> ".encode()
            own = b"\n".join(line for line in ntriples.splitlines() if line.startswith(prefix))
            statements = read(own, tuple(predicates.values()))
            for name, predicate in predicates.items():
                told[name] = told[name] or {
                    s.object.lang: s.object.value for s in statements if s.predicate == predicate
                }
        return told


class Generations:
    """Gives the current generation; cheap enough to ask at every request."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._current: KnowledgeBase | None = None
        self._check_at = 0.0
        self._looked_at: tuple[str, int] = ("", 0)
        """Hash and folder of the generation that was compared with its checksums last: each is compared once."""
        self._is_damaged = False
        """Whether that one is."""
        self._said = ""
        self._lock = threading.Lock()

    def current(self) -> KnowledgeBase:
        """The knowledge base as it is now.

        :raises GenerationError: none was built yet.
        """
        if time.monotonic() >= self._check_at:
            self._look()
        if self._current is None:
            raise GenerationError("No generation was built yet; run kggraph build.")
        return self._current

    def version(self) -> str:
        """Hash of the current generation, or empty when there is none."""
        if time.monotonic() >= self._check_at:
            self._look()
        return self._current.hash if self._current else ""

    def _look(self) -> None:
        if not self._lock.acquire(blocking=self._current is None):
            return  # another thread is looking; what is served now is still whole
        try:
            if time.monotonic() >= self._check_at:
                self._open_if_new()
                self._check_at = time.monotonic() + CHECK_EVERY_S
        finally:
            self._lock.release()

    def _open_if_new(self) -> None:
        name = current_hash(self._settings)
        if name is None or (self._current is not None and self._current.hash == name):
            return
        try:
            generation = open_current(self._settings)
            if self._current is None:  # the first one was compared before the server began
                self._current = KnowledgeBase(generation, self._settings)
            elif self._is_whole(generation):
                new = KnowledgeBase(generation, self._settings, self._current)
                _ = new.text_index  # what the old one has, the new one has before it takes its place
                old, self._current = self._current, new
                old.once.let_go()
        except (KgError, OSError) as error:
            if self._current is not None and self._said != f"{name} {error}":
                self._said = f"{name} {error}"
                log.error("The new generation %s cannot be opened, the old one is served on: %s", name, error)

    def _is_whole(self, generation: Generation) -> bool:
        """Whether a generation is as its checksums say; compared, and told, once."""
        one = generation.hash, generation.path.stat().st_ino
        if one != self._looked_at:
            self._looked_at, self._is_damaged = one, True
            known = self._current.generation if self._current else None
            generation.verify(self._settings.verify_mb * 1024 * 1024, known)
            self._is_damaged = False
        return not self._is_damaged
