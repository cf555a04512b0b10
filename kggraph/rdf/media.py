"""Media types: which representations there are, and which of them a client gets (RFC 9110, section 12)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeVar


@dataclass(frozen=True, slots=True)
class Representation:
    """One format that a document or a query result can have."""

    name: str
    """Short name, as in `format=ttl`."""
    suffix: str
    """End of an address or file name, with its dot."""
    media_type: str
    label: str
    """What people call it."""
    aliases: tuple[str, ...] = ()
    """Other media types by which clients ask for it."""
    has_graphs: bool = False
    """Whether it can hold named graphs."""

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def content_type(self) -> str:
        """The `Content-Type` header: text types say their charset."""
        return f"{self.media_type}; charset=utf-8" if self.media_type.startswith("text/") else self.media_type


HTML: Final = Representation("html", ".html", "text/html", "HTML", ("application/xhtml+xml",))
TURTLE: Final = Representation("ttl", ".ttl", "text/turtle", "Turtle", ("application/x-turtle", "application/turtle"))
JSON_LD: Final = Representation("jsonld", ".jsonld", "application/ld+json", "JSON-LD", ("application/json",))
N_TRIPLES: Final = Representation("nt", ".nt", "application/n-triples", "N-Triples", ("text/plain",))
RDF_XML: Final = Representation("rdf", ".rdf", "application/rdf+xml", "RDF/XML", ("application/xml", "text/xml"))
TRIG: Final = Representation("trig", ".trig", "application/trig", "TriG", ("application/x-trig",), has_graphs=True)
N_QUADS: Final = Representation("nq", ".nq", "application/n-quads", "N-Quads", ("text/x-nquads",), has_graphs=True)

RESULTS_JSON: Final = Representation(
    "json", ".srj", "application/sparql-results+json", "SPARQL JSON", ("application/json",)
)
RESULTS_XML: Final = Representation(
    "xml", ".srx", "application/sparql-results+xml", "SPARQL XML", ("application/xml", "text/xml")
)
RESULTS_CSV: Final = Representation("csv", ".csv", "text/csv", "CSV")
RESULTS_TSV: Final = Representation("tsv", ".tsv", "text/tab-separated-values", "TSV")

RDF_FORMATS: Final = (TURTLE, JSON_LD, N_TRIPLES, RDF_XML)
"""Formats of one graph, in the order of preference."""
DATASET_FORMATS: Final = (TRIG, N_QUADS)
RESULT_FORMATS: Final = (RESULTS_JSON, RESULTS_XML, RESULTS_CSV, RESULTS_TSV)
"""Formats of SELECT and ASK results, in the order of preference."""

_RDF_FILES: Final = {r.suffix: r for r in (*RDF_FORMATS, *DATASET_FORMATS)} | {
    ".turtle": TURTLE,
    ".ntriples": N_TRIPLES,
    ".nquads": N_QUADS,
    ".xml": RDF_XML,
    ".owl": RDF_XML,
}


def rdf_format_of(file_name: str) -> Representation | None:
    """The RDF format that the end of a file name stands for, if any.

    >>> rdf_format_of("data/items/a.ttl").media_type
    'text/turtle'
    """
    return next((found for suffix, found in _RDF_FILES.items() if file_name.lower().endswith(suffix)), None)


class Offer(Protocol):
    """What the server can send: anything with a media type and its aliases."""

    @property
    def media_type(self) -> str: ...
    @property
    def aliases(self) -> tuple[str, ...]: ...


OfferT = TypeVar("OfferT", bound=Offer)


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One element of an `Accept` header; `type` and `subtype` are lower case and may be `*`."""

    type: str
    subtype: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    quality: float = 1.0

    def specificity(self, media_type: str) -> int:
        """How precisely the range names a media type; 0 when it does not.

        >>> MediaRange("text", "*").specificity("text/turtle")
        2
        """
        if self.type == "*":
            return 1
        main, _, sub = media_type.partition("/")
        if self.type != main:
            return 0
        if self.subtype == "*":
            return 2
        return 3 + len(self.parameters) if self.subtype == sub and self._fits() else 0

    def _fits(self) -> bool:
        # All we send is UTF-8; a profile that is not known is to be ignored (JSON-LD 1.1); versions add nothing.
        return all(
            name in ("profile", "version") or (name == "charset" and value.lower() in ("utf-8", "utf8", "us-ascii"))
            for name, value in self.parameters.items()
        )


