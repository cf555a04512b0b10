"""Links of the `Link` header (RFC 8288), IRIs as headers hold them, and the language that a path is in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from werkzeug.urls import iri_to_uri

EXPOSED_HEADERS: Final = (
    "Link, ETag, Content-Location, X-Result-Truncated, X-Service-Failed, Server-Timing, Retry-After, RateLimit, "
    "RateLimit-Policy, X-Request-Id"
)
"""What scripts of other sites may read of an answer."""
_READY_URI: Final = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z_a-z~]*\Z")


class Link(NamedTuple):
    """One link of the `Link` header (RFC 8288)."""

    target: str
    rel: str
    type: str = ""
    hreflang: str = ""

    def __str__(self) -> str:
        media_type = f'; type="{self.type}"' if self.type else ""
        language = f'; hreflang="{self.hreflang}"' if self.hreflang else ""
        return f'<{ascii_uri(self.target)}>; rel="{self.rel}"{media_type}{language}'


def no_links() -> Sequence[Link]:
    """The links of a document that has none of its own."""
    return ()


def ascii_uri(iri: str) -> str:
    """An IRI as it may stand in a header: percent-encoded, without what could end the header or the link."""
    if _READY_URI.match(iri):
        return iri
    return iri_to_uri("".join(c for c in iri if c > " " and c not in '<>"\x7f'))


def language_prefix(language: str, languages: Sequence[str]) -> str:
    """What stands before the paths of a language: nothing for the first one.

    >>> language_prefix("en", ("nl", "en")), language_prefix("nl", ("nl", "en"))
    ('/en', '')
    """
    return "" if language == languages[0] else f"/{language}"


def path_language(path: str, languages: Sequence[str]) -> str:
    """The language that a path is in.

    >>> path_language("/en/items", ("nl", "en")), path_language("/english", ("nl", "en"))
    ('en', 'nl')
    """
    start = path[1:].partition("/")[0]
    return start if start in languages[1:] else languages[0]
