"""Small drawings beside words, all our own: lines on a grid of 24, drawn in the colour of the text."""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

_ICONS: Final = {
    "out": "M7 17 17 7M9 7h8v8",
    "next": "m9 5 7 7-7 7",
    "back": "m15 5-7 7 7 7",
    "cross": "M6 6l12 12M18 6 6 18",
    "down": "m5 9 7 7 7-7",
    "file": "M7 3h7l4 4v14H7zM14 3v4h4",
    "search": "M4.5 10.5a6 6 0 1 0 12 0a6 6 0 1 0-12 0M15 15l5.5 5.5",
    "menu": "M4 7h16M4 12.3h15M4 17.5h16",
    "list": "M9 6.5h11M9 12h11M9 17.5h11M4.5 6.5h.1M4.5 12h.1M4.5 17.5h.1",
    "grid": "M4.5 4.5h6v6h-6zM13.5 4.5h6v6h-6zM4.5 13.5h6v6h-6zM13.5 13.5h6v6h-6z",
    "gap": "M4.5 4.5h6v6h-6zM13.5 4.5h6v6h-6zM4.5 13.5h6v6h-6zM16.5 13.5v6M13.5 16.5h6",
    "chart": "M4 20h16M7 20v-6M12 20V6M17 20v-9",
    "ask": "M8.5 9a3.5 3.5 0 1 1 5.2 3c-1.2.8-1.7 1.5-1.7 2.7M12 18.5v.1",
    "info": "M12 11v6M12 7.5v.1M3.5 12a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0-17 0",
    "heart": "M12 20C7 16.5 3.8 13.3 3.8 9.3c0-5 6.2-6.3 8.2-2c2-4.3 8.2-3 8.2 2C20.2 13.3 17 16.5 12 20z",
    "phone": (
        "M7 3.5l3 5-2 2c1 2.5 3 4.5 5.5 5.5l2-2 5 3c-.5 2.5-2 3.8-4 3.5C9.5 19.8 4.2 14.5 3.5 7.5 3.3 5.5 4.5 4 7 3.5z"
    ),
    "mail": "M3.5 6h17v12.5h-17zM4 6.5l8 6.5 8-6.5",
    "share": "M12 15V3.5M8 7l4-3.5L16 7M5 12v8.5h14V12",
    "quote": "M10 7c-3.5.5-5 3-5 6.5V17h5v-5H7.5M19 7c-3.5.5-5 3-5 6.5V17h5v-5h-2.5",
    "compare": "M12 3.5v17M4 7h5v10H4zM15 7h5v10h-5z",
    "graph": (
        "M5 6.5a2 2 0 1 0 4 0a2 2 0 1 0-4 0"
        "M15 6a2 2 0 1 0 4 0a2 2 0 1 0-4 0"
        "M10 18a2 2 0 1 0 4 0a2 2 0 1 0-4 0"
        "M9 6.4l6-.3"
        "M8 8.3l3 7.8"
        "M16.3 7.8l-3.5 8.4"
    ),
    "download": "M12 3.5v11M8 11l4 3.5 4-3.5M5 16v4.5h14V16",
    "plus": "M12 5v14M5 12h14",
    "globe": ("M3.5 12a8.5 8.5 0 1 0 17 0a8.5 8.5 0 1 0-17 0M3.5 12h17M12 3.5c-5 5.5-5 11.5 0 17c5-5.5 5-11.5 0-17"),
    "check": "m5 12.5 4.5 4.5L19 7",
}
DRAWN: Final = {
    name: Markup(f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="{path}"/></svg>')
    for name, path in _ICONS.items()
}


def icon(name: str) -> Markup:
    """A small drawing that says nothing a screen reader must read."""
    return DRAWN[name]