# https://www.rfc-editor.org/rfc/rfc9110#name-tokens and #name-quoted-strings
_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_ELEMENTS: Final = re.compile(r'(?:[^",]|"(?:[^"\\]|\\.)*(?:"|\\?\Z))+', re.DOTALL)
_PARTS: Final = re.compile(r'(?:[^";]|"(?:[^"\\]|\\.)*(?:"|\\?\Z))+', re.DOTALL)
_RANGE: Final = re.compile(rf"({_TOKEN})/({_TOKEN})\Z")
_PARAMETER: Final = re.compile(rf'({_TOKEN})[ \t]*=[ \t]*(?:({_TOKEN})|"((?:[^"\\]|\\.)*)")\Z', re.DOTALL)
_QUALITY: Final = re.compile(r"(?:[01]?\.[0-9]{1,12}|[01]\.?)\Z")
_LANGUAGE: Final = re.compile(r"(?:\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)\Z", re.IGNORECASE)
_PROFILE: Final = re.compile(r"<([^<>\s]+)>(?:\s*;\s*q\s*=\s*([0-9.]+))?\s*\Z")
_MAX_HEADER: Final = 16_384


def parse_accept(header: str | None) -> list[MediaRange]:
    """The media ranges of an `Accept` header in its order; what is malformed is left out.

    >>> [(r.type, r.subtype, r.quality) for r in parse_accept("text/html, */*;q=0.1, nonsense")]
    [('text', 'html', 1.0), ('*', '*', 0.1)]
    """
    return [found for element in _elements(header) if (found := _media_range(element))]


def negotiate(header: str | None, offers: Sequence[OfferT]) -> OfferT | None:
    """The offer the client likes best, or nothing when it accepts none of them.

    Quality decides; then an offer that was named goes before one let in by a wildcard; then the server's order.

    :param header: the `Accept` header(s), joined by commas; none, empty or unreadable means that anything is fine.
    :param offers: what can be sent, best first.

    >>> negotiate("text/turtle;q=0.5, application/ld+json", RDF_FORMATS).name
    'jsonld'
    """
    ranges = parse_accept(header)
    if not ranges:
        return offers[0] if offers else None
    best: tuple[float, int] = (0.0, 0)
    chosen: OfferT | None = None
    for offer in offers:
        rank = _rank(ranges, offer)
        if rank[0] > 0 and rank > best:
            best, chosen = rank, offer
    return chosen


def negotiate_language(header: str | None, languages: Sequence[str]) -> str:
    """The language to answer in: RFC 4647 lookup, then basic filtering; the first language when nothing fits.

    >>> negotiate_language("de, en-GB;q=0.8, nl;q=0.5", ("nl", "en"))
    'en'
    """
    wishes = sorted(_language_ranges(header), key=lambda wish: -wish[1])
    named = dict(reversed(wishes))
    allowed = [tag for tag in languages if _language_quality(tag, named) != 0]
    for wish, quality in wishes:
        if quality > 0 and (found := _look_up(wish, allowed)):
            return found
    return (allowed or list(languages))[0]


