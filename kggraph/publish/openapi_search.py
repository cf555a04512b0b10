"""What the search gives to programs, as schemas of an OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_TEXT: Final = {"type": "string"}
_WHOLE: Final = {"type": "integer", "minimum": 0}
_YES_NO: Final = {"type": "boolean"}
_TEXTS: Final = {"type": "array", "items": _TEXT}


def search_results() -> dict[str, Any]:
    """Of `/api/search`.

    >>> search_results()["properties"]["total"]
    {'type': 'integer', 'minimum': 0}
    """
    value = _object({"value": _TEXT, "label": _TEXT, "count": _WHOLE, "depth": _WHOLE, "selected": _YES_NO})
    facet = _object({"key": _TEXT, "label": _TEXT, "lang": _TEXT, "values": _list(value), "unknown": _WHOLE})
    reason = _object({"kind": _TEXT, "asked": _TEXT, "matched": _TEXT, "lang": _TEXT, "thing": _TEXT})
    passage = _object({"field": _TEXT, "lang": {"type": ["string", "null"]}, "segments": _list(_segment())})
    item = {"iri": _TEXT, "href": _TEXT, "title": _TEXT, "lang": _TEXT, "description": {"type": ["string", "null"]}}
    item |= {"why": _list(reason), "lacking": _TEXTS, "passages": _list(passage)}
    return _object(
        {
            "q": _TEXT,
            "total": _WHOLE,
            "page": _WHOLE,
            "pages": _WHOLE,
            "order": _TEXT,
            "relaxed": {**_YES_NO, "description": "Whether items are among them that lack a part of what was asked."},
            "didYouMean": {"type": ["string", "null"]},
            "notKnown": _TEXTS,
            "notSearched": _TEXTS,
            "items": _list(_object(item)),
            "facets": _list(facet),
        }
    )


def suggestions() -> dict[str, Any]:
    """Of `/api/suggest`.

    >>> sorted(suggestions()["properties"])
    ['q', 'suggestions']
    """
    one = dict.fromkeys(("kind", "kindLabel", "iri", "href", "label", "lang"), _TEXT)
    via = {"type": "string", "description": "The synonym that begins so, when it is not the label."}
    listed = {"type": "string", "description": "The list of the items that have it."}
    suggestion = _object({**one, "segments": _list(_segment()), "via": via, "items": _WHOLE, "list": listed})
    return _object({"q": _TEXT, "suggestions": _list(suggestion)})


def _segment() -> dict[str, Any]:
    return _object({"text": _TEXT, "hit": _YES_NO})


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties)}


def _list(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": dict(items)}
