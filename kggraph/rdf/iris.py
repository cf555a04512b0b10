"""IRIs: what is one, what may become a link, and how those of this knowledge base are built."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from pyoxigraph import NamedNode

_ABSOLUTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`]*\Z")
"""https://www.w3.org/TR/turtle/#grammar-production-IRIREF with a scheme in front."""

_WEB: Final = re.compile(r"(?:https?://[^/?#]|mailto:[^?#])", re.IGNORECASE)
_LETTERS: Final = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})
_UNSAFE_IN_LINKS: Final = re.compile(r"[\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def is_iri(text: str) -> bool:
    """Whether the text is an absolute IRI that every RDF format can hold.

    >>> is_iri("https://example.org/a"), is_iri("a b"), is_iri("/relative")
    (True, False, False)
    """
    if not _ABSOLUTE.match(text):
        return False
    try:
        NamedNode(text)
    except ValueError:
        return False
    return True


def is_web_iri(text: str) -> bool:
    """Whether a page may make a link of it: an http, https or mailto IRI without invisible characters.

    >>> is_web_iri("https://example.org/"), is_web_iri("javascript:alert(1)")
    (True, False)
    """
    return bool(_WEB.match(text)) and not _UNSAFE_IN_LINKS.search(text) and is_iri(text)


def local_name(iri: str) -> str:
    """The last part of an IRI, to show when there is no label.

    >>> local_name("http://purl.org/dc/terms/title"), local_name("https://example.org/def#Item")
    ('title', 'Item')
    """
    for separator in "#/:":
        name = iri.rstrip("#/:").rpartition(separator)[2]
        if name != iri.rstrip("#/:"):
            return name
    return iri


def slugify(text: str) -> str:
    """Lower-case ASCII letters, digits and single hyphens; empty when nothing of the text is left.

    >>> slugify("Één café & meer"), slugify("Straße 9")
    ('een-cafe-meer', 'strasse-9')
    """
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    letters = "".join(c for c in plain if not unicodedata.combining(c) and c not in "'’`")
    return re.sub(r"[^a-z0-9]+", "-", letters.lower()).strip("-")


def kind_and_slug(iri: str, base: str) -> tuple[str, str] | None:
    """Kind and slug of a thing of this knowledge base, `{base}id/{kind}/{slug}`, or nothing.

    >>> kind_and_slug("https://example.org/id/item/a-b", "https://example.org/")
    ('item', 'a-b')
    """
    start = f"{base}id/"
    if not iri.startswith(start):
        return None
    kind, _, slug = iri[len(start) :].partition("/")
    rest = kind + slug
    if not kind or not slug or "/" in slug or "?" in rest or "#" in rest:
        return None
    return kind, slug


def thing_iri(iri: str) -> str:
    """The IRI of the thing whose description holds this subject: the IRI itself without its fragment.

    >>> thing_iri("https://example.org/id/item/a#creator-1")
    'https://example.org/id/item/a'
    """
    return iri.partition("#")[0]


def document_iri(iri: str, base: str) -> str | None:
    """The document about one of our own IRIs: `id/` becomes `doc/`, a hash IRI loses its fragment; else nothing.

    >>> document_iri("https://example.org/id/item/a", "https://example.org/")
    'https://example.org/doc/item/a'
    """
    if not iri.startswith(base):
        return None
    whole = thing_iri(iri)
    named = kind_and_slug(whole, base)
    if named:
        return f"{base}doc/{named[0]}/{named[1]}"
    return whole if "#" in iri else None
