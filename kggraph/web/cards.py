"""Items as cards in lists: title, beginning of the description, and the fields that the model puts on cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kggraph.model import Field, LangText
from kggraph.publish.descriptions import Description
from kggraph.publish.labels import Label, pick
from kggraph.web.generations import KnowledgeBase
from kggraph.web.layout import DESCRIPTION_ROLE, LABEL_ROLE
from kggraph.web.triples import Statement, Term, read
from kggraph.web.views import CardField, Match, Shown


@dataclass(frozen=True, slots=True)
class Card:
    """An item in a list."""

    iri: str
    href: str
    title: Label
    text: Label
    eyebrow: CardField | None
    """What sort of item it is: the first field whose values come from a concept scheme."""
    fields: tuple[CardField, ...]
    match: Match | None = None
    """How it answers the question, in a result of a search."""


def cards(kb: KnowledgeBase, iris: Sequence[str], language: str, prefix: str) -> list[Card]:
    """Cards of things in that order; all labels come from one look-up."""
    return _Dealer(kb, language, prefix).deal([found for iri in iris if (found := kb.descriptions.get(iri))])


class _Dealer:
    """Makes cards for one language."""

    def __init__(self, kb: KnowledgeBase, language: str, prefix: str) -> None:
        self.kb, self.language, self.prefix = kb, language, prefix
        fields = kb.model.main.fields
        roles = (LABEL_ROLE, DESCRIPTION_ROLE)
        self.shown = [field for field in fields if field.card and not field.inverse and field.role not in roles]
        self.leads = [field.path for field in fields if field.role == DESCRIPTION_ROLE][:1]

    def deal(self, descriptions: Sequence[Description]) -> list[Card]:
        paths = {*(field.path for field in self.shown), *self.leads}
        told = [[s for s in read(d.ntriples, paths) if s.subject == d.iri] for d in descriptions]
        labels = self.kb.labels({s.object.value for one in told for s in one if s.object.is_iri})
        return [self._card(d, statements, labels) for d, statements in zip(descriptions, told, strict=True)]

    def _card(self, description: Description, told: Sequence[Statement], labels: Mapping[str, LangText]) -> Card:
        texts = {s.object.lang: s.object.value for s in told if s.predicate in self.leads}
        fields: list[CardField] = []
        eyebrow = None
        for field in self.shown:
            values = tuple(self._shown(s.object, field, labels) for s in told if s.predicate == field.path)
            if values:
                made = CardField(field.key, pick(field.label, self.language, field.path), values)
                if eyebrow is None and field.scheme and not any(one.values[0].href for one in fields):
                    eyebrow = made
                else:
                    fields.append(made)
        return Card(
            iri=description.iri,
            href=self.prefix + (self.kb.addresses.path(description.iri) or "/"),
            title=pick(description.labels, self.language, description.iri),
            text=pick(texts, self.language),
            eyebrow=eyebrow,
            fields=tuple(fields),
        )

    def _shown(self, term: Term, field: Field, labels: Mapping[str, LangText]) -> Shown:
        if not term.is_iri:
            return Shown(term.value, term.lang, date=term.value if field.is_date else "")
        known = self.kb.values.get((term.value, self.language))
        if known is None:
            label = pick(labels.get(term.value), self.language, term.value)
            href, external = self.kb.addresses.href(term.value, self.prefix)
            known = Shown(label.text, label.lang, href, external)
        return known
