"""The one label resolver: which of a thing's labels is shown to whom, and in which language that text is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from kggraph.model import LangText
from kggraph.rdf import ntriples
from kggraph.rdf.iris import local_name

FALLBACK: Final = ("nl", "en", "")
"""Languages tried after the asked one; then any, sorted by tag."""


_WORD: Final = re.compile(r"[^\W_]+")


class Label(NamedTuple):
    """A text and the language it is in (empty: unknown, so give it no `lang` attribute)."""

    text: str
    lang: str


def pick(labels: LangText | None, lang: str, iri: str = "") -> Label:
    """The label to show: asked language, nl, en, untagged, any sorted by tag, local name of the IRI.

    A language with a region or script serves its own language: `en` is answered by `en-gb`, after plain `en`.

    >>> pick({"en": "Stress", "de": "Druck"}, "nl")
    Label(text='Stress', lang='en')
    """
    if labels:
        if lang in labels:  # nearly always
            return Label(labels[lang], lang)
        if len(labels) == 1:
            for only, text in labels.items():
                return Label(text, only)
        for wanted in (lang.lower(), *FALLBACK):
            if wanted in labels:
                return Label(labels[wanted], wanted)
            if wanted:
                near = min((tag for tag in labels if tag.startswith(f"{wanted}-")), default=None)
                if near is not None:
                    return Label(labels[near], near)
        first = min(labels)
        return Label(labels[first], first)
    return Label(local_name(iri) if iri else "", "")


def read_labels(rows: Iterable[ntriples.Row], subject: bytes, paths: Sequence[bytes]) -> dict[str, str]:
    """Labels of a subject: in each language the text of the best of `paths` that has one, sorted by tag.

    :param paths: label properties in N-Triples form (`<iri>`), the best first.
    """
    found: dict[str, tuple[int, str]] = {}
    for row_subject, predicate, term in rows:
        if row_subject == subject and predicate in paths and term.startswith(b'"'):
            text, lang, _ = ntriples.literal(term)
            ranked = (paths.index(predicate), text)
            found[lang] = min(ranked, found.get(lang, ranked))
    return {lang: text for lang, (_, text) in sorted(found.items())}


def sort_key(text: str) -> str:
    """A key that orders texts as people expect: without accents, case, quotes and marks at the start.

    >>> sorted(["zee", "Één", "'s Avonds", "appel"], key=sort_key)
    ['appel', 'Één', "'s Avonds", 'zee']
    """
    plain = text.casefold()
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    return " ".join(_WORD.findall(plain))
