"""DESCRIBE as published: what the sources say of a thing, every literal as it was written.

Explicit IRIs are looked up. With variables, the query's pattern is run as SELECT DISTINCT first, and what it finds is
described. A thing without a description of its own (a term of the ontology, something of elsewhere) is described by the
engine, as is everything when the query or the protocol names graphs.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from kggraph.errors import GenerationError, QuerySyntaxError
from kggraph.rdf.media import N_TRIPLES, RESULTS_JSON, Representation
from kggraph.rdf.turtle import serialize
from kggraph.store.guard import InspectedQuery
from kggraph.store.lexer import Token, tokens
from kggraph.store.protocol import QueryAnswer
from kggraph.web.render import Here
from kggraph.web.sparql_request import Asked

MOST_DESCRIBED: Final = 2_000
"""Things that one DESCRIBE is answered for from the sources; beyond, the engine answers for all."""

Runner = Callable[[Here, Asked, Representation, int], QueryAnswer]


def published_description(
    place: Here, asked: Asked, inspected: InspectedQuery, format: Representation, run: Runner
) -> bytes | None:
    """The answer to a DESCRIBE, or nothing when only the engine can give it."""
    if place.site.generations is None or asked.default_graphs or asked.named_graphs:
        return None
    try:
        kb = place.kb
    except GenerationError:
        return None
    iris = _described(place, asked, inspected, run)
    if iris is None:
        return None
    found = [description.ntriples for iri in iris if (description := kb.descriptions.get(iri))]
    others = [iri for iri in iris if kb.descriptions.get(iri) is None]
    if not found:
        return None
    if others:
        text = f"DESCRIBE {' '.join(f'<{iri}>' for iri in others)}"
        found.append(run(place, replace(asked, text=text), N_TRIPLES, 1).read())
    lines = sorted({line for part in found for line in part.splitlines(keepends=True)})
    return serialize(b"".join(lines), format, {**kb.prefixes, **inspected.prefixes()})


def _described(place: Here, asked: Asked, inspected: InspectedQuery, run: Runner) -> list[str] | None:
    """The IRIs that a query asks to be described; nothing when that cannot be told."""
    head = _head(inspected.text)
    iris = _resolved(head.targets, inspected) if head else None
    if head is None or iris is None:
        return None
    variables = [target for target in head.targets if target.kind == "variable" or target.text == "*"]
    if not variables:
        return iris
    if head.is_bare:
        return None
    names = " ".join(target.text for target in variables)
    text = inspected.text
    text = f"{text[: head.verb.start]}SELECT DISTINCT {names} {text[head.targets[-1].end :]}"
    try:
        answer = run(place, replace(asked, text=text), RESULTS_JSON, MOST_DESCRIBED)
    except QuerySyntaxError:
        return None  # the engine is to say it of the query itself
    rows = json.loads(answer.read())["results"]["bindings"]
    terms = [term for row in rows for term in row.values()]
    if answer.truncated or any(term["type"] == "bnode" for term in terms):
        return None
    found = list(dict.fromkeys([*iris, *(term["value"] for term in terms if term["type"] == "uri")]))
    return found if len(found) <= MOST_DESCRIBED else None


@dataclass(frozen=True, slots=True)
class _Head:
    """The begin of a DESCRIBE."""

    verb: Token
    targets: list[Token]
    is_bare: bool
    """Nothing follows."""


def _head(text: str) -> _Head | None:
    read = list(tokens(text))
    start = next((n for n, t in enumerate(read) if t.kind == "word" and t.text.upper() == "DESCRIBE"), len(read))
    targets: list[Token] = []
    for token in read[start + 1 :]:
        if token.kind in ("iri", "pname", "variable") or token.text == "*":
            targets.append(token)
        elif token.kind == "end" or token.text == "{" or token.text.upper() == "WHERE":
            return _Head(read[start], targets, token.kind == "end") if targets else None
        else:
            return None
    return None


def _resolved(targets: list[Token], inspected: InspectedQuery) -> list[str] | None:
    """Explicit IRIs in full; nothing when one is relative, which the engine is to resolve."""
    prefixes = inspected.prefixes()
    found: list[str] = []
    for target in targets:
        if target.kind == "iri":
            if ":" not in target.text or "\\" in target.text:
                return None
            found.append(target.text[1:-1])
        elif target.kind == "pname":
            prefix, _, local = target.text.partition(":")
            if prefix not in prefixes or "\\" in local:
                return None
            found.append(prefixes[prefix] + local)
    return found
