"""What the surfaces of exchange stand on: made once for a generation, when the first of them is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from kggraph.publish.bibliography import Bibliography
from kggraph.publish.changes import Changes
from kggraph.publish.dataset import DatasetFacts, dataset_facts
from kggraph.publish.harvest_sets import HarvestSet, harvest_sets
from kggraph.publish.labels import Label, pick
from kggraph.publish.oai import Repository
from kggraph.publish.publication import log_path
from kggraph.publish.reconcile import Reconciler
from kggraph.publish.work import Work, WorkReader
from kggraph.web.generations import KnowledgeBase
from kggraph.web.once import once_a_generation

_BIBLIOGRAPHY = Bibliography()


class Outlets:
    """The readers of one generation; shared by all threads."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self.kb = kb
        self.bibliography = _BIBLIOGRAPHY
        self.changes = Changes(log_path(kb.settings.build_path))
        self.reader = WorkReader(kb.model, kb.addresses.base_uri, kb.descriptions.get, kb.labels)
        self._reconcilers: dict[str, Reconciler] = {}

    @cached_property
    def facts(self) -> DatasetFacts:
        """The facts of the dataset."""
        ontology = self.kb.generation.ontology_path.read_bytes()
        kb, settings = self.kb, self.kb.settings
        return dataset_facts(
            kb.manifest, kb.model, kb.descriptions, ontology, settings.languages, settings.contact_email
        )

    @cached_property
    def sets(self) -> list[HarvestSet]:
        """The sets of harvesters."""
        return harvest_sets(self.kb.model, self.kb.facets, self.kb.addresses.base_uri, self.kb.labels)

    @cached_property
    def repository(self) -> Repository:
        """What the provider of OAI-PMH answers from."""
        base, languages = self.kb.addresses.base_uri, self.kb.settings.languages
        return Repository(
            base_url=f"{base}oai",
            name=pick(self.facts.title, languages[0], base).text,
            kind=self.kb.model.main.kind or "",
            languages=languages,
            admin_email=self.kb.settings.contact_email,
            changes=self.changes,
            get=self.kb.descriptions.get,
            works=self.reader,
            sets=self.sets,
            prefixes=self.kb.prefixes,
        )

    def reconciler(self, lang: str) -> Reconciler:
        """The reconciliation service in a language."""
        if lang not in self._reconcilers:
            kb = self.kb
            names = next((one.names for one in self._reconcilers.values()), None) or kb.generation.names()
            made = Reconciler(kb.model, kb.descriptions, names, kb.addresses.base_uri, lang)
            self._reconcilers[lang] = made
        return self._reconcilers[lang]

    def works(self, iris: Iterable[str]) -> list[Work]:
        """Things as works; those that are not there are left out."""
        found = [description for iri in iris if (description := self.kb.descriptions.get(iri))]
        return self.reader.read_all(found)


def keeper(kb: KnowledgeBase, language: str, prefix: str) -> tuple[Label, str] | None:
    """Whom to tell of an error where there is no address for mail: who publishes the dataset, with their page."""
    publisher = outlets(kb).facts.publisher
    href = kb.addresses.href(publisher.iri, prefix)[0] if publisher else None
    return (pick(publisher.names, language, publisher.iri), href) if publisher and href else None


@once_a_generation
def outlets(kb: KnowledgeBase) -> Outlets:
    """The outlets of a generation."""
    return Outlets(kb)
