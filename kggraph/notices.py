"""Notices: boxes that a knowledge base puts on every page about some concepts, such as where to find help."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kggraph.errors import ConfigError

_KEYS: Final = {"concepts", "title", "text", "links"}
_LINK_KEYS: Final = {"href", "label"}
_SCHEMES: Final = ("https://", "http://", "mailto:", "tel:")


@dataclass(frozen=True, slots=True)
class NoticeLink:
    """Where to go or whom to call."""

    href: str
    """An address of the web, `mailto:` or `tel:`."""
    label: Mapping[str, str]
    """By language tag."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A box with a title, a text and links, and the concepts whose pages carry it."""

    concepts: tuple[str, ...]
    """IRIs as the files write them; pages about narrower concepts carry the box too."""
    title: Mapping[str, str]
    text: Mapping[str, str]
    links: tuple[NoticeLink, ...]


def read_notices(written: Any, where: str) -> tuple[Notice, ...]:
    """The notices of `[[notices]]` in the settings file.

    :param where: how a message names the place.
    :raises ConfigError: a key is missing or not known, or a value is not of its kind.

    >>> read_notices([{"concepts": ["https://e.org/a"], "title": {"en": "T"}, "text": {"en": "x"}}], "n")[0].links
    ()
    """
    if not isinstance(written, list) or not all(isinstance(one, dict) for one in written):
        raise ConfigError(f"{where} is {written!r}; it needs tables, each under [[notices]].", key="notices")
    return tuple(_notice(one, f"{where}[{number}]") for number, one in enumerate(written))


def _notice(written: dict[str, Any], where: str) -> Notice:
    _known(written, _KEYS, where)
    concepts = written.get("concepts")
    if not isinstance(concepts, list) or not concepts or not all(isinstance(iri, str) for iri in concepts):
        raise ConfigError(f"{where}.concepts is {concepts!r}; it needs a list of IRIs.", key="notices")
    links = written.get("links", [])
    if not isinstance(links, list) or not all(isinstance(link, dict) for link in links):
        raise ConfigError(f"{where}.links is {links!r}; it needs a list of tables.", key="notices")
    return Notice(
        tuple(concepts),
        _texts(written.get("title"), f"{where}.title"),
        _texts(written.get("text"), f"{where}.text"),
        tuple(_link(link, f"{where}.links[{number}]") for number, link in enumerate(links)),
    )


def _link(written: dict[str, Any], where: str) -> NoticeLink:
    _known(written, _LINK_KEYS, where)
    href = written.get("href")
    if not isinstance(href, str) or not href.startswith(_SCHEMES):
        raise ConfigError(f"{where}.href is {href!r}; it must start with one of {', '.join(_SCHEMES)}.", key="notices")
    return NoticeLink(href, _texts(written.get("label"), f"{where}.label"))


def _texts(written: Any, where: str) -> dict[str, str]:
    fits = isinstance(written, dict) and written and all(isinstance(text, str) and text for text in written.values())
    if not fits:
        raise ConfigError(f'{where} is {written!r}; it needs a text by language: {{ en = "..." }}.', key="notices")
    return dict(written)


def _known(written: dict[str, Any], keys: set[str], where: str) -> None:
    unknown = sorted(written.keys() - keys)
    if unknown:
        raise ConfigError(f"{where} has {unknown[0]!r}; it may have {', '.join(sorted(keys))}.", key="notices")
