"""Which notices of the settings a page carries, in its language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kggraph.publish.labels import Label, pick
from kggraph.web.generations import KnowledgeBase


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice as a page shows it."""

    title: Label
    text: Label
    links: tuple[tuple[str, Label], ...]


def notices(kb: KnowledgeBase, iris: Iterable[str], language: str) -> list[NoticeView]:
    """The notices about any of these concepts, or about a broader one of theirs."""
    if not kb.settings.notices:
        return []
    wanted = set(iris)
    return [
        NoticeView(
            pick(notice.title, language),
            pick(notice.text, language),
            tuple((link.href, pick(link.label, language)) for link in notice.links),
        )
        for notice, covered in kb.noticed
        if not covered.isdisjoint(wanted)
    ]
