"""Filters of the templates: texts with their language, shortened texts, addresses as people read them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Protocol
from urllib.parse import urlencode

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from kggraph.publish.labels import Label

_SPACES: Final = re.compile(r"\s+")
# Scripts that run from right to left, and the characters that override direction: kept inside their own element
_OTHER_DIRECTION: Final = re.compile("[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff]")
_NAME_LENGTH: Final = 40
_CLOSING: Final = ",.;:–- "


class Said(Protocol):
    """A text and the language it is in."""

    @property
    def text(self) -> str: ...
    @property
    def lang(self) -> str: ...


@pass_context
def say(context: Context, said: Said) -> Markup:
    """A text, with its language when that is not the language of the page, and its direction kept to itself."""
    text, lang = said.text, said.lang
    attribute = f' lang="{escape(lang)}"' if lang and lang != context["lang"] else ""
    if _OTHER_DIRECTION.search(text):
        return Markup(f'<bdi dir="auto"{attribute}>{escape(text)}</bdi>')
    return Markup(f"<span{attribute}>{escape(text)}</span>") if attribute else escape(text)


def excerpt(said: Said, length: int = 220) -> Label:
    """The beginning of a text, cut at a word.

    >>> excerpt(Label("one two three", "en"), 9).text
    'one two…'
    """
    text = _SPACES.sub(" ", said.text).strip()
    if len(text) > length:
        text = text[: length + 1].rpartition(" ")[0].rstrip(_CLOSING) + "…"
    return Label(text, said.lang)


def bare(iri: str) -> str:
    """An IRI as people read an address.

    >>> bare("https://example.org/")
    'example.org'
    """
    return iri.removeprefix("https://").removeprefix("http://").removeprefix("mailto:").rstrip("/")


def with_sort(pairs: Sequence[tuple[str, str]], sort: str) -> str:
    """Parameters of a list in another order, from its first page.

    >>> with_sort([("page", "2"), ("topic", "a")], "title")
    'sort=title&topic=a'
    """
    kept = [pair for pair in pairs if pair[0] not in ("sort", "page")]
    return urlencode(sorted([*kept, ("sort", sort)]))


def are_short(values: Sequence[Said]) -> bool:
    """Whether some texts are names rather than sentences, so that they fit on one line."""
    return len(values) > 1 and all(len(value.text) <= _NAME_LENGTH for value in values)


def lower_first(text: str) -> str:
    """A word as it stands in the middle of a sentence; an abbreviation stays as it is.

    >>> lower_first("Items"), lower_first("FAQs")
    ('items', 'FAQs')
    """
    return text[:1].lower() + text[1:] if text[1:2].islower() else text
