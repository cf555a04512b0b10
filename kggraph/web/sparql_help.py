"""What helps a person or a program on after a query went wrong: what to add, what was meant, how to ask for less."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from kggraph.errors import GenerationError, KgError, LimitExceeded, QuerySyntaxError
from kggraph.rdf import ntriples
from kggraph.store.lexer import tokens
from kggraph.web.render import Here
from kggraph.web.sparql_request import Asked

_TO_ADD: Final = re.compile(r"add `(PREFIX [^`]*)`")
_MAX_CHECKED: Final = 20_000
_LESS: Final = {
    "query_timeout_s": "Ask for less at a time: add a LIMIT, name a class or property, avoid patterns that share no "
    "variable, and sort only small results.",
    "query_memory_mb": "Ask for less at a time: without DISTINCT, ORDER BY or GROUP BY over large results.",
    "max_result_mb": "Ask for fewer columns, or in parts with ORDER BY, LIMIT and OFFSET.",
    "max_solutions": "Ask for it in parts, with ORDER BY, LIMIT and OFFSET.",
}


def help_for(error: KgError, place: Here, asked: Asked) -> dict[str, Any]:
    """Members of the problem document that say what to do: `hint`, `add`, `dumps`."""
    told: dict[str, Any] = {}
    hints: list[str] = []
    if isinstance(error, QuerySyntaxError):
        if (found := _TO_ADD.search(error.message)) and "<...>" not in found[1]:
            told["add"] = found[1]
        hints += misspelt(place, asked.text)
    if isinstance(error, LimitExceeded):
        hints.append(_LESS.get(error.limit, ""))
        if place.site.generations is not None:
            told["dumps"] = f"{place.site.settings.base_uri}dumps/"
            hints.append("All data are in the files to download.")
    return told | ({"hint": [hint for hint in hints if hint]} if any(hints) else {})


def misspelt(place: Here, text: str) -> list[str]:
    """A sentence for each term of our own vocabulary in a query that does not exist there, with the nearest ones."""
    if place.site.generations is None or len(text) > _MAX_CHECKED:
        return []
    try:
        kb = place.kb
    except GenerationError:
        return []
    base = f"{kb.addresses.base_uri}def#"
    known = _terms(kb.generation.ontology_path, base)
    prefixes = _prefixes(text)
    said: dict[str, None] = {}
    for token in tokens(text):
        if token.kind == "iri":
            iri, name = token.text[1:-1], token.text
        elif token.kind == "pname":
            prefix, _, local = token.text.partition(":")
            iri, name = prefixes.get(prefix, kb.prefixes.get(prefix, "")) + local, token.text
        else:
            continue
        local_name = iri.removeprefix(base)
        if not iri.startswith(base) or not local_name or local_name in known:
            continue
        start = name[: len(name) - len(local_name) - (token.kind == "iri")]
        end = ">" if token.kind == "iri" else ""
        near = _near(local_name, known)
        meant = f" Did you mean {' or '.join(f'{start}{one}{end}' for one in near)}?" if near else ""
        said[f"{name} does not exist in this vocabulary.{meant}"] = None
    return list(said)[:5]


def _near(name: str, known: tuple[str, ...]) -> list[str]:
    """The names most like one, whatever the case of their letters."""
    folded = {one.lower(): one for one in known}
    return [folded[one] for one in difflib.get_close_matches(name.lower(), folded, 2, 0.6)]


@lru_cache(maxsize=4)
def _terms(path: Path, base: str) -> tuple[str, ...]:
    """Local names of the terms that an ontology declares."""
    rows = ntriples.rows(path.read_bytes())
    iris = {ntriples.iri(subject) for subject, _, _ in rows if ntriples.is_iri(subject)}
    return tuple(sorted(iri.removeprefix(base) for iri in iris if iri.startswith(base)))


def _prefixes(text: str) -> Mapping[str, str]:
    """What a query declares, also when something else in it is wrong."""
    read = list(tokens(text))
    return {
        name.text[:-1]: iri.text[1:-1]
        for word, name, iri in zip(read, read[1:], read[2:], strict=False)
        if word.text.upper() == "PREFIX" and name.kind == "pname" and iri.kind == "iri"
    }
