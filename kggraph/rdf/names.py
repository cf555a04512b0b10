"""IRIs as names with a prefix: `dcterms:title` for the IRI in full, where the syntax at hand allows it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_LOCAL: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?\Z")
"""The part of https://www.w3.org/TR/turtle/#grammar-production-PN_LOCAL that needs no escapes and no doubt."""

_PREFIX: Final = re.compile(r"(?:[A-Za-z](?:[A-Za-z0-9_-]*[A-Za-z0-9])?)?\Z")
_CACHE_LIMIT: Final = 65_536


class Names:
    """Names for IRIs by one set of prefixes; remembers what it found."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        usable = {prefix: namespace for prefix, namespace in prefixes.items() if _PREFIX.match(prefix) and namespace}
        self.namespaces = dict(sorted(usable.items()))
        self._by_namespace = {namespace: prefix for prefix, namespace in reversed(self.namespaces.items())}
        # A namespace that ends in another character than these cannot be found by cutting the IRI there.
        self._odd = sorted((n for n in self._by_namespace if n[-1] not in "#/:"), key=len, reverse=True)
        self._known: dict[str, tuple[str, str, str] | None] = {}
        self._known_terms: dict[str, tuple[str, str, str] | None] = {}

    def name(self, iri: str) -> tuple[str, str, str] | None:
        """Prefix, whole name and local name for an IRI, or nothing when it has none.

        >>> Names({"ex": "https://example.org/"}).name("https://example.org/a")
        ('ex', 'ex:a', 'a')
        """
        try:
            return self._known[iri]
        except KeyError:
            if len(self._known) >= _CACHE_LIMIT:
                self._known.clear()
            found = self._known[iri] = self._find(iri)
            return found

    def name_of_term(self, term: str) -> tuple[str, str, str] | None:
        """The same for an IRI in N-Triples form.

        >>> Names({"ex": "https://example.org/"}).name_of_term("<https://example.org/a>")
        ('ex', 'ex:a', 'a')
        """
        try:
            return self._known_terms[term]
        except KeyError:
            if len(self._known_terms) >= _CACHE_LIMIT:
                self._known_terms.clear()
            found = self._known_terms[term] = self._find(term[1:-1])
            return found

    def _find(self, iri: str) -> tuple[str, str, str] | None:
        for namespace in self._odd:
            if iri.startswith(namespace) and _LOCAL.match(local := iri[len(namespace) :]):
                prefix = self._by_namespace[namespace]
                return prefix, f"{prefix}:{local}", local
        for separator in "#/:":
            start, found, local = iri.rpartition(separator)
            if found and (known := self._by_namespace.get(start + found)) is not None and _LOCAL.match(local):
                return known, f"{known}:{local}", local
        return None


def names_of(prefixes: Mapping[str, str]) -> Names:
    """The names by these prefixes, made once for each set of prefixes.

    >>> names_of({"a": "a:"}) is names_of({"a": "a:"})
    True
    """
    return _names(tuple(prefixes.items()))


@lru_cache(maxsize=16)
def _names(prefixes: tuple[tuple[str, str], ...]) -> Names:
    return Names(dict(prefixes))
