"""Filters of the templates: texts with their language, shortened texts, addresses as people read them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlencode

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from kggraph.publish.labels import Label
from kggraph.web.texts import Texts

if TYPE_CHECKING:
    from kggraph.web.facets import Option
    from kggraph.web.present import FieldView, Shown

_SPACES: Final = re.compile(r"\s+")
# Scripts that run from right to left, and the characters that override direction: kept inside their own element
_OTHER_DIRECTION: Final = re.compile("[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff]")
_NAME_LENGTH: Final = 40
_CLOSING: Final = ",.;:–- "


class Said(Protocol):
    """A text and the language it is in."""

    @property
    def text(self) -> str: ...
    @property
    def lang(self) -> str: ...


@pass_context
def say(context: Context, said: Said) -> Markup:
    """A text, with its language when that is not the language of the page, and its direction kept to itself."""
    text, lang = said.text, said.lang
    attribute = f' lang="{escape(lang)}"' if lang and lang != context["lang"] else ""
    if _OTHER_DIRECTION.search(text):
        return Markup(f'<bdi dir="auto"{attribute}>{escape(text)}</bdi>')
    return Markup(f"<span{attribute}>{escape(text)}</span>") if attribute else escape(text)


def excerpt(said: Said, length: int = 220) -> Label:
    """The beginning of a text, cut at a word.

    >>> excerpt(Label("one two three", "en"), 9).text
    'one two…'
    """
    text = _SPACES.sub(" ", said.text).strip()
    if len(text) > length:
        text = text[: length + 1].rpartition(" ")[0].rstrip(_CLOSING) + "…"
    return Label(text, said.lang)


def bare(iri: str) -> str:
    """An IRI as people read an address.

    >>> bare("https://example.org/")
    'example.org'
    """
    return iri.removeprefix("https://").removeprefix("http://").removeprefix("mailto:").rstrip("/")


def with_sort(pairs: Sequence[tuple[str, str]], sort: str) -> str:
    """Parameters of a list in another order, from its first page.

    >>> with_sort([("page", "2"), ("topic", "a")], "title")
    'sort=title&topic=a'
    """
    kept = [pair for pair in pairs if pair[0] not in ("sort", "page")]
    return urlencode(sorted([*kept, ("sort", sort)]))


def are_short(values: Sequence[Said]) -> bool:
    """Whether some texts are names rather than sentences, so that they fit on one line."""
    return len(values) > 1 and all(len(value.text) <= _NAME_LENGTH for value in values)


def lower_first(text: str) -> str:
    """A word as it stands in the middle of a sentence; an abbreviation stays as it is.

    >>> lower_first("Items"), lower_first("FAQs")
    ('items', 'FAQs')
    """
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


# ------------------------------------------------------------------ pieces
# Made in Python, not as macros: a page of a thing has a hundred of them, and they were half of its time.
_ICONS: Final = {
    "out": "M7 17 17 7M9 7h8v8",
    "next": "m9 5 7 7-7 7",
    "back": "m15 5-7 7 7 7",
    "cross": "M6 6l12 12M18 6 6 18",
    "down": "m5 9 7 7 7-7",
    "file": "M7 3h7l4 4v14H7zM14 3v4h4",
}
_DRAWN: Final = {
    name: Markup(f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="{path}"/></svg>')
    for name, path in _ICONS.items()
}


def icon(name: str) -> Markup:
    """A small drawing that says nothing a screen reader must read."""
    return _DRAWN[name]


@pass_context
def count(context: Context, number: int) -> Markup:
    """A number beside the name of what it counts."""
    return Markup(f'<span class="count">{context["t"].number(number)}</span>')


@pass_context
def anchor(context: Context, shown: Shown) -> Markup:
    """The link to a value."""
    rel, sign = (' rel="noopener external"', _DRAWN["out"]) if shown.external else ("", "")
    return Markup(f'<a href="{escape(shown.href)}"{rel}>{say(context, shown)}{sign}</a>')


@pass_context
def value(context: Context, shown: Shown) -> Markup:
    """A value: as link, date or text, with what must be said of it."""
    if shown.part:
        return Markup(f'<dl class="part">{"".join(_part(context, field) for field in shown.part)}</dl>')
    t: Texts = context["t"]
    if shown.href:
        pieces = [anchor(context, shown)]
    elif shown.date:
        pieces = [Markup(f'<time datetime="{escape(shown.date)}">{escape(t.date(shown.date))}</time>')]
    else:
        pieces = [say(context, shown)]
        if shown.code:
            pieces.append(Markup(f' <small class="code">{escape(shown.code)}</small>'))
    if shown.printed:
        pieces.append(Markup(f' <span class="printed">{t("thing.printed")} “{escape(shown.printed)}”</span>'))
    if shown.note:
        pieces.append(Markup(f'<span class="note">{say(context, shown.note)}</span>'))
    return Markup("".join(pieces))


def _part(context: Context, field: FieldView) -> str:
    values = "".join(f"<dd>{value(context, one)}</dd>" for one in field.values)
    return f"<div><dt>{say(context, field.label)}</dt>{values}</div>"


@pass_context
def values(context: Context, field: FieldView) -> Markup:
    """The values of a field, links among ourselves as pills, short names on one line."""
    shown = field.values
    are_links = bool(shown) and all(one.href and not one.external for one in shown)
    pieces = []
    if len(shown) == 1 and not are_links:
        pieces.append(f"<dd>{value(context, shown[0])}</dd>")
    elif shown:
        kind = "pills" if are_links else "values inline" if are_short(shown) else "values"
        items = "".join(f"<li>{value(context, one)}</li>" for one in shown)
        pieces.append(f'<dd><ul class="{kind}">{items}</ul></dd>')
    if field.others:
        pieces.append(f'<dd class="others">{others(context, field.others)}</dd>')
    return Markup("".join(pieces))


@pass_context
def others(context: Context, shown: Sequence[Shown]) -> Markup:
    """Texts in other languages, one step away."""
    items = "".join(
        f'<li><span class="language-tag">{escape(one.lang)}</span> {say(context, one)}</li>' for one in shown
    )
    summary = context["t"]("thing.other_languages")
    return Markup(f'<details class="fold"><summary>{summary}</summary><ul class="values">{items}</ul></details>')


@pass_context
def facet_option(context: Context, key: str, option: Option) -> Markup:
    """A value of a facet to tick."""
    off, state = (' class="off"', " disabled") if option.disabled else ("", " checked" if option.selected else "")
    box = f'<input type="checkbox" name="{escape(key)}" value="{escape(option.name)}"{state}>'
    label = f"<label{off}>{box} <span>{say(context, option.label)}</span> {count(context, option.count)}</label>"
    return Markup(f'<li class="depth-{min(option.depth, 5)}">{label}</li>')


FILTERS: Final = (say, excerpt, bare, with_sort, are_short, lower_first)
PIECES: Final = (icon, count, anchor, value, values, others, facet_option)
