"""Links of the `Link` header (RFC 8288), and IRIs as headers hold them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from werkzeug.urls import iri_to_uri

_READY_URI: Final = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z_a-z~]*\Z")


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the `Link` header (RFC 8288)."""

    target: str
    rel: str
    type: str = ""
    hreflang: str = ""

    def __str__(self) -> str:
        parameters = [f'rel="{self.rel}"']
        parameters += [f'type="{self.type}"'] if self.type else []
        parameters += [f'hreflang="{self.hreflang}"'] if self.hreflang else []
        return "; ".join([f"<{ascii_uri(self.target)}>", *parameters])


def no_links() -> Sequence[Link]:
    """The links of a document that has none of its own."""
    return ()


def ascii_uri(iri: str) -> str:
    """An IRI as it may stand in a header: percent-encoded, without what could end the header or the link."""
    if _READY_URI.match(iri):
        return iri
    return iri_to_uri("".join(c for c in iri if c > " " and c not in '<>"\x7f'))
