"""What an edit changes: the things whose triples differ between two states of the sources."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """One thing whose triples differ."""

    iri: str
    kind: str
    source: str
    """The file that describes it, or did: relative to the root of the knowledge base."""
    before: bytes
    """Own triples as N-Triples, sorted; empty when the thing is new."""
    after: bytes
    """Own triples as they will be; empty when the thing is gone."""
