#!/usr/bin/env python3
"""Assesses the dataset page by the FAIRsFAIR metrics 0.5, from outside over HTTP: `tools/fair.py http://127.0.0.1:8000/`

Every metric of F-UJI (https://doi.org/10.5281/zenodo.6461229) as a check with its points, each worded as F-UJI words it
and decided on what F-UJI looks at: the page with its embedded metadata, typed links, content negotiation, the files. It
is an assessment of our own and not F-UJI, which cannot ask a server that is not on the web. Addresses under the base
URI are asked of the server that is given.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Final

import pyoxigraph as ox

DCT: Final = "http://purl.org/dc/terms/"
DCAT: Final = "http://www.w3.org/ns/dcat#"
PROV: Final = "http://www.w3.org/ns/prov#"
SCHEMA: Final = "https://schema.org/"
PERSISTENT: Final = (
    "https://w3id.org/",
    "https://doi.org/",
    "https://hdl.handle.net/",
    "http://purl.org/",
    "https://n2t.net/",
)
DEFAULT_NAMESPACES: Final = (
    "www.w3.org/1999/02/22",
    "www.w3.org/2000/01/rdf-schema",
    "www.w3.org/2002/07/owl",
    "XMLSchema",
)
KNOWN_VOCABULARIES: Final = (
    DCAT,
    "http://www.w3.org/2004/02/skos/core#",
    "http://xmlns.com/foaf/0.1/",
    "http://rdfs.org/ns/void#",
)
ACCESS_TERMS: Final = ("/access-right/PUBLIC", "/access-right/RESTRICTED", "/access-right/NON_PUBLIC", "openAccess")
SPDX_LICENCES: Final = re.compile(
    r"https?://creativecommons\.org/(?:licenses/by[a-z-]*/\d\.\d|publicdomain/zero/1\.0)/"
)
OPEN_FORMATS: Final = ("text/csv", "text/turtle", "application/n-triples", "application/ld+json", "application/trig")
LINK: Final = re.compile(r'<([^<>"\s]+)>((?:;\s*[a-z]+="[^"]*")+)')


class _Page(HTMLParser):
    """Embedded JSON-LD and typed links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.blocks: list[str] = []
        self.links: list[dict[str, str]] = []
        self._inside = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._inside = tag == "script" and given.get("type") == "application/ld+json"
        if self._inside:
            self.blocks.append("")
        if tag == "link":
            self.links.append(given)

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.blocks[-1] += data


@dataclass
class Found:
    """What can be had of the dataset from outside."""

    server: str
    base: str = ""
    identifier: str = ""
    page: _Page = field(default_factory=lambda: _Page(""))
    signposts: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    embedded: dict[str, Any] = field(default_factory=dict)
    negotiated: dict[str, set[tuple[str, str, str]]] = field(default_factory=dict)
    """Media type to triples, as texts."""

    def fetch(self, address: str, accept: str = "*/*") -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body; addresses under the base are asked of the server."""
        here = self.server + address.removeprefix(self.base).lstrip("/") if self.is_ours(address) else address
        request = urllib.request.Request(here, headers={"Accept": accept, "User-Agent": "F-UJI"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()

    def is_ours(self, address: str) -> bool:
        """Whether an address is under the base, or a path."""
        return address.startswith("/") or bool(self.base and address.startswith(self.base))

    def rel(self, name: str) -> list[tuple[str, dict[str, str]]]:
        """Signposting links with a relation."""
        return [(target, more) for target, more in self.signposts if more.get("rel") == name]

    def told(self, predicate: str) -> set[str]:
        """Values of the dataset for a property, in what was negotiated."""
        return {
            o for triples in self.negotiated.values() for s, p, o in triples if s == self.identifier and p == predicate
        }

    def files(self) -> list[dict[str, Any]]:
        """The files of the page's own metadata."""
        every = self.embedded.get("distribution", [])
        return [one for one in every if one.get("contentSize")]


def look(server: str) -> Found:
    """Ask as a harvester does: the page, its links, and the other representations."""
    found = Found(server.rstrip("/") + "/")
    _, headers, body = found.fetch("/dataset", "text/html")
    found.signposts = [
        (t, dict(re.findall(r'([a-z]+)="([^"]*)"', rest))) for t, rest in LINK.findall(headers.get("link", ""))
    ]
    found.base = found.rel("canonical")[0][0].removesuffix("dataset")
    found.identifier = found.rel("cite-as")[0][0]
    found.page = _Page(body.decode())
    for block in found.page.blocks:
        read = json.loads(block)
        found.embedded = read if read.get("@type") == "Dataset" else found.embedded
    for media, form in (
        ("text/turtle", ox.RdfFormat.TURTLE),
        ("application/rdf+xml", ox.RdfFormat.RDF_XML),
        ("application/ld+json", ox.RdfFormat.JSON_LD),
    ):
        _, headers, body = found.fetch("/dataset", media)
        if headers["content-type"].startswith(media):
            found.negotiated[media] = {
                (_text(q.subject), q.predicate.value, _text(q.object)) for q in ox.parse(body, format=form)
            }
    return found


