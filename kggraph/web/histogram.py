"""How many items each year has, as a small picture; the list of years beside it says the same in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup

_HEIGHT: Final = 40
_STEP: Final = 4
_BAR: Final = 3
_LEAST: Final = 1.5
"""Height of the bar of a year that any item has: one item of a thousand is not nothing."""
_MOST_BARS: Final = 60


def histogram(counts: Mapping[int, int], first: int | None = None, last: int | None = None) -> Markup:
    """Bars for the years of `counts`, those of a chosen range marked; a long time is drawn in steps of several years.

    :param counts: year to number of items.
    :param first: first year of the range; nothing for no limit.

    >>> histogram({2020: 1, 2022: 4}).count("<rect")
    2
    """
    if not counts:
        return Markup("")
    start, end = min(counts), max(counts)
    step = -(-(end - start + 1) // _MOST_BARS)
    bars: dict[int, int] = {}
    for year, count in counts.items():
        bars[(year - start) // step] = bars.get((year - start) // step, 0) + count
    most = max(bars.values()) or 1
    drawn = []
    for place, count in sorted(bars.items()):
        if count:
            height = max(_LEAST, _HEIGHT * count / most)
            year = start + place * step
            chosen = (first or 0) <= year + step - 1 and (last is None or year <= last)
            marked = ' class="on"' if chosen and (first, last) != (None, None) else ""
            drawn.append(
                f'<rect{marked} x="{place * _STEP}" y="{_HEIGHT - height:.4g}" width="{_BAR}" height="{height:.4g}"/>'
            )
    width = ((end - start) // step + 1) * _STEP - (_STEP - _BAR)
    return Markup(
        f'<svg class="histogram" viewBox="0 0 {width} {_HEIGHT}" preserveAspectRatio="none" aria-hidden="true" '
        f'focusable="false">{"".join(drawn)}</svg>'
    )
