"""Atom, sitemaps and robots."""

from __future__ import annotations

from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree as ET

import pytest

from kggraph.publish.changes import Change, What
from kggraph.publish.feeds import Entry, FeedAbout, atom
from kggraph.publish.sitemap import Page, robots, sitemap, sitemap_index
from kggraph.publish.work import Value
from tests.works import hostile, work

ATOM = {"a": "http://www.w3.org/2005/Atom", "t": "http://purl.org/atompub/tombstones/1.0"}
MAP = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
ABOUT = FeedAbout(
    id="https://e.org/feed.atom?type=report",
    title="Items",
    subtitle="",
    page="https://e.org/items?type=report",
    author="Publisher",
    license="https://l.org/",
    lang="nl",
    updated="2026-01-01T00:00:00Z",
    next="https://e.org/feed.atom?page=2&type=report",
)


def change(iri: str, what: What = "created") -> Change:
    """A change."""
    return Change(iri, "item", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", what, ())


def required(parent: ET.Element, path: str) -> str:
    """The text of an element that must be there once."""
    found = parent.findall(path, ATOM)
    assert len(found) == 1 and found[0].text, path
    return found[0].text


def test_a_feed_has_what_atom_requires() -> None:
    one = work(subjects=(Value("https://e.org/id/topic/sleep", {"nl": "Slaap"}),))
    feed = ET.fromstring(atom(ABOUT, [Entry(change(one.iri), one)]))
    assert feed.tag == f"{{{ATOM['a']}}}feed"
    assert required(feed, "a:id") == ABOUT.id
    assert required(feed, "a:updated") == "2026-02-01T00:00:00Z"
    assert required(feed, "a:title") == "Items"
    assert required(feed, "a:author/a:name") == "Publisher"
    links = {link.get("rel"): link.get("href") for link in feed.findall("a:link", ATOM)}
    assert links == {"self": ABOUT.id, "alternate": ABOUT.page, "next": ABOUT.next, "license": ABOUT.license}
    (entry,) = feed.findall("a:entry", ATOM)
    assert (required(entry, "a:id"), required(entry, "a:title")) == (one.iri, "A title")
    assert (required(entry, "a:published"), required(entry, "a:updated")) == (change("").first, change("").at)
    assert required(entry, "a:author/a:name") == "Ada Lovelace"
    summary = entry.find("a:summary", ATOM)
    assert summary is not None and summary.text == "Tekst."
    assert summary.get("{http://www.w3.org/XML/1998/namespace}lang") == "nl"
    category = entry.find("a:category", ATOM)
    assert category is not None and (category.get("term"), category.get("label")) == (
        "https://e.org/id/topic/sleep",
        "Slaap",
    )


def test_what_is_gone_is_told() -> None:
    feed = ET.fromstring(atom(ABOUT, [Entry(change("https://e.org/id/item/z", "removed"), None)]))
    (gone,) = feed.findall("t:deleted-entry", ATOM)
    assert (gone.get("ref"), gone.get("when")) == ("https://e.org/id/item/z", "2026-02-01T00:00:00Z")


def test_an_empty_feed_has_a_time() -> None:
    assert required(ET.fromstring(atom(ABOUT, [])), "a:updated") == ABOUT.updated


def test_hostile_texts_leave_the_feed_whole() -> None:
    one = hostile()
    feed = ET.fromstring(atom(ABOUT, [Entry(change(one.iri), one)]))
    title = required(feed, "a:entry/a:title")
    assert "<script>" in title and "\x07" not in title


def test_a_sitemap_names_every_language() -> None:
    addresses = {"nl": "https://e.org/doc/item/a", "en": "https://e.org/en/doc/item/a"}
    root = ET.fromstring(sitemap([Page(addresses, "2026-01-01"), Page({"nl": "https://e.org/x?a=1&b=2"})]))
    locations = [loc.text for loc in root.findall("s:url/s:loc", MAP)]
    assert locations == [*addresses.values(), "https://e.org/x?a=1&b=2"]
    first = root.findall("s:url", MAP)[0]
    others = {link.get("hreflang"): link.get("href") for link in first.findall("x:link", MAP)}
    assert others == {**addresses, "x-default": addresses["nl"]}
    assert [child.tag.rpartition("}")[2] for child in first][:2] == ["loc", "lastmod"]


def test_a_sitemap_index() -> None:
    root = ET.fromstring(sitemap_index([("https://e.org/sitemap-1.xml", "2026-01-01"), ("https://e.org/s-2.xml", "")]))
    assert [len(entry) for entry in root.findall("s:sitemap", MAP)] == [2, 1]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/doc/item/a", True),
        ("/en/doc/item/a", True),
        ("/items", True),
        ("/items?theme=a", True),
        ("/themes", True),
        ("/dumps/dump.nt.gz", True),
        ("/sparql", True),
        ("/feed.atom", True),
        ("/sparql?query=SELECT", False),
        ("/en/sparql?query=SELECT", False),
        ("/api/search?q=x", False),
        ("/oai?verb=ListRecords", False),
        ("/reconcile?queries=x", False),
    ],
)
def test_robots(path: str, allowed: bool) -> None:
    rules = RobotFileParser()
    rules.parse(robots("https://e.org/sitemap.xml", ("", "/en")).decode().splitlines())
    assert rules.can_fetch("any", f"https://e.org{path}") is allowed
    assert rules.site_maps() == ["https://e.org/sitemap.xml"]


def test_robots_stay_off_combinations_of_filters() -> None:
    # urllib does not know the wildcards of RFC 9309.
    assert b"Disallow: /*?*&\n" in robots("https://e.org/sitemap.xml", ("", "/en"))