def parse_accept_profile(header: str | None) -> list[str]:
    """The profiles of an `Accept-Profile` header, the one liked best first; what is malformed is left out.

    https://www.w3.org/TR/dx-prof-conneg/#http-getresourcebyprofile

    >>> parse_accept_profile("<https://e.org/a>;q=0.5, <https://e.org/b>")
    ['https://e.org/b', 'https://e.org/a']
    """
    found: list[tuple[float, str]] = []
    for element in _elements(header):
        match = _PROFILE.match(element)
        quality = _quality(match[2]) if match and match[2] else 1.0
        if match and quality:
            found.append((quality, match[1]))
    return [iri for _, iri in sorted(found, key=lambda pair: -pair[0])]


def _rank(ranges: Sequence[MediaRange], offer: Offer) -> tuple[float, int]:
    """Quality and specificity of the most specific range; an alias counts when the type itself is not named."""
    precise, quality = _best(ranges, offer.media_type)
    if precise < 3:
        for alias in offer.aliases:
            named, alias_quality = _best(ranges, alias)
            if named >= 3 and alias_quality > 0:
                return alias_quality, 3
    return quality, min(precise, 3)


def _best(ranges: Sequence[MediaRange], media_type: str) -> tuple[int, float]:
    found = (0, 0.0)
    for media_range in ranges:
        precise = media_range.specificity(media_type)
        if precise:
            found = max(found, (precise, media_range.quality))
    return found


def _elements(header: str | None) -> Iterator[str]:
    for element in _ELEMENTS.findall((header or "")[:_MAX_HEADER]):
        if stripped := element.strip(" \t\r\n"):
            yield stripped


def _media_range(element: str) -> MediaRange | None:
    if element.startswith(";"):
        return None
    first, *parts = [part.strip(" \t\r\n") for part in _PARTS.findall(element)]
    # Java's HttpURLConnection sends `*; q=.2`.
    match = _RANGE.match("*/*" if first == "*" else first)
    if not match or (match[1] == "*" and match[2] != "*"):
        return None
    parameters: dict[str, str] = {}
    for part in parts:
        if not part:
            continue
        pair = _PARAMETER.match(part)
        if not pair:
            return None
        name = pair[1].lower()
        value = pair[2] if pair[2] is not None else re.sub(r"\\(.)", r"\1", pair[3], flags=re.DOTALL)
        if name == "q":  # what follows the weight was an extension of RFC 7231, and is no parameter of the media type
            quality = _quality(value)
            return None if quality is None else MediaRange(match[1].lower(), match[2].lower(), parameters, quality)
        parameters[name] = value
    return MediaRange(match[1].lower(), match[2].lower(), parameters)


def _quality(text: str) -> float | None:
    if not _QUALITY.match(text):
        return None
    value = float(text)
    return value if math.isfinite(value) and value <= 1 else None


def _language_ranges(header: str | None) -> Iterator[tuple[str, float]]:
    for element in _elements(header):
        tag, _, weight = (part.strip() for part in element.partition(";"))
        name, _, value = (part.strip() for part in weight.partition("="))
        quality = _quality(value) if name.lower() == "q" else (None if weight else 1.0)
        if _LANGUAGE.match(tag) and quality is not None:
            yield tag.lower(), quality


def _language_quality(tag: str, named: Mapping[str, float]) -> float | None:
    """Weight of the most specific range that matches the tag, by basic filtering (RFC 4647, 3.3.1)."""
    subtags = tag.lower().split("-")
    for length in range(len(subtags), 0, -1):
        if (wish := "-".join(subtags[:length])) in named:
            return named[wish]
    return named.get("*")


def _look_up(wish: str, languages: Sequence[str]) -> str | None:
    """The first language that the range, cut from the end as RFC 4647 3.4 says, names or is the beginning of."""
    if wish == "*":
        return languages[0] if languages else None
    subtags = wish.split("-")
    for length in range(len(subtags), 0, -1):
        start = "-".join(subtags[:length])
        exact = next((tag for tag in languages if tag.lower() == start), None)
        found = exact or next((tag for tag in languages if tag.lower().startswith(f"{start}-")), None)
        if found:
            return found
    return None
