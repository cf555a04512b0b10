"""A wheel drawn by the server: rings of parts around a middle, every part a link with its name and number.

Text lies level, never turned, so that it is read as easily as the list that stands beside every wheel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from kggraph.publish.svg import escape, px

SIZE: Final = 600
_MIDDLE: Final = 64.0
_OUTSIDE: Final = 296.0
_LINE: Final = 25.0
_INNERMOST: Final = 5
"""Width of the innermost ring, where each next one is 1 wider."""
_GAP: Final = 2.0


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a ring."""

    name: str
    href: str
    count: str
    """The number as people read it."""
    css: str = ""


def wheel(rings: Sequence[Sequence[Part]], middle: Part, title: str) -> str:
    """The wheel, from the middle outwards; a group of links for who does not see it.

    >>> wheel([[Part("a", "/a", "1")]], Part("all", "/", "1"), "Wheel").count("<a ")
    2
    """
    # An outer ring is wider: it has more parts, so longer lines of text for the same height.
    shares = [_INNERMOST + number for number in range(len(rings))]
    wide = [(_OUTSIDE - _MIDDLE) * share / sum(shares) for share in shares]
    radii = [*accumulate(wide, initial=_MIDDLE)]
    parts = [_centre(middle)]
    for number, ring in enumerate(rings):
        parts += _ring(ring, radii[number] + 3, radii[number + 1], number)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="group" class="wheel" viewBox="0 0 {SIZE} {SIZE}"'
        f' aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )


def _centre(part: Part) -> str:
    at = SIZE / 2
    shape = f'<circle cx="{px(at)}" cy="{px(at)}" r="{px(_MIDDLE)}"/>'
    return _link(part, shape, (at, at), "wheel-middle")


def _ring(parts: Sequence[Part], inner: float, outer: float, number: int) -> list[str]:
    step = 2 * math.pi / max(len(parts), 1)
    found = []
    for place, part in enumerate(parts):
        # The first part has its middle at the top; an outer ring is turned a little, so that borders do not line up.
        start = step * (place - 0.5)
        middle = start + step / 2
        # A little inward: that is where level lines have most room at the sides.
        at = (inner + outer) / 2 - (4 if len(parts) > 1 else 0)
        where = (SIZE / 2 + at * math.sin(middle), SIZE / 2 - at * math.cos(middle))
        shape = _annulus(inner, outer) if len(parts) == 1 else _sector(inner, outer, start, start + step)
        found.append(_link(part, shape, where, f"wheel-part ring-{number} hue-{place % 6}"))
    return found


def _annulus(inner: float, outer: float) -> str:
    at, circles = SIZE / 2, ""
    for radius in (outer, inner):
        r, d = px(radius), px(2 * radius)
        circles += f"M{px(at - radius)} {px(at)}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0 -{d} 0z"
    return f'<path fill-rule="evenodd" d="{circles}"/>'


def _sector(inner: float, outer: float, start: float, end: float) -> str:
    """A sector with a gap of the same width all along its sides."""

    def point(radius: float, angle: float, side: int) -> str:
        turned = angle + side * _GAP / radius
        return f"{px(SIZE / 2 + radius * math.sin(turned))} {px(SIZE / 2 - radius * math.cos(turned))}"

    large = int(end - start > math.pi)
    return (
        f'<path d="M{point(inner, start, 1)}L{point(outer, start, 1)}'
        f"A{px(outer)} {px(outer)} 0 {large} 1 {point(outer, end, -1)}L{point(inner, end, -1)}"
        f'A{px(inner)} {px(inner)} 0 {large} 0 {point(inner, start, 1)}z"/>'
    )


def _link(part: Part, shape: str, at: tuple[float, float], css: str) -> str:
    lines = _lines(part.name)
    top = at[1] - _LINE * len(lines) / 2 + 6
    spans = [(line, "") for line in lines] + [(part.count, ' class="wheel-count"')]
    # One text, so that the link is called what is seen: name, space, number.
    words = " ".join(
        f'<tspan x="{px(at[0])}" y="{px(top + _LINE * number)}"{name}>{escape(line)}</tspan>'
        for number, (line, name) in enumerate(spans)
    )
    name = escape(" ".join(filter(None, (css, part.css))))
    return f'<a href="{escape(part.href)}" class="{name}">{shape}<text text-anchor="middle">{words}</text></a>'


def _lines(name: str) -> list[str]:
    """A name in at most three lines, of about the same length."""
    lines: list[str] = []
    for word in name.split():
        if lines and len(lines[-1]) + len(word) < 12:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return [*lines[:2], f"{lines[2]}…"] if len(lines) > 3 else lines
