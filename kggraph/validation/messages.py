"""Messages of results: what the shape says, else one plain sentence and its fix for each constraint component."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

from kggraph.model import LangText
from kggraph.rdf import ntriples
from kggraph.rdf.iris import local_name
from kggraph.terms import SH
from kggraph.validation.shape_texts import ShapeTexts

LANGUAGES: Final = ("nl", "en")
_LONGEST: Final = 80
_WORDED: Final = (f"{SH}DatatypeConstraintComponent", f"{SH}NodeKindConstraintComponent")
"""Components whose parameter has a word of its own in the catalogue."""


def texts_for(
    texts: ShapeTexts, shape: str, component: str, value: str | None, given: Mapping[str, str] | None = None
) -> LangText:
    """The message of a result in each language; the fix is part of it.

    :param shape: IRI of the source shape, or empty.
    :param component: IRI of the constraint component.
    :param value: the offending value in N-Triples form.
    :param given: messages in the engine's report, used for shapes that have no IRI.
    """
    own = texts.messages(shape) if shape else {}
    if own:
        return own
    if component == f"{SH}SPARQLConstraintComponent" and given:
        # The message stands on the constraint, not on the shape, and may hold values of the solution.
        return dict(given)
    templates = catalogue().get(local_name(component).removesuffix("ConstraintComponent")) or catalogue()["unknown"]
    parameter = texts.parameter(shape, component) if shape else ""
    found = {}
    word = catalogue().get(f"word {parameter}", {}) if component in _WORDED else {}
    for lang in LANGUAGES:
        asked = word.get(lang) or parameter or catalogue()["model"][lang]
        if value:
            found[lang] = templates[lang].format(value=show(value), parameter=asked)
        else:
            filled = templates[lang].format(value=catalogue()["value"][lang], parameter=asked)
            found[lang] = filled[0].upper() + filled[1:]
    return found


def show(term: str) -> str:
    """A term in a sentence: a literal in quotes, an IRI by kind and name; shortened.

    >>> show("<https://example.org/id/theme/stress>"), show('"2024-13"^^<http://www.w3.org/2001/XMLSchema#date>')
    ('theme/stress', '"2024-13"')
    """
    if term.startswith("<"):
        parts = term[1:-1].split("/id/", 1)
        return parts[1] if len(parts) == 2 and parts[1] else term[1:-1]
    if not term.startswith('"'):
        return term
    text, lang, _ = ntriples.literal(term.encode())
    text = " ".join(text.split())
    shortened = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return f'"{shortened}"' + (f"@{lang}" if lang else "")


@cache
def catalogue() -> Mapping[str, LangText]:
    """Constraint component (without `ConstraintComponent`) to its sentence in each language.

    >>> catalogue()["MinCount"]["en"]
    'There are too few values: at least {parameter} is needed. Fill in this field.'
    """
    return tomllib.loads(resources.files("kggraph.validation").joinpath("messages.toml").read_text("utf-8"))
