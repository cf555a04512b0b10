"""What is said above a list: how a question was understood, and what to do when nothing fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kggraph.model import LangText
from kggraph.publish.labels import Label, pick
from kggraph.search.facet_table import UNKNOWN
from kggraph.search.index import Found
from kggraph.search.results import Results, without_each
from kggraph.web.choice import Choice, default_order
from kggraph.web.facets import facet_label, years_text
from kggraph.web.generations import KnowledgeBase
from kggraph.web.render import query_of
from kggraph.web.texts import texts


@dataclass(frozen=True, slots=True)
class Way:
    """A filter or the words to drop, and how many items that gives."""

    label: Label
    """Of the facet; empty for the words."""
    values: tuple[Label, ...]
    count: int
    href: str


@dataclass(frozen=True, slots=True)
class Notes:
    """How a question was understood; empty texts where there is nothing to say."""

    better: str
    """The question with words put right that are not known."""
    better_href: str
    relaxed: bool
    """Whether there are items that lack a part of the question."""
    missing: tuple[str, ...]
    """Words that nothing stands for."""
    left_out: tuple[str, ...]
    """Words beyond those that are looked for."""
    only_stop_words: bool
    nothing_asked: bool
    """Whether there is something in the search field, and no word in it."""
    ways: tuple[Way, ...]
    """What to drop when nothing fits, what gives most first."""


def notes(kb: KnowledgeBase, choice: Choice, results: Results, language: str, address: str) -> Notes:
    """What is to be said about a list.

    :param address: of the list, without parameters.
    """
    found = results.found
    question = found.question if found else None
    better = question.did_you_mean or "" if question else ""
    return Notes(
        better=better,
        better_href=_href(kb, replace(choice, text=better), address) if better else "",
        relaxed=bool(found and found.relaxed and results.total),
        missing=question.missing if question else (),
        left_out=question.left_out if question else (),
        only_stop_words=bool(question and question.only_stop_words),
        nothing_asked=bool(found and found.asks_nothing),
        ways=() if results.total else tuple(_ways(kb, choice, found, language, address)),
    )


def _ways(kb: KnowledgeBase, choice: Choice, found: Found | None, language: str, address: str) -> list[Way]:
    """What to drop: one of the filters, or the words; when none of these alone is enough, all filters, then all."""
    labels = kb.labels(value for values in choice.values.values() for value in values)
    ways = []
    for key, total in without_each(kb.facets, choice.filters, found).items():
        values = [_said(value, labels, language) for value in choice.values.get(key, ())]
        values += [Label(years_text(choice.ranges[key], language), "")] if key in choice.ranges else []
        ways.append(
            Way(facet_label(kb, key, language), tuple(values), total, _href(kb, _without(choice, key), address))
        )
    if choice.text and choice.filters:
        rest = replace(choice, text="", order=default_order(""))
        total = kb.facets.select(choice.filters, limit=0, counts=False).total
        ways.append(Way(Label("", ""), (Label(choice.text, ""),), total, _href(kb, rest, address)))
    return sorted((way for way in ways if way.count), key=lambda way: -way.count)


def _said(value: str, labels: Mapping[str, LangText], language: str) -> Label:
    if value == UNKNOWN:
        return Label(texts(language)("list.unknown"), "")
    return pick(labels[value], language) if value in labels else Label(value, "")


def _without(choice: Choice, key: str) -> Choice:
    return replace(
        choice,
        values={other: values for other, values in choice.values.items() if other != key},
        ranges={other: years for other, years in choice.ranges.items() if other != key},
        filters={other: values for other, values in choice.filters.items() if other != key},
    )


def _href(kb: KnowledgeBase, choice: Choice, address: str) -> str:
    query = query_of(choice.pairs(kb))
    return f"{address}?{query}" if query else address
