"""What is known of addresses elsewhere: whether they still answer. Data like all other, in terms of the platform.

A thing of the class `kg:CheckedHost` for each host, with a part (`kg:LinkCheck`) for each address that was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from kggraph.publish.statements import read_statements
from kggraph.publish.triples import Triples, iri, text, typed
from kggraph.terms import DCTERMS, KG, RDFS

KIND: Final = "link-host"
"""Kind of these things in addresses."""
CHECKED_HOST: Final = f"{KG}CheckedHost"
STATES: Final = ("ok", "moved", "dead", "refused", "unreachable")
"""It answers; it is elsewhere for good; it is not there; it may not be asked; it did not answer this time."""
DEAD: Final = "dead"

_CHECK: Final = f"{KG}linkCheck"
_ADDRESS: Final = f"{KG}address"
_STATE: Final = f"{KG}linkState"
_STATUS: Final = f"{KG}httpStatus"
_MOVED: Final = f"{KG}movedTo"
_DATE: Final = f"{DCTERMS}date"


class LinkCheck(NamedTuple):
    """What was found at an address."""

    address: str
    state: str
    """One of `STATES`."""
    date: str
    """When it was asked for (xsd:date)."""
    status: int | None = None
    """The last status of HTTP, if there was an answer."""
    moved_to: str = ""
    """Where it is now, when it was moved for good."""


def write_checks(host: str, thing: str, checks: Iterable[tuple[str, LinkCheck]]) -> bytes:
    """A host with its addresses as N-Triples.

    :param thing: IRI of the host.
    :param checks: name of each part, and what was found.
    """
    made = Triples()
    made.a(thing, CHECKED_HOST)
    made.add(thing, f"{RDFS}label", text(host))
    for name, check in checks:
        part = f"{thing}#{name}"
        made.add(thing, _CHECK, iri(part))
        made.a(part, f"{KG}LinkCheck")
        made.add(part, _ADDRESS, iri(check.address))
        made.add(part, _STATE, text(check.state))
        made.add(part, _DATE, typed(check.date, "date"))
        made.add(part, _STATUS, typed(check.status, "integer") if check.status is not None else None)
        made.add(part, _MOVED, iri(check.moved_to) if check.moved_to else None)
    return made.ntriples()


def read_checks(ntriples: bytes, thing: str) -> Iterator[LinkCheck]:
    """What is said of the addresses of a host.

    >>> list(read_checks(b"", "https://e.org/id/link-host/a"))
    []
    """
    for part in read_statements(ntriples, thing).parts.values():
        status, address, moved = part.text(_STATUS), part.iris(_ADDRESS), part.iris(_MOVED)
        if address:
            number = int(status) if status.isdigit() else None
            yield LinkCheck(address[0], part.text(_STATE), part.text(_DATE), number, moved[0] if moved else "")
