"""A thing as Markdown and as CSV: what its page shows, field by field, from the model."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from typing import Final

from kggraph.publish.labels import Label
from kggraph.rdf.iris import is_web_iri
from kggraph.web.views import FieldView, Shown, ThingView

COLUMNS: Final = ("field", "label", "value", "language", "iri")

_MARKED: Final = re.compile(r"([\\`*_\[\]<>#|~])")
_SPACE: Final = re.compile(r"\s+")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def markdown(view: ThingView, base: str) -> bytes:
    """The thing in Markdown (CommonMark): its title, description, fields under their headings, and its address.

    :param base: of the site, before the paths of links.
    """
    parts = [f"# {plain(view.title.text)}", *(plain(text.text) for text in view.lead)]
    head = [_item(view.type.text, "")] if view.type.text else []
    head += [_item("", name.text) for name in view.subtitles]
    head += [f"- <{view.home_page.href}>"] if view.home_page and is_web_iri(view.home_page.href or "") else []
    parts += ["\n".join(head)] if head else []
    for group in view.groups:
        parts += [f"## {plain(group.label.text)}"] if group.label.text else []
        parts.append("\n".join(_field(field, base) for field in group.fields))
    parts.append(f"<{view.iri}>")
    return ("\n\n".join(part for part in parts if part) + "\n").encode("utf-8", "replace")


def _field(field: FieldView, base: str) -> str:
    values = [_shown(value, base) for value in (*field.values, *field.others)]
    return _item(field.label.text, "; ".join(value for value in values if value), ready=True)


def _item(label: str, text: str, *, ready: bool = False) -> str:
    body = text if ready else plain(text)
    return f"- {plain(label)}: {body}" if label and body else f"- {plain(label) or body}"


def _shown(value: Shown, base: str) -> str:
    text = plain(value.text)
    if value.part:
        parts = [f"{plain(part.label.text)} {', '.join(_shown(v, base) for v in part.values)}" for part in value.part]
        return f"{text} ({'; '.join(parts)})" if text else "; ".join(parts)
    if not value.href:
        return text
    target = value.href if value.external else base.rstrip("/") + value.href
    return f"[{text}](<{re.sub('[<>]', '', target)}>)"


def plain(text: str) -> str:
    """A text as Markdown shows it, in one line and without any markup of its own.

    >>> plain("*a*  [b]")
    '\\\\*a\\\\* \\\\[b\\\\]'
    """
    return _MARKED.sub(r"\\\1", _SPACE.sub(" ", text).strip()).replace("&", "&amp;")


def table(view: ThingView, label: Label) -> bytes:
    """The thing as CSV (RFC 4180), one value a line.

    :param label: what the names of the thing are called.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([harmless(text) for text in row] for row in _rows(view, label))
    return out.getvalue().encode("utf-8", "replace")


def _rows(view: ThingView, label: Label) -> Iterator[tuple[str, str, str, str, str]]:
    yield "iri", "IRI", view.iri, "", view.iri
    yield "type", "", view.type.text, view.type.lang, ""
    yield "name", label.text, view.title.text, view.title.lang, ""
    for name in view.subtitles:
        yield "name", label.text, name.text, name.lang, ""
    for text in (*view.lead, *view.lead_others):
        yield "description", "", text.text, text.lang, ""
    if view.home_page:
        yield "page", "", view.home_page.iri or view.home_page.href or "", "", view.home_page.iri
    for group in view.groups:
        for field in group.fields:
            yield from _values(field.key, field.label.text, (*field.values, *field.others))


def _values(key: str, label: str, values: Iterable[Shown]) -> Iterator[tuple[str, str, str, str, str]]:
    for value in values:
        if value.part and not value.text:
            for part in value.part:
                yield from _values(f"{key}.{part.key}", part.label.text, part.values)
        else:
            yield key, label, value.date or value.text, value.lang, value.iri


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text