def _text(term: object) -> str:
    return str(getattr(term, "value", term))


# ------------------------------------------------------------------ metrics
Points = Iterator[tuple[float, bool, str]]
"""Of each test its points, whether it is passed, and its name."""


def f1_01d(found: Found) -> Points:
    """Data is assigned a globally unique identifier."""
    status, _, _ = found.fetch(found.identifier)
    yield 1, status == 200 and found.identifier.startswith("https://"), "resolvable, and an IRI"


def f1_02d(found: Found) -> Points:
    """Data is assigned a persistent identifier."""
    is_persistent = found.identifier.startswith(PERSISTENT)
    yield 0.5, is_persistent, "follows a persistent identifier syntax"
    yield 0.5, is_persistent and found.fetch(found.identifier, "text/html")[0] == 200, "persistent and resolvable"


def f2_01m(found: Found) -> Points:
    """Metadata includes descriptive core elements."""
    ways = {
        "embedded": bool(found.embedded),
        "negotiated": bool(found.negotiated),
        "typed links": any(link.get("rel") == "alternate" for link in found.page.links),
        "signposting": bool(found.rel("describedby")),
    }
    yield 0.5, any(ways.values()), f"common web methods: {', '.join(way for way, there in ways.items() if there)}"
    given = found.embedded
    dated = given.get("datePublished") or given.get("dateCreated")  # F-UJI takes either
    cited = [given.get("creator"), given.get("name"), given.get("identifier"), dated]
    yield 0.5, all(cited), "creator, title, identifier, date"
    yield (
        1,
        all(cited) and all(given.get(n) for n in ("publisher", "description", "keywords", "@type")),
        "all of the core",
    )


def f3_01m(found: Found) -> Points:
    """Metadata includes the identifier of the data it describes."""
    files = found.files()
    told = [all(file.get(n) for n in ("name", "contentSize", "encodingFormat")) for file in files]
    yield 0.5, bool(told) and all(told), f"name, size and type of {len(files)} files"
    yield (
        0.5,
        all(found.fetch(file["contentUrl"])[0] == 200 for file in files) and bool(files),
        "addresses of the content",
    )


def f4_01m(found: Found) -> Points:
    """Metadata is offered in such a way that it can be retrieved programmatically."""
    yield 1, str(found.embedded.get("@context", "")).find("schema.org") >= 0, "JSON-LD for search engines"
    yield 1, False, "registered at DataCite (nobody has done that yet)"


def a1_01m(found: Found) -> Points:
    """Metadata contains access level and access conditions of the data."""
    rights = found.told(f"{DCT}accessRights")
    yield 1, any(one.endswith(ACCESS_TERMS) for one in rights), f"machine-readable: {', '.join(sorted(rights))}"


def a1_02m(found: Found) -> Points:
    """Metadata is accessible through a standardized communication protocol."""
    yield 1, found.rel("canonical")[0][0].startswith("https://"), "the page by HTTPS"


def a1_03d(found: Found) -> Points:
    """Data is accessible through a standardized communication protocol."""
    yield 1, all(file["contentUrl"].startswith("https://") for file in found.files()), "the files by HTTPS"


def i1_01m(found: Found) -> Points:
    """Metadata is represented using a formal knowledge representation language."""
    parsed = list(ox.parse(json.dumps(found.embedded).encode(), format=ox.RdfFormat.JSON_LD))
    yield 1, len(parsed) > 10, f"embedded JSON-LD with {len(parsed)} triples"
    yield 1, len(found.negotiated) == 3, f"negotiated: {', '.join(found.negotiated)}"


def i2_01m(found: Found) -> Points:
    """Metadata uses semantic resources."""
    used = {re.sub(r"[^/#]*$", "", p) for triples in found.negotiated.values() for _, p, _ in triples}
    used = {one for one in used if not any(default in one for default in DEFAULT_NAMESPACES)}
    yield 1, bool(used & set(KNOWN_VOCABULARIES)), f"namespaces: {len(used)}"


def i3_01m(found: Found) -> Points:
    """Metadata includes links between the data and its related entities."""
    related = found.told(f"{DCT}conformsTo") | {found.embedded.get("includedInDataCatalog", {}).get("@id", "")}
    yield 1, any(one.startswith("http") for one in related), f"{len(related)} related resources by IRI"


