"""Filters of the templates: texts with their language, shortened texts, addresses as people read them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Protocol

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from kggraph.publish.labels import Label
from kggraph.web.addresses import bare
from kggraph.web.icons import DRAWN, icon
from kggraph.web.texts import Texts
from kggraph.web.views import CardField, FieldView, GroupView, Marked, Option, Related, Shown

_SPACES: Final = re.compile(r"\s+")
# Scripts that run from right to left, and the characters that override direction: kept inside their own element
_OTHER_DIRECTION: Final = re.compile("[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff]")
_SPECIAL: Final = re.compile(r"""[&<>"'\x00-\x08\x0b\x0c\x0e-\x1f\x7f]""")
_NO_CONTROLS: Final = dict.fromkeys([c for c in range(32) if chr(c) not in "\t\n\r"] + [127])
"""HTML has no way to write them, and no reader misses them."""
_NAME_LENGTH: Final = 40
_ARCHIVE: Final = "https://web.archive.org/web/"
"""Only linked to; nothing is asked there."""
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
    return Markup(_say(said, context["lang"]))


def _say(said: Said, page_language: str) -> str:
    text, lang = said.text, said.lang
    attribute = f' lang="{escaped(lang)}"' if lang and lang != page_language else ""
    if not text.isascii() and _OTHER_DIRECTION.search(text):
        return f'<bdi dir="auto"{attribute}>{escaped(text)}</bdi>'
    return f"<span{attribute}>{escaped(text)}</span>" if attribute else escaped(text)


def escaped(text: str) -> str:
    """A text for HTML; most have nothing to escape, and looking is three times as fast as `escape` is."""
    return str(escape(text)).translate(_NO_CONTROLS) if _SPECIAL.search(text) else text


def excerpt(said: Said, length: int = 220) -> Label:
    """The beginning of a text, cut at a word.

    >>> excerpt(Label("one two three", "en"), 9).text
    'one two…'
    """
    text = _SPACES.sub(" ", said.text).strip()
    if len(text) > length:
        text = text[: length + 1].rpartition(" ")[0].rstrip(_CLOSING) + "…"
    return Label(text, said.lang)


@pass_context
def marks(context: Context, marked: Marked) -> Markup:
    """A text with what was asked for marked."""
    pieces = [f"<mark>{escaped(text)}</mark>" if hit else escaped(text) for text, hit in marked.segments]
    whole = "".join([text for text, _ in marked.segments])
    lang = f' lang="{escaped(marked.lang)}"' if marked.lang and marked.lang != context["lang"] else ""
    if not whole.isascii() and _OTHER_DIRECTION.search(whole):
        return Markup(f'<bdi dir="auto"{lang}>{"".join(pieces)}</bdi>')
    return Markup(f"<span{lang}>{''.join(pieces)}</span>" if lang else "".join(pieces))


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


@pass_context
def count(context: Context, number: int) -> Markup:
    """A number beside the name of what it counts."""
    return Markup(f'<span class="count">{context["t"].number(number)}</span>')


@pass_context
def anchor(context: Context, shown: Shown) -> Markup:
    """The link to a value."""
    return Markup(_anchor(shown, context["lang"]))


def drawn_link(shown: Shown, lang: str) -> str:
    """The link to a value on a page in that language, as HTML."""
    return _anchor(shown, lang)


def _anchor(shown: Shown, lang: str) -> str:
    if shown.drawn:
        return shown.drawn
    rel, sign = (' rel="noopener external"', DRAWN["out"]) if shown.external else ("", "")
    return f'<a href="{escaped(shown.href or "")}"{rel}>{_say(shown, lang)}{sign}</a>'


def _dead(shown: Shown, t: Texts) -> str:
    told = escaped(t("thing.dead", day=t.date(shown.dead)))
    archive = escaped(f"{_ARCHIVE}{shown.href}")
    link = f'<a href="{archive}" rel="noopener external">{t("thing.archived")}{DRAWN["out"]}</a>'
    return f' <span class="dead-link">{told} {link}</span>'


@pass_context
def value(context: Context, shown: Shown) -> Markup:
    """A value: as link, date or text, with what must be said of it."""
    return Markup(_value(shown, context["t"]))


