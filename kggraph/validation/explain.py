"""A report for people who edit files: `data/items/x.ttl:12: Title: message`, in the language they ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from kggraph.model import LangText
from kggraph.rdf import ntriples
from kggraph.rdf.iris import local_name, thing_iri
from kggraph.rdf.source import locate
from kggraph.validation.messages import show
from kggraph.validation.report import Report, Result
from kggraph.validation.shape_texts import ShapeTexts

_FOUND: Final = {"nl": "gevonden", "en": "found"}
MOST_LINES: Final = 1000


class Explainer:
    """Tells where each result is: file, line, field."""

    def __init__(
        self,
        shapes: ShapeTexts,
        root: Path,
        source_of: Callable[[str], str | None],
        *,
        lang: str = "en",
        base_from: str = "",
        base_to: str = "",
    ) -> None:
        """Take what results are explained with.

        :param root: folder that files are named from.
        :param source_of: IRI of a thing to the file that describes it, relative to the root.
        :param lang: language of the messages; another that a shape has no message in gives English.
        :param base_from: base of the IRIs in the files, when those of the report have `base_to` instead.
        """
        self._shapes, self._root, self._source_of = shapes, root, source_of
        self._bases = {"base_from": base_from, "base_to": base_to}
        self.lang = lang
        self.shapes = shapes

    def line(self, result: Result) -> str:
        """One result in one line."""
        return f"{self.place(result)}: {self.field(result)}: {self.message(result)}"

    def field(self, result: Result) -> str:
        """The name of the field that the result is about."""
        return self._text(self._shapes.name(result.shape)) or local_name((result.path or "").strip("<>")) or "-"

    def value(self, result: Result) -> str:
        """The offending value as in a sentence; empty when there is none."""
        return show(result.value) if result.value else ""

    def message(self, result: Result) -> str:
        """What is wrong and what to do, and the offending value when that does not say it."""
        message = self._text(result.messages)
        if result.value and (shown := show(result.value)) not in message:
            message += f" ({_FOUND.get(self.lang, _FOUND['en'])}: {shown})"
        return message

    def place(self, result: Result) -> str:
        """The file and line of a result; its focus node where no file describes that."""
        relative, line = self.where(result)
        if relative is None:
            return show(result.focus)
        return f"{relative}:{line}" if line else relative

    def lines(self, report: Report, severities: Iterable[str]) -> list[str]:
        """The results of these severities, in the order of file and line."""
        wanted = set(severities)
        found = [result for result in report.results if result.severity in wanted]
        lines = [(self._order(line), line) for line in map(self.line, found[:MOST_LINES])]
        shown = [line for _, line in sorted(lines)]
        if len(found) > MOST_LINES:
            shown.append(f"... {len(found) - MOST_LINES} more")
        return shown

    def where(self, result: Result) -> tuple[str | None, int | None]:
        """The file and the line of a result, as far as they are known."""
        focus = ntriples.iri(result.focus.encode()) if result.focus.startswith("<") else result.focus
        relative = self._source_of(thing_iri(focus))
        if relative is None:
            return None, None
        simple = result.path and result.path.startswith("<") and result.path.endswith(">")
        predicate = result.path[1:-1] if simple and result.path else None
        return relative, locate(self._root / relative, focus, predicate, self._object(result.value), **self._bases)

    def _object(self, value: str | None) -> str | None:
        if value is None or value.startswith("_:"):
            return None
        return value[1:-1] if value.startswith("<") else ntriples.literal(value.encode()).text

    def _text(self, texts: LangText) -> str:
        for lang in (self.lang, "en", "", *sorted(texts)):
            if lang in texts:
                return texts[lang]
        return ""

    def _order(self, line: str) -> tuple[str, int]:
        relative, _, rest = line.partition(":")
        number, _, _ = rest.partition(":")
        return (relative, int(number) if number.isdigit() else 0)
