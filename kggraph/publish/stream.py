"""The stream of changes: every version of every thing, as a Linked Data Event Stream in pages that never change.

https://w3id.org/ldes/specification and https://treecg.github.io/specification/. A page is closed when it is full; only
the last one grows. A version has an address in its page, says of what and when it is one, and has the triples that the
thing had then; when the thing is gone it is a tombstone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from kggraph.publish.changes import GONE, Changes, Event
from kggraph.publish.triples import Triples, iri, typed
from kggraph.rdf import ntriples
from kggraph.terms import DCTERMS, PROV

SIZE: Final = 250
"""Versions in a page."""
LDES: Final = "https://w3id.org/ldes#"
TREE: Final = "https://w3id.org/tree#"
_AS: Final = "https://www.w3.org/ns/activitystreams#"
STREAM_PREFIXES: Final = {"as": _AS, "ldes": LDES, "tree": TREE}

_TIME: Final = f"{PROV}generatedAtTime"
_PART: Final = re.compile(r"[^A-Za-z0-9_-]+")


def pages(count: int) -> int:
    """How many pages that many changes have; the first one is there before anything happened."""
    return max(1, -(-count // SIZE))


def is_closed(number: int, count: int) -> bool:
    """Whether a page is full, and so never changes.

    >>> is_closed(1, SIZE - 1), is_closed(1, SIZE)
    (False, True)
    """
    return count >= number * SIZE


def root(address: str, changes: Changes, dataset: str, license: str) -> bytes:
    """The stream itself, with a way to each page by the time of its first version."""
    made = Triples()
    _stream(made, address)
    made.add(address, f"{TREE}view", iri(address))
    made.a(address, f"{TREE}Node")
    made.add(address, f"{DCTERMS}isPartOf", iri(dataset))
    if license:
        made.add(address, f"{DCTERMS}license", iri(license))
    starts = changes.event_starts(SIZE)
    for number, at in enumerate(starts, 1):
        # Versions of one moment may go over the end of a page, so this relation includes its value.
        _relation(made, address, f"{address}/{number}", at)
    return made.ntriples()


def page(address: str, number: int, events: Sequence[Event], following: str) -> bytes:
    """One page.

    :param following: time of the first version of the next page, if there is one.
    """
    made = Triples()
    node = f"{address}/{number}"
    _stream(made, address)
    made.a(node, f"{TREE}Node")
    made.add(address, f"{TREE}view", iri(node))
    for event in events:
        version = f"{node}#{event.number}"
        made.add(address, f"{TREE}member", iri(version))
        made.add(version, f"{DCTERMS}isVersionOf", iri(event.iri))
        made.add(version, _TIME, typed(event.at, "dateTime"))
        if event.what in GONE:
            made.a(version, f"{_AS}Tombstone")
            made.add(version, f"{_AS}deleted", typed(event.at, "dateTime"))
        made.take(_renamed(event, version))
    if following:
        _relation(made, node, f"{address}/{number + 1}", following)
    return made.ntriples()


def _stream(made: Triples, address: str) -> None:
    made.a(address, f"{LDES}EventStream")
    made.add(address, f"{LDES}timestampPath", iri(_TIME))
    made.add(address, f"{LDES}versionOfPath", iri(f"{DCTERMS}isVersionOf"))


def _relation(made: Triples, node: str, target: str, at: str) -> None:
    relation = f"{node}#to-{target.rpartition('/')[2]}"
    made.add(node, f"{TREE}relation", iri(relation))
    made.a(relation, f"{TREE}GreaterThanOrEqualToRelation")
    made.add(relation, f"{TREE}node", iri(target))
    made.add(relation, f"{TREE}path", iri(_TIME))
    made.add(relation, f"{TREE}value", typed(at, "dateTime"))


def _renamed(event: Event, version: str) -> bytes:
    """The triples with the version in place of the thing, and parts of the version in place of parts of the thing."""
    thing = f"<{event.iri}>".encode()
    start = f"<{event.iri}#".encode()

    def name(term: bytes) -> bytes:
        if term.startswith(start):
            return f"<{version}-{_PART.sub('-', term[len(start) : -1].decode())}>".encode()
        return term

    return b"".join(
        b"%b %b %b .\n" % (f"<{version}>".encode() if row[0] == thing else name(row[0]), row[1], name(row[2]))
        for row in ntriples.rows(event.ntriples)
    )