def _value(shown: Shown, t: Texts) -> str:
    if shown.part:
        return f'<dl class="part">{"".join(_part(field, t) for field in shown.part)}</dl>'
    if shown.href:
        text = _anchor(shown, t.language) + (_dead(shown, t) if shown.dead else "")
    elif shown.date:
        text = f'<time datetime="{escaped(shown.date)}">{escaped(t.date(shown.date))}</time>'
    elif shown.is_unknown:
        text = f'<span class="muted">{escaped(shown.text)}</span>'
    else:
        text = _say(shown, t.language)
        if shown.code:
            text += f' <small class="code">{escaped(shown.code)}</small>'
    if shown.printed:
        text += f' <span class="printed">{t("thing.printed")} “{escaped(shown.printed)}”</span>'
    if shown.note:
        text += f'<span class="note">{_say(shown.note, t.language)}</span>'
    return text


def _part(field: FieldView, t: Texts) -> str:
    values = "".join(f"<dd>{_value(one, t)}</dd>" for one in field.values)
    return f"<div><dt>{_say(field.label, t.language)}</dt>{values}</div>"


@pass_context
def fields(context: Context, shown: Sequence[FieldView]) -> Markup:
    """Fields with their values, as a list of terms."""
    return Markup(_fields(shown, context["t"]))


def _fields(shown: Sequence[FieldView], t: Texts) -> str:
    rows = []
    for field in shown:
        rows.append(f"<div>{_field_name(field.label, field.help, t.language)}{_values(field, t)}</div>")
    return '<dl class="fields">{}</dl>'.format("\n".join(rows))


@lru_cache(maxsize=4096)
def _field_name(label: Label, help: Label, lang: str) -> str:
    """The name of a field: the model has few, and every page shows many of them."""
    title = f' title="{escaped(help.text)}"' if help.text else ""
    return f"<dt{title}>{_say(label, lang)}</dt>"


def _values(field: FieldView, t: Texts) -> str:
    """The values of a field, links among ourselves as pills, short names on one line."""
    shown = field.values
    are_links = bool(shown) and all(one.href and not one.external for one in shown)
    text = ""
    if len(shown) == 1 and not are_links:
        text = f"<dd>{_value(shown[0], t)}</dd>"
    elif shown:
        kind = "pills" if are_links else "values inline" if are_short(shown) else "values"
        items = "".join([f"<li>{_value(one, t)}</li>" for one in shown])
        text = f'<dd><ul class="{kind}">{items}</ul></dd>'
    return f'{text}<dd class="others">{_others(field.others, t)}</dd>' if field.others else text


def _others(shown: Sequence[Shown], t: Texts) -> str:
    items = "".join(
        f'<li><span class="language-tag">{escaped(one.lang)}</span> {_say(one, t.language)}</li>' for one in shown
    )
    summary = t("thing.other_languages")
    return f'<details class="fold"><summary>{summary}</summary><ul class="values">{items}</ul></details>'


def heading(title: Label, t: Texts) -> Markup:
    """The name of a thing."""
    return Markup(_say(title, t.language))


def eyebrow(sorts: Sequence[Said], t: Texts) -> Markup:
    """What stands above the title of a thing or a card: of which sort it is."""
    said = " · ".join([_say(one, t.language) for one in sorts])
    return Markup(f'<p class="eyebrow">{said}</p>') if said else Markup()


def subtitles(names: Sequence[Shown], t: Texts) -> Markup:
    """The other names of a thing."""
    tagged = [f'<span class="language-tag">{escaped(one.lang)}</span> {_say(one, t.language)}' for one in names]
    return Markup("".join([f'\n    <p class="subtitle">{name}</p>' for name in tagged]))


def lead(shown: Sequence[Shown], others: Sequence[Shown], home_page: Shown | None, t: Texts) -> Markup:
    """What a thing is in a few sentences, and the button that leads to it."""
    texts = [f'<p class="lead">{_say(one, t.language)}</p>' for one in shown]
    return Markup(
        "".join(texts) + (_others(others, t) if others else "") + (_home_page(home_page, t) if home_page else "")
    )


