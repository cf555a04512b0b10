"""Citations as people read them, in APA style, made by citeproc-py from the style of the CSL project.

citeproc-py and lxml are loaded when the first citation is asked for (0.1 s). The style is large: 25 to 35 ms a
citation, so each is made once and kept, and a list is made of single citations.
"""

from __future__ import annotations

import json
import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from html import unescape
from importlib import resources
from pathlib import Path
from typing import Any, Final, NamedTuple

from kggraph.publish.citations import csl_item
from kggraph.publish.labels import sort_key
from kggraph.publish.work import Work

STYLE: Final = "apa"
_KEPT: Final = 20_000
_PRINTED: Final = ("id", "type", "title", "author", "publisher", "issued", "DOI", "URL", "language")
"""What a citation shows: a type in words, an abstract and keywords are not part of it."""

# The library leaves these as they are in texts, so they pass as characters that no text has.
_HIDDEN: Final = {"<": "\ue000", ">": "\ue001", "&": "\ue002"}
_HIDE: Final = str.maketrans({**_HIDDEN, **dict.fromkeys(_HIDDEN.values(), " ")})
_SHOW: Final = str.maketrans({"\ue000": "&lt;", "\ue001": "&gt;", "\ue002": "&amp;"})
_ELEMENT: Final = re.compile(r"<[^<>]*>")


class Formatted(NamedTuple):
    """A citation as text, and as HTML whose only elements are those of the style (`<i>`)."""

    text: str
    html: str


class Bibliography:
    """Formats works and keeps what it made; one object serves all threads."""

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[str, str], Formatted] = OrderedDict()
        self._lock = threading.Lock()

    def cite(self, work: Work, lang: str) -> Formatted:
        """The citation of a work, with the words of a language (`retrieved from`, `n.d.`)."""
        item = {name: value for name, value in csl_item(work, lang).items() if name in _PRINTED}
        key = (lang, json.dumps(item, sort_keys=True))
        with self._lock:  # the style keeps state while it renders
            found = self._made.get(key)
            if found is None:
                found = self._made[key] = _format(item, lang)
                if len(self._made) > _KEPT:
                    self._made.popitem(last=False)
            return found

    def list(self, works: Sequence[Work], lang: str) -> list[Formatted]:
        """Citations of works in the order of a list of references."""
        made = [self.cite(work, lang) for work in works]
        return sorted(made, key=lambda one: sort_key(one.text))


def _format(item: dict[str, Any], lang: str) -> Formatted:
    from citeproc import Citation, CitationItem, CitationStylesBibliography, formatter
    from citeproc.source.json import CiteProcJSON

    source = CiteProcJSON([_hidden(_with_author({**item, "id": "work"}))])
    bibliography = CitationStylesBibliography(_style(lang), source, formatter.html)
    bibliography.register(Citation([CitationItem("work")]))
    made = "".join(str(part) for part in bibliography.bibliography()[0])
    html = made.translate(_SHOW)
    return Formatted(unescape(_ELEMENT.sub("", html)), html)


def _with_author(item: dict[str, Any]) -> dict[str, Any]:
    """A work without author is by its publisher, or else goes by its title (APA 7, sections 9.11 and 9.12).

    The style says so too, but the library then prints publisher or title a second time.
    """
    if "author" in item:
        return item
    taken = "publisher" if item.get("publisher") else "title"
    kept = {name: value for name, value in item.items() if name != taken}
    return {**kept, "author": [{"literal": item.get(taken, "")}]}


def _hidden(value: Any) -> Any:
    if isinstance(value, str):
        return value.translate(_HIDE)
    if isinstance(value, list):
        return [_hidden(part) for part in value]
    if isinstance(value, dict):
        return {name: _hidden(part) for name, part in value.items()}
    return value


@cache
def _style(lang: str) -> Any:
    from citeproc import CitationStylesStyle

    with resources.as_file(resources.files("kggraph.publish").joinpath(f"styles/{STYLE}.csl")) as path:
        return CitationStylesStyle(str(path), locale=_locale(lang), validate=False)


def _locale(lang: str) -> str:
    """The locale for a language that the library has: of the country of that name, or else its first one."""
    from citeproc import LOCALES_PATH

    names = sorted(path.stem.removeprefix("locales-") for path in Path(LOCALES_PATH).glob("locales-*.xml"))
    exact = f"{lang}-{lang.upper()}"
    return exact if exact in names else next((name for name in names if name.partition("-")[0] == lang), "en-US")
