"""Why an item is in a result, as its card shows it: what was found is marked in its texts, and the reasons are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from kggraph.publish.labels import Label
from kggraph.rdf import ntriples
from kggraph.search.index import Found
from kggraph.search.passages import Passage
from kggraph.search.reasons import Explanation, Reason
from kggraph.web.cards import Card
from kggraph.web.facets import facet_label
from kggraph.web.generations import KnowledgeBase
from kggraph.web.layout import DESCRIPTION_ROLE
from kggraph.web.texts import Texts, texts
from kggraph.web.views import Marked, Match, Why

_PLAIN: Final = frozenset(("word",))
"""Reasons that the marks in title and text say well enough."""


def matched(kb: KnowledgeBase, found: Found, cards: Sequence[Card], language: str) -> list[Card]:
    """Cards that say why they are there."""
    return [replace(card, match=_match(kb, found, card, language)) for card in cards]


def explain(kb: KnowledgeBase, found: Found, iri: str) -> Explanation | None:
    """Why an item is among those found."""
    description = kb.descriptions.get(iri)
    if description is None:
        return None
    return kb.explainer.explain(found, iri, ntriples.rows(description.ntriples))


def _match(kb: KnowledgeBase, found: Found, card: Card, language: str) -> Match | None:
    explained = explain(kb, found, card.iri)
    if explained is None:
        return None
    title = explained.title
    passages = list(explained.passages)
    shown_title = None
    for passage in (title, *passages):
        if passage and _text(passage) == card.title.text and any(segment.hit for segment in passage.segments):
            shown_title = Marked(passage.segments, card.title.lang, Label("", ""))
    roles = {field.key: field.role for field in kb.model.main.fields}
    lead = next((p for p in passages if roles.get(p.key) == DESCRIPTION_ROLE and p.lang == card.text.lang), None)
    # The same text in another language says nothing more.
    said = lead.key if lead else ""
    others = [p for p in passages if p.key != said and _text(p) != card.title.text]
    if title and _text(title) != card.title.text and any(segment.hit for segment in title.segments):
        others.insert(0, title)
    t = texts(language)
    return Match(
        shown_title,
        Marked(lead.segments, lead.lang, Label("", "")) if lead else None,
        tuple(Marked(p.segments, p.lang, facet_label(kb, p.key, language)) for p in others[:1]),
        tuple(why(reason, t) for reason in explained.reasons if reason.kind not in _PLAIN),
        ", ".join(explained.lacking),
    )


def why(reason: Reason, t: Texts) -> Why:
    """A reason in words."""
    said = t(f"why.{reason.kind}", asked=reason.asked)
    return Why(said, Label(reason.matched, reason.lang))


def _text(passage: Passage) -> str:
    return "".join(segment.text for segment in passage.segments)