def _home_page(shown: Shown, t: Texts) -> str:
    rel = ' rel="noopener external"' if shown.external else ""
    button = f'<a class="button" href="{escaped(shown.href or "")}"{rel}>{t("thing.home_page")}{DRAWN["out"]}</a>'
    name = f'<span class="muted small">{_say(shown, t.language)}</span>'
    return f'<p class="home-page">{button} {name}{_dead(shown, t) if shown.dead else ""}</p>'


def groups(shown: Sequence[GroupView], t: Texts) -> Markup:
    """Fields under the headings of their groups."""
    sections = []
    for number, group in enumerate(shown, 1):
        named = f' aria-labelledby="group-{number}"' if group.label.text else ""
        heading = f'<h2 id="group-{number}">{_say(group.label, t.language)}</h2>\n' if named else ""
        if not heading and group.key == "other":
            heading = f"<h2>{t('thing.other_fields')}</h2>\n"
        sections.append(f'<section class="group"{named}>\n{heading}{_fields(group.fields, t)}\n</section>')
    return Markup("\n".join(sections))


def related_items(shown: Sequence[Related], t: Texts) -> Markup:
    """Items that are like this one, with the reasons."""
    if not shown:
        return Markup()
    cards = []
    for one in shown:
        reasons = ", ".join(
            [f'<a href="{escaped(r.href)}" rel="nofollow">{_say(r.label, t.language)}</a>' for r in one.reasons]
        )
        title = f'<h3><a href="{escaped(one.href)}">{_say(one.title, t.language)}</a></h3>'
        cards.append(f'<li class="card">{title}<p class="small muted">{t("related.why")} {reasons}</p></li>')
    heading = f'<h2 id="related">{t("related.title")}</h2>'
    return Markup(
        f'<section aria-labelledby="related">{heading}\n<ul class="related">{"".join(cards)}</ul>\n</section>'
    )


@pass_context
def facet_options(context: Context, key: str, options: Sequence[Option]) -> Markup:
    """Values of a facet to tick."""
    t: Texts = context["t"]
    name, rows = escaped(key), []
    for option in options:
        off, state = (' class="off"', " disabled") if option.disabled else ("", " checked" if option.selected else "")
        rows.append(
            f'<li class="depth-{min(option.depth, 5)}"><label{off}>'
            f'<input type="checkbox" name="{name}" value="{escaped(option.name)}"{state}> '
            f"<span>{_say(option.label, t.language)}</span> "
            f'<span class="count">{t.number(option.count)}</span></label></li>'
        )
    return Markup("".join(rows))


def bar(percent: float) -> Markup:
    """A bar under the name of what is counted; the number itself stands beside it."""
    return Markup(
        '<svg class="bar" viewBox="0 0 100 3" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'<rect width="{percent:.1f}" height="3"/></svg>'
    )


@pass_context
def card_facts(context: Context, shown: Sequence[CardField]) -> Markup:
    """The fields of a card, each on a line of its own: a list of 25 has some two hundred values."""
    t: Texts = context["t"]
    rows = []
    for field in shown:
        values = ", ".join([_fact(one, t) for one in field.values])
        rows.append(f"<div><dt>{_say(field.label, t.language)}</dt><dd>{values}</dd></div>")
    return Markup('<dl class="card-facts">{}</dl>'.format("\n".join(rows)))


def _fact(shown: Shown, t: Texts) -> str:
    if shown.date:
        return f'<time datetime="{escaped(shown.date)}">{escaped(t.date(shown.date))}</time>'
    said = _say(shown, t.language)
    return f'<a href="{escaped(shown.href)}">{said}</a>' if shown.href else said


@pass_context
def suggesting(context: Context) -> Markup:
    """Attributes of a search field that lets it suggest, where there is JavaScript (`static/find.js`)."""
    t: Texts = context["t"]
    told = {"data-suggest": f"/api/suggest?lang={t.language}"}
    told |= {"data-none": t("list.suggest_none"), "data-some": t("list.suggest_some")}
    return Markup('autocomplete="off" ' + " ".join([f'{name}="{escaped(text)}"' for name, text in told.items()]))


FILTERS: Final = (say, marks, excerpt, bare, are_short, lower_first)
PIECES: Final = (icon, count, bar, anchor, value, fields, facet_options, card_facts, suggesting)
