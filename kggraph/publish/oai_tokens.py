"""Where a harvester is in a list, as the text of a resumption token; and the errors of OAI-PMH."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, replace
from typing import Final

_LONGEST: Final = 2_000


class OaiError(Exception):
    """An error of the protocol: https://www.openarchives.org/OAI/openarchivesprotocol.html#ErrorConditions."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True, slots=True)
class Cursor:
    """A list and a place in it."""

    prefix: str
    start: str
    end: str
    set: str
    after: tuple[str, str]
    """Time and IRI of the last record given."""
    place: int
    """How many records were given."""
    size: int
    """How many the list had at its begin; 0 when not counted."""

    def moved(self, after: tuple[str, str], by: int) -> Cursor:
        """The place after some more records."""
        return replace(self, after=after, place=self.place + by)


def write_cursor(cursor: Cursor) -> str:
    """A cursor as a text that any URL can hold."""
    parts = [cursor.prefix, cursor.start, cursor.end, cursor.set, *cursor.after, cursor.place, cursor.size]
    return base64.urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


def read_cursor(token: str) -> Cursor:
    """The cursor that a token holds.

    :raises OaiError: it is none of ours.
    """
    try:
        if len(token) > _LONGEST:
            raise ValueError
        padded = token + "=" * (-len(token) % 4)
        parts = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
        *texts, place, size = parts
        prefix, start, end, chosen, at, iri = texts
        if not all(isinstance(text, str) for text in texts) or not (type(place) is type(size) is int) or place < 1:
            raise ValueError
    except (ValueError, TypeError, binascii.Error, UnicodeError, RecursionError):
        raise OaiError("badResumptionToken", "This is no resumptionToken of this repository.") from None
    return Cursor(prefix, start, end, chosen, (at, iri), place, size)
