"""What templates show: plain values, made by the views and drawn by `markup` and the templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from kggraph.publish.labels import Label
from kggraph.search.passages import Segment


class Shown(NamedTuple):
    """One value: the text to read, and where it leads."""

    text: str
    lang: str = ""
    href: str | None = None
    external: bool = False
    date: str = ""
    """The lexical form of a date, whose text is for people."""
    note: Label | None = None
    """What the value means, where that needs saying."""
    printed: str = ""
    """The name as the source prints it, when that differs."""
    part: tuple[FieldView, ...] = ()
    """Fields of a part of the thing, shown in place."""
    dead: str = ""
    """The day on which the address was found not to answer any more."""
    iri: str = ""
    code: str = ""
    """The name of the datatype, when the value is neither a text, a number nor a date."""
    is_unknown: bool = False
    """Whether it says that there is no value."""
    drawn: str = ""
    """Its link as HTML for a page in the language it was made for, when it is drawn already."""


class CardField(NamedTuple):
    """A field on a card."""

    key: str
    label: Label
    values: tuple[Shown, ...]


class FieldView(NamedTuple):
    """A field with the values to show, and those in other languages."""

    key: str
    label: Label
    help: Label
    values: tuple[Shown, ...]
    others: tuple[Shown, ...] = ()


class GroupView(NamedTuple):
    """A heading with its fields; the label is empty for what stands under no heading."""

    key: str
    label: Label
    fields: tuple[FieldView, ...]


class ThingView(NamedTuple):
    """Everything a page shows of a thing itself."""

    iri: str
    title: Label
    type: Label
    sorts: tuple[Shown, ...]
    """What stands above its title: of which sort it is, else what things like it are called."""
    subtitles: tuple[Shown, ...]
    """Its name in other languages and other names of the same kind."""
    lead: tuple[Shown, ...]
    """The description in the language of the page."""
    lead_others: tuple[Shown, ...]
    """The description in other languages."""
    home_page: Shown | None
    groups: tuple[GroupView, ...]
    source: str


class Reason(NamedTuple):
    """A value that two items share, with the list of all items that have it."""

    label: Label
    href: str


class Related(NamedTuple):
    """An item that is like another one."""

    title: Label
    href: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Option:
    """A value to choose."""

    name: str
    """As it stands in addresses."""
    label: Label
    count: int
    depth: int
    selected: bool

    @property
    def disabled(self) -> bool:
        """Choosing it would give nothing."""
        return self.count == 0 and not self.selected


@dataclass(frozen=True, slots=True)
class YearRange:
    """A range of years to choose: the fields of the form, what they hold, and how many items each year has."""

    name_from: str
    name_to: str
    first: str
    last: str
    least: int
    most: int
    """The first and the last year that any item has."""
    picture: Markup


@dataclass(frozen=True, slots=True)
class Marked:
    """A text in pieces, those that were asked for marked."""

    segments: tuple[Segment, ...]
    lang: str
    label: Label
    """The field it is from; empty where that needs no saying."""


@dataclass(frozen=True, slots=True)
class Why:
    """A reason in words: what is said before the name or words that made the item match."""

    said: str
    matched: Label


@dataclass(frozen=True, slots=True)
class Match:
    """How an item answers a question."""

    title: Marked | None
    """The title, when there is anything to mark in it."""
    text: Marked | None
    """The description around what was found, instead of its beginning."""
    others: tuple[Marked, ...]
    why: tuple[Why, ...]
    lacking: str
    """The words that the item has nothing of."""
