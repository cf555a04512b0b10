"""The one label resolver: which of a thing's labels is shown to whom, and in which language that text is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

LangText = Mapping[str, str]
"""Language tag (lower case; empty: untagged) to text."""

FALLBACK: Final = ("nl", "en", "")
"""Languages tried after the asked one; then any, sorted by tag."""


class Label(NamedTuple):
    """A text and the language it is in (empty: unknown, so give it no `lang` attribute)."""

    text: str
    lang: str


def pick(labels: LangText | None, lang: str, iri: str = "") -> Label:
    """The label to show: asked language, nl, en, untagged, any sorted by tag, local name of the IRI.

    >>> pick({"en": "Stress", "de": "Stress (de)"}, "nl")
    Label(text='Stress', lang='en')
    """
    raise NotImplementedError
