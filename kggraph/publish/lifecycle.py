"""Whether a thing is still there: withdrawn ones stay as a tombstone, merged ones say what they became.

The data say it with terms of others: `owl:deprecated true`, and `dcterms:isReplacedBy` the thing to use instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from kggraph.rdf.ntriples import iri, is_iri, said_of
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


def ending(ntriples: bytes, thing: str) -> Ending:
    """What a description says of the end of its thing.

    :param thing: its IRI.

    >>> ending(b'<a:b> <http://purl.org/dc/terms/isReplacedBy> <a:c> .', "a:b").replaced_by
    'a:c'
    """
    if _DEPRECATED not in ntriples and _REPLACED not in ntriples:
        return Ending(False, "")
    return ending_said(said_of(ntriples, f"<{thing}>".encode()))


def ending_said(own: Mapping[bytes, Sequence[bytes]]) -> Ending:
    """The same of what is said of the thing itself: property to objects, in N-Triples form."""
    if _DEPRECATED not in own and _REPLACED not in own:
        return Ending(False, "")
    withdrawn = any(term.startswith((b'"true"', b'"1"')) for term in own.get(_DEPRECATED, ()))
    replacing = [iri(term) for term in own.get(_REPLACED, ()) if is_iri(term)]
    return Ending(withdrawn, replacing[0] if replacing else "")
