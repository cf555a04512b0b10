"""Judges of XML: the published schemas in `tests/schemas/`, and the rules of feeds that no grammar can say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from lxml import etree

FOLDER = Path(__file__).parent / "schemas"
ATOM = {"a": "http://www.w3.org/2005/Atom", "at": "http://purl.org/atompub/tombstones/1.0"}
OAI = {"o": "http://www.openarchives.org/OAI/2.0/"}
MAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
Get = Callable[[str], bytes]
# https://www.rfc-editor.org/rfc/rfc3339#section-5.6
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
SCHEMAS = {
    "sitemap": "sitemap-in-languages.xsd",
    "index": "siteindex.xsd",
    "oai": "oai-with-records.xsd",
    "atom": "atom.rng",
}


@cache
def _schema(file: str) -> etree.XMLSchema | etree.RelaxNG:
    parsed = etree.parse(FOLDER / file)
    return etree.RelaxNG(parsed) if file.endswith(".rng") else etree.XMLSchema(parsed)


def complaints(name: str, document: bytes) -> list[str]:
    """What a schema has to say of a document."""
    schema = _schema(SCHEMAS[name])
    schema.validate(etree.fromstring(document))
    return [f"{error.line}: {error.message}" for error in schema.error_log]


def feed_complaints(document: bytes, address: str) -> list[str]:
    """What is wrong with a feed by RFC 4287 and by what the W3C's feed validator asks beyond its grammar.

    :param address: where it was found.
    """
    feed = etree.fromstring(document)
    found = complaints("atom", document)

    def ask(holds: object, what: str) -> None:
        found.extend([] if holds else [what])

    def texts(path: str) -> list[str]:
        return [node.text or "" for node in feed.iterfind(path, ATOM)]

    # Schematron of appendix B.
    entries = feed.findall("a:entry", ATOM)
    ask(feed.find("a:author", ATOM) is not None or all(e.find("a:author", ATOM) is not None for e in entries), "author")
    for entry in entries:
        links = {(link.get("rel"), link.get("type"), link.get("hreflang")) for link in entry.iterfind("a:link", ATOM)}
        ask(
            {rel for rel, _, _ in links} & {"alternate", None} or entry.find("a:content", ATOM) is not None, "alternate"
        )
        # Section 4.1.2: no two alternates with the same type and language.
        ask(len(links) == len(entry.findall("a:link", ATOM)), "two links of one kind")
    # DuplicateEntries, DuplicateIds, InvalidURI, InvalidTLD, and ids in their normal form (section 4.2.6.1).
    ids = texts("a:entry/a:id")
    ask(len(ids) == len(set(ids)), "an id twice")
    for id in (*texts("a:id"), *ids):
        ask(urlsplit(id).scheme and urlsplit(id).netloc and id == id.strip() and "%2e" not in id.lower(), f"id {id}")
    # MissingSelf, SelfDoesntMatchLocation
    selves = [link.get("href") for link in feed.iterfind("a:link[@rel='self']", ATOM)]
    ask(selves == [address], f"self {selves}")
    # InvalidRFC3339Date, and no feed is older than what is in it.
    times = [*texts("a:entry/a:updated"), *texts("a:entry/a:published")]
    times += [str(gone.get("when")) for gone in feed.iterfind("at:deleted-entry", ATOM)]
    for time in (*texts("a:updated"), *times):
        ask(RFC3339.fullmatch(time), f"time {time}")
    ask(texts("a:updated")[0] >= max(times, default=""), "the feed is older than its entries")
    # MissingTextualContent, blank titles, MissingHref, relative addresses without a base.
    ask(all(text.strip() for text in (*texts("a:title"), *texts("a:entry/a:title"))), "an empty title")
    for link in feed.iterfind(".//a:link", ATOM):
        ask(urlsplit(str(link.get("href"))).scheme, f"relative link {link.get('href')}")
    # A tombstone and an entry of one thing would contradict each other (RFC 6721, section 3).
    gone = [str(node.get("ref")) for node in feed.iterfind("at:deleted-entry", ATOM)]
    ask(len(gone) == len(set(gone)) and not set(gone) & set(ids), "deleted and there")
    return found


def sitemaps(get: Get, base: str) -> Iterator[tuple[str, bytes]]:
    """Name of a schema and document: the index, and every file that it names."""
    index = get("/sitemap.xml")
    yield "index", index
    for location in etree.fromstring(index).iterfind("s:sitemap/s:loc", MAP):
        yield "sitemap", get("/" + str(location.text).removeprefix(base))


def harvests(get: Get) -> Iterator[bytes]:
    """An answer to each verb, whole lists with all their parts, and an answer with each error."""
    for query in ("Identify", "ListSets", "ListMetadataFormats", "", "None", "ListRecords", "GetRecord&identifier=x"):
        yield get(f"/oai?verb={query}")
    yield get("/oai?verb=ListRecords&metadataPrefix=none")
    yield get("/oai?verb=ListRecords&metadataPrefix=oai_dc&until=1990-01-01")
    yield get("/oai?verb=ListRecords&resumptionToken=none")
    yield get("/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=urn:none")
    yield get("/oai?verb=ListMetadataFormats&identifier=%00%C3%A9")
    identifiers: list[str] = []
    for verb, prefix in (("ListIdentifiers", "oai_dc"), ("ListRecords", "oai_dc"), ("ListRecords", "rdf")):
        query = f"metadataPrefix={prefix}"
        while query:
            document = get(f"/oai?verb={verb}&{query}")
            yield document
            root = etree.fromstring(document)
            identifiers += [str(one.text) for one in root.iterfind(".//o:identifier", OAI)]
            token = root.findtext(".//o:resumptionToken", "", OAI)
            query = f"resumptionToken={token}" if token else ""
    for identifier in {identifiers[0], identifiers[-1]}:
        yield get(f"/oai?verb=GetRecord&metadataPrefix=oai_dc&identifier={identifier}")
