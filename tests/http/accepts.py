"""Accept headers that clients send, right ones and wrong ones, and what each gets by RFC 9110, section 12.5.1."""

from __future__ import annotations

import re
from collections.abc import Sequence

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
ACCEPTS = [
    (None, "text/html"),
    ("", "text/html"),
    ("*/*", "text/html"),
    (BROWSER, "text/html"),
    ("text/turtle", "text/turtle"),
    ("TEXT/TURTLE", "text/turtle"),
    ("text/turtle;q=0.4, application/ld+json;q=0.5", "application/ld+json"),
    ("application/ld+json", "application/ld+json"),
    ("application/json", "application/ld+json"),
    ("application/n-triples", "application/n-triples"),
    ("application/rdf+xml", "application/rdf+xml"),
    ("application/rdf+xml, text/turtle;q=0.9", "application/rdf+xml"),
    ("text/*;q=0.3, text/turtle;q=0.7", "text/turtle"),
    ("text/*", "text/html"),
    ("application/*", "application/ld+json"),
    ("*/*;q=0.1, text/turtle", "text/turtle"),
    ("text/html;q=0, */*", "text/turtle"),
    ("text/html;q=0, text/turtle;q=0, */*;q=0.5", "application/ld+json"),
    ("text/turtle;q=nonsense, text/html", "text/html"),
    (";;;,,,", "text/html"),
    ("image/png", None),
    ("text/turtle;q=0", None),
    ("*/*;q=0", None),
    # what browsers, tools and libraries really send
    ("text/html", "text/html"),
    ("application/xhtml+xml", "text/html"),
    ("text/html;charset=utf-8", "text/html"),
    ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", "text/html"),
    (
        "application/rdf+xml, application/xhtml+xml;q=0.3, text/xml;q=0.2, text/html;q=0.3, text/n3, text/turtle;q=1",
        "text/turtle",
    ),
    (
        "text/turtle, application/n-triples;q=0.9, application/rdf+xml;q=0.8, */*;q=0.1",
        "text/turtle",
    ),
    ("application/trig, application/n-quads;q=0.9, text/turtle;q=0.8", "application/trig"),
    ("application/vnd.citationstyles.csl+json", "application/vnd.citationstyles.csl+json"),
    ("application/x-bibtex", "application/x-bibtex"),
    ("text/x-bibtex", "application/x-bibtex"),
    ("application/x-research-info-systems", "application/x-research-info-systems"),
    ("application/vnd.citationstyles.csl+json, text/turtle;q=0.9", "application/vnd.citationstyles.csl+json"),
    ("text/markdown", "text/markdown"),
    ("text/markdown, text/html;q=0.9", "text/markdown"),
    ("text/csv", "text/csv"),
    ("text/csv, */*;q=0.1", "text/csv"),
    ("application/trig", "application/trig"),
    ("application/x-trig", "application/trig"),
    ("application/x-turtle", "text/turtle"),
    ("text/plain", "application/n-triples"),
    ("text/xml", "application/rdf+xml"),
    ("application/xml", "application/rdf+xml"),
    ('application/ld+json;profile="http://www.w3.org/ns/json-ld#compacted"', "application/ld+json"),
    ("application/ld+json; q=1.0", "application/ld+json"),
    ("application/ld+json;q=1.000", "application/ld+json"),
    ("text/turtle;q=0.001", "text/turtle"),
    ("text/turtle ; q = 0.5 , application/n-triples ; q = 0.6", "application/n-triples"),
    ("text/turtle,,application/n-triples;q=0.1", "text/turtle"),
    ("text/turtle;version=1.1", "text/turtle"),
    ("text/turtle;charset=utf-8", "text/turtle"),
    ("text/turtle;charset=iso-8859-1, text/html;q=0.1", "text/html"),
    ("text/turtle;q=2, text/html;q=0.1", "text/html"),
    ("text/turtle;q=-1, text/html;q=0.1", "text/html"),
    ("text/html;q=0.5, */*;q=0.5", "text/html"),
    ("*/*;q=0.5, text/html;q=0.4, text/*;q=0.3", "application/ld+json"),
    ("text/*, text/html;q=0", "text/turtle"),
    ("image/png, image/*", None),
    ("application/json;q=0, image/png", None),
    ("application/sparql-results+json", None),
    ("*/html", "text/html"),
    ("text/turtle\\", "text/html"),
    ('"text/turtle"', "text/html"),
    ("text/" + "a" * 5000 + ", text/turtle", "text/turtle"),
]
"""Header, and the media type that the document about an item then has: written out by hand."""

READ_OTHERWISE: dict[str, list[tuple[str, float]]] = {
    # What cannot be read says nothing, and nothing said means that anything is fine.
    ";;;,,,": [],
    "*/html": [],
    "text/turtle\\": [],
    '"text/turtle"': [],
    "text/turtle;q=nonsense, text/html": [("text/html", 1)],
    "text/turtle;q=2, text/html;q=0.1": [("text/html", 0.1)],
    "text/turtle;q=-1, text/html;q=0.1": [("text/html", 0.1)],
    # All that is sent is UTF-8.
    "text/turtle;charset=iso-8859-1, text/html;q=0.1": [("text/html", 0.1)],
    # Java's HttpURLConnection
    "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2": [("text/html", 1), ("*/*", 0.2)],
}
ALIASES = {
    "text/html": ["application/xhtml+xml"],
    "text/turtle": ["application/x-turtle", "application/turtle"],
    "application/ld+json": ["application/json"],
    "application/n-triples": ["text/plain"],
    "application/rdf+xml": ["application/xml", "text/xml"],
    "application/trig": ["application/x-trig"],
    "application/n-quads": ["text/x-nquads"],
    "application/x-bibtex": ["text/x-bibtex"],
    "application/sparql-results+json": ["application/json"],
    "application/sparql-results+xml": ["application/xml", "text/xml"],
}
"""Other names by which clients ask for a media type, where it is not named itself."""


def expected(header: str | None, offers: Sequence[str]) -> str | None:
    """The media type that a client gets where there are these, the server's favourite first; none is 406.

    Written from the words of the RFC, beside the program.
    """
    wishes = _read(header)
    if not wishes:
        return offers[0]
    ranked = [(*_weight(wishes, offer), -place) for place, offer in enumerate(offers)]
    quality, _, place = max(ranked)
    return offers[-place] if quality > 0 else None


def _read(header: str | None) -> list[tuple[str, float]]:
    if header is None or header in READ_OTHERWISE:
        return READ_OTHERWISE.get(header or "", [])
    found = []
    for element in filter(str.strip, header.split(",")):
        weight = re.search(r";\s*q\s*=\s*([\d.]+)", element)
        found.append((element.partition(";")[0].strip().lower(), float(weight[1]) if weight else 1.0))
    return found


def _weight(wishes: list[tuple[str, float]], offer: str) -> tuple[float, bool]:
    """Quality of the most specific range, and whether the client named the type."""
    named = dict(wishes)
    if offer in named:
        return named[offer], True
    for alias in ALIASES.get(offer, ()):
        if named.get(alias):
            return named[alias], True
    main = offer.partition("/")[0]
    return named.get(f"{main}/*", named.get("*/*", 0.0)), False
