"""JSON-LD for the inside of pages: its context, texts with their language, and bytes that cannot end the script."""

from __future__ import annotations

import json
from typing import Any, Final, TypeAlias

from kggraph.model import LangText
from kggraph.publish.labels import pick
from kggraph.terms import SCHEMA, XSD

JsonObject: TypeAlias = dict[str, Any]

_ID: Final = {"@type": "@id"}
CONTEXT: Final[JsonObject] = {
    "@vocab": SCHEMA,
    **dict.fromkeys(("about", "audience", "license", "mainEntityOfPage", "sameAs", "url", "usageInfo"), _ID),
    "contentUrl": {"@type": f"{XSD}anyURI"},
    "dateCreated": {"@type": "Date"},
    "dateModified": {"@type": "DateTime"},
    "datePublished": {"@type": "Date"},
}
"""Which names are those of schema.org, and which of its texts are addresses or dates."""

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
_ESCAPES: Final = tuple((letter, f"\\u{ord(letter):04x}") for letter in "<>&\u2028\u2029")


def localised(texts: LangText, lang: str) -> Any:
    """Texts as JSON-LD: the one in a language where there is one, or else each with its language.

    >>> localised({"en": "Sleep", "nl": "Slaap"}, "nl")
    {'@value': 'Slaap', '@language': 'nl'}
    """
    if not texts:
        return None
    if lang:
        best = pick(texts, lang)
        return _tagged(best.text, best.lang)
    values = [_tagged(text, tag) for tag, text in sorted(texts.items())]
    return values[0] if len(values) == 1 else values


def script(data: JsonObject) -> str:
    r"""JSON that may stand in a script element: no text in it can end the element or begin a comment.

    >>> script({"name": "</script>"})
    '{"name":"\\u003c/script\\u003e"}'
    """
    text = _encode(data)
    for letter, escape in _ESCAPES:  # five times as fast as `translate`, which looks at every letter
        text = text.replace(letter, escape)
    return text


def _tagged(text: str, lang: str) -> Any:
    return {"@value": text, "@language": lang} if lang else text
