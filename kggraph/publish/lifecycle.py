"""Whether a thing is still there: withdrawn ones stay as a tombstone, merged ones say what they became.

The data say it with terms of others: `owl:deprecated true`, and `dcterms:isReplacedBy` the thing to use instead.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from kggraph.terms import DCTERMS, OWL

_DEPRECATED: Final = f"<{OWL}deprecated>".encode()
_REPLACED: Final = f"<{DCTERMS}isReplacedBy>".encode()
ENDINGS: Final = (f"{OWL}deprecated", f"{DCTERMS}isReplacedBy")
"""The properties that say it."""


class Ending(NamedTuple):
    """How a thing ended."""

    withdrawn: bool
    replaced_by: str
    """IRI of the thing to use instead; empty when there is none."""

    @property
    def is_over(self) -> bool:
        """Whether the thing is no longer there."""
        return self.withdrawn or bool(self.replaced_by)


def ending(ntriples: bytes, iri: str) -> Ending:
    """What a description says of the end of its thing.

    >>> ending(b'<a:b> <http://purl.org/dc/terms/isReplacedBy> <a:c> .', "a:b").replaced_by
    'a:c'
    """
    if _DEPRECATED not in ntriples and _REPLACED not in ntriples:
        return Ending(False, "")
    subject = f"<{iri}>".encode()
    withdrawn, replaced = False, ""
    for line in ntriples.split(b"\n"):
        parts = line.split(b" ", 2)
        if len(parts) == 3 and parts[0] == subject:
            withdrawn |= parts[1] == _DEPRECATED and parts[2].startswith((b'"true"', b'"1"'))
            if parts[1] == _REPLACED and parts[2].startswith(b"<"):
                replaced = replaced or parts[2][1:].partition(b">")[0].decode()
    return Ending(withdrawn, replaced)
