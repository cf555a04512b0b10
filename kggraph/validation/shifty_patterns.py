"""Patterns that Python and pyshifty cannot read in two ways, so that values can be held against them here."""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?:[A-Za-z0-9 _/:@\#%&=,;<>"'!~`-] | \\[.\\/+*?()\[\]{}|^$-]
        | \[(?:[A-Za-z]-[A-Za-z]|[0-9]-[0-9]|[A-Za-z0-9_/:@%=,;<>"'!.()+*?|]|\\[.\\/\[\]^-])+-?\]
        | \[\^(?:[A-Za-z]-[A-Za-z]|[0-9]-[0-9]|[A-Za-z0-9_/:@%=,;<>"'!.()+*?|]|\\[.\\/\[\]^s-])+-?\])
        (?P<times>[*+?]|\{[0-9]{1,2}(?:,[0-9]{0,2})?\})?
    | (?P<again>\((?:[-_/:~=,]|\\\.)\[(?:a-z|A-Z|0-9)+\]\+\)\*)
    | (?:\((?!\?)|\)(?![*+?{])|\||\^|\$)""",
    re.VERBOSE,
)
"""What means the same everywhere: no group is repeated but one of names after a mark that is in none of them
(`(-[a-z0-9]+)*`), which is read in one way only; what is a space differs a little, so it may only be forbidden, by
Python's long list of them."""
_MOST_OPEN: Final = 2
"""Parts that may come any number of times: Python's time grows with a power of them, the engine's does not."""
_MOST_OPTIONAL: Final = 4


def understood(pattern: str) -> re.Pattern[str] | None:
    r"""A pattern for Python that matches nothing that the engine's does not; none when that is not sure.

    Nor does it match the empty text.

    >>> understood(r"^10\.[0-9]{4,9}/[^\s]+$").pattern
    '^10\\.[0-9]{4,9}/[^\\s]+\\Z'
    >>> understood("(-[a-z0-9]+)*$") is None, understood("/id/[a-z0-9]+(-[a-z0-9]+)*$") is None
    (True, False)
    >>> understood(r"\w"), understood("(ab)*"), understood("a*")
    (None, None, None)
    """
    parts, times, place = [], [], 0
    while place < len(pattern):
        token = _TOKEN.match(pattern, place)
        if token is None:
            return None
        # Python's own $ matches before a line's end, too.
        parts.append(r"\Z" if token[0] == "$" else token[0])
        times.append("*" if token["again"] else token["times"] or "")
        place = token.end()
    without_end = [one in ("*", "+") or one.endswith(",}") for one in times]
    optional = [one == "?" or "," in one for one in times]
    if sum(without_end) > _MOST_OPEN or sum(optional) > _MOST_OPTIONAL:
        return None
    try:
        made = re.compile("".join(parts))
    except re.error:
        return None
    return None if made.search("") else made