def r1_01md(found: Found) -> Points:
    """Metadata specifies the content of the data."""
    files = found.files()
    yield 1, found.embedded.get("@type") == "Dataset" and bool(files), "resource type and content"
    yield 1, all(file.get("contentSize") and file.get("encodingFormat") for file in files), "type and size of files"
    bodies = {file["name"]: (file, *found.fetch(file["contentUrl"])[1:]) for file in files}
    yield 1, all(_matches(*of_file) for of_file in bodies.values()), "files are of the type and size that they say"
    table = next(body for file, _, body in bodies.values() if "csv" in file["encodingFormat"])
    header = gzip.decompress(table).decode().splitlines()[0]
    names = [one["name"] for one in found.embedded.get("variableMeasured", [])]
    columns = {re.sub(r"[@.].*", "", column) for column in header.split(",")}
    yield 1, bool(names) and set(names) <= columns, f"{len(names)} variables, all of them columns"


def _matches(file: dict[str, Any], headers: dict[str, str], body: bytes) -> bool:
    """Whether a file is as long as is told, and both wrapper and content of the type that is told."""
    inner, _, wrapper = file["encodingFormat"].rpartition("+")
    if len(body) != int(file["contentSize"]) or headers["content-type"] != f"application/{wrapper}":
        return False
    content = gzip.decompress(body)
    if inner == "text/csv":
        return b"," in content.splitlines()[0]
    form = ox.RdfFormat.from_media_type(inner)
    return form is not None and sum(1 for _ in ox.parse(content, format=form)) > 0


def r11_01m(found: Found) -> Points:
    """Metadata includes license information under which data can be reused."""
    licences = found.told(f"{DCT}license") | {target for target, _ in found.rel("license")}
    yield 1, bool(licences) and bool(found.embedded.get("license")), "licence in its own element"
    yield 1, all(SPDX_LICENCES.match(one) for one in licences), f"known to SPDX: {', '.join(sorted(licences))}"


def r12_01m(found: Found) -> Points:
    """Metadata includes provenance information about data creation or generation."""
    yield 1, all(found.embedded.get(n) for n in ("creator", "publisher", "dateModified")), "elements that PROV knows"
    yield 1, bool(found.told(f"{PROV}wasAttributedTo") and found.told(f"{PROV}generatedAtTime")), "PROV itself"


def r13_01m(found: Found) -> Points:
    """Metadata follows a standard recommended by the target research community of the data."""
    yield 1, False, "a standard of one community (DCAT, schema.org and VoID are of all)"


def r13_02d(found: Found) -> Points:
    """Data is available in a file format recommended by the target research community."""
    kinds = {file["encodingFormat"].removesuffix("+gzip") for file in found.files()}
    yield 1, bool(kinds) and kinds <= set(OPEN_FORMATS), f"open formats: {', '.join(sorted(kinds))}"


METRICS: Final[dict[str, Callable[[Found], Points]]] = {
    "FsF-F1-01D": f1_01d,
    "FsF-F1-02D": f1_02d,
    "FsF-F2-01M": f2_01m,
    "FsF-F3-01M": f3_01m,
    "FsF-F4-01M": f4_01m,
    "FsF-A1-01M": a1_01m,
    "FsF-A1-02M": a1_02m,
    "FsF-A1-03D": a1_03d,
    "FsF-I1-01M": i1_01m,
    "FsF-I2-01M": i2_01m,
    "FsF-I3-01M": i3_01m,
    "FsF-R1-01MD": r1_01md,
    "FsF-R1.1-01M": r11_01m,
    "FsF-R1.2-01M": r12_01m,
    "FsF-R1.3-01M": r13_01m,
    "FsF-R1.3-02D": r13_02d,
}


def main() -> int:
    """Print every metric with its tests, and the score."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("server", help="address of a running server")
    parser.add_argument("--least", type=float, default=0.0, help="share below which the exit code is 1")
    options = parser.parse_args()
    found = look(options.server)
    print(f"{found.identifier} at {options.server}, FAIRsFAIR metrics 0.5")
    earned = total = 0.0
    for name, metric in METRICS.items():
        tests = list(metric(found))
        mine, most = sum(points for points, ok, _ in tests if ok), sum(points for points, _, _ in tests)
        print(f"{name:13} {mine:g}/{most:g}  {metric.__doc__}")
        for points, ok, what in tests:
            print(f"{'':13} {'ok  ' if ok else 'no  '} {points:g}  {what}")
        earned, total = earned + mine, total + most
    print(f"score: {earned:g} of {total:g}, {earned / total:.1%}")
    return 0 if earned / total >= options.least else 1


if __name__ == "__main__":
    sys.exit(main())
