"""Where things are on this site: links go by path, so they work on every host."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

from kggraph.rdf.iris import document_iri, is_web_iri, kind_and_slug

_SAFE = "/-._~!$&'()*+,;=:@%#?"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Paths of the IRIs of one knowledge base."""

    base_uri: str

    def thing(self, kind: str, slug: str) -> str:
        """The IRI of a thing."""
        return f"{self.base_uri}id/{kind}/{slug}"

    def short(self, iri: str, kind: str) -> str:
        """How a thing is named in an address: its slug when it is of that kind, else its kind and slug.

        >>> Addresses("https://e.org/").short("https://e.org/id/item/a", "item")
        'a'
        """
        named = kind_and_slug(iri, self.base_uri)
        if named is None:
            return iri
        return named[1] if named[0] == kind else "/".join(named)

    @lru_cache(maxsize=1 << 17)  # noqa: B019 (one object lives as long as its generation)
    def path(self, iri: str) -> str | None:
        """Path of the document about one of our own IRIs, with its fragment.

        >>> Addresses("https://e.org/").path("https://e.org/id/item/a#creator-1")
        '/doc/item/a#creator-1'
        """
        if not iri.startswith(self.base_uri):
            return None
        if iri in (f"{self.base_uri}def", f"{self.base_uri}shapes"):
            return f"/{iri[len(self.base_uri) :]}"
        document = document_iri(iri, self.base_uri)
        if document is None:
            return None
        _, mark, fragment = iri.partition("#")
        return quote(f"/{document[len(self.base_uri) :]}{mark}{fragment}", safe=_SAFE)

    def href(self, iri: str, prefix: str) -> tuple[str | None, bool]:
        """The link to follow for an IRI, and whether it leaves this site; nothing when it must not be a link."""
        path = self.path(iri)
        if path is not None:
            return prefix + path, False
        return (iri, True) if is_web_iri(iri) else (None, False)


def bare(iri: str) -> str:
    """An IRI as people read an address.

    >>> bare("https://example.org/")
    'example.org'
    """
    return iri.removeprefix("https://").removeprefix("http://").removeprefix("mailto:").rstrip("/")
