"""Sitemaps, and what robots are asked to leave alone.

https://www.sitemaps.org/protocol.html with the languages of each page; robots.txt as in RFC 9309.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from kggraph.publish import xmltext

MOST: Final = 10_000
"""Addresses in one file; the protocol allows 50,000, and 50 MB."""

_SITEMAP: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
_XHTML: Final = "http://www.w3.org/1999/xhtml"
_NAMESPACES: Final = {"": _SITEMAP, "xhtml": _XHTML}


@dataclass(frozen=True, slots=True)
class Page:
    """A page with its addresses by language; the first one stands for all."""

    addresses: Mapping[str, str]
    modified: str = ""
    """Day or time of its last change, when that is known."""


def sitemap(pages: Iterable[Page]) -> bytes:
    """One file of addresses: every page in every language, each naming the others."""
    root = ET.Element(f"{{{_SITEMAP}}}urlset")
    for page in pages:
        for address in page.addresses.values():
            url = xmltext.add(root, f"{{{_SITEMAP}}}url")
            xmltext.add(url, f"{{{_SITEMAP}}}loc", address)
            if page.modified:
                xmltext.add(url, f"{{{_SITEMAP}}}lastmod", page.modified)
            if len(page.addresses) > 1:
                default = next(iter(page.addresses.values()))
                for lang, other in (*page.addresses.items(), ("x-default", default)):
                    xmltext.add(url, f"{{{_XHTML}}}link", rel="alternate", hreflang=lang, href=other)
    return xmltext.write(root, _NAMESPACES)


def sitemap_index(files: Iterable[tuple[str, str]]) -> bytes:
    """The list of files.

    :param files: address of each, and when it last changed if that is known.
    """
    root = ET.Element(f"{{{_SITEMAP}}}sitemapindex")
    for address, modified in files:
        entry = xmltext.add(root, f"{{{_SITEMAP}}}sitemap")
        xmltext.add(entry, f"{{{_SITEMAP}}}loc", address)
        if modified:
            xmltext.add(entry, f"{{{_SITEMAP}}}lastmod", modified)
    return xmltext.write(root, {"": _SITEMAP})


def robots(sitemap_address: str, prefixes: Sequence[str]) -> bytes:
    """Rules for robots: all pages of things and lists, no combinations of filters, no queries.

    :param prefixes: what stands before the paths of each language: `""`, `"/en"`.
    """
    kept_off = ("/*?*&", "/search?q=", "/sparql?query=", "/api/", "/reconcile", "/oai?verb=", "/list?item=")
    lines = ["User-agent: *"]
    for prefix in prefixes:
        lines += [f"Disallow: {prefix}{path}" for path in kept_off if not (prefix and path.startswith("/*"))]
    lines += ["Allow: /", "", f"Sitemap: {sitemap_address}", ""]
    return "\n".join(lines).encode()
