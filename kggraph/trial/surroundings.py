"""What the shapes may look at around given things: the published descriptions that they lead to, and no more."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from kggraph.model.graph import ModelGraph
from kggraph.publish.descriptions import Descriptions
from kggraph.rdf import ntriples
from kggraph.rdf.iris import thing_iri
from kggraph.terms import SH, SKOS
from kggraph.validation.reach import looked_at

HOPS: Final = 3
"""How many things away from a given one a shape may look; the same as when everything is validated."""
_IN_SCHEME: Final = f"<{SKOS}inScheme>".encode()


class Surroundings:
    """Finds the triples of published things that the shapes may need beside given ones."""

    def __init__(self, descriptions: Descriptions, shapes: bytes, base: str) -> None:
        self._descriptions, self._base = descriptions, base
        self._looked_at = looked_at(shapes)
        graph = ModelGraph(shapes)
        self._backwards = sorted({iri for node in graph.subjects() for iri in graph.iris(node, f"{SH}inversePath")})
        self._reference = re.compile(rb" <(" + re.escape(base.encode()) + rb"[^>#]*)[^>]*> \.$", re.MULTILINE)

    def around(self, given: bytes, subjects: Iterable[str]) -> bytes:
        """The triples around given ones, without what is published of the given things themselves."""
        own = {thing_iri(subject) for subject in subjects}
        seen = set(own)
        parts: list[bytes] = []
        wave = {iri.decode() for iri in self._reference.findall(given)} | self._pointing(own) | self._siblings(given)
        for _ in range(HOPS):
            wave -= seen
            if not wave:
                break
            seen |= wave
            found = [self._read(iri) for iri in sorted(wave)]
            parts += found
            wave = {iri.decode() for part in found for iri in self._reference.findall(part)} | self._pointing(wave)
        return b"".join(parts)

    def _pointing(self, things: Iterable[str]) -> set[str]:
        return {
            link.thing
            for thing in things
            for predicate in self._backwards
            for link in self._descriptions.inbound(thing, predicate=predicate, limit=-1)
        }

    def _siblings(self, given: bytes) -> set[str]:
        """The concepts of every scheme that a given concept is in: labels are to differ among them."""
        schemes = {ntriples.iri(term) for _, predicate, term in ntriples.rows(given) if predicate == _IN_SCHEME}
        return {
            link.thing
            for scheme in sorted(schemes)
            for link in self._descriptions.inbound(scheme, predicate=f"{SKOS}inScheme", limit=-1)
        }

    def _read(self, iri: str) -> bytes:
        found = self._descriptions.get(iri)
        if found is None:
            return b""
        if self._looked_at is None:
            return found.ntriples
        lines = found.ntriples.splitlines(keepends=True)
        return b"".join([line for line in lines if line.split(b" ", 2)[1] in self._looked_at])
