"""The small part of SVG that our pictures need: safe text, sizes, and the frame that says what the picture shows.

No styles and no scripts inside: a strict Content Security Policy holds, colours come from the page's style sheet by
class, and `currentColor` keeps a picture readable in the dark, in print and on its own.
"""

from __future__ import annotations

import html
import math
import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
"""What XML forbids (https://www.w3.org/TR/xml/#charsets), and marks that would turn the text around."""

FONT_SIZE: Final = 13


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture and how much of the data is in it: fewer `shown` than `total` must be said beside it."""

    svg: str
    shown: int
    total: int

    @property
    def is_cut(self) -> bool:
        """Whether something was left out."""
        return self.shown < self.total


def plain_number(value: float) -> str:
    """A number without needless digits.

    >>> plain_number(12.0), plain_number(0.25), plain_number(1e21)
    ('12', '0.25', '1e+21')
    """
    if abs(value) < 1e15 and value == int(value):
        return str(int(value))
    return f"{value:.6g}"


@dataclass(frozen=True, slots=True)
class Caption:
    """What a picture is called and says, in the page's language, and how that language writes numbers."""

    title: str
    description: str = ""
    ident: str = "picture"
    """Start of the ids inside; different for each picture of a page."""
    number: Callable[[float], str] = plain_number


def escape(text: str) -> str:
    """Text that may stand in an element or attribute of the picture, without line breaks.

    >>> escape('<b>"a"\\x00')
    '&lt;b&gt;&quot;a&quot;\ufffd'
    """
    return html.escape(" ".join(_INVISIBLE.sub("\ufffd", text).split()))


def width_of(text: str) -> float:
    """About how wide a text is, in pixels at the size of the pictures; too wide rather than too narrow.

    >>> width_of("abc") < width_of("abcd") < width_of("漢字漢字")
    True
    """
    units = 0.0
    for char in text:
        if unicodedata.combining(char):
            continue
        wide = unicodedata.east_asian_width(char) in "WF"
        units += 1.05 if wide else 0.8 if char.isupper() or char in "mw%@—" else 0.62
    return units * FONT_SIZE


def fit(text: str, width: float) -> str:
    """The text, cut with an ellipsis when it is wider than `width`.

    >>> fit("a rather long label", 60)
    'a rath…'
    """
    if width_of(text) <= width:
        return text
    end = len(text)
    while end > 1 and width_of(text[:end]) + width_of("…") > width:
        end -= 1
    return f"{text[:end].rstrip()}…"


def px(value: float) -> str:
    """A coordinate: at most one decimal, never an exponent.

    >>> px(3.0), px(2.25), px(-0.01)
    ('3', '2.2', '0')
    """
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text


_LARGEST: Final = 1e300
"""Numbers above it have no room for a round one beyond them."""


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers from at or below `low` to at or above `high`.

    >>> ticks(0, 17)
    [0.0, 5.0, 10.0, 15.0, 20.0]
    """
    span = high - low
    if not math.isfinite(span) or max(abs(low), abs(high)) > _LARGEST:
        return sorted({low, 0.0, high})
    if span <= 0:
        span = abs(high) or 1.0
        high = low + span
    raw = span / about
    power = 10.0 ** math.floor(math.log10(raw)) if raw > 1e-300 else 1e-300
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if raw <= power * factor * 1.0000001)
    first, last = math.floor(low / step), math.ceil(high / step)
    places = [index * step for index in range(first, last + 1)]
    return [round(place, 12) if 1e-6 < abs(place) < 1e3 else place for place in places if math.isfinite(place)]


def text(x: float, y: float, words: str, *, anchor: str = "start", css: str = "", whole: str = "") -> str:
    """A line of text; `whole` is its full form when the shown one is cut."""
    title = f"<title>{escape(whole)}</title>" if whole and whole != words else ""
    name = f' class="{css}"' if css else ""
    end = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{px(x)}" y="{px(y)}"{end}{name}>{title}{escape(words)}</text>'


def frame(width: float, height: float, parts: Iterable[str], caption: Caption, *, css: str) -> str:
    """The picture: one image with a name and a description for who does not see it."""
    ident = escape(caption.ident)
    size = f'viewBox="0 0 {px(width)} {px(height)}" width="{px(width)}" height="{px(height)}"'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" class="picture {css}" {size}'
        f' font-family="system-ui, sans-serif" font-size="{FONT_SIZE}" fill="currentColor"'
        f' aria-labelledby="{ident}-title" aria-describedby="{ident}-description">'
        f'<title id="{ident}-title">{escape(caption.title)}</title>'
        f'<desc id="{ident}-description">{escape(caption.description)}</desc>'
    )
    return "".join((head, *parts, "</svg>"))
