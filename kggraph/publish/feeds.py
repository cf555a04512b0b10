"""Atom feeds of works: what is new in a list, and what changed.

https://www.rfc-editor.org/rfc/rfc4287; things that are gone as in https://www.rfc-editor.org/rfc/rfc6721.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from kggraph.publish import xmltext
from kggraph.publish.changes import Change
from kggraph.publish.labels import pick
from kggraph.publish.work import Work
from kggraph.rdf.media import Representation

ATOM_FORMAT: Final = Representation("atom", ".atom", "application/atom+xml", "Atom", ("application/xml", "text/xml"))

_ATOM: Final = "http://www.w3.org/2005/Atom"
_TOMBSTONES: Final = "http://purl.org/atompub/tombstones/1.0"
_NAMESPACES: Final = {"": _ATOM, "at": _TOMBSTONES}


@dataclass(frozen=True, slots=True)
class FeedAbout:
    """What a feed says of itself."""

    id: str
    """Its permanent address."""
    title: str
    subtitle: str
    page: str
    """The list that it follows."""
    author: str
    license: str
    lang: str
    updated: str
    """When nothing in it has a time of its own."""
    next: str = ""
    previous: str = ""
    first: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A change of a thing; without work when the thing is gone."""

    change: Change
    work: Work | None


def atom(about: FeedAbout, entries: Sequence[Entry]) -> bytes:
    """A feed document."""
    feed = ET.Element(_name("feed"))
    xmltext.say_language(feed, about.lang)
    add(feed, "id", about.id)
    add(feed, "title", about.title)
    add(feed, "subtitle", about.subtitle) if about.subtitle else None
    add(feed, "updated", max((entry.change.at for entry in entries), default=about.updated))
    add(add(feed, "author"), "name", about.author)
    add(feed, "link", rel="self", type=ATOM_FORMAT.media_type, href=about.id)
    add(feed, "link", rel="alternate", type="text/html", hreflang=about.lang, href=about.page)
    for rel, href in (("first", about.first), ("previous", about.previous), ("next", about.next)):
        add(feed, "link", rel=rel, type=ATOM_FORMAT.media_type, href=href) if href else None
    add(feed, "link", rel="license", href=about.license) if about.license else None
    add(feed, "generator", "kggraph")
    gone = [entry.change for entry in entries if entry.work is None or entry.change.is_gone]
    for change in gone:  # the grammar of Atom has what is not Atom's own before the entries
        xmltext.add(feed, f"{{{_TOMBSTONES}}}deleted-entry", ref=change.iri, when=change.at)
    for entry in entries:
        if entry.work is not None and not entry.change.is_gone:
            _entry(feed, entry.change, entry.work, about.lang)
    return xmltext.write(feed, _NAMESPACES)


def _entry(feed: ET.Element, change: Change, work: Work, lang: str) -> None:
    entry = add(feed, "entry")
    xmltext.say_language(add(entry, "title", work.title), next(iter(work.titles), ""))
    add(entry, "id", work.iri)
    add(entry, "published", change.first)
    add(entry, "updated", change.at)
    for name in work.authors or work.publishers:
        author = add(entry, "author")
        add(author, "name", name.text)
        add(author, "uri", name.iri) if name.iri else None
    add(entry, "link", rel="alternate", type="text/html", href=work.page)
    add(entry, "link", rel="alternate", type="text/turtle", href=f"{work.page}.ttl")
    add(entry, "link", rel="related", href=work.url) if work.url else None
    for value in (*work.genres, *work.subjects):
        label = pick(value.labels, lang)
        add(entry, "category", term=value.iri or label.text, label=label.text)
    summary = pick(work.description, lang)
    if summary.text:
        xmltext.say_language(add(entry, "summary", summary.text, type="text"), summary.lang)
    add(entry, "rights", work.rights or work.license) if work.rights or work.license else None


def add(parent: ET.Element, name: str, text: str = "", **attributes: str) -> ET.Element:
    """Put an element of Atom into another."""
    return xmltext.add(parent, _name(name), text, **attributes)


def _name(name: str) -> str:
    return f"{{{_ATOM}}}{name}"
